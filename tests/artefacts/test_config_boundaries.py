"""fcu.yml at its limits: levels, events, aliases, numbers, and what each value is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcu_conform.artefacts import config
from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble
from fcu_conform.artefacts.config import ConfigFile


def read(text: str | bytes) -> ConfigFile:
    data = text.encode() if isinstance(text, str) else text
    return ConfigFile(FileBytes("fcu.yml", Path("fcu.yml"), data))


def told(text: str | bytes) -> tuple[str, int | None]:
    found = read(text)
    assert (found.top == {}) is bool(found.problem)
    return found.problem, found.problem_line


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0X1f", "0X1f"),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 17),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("~", None),
        ("null", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
        ("text", "text"),
        ("9" * 64, int("9" * 64)),
        ("9" * 65, "9" * 65),
    ],
)
def test_each_scalar_is_its_value(text: str, value: object) -> None:
    setting = read(f"a: {text}\n").top["a"]
    assert (setting.value, type(setting.value), setting.line) == (value, type(value), 1)
    assert setting.quoted is text.startswith(("'", '"'))
    assert setting.is_set is (value is not None)
    is_number = type(value) is int
    assert setting.as_int == (value if is_number else None)
    assert setting.as_text == (value if isinstance(value, str) else None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("YES", True),
        ("on", True),
        ("no", False),
        ("Off", False),
        ("false", False),
        ("'yes'", None),
        ('"off"', None),
        ("1", None),
        ("0", None),
        ("maybe", None),
        ("[true]", None),
    ],
)
def test_booleans_have_many_spellings_but_none_in_quotes(text: str, value: bool | None) -> None:
    assert read(f"a: {text}\n").flag("a") is value
    assert read(f"setup-ca-as-intermediate: {text}\n").is_intermediate is value
    assert read("").flag("a") is None


@pytest.mark.parametrize(
    ("text", "is_template"),
    [("'<%= a %>'", True), ("'x<%%>'", True), ("'%> <%'", False), ("'<%'", False), ("'%>'", False), ("1", False)],
)
def test_a_template_has_a_beginning_and_an_end(text: str, is_template: bool) -> None:
    found = read(f"a: {text}\n")
    assert found.top["a"].is_template is is_template
    assert (found.text("a") is None) is (is_template or text == "1")


def test_settings_are_found_on_three_levels_and_the_topmost_wins() -> None:
    found = read("a:\n  b:\n    c: 1\n    d:\n      e: 2\nx:\n  c: 3\n")
    assert found.get("c") is not None
    assert found.get("c").line == 7  # type: ignore[union-attr]
    assert [found.get(name) is not None for name in ("a", "b", "d", "e", "x")] == [True, True, True, False, True]
    opaque = read("custom-properties:\n  c: 1\nx:\n  c: 2\n")
    assert opaque.get("c").value == 2  # type: ignore[union-attr]
    assert read("custom-properties:\n  c: 1\n").get("c") is None
    assert read("a:\n  - c: 1\n").get("c") is None
    assert read("a: ''\n").get("a") is None


def test_every_plain_setting_has_its_full_name_and_line() -> None:
    found = read("a: 1\nb:\n  - x\n  - c: 2\nd: &d\n  e: 3\nf: *d\ng: {}\n")
    assert [(one.name, one.value, one.line) for one in found.all()] == [
        ("a", 1, 1),
        ("b.1", "x", 3),
        ("b.2.c", 2, 4),
        ("d.e", 3, 6),
    ]


def test_an_empty_value_has_the_line_of_its_key() -> None:
    found = read("a:\n\n\nb: ~\nc:\n  d:\n")
    assert [(one.name, one.line) for one in found.all()] == [("a", 1), ("b", 4), ("c.d", 6)]


def test_the_depth_is_an_integer_and_the_authority_has_the_attributes_that_are_set() -> None:
    assert read("device-certificate-chain-depth: 3\n").depth == 3
    for text in ("'3'", "true", "3.0", ""):
        assert read(f"device-certificate-chain-depth: {text}\n").depth is None
    found = read("certificate-authority:\n  a: 1\n  b:\n  c: ''\n")
    assert list(found.authority) == ["a"]
    assert read("certificate-authority: 1\n").authority == {}
    assert read("").authority == {}


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("", "is empty", None),
        ("# only\n", "is empty", None),
        ("- a\n", "is not a mapping of settings", None),
        ("text", "is not a mapping of settings", None),
        (b"a: 1\nb: \xff\n", "is not UTF-8 text", 2),
        (b"\xff", "is not UTF-8 text", 1),
        ("a: 1\na: 2\n", "has the key 'a' twice", 2),
        ("b: 1\n? [x]\n: 1\n", "has a key that is not plain text", 2),
        ("b: 1\na: !x 1\n", "has a tag that is not plain YAML (!x)", 2),
        (
            "a: !!python/name:os.system 1\n",
            "has a tag that is not plain YAML (tag:yaml.org,2002:python/name:os.system)",
            1,
        ),
    ],
)
def test_refused_settings_are_reported_with_their_line(text: str | bytes, problem: str, line: int | None) -> None:
    assert told(text) == (problem, line)


def test_invalid_yaml_is_reported_with_its_line() -> None:
    problem, line = told("a: 1\nb: [\n")
    assert problem.startswith("is not valid YAML: ")
    assert line == 3
    assert told("a: 1\nb: *gone\n")[1] == 2


def test_an_unreadable_file_is_reported_with_its_reason() -> None:
    gone = ConfigFile(FileBytes("fcu.yml", Path("fcu.yml"), trouble=Trouble.DENIED))
    assert (gone.problem, gone.problem_line, gone.top) == ("permission denied", None, {})
    large = ConfigFile(FileBytes("fcu.yml", Path("fcu.yml"), trouble=Trouble.TOO_LARGE, detail="is huge"))
    assert large.problem == "is huge"


def test_nesting_goes_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CONFIG_NESTING", 3)
    assert told("a: [[1]]\n") == ("", None)
    assert told("a: 1\nb: [[], []]\nc: [{}]\n") == ("", None)
    assert told("a:\n  [[[1]]]\n") == ("is nested too deeply", 2)


def test_events_go_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CONFIG_EVENTS", 9)
    assert told("a: 1\nb: 2\n") == ("", None)
    assert told("a: 1\nb: 2\nc: 3\n")[0] == "has too many settings"
    monkeypatch.setattr(config, "CONFIG_EVENTS", 8)
    assert told("a: 1\nb: 2\n")[0] == "has too many settings"


def test_aliases_go_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "CONFIG_ALIASES", 2)
    text = "a: &a {x: 1}\nb: *a\nc: *a\n"
    assert told(text) == ("", None)
    assert told(text + "d: *a\n") == ("has more than 2 aliases", 1)
    assert told("a: &a x\nb: *a\nc: *a\nd: *a\n") == ("", None)
    loop = read("a: &a\n  b: *a\n  c: 1\n")
    assert [one.name for one in loop.all()] == ["a.c"]
