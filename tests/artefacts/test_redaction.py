"""Private keys in text: every known form of one is removed, in any surroundings, and nothing else."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from random import Random

import pytest
from secrecy.planting import written

from fcu_conform.artefacts import redaction
from fcu_conform.artefacts.redaction import REMOVED, Redactor, redact_all

SECRET = hashlib.sha256(b"a key").digest()
AROUND = ("{}", "the value '{}' is not known", "name{}", "x={};", "before it {} and behind", "\u00fc: {}\n")


@pytest.mark.parametrize("seed", range(8))
def test_sixteen_octets_of_a_key_are_found_wherever_they_begin(seed: int) -> None:
    random = Random(seed)
    secret, start, before = random.randbytes(32), random.randrange(17), random.randrange(4)
    part = secret[start : start + 16]
    forms = [
        part.hex(),
        part.hex(":").upper(),
        part.hex(" "),
        "".join(f"\\x{octet:02x}" for octet in part),
        ", ".join(f"0x{octet:02X}" for octet in part),
        str(int.from_bytes(part, "big")),
        str(int.from_bytes(secret, "big"))[: random.randrange(40, 78)],
        base64.b64encode(random.randbytes(before) + part).decode(),
        base64.b64encode(random.randbytes(before) + part + random.randbytes(before)).decode(),
        base64.urlsafe_b64encode(random.randbytes(before) + part).decode().rstrip("="),
        base64.encodebytes(random.randbytes(50 + before) + secret).decode(),
        part.decode("latin-1"),
        *_lists_and_groups(part),
    ]
    redactor = Redactor()
    redactor.learn(secret)
    for number in range(50):  # among others
        redactor.learn(hashlib.sha256(b"%d" % number).digest())
    texts = [around.format(form) for form in forms for around in AROUND]
    assert [text for text in texts if REMOVED not in redactor.redact(text)] == []


def _lists_and_groups(part: bytes) -> list[str]:
    """Sixteen octets as programs show them, and as people write long words down."""
    encoded = base64.b64encode(part).decode().rstrip("=")
    return [
        str(list(part)),
        ",".join(str(octet - 256 if octet > 127 else octet) for octet in part),  # Java
        repr(part),
        json.dumps(part.decode("latin-1")),
        "".join(f"\\{octet:03o}" for octet in part),
        " ".join(part.hex()),
        "-".join(part.hex()[place : place + 5] for place in range(0, 32, 5)),
        f"{int.from_bytes(part, 'big'):,}",
        encoded.replace("/", "\\/"),  # PHP
        *(" ".join(encoded[place : place + size] for place in range(0, 22, size)) for size in (4, 5, 8, 10)),
    ]


def test_a_redactor_is_not_copied() -> None:
    with pytest.raises(TypeError, match="not copied"):
        copy.deepcopy(Redactor())


@pytest.mark.parametrize(
    "text",
    ["ab" * 5000, "aB3" * 3000, "1" * 9000, "a: " * 3000, "\u00e9" * 9000, "0x" * 5000, "\\x4" * 3000, "1, -" * 4000],
)
def test_text_that_only_resembles_a_key_is_kept(text: str) -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    assert redactor.redact(text) == text


def test_unread_keys_are_read_before_a_suspicious_text_is_redacted() -> None:
    redactor, calls = Redactor(), []

    def read(name: str) -> None:
        calls.append(name)
        redactor.learn(SECRET)

    redactor.expect(lambda: read("keystore"), lambda: read("devices"))
    assert redactor.redact("nothing that looks like a key, in all of this text") != ""
    assert calls == []
    assert redactor.redact(SECRET.hex()) == REMOVED
    assert calls == ["keystore"]
    assert redactor.redact(SECRET.hex(), read_ahead=True) == REMOVED
    assert redactor.redact(SECRET.hex(), read_ahead=True) == REMOVED
    assert calls == ["keystore", "devices"]


def test_text_around_a_key_and_text_that_resembles_one_is_kept() -> None:
    """The fingerprint of a certificate, an account's id, a path: none of it is a key that was read."""
    redactor = Redactor()
    redactor.learn(SECRET)
    for form, text in written(SECRET).items():
        alone = text.removesuffix("\n").removesuffix("\\n")
        assert redactor.redact(f"'{alone}': is not it") == f"'{REMOVED}': is not it", form
    for text in ("9f" * 32, "0158dea3c1f2000000000001001000a3", "/srv/Line1/FactoryOutput/keystore", "AAAA" * 30, ""):
        assert redactor.redact(text) == text
    assert redactor.redact(f"{SECRET.hex()} and {SECRET.hex(':')}") == f"{REMOVED} and {REMOVED}"
    assert repr(redactor) == "<Redactor>"


def test_the_first_and_the_latest_of_many_keys_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "KEYS_REMEMBERED", 30)
    keys = [hashlib.sha256(b"%d" % number).digest() for number in range(100)]
    redactor = Redactor()
    for key in keys:
        redactor.learn(key)
    found = [REMOVED in redactor.redact(key.hex()) for key in keys]
    assert all(found[:10])
    assert found[-1]
    assert sum(found) <= 20


def test_zeros_are_not_taken_for_a_weak_key() -> None:
    redactor = Redactor()
    redactor.learn((1).to_bytes(32, "big"))
    assert redactor.redact("0" * 64) == "0" * 64
    assert redactor.redact("A" * 64) == "A" * 64


def test_redacted_data_keeps_its_structure() -> None:
    redaction.REDACTOR.learn(SECRET)
    plain = {"a": [SECRET.hex(), 1, None, True], "b": {"c": (SECRET.hex(), "d")}}
    assert redact_all(plain) == {"a": [REMOVED, 1, None, True], "b": {"c": [REMOVED, "d"]}}
