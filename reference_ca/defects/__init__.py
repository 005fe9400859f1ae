"""Defects by name: setups that break one rule each, for those who test a checker.

    from reference_ca import KeySource
    from reference_ca.defects import DEFECTS, FactorySetup, SetupParameters

    setup = DEFECTS["root-before-intermediate"].make(KeySource())
    setup.write(Path("broken"))

or put one into a setup of your own, that meets what it needs:

    setup = FactorySetup(SetupParameters(length=4, depth=3, devices=2, upload=True), KeySource())
    defect = DEFECTS["device-signed-by-another-key"]
    if defect.needs.met_by(setup.shape):
        defect.apply(setup).write(Path("broken"))

`NEAR_MISSES` are their counterpart: sound setups that a checker may be tempted to refuse.
"""

from importlib import import_module
from pkgutil import iter_modules

from reference_ca.defects.model import DEFECTS, NEAR_MISSES, Defect, ExpectedFinding, Needs
from reference_ca.defects.plan import Device, FactorySetup, SetupParameters

FAMILIES = tuple(
    import_module(f"{__name__}.{module.name}")
    for module in sorted(iter_modules(__path__), key=lambda module: module.name)
    if module.name.startswith("in_")
)
"""The modules that register them."""

__all__ = ["DEFECTS", "NEAR_MISSES", "Defect", "Device", "ExpectedFinding", "FactorySetup", "Needs", "SetupParameters"]
