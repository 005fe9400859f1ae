"""A row of JSON Lines is decoded as `json.loads` decodes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcu_conform.artefacts.device_output.json_lines import decoded
from fcu_conform.artefacts.device_output.rows import RowError


def by_the_library(line: bytes) -> Any:
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise RowError
        return dict(pairs)

    return json.loads(line, object_pairs_hook=members)


def outcome(read: Any, line: bytes) -> str:
    try:
        return repr(read(line))
    except RowError:
        return "twice"
    except (ValueError, RecursionError) as fault:
        return type(fault).__name__


ODD = [
    b"",
    b" ",
    b"{}",
    b' {"a": 1} \r',
    b'{"a": 1, "a": 2}',
    b'{"a": {"b": 1, "b": 2}}',
    b'{"a": NaN, "b": -Infinity}',
    b'{"a": 1e999, "b": -0.0}',
    b'{"a": "\\ud800"}',
    b'{"a": "\xed\xa0\x80"}',
    b'{"a": "\xff"}',
    b'{"a": "\t"}',
    b'{"a": 1,}',
    b'{"a": 1} {}',
    b'\xef\xbb\xbf{"a": 1}',
    '{"a": "\u00e9"}'.encode("utf-16"),
    '{"a": "\u00e9"}'.encode("utf-16-be"),
    '{"a": "\u00e9"}'.encode("utf-32-le"),
    b'{"a": ' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"a": tru}',
    b'{"\0a\0": 1}',
    b'{"',
    b'{"\0\0',
    b"null",
    b'"text"',
]


@pytest.mark.parametrize("line", ODD, ids=range(len(ODD)))
def test_an_odd_line_is_decoded_as_by_the_library(line: bytes) -> None:
    assert outcome(decoded, line) == outcome(by_the_library, line)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN, st.booleans(), st.integers(0, 200), st.binary(max_size=2))
def test_any_value_is_decoded_as_by_the_library(value: Any, ascii_only: bool, place: int, other: bytes) -> None:
    line = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for text in (line, line[:place] + other + line[place + len(other) :]):
        assert outcome(decoded, text) == outcome(by_the_library, text)
