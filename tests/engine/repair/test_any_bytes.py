"""Repairs of files that hold anything: no exception, and the same plan each time."""

from __future__ import annotations

import random
import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest

import reference_ca as ca
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.engine.repair.keystore_copy import plan_copy

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
FILES = ("keystore/fcu_private_key.pem", "keystore/fcu.crt", "keystore/fcu_csr.pem", "config/fcu.yml", "upload.pem")
ODD = (b"", b"\0" * 5000, b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"{", b'{"kty": "EC", "crv": "P-256", "d": "AAAA"}')
MARKERS = (
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n",
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    source = ca.KeySource("any bytes", at=AT)
    ca.make_keystore(folder, 3, ca.Config.example(source, name="FCU line 1", depth=2), source)
    (folder / "upload.pem").write_bytes((folder / "keystore" / "fcu.crt").read_bytes())
    return folder


def changed(data: bytes, draw: random.Random) -> bytes:
    """Some bytes with a few changes: octets, cuts, repetitions, markers, other files altogether."""
    if draw.random() < 0.1:
        return draw.choice(ODD)
    text = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        start = draw.randrange(len(text) + 1)
        stop = min(len(text), start + draw.randint(0, 200))
        piece = draw.choice(
            (b"", draw.randbytes(draw.randint(1, 30)), bytes(text[start:stop]) * 2, *MARKERS, b"\r", b"\n\n")
        )
        text[start:stop] = piece
    return bytes(text)


@pytest.mark.parametrize("seed", range(150))
def test_changed_files_are_planned_without_an_exception(seed: int, sound: Path, tmp_path: Path) -> None:
    draw = random.Random(seed)
    folder = tmp_path / "line"
    shutil.copytree(sound, folder)
    for name in draw.sample(FILES, draw.randint(1, 3)):
        (folder / name).write_bytes(changed((folder / name).read_bytes(), draw))
    plans = []
    for _ in range(2):
        (setup,) = read_setups([folder / "keystore"], at=AT, portal_uploads=[folder / "upload.pem"])
        plans.append(plan_copy(setup))
    assert plans[0].changes == plans[1].changes
    assert {name: file.data for name, file in plans[0].files.items()} == {
        name: file.data for name, file in plans[1].files.items()
    }
