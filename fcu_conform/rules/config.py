"""CFG: fcu.yml, where it is given or found beside the keystore."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from fcu_conform.artefacts.config import ConfigFile, Setting
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.model import Blocked, Finding, Findings, Level, Location, requires, rule
from fcu_conform.rules.sources import device, docs, fcu_error, inferred, page, rfc
from fcu_conform.rules.subjects import AUTHORITY_ATTRIBUTES, authority_mismatches
from fcu_conform.rules.words import at_certificate, certificate_words, titled

DEPTH = "device-certificate-chain-depth"
DEPTH_LIMIT = 5
"""Certificates that a device stores in one chain (fact DC-01)."""

_EDITING = "Editing the FCU configuration file"
_UPPER_BOUNDS = {
    "common-name": 64,
    "organization-name": 64,
    "organizational-unit-name": 64,
    "locality-name": 128,
    "state-or-province-name": 128,
}
"""Characters an attribute may have (RFC 5280 appendix A.1, upper bounds)."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MODES = ("by_device", "by_tool", "externally_supplied")
_UPDATE_CERTIFICATE = "update-auth-certificate-file"


def _config(setup: Setup) -> ConfigFile:
    requires(setup.config, "there is no fcu.yml")
    assert setup.config is not None
    return setup.config


def _at(setup: Setup, setting: Setting) -> Location:
    assert setup.config is not None
    return Location(setup.config.name, line=setting.line, field=setting.name)


def _at_depth(setup: Setup) -> Location:
    setting = None if setup.config is None else setup.config.get(DEPTH)
    return Location(field="chain depth as given") if setting is None else _at(setup, setting)


@rule(
    "CFG001",
    Level.ERROR,
    statement="fcu.yml is one YAML mapping without repeated keys",
    why="FCU reads this file at every call; where it cannot (its errors 190 and 200) no device is made, and of a key"
    " that stands there twice nobody knows which value counts.",
    fix="mend the line; a YAML-aware editor shows where the structure breaks",
    passes="setup-ca-as-intermediate: false",
    fails="use-bootstrap: true in line 3 and use-bootstrap: false in line 9",
    source=(fcu_error(190, "E-12"), fcu_error(200, "E-17")),
)
def config_is_yaml_mapping(setup: Setup) -> Findings:
    config = _config(setup)
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
            _UPDATE_CERTIFICATE,
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


@rule(
    "CFG002",
    Level.ERROR,
    statement="known settings have the right type",
    why='FCU refuses a file with invalid attributes (its error 201), or worse, takes a quoted "false" for true.',
    fix="write true or false, integers and text as YAML does: no quotes around true, false and numbers",
    passes="device-certificate-chain-depth: 2",
    fails='device-certificate-chain-depth: "two"',
    source=fcu_error(201, "E-18", "Y-03", "Y-04", "Y-05", "Y-07", "Y-08"),
    needs=("CFG001",),
)
def settings_have_right_type(setup: Setup) -> Findings:
    config = _config(setup)
    for name, (expected, fits) in _TYPES.items():
        setting = config.get(name)
        if setting is not None and not setting.is_template and not fits(setting):
            yield Finding(f"{name} has the wrong type", _at(setup, setting), expected, _shown(setting))
    for name in AUTHORITY_ATTRIBUTES:
        setting = config.authority.get(name)
        if setting is not None and not _is_text(setting):
            yield Finding(f"{name} has the wrong type", _at(setup, setting), "text", _shown(setting))


def _shown(setting: Setting) -> str:
    if isinstance(setting.value, dict):
        return "a mapping"
    return "a list" if isinstance(setting.value, (list, tuple)) else repr(setting.value)


@rule(
    "CFG003",
    Level.ERROR,
    statement=f"{DEPTH} is set when fcu.crt is a chain",
    why="FCU then does not know how much of the chain to put on a device and stops with error 112.",
    fix=f"set {DEPTH} in fcu.yml: 1 puts the device certificate alone on the device, 2 adds the FCU certificate",
    passes=f"fcu.crt with three certificates and {DEPTH}: 2",
    fails="fcu.crt with three certificates and no depth",
    source=(page("Using FCU to generate credentials", "K-05", "Y-11"), fcu_error(112, "E-10")),
    needs=("CFG001", "CFG002", "CRT001"),
)
def depth_is_set_for_chain(setup: Setup) -> Findings:
    config = _config(setup)
    count = len(setup.keystore.fcu_crt.entries)
    requires(count > 1, "fcu.crt is no chain")
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
    statement=f"{DEPTH} is at least 1 and at most one more than there are certificates in fcu.crt",
    why="The device's chain cannot be longer than its own certificate and the whole of fcu.crt: FCU stops with error"
    " 111.",
    fix=f"set {DEPTH} to how many certificates the device is to carry, its own counted",
    passes=f"fcu.crt with three certificates and {DEPTH}: 2",
    fails=f"fcu.crt with three certificates and {DEPTH}: 5",
    source=(
        fcu_error(111, "E-09", "K-06"),
        page("Uploading the FCU CA to Device Management", "K-07", "K-09"),
        inferred("whether FCU counts the device certificate too is not documented; this is the wider reading", "D-03"),
    ),
    needs=("CFG001", "CFG002"),
    shaded_by=("CRT001",),
)
def depth_fits_chain(setup: Setup) -> Findings:
    depth = setup.depth
    requires(depth is not None, "no depth is set")
    assert depth is not None
    count = len(setup.keystore.fcu_crt.entries)
    if depth < 1 or (count and depth > count + 1):
        yield Finding(
            f"a depth of {depth} is not possible",
            _at_depth(setup),
            expected=f"1 to {count + 1}: fcu.crt has {count} certificate{'s' if count != 1 else ''}"
            if count
            else "1 or more",
            found=str(depth),
        )


@rule(
    "CFG005",
    Level.ERROR,
    statement=f"{DEPTH} is at most {DEPTH_LIMIT}, the most certificates that a device stores in one chain",
    why="The device refuses a longer chain when it is configured: every device of the run fails on the line.",
    fix=f"set {DEPTH} to {DEPTH_LIMIT} or less and upload the rest of the chain to the portal",
    passes=f"{DEPTH}: {DEPTH_LIMIT}",
    fails=f"fcu.crt with six certificates and {DEPTH}: {DEPTH_LIMIT + 1}",
    source=device("Key and Configuration Manager, kcm_defs.h", "DC-01"),
    needs=("CFG001", "CFG002"),
)
def depth_fits_device(setup: Setup) -> Findings:
    requires(setup.depth is not None, "no depth is set")
    assert setup.depth is not None
    if setup.depth > DEPTH_LIMIT:
        yield Finding(
            f"a depth of {setup.depth} is more than a device stores",
            _at_depth(setup),
            expected=f"at most {DEPTH_LIMIT}",
            found=str(setup.depth),
        )


@rule(
    "CFG006",
    Level.WARNING,
    statement="the depth leaves at least the root for the portal",
    why="With the whole chain on the device nothing is left to upload, and the page does not say what the portal"
    " should trust then.",
    fix=f"lower {DEPTH} by one; or upload the root alone, which the device's chain ends in",
    passes=f"fcu.crt with three certificates and {DEPTH}: 3",
    fails=f"fcu.crt with three certificates and {DEPTH}: 4",
    source=(
        page("Uploading the FCU CA to Device Management", "K-09"),
        inferred("the rest of the chain is empty at this depth", "D-01"),
    ),
    needs=("CFG004", "CRT001"),
)
def depth_leaves_root(setup: Setup) -> Findings:
    requires(setup.depth is not None, "no depth is set")
    count = len(setup.keystore.fcu_crt.entries)
    if setup.depth == count + 1:
        yield Finding(
            f"a depth of {setup.depth} puts the whole of fcu.crt on the device and leaves nothing for the portal",
            _at_depth(setup),
            expected=f"at most {count}",
            found=str(setup.depth),
        )


@rule(
    "CFG007",
    Level.ERROR,
    statement="each certificate-authority value is a valid X.509 attribute",
    why="A longer value or another country form cannot stand in a certificate that others accept.",
    fix="country-name: two letters (ISO 3166); names at most 64 characters; locality and state at most 128",
    passes="country-name: GB",
    fails="country-name: United Kingdom",
    source=(page(_EDITING, "Y-12", "CA-09"), rfc(5280, "appendix A.1")),
    needs=("CFG001", "CFG002"),
)
def authority_values_are_valid(setup: Setup) -> Findings:
    authority = _config(setup).authority
    requires(authority, "certificate-authority is empty")
    for name in AUTHORITY_ATTRIBUTES:
        setting = authority.get(name)
        if setting is None or setting.is_template or setting.as_text is None:
            continue
        text = setting.as_text
        limit = _UPPER_BOUNDS.get(name)
        if limit is None:
            if not re.fullmatch("[A-Za-z]{2}", text):
                yield Finding(f"{name} is no country code", _at(setup, setting), "two letters", repr(text))
        elif len(text) > limit:
            yield Finding(f"{name} is too long", _at(setup, setting), f"{limit} characters", f"{len(text)} characters")
        elif not text.isprintable():
            yield Finding(f"{name} has control characters", _at(setup, setting), found=repr(text))


@rule(
    "CFG008",
    Level.ERROR,
    statement="where certificate-authority is filled in, the subject of the FCU certificate carries exactly those"
    " values",
    why="FCU makes its certificate from this section; a certificate with another name is not the one this file is for.",
    fix="run setup again after editing certificate-authority; with credentials of your own leave the section empty",
    passes="common-name: FCU line 1, and the certificate's CN is FCU line 1",
    fails="common-name: FCU line 2, and the certificate's CN is FCU line 1",
    source=page(_EDITING, "Y-12", "K-11"),
    needs=("CFG001", "CFG002", "CFG007", "CRT002"),
)
def certificate_subject_is_configured(setup: Setup) -> Findings:
    link = setup.fcu_link
    requires(link, "fcu.crt has no certificate")
    assert link is not None
    if link.certificate.subject.is_empty:
        raise Blocked("CRT012")
    for mismatch in authority_mismatches(setup, link.certificate.subject):
        yield Finding(
            f"{certificate_words(link, setup)}: {mismatch.attribute} of its subject differs from {mismatch.setting}",
            at_certificate(link, setup, mismatch.attribute),
            expected=mismatch.expected,
            found=mismatch.found,
        )


@rule(
    "CFG009",
    Level.ERROR,
    statement="setup-ca-as-intermediate: true and a lone self-signed fcu.crt do not go together",
    why="Either your CA has not signed FCU's request, or the setting is wrong; devices would be signed under a"
    " certificate that your CA does not know.",
    fix="set setup-ca-as-intermediate: false, or put the chain that your CA returned into fcu.crt",
    passes="setup-ca-as-intermediate: true and a chain in fcu.crt",
    fails="setup-ca-as-intermediate: true and one self-signed certificate in fcu.crt",
    source=page("Using FCU to generate credentials", "K-02", "Y-03"),
    needs=("CFG001", "CFG002"),
    shaded_by=("CRT002",),
)
def intermediate_is_not_self_signed(setup: Setup) -> Findings:
    config = _config(setup)
    requires(config.is_intermediate, "setup-ca-as-intermediate is not true")
    if setup.is_contradictory:
        setting = config.get("setup-ca-as-intermediate")
        assert setting is not None
        certificate = setup.keystore.fcu_crt.certificates[0]
        yield Finding(
            f"FCU is to be an intermediate CA, but fcu.crt holds one self-signed certificate ({titled(certificate)})",
            _at(setup, setting),
            expected="a chain in fcu.crt",
            found="one self-signed certificate",
        )


@rule(
    "CFG010",
    Level.NOTICE,
    statement="setup-ca-as-intermediate: false goes with a self-signed fcu.crt, unless the credentials are external",
    why="FCU itself would have made a single self-signed certificate: this chain was provided from outside.",
    fix="nothing, if you provided key and chain yourselves; else set setup-ca-as-intermediate: true",
    passes="setup-ca-as-intermediate: false and one self-signed certificate",
    fails="setup-ca-as-intermediate: false and three certificates in fcu.crt",
    source=page("Providing external credentials", "K-02", "K-10"),
    needs=("CFG001", "CFG002", "CRT001"),
)
def external_chain_is_meant(setup: Setup) -> Findings:
    config = _config(setup)
    setting = config.get("setup-ca-as-intermediate")
    requires(setting is not None and setting.as_bool is False, "setup-ca-as-intermediate is not false")
    assert setting is not None
    count = len(setup.keystore.fcu_crt.entries)
    if count > 1:
        yield Finding(
            f"setup-ca-as-intermediate is false and fcu.crt has {count} certificates: the credentials are external",
            _at(setup, setting),
        )


@rule(
    "CFG011",
    Level.ERROR,
    statement="first-to-claim: true goes with use-bootstrap: true",
    why="Devices are claimed through the bootstrap server; without it the device refuses its configuration.",
    fix="set use-bootstrap: true, or first-to-claim: false",
    passes="use-bootstrap: true, first-to-claim: true",
    fails="use-bootstrap: false, first-to-claim: true",
    source=docs("Connection configuration", "Ownership", "Y-05", "N-11", "P-20"),
    needs=("CFG001", "CFG002"),
)
def first_to_claim_uses_bootstrap(setup: Setup) -> Findings:
    config = _config(setup)
    setting = config.get("first-to-claim")
    requires(setting is not None and setting.as_bool, "first-to-claim is not true")
    assert setting is not None
    if config.flag("use-bootstrap") is False:
        yield Finding(
            "first-to-claim needs the bootstrap server, but use-bootstrap is false",
            _at(setup, setting),
            expected="use-bootstrap: true",
            found="use-bootstrap: false",
        )


@rule(
    "CFG012",
    Level.ERROR,
    statement="server URIs are coap or coaps; aid is there, or absent for first-to-claim, and comes last for LwM2M",
    why="The device checks these URIs when it is configured and refuses what does not fit.",
    fix="copy the URI as the portal shows it for this mode and this account",
    passes="coaps://bootstrap.example.com:5684?aid=0123456789abcdef0123456789abcdef",
    fails="https://bootstrap.example.com?aid=…, or a URI without aid when first-to-claim is false",
    source=(
        docs("Connection configuration", "Bootstrap", "Y-06", "N-11"),
        device("Factory Configurator Client, fcc_verification.c", "DL-03", "N-11"),
    ),
    needs=("CFG001", "CFG002"),
)
def server_uris_fit_mode(setup: Setup) -> Findings:
    config = _config(setup)
    claimed = config.flag("first-to-claim") is True
    # With first-to-claim the URI of that name is used; the other one stays in the file unused.
    bootstrap_used = not (claimed and config.get("bootstrap-server-uri-first-to-claim"))
    wanted = {
        "bootstrap-server-uri": ("none" if claimed else "present") if bootstrap_used else "any",
        "bootstrap-server-uri-first-to-claim": "none",
        "lwm2m-server-uri": "last",
    }
    seen = False
    for name, aid in wanted.items():
        setting = config.get(name)
        if setting is None or setting.is_template or setting.as_text is None:
            continue
        seen = True
        for message, expected in _uri_faults(setting.as_text, aid):
            yield Finding(f"{name} {message}", _at(setup, setting), expected, setting.as_text)
    requires(seen, "no server URI is set")


def _uri_faults(uri: str, aid: str) -> Iterator[tuple[str, str]]:
    if not uri.startswith(("coap://", "coaps://")):
        yield "has another scheme", "coap:// or coaps://"
    has_aid = "?aid=" in uri or "&aid=" in uri
    if aid == "none" and has_aid:
        yield "names an account, which first-to-claim must not", "no aid parameter"
    elif aid in ("present", "last") and not has_aid:
        yield "names no account", "?aid=ACCOUNT"
    elif aid == "last" and "&" in uri.rpartition("aid=")[2]:
        yield "has something after the account, which the device compares to the end", "aid last"


@rule(
    "CFG013",
    Level.ERROR,
    statement="device-key-generation-mode and entropy-generation-mode are by_device, by_tool or externally_supplied",
    why="FCU knows no other way of making keys and entropy.",
    fix="write one of by_device, by_tool, externally_supplied",
    passes="device-key-generation-mode: by_tool",
    fails="device-key-generation-mode: by-tool",
    source=docs("FCU configuration file", "Device keys and entropy", "Y-09", "Y-10"),
    needs=("CFG001", "CFG002"),
)
def generation_modes_are_known(setup: Setup) -> Findings:
    config = _config(setup)
    for name in ("device-key-generation-mode", "entropy-generation-mode"):
        text = config.text(name)
        setting = config.get(name)
        if text is not None and setting is not None and text not in _MODES:
            yield Finding(f"{name} is not known", _at(setup, setting), ", ".join(_MODES), repr(text))


@rule(
    "CFG014",
    Level.ERROR,
    statement="vendor-id and class-id are RFC 4122 UUIDs, and are set when an update certificate is",
    why="Devices take updates only for their vendor and class: without these 16 bytes no update ever reaches them.",
    fix="write both as UUIDs: python3 -c 'import uuid; print(uuid.uuid4())'",
    passes="vendor-id: fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe",
    fails="update-auth-certificate-file is set and class-id is not",
    source=(docs("Update authenticity for firmware update", "", "Y-14", "N-06"), rfc(4122, "3")),
    needs=("CFG001", "CFG002"),
)
def update_identifiers_are_uuids(setup: Setup) -> Findings:
    config = _config(setup)
    certificate = config.get(_UPDATE_CERTIFICATE)
    for name in ("vendor-id", "class-id"):
        setting = config.get(name)
        if setting is None:
            if certificate is not None:
                yield Finding(
                    f"{name} is not set, but {_UPDATE_CERTIFICATE} is",
                    _at(setup, certificate),
                    expected=f"{name}: a UUID",
                    found="nothing",
                )
        elif not setting.is_template and not _UUID.fullmatch(setting.as_text or ""):
            yield Finding(f"{name} is no UUID", _at(setup, setting), "8-4-4-4-12 hex digits", repr(setting.value))


@rule(
    "CFG015",
    Level.ERROR,
    statement="custom properties have unique names without the prefix mbed",
    why="Names that begin with mbed are the device client's own; a name twice means that one of the values is lost.",
    fix="name them customerName.parameterName",
    passes="name: acme.line",
    fails="name: mbed.EndpointName",
    source=docs("Custom properties", "", "Y-15"),
    needs=("CFG001", "CFG002"),
)
def custom_properties_are_named_well(setup: Setup) -> Findings:
    setting = _config(setup).get("custom-properties")
    requires(setting, "there are no custom properties")
    assert setting is not None
    seen: dict[str, Setting] = {}
    for name, place in _property_names(setting):
        if name.startswith("mbed"):
            yield Finding(
                f"custom property {name!r} has the client's own prefix",
                _at(setup, place),
                expected="a name without the prefix mbed",
                found=name,
            )
        if name in seen:
            yield Finding(
                f"custom property {name!r} stands there twice",
                _at(setup, place),
                expected="a name of its own",
                found=f"the name of the property in line {seen[name].line}",
            )
        seen.setdefault(name, place)


def _property_names(properties: Setting) -> Iterator[tuple[str, Setting]]:
    """Names of custom properties, whether they are given as a list of mappings or as a mapping by name."""
    if isinstance(properties.value, list):
        for item in properties.value:
            if isinstance(item.value, dict):
                name = item.value.get("name")
                if name is not None and name.is_set:
                    yield str(name.value), name
    else:
        yield from properties.value.items()


@rule(
    "CFG016",
    Level.NOTICE,
    statement="no value of fcu.yml is filled in from outside when FCU reads it",
    why="What such a template becomes is known on the factory's machine only, so what depends on it was not checked.",
    fix="nothing; to have it checked, give a copy of the file with the values filled in",
    passes="update-auth-certificate-file: /etc/fcu/update.pem",
    fails="update-auth-certificate-file: <%= ENV['FCU_RESOURCES_DIR'] %>/update.pem",
    source=docs("Edge provisioner", "README", "Y-17"),
    needs=("CFG001",),
)
def values_are_not_templates(setup: Setup) -> Findings:
    for setting in _config(setup).all():
        if setting.is_template:
            yield Finding(
                f"{setting.name} is a template, so what depends on it was not checked",
                _at(setup, setting),
                found=str(setting.value),
            )
