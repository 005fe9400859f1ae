"""Validators are chosen by name, in a fixed order, and looked for without being imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fcu_conform.validators import registry
from fcu_conform.validators.isolation.origin import Origin
from fcu_conform.validators.libraries import Library
from fcu_conform.validators.model import ValidatorFault

from .paths import Path

MINE = ("cryptography", "openssl", "openssl-partial", "pyhanko", "certvalidator")


@pytest.fixture
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _name: None)


def test_the_order_is_fixed_and_four_are_the_core() -> None:
    assert registry.NAMES[:8] == (
        "cryptography",
        "openssl",
        "openssl-partial",
        "pyhanko",
        "mbedtls",
        "certtool",
        "openssl-command",
        "certvalidator",
    )
    assert registry.CORE == ("cryptography", "openssl", "pyhanko", "mbedtls")


def test_every_adapter_has_its_registered_name() -> None:
    for entry in registry.ENTRIES:
        validator = entry.validator()
        assert validator.name == entry.name
        assert validator.stands_for
        assert validator.acceptance_counts is (entry.name != "certvalidator")


def test_a_list_of_names_comes_in_the_registrys_order_and_each_once() -> None:
    chosen = registry.select("certvalidator, openssl-partial,cryptography,openssl-partial")
    assert [validator.name for validator in chosen] == ["cryptography", "openssl-partial", "certvalidator"]


@pytest.mark.parametrize("spec", ["openssl,polarssl", "", "openssl,", "Cryptography", "auto,openssl", "all,auto"])
def test_an_unknown_name_is_refused_with_the_known_ones(spec: str) -> None:
    with pytest.raises(
        ValueError, match=f"unknown validator .*: choose auto, all, none, or some of {', '.join(MINE[:3])}"
    ):
        registry.select(spec)


def test_all_includes_missing_validators_which_report_that_they_are_missing(
    good_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library("missing", "a test", "no-such-package", "no_such_package")
    missing = registry.Entry("missing", "missing_library", "Missing", library=library)
    made = registry.Entry.origin.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(registry.Entry, "origin", property(lambda entry: nowhere if entry is missing else made(entry)))
    nowhere = Origin("validators.missing_library", "Missing", (), library.distribution)
    monkeypatch.setattr(registry, "ENTRIES", (*registry.ENTRIES, missing))
    monkeypatch.setattr(registry, "NAMES", (*registry.NAMES, "missing"))
    chosen = {validator.name: validator for validator in registry.select("all")}
    assert tuple(chosen) == registry.NAMES
    assert chosen["cryptography"].ask(good_path.root_only()).accepted
    with pytest.raises(ValidatorFault, match=r"^no-such-package is not installed: pip install no-such-package$"):
        chosen["missing"].ask(good_path.root_only())
    assert "missing" not in {validator.name for validator in registry.select("auto")}


def test_auto_includes_installed_validators() -> None:
    chosen = [validator.name for validator in registry.select("auto")]
    assert set(MINE) <= set(chosen)
    assert chosen == [name for name in registry.NAMES if name in chosen]


@pytest.mark.usefixtures("_nothing_installed")
def test_auto_omits_python_libraries_that_are_not_installed() -> None:
    assert not set(MINE) & {validator.name for validator in registry.available()}


def test_auto_omits_tools_without_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = registry.Entry("pyhanko", "pyhanko", "Pyhanko")
    assert entry.available()

    def broken(_self: object) -> str:
        raise ValidatorFault("not here")

    monkeypatch.setattr("fcu_conform.validators.adapters.pyhanko.Pyhanko.version", broken)
    assert not entry.available()


def test_looking_for_python_libraries_imports_none() -> None:
    program = """
import sys
from fcu_conform.validators import registry
for entry in registry.ENTRIES:
    if entry.library:
        assert entry.available(), entry.name
names = ("cryptography", "OpenSSL", "pyhanko_certvalidator", "certvalidator", "oscrypto", "asn1crypto")
print([name for name in names if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
