"""Makes certificates that say what others say, under keys of one's own, for impostors and stand-ins; in memory."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fcu_conform.artefacts.encodings import der

_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_VERSION_3 = bytes.fromhex("a003020102")
_COMMON_NAME = bytes.fromhex("0603550403")
_INTEGER, _SET, _UTF8 = 0x02, 0x31, 0x0C


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key on P-256 that nobody else has."""
    return ec.generate_private_key(ec.SECP256R1())


def names(certificate: bytes) -> tuple[bytes, bytes]:
    """DER of the subject and of the issuer of a certificate.

    Raises:
        DerError: it is not DER.
    """
    fields, _ = _fields(certificate)
    return fields[4], fields[2]


def forge(certificate: bytes, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey) -> bytes:
    """The certificate with another public key in it, signed by somebody.

    Raises:
        DerError: it is not DER.
    """
    fields, version = _fields(certificate)
    return _signed(version, fields, key, signer)


def device_certificate(issuer: bytes, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey) -> bytes:
    """A plain device certificate below a CA certificate: its name but for the CN, its dates, no extensions.

    Raises:
        DerError: the issuer is not DER.
    """
    fields, _ = _fields(issuer)
    subject = fields[4]
    start, stop = der.only(subject, der.SEQUENCE, "name")
    kept = [subject[begin:end] for _, begin, _, end in der.children(subject, start, stop)]
    named = der.encode(der.SEQUENCE, _COMMON_NAME + der.encode(_UTF8, b"stand-in device"))
    rdns = [*(rdn for rdn in kept if _COMMON_NAME not in rdn), der.encode(_SET, named)]
    own = [der.encode(_INTEGER, b"\x01"), b"", subject, fields[3], der.encode(der.SEQUENCE, b"".join(rdns)), b""]
    return _signed(_VERSION_3, own, key, signer)


def _signed(
    version: bytes, fields: list[bytes], key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> bytes:
    """A certificate of these fields with a public key, and the algorithm that it is signed by, put in their places."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    whole = [fields[0], _ECDSA_WITH_SHA256, *fields[2:5], public, *fields[6:]]
    tbs = der.encode(der.SEQUENCE, version + b"".join(whole))
    signature = signer.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return der.encode(der.SEQUENCE, tbs + _ECDSA_WITH_SHA256 + der.encode(der.BIT_STRING, b"\0" + signature))


def _fields(certificate: bytes) -> tuple[list[bytes], bytes]:
    """The fields of the to-be-signed part from the serial number on, and its version field where it has one."""
    start, stop = der.expect(certificate, 0, len(certificate), der.SEQUENCE, "certificate")
    start, stop = der.expect(certificate, start, stop, der.SEQUENCE, "to-be-signed part")
    fields = [certificate[begin:end] for _, begin, _, end in der.children(certificate, start, stop)]
    version = fields.pop(0) if fields and fields[0][:1] == b"\xa0" else b""
    if len(fields) < 6:
        raise der.DerError("certificate: fields are missing")
    return fields, version
