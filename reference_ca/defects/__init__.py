"""Defects by name: set-ups that break one rule each, for those who test a checker.

    from reference_ca import Source
    from reference_ca.defects import DEFECTS, SetUp, Shape

    setup = DEFECTS["root-before-intermediate"].make(Source())
    setup.write(Path("broken"))

or put one into a set-up of your own, that meets what it needs:

    setup = SetUp(Shape(length=4, depth=3, devices=2, upload=True), Source())
    defect = DEFECTS["device-signed-by-another-key"]
    if defect.needs.met_by(setup.shape):
        defect.apply(setup).write(Path("broken"))

`ODDITIES` are their counterpart: sound set-ups that a checker may be tempted to refuse.
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
    in_keys,
    in_lots,
    in_paths,
    in_requests,
    in_uploads,
    in_validities,
)
from reference_ca.defects.model import DEFECTS, ODDITIES, Defect, Needs, Place
from reference_ca.defects.plan import Device, SetUp, Shape

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
    in_keys,
    in_lots,
    in_paths,
    in_requests,
    in_uploads,
    in_validities,
)
"""The modules that register them."""

__all__ = ["DEFECTS", "ODDITIES", "Defect", "Device", "Needs", "Place", "SetUp", "Shape"]
