"""Tables of devices: rows and lines at their limits, and the faults of each."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from fcu_conform.artefacts.device import DeviceFile, Kind, Remark
from fcu_conform.artefacts.device_output import json_lines, rows, tables
from fcu_conform.artefacts.device_output.json_lines import LinesChunk
from fcu_conform.artefacts.device_output.rows import read_row
from fcu_conform.artefacts.device_output.tables import check_reader, estimate_rows, is_table, table_chunks
from fcu_conform.artefacts.usage import UsageError

CHAIN = "-----BEGIN CERTIFICATE-----"
A64 = base64.b64encode(b"A").decode()


def told(files: Iterable[DeviceFile]) -> list[tuple[str, tuple[str, ...]]]:
    return [(file.name, file.troubles) for file in files]


def devices(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    return told(file for chunk in table_chunks(path) for file in chunk.files())


def line(name: str, **more: object) -> str:
    return json.dumps({"endpoint_name": name, "chain": CHAIN, **more}) + "\n"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.jsonl", True),
        ("A.JSONL.GZ", True),
        ("a.Parquet", True),
        ("a.json", False),
        ("a.gz", False),
        ("jsonl", False),
    ],
)
def test_tables_are_recognised_by_their_suffix(name: str, is_one: bool) -> None:
    assert is_table(Path(name)) is is_one


@pytest.mark.parametrize(
    ("row", "name", "trouble"),
    [
        ([], "t row 3", "is not an object with columns"),
        ({}, "t row 3", "has neither a chain nor a bundle"),
        ({"endpoint_name": "a"}, "t row 3 (a)", "has neither a chain nor a bundle"),
        ({"endpoint_name": "a", "chain": CHAIN, "bundle": A64}, "t row 3 (a)", "has both a chain and a bundle"),
        ({"endpoint_name": 1, "chain": CHAIN}, "t row 3", "endpoint_name: is not text"),
        ({"endpoint_name": "", "enrollment_id": 1, "chain": CHAIN}, "t row 3", "enrollment_id: is not text"),
        (
            {"chain": "x PRIVATE KEY"},
            "t row 3",
            "chain: has a private key, which a table must not have",
        ),
        ({"chain": 1}, "t row 3", "chain: is neither PEM text nor a list of DER certificates"),
        ({"chain": [1]}, "t row 3", "chain: is not base64 text"),
        ({"chain": ["*"]}, "t row 3", "chain: is not base64 text"),
        ({"chain": ["QQ"]}, "t row 3", "chain: is not base64 text"),
        ({"bundle": ["QQ=="]}, "t row 3", "bundle: is not base64 text"),
        ({"bundle": "ä"}, "t row 3", "bundle: is not base64 text"),
        ({"chain": CHAIN}, "t row 3", "has no endpoint_name, but other rows have one"),
        ({"endpoint_name": "", "bundle": A64}, "t row 3", "has no endpoint_name, but other rows have one"),
        ({"endpointName": "a", "chain": CHAIN}, "t row 3", "has a column 'endpointName': did you mean endpoint_name?"),
        ({"endpoint_name": "a", "chains": CHAIN}, "t row 3 (a)", "has a column 'chains': did you mean chain?"),
    ],
)
def test_a_row_without_a_device_is_reported_with_its_reason(row: object, name: str, trouble: str) -> None:
    assert told([read_row("t", 3, row, has_names=True)]) == [(name, (trouble,))]


@pytest.mark.parametrize("more", [{"chain_id": 1}, {"line": "x"}, {"EndpointName": "b"}, {"endpoint": "b", "": 1}])
def test_other_columns_are_ignored(more: dict[str, object]) -> None:
    row = {"endpoint_name": "a", "chain": CHAIN, **more}
    assert told([read_row("t", 3, row, has_names=True)]) == [("t row 3 (a)", ())]


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        ('{"chain": "a", "chain": "b"}', "has 'chain' twice"),
        ('{"endpoint_name": "a", "x": 1, "x": 1}', "has 'x' twice"),
        ('{"endpoint_name": "a", "x": {"y": 1, "y": 2}}', "has 'y' twice"),
    ],
)
def test_a_row_with_a_key_twice_is_an_error(row: str, trouble: str, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(line("a") + row + "\n")
    assert devices(path) == [("t.jsonl row 1 (a)", ()), ("t.jsonl row 2", (trouble,))]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", [{}, {"endpoint_name": None}, {"endpoint_name": ""}, {"name": "a"}])
def test_a_table_without_endpoint_names_is_reported_once(name: dict[str, object], packed: bool, tmp_path: Path) -> None:
    path = tmp_path / ("t.jsonl.gz" if packed else "t.jsonl")
    text = "".join(json.dumps({**name, "chain": CHAIN}) + "\n" for _ in range(3))
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    first, *others = [file for chunk in table_chunks(path) for file in chunk.files()]
    assert (first.name, first.remark) == (path.name, Remark(is_nameless=True))
    assert [(file.endpoint_names, file.troubles, file.remark) for file in others] == [((), (), None)] * 3


def test_bundles_contain_their_endpoint_name_and_need_no_column_for_it(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"bundle": A64}) + "\n")
    assert devices(path) == [("t.jsonl row 1", ())]


def test_an_endpoint_name_that_first_appears_late_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_BLOCK", 200)
    path = tmp_path / "t.jsonl"
    path.write_text((json.dumps({"chain": CHAIN}) + "\n") * 40 + line("late"))
    files = devices(path)
    assert files[0] == ("t.jsonl", ())
    assert files[-1] == ("t.jsonl row 41 (late)", ("has an endpoint_name, but the rows before it have none",))
    assert {trouble for _, trouble in files[:-1]} == {()}


def test_each_kind_of_row_is_a_device() -> None:
    pem = read_row("t", 3, {"endpoint_name": "a", "chain": CHAIN, "enrollment_id": "0a"}, has_names=True)
    assert (pem.kind, pem.data, pem.endpoint_names, pem.enrollment_id, pem.identity, pem.name) == (
        Kind.PEM,
        CHAIN.encode(),
        ("a",),
        "0a",
        "a",
        "t row 3 (a)",
    )
    one_by_one = read_row("t", 3, {"endpoint_name": None, "chain": [A64, b"B"], "enrollment_id": ""}, has_names=False)
    assert (one_by_one.kind, one_by_one.chain, one_by_one.endpoint_names) == (Kind.CHAIN, (b"A", b"B"), ())
    assert (one_by_one.enrollment_id, one_by_one.identity, one_by_one.name) == (None, "t row 3", "t row 3")
    assert read_row("t", 3, {"chain": (b"B",)}, has_names=False).chain == (b"B",)
    bundle = read_row("t", 3, {"bundle": A64}, has_names=False)
    assert (bundle.kind, bundle.data) == (Kind.BUNDLE, b"A")
    assert read_row("t", 3, {"bundle": b"AB"}, has_names=False).data == b"AB"


def test_a_row_of_exactly_the_limit_is_read_and_a_larger_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "DEVICE_FILE", 4)
    for row, trouble in (
        ({"chain": "1234"}, ()),
        ({"chain": "12345"}, ("has more than 4 bytes",)),
        ({"chain": [b"12", b"34"]}, ()),
        ({"chain": [b"12", b"345"]}, ("has more than 4 bytes",)),
        ({"bundle": b"1234"}, ()),
        ({"bundle": b"12345"}, ("has more than 4 bytes",)),
    ):
        assert read_row("t", 1, row, has_names=False).troubles == trouble


def test_lines_are_numbered_from_one_and_empty_ones_count(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f"{line('a')}\n \t\n{line('b')}x\n[]\n{line('c').rstrip()}")
    expected = [
        ("t.jsonl row 1 (a)", ()),
        ("t.jsonl row 4 (b)", ()),
        ("t.jsonl row 5", ("is not a JSON object on its own line",)),
        ("t.jsonl row 6", ("is not an object with columns",)),
        ("t.jsonl row 7 (c)", ()),
    ]
    assert devices(path) == expected
    packed = tmp_path / "t.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert devices(packed) == [(name.replace("jsonl", "jsonl.gz"), trouble) for name, trouble in expected]


@pytest.mark.parametrize("block", [1, 2, 7, 20, 64, 100])
def test_blocks_of_any_size_give_the_same_rows(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_BLOCK", block)
    path = tmp_path / "t.jsonl"
    text = "".join(line(f"lamp-{number}") for number in range(5)) + "\n" + line("last").rstrip()
    path.write_text(text)
    names = [f"t.jsonl row {number + 1} (lamp-{number})" for number in range(5)] + ["t.jsonl row 7 (last)"]
    assert devices(path) == [(name, ()) for name in names]
    spans = []
    with path.open("rb") as stream:
        for span, lines in json_lines._spans(stream, len(text)):
            assert lines == text.encode()[span[1] : span[2]]
            assert span[0] == text[: span[1]].count("\n") + 1
            spans.append(span)
    assert [start for _, start, _ in spans] == [0, *(stop for _, _, stop in spans[:-1])]
    assert spans[-1][2] == len(text)


def test_reading_stops_at_the_size_that_the_file_had_at_the_start() -> None:
    stream = io.BytesIO(b"1\n2\n3\n")
    assert list(json_lines._spans(stream, 4)) == [((1, 0, 4), b"1\n2\n")]
    assert list(json_lines._spans(io.BytesIO(b""), 0)) == []


def test_a_line_that_is_too_long_is_reported_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "TABLE_ROW", 60)
    monkeypatch.setattr(json_lines, "_BLOCK", 16)
    path = tmp_path / "t.jsonl"
    fine, long = line("a", x="").rstrip(), line("a", x="y" * 200).rstrip()
    fine = fine.replace('"x": ""', f'"x": "{"z" * (60 - len(fine))}"') if len(fine) < 60 else fine
    monkeypatch.setattr(json_lines, "TABLE_ROW", len(fine))
    for text, expected in (
        (fine + "\n" + fine, [("t.jsonl row 1 (a)", ()), ("t.jsonl row 2 (a)", ())]),
        (fine + " \n" + fine, [("t.jsonl row 1", (f"has more than {len(fine)} bytes",)), ("t.jsonl row 2 (a)", ())]),
        (long + "\n" + fine, [("t.jsonl row 1", (f"has more than {len(fine)} bytes",)), ("t.jsonl row 2 (a)", ())]),
        (fine + "\n" + long, [("t.jsonl row 1 (a)", ()), ("t.jsonl row 2", (f"has more than {len(fine)} bytes",))]),
    ):
        path.write_text(text)
        assert devices(path) == expected


def test_a_line_that_is_too_long_is_skipped_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "TABLE_ROW", 10)
    monkeypatch.setattr(json_lines, "_BLOCK", 4)
    for size in range(30):
        ((span, lines),) = json_lines._spans(io.BytesIO(b"x" * size + b"\n"), 100)
        assert span == (1, 0, size + 1)
        assert len(lines) <= 10 + 2 * 4
        assert (len(lines) > 11) is (size > 10)


def test_an_endless_line_is_abandoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "TABLE_LINE", 8)
    monkeypatch.setattr(json_lines, "_BLOCK", 4)
    assert [lines for _, lines in json_lines._spans(io.BytesIO(b"\n1234567"), 8)] == [b"\n", b"1234567"]
    assert [span for span, _ in json_lines._spans(io.BytesIO(b"12345678"), 8)] == [(1, 0, 8)]
    with pytest.raises(ValueError, match="line 1 has more than 8 bytes"):
        list(json_lines._spans(io.BytesIO(b"123456789"), 9))
    path = tmp_path / "t.jsonl"
    path.write_text("\n\n" + "x" * 20)
    assert devices(path) == [
        ("t.jsonl", ("cannot be read to its end: line 3 has more than 8 bytes; the rest was not judged",))
    ]


def test_a_file_that_is_not_a_table_is_recognised_by_its_first_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "TABLE_STRANGE", 12)
    objects, rows = "mostly lines that are not JSON objects", "no row with a chain or a bundle"
    row = b'{"chain": 1}\n'
    for lines, strangeness in (
        (b"x\n" * 12, ""),
        (b"x\n" * 13, objects),
        (row + b"x\n{\n" * 7, ""),
        (b"x\n" * 8 + row * 6, objects),
        (b"x\n" + (b"x\n" + row) * 7, ""),
        (b"{}\n" * 12, ""),
        (b"{}\n" * 13, rows),
        (b"{}\n" * 12 + row, ""),
        (b"{}\n" * 12 + b'{"bundle": ""}\n', ""),
        (b"x\n{\n" * 7, rows),
        (b"\n\n" * 7, rows),
        (b"{}\n" * 12 + b"{" * 100_000 + b"\n", rows),
        (b"{}\n" * 12 + b'["chain"]\n', rows),
    ):
        assert json_lines._strangeness(lines) == strangeness, lines[:100]
    for name, pack in (("t.jsonl", bytes), ("t.jsonl.gz", gzip.compress)):
        path = tmp_path / name
        path.write_bytes(pack(b"x\n" * 13))
        trouble = "has mostly lines that are not JSON objects from line 1 on; the rest was not judged"
        assert devices(path) == [
            *((f"{name} row {number}", ("is not a JSON object on its own line",)) for number in range(1, 11)),
            (name, (trouble,)),
        ]


def test_a_chunk_that_cannot_be_read_again_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("\n" + line("a") + line("b"))
    (chunk,) = table_chunks(path)
    assert isinstance(chunk, LinesChunk)
    assert (chunk.first, chunk.start, chunk.stop, chunk.is_portable) == (1, 0, path.stat().st_size, True)
    second = LinesChunk(str(path), 2, 1, path.stat().st_size, True)
    assert told(second.files()) == [("t.jsonl row 2 (a)", ()), ("t.jsonl row 3 (b)", ())]
    path.write_text(line("a"))
    assert told(chunk.files()) == [("t.jsonl row 1", ("can no longer be read: it became shorter",))]
    path.unlink()
    assert told(second.files()) == [("t.jsonl row 2", ("can no longer be read: no such file or directory",))]


def test_a_damaged_gz_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    packed = gzip.compress(line("a").encode())
    for data in (packed[:-9], b"x" * 20, packed[:-8] + b"\0" * 8, packed[:12] + b"\xff\xff" + packed[14:]):
        path.write_bytes(data)
        ((name, (trouble,)),) = devices(path)[-1:]
        assert name == "t.jsonl.gz"
        assert trouble.startswith("cannot be read to its end: ")
        assert trouble.endswith("; the rest was not judged")


def test_the_number_of_rows_is_estimated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_BLOCK", 10)
    path = tmp_path / "t.jsonl"
    for text, count in (("", 0), ("12\n45\n", 2), ("1234\n6789\n", 2), ("1234\n6789\nx", 2), ("1234\n6789\n" * 5, 10)):
        path.write_text(text)
        assert estimate_rows(path) == count
    path.write_text("12\n" * 7)
    assert estimate_rows(path) == 6
    path.write_text("x" * 50)
    assert estimate_rows(path) == 0
    assert estimate_rows(tmp_path / "gone.jsonl") is None
    assert estimate_rows(tmp_path / "t.jsonl.gz") is None


def test_a_parquet_file_needs_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "find_spec", lambda _: None)
    check_reader(Path("a.jsonl"))
    with pytest.raises(UsageError, match="needs pyarrow"):
        check_reader(Path("a.Parquet"))
    monkeypatch.setattr(tables, "find_spec", lambda _: object())
    check_reader(Path("a.parquet"))
