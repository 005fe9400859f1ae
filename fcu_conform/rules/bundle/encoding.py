"""BDL001 to BDL015: how a bundle is encoded, and its top level."""

from __future__ import annotations

import re

from fcu_conform.artefacts import bundle as artefact
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.cbor import BIGNUM, MAX_BYTES, label
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.artefacts.wording import pluralize
from fcu_conform.rules.bundle.formatting import (
    GROUP_NAMES,
    HANDLER,
    READABLE,
    SWITCHES,
    bundle_of,
    client_source,
    finding_at,
    shown_value,
)
from fcu_conform.rules.model import Blocked, DeviceFindings, Finding, Level, device_rule, requires
from fcu_conform.rules.support.sources import inferred, rfc

SCHEME_VERSION = "0.0.1"
MAX_GROUPS = 12
ENTROPY_SIZE = 48
ROOT_OF_TRUST_SIZE = 16

_PARAMETER_DATA = re.compile(r"ConfigParams\[\d+\]\.Data")
_OLD_NAMES = {"IsNotLastMessage": "KpAlvSess"}
"""Names in a comment of the device's source that its code does not know (fact D-16)."""


@device_rule(
    "BDL001",
    Level.ERROR,
    requirement="the bundle is one well-formed CBOR data item of at most 256 KiB",
    title="the bundle is not well-formed CBOR",
    why="The device cannot read it and answers with status 20 (status 3 if the file is empty); it stores no item.",
    fix="send config_data exactly as FCU returned it; in Python open the file in binary mode",
    passes="a map that ends with the file",
    fails="an empty file, a truncated file, base64 or JSON text, text that is not UTF-8",
    source=(client_source(HANDLER, "B-01"), rfc(8949, "3")),
)
def bundle_is_well_formed(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    if not bundle.problem:
        return ()
    return (
        Finding(
            bundle.problem, expected=f"one CBOR data item, {MAX_BYTES} bytes at most", found=f"{bundle.size} bytes"
        ),
    )


@device_rule(
    "BDL002",
    Level.ERROR,
    requirement="nothing follows the bundle",
    title="bytes follow the bundle",
    why="If bytes are left over, the device refuses the whole bundle with status 20.",
    fix="write config_data alone: no line break, digest or second bundle after it",
    passes="the last byte of the file is the last byte of the map",
    fails="a line break after the map",
    source=client_source(HANDLER, "B-01"),
    needs=("BDL001",),
)
def nothing_follows_the_bundle(device: Device, _ca: CaContext) -> DeviceFindings:
    scan = bundle_of(device).scan
    if not scan.trailing:
        return ()
    return (
        finding_at(
            "", f"has {pluralize(scan.trailing, 'byte')} after the end of the map, at offset {scan.end}", "none"
        ),
    )


@device_rule(
    "BDL003",
    Level.ERROR,
    requirement="every length in the bundle is definite",
    title="the bundle has an indefinite length",
    why="The device refuses a map or a chain of indefinite length with status 20, and takes only the first chunk of a"
    " string. This rule requires it of every array and map: how the device handles the others was not observed.",
    fix="make the encoder write definite lengths (in cbor2: do not set indefinite_containers, do not stream)",
    passes="a map that begins with 0xa5",
    fails="a map that begins with 0xbf, an array with 0x9f, a byte string with 0x5f",
    source=(client_source(HANDLER, "B-01"), inferred("the same for every array and map")),
    needs=("BDL001",),
)
def lengths_are_definite(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_at(place, "has an indefinite length", "a definite length")
        for place in bundle_of(device).scan.indefinite
    ]


@device_rule(
    "BDL004",
    Level.ERROR,
    requirement="the bundle is a map",
    title="the bundle is not a map",
    why="The device answers with status 20 to anything else.",
    fix="send config_data as FCU returned it, without an array or a string around it",
    passes="a map of groups",
    fails="an array that holds the map",
    source=client_source(HANDLER, "B-01"),
    needs=("BDL001",),
)
def bundle_is_a_map(device: Device, _ca: CaContext) -> DeviceFindings:
    return () if bundle_of(device).scan.is_map else (finding_at("", "is not a map", "a map"),)


@device_rule(
    "BDL005",
    Level.ERROR,
    requirement="all map keys in the bundle are text strings",
    title="a map key in the bundle is not a text string",
    why="Groups and fields have text names. The device answers with status 20 to any other key. Of a key in chunks it"
    " would read the first: this rule is stricter.",
    fix="write group and field names as CBOR text strings of definite length",
    passes='the key "Keys" as a text string',
    fails="the key Keys as a byte string, a number as a key",
    source=client_source(f"{HANDLER}, fcc_bundle_fields.h", "B-01"),
    needs=("BDL001", "BDL004"),
)
def map_keys_are_text(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_at(place, "has a key that is not a text string", "text strings as keys")
        for place in bundle_of(device).scan.odd_keys
    ]


@device_rule(
    "BDL006",
    Level.ERROR,
    requirement="no map in the bundle has a duplicate key",
    title="a map in the bundle has a duplicate key",
    why="A map with a duplicate key is not valid CBOR, and parsers differ in which value they take. This rule is"
    " stricter than the device, which does not notice a duplicate group and may store content that nobody checked.",
    fix="write every group and every field once",
    passes="one SchemeVersion",
    fails="two groups called Keys",
    source=(rfc(8949, "5.6"), client_source(HANDLER, "B-01")),
    needs=("BDL001", "BDL004"),
)
def no_key_of_a_map_stands_twice(device: Device, _ca: CaContext) -> DeviceFindings:
    return [finding_at(place, "is a duplicate key", "once") for place in bundle_of(device).scan.duplicates]


@device_rule(
    "BDL007",
    Level.ERROR,
    requirement="no value is tagged, except a parameter's Data as an unsigned bignum",
    title="a value in the bundle is tagged",
    why="The device accepts tag 2 over a byte string as the Data of a parameter, and reads it as that byte string;"
    " anywhere else it answers with status 20. This rule is stricter if tag 2 stands on anything but a byte"
    " string: a tag lets a parser turn the value into something else.",
    fix="encode the plain value: a time as an integer of seconds, an identifier as a byte string",
    passes="mbed.CurrentTime with Data 1767225600",
    fails="mbed.CurrentTime with Data 1(1767225600), a UUID with tag 37",
    source=client_source("fcc_bundle_config_params_utils.c", "B-08"),
    needs=("BDL001", "BDL004"),
)
def values_have_no_tags(device: Device, _ca: CaContext) -> DeviceFindings:
    scan = bundle_of(device).scan
    tags = scan.tags + [(place, BIGNUM) for place, _ in scan.bignums if not _PARAMETER_DATA.fullmatch(place)]
    return [finding_at(place, f"has the tag {number}", "a value without a tag") for place, number in tags]


@device_rule(
    "BDL008",
    Level.ERROR,
    requirement="the bundle has at most 12 groups",
    title="the bundle has more than 12 groups",
    why="The device counts the groups first and answers with status 20 if there are more.",
    fix="remove the entries that are not groups of a bundle",
    passes="SchemeVersion, Keys, CertificateChains and ConfigParams",
    fails="13 groups",
    source=client_source(HANDLER, "B-01"),
    needs=READABLE,
)
def groups_are_at_most_twelve(device: Device, _ca: CaContext) -> DeviceFindings:
    count = len(bundle_of(device).groups)
    if count <= MAX_GROUPS:
        return ()
    return (finding_at("", f"has {count} groups", f"{MAX_GROUPS} at most", str(count)),)


@device_rule(
    "BDL009",
    Level.ERROR,
    requirement="every group has exactly one of the known names",
    title="a group's name is unknown",
    why="The device answers with status 23 to an unknown name. It compares only as many characters as the name has, so"
    ' "Cert" or "" would pass as some group: this rule is stricter and requires the whole name.',
    fix="use the names of fcc_bundle_fields.h: " + ", ".join(GROUP_NAMES),
    passes="Certificates",
    fails="certificates, Cert, config_data, IsNotLastMessage",
    source=client_source(f"{HANDLER}, fcc_bundle_fields.h", "B-01", "B-03", "D-16"),
    needs=READABLE,
    told_by=("BDL008",),
)
def group_names_are_known(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_at(label(name), "is not a group of a bundle", meant(name) or ", ".join(GROUP_NAMES), shown_value(name))
        for name in bundle_of(device).groups
        if name not in GROUP_NAMES
    ]


def meant(name: str) -> str:
    """The group that was probably meant."""
    if name in _OLD_NAMES:
        return _OLD_NAMES[name]
    given = name.lower()
    near = [n for n in GROUP_NAMES if given and (n.lower().startswith(given) or given.startswith(n.lower()))]
    return near.pop() if len(near) == 1 else ""


@device_rule(
    "BDL010",
    Level.ERROR,
    requirement=f'SchemeVersion is present and "{SCHEME_VERSION}"',
    title='SchemeVersion is missing or not "0.0.1"',
    why="The device reads it first and answers with status 24 if it is missing or differs.",
    fix=f'write the group SchemeVersion with the text "{SCHEME_VERSION}"',
    passes=f'"SchemeVersion": "{SCHEME_VERSION}" (as text or as a byte string)',
    fails='"0.0.10", "0.0", 1, no SchemeVersion',
    source=client_source(HANDLER, "B-02"),
    needs=READABLE,
)
def scheme_version_is_known(device: Device, _ca: CaContext) -> DeviceFindings:
    groups = bundle_of(device).groups
    if artefact.text_bytes(groups.get("SchemeVersion")) == SCHEME_VERSION.encode():
        return ()
    if "SchemeVersion" not in groups and any(meant(name) == "SchemeVersion" for name in groups):
        raise Blocked("BDL009")
    found = shown_value(groups["SchemeVersion"]) if "SchemeVersion" in groups else "none"
    message = f"is {found}" if "SchemeVersion" in groups else "is missing"
    return (finding_at("SchemeVersion", message, f'"{SCHEME_VERSION}"', found),)


@device_rule(
    "BDL011",
    Level.ERROR,
    requirement="Keys, Certificates, CertificateChains, ConfigParams and CsrReqs are arrays of maps",
    title="a group is not an array of maps",
    why="The device reads each of them as an array and every element as a map; otherwise it answers with status 20.",
    fix="write the items as an array, even if there is only one",
    passes='"Keys": [{"Name": …}]',
    fails='"Keys": {"Name": …}',
    source=client_source(HANDLER, "B-03"),
    needs=READABLE,
)
def groups_are_arrays_of_maps(device: Device, _ca: CaContext) -> DeviceFindings:
    findings = []
    for name, content in bundle_of(device).groups.items():
        if name not in artefact.ITEM_GROUPS:
            continue
        if not isinstance(content, list):
            findings.append(finding_at(name, f"is {shown_value(content)}", "an array of maps", shown_value(content)))
            continue
        findings += [
            finding_at(f"{name}[{number}]", f"is {shown_value(element)}", "a map", shown_value(element))
            for number, element in enumerate(content)
            if not isinstance(element, dict)
        ]
    return findings


@device_rule(
    "BDL012",
    Level.ERROR,
    requirement="Verify, Disable and KpAlvSess, if present, are the integers 0 or 1",
    title="Verify, Disable or KpAlvSess is not 0 or 1",
    why="The device answers with status 20 to anything else, CBOR's true and false included. Of numbers beyond 64 bits"
    " it may read only the low bits: this rule is stricter.",
    fix="encode them as integers; in Python int(flag)",
    passes='"Verify": 1',
    fails='"Verify": true, "Verify": 2',
    source=client_source(HANDLER, "B-03"),
    needs=READABLE,
)
def switches_are_zero_or_one(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    return [
        finding_at(
            name, f"is {shown_value(bundle.groups[name])}", "the integer 0 or 1", shown_value(bundle.groups[name])
        )
        for name in SWITCHES
        if name in bundle.groups and bundle.switch(name) is None
    ]


@device_rule(
    "BDL013",
    Level.ERROR,
    requirement="SID, if present, is a text string",
    title="SID is not a text string",
    why="The device answers with status 20 to anything else.",
    fix="write the session id as a text string",
    passes='"SID": "7f3a"',
    fails="SID as a byte string",
    source=client_source(HANDLER, "B-03"),
    needs=READABLE,
)
def session_id_is_text(device: Device, _ca: CaContext) -> DeviceFindings:
    groups = bundle_of(device).groups
    if isinstance(groups.get("SID", ""), str):
        return ()
    return (finding_at("SID", f"is {shown_value(groups['SID'])}", "a text string", shown_value(groups["SID"])),)


@device_rule(
    "BDL014",
    Level.ERROR,
    requirement=f"Entropy, if present, is a byte string of {ENTROPY_SIZE} bytes",
    title="Entropy is not 48 bytes",
    why="The device answers with status 3 to any other size, and is left without entropy.",
    fix=f"provide {ENTROPY_SIZE} random bytes (entropy.bin), or let the device make its own: entropy-generation-mode:"
    " by_device",
    passes="48 bytes",
    fails="47 bytes, text",
    source=client_source("storage_kcm.h", "B-03", "Y-10"),
    needs=READABLE,
)
def entropy_has_its_size(device: Device, _ca: CaContext) -> DeviceFindings:
    return _sized(device, "Entropy", ENTROPY_SIZE)


@device_rule(
    "BDL015",
    Level.ERROR,
    requirement=f"ROT, if present, is a byte string of {ROOT_OF_TRUST_SIZE} bytes",
    title="ROT is not 16 bytes",
    why="The device answers with status 3 to any other size, and is left without a root of trust.",
    fix=f"provide {ROOT_OF_TRUST_SIZE} random bytes, different for each device",
    passes="16 bytes",
    fails="15 bytes, text",
    source=client_source("storage_kcm.h", "B-03"),
    needs=READABLE,
)
def root_of_trust_has_its_size(device: Device, _ca: CaContext) -> DeviceFindings:
    return _sized(device, "ROT", ROOT_OF_TRUST_SIZE)


def _sized(device: Device, name: str, size: int) -> DeviceFindings:
    groups = bundle_of(device).groups
    requires(name in groups, f"the bundle has no {name}")
    value = groups[name]
    if isinstance(value, Secret) and len(value.reveal()) == size:
        return ()
    found = "a text string" if isinstance(value, str) else shown_value(value)
    return (finding_at(name, f"is {found}", f"a byte string of {size} bytes", found),)
