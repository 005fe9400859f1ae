"""Subject public keys, and signatures checked with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcu_conform.artefacts.cached_attribute import cached_attribute
from fcu_conform.artefacts.encodings import der
from fcu_conform.artefacts.encodings.oids import CURVES, EC_PUBLIC_KEY, KEY_TYPES, P256, named

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from fcu_conform.artefacts.encodings.signatures import Verifier

P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""P-256 is y² = x³ - 3x + b over the integers modulo this prime (FIPS 186)."""
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points P-256 has, those of its generator's multiples: n."""

_P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""What every uncompressed P-256 SubjectPublicKeyInfo begins with (RFC 5480)."""


def describe_kind(kind: str) -> str:
    """What a key is that is not on P-256, by the name of its curve or algorithm: ``the key is on P-384``."""
    return f"the key is on {kind}" if kind in CURVES.values() else f"the key is {kind}"


@dataclass(frozen=True)
class PublicKey:
    """A SubjectPublicKeyInfo: its DER, the algorithm's OID, the named curve's OID if it has one, the key bits.

    ``algorithm_fault`` says what follows the curve in its AlgorithmIdentifier; the DER is without that then, so that
    the key is the same as others write it.
    """

    der: bytes
    algorithm: str
    curve: str
    has_explicit_curve: bool
    bits: bytes
    algorithm_fault: str = ""

    @cached_attribute
    def sha256(self) -> str:
        """Hex SHA-256 of the SubjectPublicKeyInfo."""
        return hashlib.sha256(self.der).hexdigest()

    def __str__(self) -> str:
        if self.algorithm != EC_PUBLIC_KEY:
            return named(self.algorithm, KEY_TYPES)
        if self.has_explicit_curve:
            return "EC with explicit curve parameters"
        return named(self.curve, CURVES) if self.curve else "EC without a named curve"

    @property
    def is_p256(self) -> bool:
        """An EC key that names the curve P-256, whatever its point."""
        return self.algorithm == EC_PUBLIC_KEY and self.curve == P256

    @cached_attribute
    def trouble(self) -> str:
        """Why this is not a P-256 key that every reader takes, in words; empty if it is one."""
        if not self.is_p256:
            return describe_kind(str(self))
        if self.bits[:1] in (b"\x02", b"\x03") and len(self.bits) == 33:
            return "the point is compressed, which the device's library cannot read"
        if not lies_on_p256(self.bits):
            return "the point does not lie on P-256"
        return ""

    @cached_attribute
    def p256(self) -> EllipticCurvePublicKey | None:
        """The key for verifying, None where it is not a valid point of P-256."""
        from fcu_conform.artefacts.encodings import signatures  # a run without a chain does without

        return signatures.load_p256(self.bits) if self.is_p256 else None

    @cached_attribute
    def verifiers(self) -> dict[str, Verifier]:
        """What checks a signature, by the OID of its algorithm; `verifies` fills it in."""
        return {}

    @cached_attribute
    def loaded(self) -> PublicKeyTypes | None:
        """The key of whatever kind, None where the library cannot load it."""
        if self.p256 is not None:
            return self.p256
        from fcu_conform.artefacts.encodings import signatures  # a run without a chain does without

        return signatures.load(self.der)


def lies_on_p256(point: bytes) -> bool:
    """An uncompressed point is one of P-256 (SEC 1, section 2.3.4; the cofactor is 1, so that no more is to be asked).

    Worked out here since a library takes four times as long, with an object that nobody needs.
    """
    if len(point) != 65 or point[0] != 4:
        return False
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    return x < P256_PRIME and y < P256_PRIME and (y * y - (x * x - 3) * x - _B) % P256_PRIME == 0


def parse_public_key(data: bytes) -> PublicKey:
    """Reads a DER SubjectPublicKeyInfo.

    Raises:
        DerError: it is not one.
    """
    if len(data) == 91 and data.startswith(_P256_PREFIX):
        return PublicKey(data, EC_PUBLIC_KEY, P256, False, data[26:])
    start, stop = der.only(data, der.SEQUENCE, "subject public key info")
    algorithm_start, algorithm_stop = der.expect(data, start, stop, der.SEQUENCE, "key algorithm")
    algorithm, curve, explicit = parse_key_algorithm(data, algorithm_start, algorithm_stop)
    bits_start, bits_stop = der.expect(data, algorithm_stop, stop, der.BIT_STRING, "public key")
    if bits_stop != stop or data[bits_start:bits_stop][:1] != b"\0":  # whole octets, no unused bits
        raise der.DerError("subject public key info: malformed key bits")
    bits = data[bits_start + 1 : bits_stop]
    fields = list(der.children(data, algorithm_start, algorithm_stop))
    if algorithm == EC_PUBLIC_KEY and curve == P256 and len(fields) > 2 and len(bits) == 65:
        fault = f"an element with tag {fields[2][0]:#04x} follows the curve"
        return PublicKey(_P256_PREFIX + bits, algorithm, curve, False, bits, fault)
    return PublicKey(data, algorithm, curve, explicit, bits)


def parse_key_algorithm(data: bytes, start: int, stop: int) -> tuple[str, str, bool]:
    """Algorithm OID, named-curve OID (or empty), and whether curve parameters are spelled out."""
    oid_start, oid_stop = der.expect(data, start, stop, der.OBJECT_IDENTIFIER, "key algorithm")
    algorithm = der.oid_text(data[oid_start:oid_stop])
    if algorithm != EC_PUBLIC_KEY or oid_stop >= stop:
        return algorithm, "", False
    tag, content, end = der.read(data, oid_stop, stop)
    if tag == der.OBJECT_IDENTIFIER:
        return algorithm, der.oid_text(data[content:end]), False
    return algorithm, "", tag == der.SEQUENCE


def verifies(key: PublicKey, algorithm: str, signature: bytes, message: bytes) -> bool | None:
    """Whether a signature is the key's over the message; None where the algorithm is not known or does not fit the key.

    Args:
        algorithm: OID of the signature algorithm.
        signature: the bits of the signatureValue without their unused-bits octet.
    """
    verifier = key.verifiers.get(algorithm)
    if verifier is None:
        from fcu_conform.artefacts.encodings import signatures  # a run without a chain does without

        verifier = key.verifiers[algorithm] = signatures.verifier_of(key.loaded, algorithm)
    return verifier(signature, message)
