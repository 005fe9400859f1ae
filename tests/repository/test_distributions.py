"""Wheel and sdist as users get them: complete, without secrets, the same from either and the same each time."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from repository.distributions import faults
from repository.sources import ROOT, files_below

pytestmark = pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is not installed")


def build(source: Path, target: Path, kind: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder, "wheel")
    build(ROOT, folder, "sdist")
    return folder


def members(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_wheel_and_sdist_contain_exactly_the_expected_files(built: Path) -> None:
    assert faults(built) == []


def test_the_wheel_has_every_module_of_the_tree_byte_for_byte(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    packed = {name: data for name, data in members(wheel).items() if ".dist-info/" not in name}
    ours = [path for package in ("fcu_conform", "reference_ca") for path in files_below(ROOT / package)]
    assert len(ours) > 100
    assert packed == {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in ours}


def test_the_sdist_builds_the_same_wheel_and_so_does_the_tree_again(built: Path, tmp_path: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    assert build(source, tmp_path / "again", "wheel").read_bytes() == wheel.read_bytes()
    assert build(ROOT, tmp_path / "twice", "wheel").read_bytes() == wheel.read_bytes()


def test_no_private_key_is_in_the_wheel(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert [name for name, data in members(wheel).items() if b"PRIVATE KEY-----\nM" in data] == []


def test_the_wheel_runs_without_the_source_tree(built: Path, tmp_path: Path) -> None:
    """Its own commands, from its own bytes: what the environment has installed of this project is not looked at."""
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import fcu_conform, reference_ca.console as maker;"
        "assert fcu_conform.__file__.startswith(sys.argv[1]);"
        "maker.cli.main(['keystore', 'line', '--length', '3'], standalone_mode=False);"
        "print(fcu_conform.check('line/keystore').verdict.value)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, str(tmp_path / "installed")], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stderr, done.stdout.splitlines()[-1]) == ("", "conformant")
