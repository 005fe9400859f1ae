"""What a run over a keystore loads, and what it leaves to the garbage collector."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import gc, sys, pytest
class Spy:
    def pytest_sessionfinish(self):
        print()
        print("LOADED", *sys.modules)
        print("FROZEN", gc.get_freeze_count() > 0, gc.isenabled())
pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[Spy()])
print("THAWED", gc.get_freeze_count() == 0)
"""


def run(pytester: pytest.Pytester, *arguments: str) -> dict[str, list[str]]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True, check=False)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith(("LOADED", "FROZEN", "THAWED"))]
    return {first: rest for first, *rest in lines}


def test_a_run_over_a_keystore_loads_nothing_for_devices_validators_or_reports(
    pytester: pytest.Pytester, pristine: Path
) -> None:
    loaded = run(pytester, f"--fcu-keystore={pristine / 'keystore'}", "--fcu-validators=none")["LOADED"]
    assert "fcu_conform.engine.examination" in loaded
    dear = [
        "rich",
        "jinja2",
        "dulwich",
        "click",
        "cbor2",
        "securesystemslib",
        "pyarrow",
        "cryptography.x509",
        "OpenSSL",
    ]
    dear += ["tarfile", "fcu_conform.artefacts.device", "fcu_conform.artefacts.bundle", "fcu_conform.engine.lot"]
    dear += ["fcu_conform.artefacts.device_output", "fcu_conform.validators.isolation.worker"]
    assert [name for name in dear if name in loaded] == []


def test_validators_are_loaded_in_their_process_alone(pytester: pytest.Pytester, pristine: Path) -> None:
    loaded = run(
        pytester, f"--fcu-keystore={pristine / 'keystore'}", "--fcu-validators=cryptography,openssl,pyhanko,mbedtls"
    )["LOADED"]
    assert "fcu_conform.validators.isolation.workers" in loaded
    dear = ["cryptography.x509", "OpenSSL", "pyhanko_certvalidator", "asn1crypto", "ctypes.util"]
    assert [name for name in dear if name in loaded] == []


def test_loaded_objects_are_hidden_from_the_garbage_collector_during_the_run_only(
    pytester: pytest.Pytester, pristine: Path
) -> None:
    told = run(pytester, f"--fcu-keystore={pristine / 'keystore'}", "--fcu-validators=none")
    assert (told["FROZEN"], told["THAWED"]) == (["True", "True"], ["True"])


def test_beside_tests_of_the_users_the_collector_is_as_it_was(pytester: pytest.Pytester, pristine: Path) -> None:
    pytester.makepyfile(test_user="def test_of_the_user(): pass\n")
    told = run(pytester, f"--fcu-keystore={pristine / 'keystore'}", "--fcu-validators=none", "test_user.py", "fcu::")
    assert told["FROZEN"] == ["False", "True"]
