"""PKCS#10 requests: making FCU's, and reading one only as far as it can be trusted."""

from __future__ import annotations

import base64
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from reference_ca.errors import RequestError
from reference_ca.files import Blob
from reference_ca.key_source import deterministic
from reference_ca.profiles import CaProfile

_PEM = re.compile(
    rb"-----BEGIN (?P<label>(?:NEW )?CERTIFICATE REQUEST)-----(?P<text>[A-Za-z0-9+/=\s]*)-----END (?P=label)-----"
)
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_WITH_NULL = bytes.fromhex("300c06082a8648ce3d0403020500")
"""The algorithm as Mbed TLS before 2.28.5 writes it into a request, outside the signed part."""


def make_request(key: ec.EllipticCurvePrivateKey, subject: x509.Name) -> Blob:
    """A PEM request for a CA certificate with FCU's extensions asked for, signed with ecdsa-with-SHA256."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension, critical in CaProfile().extensions():
        builder = builder.add_extension(extension, critical)
    request = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic())
    return Blob(request.public_bytes(Encoding.PEM))


def read_request(data: bytes, where: object = "") -> tuple[x509.Name, ec.EllipticCurvePublicKey]:
    """Subject and public key of a request in PEM or DER, once its self-signature has proved the key's
    possession. A device's own request may have NULL parameters behind ecdsa-with-SHA256, which RFC 5758
    forbids.

    `RequestError` where it is not a PKCS#10 request, its signature fails, its key is not on P-256 or its subject
    is empty.
    """
    try:
        request = x509.load_der_x509_csr(_without_null(_der(data)))
        key, genuine, subject = request.public_key(), request.is_signature_valid, request.subject
    except (ValueError, TypeError, InvalidSignature, x509.InvalidVersion):
        raise RequestError(
            "not a PKCS#10 certificate request", where, "provide the request as FCU or the device made it"
        ) from None
    except Exception as error:  # UnsupportedAlgorithm and its like: the key or the digest is none that the CA signs
        raise RequestError("the request uses an unsupported algorithm", where, "use P-256 and SHA-256") from error
    if not genuine:
        raise RequestError("the request's own signature does not verify", where, "make the request again")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestError("the request's key is not on P-256", where, "make the request for a P-256 key")
    if not list(subject):
        raise RequestError(
            "the request's subject is empty",
            where,
            "fill in certificate-authority in fcu.yml and set up again",
        )
    return subject, key


def _der(data: bytes) -> bytes:
    """The request's DER, from PEM where it is that. ValueError where the PEM holds none."""
    if not data.lstrip().startswith(b"-----BEGIN"):
        return data
    block = _PEM.search(data)
    if block is None:
        raise ValueError("no certificate request")
    return base64.b64decode(b"".join(block["text"].split()), validate=True)


def _without_null(der: bytes) -> bytes:
    """The request without the parameters of its signature algorithm, where they are NULL; else as it is."""
    start, end = _content(der, 0)
    _, signed = _content(der, start)
    if end != len(der) or der[signed : signed + len(_WITH_NULL)] != _WITH_NULL:
        return der
    content = der[start:signed] + _ECDSA_SHA256 + der[signed + len(_WITH_NULL) :]
    length = len(content).to_bytes(3, "big").lstrip(b"\0")
    head = bytes([0x80 | len(length)]) + length if len(content) > 0x7F else length
    return b"\x30" + head + content


def _content(der: bytes, position: int) -> tuple[int, int]:
    """Where the content of the DER element at a position begins and ends. ValueError where there is none."""
    if position + 1 >= len(der):
        raise ValueError("cut short")
    length, start = der[position + 1], position + 2
    if length > 0x80:
        count = length - 0x80
        length, start = int.from_bytes(der[start : start + count], "big"), start + count
    return start, start + length
