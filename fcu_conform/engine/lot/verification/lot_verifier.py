"""Decides which signatures of a lot's devices are verified by tables, and verifies some of them a second time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any
from zlib import crc32

from fcu_conform.artefacts.ca_context import CaContext
from fcu_conform.artefacts.device import Device
from fcu_conform.artefacts.encodings.oids import ECDSA_SHA256
from fcu_conform.artefacts.encodings.public_keys import verifies
from fcu_conform.artefacts.redaction import redact
from fcu_conform.engine.faults import TellingFault
from fcu_conform.engine.lot.verification import known_answers
from fcu_conform.engine.lot.verification.libcrypto import find_libcrypto
from fcu_conform.engine.lot.verification.tables import KeyTables, Signed

PAYS_FROM = 800
"""Devices from which on tables save more than it costs to make them."""

CHECKED_FIRST = 100
"""Devices that each process verifies in both ways at first."""

CHECKED_ONE_IN = 100
"""Of the others one in so many is verified in both ways."""

_TRIED = 16
_RANKS = 1 << 32


class LotVerifier:
    """Verifies devices of one lot in one process or thread.

    What it accepts is noted in the certificate, see `Certificate.note_verified`. All others are left to the rules,
    which ask `cryptography`.

    Args:
        ca: the CA that signs the devices.
        seed: the seed that draws the devices that are verified in both ways.
    """

    def __init__(self, ca: CaContext, seed: int | None) -> None:
        self._seed = crc32(b"" if seed is None else seed.to_bytes(8, "big"))
        self._accepted = 0
        issuer = ca.certain_fcu_certificate
        self._key = None if issuer is None or issuer.public_key.trouble else issuer.public_key
        self._tables: KeyTables | None = None
        self._is_plain = self._key is None

    def verify(self, devices: Sequence[Device]) -> list[bool]:
        """Whose own certificate has a signature that the tables accept, in the order of the devices.

        Raises:
            TellingFault: `cryptography` refuses one of them.
        """
        answers = [False] * len(devices)
        fitting = [(number, device) for number, device in enumerate(devices) if _is_ecdsa_sha256(device)]
        if self._is_plain or not fitting:
            return answers
        signed = [_signed(device) for _, device in fitting]
        if self._tables is None:
            self._make_tables([device for _, device in fitting[:_TRIED]])
        if self._tables is not None and self._key is not None:
            for (number, device), is_accepted in zip(fitting, self._tables.verify_block(signed), strict=True):
                if is_accepted:
                    self._check_again(device)
                    device.certificates[0].note_verified(self._key)
                    answers[number] = True
        return answers

    def _check_again(self, device: Device) -> None:
        self._accepted += 1
        signature = device.certificates[0].signature
        is_drawn = self._accepted <= CHECKED_FIRST or crc32(signature, self._seed) * CHECKED_ONE_IN < _RANKS
        if is_drawn and not self._is_verified_plainly(device):
            name = redact(device.name, read_ahead=True)
            raise TellingFault(f"{name}: tables accept a signature that cryptography refuses (see the option verify)")

    def _is_verified_plainly(self, device: Device) -> bool:
        certificate = device.certificates[0]
        key = self._key
        return key is not None and verifies(key, ECDSA_SHA256, certificate.signature, certificate.tbs) is True

    def _make_tables(self, devices: Sequence[Device]) -> None:
        """Makes tables for the key, if they can be made and give the right answers about these devices."""
        library = usable_library()
        self._is_plain = True
        if library is None or self._key is None:
            return
        try:
            tables = KeyTables(library, self._key.bits)
        except ValueError:
            return
        if self._are_right(tables, devices):
            self._tables, self._is_plain = tables, False

    def _are_right(self, tables: KeyTables, devices: Sequence[Device]) -> bool:
        """Tables accept what `cryptography` accepts, and nothing with another digest."""
        signed = [_signed(device) for device in devices]
        known = [self._is_verified_plainly(device) for device in devices]
        changed = [(bytes([digest[0] ^ 1]) + digest[1:], signature) for digest, signature in signed]
        return tables.verify_block(signed) == known and not any(tables.verify_block(changed))


def _is_ecdsa_sha256(device: Device) -> bool:
    return bool(device.certificates) and device.certificates[0].is_ecdsa_sha256


def _signed(device: Device) -> Signed:
    certificate = device.certificates[0]
    return sha256(certificate.tbs).digest(), certificate.signature


@cache
def usable_library() -> Any:
    """OpenSSL, if this process has one that gives all known answers; else None."""
    library = find_libcrypto()
    return library if library is not None and known_answers.passes(library) else None
