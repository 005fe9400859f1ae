"""Keystores to judge, made by the reference CA's console script, and pytest as users run it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inprocess import reference_ca, run_pytest
from jsonschema import Draft202012Validator, FormatChecker

from fcu_conform import check
from fcu_conform.interfaces.pytest_plugin import suite  # noqa: F401
from fcu_conform.interfaces.reports import html_report, json_report, markdown_report, sarif_report  # noqa: F401
from fcu_conform.rules import CATALOGUE  # noqa: F401

AT = "2026-06-01T00:00:00Z"


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conformant keystore of three certificates, beside its configuration."""
    folder = tmp_path_factory.mktemp("line")
    reference_ca("keystore", folder, "--length", "3", "--seed", "faces", "--name", "FCU line 1")
    # Runs of pytest inside this process forget every module that they are the first to import, and compiled
    # modules cannot be imported twice: so everything is imported here.
    check(folder / "keystore")
    return folder


@pytest.fixture
def keystore(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it, to be broken."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(pristine, folder, dirs_exist_ok=True)
    (folder / "keystore").chmod(0o700)
    return folder / "keystore"


@pytest.fixture
def disordered(keystore: Path) -> Path:
    """A keystore that fails CHN003: intermediate and root have changed places."""
    crt = keystore / "fcu.crt"
    end = "-----END CERTIFICATE-----\n"
    first, second, third = (block + end for block in crt.read_text().split(end)[:3])
    crt.write_text(first + third + second)
    return keystore


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """The same terminal everywhere; called with a width, one of that width."""

    def columns(width: int) -> None:
        monkeypatch.setenv("COLUMNS", str(width))

    for name in ("CI", "BUILD_NUMBER", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    columns(80)
    return columns


Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """pytest with ``--fcu-keystore`` for each path given, from an empty folder, at a fixed instant.

    Validators are asked only where a test says so: which there are differs from machine to machine.
    """

    def run(*arguments: str | Path, fresh: bool = False, at: str = AT) -> pytest.RunResult:
        keystores = [f"--fcu-keystore={path}" for path in arguments if isinstance(path, Path)]
        others = [text for text in arguments if isinstance(text, str)]
        words = (*keystores, f"--fcu-at={at}", "--fcu-validators=none", *others)
        return run_pytest(pytester, *words, fresh=fresh)

    return run


@pytest.fixture
def read_report(pytester: pytest.Pytester) -> Callable[..., dict[str, Any]]:
    """Reads a JSON report of the current folder, which must be valid."""
    schema = json_report.schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())

    def read(name: str = "report.json") -> dict[str, Any]:
        document: dict[str, Any] = json.loads((pytester.path / name).read_bytes())
        validator.validate(document)
        return document

    return read
