"""Lines of an enrollment CSV: what the portal reads of them, whatever the bytes, line ends and lengths are."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcu_conform.artefacts.enrollment import csv_lines
from fcu_conform.artefacts.enrollment.csv_lines import CsvLine, read_lines


def lines_of(data: bytes, limit: int = 1 << 40) -> list[CsvLine]:
    return list(read_lines(io.BytesIO(data), limit))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"A-1", b"A-1"),
        (b"A-1,", b"A-1"),
        (b" \tA-1\0 , text", b"A-1"),
        (b'"A-1"', b"A-1"),
        (b' "A-1"  , text, "more"', b"A-1"),
        (b'"a, b"', b"a, b"),
        (b"", b""),
        (b",,", b""),
        (b" , text", b""),
    ],
)
def test_the_first_value_counts_without_quotes_and_white_space(line: bytes, value: bytes) -> None:
    assert lines_of(line + b"\n") == [CsvLine(1, value)]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b'""', "has nothing between its quotation marks"),
        (b'"  ", text', "has nothing between its quotation marks"),
        (b'"A-1', "has a quotation mark too few or too many"),
        (b'"A-1"x', "has a quotation mark too few or too many"),
        (b"A" * 4097, "has more than 4096 bytes"),
    ],
)
def test_a_line_that_the_portal_refuses_has_its_fault(line: bytes, fault: str) -> None:
    (read,) = lines_of(line)
    assert read.fault == fault


@pytest.mark.parametrize("text", [b'" A-1"', b'"A-1\t"'])
def test_blanks_inside_quotation_marks_are_noticed(text: bytes) -> None:
    assert lines_of(text) == [CsvLine(1, b"A-1", has_blanks=True)]


def test_a_line_that_is_not_utf_8_is_noticed() -> None:
    assert [line.is_utf8 for line in lines_of(b"A-1, \xc3\xa4\nA-1, \xe4\n")] == [True, False]


def test_lines_end_with_lf_cr_or_both_also_where_blocks_end(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"a\rb\nc\r\nd\r\n\r\ne\n\rf"
    expected = [(1, b"a"), (2, b"b"), (3, b"c"), (4, b"d"), (5, b""), (6, b"e"), (7, b""), (8, b"f")]
    for size in range(1, len(data) + 1):
        monkeypatch.setattr(csv_lines, "_BLOCK", size)
        assert [(line.number, line.value) for line in lines_of(data)] == expected


def test_a_line_without_end_takes_no_memory_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "_BLOCK", 1000)
    for end in (b"\n", b"\r", b"\r\n"):
        for length in range(9990, 10010):
            first, second = lines_of(b"x" * length + end + b"A-1" + end)
            assert (first.fault, len(first.value), second.value) == ("has more than 4096 bytes", 80, b"A-1")


def test_reading_stops_at_the_limit() -> None:
    assert [line.value for line in lines_of(b"one\ntwo\nthree\n", limit=10)] == [b"one", b"two", b"th"]


@given(st.lists(st.binary(max_size=20)), st.sampled_from([b"\n", b"\r", b"\r\n"]), st.integers(1, 50))
def test_line_numbers_match_an_editor_for_any_bytes(parts: list[bytes], end: bytes, size: int) -> None:
    parts = [part.replace(b"\r", b"").replace(b"\n", b"") for part in parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_lines, "_BLOCK", size)
        found = lines_of(b"".join(part + end for part in parts))
    assert [line.number for line in found] == list(range(1, len(parts) + 1))
