"""fcu.yml: read safely, every setting with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcu_conform.artefacts.bounded_io.limits import (
    CONFIG_ALIASES,
    CONFIG_DIGITS,
    CONFIG_EVENTS,
    CONFIG_FILE,
    CONFIG_NESTING,
)
from fcu_conform.artefacts.bounded_io.reading import FileBytes, read_file
from fcu_conform.artefacts.config import ConfigFile


def config(text: str | bytes) -> ConfigFile:
    data = text.encode() if isinstance(text, str) else text
    return ConfigFile(FileBytes("fcu.yml", Path("fcu.yml"), data))


def problem(text: str | bytes) -> tuple[str, int | None]:
    read = config(text)
    assert bool(read.problem) != bool(read.top)
    return read.problem, read.problem_line


def test_settings_have_their_values_and_lines() -> None:
    read = config("# comment\nuse-bootstrap: true\n\ndevice-certificate-chain-depth: 2\nname: a b\nempty:\n")
    assert [(s.name, s.line, s.value) for s in read.top.values()] == [
        ("use-bootstrap", 2, True),
        ("device-certificate-chain-depth", 4, 2),
        ("name", 5, "a b"),
        ("empty", 6, None),
    ]
    assert read.problem == ""
    assert read.problem_line is None
    assert read.depth == 2
    assert read.flag("use-bootstrap") is True
    assert read.text("name") == "a b"
    assert read.get("empty") is None
    assert read.get("missing") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", 1000),
        ("1.5", 1.5),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("OFF", "OFF"),
        ('"true"', "true"),
        ("'1'", "1"),
        ("~", None),
        ("null", None),
        ('""', ""),
        ("2026-01-01", "2026-01-01"),
        (".inf", ".inf"),
        ("9" * CONFIG_DIGITS, int("9" * CONFIG_DIGITS)),
        ("9" * (CONFIG_DIGITS + 1), "9" * (CONFIG_DIGITS + 1)),
        ("0x" + "f" * 5000, "0x" + "f" * 5000),
    ],
)
def test_plain_values_are_read_by_yaml_1_2(text: str, value: Any) -> None:
    setting = config(f"key: {text}\n").top["key"]
    assert (setting.value, type(setting.value)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("true", True),
        ("false", False),
        ("yes", True),
        ("No", False),
        ("on", True),
        ("OFF", False),
        ('"true"', None),
        ("'yes'", None),
        ("1", None),
        ("maybe", None),
    ],
)
def test_booleans_of_yaml_1_1_are_recognised_unless_quoted(text: str, answer: bool | None) -> None:
    assert config(f"key: {text}\n").flag("key") is answer


def test_a_file_with_the_directive_yaml_1_1_is_read_by_it() -> None:
    assert config("%YAML 1.1\n---\nkey: yes\n").flag("key") is True


def test_a_boolean_is_not_an_integer_and_an_integer_is_not_text() -> None:
    read = config("a: true\nb: 1\n")
    assert read.top["a"].as_int is None
    assert read.top["b"].as_text is None
    assert read.top["b"].as_bool is None
    assert config("device-certificate-chain-depth: true\n").depth is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ("is empty", None)),
        ("# only a comment\n", ("is empty", None)),
        ("- a\n- b\n", ("is not a mapping of settings", None)),
        ("just text\n", ("is not a mapping of settings", None)),
        ("a: 1\nb: 2\na: 3\n", ("has the key 'a' twice", 3)),
        ("a:\n  b: 1\n  b: 2\n", ("has the key 'b' twice", 3)),
        ("a: 1\n? [b]\n: 2\n", ("has a key that is not plain text", 2)),
        ("a: 1\nb: !!python/object/apply:os.system [x]\n",
         ("has a tag that is not plain YAML (tag:yaml.org,2002:python/object/apply:os.system)", 2)),
        ("a: !mine x\n", ("has a tag that is not plain YAML (!mine)", 1)),
        ("a: 1\nb: [1\n", ("is not valid YAML: expected ',' or ']', but got '<stream end>'", 3)),
        ("a: 1\n\tb: 2\n", ("is not valid YAML: found character '\\t' that cannot start any token", 2)),
        ("a: *nothing\n", ("is not valid YAML: found undefined alias 'nothing'", 1)),
        ("a: 1\n---\nb: 2\n", ("is not valid YAML: but found another document", 2)),
        ('a: "\\UFFFFFFFF"\n', ("is not valid YAML: an escape sequence or a number is out of range", None)),
        (b"a: 1\nb: \xff\n", ("is not UTF-8 text", 2)),
        ("a: b\n".encode("utf-16"), ("is not UTF-8 text", 1)),
        ("[" * 5000, ("is nested too deeply", 1)),
        ("- " * 5000, ("is nested too deeply", 1)),
        ("a: 1\n" + "{a: " * 5000, ("is not valid YAML: could not find expected ':'", 2)),
        ("a:\n" + "".join(f"{' ' * level}b:\n" for level in range(1, 200)),
         ("is nested too deeply", CONFIG_NESTING + 1)),
        ("".join(f"k{number}: v\n" for number in range(CONFIG_EVENTS)),
         ("has too many settings", CONFIG_EVENTS // 2)),
        ("a: [" + "1," * CONFIG_EVENTS + "]\n", ("has too many settings", 1)),
    ],
)  # fmt: skip
def test_input_that_is_not_a_mapping_of_settings_is_refused_with_reason_and_line(
    text: str | bytes, found: tuple[str, int | None]
) -> None:
    assert problem(text) == found


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    read = config(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert [(s.name, s.line, s.value) for s in read.top.values()] == [("a", 1, 1), ("b", 2, 2)]


def test_a_file_of_128_kib_is_read_and_a_larger_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fcu.yml"
    start = b"depth: 1\n"
    path.write_bytes(start + b"#" * (CONFIG_FILE - len(start)))
    assert ConfigFile(read_file(path, CONFIG_FILE)).problem == ""
    path.write_bytes(start + b"#" * (CONFIG_FILE - len(start) + 1))
    assert ConfigFile(read_file(path, CONFIG_FILE)).problem == f"has more than {128 * 1024} bytes"


def test_aliases_stand_for_the_same_value_and_may_loop() -> None:
    read = config("a: &x {b: &y [*x, 1], c: 2}\nd: *x\ne: *y\n")
    assert read.problem == ""
    assert [(setting.name, setting.value) for setting in read.all()] == [("a.b.2", 1), ("a.c", 2)]
    assert read.top["d"].value is read.top["a"].value


def test_exploding_aliases_are_refused_and_others_are_read_once_each() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    assert problem("\n".join(lines)) == (f"has more than {CONFIG_ALIASES} aliases", 1 + CONFIG_ALIASES // 10)
    few = config("\n".join(lines[: CONFIG_ALIASES // 10 + 1]))
    assert few.problem == ""
    assert len(list(few.all())) == 10


def test_a_setting_is_found_on_three_levels_topmost_first() -> None:
    read = config("one:\n  key: 1\n  two:\n    key: 2\n    deep: 3\n    three:\n      deeper: 4\nkey: 0\n")
    assert read.get("key").value == 0  # type: ignore[union-attr]
    assert read.get("deep").value == 3  # type: ignore[union-attr]
    assert read.get("deeper") is None


def test_names_below_custom_properties_are_not_settings() -> None:
    read = config("custom-properties:\n  use-bootstrap: false\n")
    assert read.flag("use-bootstrap") is None


def test_the_authority_has_the_attributes_that_are_set() -> None:
    read = config("certificate-authority:\n  common-name: FCU\n  organization-name:\n  country-name: ''\n")
    assert {name: (s.value, s.line) for name, s in read.authority.items()} == {"common-name": ("FCU", 2)}
    assert config("certificate-authority: FCU\n").authority == {}
    assert config("a: 1\n").authority == {}


@pytest.mark.parametrize(
    ("value", "is_template"),
    [
        ("<%= ENV['X'] %>", True),
        ("a <% b %> c", True),
        ("<%%>", True),
        ("<%>", False),
        ("%> <%", False),
        ("<% a", False),
        ("<%" * 40_000, False),
    ],
)
def test_templates_are_recognised(value: str, is_template: bool) -> None:
    read = config(f'key: "{value}"\n')
    assert read.top["key"].is_template is is_template
    assert read.text("key") == (None if is_template else value)


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    assert ConfigFile(read_file(tmp_path, CONFIG_FILE)).problem == "is a folder"
    assert ConfigFile(read_file(tmp_path / "no", CONFIG_FILE)).problem == "missing"


PIECES = st.sampled_from(
    ["a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "&x ", "*x", "!!", "!", "?", "|", ">", "'", '"', "#",
     "%YAML", "---", "...", "\\U", "\\x", "FFFFFFFF", "<<", "~", "1", "0x", "\t", "\u2028",
     "%TAG ! !", "<%", "%>", "@", "`"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=40).map(lambda parts: "".join(parts).encode())))
def test_for_any_bytes_nothing_is_raised(data: bytes) -> None:
    read = config(data)
    assert bool(read.problem) or isinstance(read.top, dict)
    lines = data.decode("utf-8", "replace").splitlines() or [""]
    for setting in read.all():
        assert 1 <= setting.line <= len(lines)
        assert setting.is_template in (True, False)
    for name in read.top:
        read.get(name), read.flag(name), read.text(name)
    assert read.problem_line is None or 1 <= read.problem_line <= len(lines) + 1
