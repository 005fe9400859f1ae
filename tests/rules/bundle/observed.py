"""The bundles that the device's own code was tried with, rebuilt: each by the name of its row in device_answers.csv."""

from __future__ import annotations

from itertools import chain as joined

import cbor2
from cryptography.hazmat.primitives.serialization import PrivateFormat

from .maker import (
    ACCOUNT,
    ENDPOINT,
    add,
    chain,
    changed,
    drop_field,
    drop_group,
    drop_parameter,
    good,
    key_der,
    key_pem,
    lone,
    parameter,
    pem,
    raw_map,
    raw_pairs,
    rename_group,
    request,
    set_field,
    set_group,
    set_parameter,
)

CHAINS, KEYS, CERTIFICATES, PARAMETERS = "CertificateChains", "Keys", "Certificates", "ConfigParams"
TIME_ITEMS = ("mbed.CurrentTime", "mbed.Timezone", "mbed.UTCOffset")
LEAF, ISSUER, ROOT = chain()[0], chain()[1], chain()[5]

MANDATORY = (
    "mbed.UseBootstrap",
    "mbed.EndpointName",
    "mbed.BootstrapServerURI",
    "mbed.Manufacturer",
    "mbed.ModelNumber",
    "mbed.DeviceType",
    "mbed.HardwareVersion",
    "mbed.MemoryTotalKB",
    "mbed.SerialNumber",
)


def single(**fields: object) -> dict[str, object]:
    """The device certificate as an item of Certificates."""
    return {"Name": "mbed.BootstrapDeviceCert", "Format": "der", "Data": LEAF, **fields}


def with_certificates(*certificates: object) -> bytes:
    return changed(good(), set_field(CHAINS, "DataArray", list(certificates)))


def extra_chain(name: str) -> dict[str, object]:
    return {"Name": name, "Format": "der", "DataArray": [LEAF, ISSUER]}


def thirteen() -> bytes:
    bundle = good()
    return changed(bundle, *(set_group(f"Group{number}", []) for number in range(13 - len(bundle))))


def indefinite_array() -> bytes:
    array = b"\x9f" + cbor2.dumps(LEAF) + cbor2.dumps(ISSUER) + b"\xff"
    return with_raw_array(array)


def chunked_string() -> bytes:
    half = len(LEAF) // 2
    string = b"\x5f" + cbor2.dumps(LEAF[:half]) + cbor2.dumps(LEAF[half:]) + b"\xff"
    return with_raw_array(b"\x82" + string + cbor2.dumps(ISSUER))


def with_raw_array(array: bytes) -> bytes:
    item = raw_map([("Name", cbor2.dumps("mbed.BootstrapDeviceCert")), ("DataArray", array)])
    return raw_map([(group, b"\x81" + item if group == CHAINS else value) for group, value in raw_pairs(good())])


def update_chain() -> bytes:
    return changed(good(), add(CHAINS, {"Name": "mbed.UpdateAuthCert", "DataArray": list(chain()[1:3])}))


def server_ca_as_chain() -> bytes:
    item = {"Name": "mbed.BootstrapServerCACert", "Format": "der", "DataArray": [lone("Server CA")]}
    return changed(good(), drop_group(CERTIFICATES), add(CHAINS, item))


def chain_only(**switches: int) -> bytes:
    return cbor2.dumps({"SchemeVersion": "0.0.1", "Verify": 0, **switches, CHAINS: good()[CHAINS]})


def many_requests(count: int) -> bytes:
    asked = request()["CsrReqs"][0]
    return changed(request(), set_group("CsrReqs", [{**asked, "PrKN": f"key{number}"} for number in range(count)]))


def first_to_claim(value: int, *, account: bool) -> bytes:
    uri = "coaps://bootstrap.example.com:5684" + (f"?aid={ACCOUNT}" if account else "")
    edits = set_parameter("mbed.BootstrapServerURI", uri), set_parameter("mbed.FirstToClaim", value)
    return changed(good(), *edits)


def key(**fields: object) -> bytes:
    return changed(good(), *(set_field(KEYS, field, value) for field, value in fields.items()))


def formats(group: str) -> dict[str, bytes]:
    cases = {f"{group} Format={value!r}": changed(good(), set_field(group, "Format", value)) for value in FORMATS}
    return {**cases, f"{group} without Format": changed(good(), drop_field(group, "Format"))}


FORMATS = ("Der", "DER", "pem", "de", "")


def depths() -> dict[str, bytes]:
    """Chains of every length, with short lives or without a time: what fills the device's answer."""
    zones, times = TIME_ITEMS[1:], TIME_ITEMS
    cases = {}
    for depth in range(1, 6):
        short = f"5-year certificates, depth {depth}"
        cases[f"{short}, all meta items"] = changed(good(depth, years=5))
        cases[f"{short}, no Timezone/UTCOffset"] = changed(good(depth, years=5), drop_parameter(*zones))
        timeless = f"no device time, depth {depth}, no CurrentTime/Timezone/UTCOffset"
        cases[timeless] = changed(good(depth), drop_parameter(*times))
    return cases


OBSERVED: dict[str, bytes] = {
    "good, chain depth 2": changed(good()),
    "good, single device certificate in Certificates": changed(good(), drop_group(CHAINS), add(CERTIFICATES, single())),
    **{f"chain depth {depth}": changed(good(depth)) for depth in (1, 3, 5, 6)},
    "DataArray empty": with_certificates(),
    **{f"without {item}": changed(good(), drop_parameter(item)) for item in (*MANDATORY, *TIME_ITEMS)},
    "without Keys": changed(good(), drop_group(KEYS)),
    "without CertificateChains": changed(good(), drop_group(CHAINS)),
    "without server CA": changed(good(), drop_group(CERTIFICATES)),
    **{
        f"SchemeVersion={version!r}": changed(good(), set_group("SchemeVersion", version))
        for version in ("0.0.2", "0.0.10", "0.0", b"0.0.1", 1)
    },
    "no SchemeVersion": changed(good(), drop_group("SchemeVersion")),
    "unknown group": changed(good(), set_group("Extras", [])),
    'group prefix "Cert"': changed(good(), rename_group(CERTIFICATES, "Cert")),
    'empty group name ""': changed(good(), rename_group(CERTIFICATES, "")),
    'lower-case group "keys"': changed(good(), rename_group(KEYS, "keys")),
    **{
        f"{group} item with extra key {field}": changed(good(), set_field(group, field, value))
        for group, field, value in (
            (CHAINS, "ACL", b"\1"),
            (CHAINS, "Type", "x"),
            (CERTIFICATES, "ACL", b"\1"),
            (KEYS, "ACL", b"\1"),
            (PARAMETERS, "ACL", b"\1"),
            (PARAMETERS, "Format", "der"),
            (CHAINS, "Data", LEAF),
            (CERTIFICATES, "DataArray", [LEAF]),
        )
    },
    **dict(joined.from_iterable(formats(group).items() for group in (CHAINS, CERTIFICATES, KEYS))),
    "PEM bytes in chain, Format der": with_certificates(pem(LEAF), ISSUER),
    "DataArray with text string": with_certificates(LEAF, "certificate"),
    "DataArray reversed": with_certificates(ISSUER, LEAF),
    "DataArray gap": with_certificates(LEAF, ROOT),
    "DataArray one empty byte string": with_certificates(b""),
    "chain Name with space": changed(good(), add(CHAINS, extra_chain("a b"))),
    "chain Name 101 chars": changed(good(), add(CHAINS, extra_chain("a" * 101))),
    "config Name 101 chars": changed(good(), add(PARAMETERS, parameter("a" * 101, 1))),
    "config Name 100 chars": changed(good(), add(PARAMETERS, parameter("a" * 100, 1))),
    "chain without Name": changed(good(), drop_field(CHAINS, "Name")),
    "key Type ECCPublic for private item": key(Type="ECCPublic"),
    "key Type RSAPrivate": key(Type="RSAPrivate"),
    "key without Type": changed(good(), drop_field(KEYS, "Type")),
    "key of other device": key(Data=key_der(77)),
    "key PKCS8 DER": key(Data=key_der(form=PrivateFormat.PKCS8)),
    "key PEM": key(Data=key_pem()),
    "same certificate name twice": changed(good(), add(CERTIFICATES, good()[CERTIFICATES][0])),
    "device cert both single and chain": changed(good(), add(CERTIFICATES, single())),
    "config item twice": changed(good(), add(PARAMETERS, parameter("mbed.SerialNumber", "000018"))),
    "UseBootstrap=0 only bootstrap items": changed(good(), set_parameter("mbed.UseBootstrap", 0)),
    "UseBootstrap=2": changed(good(), set_parameter("mbed.UseBootstrap", 2)),
    "UseBootstrap=true": changed(good(), set_parameter("mbed.UseBootstrap", True)),
    'UseBootstrap=b"\\1\\0\\0\\0"': changed(good(), set_parameter("mbed.UseBootstrap", b"\1\0\0\0")),
    'UseBootstrap="1"': changed(good(), set_parameter("mbed.UseBootstrap", "1")),
    "CurrentTime too old (1000)": changed(good(), set_parameter("mbed.CurrentTime", 1000)),
    "CurrentTime text": changed(good(), set_parameter("mbed.CurrentTime", "2026-06-01T00:00:00Z")),
    "CurrentTime negative": changed(good(), set_parameter("mbed.CurrentTime", -1)),
    "EndpointName empty": changed(good(), set_parameter("mbed.EndpointName", "")),
    "EndpointName differs": changed(good(), set_parameter("mbed.EndpointName", "acme-000018")),
    "EndpointName as byte string": changed(good(), set_parameter("mbed.EndpointName", ENDPOINT.encode())),
    "Manufacturer empty": changed(good(), set_parameter("mbed.Manufacturer", "")),
    "Verify=0, chain only": chain_only(KpAlvSess=1),
    "Verify=0, chain only, last message": chain_only(),
    "Verify=true (bool)": changed(good(), set_group("Verify", True)),
    "Verify=2": changed(good(), set_group("Verify", 2)),
    "SID text": changed(good(), set_group("SID", "7f3a")),
    "SID bytes": changed(good(), set_group("SID", b"7f3a")),
    "Disable=1": changed(good(), set_group("Disable", 1)),
    "Disable=1 with KpAlvSess=1": changed(good(), set_group("Disable", 1), set_group("KpAlvSess", 1)),
    "IsNotLastMessage (documented name)": changed(good(), set_group("IsNotLastMessage", 1)),
    "Entropy 48": changed(good(), set_group("Entropy", bytes(48))),
    "Entropy 47": changed(good(), set_group("Entropy", bytes(47))),
    "ROT 16": changed(good(), set_group("ROT", bytes(16))),
    "ROT 15": changed(good(), set_group("ROT", bytes(15))),
    "trailing byte": changed(good()) + b"\0",
    "truncated": changed(good())[:-1],
    "empty file": b"",
    "array at top": cbor2.dumps([good()]),
    "indefinite top map": raw_map(raw_pairs(good()), head=b"\xbf", end=b"\xff"),
    "13 keys": thirteen(),
    "LwM2M mode good": changed(good(mode="lwm2m")),
    "both modes' URI": changed(good(), set_parameter("mbed.LwM2MServerURI", f"coaps://example.com?aid={ACCOUNT}")),
    "both server CAs": changed(good(), add(CERTIFICATES, {"Name": "mbed.LwM2MServerCACert", "Data": lone("Other CA")})),
    "PrKN matching stored key": changed(good(), set_field(CHAINS, "PrKN", "mbed.BootstrapDevicePrivateKey")),
    "PrKN of missing key": changed(good(), set_field(CHAINS, "PrKN", "nokey")),
    "CSR request": changed(request()),
    "CSR without SID": changed(request(), drop_group("SID")),
    "CSR without Verify": changed(request(), drop_group("Verify")),
    "6 CSR requests": many_requests(6),
    "CSR MD=0": changed(request(MD=0)),
    "CSR documented PrivKeyName": changed(
        request(), drop_field("CsrReqs", "PrKN"), set_field("CsrReqs", "PrivKeyName", "mbed.BootstrapDevicePrivateKey")
    ),
    "CSR 1024-byte subject fields": changed(
        request(Subj=",".join(f"{name}={'a' * 200}" for name in ("CN", "O", "OU", "L", "ST")))
    ),
    'wrong order: prefix key name "N" for Name': changed(
        good(), drop_field(PARAMETERS, "Name", 3), set_field(PARAMETERS, "N", "mbed.Manufacturer", 3)
    ),
    "FirstToClaim=1 with aid": first_to_claim(1, account=True),
    "FirstToClaim=1 without aid": first_to_claim(1, account=False),
    "FirstToClaim=0 without aid": first_to_claim(0, account=False),
    "UpdateAuthCert single": changed(
        good(), add(CERTIFICATES, {"Name": "mbed.UpdateAuthCert", "Data": lone("Update")})
    ),
    "UpdateAuthCert chain": update_chain(),
    "server CA as chain": server_ca_as_chain(),
    "VendorId 15 bytes": changed(good(), set_parameter("mbed.VendorId", bytes(15))),
    "ConfigParams float": changed(good(), set_parameter("mbed.MemoryTotalKB", 1.5)),
    "ConfigParams item without Data": changed(good(), drop_field(PARAMETERS, "Data", 8)),
    "indefinite DataArray": indefinite_array(),
    "chunked byte string in DataArray": chunked_string(),
    "duplicate top-level key SchemeVersion": raw_map([("SchemeVersion", cbor2.dumps("0.0.1")), *raw_pairs(good())]),
    **depths(),
}

CANNOT_BE_REBUILT = {
    "second message after Disable=1": "the device refuses every message then, whatever is in it",
    "two-message session: CSR then chain w/ PrKN": "it was refused for the key that the device had made in the first"
    " message, which no bundle shows",
}
