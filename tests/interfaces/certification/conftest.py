"""A lot that was judged and certified once, copied for each test that changes something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from inprocess import reference_ca

from interfaces.certification.doing import AT, Keys, run


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound keystore with three devices and their upload; only ever read."""
    folder = tmp_path_factory.mktemp("line")
    common = ["--seed", "certified", "--at", "2026-01-01T00:00:00Z"]
    reference_ca("keystore", folder, "--length", "3", *common)
    reference_ca("devices", "--keystore", folder / "keystore", "--count", "3", "-o", folder / "out", *common)
    reference_ca("upload", "--keystore", folder / "keystore", "-o", folder / "upload.pem")
    return folder


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    key = Ed25519PrivateKey.generate()
    private, public = folder / "key.pem", folder / "key.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    locked = folder / "locked.pem"
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame")))
    return Keys(private, public, locked)


@pytest.fixture(scope="session")
def certified(line: Path, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The signed folder of that line; only ever read."""
    out = tmp_path_factory.mktemp("certified") / "folder"
    arguments = ["--keystore", line / "keystore", "--devices", line / "out", "--portal-upload", line / "upload.pem"]
    assert run("certify", *arguments, "--at", AT, "--sign-key", keys.private, "--out", out).code == 0
    return out


@pytest.fixture
def folder(certified: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(certified, tmp_path / "folder"))
