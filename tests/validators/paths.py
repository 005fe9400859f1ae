"""Makes certification paths, good and with one odd thing each, for the tests of all validators.

Every certificate is put together with asn1crypto and signed with `cryptography`, because no builder makes most of what
is odd here. The defaults are legal: a P-256 key of the certificate's own, SHA-256, critical basicConstraints and
keyUsage on a CA, an SKI on a CA and an AKI below a root. Keys follow from their names, so two paths share keys where
they share names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from asn1crypto import algos, core, x509
from asn1crypto.keys import PublicKeyInfo
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from fcu_conform.validators.model import Question

AT = datetime(2026, 6, 1, 12, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)
_ORDERS = {
    "secp224r1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp224r1": ec.SECP224R1,
    "secp256r1": ec.SECP256R1,
    "secp256k1": ec.SECP256K1,
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
}


@dataclass(frozen=True)
class Extension:
    """An extension: its OID (dotted, or asn1crypto's word), whether it is critical, and the DER of its value."""

    oid: str
    critical: bool
    value: bytes


UNKNOWN_CRITICAL = Extension("1.3.6.1.4.1.55555.1", True, core.Null().dump())


@dataclass(frozen=True)
class Plan:
    """What a certificate is to say. `None` for `ca` leaves basicConstraints out, for `usage` keyUsage.

    Attributes:
        common_name: of the subject, where `subject` is not given.
        subject: DER of the whole name.
        issuer: DER of the issuer's name as written here; None copies the issuer's subject.
        key: the name that the key follows from; None is the common name.
        signed_by: the name that the signing key follows from; None is the issuer's key.
        curve: of the key: a name of OpenSSL's, or "rsa1024".
        ski, aki: key identifiers; None makes the SHA-1 of the key, b"" leaves the extension out.
        inner_digest: the digest that the to-be-signed part names; None is `digest`.
        version: 1 or 3.
        explicit_curve: the parameters of the curve are written out.
        compressed: the key's point is compressed.
        off_curve: the key's point is not on its curve.
        serial: 0 follows from the common name and key.
    """

    common_name: str
    ca: bool | None = True
    path_len: int | None = None
    bc_critical: bool = True
    usage: frozenset[str] | None = frozenset({"key_cert_sign", "crl_sign"})
    subject: bytes | None = None
    issuer: bytes | None = None
    key: str | None = None
    signed_by: str | None = None
    curve: str = "secp256r1"
    digest: str = "sha256"
    inner_digest: str | None = None
    not_before: datetime = AT - 100 * DAY
    not_after: datetime = AT + 1000 * DAY
    generalized_time: bool = False
    validity: bytes | None = None
    ski: bytes | None = None
    aki: bytes | None = None
    more: tuple[Extension, ...] = ()
    version: int = 3
    explicit_curve: bool = False
    compressed: bool = False
    off_curve: bool = False
    serial: int = 0

    def but(self, **changes: Any) -> Plan:
        """The same plan, with some things said differently."""
        return replace(self, **changes)


ROOT = Plan("Root", aki=b"")
INTERMEDIATE = Plan("Intermediate")
FCU = Plan("FCU")
DEVICE = Plan("0123456789", ca=None, usage=None, ski=b"")


@dataclass(frozen=True)
class Path:
    """A path, the trusted end last.

    Attributes:
        leaf: DER of the device certificate.
        above: DER of its CA certificates from its issuer to the root.
    """

    leaf: bytes
    above: tuple[bytes, ...]
    at: datetime = field(default=AT)

    def root_only(self) -> Question:
        """Mode R: only the root is trusted, the others are presented."""
        return Question(self.leaf, self.above[:-1], self.above[-1:], self.at)

    def full(self) -> Question:
        """Mode F: as R, with the root presented too."""
        return Question(self.leaf, self.above, self.above[-1:], self.at)

    def depth(self, depth: int) -> Question:
        """Mode D1, D2 …: the device presents `depth` certificates, the portal trusts the rest of the chain."""
        return Question(self.leaf, self.above[: depth - 1], self.above[depth - 1 :], self.at)

    def partial(self, depth: int) -> Question:
        """Mode P1, P2 …: as D, but only the first certificate of the upload is trusted."""
        return Question(self.leaf, self.above[: depth - 1], self.above[depth - 1 : depth], self.at)

    def with_leaf(self, leaf: bytes) -> Path:
        """The same path with another leaf."""
        return replace(self, leaf=leaf)

    def in_mode(self, mode: str) -> Question:
        """The question in a mode by its letter: R, F, D1 …, P1 …."""
        if mode == "R":
            return self.root_only()
        if mode == "F":
            return self.full()
        return (self.depth if mode[0] == "D" else self.partial)(int(mode[1:]))


def path(*plans: Plan) -> Path:
    """A path from plans, the root first and the device last; each is signed by the one before it."""
    issuer, made = plans[0], [certificate(plans[0])]
    for plan in plans[1:]:
        made.append(certificate(plan, issuer))
        issuer = plan
    return Path(made[-1], tuple(reversed(made[:-1])))


def usual(root: Plan = ROOT, intermediate: Plan = INTERMEDIATE, fcu: Plan = FCU, device: Plan = DEVICE) -> Path:
    """The usual path of root, intermediate, FCU and device, with some of them changed."""
    return path(root, intermediate, fcu, device)


def name(
    common_name: str = "", kind: type[core.Asn1Value] = x509.UTF8String, more: Sequence[tuple[str, str]] = ()
) -> bytes:
    """DER of a name: other attributes (asn1crypto's words) first, then the common name; without any it is empty."""
    pairs = [*more, *([("common_name", common_name)] if common_name else [])]
    rdns = []
    for what, text in pairs:
        kind_here = x509.PrintableString if what == "country_name" else kind
        string = x509.DirectoryString(name=_CHOICES[kind_here], value=kind_here(text))
        if what == "country_name":
            string = x509.PrintableString(text)
        rdns.append(x509.RelativeDistinguishedName([x509.NameTypeAndValue({"type": what, "value": string})]))
    return bytes(x509.Name(name="", value=x509.RDNSequence(rdns)).dump())


_CHOICES = {x509.UTF8String: "utf8_string", x509.PrintableString: "printable_string"}


@lru_cache(maxsize=512)
def certificate(plan: Plan, issuer: Plan | None = None) -> bytes:
    """DER of a certificate; without an issuer it signs itself."""
    issuer = issuer or plan
    tbs = x509.TbsCertificate(
        {
            "serial_number": plan.serial or _number(f"{plan.common_name} {plan.key} {plan.not_after}") % 2**100 + 1,
            "signature": _algorithm(issuer, plan.inner_digest or plan.digest),
            "issuer": x509.Name.load(plan.issuer if plan.issuer is not None else _subject(issuer)),
            "validity": _validity(plan),
            "subject": x509.Name.load(_subject(plan)),
            "subject_public_key_info": _public_key(plan),
        }
    )
    if plan.version == 3:
        tbs["version"] = "v3"
        extensions = _extensions(plan, issuer)
        if extensions:
            tbs["extensions"] = [
                {"extn_id": one.oid, "critical": one.critical, "extn_value": core.ParsableOctetString(one.value)}
                for one in extensions
            ]
    signature = _sign(plan.signed_by or issuer.key or issuer.common_name, issuer.curve, plan.digest, tbs.dump())
    return bytes(
        x509.Certificate(
            {
                "tbs_certificate": tbs,
                "signature_algorithm": _algorithm(issuer, plan.digest),
                "signature_value": core.OctetBitString(signature),
            }
        ).dump()
    )


def forge_anchor(anchor: bytes, key: str = "attacker") -> bytes:
    """DER of the anchor with an attacker's key in it; its name and its signature value are kept."""
    forged = x509.Certificate.load(anchor).copy()
    forged["tbs_certificate"]["subject_public_key_info"] = _public_key(Plan(key))
    return bytes(forged.dump(force=True))


def with_signature(certificate_der: bytes, signature: bytes) -> bytes:
    """DER of a certificate with another signature value."""
    changed = x509.Certificate.load(certificate_der).copy()
    changed["signature_value"] = core.OctetBitString(signature)
    return bytes(changed.dump(force=True))


def signature_of(certificate_der: bytes) -> bytes:
    """The signature value of a certificate."""
    return bytes(x509.Certificate.load(certificate_der)["signature_value"].native)


def directory_name_constraint(*permitted: bytes, critical: bool = True) -> Extension:
    """NameConstraints that permit the subtrees below some directory names."""
    subtrees = [{"base": x509.GeneralName("directory_name", x509.Name.load(one))} for one in permitted]
    return Extension("name_constraints", critical, x509.NameConstraints({"permitted_subtrees": subtrees}).dump())


def dns_constraint(domain: str) -> Extension:
    """Critical NameConstraints that permit one DNS domain."""
    subtrees = [{"base": x509.GeneralName("dns_name", domain)}]
    return Extension("name_constraints", True, x509.NameConstraints({"permitted_subtrees": subtrees}).dump())


def extended_usage(*purposes: str) -> Extension:
    """ExtendedKeyUsage with purposes in asn1crypto's words."""
    return Extension("extended_key_usage", False, x509.ExtKeyUsageSyntax(list(purposes)).dump())


def utc_validity(not_before: str, not_after: str) -> bytes:
    """DER of a validity whose two UTCTimes hold exactly these characters."""
    inner = b"".join(bytes([0x17, len(text)]) + text.encode("ascii") for text in (not_before, not_after))
    return bytes([0x30, len(inner)]) + inner


def _subject(plan: Plan) -> bytes:
    return name(plan.common_name) if plan.subject is None else plan.subject


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


@lru_cache(maxsize=512)
def private_key(key: str, curve: str = "secp256r1") -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """The private key that follows from a name; an RSA key is random, once a run."""
    if curve == "rsa1024":
        return rsa.generate_private_key(65537, 1024)
    return ec.derive_private_key(_number(key) % (_ORDERS[curve] - 1) + 1, _CURVES[curve]())


def _sign(key: str, curve: str, digest: str, data: bytes) -> bytes:
    private = private_key(key, curve)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(data, padding.PKCS1v15(), _HASHES[digest]())
    return private.sign(data, ec.ECDSA(_HASHES[digest]()))


def _algorithm(signer: Plan, digest: str) -> algos.SignedDigestAlgorithm:
    if signer.curve == "rsa1024":
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa", "parameters": core.Null()})
    return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})


def _public_key(plan: Plan) -> PublicKeyInfo:
    public = private_key(plan.key or plan.common_name, plan.curve).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    info = PublicKeyInfo.load(der)
    if plan.compressed:
        point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
        info = PublicKeyInfo.load(PublicKeyInfo({"algorithm": info["algorithm"], "public_key": _point(point)}).dump())
    if plan.off_curve:
        info = PublicKeyInfo.load(der[:-1] + bytes([der[-1] ^ 1]))
    if plan.explicit_curve:
        explicit = _sequence(bytes.fromhex("06072A8648CE3D0201") + _P256_PARAMETERS)
        info = PublicKeyInfo.load(_sequence(explicit + info["public_key"].dump()))
    return info


def _point(point: bytes) -> Any:
    from asn1crypto.keys import ECPointBitString

    return ECPointBitString(point)


def _sequence(content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes([0x30, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x30, 0x80 | len(octets)]) + octets + content


def _integer(value: int) -> bytes:
    return bytes(core.Integer(value).dump())


def _octets(value: int) -> bytes:
    return b"\x04\x20" + value.to_bytes(32, "big")


# the parameters of P-256 written out (SEC 1, C.2; the seed left out)
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_PARAMETERS = _sequence(
    _integer(1)
    + _sequence(bytes.fromhex("06072A8648CE3D0101") + _integer(_P))
    + _sequence(_octets(_P - 3) + _octets(0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B))
    + b"\x04\x41\x04"
    + bytes.fromhex("6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")
    + bytes.fromhex("4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5")
    + _integer(_ORDERS["secp256r1"])
    + _integer(1)
)


def _validity(plan: Plan) -> x509.Validity:
    if plan.validity is not None:
        return x509.Validity.load(plan.validity)
    kind, value = ("general_time", x509.GeneralizedTime) if plan.generalized_time else ("utc_time", x509.UTCTime)
    times = [x509.Time(name=kind, value=value(moment)) for moment in (plan.not_before, plan.not_after)]
    return x509.Validity({"not_before": times[0], "not_after": times[1]})


def _extensions(plan: Plan, issuer: Plan) -> list[Extension]:
    made = []
    if plan.ca is not None:
        constraints: dict[str, Any] = {"ca": plan.ca}
        if plan.path_len is not None:
            constraints["path_len_constraint"] = plan.path_len
        made.append(Extension("basic_constraints", plan.bc_critical, x509.BasicConstraints(constraints).dump()))
    if plan.usage is not None:
        made.append(Extension("key_usage", True, x509.KeyUsage(set(plan.usage)).dump()))
    ski = _public_key(plan).sha1 if plan.ski is None else plan.ski
    if ski:
        made.append(Extension("key_identifier", False, core.OctetString(ski).dump()))
    aki = (issuer.ski or _public_key(issuer).sha1) if plan.aki is None else plan.aki
    if aki:
        identifier = x509.AuthorityKeyIdentifier({"key_identifier": aki})
        made.append(Extension("authority_key_identifier", False, identifier.dump()))
    return [*made, *plan.more]
