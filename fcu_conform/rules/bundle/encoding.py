"""BDL001 to BDL015: how a bundle is encoded, and its top level."""

from __future__ import annotations

import re

from fcu_conform.artefacts import bundle as artefact
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.cbor import BIGNUM, MAX_BYTES, label
from fcu_conform.artefacts.encodings.private_keys import Secret
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
from fcu_conform.rules.support.formatting import pluralize
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
    statement="the bundle is one well-formed CBOR data item of at most 256 KiB",
    why="The device cannot read it and answers with status 20 (3 where there are no bytes at all); no item is stored.",
    fix="send config_data as FCU returned it, all of its bytes; in Python open the file in binary mode",
    passes="a map that ends with the file",
    fails="an empty file, a file that was cut short, base64 or JSON text, text that is not UTF-8",
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
    statement="nothing follows the bundle",
    why="The device refuses the whole bundle with status 20 where bytes are left over.",
    fix="write config_data alone: no line break, no digest and no second bundle after it",
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
    statement="every length is definite",
    why="The device refuses a map or a chain of indefinite length with status 20, and of a string in chunks it takes"
    " the first chunk alone. This rule asks it of every array and map: what the device does with the others was not"
    " seen.",
    fix="let the encoder write lengths in front (in cbor2: do not set indefinite_containers, do not stream)",
    passes="a map that begins with 0xa5",
    fails="a map that begins with 0xbf, an array with 0x9f, a byte string with 0x5f",
    source=(client_source(HANDLER, "B-01"), inferred("the same for every array and map")),
    needs=("BDL001",),
)
def lengths_are_definite(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_at(place, "has an indefinite length", "a length in front")
        for place in bundle_of(device).scan.indefinite
    ]


@device_rule(
    "BDL004",
    Level.ERROR,
    statement="the bundle is a map",
    why="The device answers with status 20 to anything else.",
    fix="send config_data as FCU returned it, not wrapped into an array or a string",
    passes="a map of groups",
    fails="an array that holds the map",
    source=client_source(HANDLER, "B-01"),
    needs=("BDL001",),
)
def bundle_is_a_map(device: Device, _ca: CaContext) -> DeviceFindings:
    return () if bundle_of(device).scan.is_map else (finding_at("", "is another CBOR data item than a map", "a map"),)


@device_rule(
    "BDL005",
    Level.ERROR,
    statement="the keys of all maps are text strings",
    why="Groups and fields are known by their names as text; the device answers with status 20 to another key. Of a key"
    " in chunks it would read the first: this rule is stricter.",
    fix="write group and field names as CBOR text strings of definite length",
    passes='the key "Keys" as a text string',
    fails="the key Keys as a byte string, a number as a key",
    source=client_source(f"{HANDLER}, fcc_bundle_fields.h", "B-01"),
    needs=("BDL001", "BDL004"),
)
def map_keys_are_text(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_at(place, "has a key that is no text string", "text strings as keys")
        for place in bundle_of(device).scan.odd_keys
    ]


@device_rule(
    "BDL006",
    Level.ERROR,
    statement="no map has a key twice",
    why="A map with a key twice is not valid CBOR, and readers differ in which value they take. This is stricter"
    " than the device, which does not notice a group that stands there twice, so it may store what nobody looked at.",
    fix="write every group and every field once",
    passes="one SchemeVersion",
    fails="two groups called Keys",
    source=(rfc(8949, "5.6"), client_source(HANDLER, "B-01")),
    needs=("BDL001", "BDL004"),
)
def no_key_of_a_map_stands_twice(device: Device, _ca: CaContext) -> DeviceFindings:
    return [finding_at(place, "is there twice in its map", "once") for place in bundle_of(device).scan.duplicates]


@device_rule(
    "BDL007",
    Level.ERROR,
    statement="no value is tagged, but for Data of a parameter as an unsigned big number",
    why="The device knows tag 2 over a byte string, as Data of a parameter, and takes it for that byte string; anywhere"
    " else it answers with status 20. This rule is stricter where another thing than a byte string is tagged so: a tag"
    " lets a reader make something else of the value than what stands there.",
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
    statement="the bundle has at most 12 groups",
    why="The device counts the pairs of the map first and answers with status 20 where there are more.",
    fix="leave out what is no group of a bundle",
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
    statement="every group has one of the known names, exactly",
    why="The device answers with status 23 to a name that it does not know. It compares only as many characters as the"
    ' name has, so "Cert" or "" would pass there as some group: this rule is stricter and asks for the whole name.',
    fix="use the names of fcc_bundle_fields.h: " + ", ".join(GROUP_NAMES),
    passes="Certificates",
    fails="certificates, Cert, config_data, IsNotLastMessage",
    source=client_source(f"{HANDLER}, fcc_bundle_fields.h", "B-01", "B-03", "D-16"),
    needs=READABLE,
    told_by=("BDL008",),
)
def group_names_are_known(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_at(label(name), "is no group of a bundle", meant(name) or ", ".join(GROUP_NAMES), shown_value(name))
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
    statement=f'SchemeVersion is there and "{SCHEME_VERSION}"',
    why="The device looks at it first and answers with status 24 to any other version and to none.",
    fix=f'write the group SchemeVersion with the text "{SCHEME_VERSION}"',
    passes=f'"SchemeVersion": "{SCHEME_VERSION}" (a byte string will do)',
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
    statement="Keys, Certificates, CertificateChains, ConfigParams and CsrReqs are arrays of maps",
    why="The device walks each of them as an array and every element as a map, else it answers with status 20.",
    fix="make an array of the items, even where there is one only",
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
    statement="Verify, Disable and KpAlvSess, where present, are the integers 0 or 1",
    why="The device answers with status 20 to anything else, CBOR's own true and false included. Of numbers beyond 64"
    " bits it may read no more than the low ones: this rule is stricter.",
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
    statement="SID, where present, is a text string",
    why="The device answers with status 20 to anything else.",
    fix="write the session's identifier as a text string",
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
    statement=f"Entropy, where present, is a byte string of {ENTROPY_SIZE} bytes",
    why="The device answers with status 3 to any other size, and has no entropy then.",
    fix=f"give {ENTROPY_SIZE} random bytes (entropy.bin), or let the device make its own:"
    f" entropy-generation-mode: by_device",
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
    statement=f"ROT, where present, is a byte string of {ROOT_OF_TRUST_SIZE} bytes",
    why="The device answers with status 3 to any other size, and has no root of trust then.",
    fix=f"give {ROOT_OF_TRUST_SIZE} random bytes, other ones for each device",
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
