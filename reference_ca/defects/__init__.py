"""Defects by name: set-ups that break one rule each, for those who test a checker.

    from reference_ca import KeySource
    from reference_ca.defects import DEFECTS, FactorySetup, SetupParameters

    setup = DEFECTS["root-before-intermediate"].make(KeySource())
    setup.write(Path("broken"))

or put one into a set-up of your own, that meets what it needs:

    setup = FactorySetup(SetupParameters(length=4, depth=3, devices=2, upload=True), KeySource())
    defect = DEFECTS["device-signed-by-another-key"]
    if defect.needs.met_by(setup.shape):
        defect.apply(setup).write(Path("broken"))

`NEAR_MISSES` are their counterpart: sound set-ups that a checker may be tempted to refuse.
"""

from reference_ca.defects import (
    in_bundle_certificates,
    in_bundle_contents,
    in_bundle_encodings,
    in_bundle_requests,
    in_bundles,
    in_certificates,
    in_chains,
    in_configs,
    in_device_chains,
    in_device_keys,
    in_devices,
    in_encodings,
    in_keys,
    in_lots,
    in_paths,
    in_requests,
    in_uploads,
    in_validities,
)
from reference_ca.defects.model import DEFECTS, NEAR_MISSES, Defect, ExpectedFinding, Needs
from reference_ca.defects.plan import Device, FactorySetup, SetupParameters

FAMILIES = (
    in_bundle_certificates,
    in_bundle_contents,
    in_bundle_encodings,
    in_bundle_requests,
    in_bundles,
    in_certificates,
    in_chains,
    in_configs,
    in_device_chains,
    in_device_keys,
    in_devices,
    in_encodings,
    in_keys,
    in_lots,
    in_paths,
    in_requests,
    in_uploads,
    in_validities,
)
"""The modules that register them."""

__all__ = ["DEFECTS", "NEAR_MISSES", "Defect", "Device", "ExpectedFinding", "FactorySetup", "Needs", "SetupParameters"]
