"""BDL028 to BDL040: what a bundle configures: parameters, mandatory items, and what has to fit together.

The device's time is in `time`, its server and its owner are in `sessions`, its keys in `keys`.
"""

from __future__ import annotations

import re

from fcu_conform.artefacts.bundle import (
    CERTIFICATES,
    CHAINS,
    ENDPOINT_NAME,
    ITEM_GROUPS,
    KEYS,
    PARAMETERS,
    REQUESTS,
    USE_BOOTSTRAP,
    Bundle,
    Item,
    text_bytes,
)
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.oids import COMMON_NAME
from fcu_conform.artefacts.encodings.private_keys import PrivateKey
from fcu_conform.rules.bundle.chains import is_chain_broken
from fcu_conform.rules.bundle.formatting import (
    KEY_TYPES,
    READABLE,
    VERIFICATION,
    bundle_of,
    client_source,
    finding_at,
    finding_in_item,
    item_title,
    mode_items,
    needs_all_items,
    of_parameter,
    parameter_of,
    parameter_trouble,
    shown_value,
)
from fcu_conform.rules.model import Blocked, DeviceFindings, Finding, Level, device_rule, requires
from fcu_conform.rules.support.formatting import CN_LIMIT, has_controls
from fcu_conform.rules.support.sources import docs

ALWAYS_NEEDED = (
    USE_BOOTSTRAP,
    ENDPOINT_NAME,
    "mbed.Manufacturer",
    "mbed.ModelNumber",
    "mbed.DeviceType",
    "mbed.HardwareVersion",
    "mbed.MemoryTotalKB",
    "mbed.SerialNumber",
)
IDENTIFIERS = ("mbed.ClassId", "mbed.VendorId")
UTC_OFFSET = "mbed.UTCOffset"

_OFFSET = re.compile(rb"[+-](0\d|1[0-4]):[0-5]\d")


@device_rule(
    "BDL028",
    Level.ERROR,
    requirement="the Data of a parameter is an integer, text or a byte string",
    title="a parameter's Data is not an integer, text or byte string",
    why="The device answers with status 20 to true, false, null, a float, an array or a map. It stores"
    " mbed.UseBootstrap, mbed.MemoryTotalKB and mbed.FirstToClaim in four bytes, and truncates a larger or a"
    " negative number: this rule is stricter, since the stored value is not the intended one.",
    fix="encode true as 1, false as 0, and numbers as integers",
    passes="1, 1024, \"coaps://…\", h'0102…'",
    fails="true, 1.5, null, mbed.MemoryTotalKB of 4294967296",
    source=client_source("fcc_bundle_config_params_utils.c", "B-08"),
    needs=READABLE,
)
def parameters_are_plain_values(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(item, "Data", *trouble)
        for item in bundle_of(device).items(PARAMETERS)
        if "Data" in item.fields and (trouble := parameter_trouble(item))
    ]


@device_rule(
    "BDL029",
    Level.ERROR,
    requirement=f"{USE_BOOTSTRAP} is 0 or 1, as an integer or as four little-endian bytes",
    title="mbed.UseBootstrap is not 0 or 1",
    why="The device answers with status 30 to another value and with status 27 to another size, since it cannot tell"
    " which server to use. It may read text as bytes, and only the first four bytes of a longer string:"
    " this rule is stricter.",
    fix="write 1 for bootstrap (use-bootstrap: true), 0 for LwM2M",
    passes="1, h'01000000'",
    fails="2, \"1\", h'01'",
    source=client_source(VERIFICATION, "N-09", "N-18"),
    needs=READABLE,
)
def mode_is_bootstrap_or_lwm2m(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    value = parameter_of(bundle, USE_BOOTSTRAP)
    if bundle.mode is not None:
        return ()
    return (of_parameter(bundle, USE_BOOTSTRAP, f"is {shown_value(value)}", "0 or 1"),)


@device_rule(
    "BDL031",
    Level.ERROR,
    requirement="a bundle that the device verifies has every item that its mode requires",
    title="a mandatory item is missing",
    why='The device answers with status 25, "Item does not exist", after it has stored everything else. It looks for'
    " all of them unless Verify is 0, even if more messages follow. With Verify 0 it still reads mbed.UseBootstrap"
    " in the last message and, to set its time, the bootstrap server's CA certificate. The private key may be one"
    " that the device made for an earlier message: the suite knows that from that message if it has it, or from"
    " PrKN and a SID.",
    fix="set the settings of fcu.yml that these items come from; if more messages follow, set Verify to 0 and"
    " KpAlvSess to 1",
    passes="all parameters, the server's CA certificate and URI, the device's key and certificate",
    fails="no mbed.SerialNumber (it may be empty, but not missing)",
    source=client_source(f"factory_configurator_client.c, {VERIFICATION}", "N-04", "N-08"),
    needs=READABLE,
)
def mandatory_items_are_there(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    if any(name in bundle.groups and bundle.switch(name) is None for name in ("Verify", "KpAlvSess")):
        raise Blocked("BDL012")
    requires(bundle.is_verified or bundle.is_last, "more messages follow this one, and it is not verified")
    missing = [name for name, there in _mandatory(bundle) if not there]
    if not missing:
        return ()
    if bundle.is_verified and next(bundle.items(REQUESTS), None) is not None:
        raise Blocked("BDL043")
    needs_all_items(bundle, *ITEM_GROUPS[:4])
    mode = {"bootstrap": " in bootstrap mode", "lwm2m": " in LwM2M mode"}.get(bundle.mode or "", "")
    return (finding_at("", f"lacks {', '.join(missing)}", f"all mandatory items{mode}"),)


def _mandatory(bundle: Bundle) -> list[tuple[str, bool]]:
    """Every mandatory item by name, and whether it is there."""
    parameters = ALWAYS_NEEDED if bundle.is_verified else (USE_BOOTSTRAP,)
    found = [(name, bundle.find(name, PARAMETERS) is not None) for name in parameters]
    if bundle.mode is None:
        return found
    names = mode_items(bundle.mode)
    server_ca = names["server CA"], bundle.find(names["server CA"], CERTIFICATES, CHAINS) is not None
    if not bundle.is_verified:
        return [*found, server_ca] if bundle.mode == "bootstrap" else found
    certificate = bundle.find(names["certificate"], CERTIFICATES, CHAINS)
    return [
        *found,
        server_ca,
        (names["URI"], bundle.find(names["URI"], PARAMETERS) is not None),
        (names["private key"], _has_private_key(bundle, names["private key"], certificate)),
        (names["certificate"], certificate is not None),
    ]


def _has_private_key(bundle: Bundle, name: str, certificate: Item | None) -> bool:
    """The device has the key of its certificate: the bundle brings it, or an earlier message did."""
    if bundle.makes_key(name) or any(_is_key_of_some_kind(item) for item in bundle.items(KEYS) if item.name == name):
        return True
    if bundle.before is not None:
        return bundle.before.makes_key(name)
    return certificate is not None and certificate.key_name is not None and "SID" in bundle.groups


def _is_key_of_some_kind(item: Item) -> bool:
    """A key of a wrong type, which is there all the same: BDL020 tells it, and BDL025 where it is called public."""
    return item.fields.get("Type") not in KEY_TYPES or isinstance(item.read_key, PrivateKey)


@device_rule(
    "BDL032",
    Level.ERROR,
    requirement=f"{ENDPOINT_NAME}, if present, is not empty",
    title="mbed.EndpointName is empty",
    why="The device answers with status 26: without a name the service cannot identify it.",
    fix="set the endpoint name when the configuration is prepared; it is the certificate's CN",
    passes="acme-000017",
    fails="an empty string",
    source=client_source(VERIFICATION, "N-08", "DB-06"),
    needs=READABLE,
)
def endpoint_name_is_not_empty(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    if text_bytes(parameter_of(bundle, ENDPOINT_NAME)) != b"":
        return ()
    return (of_parameter(bundle, ENDPOINT_NAME, "is empty", "1 to 64 characters"),)


@device_rule(
    "BDL033",
    Level.WARNING,
    requirement="the bundle has no items of the other mode",
    title="the bundle has items of the mode that is not used",
    why='The device accepts them with the warning "Item redundant". They fill its storage, and nothing checks whether'
    " they are right.",
    fix="remove mbed.LwM2M… if use-bootstrap is true, or mbed.Bootstrap… if it is false",
    passes="mbed.UseBootstrap 1 and mbed.BootstrapServerURI",
    fails="mbed.UseBootstrap 1 and mbed.LwM2MServerURI",
    source=client_source(VERIFICATION, "N-10"),
    needs=READABLE,
)
def other_modes_items_are_left_out(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    if bundle.mode is None and bundle.find(USE_BOOTSTRAP, PARAMETERS):
        raise Blocked("BDL029")
    requires(bundle.mode, "the bundle does not say in which mode the device is")
    other = "lwm2m" if bundle.mode == "bootstrap" else "bootstrap"
    names = mode_items(other).values()
    return [
        finding_in_item(
            item, "Name", f"is not used in {'LwM2M' if other == 'bootstrap' else 'bootstrap'} mode", "left out"
        )
        for item in bundle.items(KEYS, CERTIFICATES, CHAINS, PARAMETERS)
        if item.name in names
    ]


@device_rule(
    "BDL036",
    Level.ERROR,
    requirement=f"the device certificate's CN equals {ENDPOINT_NAME}, byte for byte",
    title="the device certificate's CN is not mbed.EndpointName",
    why='The device compares them in both modes and answers with status 14, "Certificate CN attribute invalid". With'
    " Verify 0 it does not compare them: this rule is stricter, since such a device could never be found.",
    fix="issue the certificate for the endpoint name in the bundle; check whether two devices were mixed up",
    passes="CN=acme-000017 and acme-000017",
    fails="CN=acme-000017 and ACME-000017, or a space after it",
    source=client_source(VERIFICATION, "DB-06", "DB-14"),
    needs=READABLE,
)
def common_name_is_the_endpoint_name(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    name = parameter_of(bundle, ENDPOINT_NAME)
    item = bundle.device_item
    requires(item is not None and item.leaf, "the bundle has no device certificate that can be read")
    assert item is not None
    assert item.leaf is not None
    names = [part for rdn in item.leaf.subject.rdns for part in rdn if part.oid == COMMON_NAME]
    if not names:
        raise Blocked("DEV005")
    if text_bytes(name) == names[0].value:
        return ()
    if text_bytes(name) == b"":
        raise Blocked("BDL032")
    if not 1 <= len(names[0].text) <= CN_LIMIT or has_controls(names[0].text):
        raise Blocked("DEV005")
    if is_chain_broken(bundle):
        raise Blocked("BDL024")
    if bundle.has_two_device_items or sum(p.name == ENDPOINT_NAME for p in bundle.items(PARAMETERS)) > 1:
        raise Blocked("BDL026")
    found = shown_value(names[0].text)
    given = shown_value(name) if bundle.endpoint_name is None else shown_value(bundle.endpoint_name)
    message = f"{item_title(item)}: the certificate's CN is {found}, {ENDPOINT_NAME} is {given}"
    return (Finding(message, finding_at(item.place, "").location, f"CN {given}", f"CN {found}"),)


@device_rule(
    "BDL039",
    Level.ERROR,
    requirement=f"{UTC_OFFSET}, if present, is +hh:mm or -hh:mm, at most 14 hours",
    title="mbed.UTCOffset is not a valid offset",
    why="The device answers with status 33 to another form. It checks the form only and accepts +99:99: this rule is"
    " stricter, since the device's local time would be wrong. An empty value means no offset to the device: this"
    " rule is stricter, and asks to leave it out.",
    fix='write a sign, hours, a colon and minutes: "+02:00"',
    passes='"+02:00", "-03:30"',
    fails='"2:00", "UTC", "+99:99"',
    source=client_source(VERIFICATION, "N-05"),
    needs=READABLE,
)
def utc_offset_is_hours_and_minutes(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    offset = parameter_of(bundle, UTC_OFFSET)
    if _OFFSET.fullmatch(text_bytes(offset) or b""):
        return ()
    return (of_parameter(bundle, UTC_OFFSET, f"is {shown_value(offset)}", "+hh:mm or -hh:mm"),)


@device_rule(
    "BDL040",
    Level.ERROR,
    requirement="mbed.ClassId and mbed.VendorId, if present, are 16 bytes long",
    title="mbed.ClassId or mbed.VendorId is not 16 bytes",
    why="The device answers with status 27 to any other size. Without them it accepts no firmware update.",
    fix="write the 16 bytes of the UUID (in Python uuid.UUID(text).bytes), not its text",
    passes="16 bytes",
    fails="15 bytes, the 36 characters of a UUID",
    source=(client_source(VERIFICATION, "N-06"), docs("Update authenticity for firmware update", "", "Y-14")),
    needs=READABLE,
)
def update_identifiers_have_sixteen_bytes(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    present = [name for name in IDENTIFIERS if bundle.find(name, PARAMETERS)]
    requires(present, "the bundle has neither mbed.ClassId nor mbed.VendorId")
    values = [(name, parameter_of(bundle, name)) for name in present]
    return [
        of_parameter(bundle, name, f"is {shown_value(value)}", "16 bytes")
        for name, value in values
        if len(text_bytes(value) or b"") != 16
    ]
