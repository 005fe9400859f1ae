"""The independent maker: certificates and requests with legal defaults, so that a case shows only what is odd about
it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes

from . import der
from .keys import Key, key

#: The instant at which the corpus is judged, so that no verdict depends on the clock.
NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
DAY = timedelta(days=1)
#: "35 years" as the vendor's own command line has them.
YEARS_35 = 12775 * DAY

ECDSA_SHA256 = der.seq(der.oid("1.2.840.10045.4.3.2"))
ECDSA_SHA384 = der.seq(der.oid("1.2.840.10045.4.3.3"))
ECDSA_SHA512 = der.seq(der.oid("1.2.840.10045.4.3.4"))
ECDSA_SHA224 = der.seq(der.oid("1.2.840.10045.4.3.1"))
ECDSA_SHA1 = der.seq(der.oid("1.2.840.10045.4.1"))
RSA_SHA256 = der.seq(der.oid("1.2.840.113549.1.1.11"), der.NULL)
ED25519 = der.seq(der.oid("1.3.101.112"))

ATTRIBUTES = {
    "CN": "2.5.4.3",
    "serialNumber": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "DC": "0.9.2342.19200300.100.1.25",
}
EMPTY_NAME = der.seq()
V3 = der.explicit(0, der.integer(2))
#: What FCU's own configuration file names in its certificate-authority section, and the subject that follows from it.
FCU_NAME = {
    "CN": "FCU line 1",
    "O": "Aurora Devices Oy",
    "OU": "Manufacturing",
    "L": "Oulu",
    "ST": "North Ostrobothnia",
    "C": "FI",
}


def attribute(kind: str, value: str | bytes, text: Callable[[str], bytes] | None = None) -> bytes:
    """One AttributeTypeAndValue; UTF8String, and PrintableString for countries, as FCU itself writes them."""
    if isinstance(value, str):
        value = (text or (der.printable if kind in {"C", "serialNumber"} else der.utf8))(value)
    return der.seq(der.oid(ATTRIBUTES[kind]), value)


def name(text: Callable[[str], bytes] | None = None, /, **values: str) -> bytes:
    """A Name with one attribute an RDN, in the order given."""
    return der.seq(*(der.set_of(attribute(kind, value, text)) for kind, value in values.items()))


def extension(dotted: str, value: bytes, critical: bool = False) -> bytes:
    """One Extension; `critical` is written only where it is true, as DER wants its defaults."""
    return der.seq(der.oid(dotted), der.TRUE if critical else b"", der.octets(value))


def basic_constraints(ca: bool = True, path_length: int | None = None, critical: bool = False) -> bytes:
    """basicConstraints; not critical unless asked, as neither FCU nor the vendor's page makes it so."""
    limit = b"" if path_length is None else der.integer(path_length)
    return extension("2.5.29.19", der.seq(der.TRUE if ca else b"", limit), critical)


#: Bit numbers of keyUsage.
DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN = 0, 5, 6


def key_usage(*bit_numbers: int, critical: bool = False) -> bytes:
    """keyUsage as a named bit list, trailing zero bits dropped."""
    value = sum(0x80 >> number for number in bit_numbers)
    unused = (value & -value).bit_length() - 1 if value else 0
    return extension("2.5.29.15", der.bits(bytes([value]) if value else b"", unused), critical)


def extended_key_usage(*purposes: str, critical: bool = False) -> bytes:
    """extKeyUsage of dotted purposes."""
    return extension("2.5.29.37", der.seq(*map(der.oid, purposes)), critical)


CLIENT_AUTH, SERVER_AUTH = "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"
CA_USAGE = key_usage(DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN)


def subject_key_identifier(identifier: bytes) -> bytes:
    """subjectKeyIdentifier."""
    return extension("2.5.29.14", der.octets(identifier))


def authority_key_identifier(identifier: bytes) -> bytes:
    """authorityKeyIdentifier with the key identifier alone."""
    return extension("2.5.29.35", der.seq(der.implicit(0, identifier)))


def name_constraints(permitted: bytes = b"", excluded: bytes = b"", critical: bool = True) -> bytes:
    """nameConstraints; each argument is the GeneralName of one subtree."""
    subtrees = [der.explicit(tag, der.seq(base)) for tag, base in ((0, permitted), (1, excluded)) if base]
    return extension("2.5.29.30", der.seq(*subtrees), critical)


def directory(distinguished_name: bytes) -> bytes:
    """A directoryName as GeneralName."""
    return der.explicit(4, distinguished_name)


def _same(data: bytes) -> bytes:
    return data


@dataclass(frozen=True)
class Cert:
    """One certificate: a CA of the profile that the vendor documents, unless a field says otherwise.

    Fields that hold bytes hold the whole DER element, so that any of them can be malformed. `issuer` None means
    self-signed. An extension
    field of None leaves that extension out.
    """

    subject: bytes
    key: Key
    issuer: Cert | None = None
    issuer_name: bytes | None = None
    signer: Key | None = None
    serial: int | bytes | None = None
    not_before: datetime | bytes = NOW - 300 * DAY
    not_after: datetime | bytes | None = None
    version: bytes = V3
    constraints: bytes | None = field(default_factory=basic_constraints)
    usage: bytes | None = CA_USAGE
    identifier: bytes | None = b"?"
    authority: bytes | None = b"?"
    more: tuple[bytes, ...] = ()
    spki: bytes | None = None
    inner: bytes = ECDSA_SHA256
    outer: bytes | None = None
    digest: hashes.HashAlgorithm | None = None
    before_signing: Callable[[bytes], bytes] = _same
    after_signing: Callable[[bytes], bytes] = _same

    @property
    def own_identifier(self) -> bytes:
        """The identifier that this certificate's children should name."""
        return self.identifier if self.identifier not in (b"?", None) else self.key.identifier

    @cached_property
    def der(self) -> bytes:
        """The certificate."""
        tbs = self.before_signing(self._to_be_signed())
        signer = self.signer or (self.issuer or self).key
        signature = der.bits(signer.sign(tbs, self.digest))
        return self.after_signing(der.seq(tbs, self.outer or self.inner, signature))

    @property
    def pem(self) -> str:
        """PEM text with a final newline."""
        return pem_block(self.der)

    def _to_be_signed(self) -> bytes:
        issuer_name = self.issuer_name if self.issuer_name is not None else (self.issuer or self).subject
        serial = self.serial
        if serial is None:
            serial = int.from_bytes(sha256(self.subject + issuer_name + self.key.spki).digest()[:18], "big")
        not_after = self.not_after
        if not_after is None:
            assert isinstance(self.not_before, datetime)
            not_after = self.not_before + YEARS_35
        return der.seq(
            self.version,
            der.integer(serial) if isinstance(serial, int) else serial,
            self.inner,
            issuer_name,
            der.seq(_time(self.not_before), _time(not_after)),
            self.subject,
            self.spki or self.key.spki,
            self._extensions(),
        )

    def _extensions(self) -> bytes:
        parts = [part for part in (self.constraints, self.usage) if part is not None]
        if self.identifier is not None:
            parts.append(subject_key_identifier(self.own_identifier))
        if self.authority == b"?":
            parts.append(authority_key_identifier((self.issuer or self).own_identifier))
        elif self.authority is not None:
            parts.append(self.authority)
        parts.extend(self.more)
        return der.explicit(3, der.seq(*parts)) if parts else b""


def _time(value: datetime | bytes) -> bytes:
    return der.time(value) if isinstance(value, datetime) else value


#: Field values that make a certificate X.509 v1: no version, and no extensions, which only v3 has.
V1: Mapping[str, Any] = {
    "version": b"",
    "constraints": None,
    "usage": None,
    "identifier": None,
    "authority": None,
}


def line(
    size: int = 3,
    *,
    fcu: Mapping[str, Any] | None = None,
    middle: Mapping[str, Any] | None = None,
    root: Mapping[str, Any] | None = None,
    factory: str = "",
) -> list[Cert]:
    """A production line's chain, FCU certificate first and root last; `middle` changes every intermediate.

    With a size of 1 it is the lone self-signed certificate that FCU makes itself, and `fcu` changes it. `factory`
    gives other keys and names.
    Each issuer is a day older than what it issued and lives longer than it.
    """
    chain: list[Cert] = []
    for place in reversed(range(size)):
        if place == 0:
            subject, changes = name(**{**FCU_NAME, "CN": FCU_NAME["CN"] + factory}), fcu
        elif place == size - 1:
            subject, changes = name(O="Aurora Devices Oy", CN=f"Aurora Root CA{factory}"), root
        else:
            subject, changes = name(O="Aurora Devices Oy", CN=f"Aurora Issuing CA {place}{factory}"), middle
        fields: dict[str, Any] = {
            "subject": subject,
            "key": key(f"{factory} {place} of {size}"),
            "issuer": chain[-1] if chain else None,
            "not_before": NOW - 300 * DAY - place * DAY,
            "not_after": NOW - 300 * DAY + YEARS_35 + place * DAY,
        }
        chain.append(Cert(**{**fields, **(changes or {})}))
    return chain[::-1]


@dataclass(frozen=True)
class Request:
    """A PKCS#10 request as FCU's setup makes it, unless a field says otherwise."""

    key: Key
    subject: bytes = field(default_factory=lambda: name(**FCU_NAME))
    attributes: bytes = b""
    algorithm: bytes = ECDSA_SHA256
    digest: hashes.HashAlgorithm | None = None
    before_signing: Callable[[bytes], bytes] = _same
    after_signing: Callable[[bytes], bytes] = _same

    @property
    def der(self) -> bytes:
        """The request."""
        info = self.before_signing(self.to_be_signed)
        signature = der.bits(self.key.sign(info, self.digest))
        return self.after_signing(der.seq(info, self.algorithm, signature))

    @property
    def to_be_signed(self) -> bytes:
        """The CertificationRequestInfo."""
        return der.seq(der.integer(0), self.subject, self.key.spki, der.explicit(0, self.attributes))

    @property
    def pem(self) -> str:
        """PEM text with a final newline."""
        return pem_block(self.der, "CERTIFICATE REQUEST")


def pem_block(data: bytes, label: str = "CERTIFICATE", width: int = 64, newline: str = "\n") -> str:
    """PEM text with a final newline."""
    body = base64.b64encode(data).decode()
    rows = [body[start : start + width] for start in range(0, len(body), width)]
    return newline.join([f"-----BEGIN {label}-----", *rows, f"-----END {label}-----", ""])


def flipped(data: bytes) -> bytes:
    """The same with the last bit turned: in a signature a wrong number of the right form."""
    return data[:-1] + bytes([data[-1] ^ 1])
