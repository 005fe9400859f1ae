"""Documents and tables that are traps: brackets without end, files with holes, keys and values of absurd size."""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from fcu_conform.artefacts.bounded_io import json_text
from fcu_conform.artefacts.bounded_io.limits import MANIFEST_MISSING, TABLE_ROW, TABLE_STRANGE, TOML_KEY
from fcu_conform.artefacts.bounded_io.toml_text import parse_toml

from .commands import PYTEST, SUITE, elsewhere, failed, run
from .conftest import Held
from .factory import AT, DEVICES, Factory
from .test_files import noise

TERABYTE = 1 << 40


def hole(path: Path) -> Path:
    """A file that says it has a terabyte, and takes no room."""
    path.touch()
    try:
        os.truncate(path, TERABYTE)
    except OSError:
        pytest.skip("this file system has no files of that size")
    return path


def lot(factory: Factory, *arguments: str | Path) -> list[str | Path]:
    return [*SUITE, "lot", "--keystore", factory.keystore, "--at", AT, "--validators=none", *arguments]


@pytest.mark.parametrize(
    "name", ["lot.tar", "lot.tar.gz", "lot.zip", "lot.jsonl", "lot.jsonl.gz", "lot.pem", "lot.csv"]
)
def test_a_sparse_terabyte_file_is_refused_as_device_output(name: str, factory: Factory, held: Held) -> None:
    path = hole(factory / name)
    done = held(lambda: run(*lot(factory, path), cwd=elsewhere(factory)))
    assert (done.code, failed(done)) == (1, {"DEV001"})


@pytest.mark.parametrize("command", ["diff", "verify-statement", "waivers"])
def test_a_sparse_terabyte_document_is_refused_in_one_line(command: str, factory: Factory, held: Held) -> None:
    path = hole(factory / "big.json")
    line = [*SUITE, command, path, *([path] if command == "diff" else [])]
    if command == "waivers":
        line = [*PYTEST, f"--fcu-keystore={factory.keystore}", f"--fcu-waivers={path}"]
    done = held(lambda: run(*line, cwd=elsewhere(factory)))
    assert (done.code, done.out) == (4, "")
    assert re.fullmatch(r"(ERROR|fcu-conform): [^\n]+ has more than \d+ bytes\n\n?", done.err)


def test_a_submitted_folder_with_a_sparse_terabyte_file_is_not_verified(factory: Factory, held: Held) -> None:
    hole(factory.put("in/SHA256SUMS", b"").with_name("report.json"))
    factory.put("in/statement.intoto.json", b"{}")
    done = held(lambda: run(*SUITE, "verify-statement", factory / "in", cwd=elsewhere(factory)))
    assert done.code == 1
    assert re.search(r"report\.json: cannot be read \(has more than \d+ bytes\)", done.out)


BRACKETS = b"[" + b"[]," * 5_000_000 + b"1]"


@pytest.mark.parametrize(
    "content",
    [BRACKETS, b'{"a":' * 200_000, b'{"results":[' + b"0," * 900_000 + b"0]}"],
    ids=["brackets", "deep", "wrong in every line"],
)
def test_json_that_would_fill_the_memory_is_refused(content: bytes, factory: Factory, held: Held) -> None:
    path = factory.put("big.json", content)
    done = held(lambda: run(*SUITE, "diff", path, path, cwd=elsewhere(factory)))
    assert (done.code, done.out, done.err.count("\n")) == (4, "", 1)
    done = held(lambda: run(*SUITE, "verify-statement", path, cwd=elsewhere(factory)))
    assert done.code == 1
    assert "is not a statement of fcu-conform" in done.out


def test_json_is_read_up_to_its_limit_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "JSON_VALUES", 100)
    assert len(json_text.parse_json(b"[" + b"0," * 98 + b"{}]")) == 99
    with pytest.raises(ValueError, match="has more than 100 values"):
        json_text.parse_json(b"[" + b"0," * 99 + b"{}]")


def test_json_of_a_hundred_thousand_brackets_is_refused() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        json_text.parse_json(b"[" * 100_000)


@pytest.mark.parametrize("dot", [".", " . ", "\t."])
def test_a_toml_key_of_very_many_parts_is_refused(dot: str) -> None:
    """The library takes a minute for half a megabyte of it."""
    with pytest.raises(ValueError, match=f"a key has more than {TOML_KEY} parts"):
        parse_toml(dot.join("a" * 100_000) + " = 1")
    assert parse_toml(f"{dot.join('a' * TOML_KEY)} = 1\n")
    assert parse_toml("reason = 'see 1.3.6.1.4.1.4146.1.20.2.1. Then. So.'\n")


@pytest.mark.parametrize("name", ["lot.jsonl", "lot.jsonl.gz"])
@pytest.mark.parametrize("content", [noise(40), b"[]\n" * 1_000_000], ids=["noise", "lists"])
def test_a_file_that_is_not_a_table_is_reported_once(content: bytes, name: str, factory: Factory, held: Held) -> None:
    path = factory.put(name, gzip.compress(content, 1) if name.endswith(".gz") else content)
    done = held(lambda: run(*lot(factory, path), cwd=elsewhere(factory)))
    assert (done.code, failed(done)) == (1, {"DEV001"})
    assert "has mostly lines that are not JSON objects from line 1 on; the rest was not judged" in done.out


def test_a_table_with_blank_lines_and_a_few_faults_is_read_completely(factory: Factory, held: Held) -> None:
    rows = b"".join(b'{"endpoint_name": "d%d", "chain": "x"}\n\n' % number for number in range(TABLE_STRANGE))
    path = factory.put("lot.jsonl", rows + b"[]\n" * 100)
    done = held(lambda: run(*lot(factory, path), cwd=elsewhere(factory)))
    assert "1,100 judged" in done.out


def test_missing_files_of_a_manifest_are_reported_up_to_a_limit(factory: Factory, held: Held) -> None:
    names = b"".join(b"a,%06d.pem\n" % number for number in range(100_000))
    factory.put(f"{DEVICES}/devices.csv", b"endpoint_name,file\n" + names)
    done = held(
        lambda: run(
            *lot(factory, factory / DEVICES, "--report", factory.folder.parent / "r.json"), cwd=elsewhere(factory)
        )
    )
    assert done.code == 1
    report = json.loads((factory.folder.parent / "r.json").read_text())
    said = [finding["message"] for finding in report["findings"] if finding["code"] == "DEV001"]
    assert len(said) == MANIFEST_MISSING + 1
    assert f"names {100_000 - MANIFEST_MISSING} more files that are missing" in said[-1]


def parquet(factory: Factory, chains: str, **options: object) -> Path:
    """A Parquet file with a column of what an expression makes, in a process of its own: it takes a lot of memory."""
    pytest.importorskip("pyarrow")
    path = factory / "lot.parquet"
    script = (
        "import pyarrow, pyarrow.parquet\n"
        f"pyarrow.parquet.write_table(pyarrow.table({{'chain': {chains}}}), {str(path)!r}, **{options!r})"
    )
    done = run(sys.executable, "-c", script, cwd=elsewhere(factory))
    assert done.code == 0, done.err
    return path


def test_a_parquet_file_of_one_giant_value_is_not_unpacked(factory: Factory, held: Held) -> None:
    path = parquet(factory, "['x' * (64 << 20)]", compression="gzip")
    done = held(lambda: run(*lot(factory, path), cwd=elsewhere(factory)))
    assert (done.code, failed(done)) == (1, {"DEV001"})
    assert "column chain: has values of more than" in done.out


TEXTS = "['x' * (2 << 20)] * 150 + ['y']"
LISTS = (
    "pyarrow.ListArray.from_arrays(range(0, 303, 2), "
    "pyarrow.DictionaryArray.from_arrays([0] * 300 + [1, 1], [b'x' * (2 << 20), b'y']))"
)


@pytest.mark.parametrize(
    ("chains", "options"),
    [
        (TEXTS, {"dictionary_pagesize_limit": 1 << 30}),
        (TEXTS, {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}),
        (LISTS, {"store_schema": False, "dictionary_pagesize_limit": 1 << 30}),
    ],
    ids=["dictionary", "prefixes", "list"],
)
def test_a_parquet_file_that_repeats_a_long_value_is_not_expanded(
    chains: str, options: dict[str, Any], factory: Factory, held: Held
) -> None:
    """A hundred kilobytes that stand for some 300 or 600 MiB; what is no repetition is judged."""
    path = parquet(factory, chains, **options)
    assert path.stat().st_size < 1 << 20
    done = held(lambda: run(*lot(factory, path), cwd=elsewhere(factory)))
    assert done.code == 1
    assert f"lot.parquet row 1: has more than {TABLE_ROW} bytes" in done.out, done.out
    assert "151 judged" in done.out


def test_millions_of_empty_rows_are_reported_once(factory: Factory, held: Held) -> None:
    path = parquet(factory, "pyarrow.nulls(4_000_000, pyarrow.string())")
    done = held(lambda: run(*lot(factory, path), cwd=elsewhere(factory)))
    assert (done.code, failed(done)) == (1, {"DEV001"})
    assert "has 4000000 rows in" in done.out
    path = factory.put("lot.jsonl", b"{}\n" * 4_000_000)
    done = held(lambda: run(*lot(factory, path), cwd=elsewhere(factory)))
    assert (done.code, failed(done)) == (1, {"DEV001"})
    assert "has no row with a chain or a bundle from line 1 on" in " ".join(done.out.split())


@pytest.mark.parametrize("address", ["nonsense", "tls://127.0.0.1:1", "\x1b[2J://x", ""])
def test_a_missing_scheduler_is_reported_and_the_process_exits(address: str, factory: Factory, held: Held) -> None:
    pytest.importorskip("distributed")
    done = held(lambda: run(*lot(factory, "--scheduler", address, factory / DEVICES), cwd=elsewhere(factory)))
    assert (done.code, done.out) == (4, "")
    assert re.fullmatch(r"fcu-conform: --scheduler [^\n]*: the scheduler does not answer [^\n]+\n", done.err)


def test_a_lot_with_an_unwritable_verdict_does_not_pass(factory: Factory) -> None:
    """Otherwise a pipeline would take the exit code of a lot that failed for a pass."""
    factory.put(f"{DEVICES}/broken.pem", b"x")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(*lot(factory, factory / DEVICES), cwd=elsewhere(factory), stdout=writing)
    finally:
        os.close(writing)
    assert done.code == 3


@pytest.mark.parametrize("place", ["x" * 300 + ".json", "x" * 300 + "/y.json"], ids=["name", "folder"])
def test_a_report_name_that_is_too_long_is_reported_in_one_line(place: str, factory: Factory, held: Held) -> None:
    for line in (
        [*PYTEST, f"--fcu-keystore={factory.keystore}", f"--fcu-report={factory / place}"],
        [*SUITE, "upload", "--keystore", factory.keystore, "-o", factory / place],
    ):
        done = held(lambda line=line: run(*line, cwd=elsewhere(factory)))  # type: ignore[misc]
        assert (done.code, done.out) == (4, "")
        assert done.err.strip().count("\n") == 0
