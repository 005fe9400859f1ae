"""An uploaded chain: what the portal refuses of it, and how its certificates hang together."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from reference_ca.chain import Certificates, to_pem
from reference_ca.portal.protocol import ApiError, Document, invalid, timestamp

MOST_CERTIFICATES = 50
SMALLEST_RSA = 2048
_WEAK = (hashes.MD5, hashes.SHA1)
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----")


def read_upload(text: str, now: datetime) -> Certificates:
    """The certificates of an upload, the lowest first and each issued by the next one.

    `ApiError` 400 for what is not PEM certificates, expired, weak, of an unsupported key, or not one chain.
    """
    blocks = _BLOCK.findall(text)
    if not blocks or len(blocks) != text.count("-----BEGIN") or len(blocks) > MOST_CERTIFICATES:
        _refuse(f"is not 1 to {MOST_CERTIFICATES} certificates in PEM")
    try:
        found = [x509.load_pem_x509_certificate(block.encode()) for block in blocks]
        for certificate in found:
            _check(certificate, now)
    except (ValueError, UnsupportedAlgorithm):
        _refuse("holds a certificate that cannot be parsed")
    return _in_order(found)


def _check(certificate: x509.Certificate, now: datetime) -> None:
    """Refuse one certificate by itself: expired, weak, unsupported."""
    key, digest = certificate.public_key(), certificate.signature_hash_algorithm
    certificate.extensions  # noqa: B018 - parsed on demand: raises where it cannot be
    if certificate.not_valid_after_utc < now:
        _refuse("holds a certificate that is expired")
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, ec.SECP256R1):
            _refuse("holds a certificate whose key is on an unsupported curve")
    elif not isinstance(key, rsa.RSAPublicKey):
        _refuse("holds a certificate whose key is of an unsupported type")
    elif key.key_size < SMALLEST_RSA:
        _refuse("holds a certificate whose key is too weak")
    if digest is None or isinstance(digest, _WEAK):
        _refuse("holds a certificate whose signature is too weak or of an unsupported type")


def _in_order(found: list[x509.Certificate]) -> Certificates:
    """Order certificates from the lowest to the highest, whichever way round they were sent."""
    lowest = [one for one in found if not any(is_issued_by(other, one) for other in found if other != one)]
    if len(lowest) != 1 or len(set(found)) != len(found):
        _refuse("is not one chain")
    chain = [lowest[0]]
    while above := [one for one in found if one not in chain and is_issued_by(chain[-1], one)]:
        chain.append(above[0])
    if len(chain) != len(found):
        _refuse("is not one chain")
    return tuple(chain)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether names and signature say so."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def check_ownership(chain: Certificates, account_id: str, signature: str | None, *, enrollment: bool) -> None:
    """Refuse a chain that does not reach a root and that nothing else shows to be the account's.

    Instead of the root the deprecated signature of the account's id by the lowest certificate's key is taken, and in
    enrollment mode none is needed.
    """
    if signature is not None:
        _check_signature(chain[0], account_id, signature)
    elif not enrollment and not is_issued_by(chain[-1], chain[-1]):
        raise invalid(
            "The chain does not end in a root, and there is no signature.",
            certificate="does not hold all certificates from root to leaf",
        )


def _check_signature(certificate: x509.Certificate, account_id: str, signature: str) -> None:
    key = certificate.public_key()
    wrong = invalid("The signature is not valid.", signature="is not that of the account's id")
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise wrong
    try:
        key.verify(base64.b64decode(signature, validate=True), account_id.encode(), ec.ECDSA(hashes.SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        raise wrong from None


def describe(chain: Certificates, now: datetime) -> Document:
    """What an entry shows of its lowest certificate: one certificate, one subject, one issuer, one fingerprint."""
    lowest = chain[0]
    return {
        "certificate": lowest.public_bytes(Encoding.PEM).decode(),
        "certificate_fingerprint": fingerprint(lowest),
        "issuer": lowest.issuer.rfc4514_string(),
        "subject": lowest.subject.rfc4514_string(),
        "validity": timestamp(lowest.not_valid_after_utc),
        "valid": lowest.not_valid_before_utc <= now <= lowest.not_valid_after_utc,
    }


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 in lower-case hexadecimal, without colons."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def as_text(chain: Certificates) -> str:
    """The chain as PEM."""
    return to_pem(chain).data.decode()


def _refuse(what: str) -> NoReturn:
    raise _fault(what)


def _fault(what: str) -> ApiError:
    return invalid("Invalid certificate data.", certificate=what)
