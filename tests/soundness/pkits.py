"""NIST's PKITS, sections 4.6 and 4.13, with P-256: the same names and constraints, keys and signatures made anew.

The certificates of cryptography-vectors have RSA keys, which no FCU has. Of each path the names and the extensions that
these sections are about are kept; what they say of policies and revocation is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1  # type: ignore[import-untyped]
from cryptography import x509
from independent_corpus import der
from independent_corpus.keys import key
from independent_corpus.maker import Cert

KEPT = {
    "2.5.29.15": "keyUsage",
    "2.5.29.17": "subjectAltName",
    "2.5.29.19": "basicConstraints",
    "2.5.29.30": "nameConstraints",
}
SECTIONS = {"cAFalse": "4.6", "basicConstraints": "4.6", "pathLenConstraint": "4.6", "nameConstraints": "4.13"}
_TEST = re.compile(
    r"(Valid|Invalid)(\w*?)(basicConstraints\w*?|cAFalse|pathLenConstraint|nameConstraints)Test(\d+)EE\.crt"
)


@dataclass(frozen=True)
class Case:
    """One test of PKITS: its section, whether the path is valid, and the path from the end-entity to the root."""

    section: str
    is_valid: bool
    path: tuple[Cert, ...]


SECTION_NUMBERS = [*(f"4.6.{number}" for number in range(1, 18)), *(f"4.13.{number}" for number in range(1, 39))]
"""All tests of the two sections."""


@cache
def cases() -> dict[str, Case]:
    """The tests by their sections. Skips where cryptography-vectors is not installed."""
    found = {}
    for file in sorted(_folder().iterdir()):
        test = _TEST.fullmatch(file.name)
        if test:
            kind = next(kind for kind in SECTIONS if test[3].startswith(kind))
            section = f"{SECTIONS[kind]}.{test[4]}"
            found[section] = Case(section, test[1] == "Valid", _made_anew([file.name, *_issuers(file.name)]))
    return found


def _folder() -> Path:
    vectors = pytest.importorskip("cryptography_vectors", reason="cryptography-vectors is not installed")
    return Path(vectors.__file__).parent / "x509" / "PKITS_data" / "certs"


@cache
def _loaded() -> dict[str, x509.Certificate]:
    files = (file for file in _folder().iterdir() if re.search("onstraint|cAFalse|TrustAnchor", file.name))
    return {file.name: x509.load_der_x509_certificate(file.read_bytes()) for file in files}


def _issuers(name: str) -> list[str]:
    """The files of the certificates above one, the trust anchor last: found by name and signature."""
    loaded, found = _loaded(), [name]
    while True:
        lower = loaded[found[-1]]
        above = next(
            other
            for other, certificate in loaded.items()
            if certificate.subject == lower.issuer and _has_signed(certificate, lower)
        )
        if above == found[-1]:
            return found[1:]
        found.append(above)


def _has_signed(issuer: x509.Certificate, lower: x509.Certificate) -> bool:
    try:
        lower.verify_directly_issued_by(issuer)
    except Exception:  # of another key
        return False
    return True


def _made_anew(names: list[str]) -> tuple[Cert, ...]:
    made: list[Cert] = []
    for name in reversed(names):
        certificate = asn1.Certificate.load((_folder() / name).read_bytes())
        key_name = certificate.public_key.sha1.hex()
        issuer = made[-1] if made else None
        cert = Cert(certificate.subject.dump(), key(f"PKITS {key_name}"), issuer, constraints=None, usage=None)
        kept = tuple(_extension(each) for each in certificate["tbs_certificate"]["extensions"] if _is_kept(each))
        made.append(replace(cert, more=kept))
    return tuple(reversed(made))


def _is_kept(extension: Any) -> bool:
    return extension["extn_id"].dotted in KEPT


def _extension(extension: Any) -> bytes:
    critical = der.TRUE if extension["critical"].native else b""
    return der.seq(der.oid(extension["extn_id"].dotted), critical, der.octets(extension["extn_value"].contents))
