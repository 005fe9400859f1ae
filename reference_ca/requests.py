"""PKCS#10 requests: making FCU's, and reading one only as far as it can be trusted."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from reference_ca.errors import RequestError
from reference_ca.files import Blob
from reference_ca.profiles import CaProfile
from reference_ca.randomness import deterministic


def make_request(key: ec.EllipticCurvePrivateKey, subject: x509.Name) -> Blob:
    """A PEM request for a CA certificate with FCU's extensions asked for, signed with ecdsa-with-SHA256."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension, critical in CaProfile().extensions():
        builder = builder.add_extension(extension, critical)
    request = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic())
    return Blob(request.public_bytes(Encoding.PEM))


def read_request(data: bytes, where: object = "") -> tuple[x509.Name, ec.EllipticCurvePublicKey]:
    """Subject and public key of a request in PEM or DER, once its self-signature has proved the key's
    possession.

    `RequestError` where it is no PKCS#10 request, its signature fails, its key is not on P-256 or its subject
    is empty.
    """
    try:
        pem = data.lstrip().startswith(b"-----BEGIN")
        request = x509.load_pem_x509_csr(data) if pem else x509.load_der_x509_csr(data)
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
