"""Chains that are hard for validators: each answers or is stopped, and a run with all of them keeps to its limits."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from validators.parts import private_key

from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.validators.isolation import asking
from fcu_conform.validators.isolation.asking import shake_hands_apart
from fcu_conform.validators.model import LimitReached
from fcu_conform.validators.registry import available

from .commands import PYTEST, elsewhere, failed, run, trespasses
from .factory import CRT, DEVICES, UPLOAD, Factory
from .hard_chains import HARD, LEAF, anchors_alike, names_alike

NOW = datetime.now(timezone.utc)
FORGED = {"names_alike", "loop", "lattice", "lattice_of_one_name", "anchors_alike"}
"""What leads to no anchor, or to one whose key did not sign: nobody may accept it."""
SLOW = {"pyhanko", "certvalidator", "mbedtls"}
"""Who tries every way, or every anchor with slow arithmetic."""


@pytest.fixture
def _little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests would take a minute else; what is hard is as hard with less time."""
    monkeypatch.setattr(asking, "PROCESSOR", 0.2)


@pytest.mark.usefixtures("_little_time")
@pytest.mark.parametrize("name", HARD)
def test_every_validator_answers_a_hard_question_or_is_stopped(name: str) -> None:
    question = HARD[name](NOW)
    stopped, accepted = set(), set()
    for validator in available():
        try:
            if validator.ask(question).accepted:
                accepted.add(validator.name)
        except LimitReached:
            stopped.add(validator.name)
    assert stopped <= SLOW
    assert not (accepted and name.split()[0] in FORGED)


def pem(*ders: bytes) -> bytes:
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n" for der in ders
    )


def judged(factory: Factory, *arguments: str | Path) -> set[str]:
    """The rules that fail in a run with all validators, which keeps to time and memory."""
    options = [option for option in PYTEST if not option.startswith("--fcu-")]
    upload = f"--fcu-portal-upload={factory / UPLOAD}"
    given = [f"--fcu-keystore={factory.keystore}", f"--fcu-devices={factory / DEVICES}", upload]
    done = run(*options, "-p", "no:randomly", *given, *arguments, cwd=elsewhere(factory))
    assert trespasses(done, factory.secrets()) == []
    assert done.code == 1
    return failed(done)


@pytest.mark.parametrize("count", [12, 101])
def test_a_keystore_of_certificates_of_one_name_is_judged_in_seconds(count: int, factory: Factory) -> None:
    question = names_alike(count, NOW)
    factory.put(CRT, pem(*question.untrusted))
    assert {"CHN012", "SYS002"} <= judged(factory)


def test_an_upload_of_certificates_of_one_name_is_judged_in_seconds(factory: Factory) -> None:
    upload = (factory / UPLOAD).read_bytes()
    factory.put(UPLOAD, upload + pem(*names_alike(90, NOW).untrusted))
    assert "UPL002" in judged(factory)


def test_a_handshake_with_a_hundred_anchors_of_one_name_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = private_key(LEAF.common_name)
    secret = Secret(
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    question = anchors_alike(100, NOW)
    monkeypatch.setattr(asking, "HANDSHAKE_PROCESSOR", 0.2)
    with pytest.raises(LimitReached, match=r"^the device's part needed more than 0\.2 s of processor time$"):
        shake_hands_apart((question.leaf,), secret, question.anchors, at=NOW)
