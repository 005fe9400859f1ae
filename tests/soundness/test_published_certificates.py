"""The certificates of PyPI's cryptography-vectors: this reader and `cryptography` see the same fields."""

from __future__ import annotations

import base64
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.artefacts.encodings.der import BIT_STRING, DerError
from fcu_conform.artefacts.encodings.names import Name

BLOCK = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----\r?\n(.*?)-----END (?:X509 )?CERTIFICATE-----", re.DOTALL)

#: PKITS breaks these signatures so that the BIT STRING ends within an octet, which no ECDSA signature does.
BROKEN_SIGNATURES = {"PKITS_data/certs/BadSignedCACert.crt 1", "PKITS_data/certs/InvalidDSASignatureTest6EE.crt 1"}
#: The OID prime-field, with which the parameters of a spelled-out curve begin.
EXPLICIT_CURVE = bytes.fromhex("06072a8648ce3d0101")
RSA_PSS = "1.2.840.113549.1.1.10"


def certificates() -> dict[str, bytes]:
    """The DER of every certificate, by file and number."""
    vectors = pytest.importorskip("cryptography_vectors", reason="cryptography-vectors is not installed")
    folder = Path(vectors.__file__).parent / "x509"
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".pem", ".der", ".crt", ".cer"):
            continue
        data = path.read_bytes()
        bodies = [body for body in BLOCK.findall(data) if b":" not in body]
        ders = [base64.b64decode(body) for body in bodies] if b"-----BEGIN" in data else [data]
        found |= {f"{path.relative_to(folder).as_posix()} {n}": der for n, der in enumerate(ders, 1)}
    return found


def by_cryptography(der: bytes) -> dict[str, Any] | None:
    """The fields as `cryptography` reads them; None where it refuses the certificate or a part of it."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return {
            "version": {x509.Version.v1: 1, x509.Version.v3: 3}[certificate.version],
            "serial": certificate.serial_number,
            "not before": certificate.not_valid_before_utc,
            "not after": certificate.not_valid_after_utc,
            "signature": certificate.signature,
            "algorithm": certificate.signature_algorithm_oid.dotted_string,
            "kind of key": certificate.public_key_algorithm_oid.dotted_string,
            "key": written(certificate),
            "subject": attributes_of(certificate.subject),
            "issuer": attributes_of(certificate.issuer),
            "extensions": [(each.oid.dotted_string, each.critical) for each in certificate.extensions],
        }
    except Exception:  # it has exceptions of a dozen kinds
        return None


def written(certificate: x509.Certificate) -> bytes:
    """The SubjectPublicKeyInfo; of the kinds that `cryptography` writes in another form than it read, nothing."""
    key = certificate.public_key()
    if (
        certificate.public_key_algorithm_oid.dotted_string == RSA_PSS
        or EXPLICIT_CURVE in certificate.tbs_certificate_bytes
    ):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def attributes_of(name: x509.Name) -> list[list[tuple[str, str | bytes]]]:
    return [sorted((each.oid.dotted_string, each.value) for each in rdn) for rdn in name.rdns]


def attributes_here(name: Name) -> list[list[tuple[str, str | bytes]]]:
    return [
        sorted((each.oid, each.value if each.tag == BIT_STRING else each.text) for each in rdn) for rdn in name.rdns
    ]


def read_here(der: bytes) -> dict[str, Any] | None:
    """The fields as this reader has them; None where it refuses the certificate."""
    try:
        certificate = Certificate(der)
    except DerError:
        return None
    key = certificate.public_key
    return {
        "version": certificate.version,
        "serial": certificate.serial,
        "not before": certificate.not_before.instant,
        "not after": certificate.not_after.instant,
        "signature": certificate.signature,
        "algorithm": certificate.outer_algorithm.oid,
        "kind of key": key.algorithm,
        "key": b"" if key.algorithm == RSA_PSS or key.has_explicit_curve else key.der,
        "subject": attributes_here(certificate.subject),
        "issuer": attributes_here(certificate.issuer),
        "extensions": [(each.oid, each.critical) for each in certificate.extensions],
    }


def test_both_readers_see_the_same_fields() -> None:
    different, compared = [], 0
    found = certificates()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, der in found.items():
            theirs, ours = by_cryptography(der), read_here(der)
            if theirs is None or name in BROKEN_SIGNATURES:
                continue
            compared += 1
            if ours is None:
                different.append(f"{name}: refused")
                continue
            different += [f"{name}: {what}" for what in theirs if ours[what] != theirs[what]]
    assert not different, "\n".join(different)
    assert compared >= 0.8 * len(found) >= 400


def test_pkits_signatures_that_end_within_an_octet_are_refused_for_that_reason() -> None:
    found = certificates()
    for name in BROKEN_SIGNATURES:
        with pytest.raises(DerError, match="malformed signature value"):
            Certificate(found[name])
