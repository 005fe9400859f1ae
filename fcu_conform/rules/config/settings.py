"""CFG: fcu.yml as a file, where it is given or found beside the keystore, and the depth that it sets."""

from __future__ import annotations

from collections.abc import Callable

from fcu_conform.artefacts.config import ConfigFile, Setting
from fcu_conform.artefacts.setup import Setup
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.model import Blocked, Finding, Findings, Level, Location, requires, rule
from fcu_conform.rules.support.configured_subject import AUTHORITY_ATTRIBUTES
from fcu_conform.rules.support.sources import CREDENTIALS, UPLOADING, device_code, fcu_error, inferred, page

DEPTH = "device-certificate-chain-depth"
DEPTH_LIMIT = 5
"""Certificates that a device stores in one chain (fact DC-01)."""
UPDATE_CERTIFICATE = "update-auth-certificate-file"


def config_of(setup: Setup) -> ConfigFile:
    """fcu.yml; a rule about it does not apply where there is none."""
    requires(setup.config, "there is no fcu.yml")
    assert setup.config is not None
    return setup.config


def well_typed(config: ConfigFile, *names: str) -> ConfigFile:
    """fcu.yml, where these settings can be judged: each is of the right type, a template, or not set.

    Raises:
        Blocked: one has another type, which CFG002 tells.
    """
    for name in names:
        setting = config.get(name)
        if setting is not None and not setting.is_template and not _TYPES[name][1](setting):
            raise Blocked("CFG002")
    return config


def at_setting(setup: Setup, setting: Setting) -> Location:
    """Where a setting stands in fcu.yml."""
    assert setup.config is not None
    return Location(setup.config.name, line=setting.line, field=setting.name)


def _depth_of(setup: Setup) -> int | None:
    if setup.config is not None:
        well_typed(setup.config, DEPTH)
    return setup.depth


def _at_depth(setup: Setup) -> Location:
    setting = None if setup.config is None else setup.config.get(DEPTH)
    return Location(field="chain depth as given") if setting is None else at_setting(setup, setting)


@rule(
    "CFG001",
    Level.ERROR,
    requirement="fcu.yml is one YAML mapping without duplicate keys",
    title="fcu.yml is not a YAML mapping, or repeats a key",
    why="FCU reads this file every time it runs. If it cannot (errors 190 and 200), no device is made. If a"
    " key is a duplicate, it is not documented which value counts.",
    fix="fix the line; a YAML-aware editor shows where the structure breaks",
    passes="setup-ca-as-intermediate: false",
    fails="use-bootstrap: true in line 3 and use-bootstrap: false in line 9",
    source=(fcu_error(190, "E-12"), fcu_error(200, "E-17")),
)
def config_is_yaml_mapping(setup: Setup) -> Findings:
    config = config_of(setup)
    if config.problem:
        yield Finding(config.problem, Location(config.name, line=config.problem_line))


def _is_flag(setting: Setting) -> bool:
    return setting.as_bool is not None


def _is_integer(setting: Setting) -> bool:
    return setting.as_int is not None


def _is_text(setting: Setting) -> bool:
    return setting.as_text is not None


def _is_mapping(setting: Setting) -> bool:
    return isinstance(setting.value, dict)


def _is_collection(setting: Setting) -> bool:
    return isinstance(setting.value, (dict, list))


_TYPES: dict[str, tuple[str, Callable[[Setting], bool]]] = {
    **dict.fromkeys(
        ("setup-ca-as-intermediate", "use-bootstrap", "first-to-claim", "time-sync", "verify-on-device"),
        ("true or false", _is_flag),
    ),
    DEPTH: ("an integer", _is_integer),
    **dict.fromkeys(
        (
            "device-key-generation-mode",
            "entropy-generation-mode",
            "bootstrap-server-uri",
            "bootstrap-server-uri-first-to-claim",
            "lwm2m-server-uri",
            UPDATE_CERTIFICATE,
            "vendor-id",
            "class-id",
        ),
        ("text", _is_text),
    ),
    "certificate-authority": ("a mapping", _is_mapping),
    "device-info": ("a mapping", _is_mapping),
    "custom-properties": ("a list or a mapping", _is_collection),
}
"""Known settings, and the type each must have (facts Y-03 to Y-15)."""

KNOWN_SETTINGS = tuple(_TYPES)


@rule(
    "CFG002",
    Level.ERROR,
    requirement="every known setting has the right type",
    title="a setting has the wrong type",
    why='FCU refuses a file with invalid attributes (error 201), or worse, reads a quoted "false" as true.',
    fix="write true, false and numbers without quotes",
    passes="device-certificate-chain-depth: 2",
    fails='device-certificate-chain-depth: "two"',
    source=fcu_error(201, "E-18", "Y-03", "Y-04", "Y-05", "Y-07", "Y-08"),
    needs=("CFG001",),
)
def settings_have_right_type(setup: Setup) -> Findings:
    config = config_of(setup)
    for name, (expected, fits) in _TYPES.items():
        setting = config.get(name)
        if setting is not None and not setting.is_template and not fits(setting):
            yield Finding(f"{name} has the wrong type", at_setting(setup, setting), expected, _shown(setting))
    for name in AUTHORITY_ATTRIBUTES:
        setting = config.authority.get(name)
        if setting is not None and not _is_text(setting):
            yield Finding(f"{name} has the wrong type", at_setting(setup, setting), "text", _shown(setting))


def _shown(setting: Setting) -> str:
    if isinstance(setting.value, dict):
        return "a mapping"
    return "a list" if isinstance(setting.value, (list, tuple)) else repr(setting.value)


@rule(
    "CFG003",
    Level.ERROR,
    requirement=f"{DEPTH} is set when fcu.crt is a chain",
    title="device-certificate-chain-depth is not set, but fcu.crt is a chain",
    why="Without the depth FCU does not know how much of the chain to put on a device and stops with error 112.",
    fix=f"set {DEPTH} in fcu.yml: 1 puts the device certificate alone on the device, 2 adds the FCU certificate",
    passes=f"fcu.crt with three certificates and {DEPTH}: 2",
    fails="fcu.crt with three certificates and no depth",
    source=(page(CREDENTIALS, "K-05", "Y-11"), fcu_error(112, "E-10")),
    needs=("CFG001", "CRT001"),
)
def depth_is_set_for_chain(setup: Setup) -> Findings:
    config = config_of(setup)
    count = len(setup.keystore.fcu_crt.entries)
    requires(count > 1, "fcu.crt is not a chain")
    if config.get(DEPTH) is None and setup.chain_depth is None:
        yield Finding(
            f"{DEPTH} is not set, but fcu.crt has {count} certificates",
            Location(config.name, field=DEPTH),
            expected=f"an integer from 1 to {count}",
            found="nothing",
        )


@rule(
    "CFG004",
    Level.ERROR,
    requirement=f"{DEPTH} is at least 1 and at most one more than the number of certificates in fcu.crt",
    title="device-certificate-chain-depth is out of range for this chain",
    why="A device's chain is at most its own certificate and all of fcu.crt. With a larger depth FCU stops with error"
    " 111.",
    fix=f"set {DEPTH} to the number of certificates that the device carries, its own included",
    passes=f"fcu.crt with three certificates and {DEPTH}: 2",
    fails=f"fcu.crt with three certificates and {DEPTH}: 5",
    source=(
        fcu_error(111, "E-09", "K-06"),
        page(UPLOADING, "K-07", "K-09"),
        inferred("whether FCU counts the device certificate too is not documented; this is the wider reading", "D-03"),
    ),
    needs=("CFG001",),
    partially_blocked_by=("CRT001",),
)
def depth_fits_chain(setup: Setup) -> Findings:
    depth = _depth_of(setup)
    requires(depth is not None, "no depth is set")
    assert depth is not None
    count = len(setup.keystore.fcu_crt.entries)
    if depth < 1 or (count and depth > count + 1):
        yield Finding(
            f"a depth of {depth} is out of range",
            _at_depth(setup),
            expected=f"1 to {count + 1}: fcu.crt has {pluralize(count, 'certificate')}" if count else "1 or more",
            found=str(depth),
        )


@rule(
    "CFG005",
    Level.ERROR,
    requirement=f"{DEPTH} is at most {DEPTH_LIMIT}, the longest chain that a device can store",
    title="device-certificate-chain-depth is more than a device can store",
    why="The device refuses a longer chain when it is configured: every device of the run fails on the line.",
    fix=f"set {DEPTH} to {DEPTH_LIMIT} or less and upload the rest of the chain to the portal",
    passes=f"{DEPTH}: {DEPTH_LIMIT}",
    fails=f"fcu.crt with six certificates and {DEPTH}: {DEPTH_LIMIT + 1}",
    source=device_code("Key and Configuration Manager, kcm_defs.h", "DC-01"),
    needs=("CFG001",),
)
def depth_fits_device(setup: Setup) -> Findings:
    depth = _depth_of(setup)
    requires(depth is not None, "no depth is set")
    assert depth is not None
    if depth > DEPTH_LIMIT:
        yield Finding(
            f"a depth of {depth} is more than a device can store",
            _at_depth(setup),
            expected=f"at most {DEPTH_LIMIT}",
            found=str(depth),
        )


@rule(
    "CFG006",
    Level.WARNING,
    requirement="the depth leaves at least the root for the portal",
    title="the depth leaves nothing to upload to the portal",
    why="With the whole chain on the device nothing is left to upload, and the documentation does not say what the"
    " portal should trust then.",
    fix=f"lower {DEPTH} by one, or upload the root alone",
    passes=f"fcu.crt with three certificates and {DEPTH}: 3",
    fails=f"fcu.crt with three certificates and {DEPTH}: 4",
    source=(
        page(UPLOADING, "K-09"),
        inferred("the rest of the chain is empty at this depth", "D-01"),
    ),
    needs=("CFG004", "CRT001"),
)
def depth_leaves_root(setup: Setup) -> Findings:
    requires(setup.depth is not None, "no depth is set")
    count = len(setup.keystore.fcu_crt.entries)
    if setup.depth == count + 1:
        if setup.keystore.fcu_crt.pem.problem:
            raise Blocked("CRT002")
        yield Finding(
            f"a depth of {setup.depth} puts all of fcu.crt on the device and leaves nothing for the portal",
            _at_depth(setup),
            expected=f"at most {count}",
            found=str(setup.depth),
        )
