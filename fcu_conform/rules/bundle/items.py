"""BDL016 to BDL027: the items of a bundle's groups, each by itself: fields, names, keys; see `certificates` too."""

from __future__ import annotations

from fcu_conform.artefacts.bundle import CERTIFICATES, CHAINS, KEYS, PARAMETERS, REQUESTS, Item
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.private_keys import PrivateKey, Secret
from fcu_conform.artefacts.encodings.public_keys import parse_key_algorithm, parse_public_key
from fcu_conform.rules.bundle.formatting import (
    KEY_TYPES,
    READABLE,
    bundle_of,
    client_source,
    finding_in_item,
    name_trouble,
    shown_value,
    type_name,
)
from fcu_conform.rules.model import DeviceFindings, Level, device_rule

_NEEDED = {
    KEYS: ("Name", "Type", "Data"),
    CERTIFICATES: ("Name", "Data"),
    CHAINS: ("Name", "DataArray"),
    PARAMETERS: ("Name", "Data"),
    REQUESTS: ("PrKN", "Subj", "MD"),
}
_ALLOWED = {
    KEYS: ("Format",),
    CERTIFICATES: ("Format", "PrKN"),
    CHAINS: ("Format", "PrKN"),
    PARAMETERS: (),
    REQUESTS: ("Ext", "SM"),
}
"""Fields that an item may have beside those that it needs."""


def _known(item: Item) -> tuple[str, ...]:
    """The fields that an item of its group may have."""
    return (*_NEEDED[item.group], *_ALLOWED[item.group])


@device_rule(
    "BDL016",
    Level.ERROR,
    requirement="items have only the fields of their group, with their exact names",
    title="an item has an unknown field",
    why="The device answers with status 37 to an unknown field (status 20 if it belongs to the other certificate"
    ' group). It compares only as many characters as the name has, so a field called N or "" would pass as Name:'
    " this rule is stricter and requires the whole name.",
    fix="remove ACL, Type and Format where they do not belong, even though a comment in the device's source shows"
    " them; a chain has DataArray, a certificate has Data, a request has PrKN, Subj, MD, Ext, SM",
    passes='{"Name": …, "Format": "der", "Data": …} in Certificates',
    fails="ACL in any item, Format in ConfigParams, Data in CertificateChains, PrivKeyName in CsrReqs",
    source=client_source("fcc_bundle_utils.c, fcc_bundle_fields.h", "B-04", "B-05", "B-07", "B-08", "D-16"),
    needs=READABLE,
)
def items_have_known_fields_only(device: Device, _ca: CaContext) -> DeviceFindings:
    findings = []
    for item in bundle_of(device).items():
        known = _known(item)
        findings += [
            finding_in_item(item, "", f"has the field {shown_value(field)}", ", ".join(known), shown_value(field))
            for field in item.fields
            if field not in known
        ]
    return findings


@device_rule(
    "BDL017",
    Level.ERROR,
    requirement="items have all fields that their group requires",
    title="an item lacks a required field",
    why="The device answers with status 20 if Name, Type, Data or DataArray is missing. It would accept a parameter"
    " without Data and store it empty: this rule is stricter, since nobody intends that.",
    fix="add the missing field; an empty value is an empty string",
    passes='{"Name": "mbed.SerialNumber", "Data": ""}',
    fails='{"Name": "mbed.SerialNumber"}, a key without Type',
    source=client_source("fcc_bundle_utils.c", "B-04", "B-05", "B-07", "B-08", "B-09"),
    needs=READABLE,
)
def items_have_the_fields_they_need(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(
            item, "", f"has no {field}", ", ".join(_NEEDED[item.group]), ", ".join(item.fields) or "no field"
        )
        for item in bundle_of(device).items()
        for field in _lacking(item)
    ]


def _lacking(item: Item) -> list[str]:
    """The fields that an item needs and has not; none where as many have another name, which BDL016 tells."""
    lacking = [field for field in _NEEDED[item.group] if field not in item.fields]
    unknown = [field for field in item.fields if field not in _known(item)]
    return lacking if len(lacking) > len(unknown) else []


@device_rule(
    "BDL018",
    Level.ERROR,
    requirement="names are text of 1 to 100 letters, digits, dots, dashes and underscores",
    title="an item's name is not valid",
    why="The device stores each item in a file of that name. It refuses another name with status 15 or 16 (status 20"
    " if it is not text). It reads a parameter with an empty name as mbed.CurrentTime: this rule is stricter.",
    fix="rename the item",
    passes="mbed.BootstrapDeviceCert, acme.boot-key_2",
    fails='"my certificate", 101 characters, a byte string',
    source=client_source("storage_common.c, kcm_defs.h", "Y-20"),
    needs=READABLE,
)
def names_keep_to_the_alphabet(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(item, field, f"{field} is {name_trouble(item.fields[field])}", "1 to 100 of A-Z a-z 0-9 _ . -")
        for item in bundle_of(device).items()
        for field in ("Name", "PrKN")
        if field in item.fields and field in _known(item) and name_trouble(item.fields[field])
    ]


@device_rule(
    "BDL019",
    Level.ERROR,
    requirement='Format, if present, is "der"',
    title='Format is not "der"',
    why="The device accepts DER only and answers with status 37 to Der, DER or pem. It compares only as many"
    ' characters as the value has, so "de" or "" would pass: this rule is stricter and requires the whole word.',
    fix='write "Format": "der" in lower case, and convert PEM to DER',
    passes='"der", or no Format',
    fails='"Der" (as in a comment in the device\'s source), "pem", "de", ""',
    source=client_source("fcc_bundle_utils.c", "B-04", "B-05", "B-07", "D-16"),
    needs=READABLE,
)
def format_is_der(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(
            item,
            "Format",
            f"Format is {shown_value(item.fields['Format'])}",
            '"der"',
            shown_value(item.fields["Format"]),
        )
        for item in bundle_of(device).items(KEYS, CERTIFICATES, CHAINS)
        if item.fields.get("Format", "der") != "der"
    ]


@device_rule(
    "BDL020",
    Level.ERROR,
    requirement="the Type of a key is ECCPrivate or ECCPublic",
    title="a key's Type is not ECCPrivate or ECCPublic",
    why="The device answers with status 37 to any other type: it supports neither RSA nor symmetric keys.",
    fix="make an EC key on P-256 and set its Type to ECCPrivate or ECCPublic",
    passes="ECCPrivate",
    fails="RSAPrivate, EccPrivate",
    source=client_source("fcc_bundle_key_utils.c", "B-07"),
    needs=READABLE,
)
def key_types_are_elliptic(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(item, "Type", f"Type is {shown_value(item.fields['Type'])}", " or ".join(KEY_TYPES))
        for item in bundle_of(device).items(KEYS)
        if item.fields.get("Type", KEY_TYPES[0]) not in KEY_TYPES
    ]


@device_rule(
    "BDL021",
    Level.ERROR,
    requirement="keys and certificates are byte strings, and chains are arrays of byte strings",
    title="a key or certificate is not a byte string",
    why="The device answers with status 20 to text or anything else.",
    fix="write DER as byte strings; decode a PEM file first",
    passes="\"DataArray\": [h'3082…', h'3082…']",
    fails='"Data": "MIIB…", a text string in DataArray, a byte string as DataArray',
    source=client_source("fcc_bundle_certificate_utils.c, fcc_bundle_key_utils.c", "B-04", "B-05", "B-07"),
    needs=READABLE,
)
def keys_and_certificates_are_bytes(device: Device, _ca: CaContext) -> DeviceFindings:
    findings = []
    for item in bundle_of(device).items(KEYS, CERTIFICATES):
        if "Data" in item.fields and not isinstance(item.fields["Data"], Secret):
            findings.append(finding_in_item(item, "Data", f"Data is {type_name(item.fields['Data'])}", "a byte string"))
    for item in bundle_of(device).items(CHAINS):
        array = item.fields.get("DataArray", [])
        if not isinstance(array, list):
            findings.append(
                finding_in_item(item, "DataArray", f"DataArray is {type_name(array)}", "an array of byte strings")
            )
            continue
        findings += [
            finding_in_item(item, f"DataArray[{number}]", f"element {number} is {type_name(element)}", "a byte string")
            for number, element in enumerate(array)
            if not isinstance(element, Secret)
        ]
    return findings


@device_rule(
    "BDL025",
    Level.ERROR,
    requirement="the Data of a key is a P-256 key in DER, of the kind that its Type names",
    title="a key's Data does not fit its Type",
    why="The device answers with status 15 or 18 to PEM, to another curve, to a private key with Type ECCPublic, and"
    " to a PKCS#8 key that its library cannot read: version 2 (RFC 5958, with the public key), or without the"
    " curve in the outer algorithm.",
    fix="convert the key: openssl pkey -in KEY.pem -outform DER -out KEY.der",
    passes="SEC1 or unencrypted PKCS#8 for ECCPrivate, SubjectPublicKeyInfo for ECCPublic",
    fails="PEM, a key on P-384, a private key with Type ECCPublic, a PKCS#8 with the public key attached",
    source=client_source("fcc_bundle_key_utils.c; Mbed TLS 2.28, pkparse.c", "B-07", "B-15", "DB-13"),
    needs=READABLE,
)
def keys_are_what_their_type_says(device: Device, _ca: CaContext) -> DeviceFindings:
    findings = []
    for item in bundle_of(device).items(KEYS):
        if item.fields.get("Type") not in KEY_TYPES or not isinstance(item.fields.get("Data"), Secret):
            continue  # BDL017, BDL020 and BDL021 tell it
        trouble = _key_trouble(item)
        if trouble:
            expected = "a private key on P-256" if item.is_private_key else "a public key on P-256"
            findings.append(finding_in_item(item, "Data", trouble, f"{expected}, in DER"))
    return findings


def _key_trouble(item: Item) -> str:
    content: bytes = item.fields["Data"].reveal()
    if content.lstrip().startswith(b"-----BEGIN"):
        return "is PEM"
    if item.is_private_key:
        if not isinstance(item.read_key, PrivateKey):
            return "is not a readable private key"
        return item.read_key.trouble or _container_trouble(content)
    try:
        return parse_public_key(content).trouble
    except der.DerError:  # the reader's words may quote bytes, and these may be a private key's
        return "is not a readable public key"


def _container_trouble(content: bytes) -> str:
    """Why the device's library cannot read what a sound private key stands in; empty if it can."""
    start, stop = der.only(content, der.SEQUENCE, "private key")
    number, position = der.expect(content, start, stop, der.INTEGER, "version")
    tag, inner, end = der.read(content, position, stop)
    if tag != der.SEQUENCE:
        return ""  # SEC1
    if int.from_bytes(content[number:position], "big"):
        return "is a version 2 PKCS#8 key, with the public key attached"
    _, curve, _ = parse_key_algorithm(content, inner, end)
    return "" if curve else "is a PKCS#8 key without the curve in its outer algorithm"


@device_rule(
    "BDL026",
    Level.ERROR,
    requirement="no item occurs twice: names are unique among keys of a type, certificates and chains, and parameters",
    title="the bundle has a duplicate item",
    why='The device stores an item once and answers with status 17, "Data already exists", to the second (status 15 if'
    " a chain has the name of a certificate). Everything before it is stored by then. It accepts a duplicate"
    " time: this rule is stricter.",
    fix="write each item once: the device certificate in Certificates or in CertificateChains, not in both",
    passes="one mbed.BootstrapDeviceCert",
    fails="mbed.BootstrapDeviceCert as a certificate and as a chain, mbed.SerialNumber twice",
    source=client_source("storage_common.c, fcc_utils.c", "N-13"),
    needs=READABLE,
)
def items_are_given_once(device: Device, _ca: CaContext) -> DeviceFindings:
    first: dict[tuple[str, str], Item] = {}
    findings = []
    for item in bundle_of(device).items():
        name = item.key_name if item.group == REQUESTS else item.name
        if name is None:
            continue
        before = first.setdefault((_storage(item), name), item)
        if before is not item:
            findings.append(finding_in_item(item, "Name", f"is a duplicate of {before.place}", "once"))
    return findings


def _storage(item: Item) -> str:
    """What kind of thing the device stores for the item; names are unique within a kind."""
    if item.group == KEYS:
        return "private key" if item.is_private_key else "public key"
    return {PARAMETERS: "parameter", REQUESTS: "private key"}.get(item.group, "certificate")
