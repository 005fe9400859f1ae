"""What `tox -e new` begins is found unfinished; who follows the how-to to the letter ends with tests that pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest
from docs.blocks import Block, blocks, commands_of

from repository.begun import unfinished
from repository.finished import FINISHES, finish
from repository.new import FAMILIES, begin_rule, main, next_code
from repository.sources import ROOT

ASK = """
from fcu_conform.rules import CATALOGUE
from reference_ca.defects import DEFECTS
rule = list(CATALOGUE[code] for code in {codes!r})
print([(r.code, r.slug, r.level.value) for r in rule])
print(sorted(name for name, defect in DEFECTS.items() if set(defect.breaks) & set({codes!r})))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The two packages, to be changed."""
    for package in ("fcu_conform", "reference_ca"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def python(folder: Path, *arguments: str, interpreter: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Python with the packages and the tests of a copy."""
    path = os.pathsep.join(map(str, (folder, folder / "tests")))
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [interpreter, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_nothing_new_is_left_unfinished() -> None:
    assert list(unfinished(ROOT)) == []


def test_a_rule_of_every_family_can_be_started(copy: Path) -> None:
    codes = [begin_rule(copy, family, f"{family.lower()}-is-as-it-should-be").name for family in FAMILIES]
    asked = python(copy, "-c", ASK.format(codes=codes))
    assert asked.returncode == 0, asked.stderr
    rules, defects = asked.stdout.splitlines()
    assert eval(rules) == [(code, f"{code[:3].lower()}-is-as-it-should-be", "error") for code in codes]
    assert eval(defects) == sorted(f"{code[:3].lower()}-is-as-it-should-be-broken" for code in codes)


def test_each_place_that_is_unfinished_is_named(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "CHN", "root-has-common-name", "--level", "warning"], copy) == 0
    assert main(["validator", "acme-tls"], copy) == 0
    assert main(["report", "csv"], copy) == 0
    said = capsys.readouterr().out
    assert said.count("tox -e expected -- --write\n") == 2
    places = [line.rpartition(":")[0].rpartition(":")[0] for line in unfinished(copy)]
    assert places == [
        "fcu_conform/interfaces/reports/csv_report.py",
        "fcu_conform/rules/keystore/chain.py",
        "fcu_conform/validators/adapters/acme_tls.py",
        "reference_ca/defects/in_chains.py",
    ]
    assert all(place in said for place in places)


def test_a_new_code_continues_its_family(copy: Path) -> None:
    before = next_code(copy, "CHN")
    begin_rule(copy, "CHN", "root-has-common-name", "warning")
    assert int(next_code(copy, "CHN")[3:]) == int(before[3:]) + 1


@pytest.mark.parametrize("words", [["rule", "SYS", "x"], ["rule", "CHN", "Root"], ["validator", "a_b"], ["report"]])
def test_invalid_names_of_new_parts_are_refused(words: list[str], copy: Path) -> None:
    with pytest.raises(SystemExit):
        main(words, copy)
    assert list(unfinished(copy)) == []


TRY = """
import sys
from pathlib import Path
import reference_ca.console as maker
from fcu_conform import check
maker.main(["defect", sys.argv[1], "made"])
report = check("made/keystore")
print(*sorted(result.code for result in report.results if result.outcome.value in ("failed", "warned")))
"""


def page(name: str) -> list[Block]:
    return [block for block in blocks() if block.page == f"docs/howto/{name}.md"]


def words_of(page: list[Block]) -> list[str]:
    """What the page's command gives to `tox -e new`."""
    lines = (line for block in page if block.language == "sh" for line in commands_of(block.text))
    (command,) = (line for line in lines if line.startswith("tox -e new -- "))
    return command.removeprefix("tox -e new -- ").split()


def follow_rule(folder: Path) -> str:
    """Does what the page about rules says, in a copy; gives the rule's code."""
    code = next_code(folder, "CHN")
    rule, defect = (block.text for block in page("rule") if block.language == "python")
    assert main(words_of(page("rule")), folder) == 0
    files = ("fcu_conform/rules/keystore/chain.py", "reference_ca/defects/in_chains.py")
    for path, text in zip((folder / name for name in files), (rule, defect), strict=True):
        begun = path.read_text(encoding="utf-8")
        imports, _, written = text.rpartition("\n\n\n")
        begun = begun.replace("\nfrom fcu_conform", f"\n{imports}\nfrom fcu_conform", 1) if imports else begun
        path.write_text(begun[: begun.rindex("\n@") + 1] + written, encoding="utf-8")
    return code


def test_the_page_about_rules_can_be_followed_to_the_letter(copy: Path) -> None:
    """Its command, its rule and its defect; the linter has nothing to say, and what it breaks only this rule names."""
    code = follow_rule(copy)
    shutil.copy(ROOT / "pyproject.toml", copy)
    if find_spec("ruff"):
        python(copy, "-m", "ruff", "check", "--fix", "--select", "I", "fcu_conform/rules")
        linted = python(copy, "-m", "ruff", "check", "fcu_conform/rules", "reference_ca/defects")
        assert linted.returncode == 0, linted.stdout
    tried = python(copy, "-c", TRY, f"{words_of(page('rule'))[2]}-broken")
    assert tried.stdout.splitlines()[-1:] == [code], tried.stderr


def follow_validator(folder: Path) -> None:
    """Does what the page about validators says of an adapter."""
    (adapter,) = (block.text for block in page("validators") if "(PythonLibrary)" in block.text)
    (known,) = (block.text for block in page("validators") if block.text.startswith("ACME_GATEWAY = "))
    words = words_of(page("validators"))
    assert main(words, folder) == 0
    libraries = folder / "fcu_conform" / "validators" / "libraries.py"
    text = libraries.read_text(encoding="utf-8")
    libraries.write_text(text[: text.rindex("ACME_GATEWAY = ")] + known, encoding="utf-8")
    path = folder / "fcu_conform" / "validators" / "adapters" / f"{words[1].replace('-', '_')}.py"
    path.write_text(adapter, encoding="utf-8")


def follow_report(folder: Path) -> None:
    """Does what the page about reports says."""
    (report,) = (block.text for block in page("report") if "def render" in block.text)
    words = words_of(page("report"))
    assert main(words, folder) == 0
    path = folder / "fcu_conform" / "interfaces" / "reports" / f"{words[1]}_report.py"
    path.write_text(report, encoding="utf-8")


def interpreter_of(tree: Path, folder: Path) -> str:
    """Python of a virtual environment that finds the packages of a tree first, and what is installed here."""
    venv.create(folder, symlinks=True)
    bare = {"base": str(folder), "platbase": str(folder)}
    found = [str(tree), *(path for path in sys.path if path.endswith("site-packages"))]
    (Path(sysconfig.get_path("purelib", vars=bare)) / "tree.pth").write_text("\n".join(found) + "\n")
    scripts = Path(sysconfig.get_path("scripts", vars=bare))
    for command, module in (("fcu-conform", "fcu_conform"), ("reference-ca", "reference_ca")):
        (scripts / command).write_text(
            f"#!{scripts / 'python'}\nimport runpy\nrunpy.run_module('{module}', run_name='__main__')\n"
        )
        (scripts / command).chmod(0o755)
    return str(scripts / "python")


@pytest.mark.long
def test_following_the_how_to_ends_with_passing_tests(tmp_path: Path) -> None:
    """One rule of each family, a validator and a report in a copy of the tree; then the one command, then the tests."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("__pycache__", ".venv", ".git", ".tox", ".*_cache"))
    follow_rule(tree)
    for family in FINISHES:
        finish(begin_rule(tree, family, f"{family.lower()}-is-no-draft"), family)
    follow_validator(tree)
    follow_report(tree)
    assert list(unfinished(tree)) == []
    interpreter = interpreter_of(tree, tmp_path / "environment")
    written = python(tree / "tests", "-m", "repository.generated", "--write", interpreter=interpreter)
    assert written.returncode == 0, written.stdout + written.stderr
    tests = (
        *("coverage_matrix", "rules", "vectors", "validators", "interfaces/reports", "secrecy"),
        *("independent_corpus/test_second_opinions.py", "docs/test_options.py", "docs/test_names.py"),
    )
    options = ("-q", "-p", "no:cacheprovider", "--maxfail=20")
    done = python(tree, "-m", "pytest", *options, *(f"tests/{name}" for name in tests), interpreter=interpreter)
    assert done.returncode == 0, done.stdout[-8000:]


def test_expectations_are_not_rewritten_in_an_unfinished_tree(copy: Path) -> None:
    shutil.copytree(ROOT / "tests" / "repository", copy / "tests" / "repository")
    begin_rule(copy, "CHN", "root-has-common-name")
    done = python(copy, "-m", "repository.generated", "--write")
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["begun, and not finished:", *unfinished(copy)]


TRY_EACH = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from fcu_conform import check
from reference_ca import KeySource
from reference_ca.defects import DEFECTS
at = datetime(2026, 6, 1, tzinfo=timezone.utc)
for name in sys.argv[1:]:
    setup = DEFECTS[name].make(KeySource(name, at=at))
    setup.write(Path(name))
    more = {"devices": [f"{name}/devices"]} if setup.devices else {}
    upload = Path(name, "upload.pem")
    more |= {"portal_upload": upload} if upload.exists() else {}
    report = check(f"{name}/keystore", at=at, validators="none", **more)
    print(name, *sorted(result.code for result in report.results if result.outcome.value in ("failed", "warned")))
"""


def test_a_new_rule_of_a_family_is_broken_by_its_defect_alone(copy: Path) -> None:
    assert set(FINISHES) == set(FAMILIES)
    codes = {}
    for family in FAMILIES:
        begun = begin_rule(copy, family, f"{family.lower()}-is-no-draft")
        finish(begun, family)
        codes[f"{family.lower()}-is-no-draft-broken"] = begun.name
    assert list(unfinished(copy)) == []
    tried = python(copy, "-c", TRY_EACH, *codes)
    assert tried.stdout.splitlines() == [" ".join(item) for item in codes.items()], tried.stderr
