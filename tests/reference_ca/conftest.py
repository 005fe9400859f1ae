"""What the tests of the reference CA share: seeded sources, setups, and OpenSSL as an independent eye."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from reference_ca_helpers import OpenSsl, Run, with_chain

import reference_ca
from reference_ca.console import main
from reference_ca.hierarchy import make_keystore


@pytest.fixture
def source() -> reference_ca.KeySource:
    """A seeded source: the same keys and dates in every run."""
    return reference_ca.KeySource("tests")


@pytest.fixture
def openssl() -> OpenSsl:
    """Run the openssl command; returns what it printed, and fails the test where it failed."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not on the PATH")

    def run(*arguments: str | Path, stdin: bytes = b"") -> str:
        done = subprocess.run([program, *map(str, arguments)], input=stdin, capture_output=True, timeout=600)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
        return done.stdout.decode()

    return run


@pytest.fixture
def setup_of_length(tmp_path: Path, source: reference_ca.KeySource) -> Callable[[int], reference_ca.Keystore]:
    """Make a whole setup with so many certificates in fcu.crt, and return its keystore."""

    def make(length: int) -> reference_ca.Keystore:
        config = reference_ca.Config.example(source)
        made, _ = make_keystore(tmp_path / f"fcu-{length}", length, with_chain(config, length), source)
        return made

    return make


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the reference-ca command in this process: (exit code, standard output, standard error)."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        capfd.readouterr()
        code = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        out, err = capfd.readouterr()
        return code, out, err

    return call
