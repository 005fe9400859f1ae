"""BDL016 to BDL027: the items of a bundle's groups, each by itself: fields, names, keys and certificates."""

from __future__ import annotations

from fcu_conform.artefacts.bundle import CERTIFICATES, CHAINS, KEYS, PARAMETERS, REQUESTS, Item
from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.private_keys import PrivateKey, Secret
from fcu_conform.artefacts.encodings.public_keys import parse_key_algorithm, parse_public_key
from fcu_conform.rules.bundle.chains import breaks
from fcu_conform.rules.bundle.formatting import (
    KEY_TYPES,
    READABLE,
    bundle_of,
    client_source,
    finding_at,
    finding_in_item,
    name_trouble,
    shown_value,
    type_name,
)
from fcu_conform.rules.keystore.certificate import is_ecdsa_sha256, signature_text
from fcu_conform.rules.model import Blocked, DeviceFindings, Finding, Level, device_rule, requires
from fcu_conform.rules.support.sources import inferred

MAX_CHAIN = 5

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
    statement="items have no other fields than those of their group, exactly named",
    why="The device answers with status 37 to a field that it does not know (20 where it is the other certificate"
    ' group\'s). It compares only as many characters as the name has, so a field called N or "" would pass there as'
    " Name: this rule is stricter and asks for the whole name.",
    fix="leave out ACL, Type and Format where they do not belong, though a comment in the device's source shows"
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
    statement="items have all fields that their group needs",
    why="The device answers with status 20 where Name, Type, Data or DataArray is missing. It would take a parameter"
    " without Data and store it empty: this rule is stricter, since nobody means that.",
    fix="give every item its Name and its content; an empty value is an empty string",
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
    statement="names are text of 1 to 100 letters, digits, dots, dashes and underscores",
    why="The device keeps each item in a file of that name: another one it refuses with status 15 or 16 (20 where it"
    " is no text). A parameter without a name it takes for mbed.CurrentTime: this rule is stricter.",
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
    statement='Format, where present, is "der"',
    why="The device takes DER alone and answers with status 37 to Der, DER or pem. It compares only as many characters"
    ' as the value has, so "de" or "" would pass there: this rule is stricter and asks for the whole word.',
    fix='write "Format": "der", in lower case, and convert PEM to DER',
    passes='"der", or no Format',
    fails='"Der" as a comment in the device\'s source has it, "pem", "de", ""',
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
    statement="the Type of a key is ECCPrivate or ECCPublic",
    why="The device answers with status 37 to any other type: it has neither RSA nor symmetric keys.",
    fix="make an EC key on P-256 and write its type",
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
    statement="keys and certificates are byte strings, chains are arrays of byte strings",
    why="The device answers with status 20 to text or anything else in their place.",
    fix="give DER as byte strings; a PEM file is decoded first",
    passes="\"DataArray\": [h'3082…', h'3082…']",
    fails='"Data": "MIIB…", a text string in DataArray, DataArray that is one byte string',
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
    "BDL022",
    Level.ERROR,
    statement=f"a chain has 1 to {MAX_CHAIN} certificates",
    why="The device answers with status 20 to an empty chain and to one of more than five, and does not even say"
    " which.",
    fix="set a smaller device-certificate-chain-depth: the rest of the chain goes to the portal",
    passes="the device certificate and the FCU certificate",
    fails="six certificates, an empty array",
    source=client_source("fcc_bundle_certificate_utils.c, kcm_defs.h", "B-05", "DC-01"),
    needs=READABLE,
)
def chains_have_one_to_five_certificates(device: Device, _ca: CaContext) -> DeviceFindings:
    return [
        finding_in_item(item, "DataArray", f"has {len(array)} certificates", f"1 to {MAX_CHAIN}", str(len(array)))
        for item in bundle_of(device).items(CHAINS)
        if isinstance(array := item.fields.get("DataArray"), list) and not 1 <= len(array) <= MAX_CHAIN
    ]


@device_rule(
    "BDL023",
    Level.ERROR,
    statement="every certificate in the bundle parses as DER, with no bytes left over",
    why="The device answers with status 18 (15 where there are no bytes) to what it cannot parse, PEM included."
    " Bytes after a certificate and a serial number without octets it would store: this rule is stricter, since other"
    " readers refuse such a certificate.",
    fix="give each certificate as the DER of it alone: openssl x509 -in CERT.pem -outform DER -out CERT.der",
    passes="a byte string that begins with 30 82",
    fails="PEM text in a byte string, an empty byte string, two certificates in one string",
    source=client_source("fcc_bundle_certificate_utils.c, cs_der_certs.c", "B-04", "B-06"),
    needs=READABLE,
)
def certificates_in_the_bundle_parse(device: Device, _ca: CaContext) -> DeviceFindings:
    findings = []
    for item in bundle_of(device).items(CERTIFICATES, CHAINS):
        for (place, data), (_, certificate) in zip(item.certificate_data, item.certificates, strict=True):
            findings += [
                finding_at(place, trouble, "one certificate in DER") for trouble in _troubles(data, certificate)
            ]
    return findings


def _troubles(data: bytes, certificate: Certificate | der.DerError) -> list[str]:
    if not isinstance(certificate, Certificate):
        if not data:
            return ["is empty"]
        pem = data.lstrip().startswith(b"-----BEGIN")
        return ["is PEM" if pem else f"is no certificate that can be read: {certificate}"]
    after = [f"has {certificate.trailing} bytes left over after the certificate"] if certificate.trailing else []
    return [*after, *certificate.malformed_extensions]


@device_rule(
    "BDL024",
    Level.ERROR,
    statement="a chain starts with its leaf, and each next certificate's key verifies the one before",
    why='The device checks each link when it stores the chain and answers with status 18, "Chain validation error". A'
    " signature that is not DER it would take: this rule is stricter, as validators are.",
    fix="order the chain from the device certificate upwards, with no certificate left out",
    passes="device, FCU, intermediate",
    fails="intermediate, FCU, device; device, intermediate",
    source=client_source("storage_common.c, cs_der_certs.c", "B-05", "DC-02", "DC-03"),
    needs=READABLE,
)
def chains_go_from_leaf_to_issuer(device: Device, _ca: CaContext) -> DeviceFindings:
    findings = []
    unread = False
    for item in bundle_of(device).items(CHAINS):
        unread = unread or not item.is_whole
        if not item.is_whole:
            continue
        chain = [certificate for _, certificate in item.certificates if isinstance(certificate, Certificate)]
        broken = breaks(chain)
        if broken and not breaks(chain[::-1]):
            findings.append(
                finding_in_item(item, "DataArray", "stands in reverse order", "the leaf first", "the leaf last")
            )
            continue
        findings += [
            finding_in_item(
                item,
                f"DataArray[{number + 1}]",
                f"element {number + 1} ({chain[number + 1].subject}) did not sign element {number}",
                f"the certificate of {chain[number].issuer}",
                str(chain[number + 1].subject),
            )
            for number in broken
        ]
    if unread and not findings:
        raise Blocked("BDL023")
    return findings


@device_rule(
    "BDL025",
    Level.ERROR,
    statement="the Data of a key is a P-256 key in DER of the kind that its Type says",
    why="The device answers with status 15 or 18 to PEM, to another curve, to a private key that is called public, and"
    " to a PKCS#8 that its library cannot read: of version 2 (RFC 5958, with the public key), or without the curve in"
    " its outer algorithm.",
    fix="convert it: openssl pkey -in KEY.pem -outform DER -out KEY.der",
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
            return "is no private key that can be read"
        return item.read_key.trouble or _container_trouble(content)
    try:
        return parse_public_key(content).trouble
    except der.DerError:  # the reader's words may quote bytes, and these may be a private key's
        return "is no public key that can be read"


def _container_trouble(content: bytes) -> str:
    """Why the device's library cannot read what a sound private key stands in; empty if it can."""
    start, stop = der.only(content, der.SEQUENCE, "private key")
    number, position = der.expect(content, start, stop, der.INTEGER, "version")
    tag, inner, end = der.read(content, position, stop)
    if tag != der.SEQUENCE:
        return ""  # SEC1
    if int.from_bytes(content[number:position], "big"):
        return "is a PKCS#8 of version 2, with the public key attached"
    _, curve, _ = parse_key_algorithm(content, inner, end)
    return "" if curve else "is a PKCS#8 without the curve in its outer algorithm"


@device_rule(
    "BDL026",
    Level.ERROR,
    statement="no item is given twice: names are unique among keys of a type, certificates and chains, parameters",
    why="The device stores an item once and answers with status 17 to the second (15 where a chain has the name of a"
    ' certificate), "Data already exists". What came before is stored by then. Its time it sets twice: this rule is'
    " stricter.",
    fix="give each item once: the device certificate in Certificates or in CertificateChains, not in both",
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
            findings.append(finding_in_item(item, "Name", f"is given in {before.place} already", "once"))
    return findings


def _storage(item: Item) -> str:
    """What kind of thing the device stores for the item; names are unique within a kind."""
    if item.group == KEYS:
        return "private key" if item.is_private_key else "public key"
    return {PARAMETERS: "parameter", REQUESTS: "private key"}.get(item.group, "certificate")


@device_rule(
    "BDL027",
    Level.ERROR,
    statement="certificates beside the device's own (server CA, update) are P-256 and ecdsa-with-SHA256",
    why="The device's library is built for these alone and cannot parse a certificate of another kind: status 18. One"
    " with SHA-224 it would store: this rule is stricter, since it could not verify it later.",
    fix="give the device the P-256 certificate of that server or update authority",
    passes="the bootstrap server's CA certificate as FCU comes with it",
    fails="an RSA certificate as mbed.UpdateAuthCert",
    source=(
        client_source("mbedTLSConfig_Linux.h", "DC-07"),
        inferred("the device certificate's own chain is judged elsewhere"),
    ),
    needs=READABLE,
)
def other_certificates_suit_the_device(device: Device, _ca: CaContext) -> DeviceFindings:
    bundle = bundle_of(device)
    others = [item for item in bundle.items(CERTIFICATES, CHAINS) if item is not bundle.device_item]
    requires(others, "the bundle has no certificate beside the device's")
    findings: list[Finding] = []
    for item in others:
        for place, certificate in item.certificates:
            if not isinstance(certificate, Certificate):
                continue
            if certificate.public_key.trouble:
                findings.append(finding_at(place, certificate.public_key.trouble, "a key on P-256"))
            elif not is_ecdsa_sha256(certificate):
                found = signature_text(certificate)
                findings.append(finding_at(place, f"is signed with {found}", "ecdsa-with-SHA256", found))
    return findings
