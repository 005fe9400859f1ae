"""The protocol with any other program: what it is asked, what it may answer, and the examples of the documentation."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from base64 import b64decode
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fcu_conform.validators.adapters import external
from fcu_conform.validators.adapters.external import ExternalCommand, request, response
from fcu_conform.validators.adapters.openssl_command import OpensslCommand
from fcu_conform.validators.model import Answer, Question, ValidatorFault
from validators import paths
from validators.paths import AT, DAY, DEVICE, FCU, usual

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
SHELL = shlex.quote(str(DOCS / "examples" / "openssl_validator.sh"))
STRICT = f"{shlex.quote(sys.executable)} {shlex.quote(str(DOCS / 'examples' / 'strict_validator.py'))}"
SCHEMA = json.loads(Path(external.__file__).with_name("external.schema.json").read_text(encoding="utf-8"))
QUESTION = Question(b"leaf", (b"one", b"two"), (b"anchor",), datetime(2026, 6, 1, 12, 0, 5, 999, timezone.utc))
ACCEPTED = '{"verdict": "accepted"}'


def fits(document: Any, which: str) -> bool:
    schema = {"$ref": f"#/$defs/{which}", "$defs": SCHEMA["$defs"]}
    return bool(jsonschema.Draft202012Validator(schema).is_valid(document))


def saying(text: str, seconds: float = 10) -> ExternalCommand:
    """A program that says something, whatever it is asked."""
    return ExternalCommand("mine", f"printf %s {shlex.quote(text)}", seconds)


def shell(source: str, seconds: float = 10) -> ExternalCommand:
    return ExternalCommand("mine", f"sh -c {shlex.quote(source)}", seconds)


def test_the_schema_is_a_valid_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_request_is_valid_by_the_schema_and_contains_the_question(tmp_path: Path) -> None:
    shell(f"cat > {tmp_path}/request; printf %s '{ACCEPTED}'").ask(QUESTION)
    text = (tmp_path / "request").read_text("ascii")
    assert text.count("\n") == 1
    asked = json.loads(text)
    assert fits(asked, "request")
    assert asked["protocol"] == 1
    assert asked["at"] == "2026-06-01T12:00:05Z"
    assert b64decode(asked["leaf"]) == b"leaf"
    assert [b64decode(one) for one in asked["untrusted"]] == [b"one", b"two"]
    assert [b64decode(one) for one in asked["anchors"]] == [b"anchor"]


def test_the_instant_is_given_in_utc() -> None:
    at = datetime(2026, 6, 1, 2, tzinfo=timezone(timedelta(hours=5.5)))
    asked = request(Question(b"", (), (), at))
    assert asked["at"] == "2026-05-31T20:30:00Z"
    assert fits(asked, "request")


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ({"verdict": "accepted"}, Answer(True)),
        ({"protocol": 1, "verdict": "accepted", "reason": "fine"}, Answer(True)),
        ({"verdict": "accepted", "dates_left_out": True}, Answer(True, dates_left_out=True)),
        ({"verdict": "refused", "reason": "no\n  way\x1b!"}, Answer(False, "no way !")),
        ({"verdict": "refused", "reason": "é", "dates_left_out": False, "version": "9"}, Answer(False, "é")),
        ({"verdict": "refused", "reason": "x" * 1000}, Answer(False, "x" * 299 + "…")),
    ],
)
def test_an_answer_that_is_valid_by_the_schema_is_accepted(document: dict[str, Any], answer: Answer) -> None:
    assert fits(document, "response")
    assert response(json.dumps(document).encode())[0] == answer
    assert saying(json.dumps(document)).ask(QUESTION) == answer


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "not a JSON object"),
        ("accepted", "not a JSON object"),
        (None, "not a JSON object"),
        ({}, "the verdict is None"),
        ({"verdict": True}, "the verdict is True"),
        ({"verdict": "Accepted"}, "the verdict is 'Accepted'"),
        ({"verdict": ["accepted"]}, "the verdict is"),
        ({"verdict": "refused"}, "refused without a reason"),
        ({"verdict": "refused", "reason": " \n"}, "refused without a reason"),
        ({"verdict": "refused", "reason": 5}, "the reason is not a string"),
        ({"verdict": "accepted", "version": 3}, "the version is not a string"),
        ({"verdict": "accepted", "dates_left_out": 1}, "dates_left_out is not"),
        ({"verdict": "accepted", "protocol": 2}, "speaks protocol 2"),
        ({"verdict": "accepted", "protocol": "1"}, "speaks protocol '1'"),
        ({"verdict": "accepted", "protocol": True}, "speaks protocol True"),
        ({"verdict": "accepted", "date_left_out": True}, "unknown member 'date_left_out'"),
    ],
)
def test_an_answer_that_is_invalid_by_the_schema_is_a_fault(document: Any, words: str) -> None:
    assert not fits(document, "response")
    with pytest.raises(ValidatorFault, match=f"^mine gave no verdict: .*{re.escape(words)}"):
        saying(json.dumps(document)).ask(QUESTION)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "no output"),
        (" \n", "no output"),
        ("accepted", "not one JSON document"),
        (ACCEPTED[:-1], "not one JSON document"),
        (ACCEPTED * 2, "not one JSON document"),
        ('{"verdict": "refused", "reason": "a", "verdict": "accepted"}', "a member occurs twice"),
        ("[" * 60000, "nested too deeply|not one JSON document"),
    ],
)
def test_output_that_is_not_json_is_a_fault(said: str, words: str) -> None:
    with pytest.raises(ValidatorFault, match=f"^mine gave no verdict: .*({words})"):
        saying(said).ask(QUESTION)


def test_output_that_is_not_utf8_is_a_fault() -> None:
    with pytest.raises(ValidatorFault, match="its output is not UTF-8"):
        shell('printf \'{"verdict": "accepted", "version": "\\377"}\'').ask(QUESTION)


def test_a_number_too_long_for_python_is_a_fault() -> None:
    with pytest.raises(ValidatorFault, match="gave no verdict"):
        saying('{"verdict": "accepted", "protocol": ' + "9" * 5000 + "}").ask(QUESTION)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"printf %s '{ACCEPTED}'; exit 3", "^mine ended with status 3: no output$"),
        ("echo 'no bench' >&2; echo more >&2; exit 1", "^mine ended with status 1: no bench$"),
        (f"printf %s '{ACCEPTED}'; kill -ABRT $$", "^mine was ended by signal 6"),
        (
            "echo hint >&2; echo nonsense",
            r"^mine gave no verdict: its output is not one JSON document: .* \(its output: hint\)$",
        ),
        ("exec yes", r"^mine wrote more than 64 KiB$"),
        ("printf '\\033]0;x\\007\\n' >&2; exit 1", r"^mine ended with status 1: \]0;x$"),
    ],
)
def test_a_program_that_fails_gives_no_verdict_and_its_message_is_reported(source: str, words: str) -> None:
    with pytest.raises(ValidatorFault, match=words):
        shell(source).ask(QUESTION)


def test_a_program_that_hangs_gives_no_verdict() -> None:
    with pytest.raises(ValidatorFault, match=r"^mine did not answer within 0\.3 s$"):
        shell(f"printf %s '{ACCEPTED}'; sleep 86400", 0.3).ask(QUESTION)


def test_an_answer_counts_although_a_child_keeps_the_pipe_open() -> None:
    assert shell(f"sleep 86400 & printf %s '{ACCEPTED}'").ask(QUESTION) == Answer(True)


def test_a_program_that_is_missing_is_a_fault() -> None:
    missing = ExternalCommand("mine", "/no/such/program --flag")
    for ask in (missing.version, lambda: missing.ask(QUESTION)):
        with pytest.raises(ValidatorFault, match=r"^mine cannot be started: .*/no/such/program"):
            ask()


@pytest.mark.parametrize("command", ["", "  ", "''", "sh -c 'x"])
def test_a_command_that_cannot_be_read_is_refused_at_once(command: str) -> None:
    with pytest.raises(
        ValueError, match=r"^the command of validator mine (is empty|cannot be read: No closing quotation)$"
    ):
        ExternalCommand("mine", command)


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    echo = ExternalCommand("mine", f"echo '$HOME' \"a  b\" ; touch {tmp_path}/made")
    with pytest.raises(ValidatorFault, match="not one JSON document"):
        echo.ask(QUESTION)
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_the_last_one_that_the_program_reported() -> None:
    mine = saying('{"verdict": "accepted", "version": "bench 7\\n(A)"}')
    assert mine.version() == ""
    mine.ask(QUESTION)
    assert mine.version() == "bench 7 (A)"


def test_the_examples_are_programs_and_the_documentation_shows_them() -> None:
    text = (DOCS / "validators.md").read_text(encoding="utf-8")
    for name in ("openssl_validator.sh", "strict_validator.py"):
        assert (DOCS / "examples" / name).stat().st_mode & 0o111
        assert f"examples/{name}" in text


def test_the_documents_in_the_documentation_are_valid_by_the_schema() -> None:
    text = (DOCS / "validators.md").read_text(encoding="utf-8")
    blocks = [json.loads(one) for one in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    assert len(blocks) == 3
    assert fits(blocks[0], "request")
    for document in blocks[1:]:
        assert fits(document, "response")
        response(json.dumps(document).encode())


@pytest.mark.parametrize("mode", ["R", "F", "D1", "D2", "P1"])
@pytest.mark.parametrize(
    "path",
    [
        usual(),
        usual(device=DEVICE.but(signed_by="x")),
        usual(device=DEVICE.but(not_after=AT - DAY)),
        usual(fcu=FCU.but(not_after=AT - DAY)),
        usual(fcu=FCU.but(usage=frozenset({"crl_sign"}))),
        usual().with_leaf(b"\x30\x03\x02\x01\x05"),
        usual(device=DEVICE.but(common_name='a"b\\c', signed_by="x")),
    ],
)
def test_the_example_in_shell_agrees_with_openssl(path: paths.Path, mode: str) -> None:
    if shutil.which("openssl") is None:
        pytest.fail("the openssl command is needed")
    question, example = path.in_mode(mode), ExternalCommand("example", SHELL)
    expected, answer = OpensslCommand().ask(question), example.ask(question)
    assert answer.accepted is expected.accepted
    assert bool(answer.reason) is not answer.accepted
    assert example.version() == OpensslCommand().version()


def test_the_example_in_shell_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert ExternalCommand("example", SHELL).ask(usual().root_only()).accepted
    assert list(tmp_path.iterdir()) == []


def test_the_example_in_python_is_as_strict_as_strict_readers() -> None:
    example = ExternalCommand("example", STRICT, 60)
    assert example.ask(usual().root_only()) == Answer(True)
    assert example.version().startswith("OpenSSL ")
    answer = example.ask(usual(device=DEVICE.but(aki=b"")).root_only())
    assert not answer.accepted
    assert "Authority Key Identifier" in answer.reason
    unreadable = example.ask(usual().with_leaf(b"\x30\x03\x02\x01\x05").root_only())
    assert unreadable.reason.startswith("cannot be read: ")


@pytest.mark.parametrize("command", [SHELL, STRICT], ids=["shell", "python"])
def test_the_examples_refuse_to_speak_another_protocol(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "PROTOCOL", 2)
    with pytest.raises(ValidatorFault, match="ended with status 1: this program speaks protocol 1"):
        ExternalCommand("example", command, 60).ask(usual().root_only())
