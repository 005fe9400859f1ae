"""Which devices are verified by tables, which of them twice, and what comes of a disagreement."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from fcu_conform.artefacts.device import Device, DeviceFile, Kind
from fcu_conform.artefacts.encodings import public_keys
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.engine.faults import TellingFault, describe_fault
from fcu_conform.engine.lot.verification import libcrypto, lot_verifier
from fcu_conform.engine.lot.verification.lot_verifier import LotVerifier
from fcu_conform.engine.lot.verification.tables import KeyTables

from ..factory import Factory

FACTORY = Factory(8)
needs_library = pytest.mark.skipif(libcrypto.find_libcrypto() is None, reason="this Python has no OpenSSL 3 to call")


def ca_of(factory: Factory) -> Any:
    issuer = Certificate(factory.chain[0].public_bytes(Encoding.DER))
    return SimpleNamespace(certain_fcu_certificate=issuer)


CA = ca_of(FACTORY)
KEY = CA.certain_fcu_certificate.public_key


def devices(factory: Factory = FACTORY) -> list[Device]:
    """Devices that are read anew."""
    return [DeviceFile(name, Kind.PEM, text.encode()).read() for name, text in factory.devices.items()]


@pytest.fixture
def plainly_verified(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The signatures that `cryptography` is asked about from here on."""
    asked: list[bytes] = []
    verifies = public_keys.verifies

    def noting(key: Any, algorithm: str, signature: bytes, message: bytes) -> bool | None:
        asked.append(signature)
        return verifies(key, algorithm, signature, message)

    monkeypatch.setattr(lot_verifier, "verifies", noting)
    monkeypatch.setattr("fcu_conform.artefacts.encodings.certificate.verifies", noting)
    return asked


def break_digest(device: Device) -> Device:
    """The same device with a name that its signature is not over."""
    raw = device.certificates[0].raw
    assert raw.count(b"lamp-00") == 1
    device.certificates = (Certificate(raw.replace(b"lamp-00", b"lamp-0X")), *device.certificates[1:])
    return device


@needs_library
def test_devices_that_the_tables_accept_are_not_verified_again_by_cryptography(
    plainly_verified: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lot_verifier, "CHECKED_FIRST", 0)
    monkeypatch.setattr(lot_verifier, "CHECKED_ONE_IN", 1 << 40)
    monkeypatch.setattr(lot_verifier, "_TRIED", 1)
    some = devices()
    assert LotVerifier(CA, None).verify(some) == [True] * 8
    assert len(plainly_verified) == 1
    assert [device.certificates[0].signed_by(KEY) for device in some] == [True] * 8
    assert len(plainly_verified) == 1
    break_digest(some[3])
    assert some[3].certificates[0].signed_by(KEY) is False
    assert len(plainly_verified) == 2


@needs_library
def test_a_signature_that_the_tables_refuse_is_left_to_cryptography(plainly_verified: list[bytes]) -> None:
    some = devices()
    break_digest(some[2])
    assert LotVerifier(CA, None).verify(some) == [True, True, False, True, True, True, True, True]
    before = len(plainly_verified)
    assert some[2].certificates[0].signed_by(KEY) is False
    assert len(plainly_verified) == before + 1


@needs_library
def test_devices_of_another_key_are_left_to_cryptography() -> None:
    some = devices(Factory(2))
    assert LotVerifier(CA, None).verify(some) == [False, False]
    assert [device.certificates[0].signed_by(KEY) for device in some] == [False, False]


@needs_library
def test_a_device_without_a_certificate_has_nothing_to_verify() -> None:
    verifier = LotVerifier(CA, None)
    assert verifier.verify([Device("empty"), *devices()[:1], Device("empty")]) == [False, True, False]
    assert verifier.verify([]) == []


@needs_library
@pytest.mark.parametrize("seed", [None, 0, 1, 2**53 - 1])
def test_the_first_ones_and_a_share_of_the_others_are_verified_twice(
    seed: int | None, plainly_verified: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lot_verifier, "CHECKED_FIRST", 3)
    monkeypatch.setattr(lot_verifier, "CHECKED_ONE_IN", 4)
    verifier = LotVerifier(CA, seed)
    verifier.verify(devices()[:1])
    plainly_verified.clear()
    some = [device for _ in range(40) for device in devices()]
    signatures = [device.certificates[0].signature for device in some]
    assert verifier.verify(some) == [True] * 320
    assert plainly_verified[:2] == signatures[:2]
    drawn = set(plainly_verified[2:])
    assert plainly_verified[2:] == [signature for signature in signatures[2:] if signature in drawn]
    assert len(drawn) < 8


@needs_library
def test_a_share_is_about_as_large_as_it_is_said_to_be() -> None:
    ranks = [lot_verifier.crc32(number.to_bytes(8, "big"), 5) for number in range(20_000)]
    drawn = sum(rank * lot_verifier.CHECKED_ONE_IN < lot_verifier._RANKS for rank in ranks)
    assert 150 < drawn < 250
    assert (lot_verifier.CHECKED_FIRST, lot_verifier.CHECKED_ONE_IN) == (100, 100)


class Lying(KeyTables):
    """Tables that accept all but one digest's signature."""

    tells_truth = 2

    def verify_block(self, block: Any) -> list[bool]:
        self.tells_truth -= 1
        return super().verify_block(block) if self.tells_truth >= 0 else [True] * len(block)


@needs_library
def test_a_disagreement_ends_the_run_and_names_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lot_verifier, "KeyTables", Lying)
    some = devices()
    break_digest(some[6])
    with pytest.raises(TellingFault) as caught:
        LotVerifier(CA, None).verify(some)
    assert describe_fault(caught.value) == (
        "internal fault: lamp-000006: tables accept a signature that cryptography refuses (see the option verify)"
    )


class WrongAtOnce(KeyTables):
    """Tables that say the same of everything."""

    says = True

    def verify_block(self, block: Any) -> list[bool]:
        return [self.says] * len(block)


@needs_library
@pytest.mark.parametrize("says", [True, False])
def test_tables_that_give_a_wrong_answer_at_first_are_not_used(says: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WrongAtOnce, "says", says)
    monkeypatch.setattr(lot_verifier, "KeyTables", WrongAtOnce)
    verifier = LotVerifier(CA, None)
    for _ in range(2):
        assert verifier.verify(devices()) == [False] * 8


@pytest.mark.parametrize("trouble", ["no issuer", "another curve", "no library", "wrong library", "no tables"])
def test_without_what_they_need_there_are_no_tables(
    trouble: str, plainly_verified: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    ca: Any = CA
    if trouble == "no issuer":
        ca = SimpleNamespace(certain_fcu_certificate=None)
    elif trouble == "another curve":
        other = SimpleNamespace(trouble="the key is on P-384")
        ca = SimpleNamespace(certain_fcu_certificate=SimpleNamespace(public_key=other))
    elif trouble == "no tables":
        monkeypatch.setattr(lot_verifier, "usable_library", lambda: "library")
        monkeypatch.setattr(lot_verifier, "KeyTables", refuse)
    else:
        library = None if trouble == "no library" else "library"
        monkeypatch.setattr(lot_verifier, "find_libcrypto", lambda: library)
        monkeypatch.setattr(lot_verifier, "usable_library", lot_verifier.usable_library.__wrapped__)
        monkeypatch.setattr(lot_verifier.known_answers, "passes", lambda _: False)
    some = devices()
    assert LotVerifier(ca, None).verify(some) == [False] * 8
    assert plainly_verified == []
    assert all(device.certificates[0].signed_by(KEY) for device in some)


def refuse(library: object, point: bytes) -> KeyTables:
    raise ValueError("no tables for this key")


@pytest.mark.parametrize("algorithm", ["inner_algorithm", "outer_algorithm"])
def test_a_signature_by_another_algorithm_is_left_to_cryptography(algorithm: str) -> None:
    device = devices()[0]
    setattr(device.certificates[0], algorithm, SimpleNamespace(oid="1.2.840.10045.4.3.3"))
    assert LotVerifier(CA, None).verify([device]) == [False]


@pytest.mark.parametrize(
    "version",
    [
        "LibreSSL 3.9.2",
        "OpenSSL 1.1.1w  11 Sep 2023",
        "OpenSSL 1.1.1 (compatible; BoringSSL)",
        "OpenSSL 1.1.1 (compatible; AWS-LC 1.40.0)",
        "OpenSSL 4.0.0 1 Apr 2026",
    ],
)
def test_another_library_is_not_used(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libcrypto, "version_of", lambda _: version)
    assert libcrypto.find_libcrypto.__wrapped__() is None


@pytest.mark.parametrize("path", [None, "/nowhere/_hashlib.so", __file__])
def test_a_python_without_a_module_of_openssl_has_no_library(path: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(libcrypto.sys.modules, "_hashlib", SimpleNamespace(__file__=path))
    assert libcrypto.find_libcrypto.__wrapped__() is None


@needs_library
def test_a_library_without_one_of_the_functions_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libcrypto, "_FUNCTIONS", [*libcrypto._FUNCTIONS, "EC_no_such_function"])
    assert libcrypto.find_libcrypto.__wrapped__() is None
    assert {"EC_POINT_mul", "EC_GROUP_precompute_mult", "BN_bin2bn"} < set(libcrypto._FUNCTIONS)
    assert len(libcrypto._FUNCTIONS) == 22
