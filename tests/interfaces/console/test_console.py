"""The console script: rules, explain, and how it fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from coverage_matrix.matrix import squeeze

from fcu_conform import __version__
from fcu_conform.interfaces.console import app, main
from fcu_conform.rules import CATALOGUE


@pytest.fixture(autouse=True)
def plain_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def test_the_version_is_shown(capsys) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"fcu-conform {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands(capsys, arguments) -> None:
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert all(f"  {name}" in out for name in app.COMMANDS)


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_has_every_rule_and_keeps_within_the_terminal(capsys, terminal, width) -> None:
    terminal(width)
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if re.match(r"[A-Z]{3}\d{3} ", line)] == [r.code for r in CATALOGUE]
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


def test_the_catalogue_as_json_has_every_field_of_each_rule(capsys) -> None:
    assert main(["rules", "--format", "json"]) == 0
    catalogue = json.loads(capsys.readouterr().out)
    assert catalogue["suite"]["rules_digest"] == CATALOGUE.digest()
    assert [rule["code"] for rule in catalogue["rules"]] == [rule.code for rule in CATALOGUE]
    assert all(rule["statement"] and rule["why"] and rule["evidence"] for rule in catalogue["rules"])


def test_the_catalogue_as_markdown_has_a_table_for_each_family(capsys) -> None:
    assert main(["rules", "--format", "md"]) == 0
    out = capsys.readouterr().out
    assert [line[3:] for line in out.splitlines() if line.startswith("## ")] == list(
        dict.fromkeys(rule.family for rule in CATALOGUE)
    )
    rows = [line for line in out.splitlines() if re.match(r"\| [A-Z]{3}\d{3} ", line)]
    assert len(rows) == len(CATALOGUE)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.code)
@pytest.mark.parametrize("width", [80, 120])
def test_every_rule_can_be_explained(capsys, terminal, rule, width) -> None:
    terminal(width)
    assert main(["explain", rule.code]) == 0
    lines = capsys.readouterr().out.splitlines()
    text = squeeze(" ".join(lines))
    assert lines[0] == f"{rule.code}  {rule.slug}  {rule.level.value}"
    for part in (rule.requirement, rule.why, rule.fix, rule.passes, rule.fails):
        assert squeeze(part) in text
    wide = [re.split(r" {2,}", line)[-1] for line in lines if len(line) > width]
    assert all(line in rule.fix or " " not in line for line in wide), "only a command or a word may be wider"


@pytest.mark.parametrize("name", ["key004", "KEY004", "key-matches-fcu-certificate"])
def test_a_rule_is_found_by_its_code_or_slug(capsys, name: str) -> None:
    assert main(["explain", name]) == 0
    assert capsys.readouterr().out.startswith("KEY004  key-matches-fcu-certificate")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "KEY04"], "unknown rule 'KEY04'; nearest: *KEY004*"),
        (["explain", "key-matches"], "unknown rule 'key-matches'; nearest: *KEY004*"),
        (["explain", "\x1b[31m?"], r"unknown rule '\x1b[31m?'; fcu-conform rules lists all"),
        (["explain"], "Missing argument 'CODE'."),
        (["explain", "KEY001", "KEY002"], "Got unexpected extra argument*"),
        (["rules", "--format", "pdf"], "Invalid value for '--format'*"),
        (["nothing"], "No such command 'nothing'*"),
        (["--nothing"], "No such option*--nothing*"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(capsys, arguments, message) -> None:
    assert main(arguments) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    pattern = re.escape(f"fcu-conform: {message}").replace(r"\*", ".*")
    assert re.fullmatch(pattern, err.rstrip("\n"))


def test_an_error_is_reported_in_one_line(capsys, monkeypatch) -> None:
    def fault(self: object) -> str:
        raise RuntimeError("very secret")

    monkeypatch.setattr(type(CATALOGUE), "digest", fault)
    assert main(["rules", "--format", "json"]) == 3
    err = capsys.readouterr().err
    assert err.startswith("fcu-conform: internal fault: RuntimeError in fault, line ")
    assert err.count("\n") == 1
    assert "very secret" not in err


def test_colour_is_used_only_if_wanted(terminal) -> None:
    import os
    import pty

    def on_a_terminal(**environment: str) -> str:
        ours, theirs = pty.openpty()
        done = subprocess.run(
            [sys.executable, "-m", "fcu_conform", "explain", "KEY004"],
            stdout=theirs,
            env={**os.environ, "TERM": "xterm", **environment},
            check=True,
        )
        os.close(theirs)
        assert done.returncode == 0
        text = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(ours)
        return text.decode()

    assert "\x1b[" in on_a_terminal()
    assert "\x1b[" not in on_a_terminal(NO_COLOR="1")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_output_works_in_every_encoding_of_the_terminal(encoding: str) -> None:
    import os

    done = subprocess.run(
        [sys.executable, "-m", "fcu_conform", "rules"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=True,
    )
    assert b"KEY004" in done.stdout
    assert done.stderr == b""


def test_a_closed_output_pipe_is_not_an_error() -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "fcu_conform", "rules", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    errors = writer.stderr.read()
    writer.stderr.close()
    assert (writer.wait(), errors) == (0, b"")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--validators", "nss"], "fcu-conform: --validators: unknown validator 'nss'"),
        (["--report", "x.doc"], "fcu-conform: --report: x.doc: unknown report format"),
        (["--at", "yesterday"], "fcu-conform: --at: 'yesterday' is not a date"),
    ],
)
def test_an_error_names_the_option_that_was_typed(capsys, keystore, options, complaint) -> None:
    assert main(["lot", "--keystore", str(keystore), *options, str(keystore)]) == 4
    err = capsys.readouterr().err
    assert err.startswith(complaint)
    assert "--fcu-" not in err


def test_a_list_of_commands_imports_none_of_them() -> None:
    program = (
        "import sys; from fcu_conform.interfaces.console import app, main; main(['--help'])\n"
        "dear = (f'{app.__package__}.', 'fcu_conform.engine', 'fcu_conform.rules')\n"
        "print([name for name in sys.modules if name.startswith(dear)])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert loaded == "['fcu_conform.interfaces.console.search_path', 'fcu_conform.interfaces.console.app']"


@pytest.mark.parametrize("name", app.COMMANDS)
def test_every_listed_command_exists_and_has_a_help_text(name: str, capsys) -> None:
    assert app.main([name, "--help"]) == 0
    assert f"fcu-conform {name} [OPTIONS]" in capsys.readouterr().out
