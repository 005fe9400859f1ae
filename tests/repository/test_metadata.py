"""The project's description of itself agrees with itself."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

import fcu_conform
from repository.sources import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    document: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return document["project"]  # type: ignore[no-any-return]


def test_the_version_is_the_same_everywhere(project: dict[str, Any]) -> None:
    assert project["version"] == fcu_conform.__version__


def requirements(project: dict[str, Any]) -> dict[str, str]:
    """Lower bound of every requirement by its name, those of the extras included."""
    listed = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    bounds: dict[str, str] = {}
    for requirement in listed:
        if requirement.startswith(project["name"]):
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)>=([0-9.]+)(?:,<[0-9.]+)?(?:; .*)?", requirement)
        assert match, f"{requirement}: not of the form NAME>=VERSION"
        assert bounds.setdefault(match[1], match[2]) == match[2], f"{match[1]} has two lower bounds"
    return bounds


def test_the_oldest_environment_installs_the_lower_bounds(project: dict[str, Any]) -> None:
    lines = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert len(pinned) >= 12
    assert pinned == requirements(project)
    assert list(pinned) == sorted(pinned)


def test_every_supported_python_is_tested(project: dict[str, Any]) -> None:
    promised = [c.rpartition(" ")[2] for c in project["classifiers"] if re.search(r":: 3\.\d+$", c)]
    environments = (ROOT / "tox.ini").read_text(encoding="utf-8").split("env_list = ")[1].splitlines()[0].split(", ")
    assert promised
    assert [f"py{version.replace('.', '')}" for version in promised] == [e for e in environments if e.startswith("py")]
    assert project["requires-python"] == f">={promised[0]}"


def test_the_changelog_has_a_section_for_the_next_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog\n")
    assert re.search(r"\n## (.+)\n", text)[1] == "1.1.0 (unreleased)"  # type: ignore[index]
    kinds = re.findall(r"\n### (.+)\n", text.partition("\n## [1.0.0]")[0])
    assert kinds == ["Added", "Changed", "Stricter", "Fixed"]


def test_every_public_name_of_the_package_exists() -> None:
    for name in fcu_conform.__all__:
        assert getattr(fcu_conform, name) is not None
    with pytest.raises(AttributeError, match=r"^module 'fcu_conform' has no attribute 'nothing'$"):
        _ = fcu_conform.nothing
