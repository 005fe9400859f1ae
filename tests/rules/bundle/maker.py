"""Makes bundles with cbor2 and cryptography alone, so that a mistake of the reader under test cannot hide here too.

A bundle is made as a dict, changed, and encoded at the end. Keys are derived from numbers and dates are fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, TypeAlias

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

Fields: TypeAlias = dict[str, Any]

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
ENDPOINT = "acme-000017"
ACCOUNT = "0158778f9f1002420a014c1100000000"
PREFIXES = {"bootstrap": "mbed.Bootstrap", "lwm2m": "mbed.LwM2M"}
LONGEST = 6
SHA256 = hashes.SHA256()


@cache
def private_key(number: int) -> ec.EllipticCurvePrivateKey:
    """Number 0 is the device's, 1 FCU's, the next ones those of its issuers."""
    return ec.derive_private_key(0xACCE55 + 7919 * number, ec.SECP256R1())


def key_der(number: int = 0, form: PrivateFormat = PrivateFormat.TraditionalOpenSSL) -> bytes:
    return private_key(number).private_bytes(Encoding.DER, form, NoEncryption())


def key_pem(number: int = 0) -> bytes:
    return private_key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_der(number: int = 0) -> bytes:
    return private_key(number).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def name(common: str | None, unit: str | None = None) -> x509.Name:
    parts = [] if common is None else [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    parts += [] if unit is None else [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)]
    return x509.Name([*parts, x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme")])


def issue(
    subject: x509.Name,
    public: Any,
    issuer: x509.Name,
    signer: Any,
    *,
    years: int = 30,
    digest: hashes.SHA256 | hashes.SHA384 = SHA256,
) -> bytes:
    """DER of a certificate that became valid 30 days ago."""
    start = AT - timedelta(days=30)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(0x1000 + len(subject.rfc4514_string()))
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * years))
    )
    return builder.sign(signer, digest).public_bytes(Encoding.DER)


def chain(years: int = 30) -> tuple[bytes, ...]:
    """Six certificates, the device's first and a root last; the same bytes each time."""
    return _chain(years)


@cache
def _chain(years: int) -> tuple[bytes, ...]:
    names = [name(ENDPOINT, ACCOUNT), name("FCU line 1"), *(name(f"Acme CA {n}") for n in range(2, LONGEST))]
    made = []
    for number, subject in enumerate(names):
        above = min(number + 1, LONGEST - 1)
        public = private_key(number).public_key()
        made.append(issue(subject, public, names[above], private_key(above), years=years))
    return tuple(made)


@cache
def lone(common: str, *, sha384: bool = False) -> bytes:
    """A self-signed certificate, for a server or an update authority."""
    key = private_key(40)
    return issue(name(common), key.public_key(), name(common), key, digest=hashes.SHA384() if sha384 else SHA256)


@cache
def rsa_certificate() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    return issue(name("RSA server"), key.public_key(), name("RSA server"), key)


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def parameter(item_name: str, data: Any) -> Fields:
    return {"Name": item_name, "Data": data}


def good(depth: int = 2, mode: str = "bootstrap", years: int = 30) -> Fields:
    """A bundle that a device takes without an error."""
    prefix = PREFIXES[mode]
    return {
        "SchemeVersion": "0.0.1",
        "Keys": [
            {"Name": f"{prefix}DevicePrivateKey", "Type": "ECCPrivate", "Format": "der", "Data": key_der()},
        ],
        "Certificates": [{"Name": f"{prefix}ServerCACert", "Format": "der", "Data": lone("Server CA")}],
        "CertificateChains": [
            {"Name": f"{prefix}DeviceCert", "Format": "der", "DataArray": list(chain(years)[:depth])},
        ],
        "ConfigParams": [
            parameter("mbed.UseBootstrap", int(mode == "bootstrap")),
            parameter("mbed.EndpointName", ENDPOINT),
            parameter(f"{prefix}ServerURI", f"coaps://{mode}.example.com:5684?aid={ACCOUNT}"),
            parameter("mbed.Manufacturer", "Acme"),
            parameter("mbed.ModelNumber", "M1"),
            parameter("mbed.DeviceType", "sensor"),
            parameter("mbed.HardwareVersion", "1.0"),
            parameter("mbed.MemoryTotalKB", 1024),
            parameter("mbed.SerialNumber", "000017"),
            parameter("mbed.CurrentTime", int(AT.timestamp())),
            parameter("mbed.Timezone", "UTC"),
            parameter("mbed.UTCOffset", "+00:00"),
        ],
    }


def request(**fields: Any) -> Fields:
    """A message that asks the device to make its key and a certificate request."""
    asked = {"PrKN": "mbed.BootstrapDevicePrivateKey", "Subj": f"CN={ENDPOINT}", "MD": 1, **fields}
    return {"SchemeVersion": "0.0.1", "SID": "7f3a", "Verify": 0, "KpAlvSess": 1, "CsrReqs": [asked]}


def changed(bundle: Fields, *edits: Callable[[Fields], object]) -> bytes:
    """The bundle after some edits, encoded."""
    for edit in edits:
        edit(bundle)
    return cbor2.dumps(bundle)


def set_group(group: str, value: Any) -> Callable[[Fields], object]:
    return lambda bundle: bundle.update({group: value})


def drop_group(group: str) -> Callable[[Fields], object]:
    return lambda bundle: bundle.pop(group)


def rename_group(old: str, new: str) -> Callable[[Fields], object]:
    def edit(bundle: Fields) -> None:
        pairs = [(new if group == old else group, value) for group, value in bundle.items()]
        bundle.clear()
        bundle.update(pairs)

    return edit


def set_field(group: str, field: str, value: Any, index: int = 0) -> Callable[[Fields], object]:
    return lambda bundle: bundle[group][index].update({field: value})


def drop_field(group: str, field: str, index: int = 0) -> Callable[[Fields], object]:
    return lambda bundle: bundle[group][index].pop(field)


def add(group: str, *items: Fields) -> Callable[[Fields], object]:
    return lambda bundle: bundle.setdefault(group, []).extend(items)


def set_parameter(item_name: str, data: Any) -> Callable[[Fields], object]:
    def edit(bundle: Fields) -> None:
        drop_parameter(item_name)(bundle)
        bundle["ConfigParams"].append(parameter(item_name, data))

    return edit


def drop_parameter(*names: str) -> Callable[[Fields], object]:
    def edit(bundle: Fields) -> None:
        bundle["ConfigParams"] = [item for item in bundle["ConfigParams"] if item["Name"] not in names]

    return edit


def in_order(*groups: str) -> Callable[[Fields], object]:
    def edit(bundle: Fields) -> None:
        pairs = [(group, bundle[group]) for group in groups]
        bundle.clear()
        bundle.update(pairs)

    return edit


def raw_map(pairs: list[tuple[Any, bytes]], *, head: bytes | None = None, end: bytes = b"") -> bytes:
    """A map whose keys are encoded one by one and whose values are encodings already: twice, indefinite, anything."""
    body = b"".join(cbor2.dumps(key) + value for key, value in pairs)
    return (bytes((0xA0 + len(pairs),)) if head is None else head) + body + end


def raw_pairs(bundle: Fields) -> list[tuple[Any, bytes]]:
    """The groups of a bundle as `raw_map` takes them."""
    return [(group, cbor2.dumps(value)) for group, value in bundle.items()]
