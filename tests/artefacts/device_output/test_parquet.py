"""Parquet tables: which columns are taken, and sizes that no honest file has."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fcu_conform.artefacts.bounded_io.archives import open_regular
from fcu_conform.artefacts.device import DeviceFile, Remark
from fcu_conform.artefacts.device_output import parquet as reader
from fcu_conform.artefacts.device_output.chunks import Chunk

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

LIST = pa.list_(pa.binary())


def chunks_of(path: Path) -> list[Chunk]:
    return list(reader.parquet_chunks(path, open_regular))


def files_of(path: Path) -> list[DeviceFile]:
    return [file for chunk in chunks_of(path) for file in chunk.files()]


def named(chains: list[str]) -> Any:
    """A table with these chains, of devices that are called by their numbers."""
    return pa.table({"endpoint_name": [str(number) for number in range(len(chains))], "chain": chains})


def fault(**columns: object) -> str:
    return reader._schema_fault(pa, pa.schema(list(columns.items())))


@pytest.mark.parametrize(
    "columns",
    [
        {"chain": pa.string()},
        {"chain": pa.large_string()},
        {"chain": LIST},
        {"chain": pa.large_list(pa.binary())},
        {"bundle": pa.binary()},
        {"bundle": pa.large_binary()},
        {"chain": pa.string(), "bundle": pa.binary(), "endpoint_name": pa.string(), "enrollment_id": pa.large_string()},
        {"chain": pa.string(), "other": pa.int32()},
        {"chain": pa.string_view(), "endpoint_name": pa.dictionary(pa.int8(), pa.string()), "enrollment_id": pa.null()},
        {"chain": pa.dictionary(pa.int32(), pa.large_string()), "bundle": pa.binary_view()},
        {"chain": pa.list_(pa.binary(), 2)},
        {"chain": pa.large_list(pa.large_binary())},
        {"chain": pa.list_(pa.binary_view())},
        {"chain": pa.string(), "chain_length": pa.int32(), "endpoint": pa.string()},
    ],
)
def test_known_columns_are_read(columns: dict[str, object]) -> None:
    assert fault(**columns) == ""


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"endpoint_name": pa.string()}, "has neither a column chain nor a column bundle"),
        ({"bundle": pa.string()}, "column bundle: is string, and not binary"),
        ({"bundle": LIST}, "column bundle: is list<item: binary>, and not binary"),
        ({"chain": pa.binary()}, "column chain: is binary, and neither string nor list<binary>"),
        ({"chain": pa.list_(pa.string())}, "column chain: is list<item: string>, and neither string nor list<binary>"),
        ({"chain": pa.string(), "endpoint_name": pa.binary()}, "column endpoint_name: is binary, and not string"),
        ({"chain": pa.string(), "enrollment_id": pa.int32()}, "column enrollment_id: is int32, and not string"),
        (
            {"chain": pa.list_(pa.dictionary(pa.int8(), pa.string()))},
            "column chain: is list<item: dictionary<values=string, indices=int8, ordered=0>>, and neither string nor"
            " list<binary>",
        ),
        ({"chain": pa.string(), "EndpointName": LIST}, "has a column 'EndpointName': did you mean endpoint_name?"),
        ({"chains": LIST}, "has a column 'chains': did you mean chain?"),
    ],
)
def test_unknown_columns_are_reported(columns: dict[str, object], words: str) -> None:
    assert fault(**columns) == words


def sizes(*columns: tuple[int, int], groups: int = 1) -> SimpleNamespace:
    """What a footer says: the bytes and the number of values of each column, of each group of rows the same."""
    made = [
        SimpleNamespace(total_uncompressed_size=size, num_values=count, path_in_schema=f"c{number}")
        for number, (size, count) in enumerate(columns)
    ]
    group = SimpleNamespace(num_columns=len(made), column=made.__getitem__)
    return SimpleNamespace(num_row_groups=groups, row_group=lambda _: group, num_rows=1)


def test_declared_sizes_are_accepted_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "DEVICE_FILE", 10)
    far = "expands far beyond its own size"
    for metadata, limit, words in (
        (sizes((100, 20), (60, 20)), 160, ""),
        (sizes((100, 20), (60, 20)), 159, far),
        (sizes((100, 20), groups=3), 300, ""),
        (sizes((100, 20), groups=3), 299, far),
        (sizes((160, 1)), 1000, ""),
        (sizes((161, 1)), 1000, "column c0: has values of more than 10 bytes"),
        (sizes((160, 16)), 1000, ""),
        (sizes((161, 16)), 1000, "column c0: has values of more than 10 bytes"),
        (sizes((1, 1), (170, 17)), 1000, ""),
        (sizes((1, 1), (171, 17)), 1000, "column c1: has values of more than 10 bytes"),
    ):
        assert reader._size_fault(metadata, 1, limit) == words


@pytest.mark.parametrize(
    ("rows", "size", "is_told"),
    [
        (1000, 1, False),
        (1001, 1, True),
        (1001, 64 * 1001, False),
        (1002, 64 * 1002 - 1, True),
        (10**9, 64 * 10**9, False),
    ],
)
def test_the_number_of_rows_is_limited_by_the_size_of_the_file(rows: int, size: int, is_told: bool) -> None:
    metadata = sizes((1, 1))
    metadata.num_rows = rows
    words = f"has {rows} rows in {size} bytes, too few for certificates" if is_told else ""
    assert reader._size_fault(metadata, size, 100) == words


def test_rows_are_numbered_over_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "CHUNK", 4)
    monkeypatch.setattr(reader, "_UNPACKED_ROWS", 2)
    path = tmp_path / "t.parquet"
    names = [f"lamp-{number}" for number in range(5)]
    parquet.write_table(pa.table({"endpoint_name": names, "chain": ["x"] * 5, "other": [1] * 5}), path)
    chunks = [[file.name for file in chunk.files()] for chunk in chunks_of(path)]
    shown = [f"t.parquet row {number + 1} (lamp-{number})" for number in range(5)]
    assert chunks == [shown[:4], shown[4:]]


def test_an_unreadable_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"x" * 50)
    ((file,),) = [list(chunk.files()) for chunk in chunks_of(path)]
    assert file.name == "t.parquet"
    assert file.troubles[0].startswith("is a damaged Parquet file: ")
    parquet.write_table(pa.table({"endpoint_name": ["a"]}), path)
    ((file,),) = [list(chunk.files()) for chunk in chunks_of(path)]
    assert file.troubles == ("has neither a column chain nor a column bundle",)
    parquet.write_table(pa.table({"chain": ["a"]}), path)
    monkeypatch.setattr(reader, "unpacked_limit", lambda _: 1)
    ((file,),) = [list(chunk.files()) for chunk in chunks_of(path)]
    assert file.troubles == ("expands far beyond its own size",)


def test_a_row_that_is_too_large_is_reported_and_its_neighbours_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "TABLE_ROW", 100)
    path = tmp_path / "t.parquet"
    parquet.write_table(named(["x" * 40, "y" * 200, "z" * 40]), path)
    (chunk,) = chunks_of(path)
    assert [(file.name, file.data, file.troubles) for file in chunk.files()] == [
        ("t.parquet row 1 (0)", b"x" * 40, ()),
        ("t.parquet row 2", b"", ("has more than 100 bytes",)),
        ("t.parquet row 3 (2)", b"z" * 40, ()),
    ]


def test_rows_of_exactly_the_limit_are_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(named(["x" * 40, "y" * 60]), path)
    for limit, troubles in ((69, ()), (68, ("has more than 68 bytes",))):
        monkeypatch.setattr(reader, "TABLE_ROW", limit)
        (chunk,) = chunks_of(path)
        assert [file.troubles for file in chunk.files()] == [(), troubles]


def test_rows_before_the_damage_are_judged(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table = named(["x" * 40] * 32)
    parquet.write_table(table, path, row_group_size=16, compression="none", use_dictionary=False)
    second = parquet.read_metadata(path).row_group(1).column(0).data_page_offset
    whole = path.read_bytes()
    path.write_bytes(whole[:second] + b"\xff" * 20 + whole[second + 20 :])
    (chunk,) = chunks_of(path)
    files = list(chunk.files())
    assert [file.name for file in files] == [*(f"t.parquet row {n + 1} ({n})" for n in range(16)), "t.parquet"]
    assert "the rest was not judged" in files[-1].troubles[0]


def test_a_duplicate_column_is_reported_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = [pa.array(["a"]), pa.array(["x"]), pa.array(["y"])]
    parquet.write_table(pa.Table.from_arrays(columns, names=["endpoint_name", "chain", "chain"]), path)
    assert [(file.name, file.troubles) for file in files_of(path)] == [("t.parquet", ("has the column chain twice",))]


KINDS = {
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), None),
    "large dictionary": (pa.dictionary(pa.int32(), pa.large_string()), None),
    "view": (pa.string_view(), None),
    "large": (pa.large_string(), pa.large_list(pa.large_binary())),
    "fixed": (pa.string(), pa.list_(pa.binary(), 2)),
    "views in lists": (pa.string(), pa.list_(pa.binary_view())),
}
"""Types of text, and of chains, that pandas, polars and other writers choose."""


@pytest.mark.parametrize(("text", "chain"), KINDS.values(), ids=KINDS)
def test_a_table_is_read_with_any_column_type_that_holds_text_or_bytes(text: Any, chain: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    names = [f"lamp-{number % 3}" for number in range(20)]
    values = (
        [[b"x" * number, b"y"] for number in range(20)] if chain else [f"{number % 2}" * 40 for number in range(20)]
    )
    column = pa.array(values, chain) if chain else pa.array(values).cast(text)
    try:
        parquet.write_table(pa.table({"endpoint_name": pa.array(names).cast(text), "chain": column}), path)
    except pa.ArrowNotImplementedError:
        pytest.skip(f"pyarrow {pa.__version__} cannot write this type, so no such table comes from it")
    found = files_of(path)
    assert [file.endpoint_names for file in found] == [(name,) for name in names]
    assert [list(file.chain) if chain else file.data.decode() for file in found] == values


def test_values_that_many_rows_share_count_once_for_each_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dictionary has all values of the table, and each row but one of them."""
    monkeypatch.setattr(reader, "TABLE_ROW", 1000)
    path = tmp_path / "t.parquet"
    chains = pa.array(["x" * (200 if number != 7 else 2000) + str(number) for number in range(40)]).dictionary_encode()
    names = pa.array([str(number) for number in range(40)])
    parquet.write_table(pa.table({"endpoint_name": names, "chain": chains}), path)
    assert [file.name for file in files_of(path) if file.troubles] == ["t.parquet row 8"]


@pytest.mark.parametrize("names", [None, [None] * 3])
def test_a_table_without_endpoint_names_is_reported_once(names: list[None] | None, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {} if names is None else {"endpoint_name": pa.array(names, pa.string())}
    parquet.write_table(pa.table({**columns, "chain": ["x"] * 3}), path)
    first, *others = files_of(path)
    assert (first.name, first.remark) == ("t.parquet", Remark(is_nameless=True))
    assert [(file.endpoint_names, file.troubles, file.remark) for file in others] == [((), (), None)] * 3


def test_a_row_without_an_endpoint_name_is_an_error_if_other_rows_have_one(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"endpoint_name": ["a", None, ""], "chain": ["x"] * 3}), path)
    without = ("has no endpoint_name, but other rows have one",)
    assert [file.troubles for file in files_of(path)] == [(), without, without]
