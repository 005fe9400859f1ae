"""What is collected, how it is called, and how it is selected."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcu_conform.rules import catalogue

LOUD_TEST = "def test_of_the_user():\n    raise SystemError('was collected')\n"

FOR_KEYSTORES = catalogue(
    devices=False,
    upload=False,
    validators=False,
    handshake=False,
    waivers=False,
    enrollment=False,
    horizon=False,
    thefts=False,
    account=False,
)


def ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def test_every_rule_is_one_test_with_its_code_and_subject_in_the_node_id(run, keystore: Path) -> None:
    result = run(keystore, "--collect-only", "-q")
    assert ids(result) == [f"fcu::{rule.code}[keystore]" for rule in FOR_KEYSTORES]
    assert result.ret == 0


def test_several_keystores_are_distinguished_in_the_node_ids(run, pristine: Path, tmp_path: Path) -> None:
    other = tmp_path / "line-2" / "keystore"
    other.parent.mkdir()
    other.symlink_to(pristine / "keystore")
    (tmp_path / "line-1").mkdir()
    (tmp_path / "line-1" / "keystore").mkdir()
    result = run(tmp_path / "line-1" / "keystore", other, "--co", "-q", "-k", "KEY004")
    assert ids(result) == ["fcu::KEY004[line-1]", "fcu::KEY004[line-2]"]


def test_the_tree_of_collect_only_shows_the_suite_and_its_rules(run, keystore: Path) -> None:
    result = run(keystore, "--collect-only")
    result.stdout.fnmatch_lines(["<Suite fcu>", "  <Rule CFG001?keystore?>"])
    result.stdout.no_fnmatch_line("FCU conformance*")


def test_nothing_is_collected_from_the_current_folder(run, keystore: Path, pytester) -> None:
    pytester.makepyfile(test_user=LOUD_TEST)
    result = run(keystore)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*test_user*")


def test_nothing_is_collected_from_testpaths(run, keystore: Path, pytester) -> None:
    pytester.makeini("[pytest]\ntestpaths = checks\n")
    pytester.mkdir("checks").joinpath("test_user.py").write_text(LOUD_TEST)
    result = run(keystore)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("testpaths:*")
    result.stdout.no_fnmatch_line("*test_user*")


def test_positional_arguments_are_collected_instead_of_the_suite(run, keystore: Path, pytester) -> None:
    pytester.makepyfile(test_user="def test_of_the_user(): pass\n")
    result = run(keystore, "test_user.py", "-v")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*FCU conformance*")


def test_the_suite_can_be_named_beside_other_tests(run, keystore: Path, pytester) -> None:
    pytester.makepyfile(test_user="def test_of_the_user(): pass\n")
    result = run(keystore, "test_user.py", "fcu::KEY004", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["test_user.py::test_of_the_user PASSED*", "fcu::KEY004?keystore? PASSED*"])


@pytest.mark.parametrize(
    ("selectors", "count"),
    [
        (["fcu::"], len(FOR_KEYSTORES)),
        (["fcu::KEY004[keystore]"], 1),
        (["fcu::KEY004"], 1),
        (["fcu::KEY004", "fcu::CRT001[keystore]", "fcu::KEY004[keystore]"], 2),
    ],
)
def test_the_suite_is_named_whole_by_rule_or_by_node_id(run, keystore: Path, selectors, count) -> None:
    assert len(ids(run(keystore, "--co", "-q", *selectors))) == count


def test_selection_works_with_workers_too(run, keystore: Path) -> None:
    result = run(keystore, "fcu::KEY004", "fcu::KEY006[keystore]", "-n2")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("selector", ["fcu::KEY999", "fcu::KEY004[other]", "fcu::key004"])
def test_a_selector_without_a_match_is_a_usage_error(run, keystore: Path, selector: str) -> None:
    result = run(keystore, selector)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: not found: fcu::*keystore*"])


@pytest.mark.parametrize(
    ("expression", "member", "outsider"),
    [
        ("KEY004", "KEY004", "KEY003"),
        ("chain", "CHN003", "KEY004"),
        ("CRT", "CRT001", "CHN003"),
        ("matches and fcu and certificate", "KEY004", "KEY001"),
        ("keystore and KEY001", "KEY001", "KEY002"),
    ],
)
def test_keywords_are_code_family_slug_and_subject(run, keystore: Path, expression, member, outsider) -> None:
    found = ids(run(keystore, "--co", "-q", "-k", expression))
    assert f"fcu::{member}[keystore]" in found
    assert f"fcu::{outsider}[keystore]" not in found


def test_rules_can_be_deselected(run, disordered: Path) -> None:
    result = run(disordered, "--deselect", "fcu::CHN003")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["FCU conformance: incomplete (*, 1 not run)"])


def test_last_failed_runs_only_what_failed(run, disordered: Path) -> None:
    run(disordered)
    result = run(disordered, "--lf", "-v")
    result.stdout.fnmatch_lines(["fcu::CHN003?keystore? FAILED*"])
    result.assert_outcomes(failed=1, deselected=len(FOR_KEYSTORES) - 1)


def test_failed_first_starts_with_the_failed_rules(run, disordered: Path) -> None:
    run(disordered)
    result = run(disordered, "--ff", "--co", "-q")
    assert ids(result)[0] == "fcu::CHN003[keystore]"
    assert len(ids(result)) == len(FOR_KEYSTORES)


def test_new_first_works_with_tests_without_a_file(run, keystore: Path) -> None:
    assert run(keystore, "--nf").ret == 0


def test_the_cache_is_not_needed(run, keystore: Path) -> None:
    assert run(keystore, "-p", "no:cacheprovider").ret == 0


def test_node_ids_are_the_same_below_the_root_folder(run, disordered: Path, pytester, monkeypatch) -> None:
    pytester.makeini("[pytest]\n")
    monkeypatch.chdir(pytester.mkdir("below"))
    result = pytester.runpytest_subprocess(f"--fcu-keystore={disordered}", "-v", "-k", "CHN003")
    result.stdout.fnmatch_lines(["fcu::CHN003?keystore? FAILED*", "FAILED fcu::CHN003?keystore? - *"])


def test_tests_of_the_user_get_the_content_of_the_keystore_as_fixtures(run, keystore: Path, pytester) -> None:
    pytester.makepyfile(
        """
        def test_reading(fcu_setup, fcu_setups):
            assert fcu_setups[0] is fcu_setup
            assert len(fcu_setup.keystore.fcu_crt.certificates) == 3
        """
    )
    run(keystore, ".").assert_outcomes(passed=1)
