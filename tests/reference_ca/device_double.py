"""A small stand-in for the device's own bundle handler: stricter than the device where the device is lax.

It takes messages, keeps what they store, makes a key and a CSR when asked to, and answers as the device does: an
indefinite-length map. What the real code refuses raises `Refusal` with the device's number (fcc_status_e).
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GROUPS = {
    "SchemeVersion", "Keys", "Certificates", "CertificateChains", "ConfigParams", "CsrReqs",
    "Entropy", "ROT", "Verify", "Disable", "KpAlvSess", "SID",
}  # fmt: skip
METADATA = ("Manufacturer", "ModelNumber", "DeviceType", "HardwareVersion", "MemoryTotalKB", "SerialNumber")
OPTIONAL = ("CurrentTime", "Timezone", "UTCOffset", "UpdateAuthCert", "ClassId", "VendorId")
NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
TEN_YEARS = 315360000
RESPONSE_BUFFER = 512


class Refusal(Exception):
    """The device turns a message down."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


def demand(condition: bool, status: int, text: str) -> None:
    if not condition:
        raise Refusal(status, text)


def definite_end(data: bytes, at: int = 0) -> int:
    """The position behind the CBOR item at `at`; indefinite lengths, tags and simple values are refused (20)."""
    major, short = data[at] >> 5, data[at] & 31
    demand(short < 28 and major < 6, 20, f"head {data[at]:#x} at {at}")
    size = (0, 1, 2, 4, 8)[max(0, short - 23)]
    value = int.from_bytes(data[at + 1 : at + 1 + size], "big") if size else short
    at += 1 + size
    if major in (2, 3):
        at += value
    for _ in range({4: value, 5: 2 * value}.get(major, 0)):
        at = definite_end(data, at)
    demand(at <= len(data), 20, "truncated")
    return at


def with_null_parameters(request: x509.CertificateSigningRequest) -> bytes:
    """The request in DER as the device's library writes it: NULL behind ecdsa-with-SHA256, outside the signed part."""
    plain, with_null = bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300c06082a8648ce3d0403020500")
    signed, _, signature = request.public_bytes(Encoding.DER).rpartition(plain)
    content = request.tbs_certrequest_bytes + with_null + signature
    assert signed.endswith(request.tbs_certrequest_bytes)
    assert len(content) < 1 << 16
    return (
        b"\x30\x82" + len(content).to_bytes(2, "big") + content
        if len(content) > 255
        else (b"\x30\x81" + bytes([len(content)]) + content)
    )


class Device:
    """One device, fresh from the line. `now` stays None until a message sets the clock."""

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}
        self.keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.certificates: dict[str, list[x509.Certificate]] = {}
        self.warnings: list[str] = []
        self.now: float | None = None

    def receive(self, message: bytes) -> bytes:
        """Process one message; the answer, or `Refusal`."""
        demand(definite_end(message) == len(message), 20, "trailing bytes")
        groups = cbor2.loads(message)
        demand(isinstance(groups, dict) and len(groups) <= 12, 20, "top map")
        demand(set(groups) <= GROUPS, 23, "unknown group")
        demand(groups.get("SchemeVersion") == "0.0.1", 24, "scheme")
        flags = {name: groups.get(name, default) for name, default in (("Verify", 1), ("Disable", 0), ("KpAlvSess", 0))}
        demand(all(type(flag) is int and flag in (0, 1) for flag in flags.values()), 20, "flags")
        for name, length in (("Entropy", 48), ("ROT", 16)):
            value = groups.get(name)
            demand(value is None or (type(value) is bytes and len(value) == length), 3, name)
            self.store(name, value) if value else None
        answer: list[tuple[str, Any]] = []
        for name in groups:  # in map order, as the device goes
            if name in ("Keys", "Certificates", "CertificateChains", "ConfigParams"):
                for item in groups[name]:
                    getattr(self, f"take_{name.lower()}")(item)
        if groups.get("CsrReqs"):
            demand(type(groups.get("SID")) is str, 20, "CSR without SID")
            demand(not flags["Verify"] and not flags["Disable"], 20, "CSR with verification")
            demand(len(groups["CsrReqs"]) <= 5, 36, "CSR requests")
            answer.append(("Csrs", [self.make_request(item) for item in groups["CsrReqs"]]))
        if not flags["KpAlvSess"]:
            demand("mbed.UseBootstrap" in self.items, 25, "mbed.UseBootstrap")
        if flags["Verify"]:
            self.verify()
        answer += [("SchemeVersion", "0.0.1")] + ([("SID", groups["SID"])] if "SID" in groups else [])
        answer += [("ReturnStatus", 0), ("InfoMessage", "The Factory process succeeded\n")]
        if self.warnings:
            answer.append(("WarningInfo", "".join(f"{warning}\n" for warning in self.warnings)))
        encoded = b"\xbf" + b"".join(cbor2.dumps(name) + cbor2.dumps(value) for name, value in answer) + b"\xff"
        demand(bool(groups.get("CsrReqs")) or len(encoded) <= RESPONSE_BUFFER, 21, "the response does not fit")
        return encoded

    def store(self, name: str, value: Any) -> None:
        demand(bool(NAME.fullmatch(name)), 15, f"name {name!r}")
        demand(name not in self.items, 17, f"Data already exists:{name}")
        self.items[name] = value

    def take_keys(self, item: dict[str, Any]) -> None:
        demand(set(item) == {"Name", "Type", "Format", "Data"}, 37, f"key fields {sorted(item)}")
        demand(item["Type"] == "ECCPrivate" and item["Format"] == "der", 37, "key type")
        key = load_der_private_key(item["Data"], None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        demand(isinstance(key.curve, ec.SECP256R1), 18, "curve")
        self.store(item["Name"], item["Data"])
        self.keys[item["Name"]] = key

    def take_certificates(self, item: dict[str, Any]) -> None:
        demand(set(item) - {"PrKN"} == {"Name", "Format", "Data"}, 37, f"certificate fields {sorted(item)}")
        self.take_chain(item, [item["Data"]])

    def take_certificatechains(self, item: dict[str, Any]) -> None:
        demand(set(item) - {"PrKN"} == {"Name", "Format", "DataArray"}, 37, f"chain fields {sorted(item)}")
        demand(1 <= len(item["DataArray"]) <= 5, 20, "chain length")
        self.take_chain(item, item["DataArray"])

    def take_chain(self, item: dict[str, Any], ders: list[bytes]) -> None:
        demand(item["Format"] == "der", 37, "format")
        chain = [x509.load_der_x509_certificate(der) for der in ders]
        for certificate, issuer in pairwise(chain):
            certificate.verify_directly_issued_by(issuer)
        if "PrKN" in item:
            demand(item["PrKN"] in self.keys, 34, "PrKN of a missing key")
            own = self.keys[item["PrKN"]].public_key()
            demand(chain[0].public_key() == own, 34, "certificate of another key")
        self.store(item["Name"], ders)
        self.certificates[item["Name"]] = chain

    def take_configparams(self, item: dict[str, Any]) -> None:
        demand(set(item) == {"Name", "Data"}, 37, f"parameter fields {sorted(item)}")
        name, value = item["Name"], item["Data"]
        demand(type(value) in (int, str, bytes), 20, f"{name}: {type(value)}")
        if name == "mbed.CurrentTime":
            demand(type(value) is int and value >= 1483264800, 1, "time")
            self.now = value
        self.store(name, value)

    def make_request(self, item: dict[str, Any]) -> dict[str, Any]:
        demand({"PrKN", "Subj", "MD"} <= set(item) <= {"PrKN", "Subj", "MD", "Ext", "SM"}, 37, "request fields")
        demand(item["MD"] == 1, 20, "MD")
        key = ec.generate_private_key(ec.SECP256R1())
        self.store(item["PrKN"], "made on the device")
        self.keys[item["PrKN"]] = key
        oids = {"CN": NameOID.COMMON_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}
        parts = [part.replace("\\,", ",").split("=", 1) for part in re.split(r"(?<!\\),", item["Subj"])]
        subject = x509.Name([x509.NameAttribute(oids[key_], value) for key_, value in parts])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        return {"PrKN": item["PrKN"], "Data": with_null_parameters(request)}

    def verify(self) -> None:
        """fcc_verify_device_configured_4mbed_cloud, in its order; the first error stops."""
        self.warnings += [f"Item not set:mbed.{item}" for item in OPTIONAL if f"mbed.{item}" not in self.items]
        offset = self.items.get("mbed.UTCOffset")
        demand(offset is None or bool(re.fullmatch(r"[+-]\d\d:\d\d", offset)), 33, "UTCOffset")
        mode = self.items["mbed.UseBootstrap"]
        demand(type(mode) is int and mode in (0, 1), 30, "UseBootstrap")
        name = self.items.get("mbed.EndpointName")
        demand(name is not None, 25, "EndpointName")
        demand(bool(name), 26, "EndpointName")
        for part in METADATA:
            demand(f"mbed.{part}" in self.items, 25, part)
        demand(type(self.items["mbed.MemoryTotalKB"]) is int, 27, "MemoryTotalKB")
        prefix, other = ("mbed.Bootstrap", "mbed.LwM2M") if mode else ("mbed.LwM2M", "mbed.Bootstrap")
        self.warnings += [] if mode else ["Bootstrap mode not activated:mbed.UseBootstrap"]
        self.warnings += [f"Item redundant:{item}" for item in self.items if item.startswith(other)]
        for part in ("ServerCACert", "ServerURI", "DevicePrivateKey", "DeviceCert"):
            demand(f"{prefix}{part}" in self.items, 25, f"{prefix}{part}")
        self.verify_uri(self.items[f"{prefix}ServerURI"], bool(mode))
        self.verify_certificate(prefix, name, bool(mode))
        for item in ("mbed.ClassId", "mbed.VendorId"):
            demand(len(self.items.get(item, bytes(16))) == 16, 27, item)

    def verify_uri(self, uri: str, bootstrap: bool) -> None:
        demand(uri.startswith(("coap://", "coaps://")), 28, "scheme")
        account = "?aid=" in uri or "&aid=" in uri
        if self.items.get("mbed.FirstToClaim") == 1:
            demand(bootstrap and not account, 29, "first to claim")
        else:
            demand(account, 28, "no aid")

    def verify_certificate(self, prefix: str, endpoint_name: str, bootstrap: bool) -> None:
        name = f"{prefix}DeviceCert"
        chain = self.certificates[name]
        leaf = chain[0]
        demand(self.keys[f"{prefix}DevicePrivateKey"].public_key() == leaf.public_key(), 34, "key of another device")
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        demand(ExtendedKeyUsageOID.CLIENT_AUTH in usages, 10, "EKU")
        demand(attributes(leaf, NameOID.COMMON_NAME) == [endpoint_name], 14, "CN")
        if not bootstrap:
            units = attributes(leaf, NameOID.ORGANIZATIONAL_UNIT_NAME)
            demand(self.items[f"{prefix}ServerURI"].split("aid=")[1] == "".join(units), 14, "OU")
        self.warnings += [f"Certificate is self signed:{name}"] if leaf.subject == leaf.issuer else []
        for certificate in chain:
            demand(len(certificate.public_bytes(Encoding.DER)) <= 1024, 0, "a certificate that cannot be read for TLS")
            if self.now is None:
                self.warnings.append(f"Certificate validity cannot be checked:{name}")
                continue
            now = datetime.fromtimestamp(self.now, timezone.utc)
            demand(now <= certificate.not_valid_after_utc, 13, "expired")
            if (certificate.not_valid_after_utc - now).total_seconds() < TEN_YEARS:
                self.warnings.append(f"Certificate validity is less than 10 years:{name}")
            if now.timestamp() + 60 < certificate.not_valid_before_utc.timestamp():
                self.warnings.append(f"Certificate validity cannot be checked:{name}")


def attributes(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[Any]:
    return [attribute.value for attribute in certificate.subject.get_attributes_for_oid(oid)]
