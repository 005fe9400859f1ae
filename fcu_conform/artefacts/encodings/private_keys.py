"""Private keys: what kind they are and which public key they belong to; the secret itself shows nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NoReturn

from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.oids import CURVES, EC_PUBLIC_KEY, KEY_TYPES, P256, named
from fcu_conform.artefacts.encodings.public_keys import (
    P256_ORDER,
    PublicKey,
    describe_kind,
    parse_key_algorithm,
    parse_public_key,
)
from fcu_conform.artefacts.encodings.syntax import (
    ANY,
    OID,
    Check,
    Syntax,
    explicit,
    implicit,
    primitive,
    sequence,
    sequence_of,
    whole,
)
from fcu_conform.artefacts.redaction import REDACTOR

_EXPLICIT = "EC with explicit curve parameters"


def _is_number(number: int) -> Check:
    def check(data: bytes, _tag: int, start: int, stop: int) -> None:
        if data[start:stop] != bytes((number,)):
            raise der.DerError("a version that its RFC does not define")

    return check


def _has_32_octets(_data: bytes, _tag: int, start: int, stop: int) -> None:
    if stop - start != 32:
        raise der.DerError(f"a private scalar of {stop - start} octets instead of 32")


def _is_point(data: bytes, _tag: int, start: int, stop: int) -> None:
    if data[start : start + 1] != b"\0" or stop - start not in (34, 66):
        raise der.DerError("a malformed public key")


def _ec_key(*, names_curve: bool) -> Syntax:
    """An ECPrivateKey (RFC 5915) on P-256; by itself it has to name its curve."""
    return sequence(
        "ECPrivateKey",
        (primitive("its version", der.INTEGER, _is_number(1)), False),
        (primitive("the private scalar", der.OCTET_STRING, _has_32_octets), False),
        (explicit(0, OID), not names_curve),
        (explicit(1, primitive("the public key", der.BIT_STRING, _is_point)), True),
    )


_SEC1, _SEC1_INSIDE = _ec_key(names_curve=True), _ec_key(names_curve=False)


def _is_ec_key(data: bytes, _tag: int, start: int, stop: int) -> None:
    notes = der.normalise(data[start:stop])[2]
    if notes:
        raise der.DerError(notes[0])
    whole(_SEC1_INSIDE, data[start:stop])


_PKCS8 = sequence(
    "PrivateKeyInfo",
    (primitive("its version", der.INTEGER, _is_number(0)), False),
    (sequence("its algorithm", (OID, False), (OID, False)), False),
    (primitive("the private key", der.OCTET_STRING, _is_ec_key), False),
    (implicit(0, sequence_of("its attributes", ANY, der.SET, minimum=0)), True),
)
"""RFC 5958 in its version 0; the public key of version 1 neither cryptography nor the device reads."""


class Secret:
    """Bytes that no repr, str, format, copy or pickle shows."""

    __slots__ = ("_bytes",)

    def __init__(self, data: bytes) -> None:
        self._bytes = data

    def reveal(self) -> bytes:
        """The bytes, for computing only."""
        return self._bytes

    def __repr__(self) -> str:
        return "<secret>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not copied or pickled")


@dataclass(frozen=True)
class PrivateKey:
    """A private key as a file holds it.

    ``kind`` names the algorithm or curve, ``scalar`` is that of a key on P-256 or on a curve that is spelled out,
    ``stated_point`` the public point written beside it (empty if none is): in a broken file anything may stand there,
    so it is not shown. ``form`` is "SEC1", "PKCS#8" or empty for others, ``structure_fault`` how a P-256 key departs
    from RFC 5915 or 5958, in words.
    """

    kind: str
    is_p256: bool
    scalar: Secret = field(default_factory=lambda: Secret(b""))
    stated_point: bytes = field(default=b"", repr=False)
    form: str = ""
    structure_fault: str = ""

    @cached_property
    def trouble(self) -> str:
        """Why this is not a sound P-256 key, in words; empty if it is one."""
        if not self.is_p256:
            return describe_kind(self.kind)
        if not 0 < int.from_bytes(self.scalar.reveal(), "big") < P256_ORDER:
            return "the private scalar is out of range"
        if self.stated_point and self.public_key and not _same_point(self.stated_point, self.public_key.bits):
            return "the public point does not match the private scalar"
        return ""

    @property
    def has_explicit_curve(self) -> bool:
        """Its curve is not named but spelled out."""
        return self.kind == _EXPLICIT

    @property
    def weakness(self) -> str:
        """Why others can guess the scalar of a P-256 key, in words that do not tell it; empty where it looks random."""
        return weakness_of(int.from_bytes(self.scalar.reveal(), "big")) if self.is_p256 else ""

    @cached_property
    def public_key(self) -> PublicKey | None:
        """The public key computed from the scalar; None unless the key is on P-256 and its scalar in range."""
        from fcu_conform.artefacts.encodings import signatures  # a run without a readable key does without

        number = int.from_bytes(self.scalar.reveal(), "big")
        if not self.is_p256 or not 0 < number < P256_ORDER:
            return None
        return parse_public_key(signatures.public_info_of(number))


def weakness_of(scalar: int) -> str:
    """Why a private scalar of P-256 can be guessed, in words that do not tell it; empty where it looks random.

    Each of these is true of a random scalar once in 2^127 times.
    """
    if scalar >> 128 == 0:
        return "is below 2^128"
    if (P256_ORDER - scalar) >> 128 == 0:
        return "is within 2^128 of the order of the curve"
    octets = scalar.to_bytes(32, "big")
    if octets[:16] == octets[16:]:
        return "repeats a few octets"
    return ""


def _same_point(stated: bytes, computed: bytes) -> bool:
    compressed = bytes([2 + (computed[64] & 1)]) + computed[1:33]
    return stated in (computed, compressed)


def parse_private_key(data: bytes) -> PrivateKey:
    """Reads a DER private key: SEC1, PKCS#8 or PKCS#1.

    Raises:
        DerError: it is none of these, or bytes are left over.
    """
    key, form = _parse(data)
    if not form or not key.is_p256:
        return replace(key, form=form)
    try:
        notes = der.normalise(data)[2]
        fault = notes[0] if notes else ""
        if not fault:
            whole(_SEC1 if form == "SEC1" else _PKCS8, data)
    except der.DerError as wrong:
        fault = str(wrong)
    return replace(key, form=form, structure_fault=fault)


def _parse(data: bytes) -> tuple[PrivateKey, str]:
    start, stop = der.only(data, der.SEQUENCE, "private key")
    content, position = der.expect(data, start, stop, der.INTEGER, "version")
    version = int.from_bytes(data[content:position], "big")
    if position >= stop:
        raise der.DerError("private key: truncated")
    tag, content, end = der.read(data, position, stop)
    if version == 1 and tag == der.OCTET_STRING:
        return _sec1(data, position, stop, "", False), "SEC1"
    if version in (0, 1) and tag == der.SEQUENCE:
        algorithm, curve, explicit = parse_key_algorithm(data, content, end)
        inner, inner_end = der.expect(data, end, stop, der.OCTET_STRING, "private key")
        if algorithm != EC_PUBLIC_KEY:
            return PrivateKey(named(algorithm, KEY_TYPES), False), "PKCS#8"
        ec_key = data[inner:inner_end]
        first, last = der.only(ec_key, der.SEQUENCE, "EC private key")
        _, position = der.expect(ec_key, first, last, der.INTEGER, "EC private key version")
        return _sec1(ec_key, position, last, curve, explicit), "PKCS#8"
    if version == 0 and tag == der.INTEGER:
        numbers = sum(1 for _ in der.children(data, start, stop))
        if numbers in (6, 9):
            return PrivateKey("DSA" if numbers == 6 else "RSA", False), ""
    raise der.DerError("private key: neither SEC1 nor PKCS#8")


def _sec1(data: bytes, position: int, stop: int, curve: str, explicit: bool) -> PrivateKey:
    """The fields of an ECPrivateKey (RFC 5915) after its version."""
    content, position = der.expect(data, position, stop, der.OCTET_STRING, "private scalar")
    scalar, point = data[content:position], b""
    REDACTOR.learn(scalar)
    for tag, _, inner, end in der.children(data, position, stop):
        if tag == 0xA0:
            parameter, first, last = der.read(data, inner, end)
            explicit = explicit or parameter == der.SEQUENCE
            if parameter == der.OBJECT_IDENTIFIER:
                inner_curve = der.oid_text(data[first:last])
                if curve and curve != inner_curve:
                    return PrivateKey("EC with two different curves", False)
                curve = inner_curve
        elif tag == 0xA1:
            first, last = der.expect(data, inner, end, der.BIT_STRING, "public point")
            point = data[first + 1 : last]
    if explicit:
        return PrivateKey(_EXPLICIT, False, Secret(scalar))
    is_p256 = curve == P256
    kind = named(curve, CURVES) if curve else "EC without a named curve"
    return PrivateKey(kind, is_p256, Secret(scalar) if is_p256 else Secret(b""), point)
