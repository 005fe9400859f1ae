"""The rules: one small function each, one module a family, imported when there is something for them to judge.

``CATALOGUE`` has all of them. A run over a keystore alone loads a part: importing the rules for devices and uploads,
and what they read them with, would cost it more than judging the keystore.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fcu_conform.rules import model
from fcu_conform.rules.family import About, Family

if TYPE_CHECKING:
    CATALOGUE: model.Catalogue

__all__ = ["CATALOGUE", "catalogue"]

_KEYSTORE = (
    "config.settings",
    "config.certificate_authority",
    "config.devices",
    "config.readings",
    "keystore.private_key",
    "keystore.key_protection",
    "keystore.request",
    "keystore.certificate",
    "keystore.certificate_extensions",
    "keystore.certificate_encoding",
    "keystore.chain",
    "keystore.chain_blocks",
    "keystore.path_limits",
    "keystore.chain_strictness",
    "keystore.instances",
    "run.completeness",
)
_DEVICES = (
    "device.certificate",
    "device.names",
    "device.chain",
    "device.given_certificates",
    "device.given_encodings",
    "device.output",
    "bundle.encoding",
    "bundle.items",
    "bundle.certificates",
    "bundle.contents",
    "bundle.keys",
    "bundle.time",
    "bundle.sessions",
    "bundle.requests",
    "bundle.answer",
    "device.lot",
)
_UPLOAD = ("portal.upload", "portal.uploaded_certificates", "portal.upload_details")
_ENROLLMENT = ("portal.enrollment",)
_ACCOUNT = ("portal.account", "portal.account_servers")
_PATHS = ("portal.paths",)
_WAIVERS = ("run.waivers",)
_HORIZON = ("keystore.horizon",)
_THEFTS = ("portal.theft",)
_DECLARED = ("DRL003", "DRL004", "DRL005")


def catalogue(
    *,
    devices: bool = True,
    upload: bool = True,
    account: bool = True,
    validators: bool = True,
    handshake: bool = True,
    waivers: bool = True,
    enrollment: bool = True,
    horizon: bool = True,
    thefts: bool = True,
    declared: bool = True,
) -> model.Catalogue:
    """The rules that have something to judge.

    Args:
        devices: with those for device output.
        upload: with those for the portal upload.
        account: with those for what the account trusts.
        validators: with those that independent validators answer.
        handshake: with the one that servers answer.
        waivers: with those for the file of waivers.
        enrollment: with those for the CSV of first to claim.
        horizon: with those about what ends within the time asked for.
        thefts: with those about the theft of a key, which validators answer.
        declared: with those of them about a theft that has happened.
    """
    modules = [*_KEYSTORE, *(_DEVICES if devices else ()), *(_UPLOAD if upload else ()), *_PATHS]
    modules += _ACCOUNT if account else ()
    modules += _WAIVERS if waivers else ()
    modules += _ENROLLMENT if enrollment else ()
    modules += _HORIZON if horizon else ()
    modules += _THEFTS if thefts else ()
    for name in modules:
        import_module(f"fcu_conform.rules.{name}")
    left_out: set[str] = set()
    for rule in model.REGISTERED:
        about_devices = rule.family.about is About.DEVICES and rule.scope is not model.Scope.INSTANCES
        by_validators = rule.scope in (model.Scope.PATH, model.Scope.DEVICE_PATH)
        if (
            (about_devices and not devices)
            or (rule.family is Family.UPLOAD and not upload)
            or (rule.family is Family.ACCOUNT and not account)
            or (rule.family is Family.HORIZON and not horizon)
            or (rule.scope is model.Scope.THEFT and not (thefts and validators))
            or (rule.code in _DECLARED and not declared)
            or (by_validators and not validators)
            or (rule.scope is model.Scope.HANDSHAKE and not handshake)
            or (rule.scope is model.Scope.WAIVERS and not waivers)
            or (rule.family is Family.ENROLLMENT and not enrollment)
            or (rule.code == "SYS002" and not (validators or handshake or account))
        ):
            left_out.add(rule.code)
    return model.REGISTERED.without(left_out)


def __getattr__(name: str) -> Any:
    if name != "CATALOGUE":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return catalogue()
