"""Files, rules and options named in the documentation exist, and every command and option is in the reference."""

from __future__ import annotations

import configparser
import re
import sys

import click
import pytest

from docs.blocks import ROOT, pages, place
from fcu_conform.interfaces.console.app import application
from fcu_conform.interfaces.run.options import OPTIONS
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.family import Family
from reference_ca.console.app import COMMANDS as MAKING

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXTS = {place(page): page.read_text(encoding="utf-8") for page in pages()}
REFERENCE = TEXTS["docs/reference.md"]
FOLDERS = ("tests", "docs", "fcu_conform", "reference_ca", "benchmarks", "fixtures", ".ci")

OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+)")


def names(pattern: str) -> list[tuple[str, str]]:
    """What a pattern finds on any page, with the page."""
    return [(page, found) for page, text in TEXTS.items() for found in re.findall(pattern, text)]


def options(command: click.Command) -> set[str]:
    own = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    return own.union(*map(options, getattr(command, "commands", {}).values()))


def command(*words: str) -> click.Command:
    group = application
    assert isinstance(group, click.Group)
    found = group.get_command(click.Context(group), words[0])
    assert found is not None
    return found


COMMANDS = sorted(application.list_commands(click.Context(application)))


def test_files_and_folders_named_in_pages_exist() -> None:
    found = names(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]+)`")
    assert len(found) > 15
    made = ("docs/rules",)
    assert [(page, path) for page, path in found if not (ROOT / path).exists() and not path.startswith(made)] == []


def test_links_of_pages_outside_sphinx_have_a_target() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "fixtures/README.md"):
        links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXTS[page])
        local = [link for link in links if not link.startswith("https://")]
        assert [link for link in local if not (ROOT / page).parent.joinpath(link).exists()] == [], page
    assert len(re.findall(r"\]\(docs/", TEXTS["README.md"])) > 15


def test_tox_environments_named_in_pages_exist() -> None:
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(ROOT / "tox.ini", encoding="utf-8")
    known = {section.removeprefix("testenv:") for section in ini.sections()}
    listed = set(re.split(r"[,\s]+", ini["tox"]["env_list"].strip()))
    named = {(page, name) for page, found in names(r"tox -e ([a-z0-9][a-z0-9,-]*)") for name in found.split(",")}
    of_examples = {("docs/pipelines.md", "fcu")}
    assert len(named) > 8
    assert {one for one in named - of_examples if one[1] not in known | listed} == set()


def test_rules_named_in_pages_exist() -> None:
    found = names(rf"\b((?:{'|'.join(Family)})\d{{3}})\b")
    assert len(found) > 60
    begun = {("docs/howto/rule.md", "CHN015")}
    assert {one for one in found if one[1] not in CATALOGUE} - begun == set()


def test_pytest_options_named_in_pages_exist() -> None:
    flags = {option.flag for option in OPTIONS}
    found = names(r"(--fcu-[a-z-]+)")
    assert len(found) > 40
    assert {one for one in found if one[1] not in flags} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_reference_with_its_real_options(name: str) -> None:
    rows = re.findall(rf"^\| `fcu-conform {name}( [^`]*)?` \|", REFERENCE, re.MULTILINE)
    assert len(rows) == 1
    assert set(OPTION.findall(rows[0])) <= options(command(name))


def test_every_command_named_in_pages_exists() -> None:
    found = names(r"fcu-conform ((?!installed\b)[a-z][a-z-]+)\b")
    assert len(found) > 20
    assert {one for one in found if one[1] not in COMMANDS} == set()
    made = names(r"`?reference-ca ([a-z]+)\b")
    assert {one for one in made if one[1] not in MAKING} == set()


def test_every_command_of_the_reference_ca_is_in_the_reference() -> None:
    table = REFERENCE.partition("## reference-ca")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
    assert {name.split()[0] for cell in cells for name in re.findall(r"`([^`]+)`", cell)} == set(MAKING)


def test_the_page_about_lots_has_every_option_that_only_lots_have() -> None:
    rows = "".join(re.findall(r"^\| (`--.*?) \|", TEXTS["docs/lot.md"], re.MULTILINE))
    assert set(OPTION.findall(rows)) == options(command("lot")) - {option.plain_flag for option in OPTIONS}


def test_options_named_in_the_pages_about_certification_and_comparison_exist() -> None:
    text = TEXTS["docs/certification.md"]
    rows = "".join(re.findall(r"^\| (`--.*?) \|", text, re.MULTILINE))
    assert set(OPTION.findall(rows)) == options(command("verify-statement"))


def test_every_dependency_has_a_row_with_its_lower_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = TEXTS["docs/dependencies.md"]
    named = set(re.findall(r"([A-Za-z0-9._-]+) ≥ ([0-9.]+)", page))
    assert named == {tuple(requirement.split(";")[0].split(">=")) for requirement in project["dependencies"]}
    extras = page.partition("Extras: ")[2].partition("\n\n")[0]
    assert [extra for extra in project["optional-dependencies"] if f"`{extra}`" not in extras] == []
