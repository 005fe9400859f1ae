"""Defects of files that hold another object than they should, or the right one in another encoding."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from textwrap import wrap

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from reference_ca.defects import asn1
from reference_ca.defects.certificates import Certificate
from reference_ca.defects.files import pem_block
from reference_ca.defects.in_requests import CSR, REQUESTED
from reference_ca.defects.in_uploads import CUT, PEM, UPLOAD
from reference_ca.defects.model import ExpectedFinding, Needs, defect
from reference_ca.defects.plan import (
    CERTIFICATE_FILE,
    KEY_FILE,
    REQUEST_FILE,
    UPLOAD_FILE,
    FactorySetup,
    Piece,
    SetupParameters,
    pem,
    private_key_der,
    private_key_pem,
)

CRT, KEY = "fcu.crt", "fcu_private_key.pem"
UPLOADED = SetupParameters(upload=True)
PARAMETERS = pem_block("EC PARAMETERS", asn1.oid("1.2.840.10045.3.1.7"))


def _base64(der: bytes) -> bytes:
    """As the body of a PEM block, without its markers."""
    return "\n".join([*wrap(b64encode(der).decode(), 64), ""]).encode()


def _pkcs7(pieces: list[Piece], encoding: Encoding) -> bytes:
    ders = [piece.der for piece in pieces if isinstance(piece, Certificate)]
    return pkcs7.serialize_certificates([x509.load_der_x509_certificate(der) for der in ders], encoding)


def _put(s: FactorySetup, path: str, data: bytes) -> None:
    s.edit_file(path, lambda _: data)


def jwk(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A key on P-256 as a JSON Web Key (RFC 7517, RFC 7518 6.2)."""
    numbers = key.private_numbers()
    public = numbers.public_numbers
    members = {"kty": "EC", "crv": "P-256"}
    for name, number in (("d", numbers.private_value), ("x", public.x), ("y", public.y)):
        members[name] = urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")
    return json.dumps(members).encode()


@defect(ExpectedFinding("KEY002", KEY))
def curve_parameters_instead_of_key(s: FactorySetup) -> None:
    """The key file holds what openssl ecparam writes without -genkey: the name of the curve."""
    _put(s, KEY_FILE, PARAMETERS)


@defect(ExpectedFinding("KEY002", KEY), needs=REQUESTED)
def request_instead_of_key(s: FactorySetup) -> None:
    """The key file was overwritten with the request."""
    s.edit_file(KEY_FILE, lambda _: pem_block("CERTIFICATE REQUEST", s.request.der if s.request else b""))


@defect(ExpectedFinding("KEY002", KEY), baseline="key-after-ec-parameters")
def key_after_parameters_without_end(s: FactorySetup) -> None:
    """The END line of the EC PARAMETERS block before the key is missing, so OpenSSL does not get to the key."""
    s.edit_file(KEY_FILE, lambda data: PARAMETERS.partition(b"-----END")[0] + data)


@defect(ExpectedFinding("KEY002", KEY))
def key_is_jwk(s: FactorySetup) -> None:
    """The key is a JSON Web Key."""
    assert isinstance(s.key, ec.EllipticCurvePrivateKey)
    _put(s, KEY_FILE, jwk(s.key))


@defect(ExpectedFinding("KEY002", KEY))
def key_without_markers(s: FactorySetup) -> None:
    """The BEGIN and END lines of the key are missing."""
    s.edit_file(KEY_FILE, lambda _: _base64(private_key_der(s.key)))


@defect(ExpectedFinding("CRT002", CRT))
def fcu_crt_is_pkcs7(s: FactorySetup) -> None:
    """The CA returned the chain as PKCS#7 (.p7b), in DER."""
    s.edit_file(CERTIFICATE_FILE, lambda _: _pkcs7(s.crt, Encoding.DER))


@defect(ExpectedFinding("CRT002", CRT))
def fcu_crt_without_markers(s: FactorySetup) -> None:
    """The BEGIN and END lines of the FCU certificate are missing, and the rest of the chain with them."""
    s.edit_file(CERTIFICATE_FILE, lambda _: _base64(s.chain[0].der))


@defect(ExpectedFinding("CRT002", CRT), needs=Needs(length=2))
def fcu_crt_turns_to_utf16(s: FactorySetup) -> None:
    """The chain was appended to the FCU certificate by a shell that writes UTF-16."""
    s.edit_file(CERTIFICATE_FILE, lambda _: pem(s.crt[:1]) + pem(s.crt[1:]).decode().encode("utf-16-le"))


@defect(ExpectedFinding("CRT002", CRT, 1), needs=REQUESTED)
def request_labelled_certificate(s: FactorySetup) -> None:
    """The request stands in place of the FCU certificate, under the label CERTIFICATE."""
    assert s.request is not None
    s.crt[0] = pem_block("CERTIFICATE", s.request.der)


@defect(ExpectedFinding("CHN001", CRT), needs=REQUESTED)
def request_instead_of_chain(s: FactorySetup) -> None:
    """fcu.crt holds the request, and not what the CA made from it."""
    assert s.request is not None
    s.crt[:] = [pem_block("CERTIFICATE REQUEST", s.request.der)]


@defect(ExpectedFinding("CHN001", CRT))
def block_without_end(s: FactorySetup) -> None:
    """A block that does not end stands before the FCU certificate."""
    s.crt.insert(0, b"-----BEGIN X-----\n")


@defect(ExpectedFinding("CHN001", CRT))
def chain_in_pkcs7_block(s: FactorySetup) -> None:
    """fcu.crt is one PKCS7 block, as openssl crl2pkcs7 writes it."""
    s.edit_file(CERTIFICATE_FILE, lambda _: _pkcs7(s.crt, Encoding.PEM))


@defect(ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def certificate_labelled_request(s: FactorySetup) -> None:
    """The FCU certificate stands in fcu_csr.pem, under the label CERTIFICATE REQUEST."""
    s.edit_file(REQUEST_FILE, lambda _: pem_block("CERTIFICATE REQUEST", s.chain[0].der))


@defect(ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def request_without_markers(s: FactorySetup) -> None:
    """The BEGIN and END lines of the request are missing."""
    s.edit_file(REQUEST_FILE, lambda _: _base64(s.request.der if s.request else b""))


@defect(ExpectedFinding("KEY008", CSR), ExpectedFinding("CSR002", CSR), needs=REQUESTED)
def key_instead_of_request(s: FactorySetup) -> None:
    """fcu_csr.pem, the file that leaves the factory to be signed, was overwritten with the private key."""
    s.edit_file(REQUEST_FILE, lambda _: private_key_pem(s.key))


@defect(ExpectedFinding("UPL001", PEM), needs=UPLOAD, parameters=UPLOADED)
def upload_is_pkcs7(s: FactorySetup) -> None:
    """The upload is PKCS#7 (.p7b), in DER."""
    rest: list[Piece] = list(s.chain[s.depth - 1 :])
    s.edit_file(UPLOAD_FILE, lambda _: _pkcs7(rest, Encoding.DER))


@defect(ExpectedFinding("UPL001", PEM), needs=CUT, parameters=UPLOADED)
def uploaded_under_old_block_name(s: FactorySetup) -> None:
    """The first certificate of the upload stands under the old label X509 CERTIFICATE."""
    s.upload = [pem_block("X509 CERTIFICATE", s.chain[s.depth - 1].der), *s.chain[s.depth :]]


@defect(ExpectedFinding("UPL001", PEM), needs=UPLOAD, parameters=UPLOADED)
def key_instead_of_upload(s: FactorySetup) -> None:
    """The private key was taken for the upload."""
    s.edit_file(UPLOAD_FILE, lambda _: private_key_pem(s.key))


@defect(ExpectedFinding("KEY014", KEY, level="warning"), baseline="key-in-sec1-form")
def key_without_public_half(s: FactorySetup) -> None:
    """The key is an ECPrivateKey without its optional public key, as keytool and openssl ec -no_public write it."""
    assert isinstance(s.key, ec.EllipticCurvePrivateKey)
    scalar = s.key.private_numbers().private_value.to_bytes(32, "big")
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.2.840.10045.3.1.7"))
    inner = asn1.sequence(asn1.integer(1), asn1.element(4, scalar))
    _put(s, KEY_FILE, pem_block("PRIVATE KEY", asn1.sequence(asn1.integer(0), algorithm, asn1.element(4, inner))))
