"""CFG: the settings of fcu.yml for devices and how they connect."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fcu_conform.artefacts.config import Setting
from fcu_conform.artefacts.setup import Setup
from fcu_conform.rules.config.settings import UPDATE_CERTIFICATE, at_setting, config_of, well_typed
from fcu_conform.rules.model import Finding, Findings, Level, requires, rule
from fcu_conform.rules.support.sources import device_code, docs, rfc

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MODE_SETTINGS = ("device-key-generation-mode", "entropy-generation-mode")
MODES = ("by_device", "by_tool", "externally_supplied")
"""The ways of making keys and entropy that FCU knows (facts Y-09, Y-10)."""


@rule(
    "CFG011",
    Level.ERROR,
    requirement="if first-to-claim is true, use-bootstrap is true too",
    title="first-to-claim is true, but use-bootstrap is false",
    why="Devices are claimed through the bootstrap server. Without it the device refuses its configuration.",
    fix="set use-bootstrap: true, or first-to-claim: false",
    passes="use-bootstrap: true, first-to-claim: true",
    fails="use-bootstrap: false, first-to-claim: true",
    source=docs("Connection configuration", "Ownership", "Y-05", "N-11", "P-20"),
    needs=("CFG001",),
)
def first_to_claim_uses_bootstrap(setup: Setup) -> Findings:
    config = well_typed(config_of(setup), "first-to-claim", "use-bootstrap")
    setting = config.get("first-to-claim")
    requires(setting is not None and setting.as_bool, "first-to-claim is not true")
    assert setting is not None
    if config.flag("use-bootstrap") is False:
        yield Finding(
            "first-to-claim needs the bootstrap server, but use-bootstrap is false",
            at_setting(setup, setting),
            expected="use-bootstrap: true",
            found="use-bootstrap: false",
        )


@rule(
    "CFG012",
    Level.ERROR,
    requirement="server URIs use coap or coaps and name the account (aid), last for LwM2M, not at all for"
    " first-to-claim",
    title="a server URI does not fit the mode",
    why="The device checks these URIs when it is configured and refuses one that does not fit.",
    fix="copy the URI as the portal shows it for this mode and this account",
    passes="coaps://bootstrap.example.com:5684?aid=0123456789abcdef0123456789abcdef",
    fails="https://bootstrap.example.com?aid=…, or a URI without aid when first-to-claim is false",
    source=(
        docs("Connection configuration", "Bootstrap", "Y-06", "N-11"),
        device_code("Factory Configurator Client, fcc_verification.c", "DL-03", "N-11"),
    ),
    needs=("CFG001",),
)
def server_uris_fit_mode(setup: Setup) -> Findings:
    config = config_of(setup)
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
        if name == "bootstrap-server-uri":
            well_typed(config, "first-to-claim")  # whether the account belongs there depends on it
        for message, expected in _uri_faults(setting.as_text, aid):
            yield Finding(f"{name} {message}", at_setting(setup, setting), expected, setting.as_text)
    well_typed(config, *wanted)
    requires(seen, "no server URI is set")


def _uri_faults(uri: str, aid: str) -> Iterator[tuple[str, str]]:
    if not uri.startswith(("coap://", "coaps://")):
        yield "does not use coap or coaps", "coap:// or coaps://"
    has_aid = "?aid=" in uri or "&aid=" in uri
    account = uri.rpartition("aid=")[2]
    if aid == "none" and has_aid:
        yield "names an account, which first-to-claim does not allow", "no aid parameter"
    elif aid in ("present", "last") and not has_aid:
        yield "names no account", "?aid=ACCOUNT"
    elif aid in ("present", "last") and not account.partition("&")[0]:
        yield "names an empty account", "?aid=ACCOUNT"
    elif aid == "last" and "&" in account:
        yield "has text after the account, and the device compares everything up to the end", "aid last"


@rule(
    "CFG013",
    Level.ERROR,
    requirement="device-key-generation-mode and entropy-generation-mode are by_device, by_tool or externally_supplied",
    title="a generation mode is unknown",
    why="FCU supports only these ways of making keys and entropy.",
    fix="use by_device, by_tool or externally_supplied",
    passes="device-key-generation-mode: by_tool",
    fails="device-key-generation-mode: by-tool",
    source=docs("FCU configuration file", "Device keys and entropy", "Y-09", "Y-10"),
    needs=("CFG001",),
)
def generation_modes_are_known(setup: Setup) -> Findings:
    config = config_of(setup)
    for name in MODE_SETTINGS:
        text = config.text(name)
        setting = config.get(name)
        if text is not None and setting is not None and text not in MODES:
            yield Finding(f"{name} is not known", at_setting(setup, setting), ", ".join(MODES), repr(text))
    well_typed(config, *MODE_SETTINGS)


@rule(
    "CFG014",
    Level.ERROR,
    requirement="vendor-id and class-id are RFC 4122 UUIDs, and both are set if an update certificate is set",
    title="vendor-id or class-id is missing or not a UUID",
    why="Devices accept updates for their own vendor and class only. Without these two identifiers no update ever"
    " reaches them.",
    fix="set both to a UUID: python3 -c 'import uuid; print(uuid.uuid4())'",
    passes="vendor-id: fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe",
    fails="update-auth-certificate-file is set and class-id is not",
    source=(docs("Update authenticity for firmware update", "", "Y-14", "N-06"), rfc(4122, "3")),
    needs=("CFG001",),
)
def update_identifiers_are_uuids(setup: Setup) -> Findings:
    config = config_of(setup)
    certificate = config.get(UPDATE_CERTIFICATE)
    for name in ("vendor-id", "class-id"):
        setting = config.get(name)
        if setting is None:
            if certificate is not None:
                yield Finding(
                    f"{name} is not set, but {UPDATE_CERTIFICATE} is",
                    at_setting(setup, certificate),
                    expected=f"{name}: a UUID",
                    found="nothing",
                )
        elif setting.as_text is not None and not setting.is_template and not _UUID.fullmatch(setting.as_text or ""):
            yield Finding(
                f"{name} is not a UUID", at_setting(setup, setting), "8-4-4-4-12 hex digits", repr(setting.value)
            )
    well_typed(config, "vendor-id", "class-id")


@rule(
    "CFG015",
    Level.ERROR,
    requirement="custom properties have unique names that do not begin with mbed",
    title="a custom property's name is reserved or a duplicate",
    why="Names that begin with mbed are reserved for the device client. With a duplicate name one of the values is"
    " lost.",
    fix="name them customerName.parameterName",
    passes="name: acme.line",
    fails="name: mbed.EndpointName",
    source=docs("Custom properties", "", "Y-15"),
    needs=("CFG001",),
)
def custom_properties_are_named_well(setup: Setup) -> Findings:
    setting = well_typed(config_of(setup), "custom-properties").get("custom-properties")
    requires(setting, "there are no custom properties")
    assert setting is not None
    seen: dict[str, Setting] = {}
    for name, place in _property_names(setting):
        if name.startswith("mbed"):
            yield Finding(
                f"custom property {name!r} has the reserved prefix mbed",
                at_setting(setup, place),
                expected="a name without the prefix mbed",
                found=name,
            )
        if name in seen:
            yield Finding(
                f"custom property {name!r} is a duplicate",
                at_setting(setup, place),
                expected="a unique name",
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
    requirement="fcu.yml has values only, no placeholders of a template",
    title="fcu.yml has template placeholders, so some settings were not checked",
    why="The real value is known only on the factory's machine, so whatever depends on it was not checked.",
    fix="nothing; to check these settings too, pass a copy of the file with the values filled in",
    passes="update-auth-certificate-file: /etc/fcu/update.pem",
    fails="update-auth-certificate-file: <%= ENV['FCU_RESOURCES_DIR'] %>/update.pem",
    source=docs("Edge provisioner", "README", "Y-17"),
    needs=("CFG001",),
)
def values_are_not_templates(setup: Setup) -> Findings:
    for setting in config_of(setup).all():
        if setting.is_template:
            yield Finding(
                f"{setting.name} is a template, so what depends on it was not checked",
                at_setting(setup, setting),
                found=str(setting.value),
            )
