"""Tables, folders and manifests: every device is read, and an unreadable one is an offender with its location."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from independent_corpus.floor import enrollment

from fcu_conform import UsageError, check
from fcu_conform.artefacts.bounded_io.limits import TABLE_ROW
from fcu_conform.artefacts.device import Device, Remark
from fcu_conform.artefacts.device_output import tables
from fcu_conform.artefacts.device_output.chunks import Chunk
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.device_output.folders import FolderChunk
from fcu_conform.rules.model import Level

from .streams import CHAIN, judge, made, same_template, setup_in

PEM = made(1).data.decode()
DER = [same_template(1).der, CHAIN[0].der]
NO_SEQUENCE = "tag 0x00 where 0x30 was expected, at offset 0"
BASE64 = [base64.b64encode(der).decode() for der in DER]


def devices(path: Path) -> list[Device]:
    return list(DeviceSet((path,)))


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_a_row_gives_the_device_its_name_its_chain_and_its_identity(tmp_path: Path) -> None:
    identity = enrollment(same_template(1))
    path = lines(
        tmp_path / "lot.jsonl",
        {"endpoint_name": "lamp-00001", "chain": PEM, "enrollment_id": identity},
        "",
        {"endpoint_name": "lamp-00001", "chain": BASE64, "comment": "other columns are left alone"},
    )
    first, second = devices(path)
    assert (first.name, second.name) == ("lot.jsonl row 1 (lamp-00001)", "lot.jsonl row 3 (lamp-00001)")
    for device in (first, second):
        assert [certificate.raw for certificate in device.certificates] == DER
        assert (device.endpoint_names, device.identity, device.troubles) == (("lamp-00001",), "lamp-00001", ())
    assert (first.enrollment_id, second.enrollment_id) == (identity, None)


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        ("{", "is not a JSON object on its own line"),
        ("[" * 50000, "is not a JSON object on its own line"),
        ("[1]", "is not an object with columns"),
        ({"endpoint_name": "x"}, "has neither a chain nor a bundle"),
        ({"chain": PEM, "bundle": "oA=="}, "has both a chain and a bundle"),
        ({"endpoint_name": 7, "chain": PEM}, "endpoint_name: is not text"),
        ({"enrollment_id": {}, "chain": PEM}, "enrollment_id: is not text"),
        ({"chain": 7}, "chain: is neither PEM text nor a list of DER certificates"),
        ({"chain": ["!"]}, "chain: is not base64 text"),
        ({"chain": [7]}, "chain: is not base64 text"),
        ({"bundle": "%"}, "bundle: is not base64 text"),
        ({"endpoint_name": "x", "chain": []}, "has no certificate"),
        (
            {"endpoint_name": "x", "chain": ["AAAA"]},
            "certificate 1: cannot be read: certificate: tag 0x00 where 0x30 was expected, at offset 0",
        ),
        ({"endpoint_name": "x", "chain": ""}, "is empty"),
        ({"chain": PEM + same_template(1).key.sec1()}, "chain: has a private key, which a table must not have"),
        ({"chain": "x" * 300_000}, "has more than 262144 bytes"),
        ('{"chain": "' + "x" * TABLE_ROW + '"}', f"has more than {TABLE_ROW} bytes"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else str(value)[:40],
)
def test_a_bad_row_is_an_offender_and_the_others_count(row: object, trouble: str, tmp_path: Path) -> None:
    good = {"endpoint_name": "lamp-00001", "chain": PEM}
    first, odd, last = devices(lines(tmp_path / "lot.jsonl", good, row, good))
    assert odd.name.startswith("lot.jsonl row 2")
    assert odd.troubles == (trouble,)
    assert first.troubles == last.troubles == ()


def test_missing_and_misspelt_names_are_reported(tmp_path: Path) -> None:
    """In a table where others have one the row is an offender; where none has, the rule says what it did not do."""
    setup = setup_in(tmp_path / "line")

    def judged(*rows: object) -> tuple[list[str], list[tuple[str, Level | None]]]:
        chunks = DeviceSet((lines(tmp_path / "lot.jsonl", *rows),)).chunks()
        result = judge([file for chunk in chunks for file in chunk.files()], setup, fast_path=True)
        notices = [(finding.message, finding.level) for finding in result.tallies["DEV005"].findings]
        return [offender.name for offender in result.offenders], notices

    chains = [made(number).data.decode() for number in range(3)]
    named = [{"endpoint_name": f"lamp-{number:05}", "chain": chain} for number, chain in enumerate(chains)]
    assert judged(*named) == ([], [])
    assert judged(*named[:2], {"chain": chains[2]}) == (["lot.jsonl row 3"], [])
    assert judged({"chain": chains[2]}, *named[:2]) == (["lot.jsonl row 1"], [])
    assert judged(*named[:2], {"end_point_name": "lamp-00002", "chain": chains[2]}) == (["lot.jsonl row 3"], [])
    notice = ("no row has an endpoint_name, so the CNs were compared with nothing", Level.NOTICE)
    assert judged(*({"chain": chain} for chain in chains)) == ([], [notice])


def test_a_line_without_end_costs_neither_memory_nor_the_lines_after_it(tmp_path: Path) -> None:
    path = tmp_path / "lot.jsonl"
    good = json.dumps({"endpoint_name": "lamp-00001", "chain": PEM})
    path.write_text(f"{good}\n{'x' * (5 << 20)}\n{good}\n{'y' * (3 << 20)}")
    names = [(device.name, device.troubles) for device in devices(path)]
    large = (f"has more than {TABLE_ROW} bytes",)
    assert names == [
        ("lot.jsonl row 1 (lamp-00001)", ()),
        ("lot.jsonl row 2", large),
        ("lot.jsonl row 3 (lamp-00001)", ()),
        ("lot.jsonl row 4", large),
    ]


@pytest.mark.parametrize("spoil", [lambda data: data[:-20], lambda data: data[:10], lambda _: b"not gzip"])
def test_a_damaged_gz_is_an_offender_after_its_readable_rows(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "lot.jsonl.gz"
    path.write_bytes(spoil(gzip.compress(json.dumps({"chain": PEM}).encode() + b"\n")))
    (trouble,) = [device.troubles for device in devices(path) if device.troubles]
    assert trouble[0].startswith("cannot be read to its end: ")


def test_a_gz_bomb_is_an_offender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcu_conform.artefacts.bounded_io.archives.ARCHIVE_FLOOR", 1 << 20)
    path = tmp_path / "lot.jsonl.gz"
    path.write_bytes(gzip.compress(bytes(40 << 20), 9) * 8)
    assert "far beyond its own size" in devices(path)[-1].troubles[0]


def parquet(path: Path, columns: dict[str, Any]) -> Path:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), path)
    return path


def test_parquet_columns_are_text_or_lists_of_binary(tmp_path: Path) -> None:
    names = ["lamp-00001", "lamp-00001"]
    texts = parquet(tmp_path / "texts.parquet", {"endpoint_name": names, "chain": [PEM, PEM]})
    lists = parquet(tmp_path / "lists.parquet", {"endpoint_name": names, "chain": [DER, None]})
    assert [[c.raw for c in device.certificates] for device in devices(texts)] == [DER, DER]
    first, second = devices(lists)
    assert [certificate.raw for certificate in first.certificates] == DER
    assert (second.name, second.troubles) == (
        "lists.parquet row 2 (lamp-00001)",
        ("has neither a chain nor a bundle",),
    )


@pytest.mark.parametrize(
    ("columns", "trouble"),
    [
        ({"name": ["x"]}, "has neither a column chain nor a column bundle"),
        ({"chain": [7]}, "column chain: is int64, and neither string nor list<binary>"),
        ({"bundle": ["x"]}, "column bundle: is string, and not binary"),
        ({"chain": ["x"], "endpoint_name": [1.5]}, "column endpoint_name: is double, and not string"),
    ],
)
def test_a_wrong_schema_is_one_clear_line(columns: dict[str, Any], trouble: str, tmp_path: Path) -> None:
    (device,) = devices(parquet(tmp_path / "lot.parquet", columns))
    assert (device.name, device.troubles) == ("lot.parquet", (trouble,))


def test_a_damaged_parquet_file_is_an_offender(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "lot.parquet"
    path.write_bytes(b"PAR1 no more")
    (device,) = devices(path)
    assert device.troubles[0].startswith("is a damaged Parquet file: ")


def test_parquet_without_pyarrow_is_refused_with_the_package_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "lot.Parquet").touch()
    with pytest.raises(UsageError, match=r"lot\.Parquet: needs pyarrow: pip install 'fcu-conform\[parquet\]'$"):
        check(tmp_path, devices=tmp_path / "lot.Parquet")


def test_the_number_of_table_rows_is_estimated(tmp_path: Path) -> None:
    row = {"chain": PEM}
    path = lines(tmp_path / "lot.jsonl", *[row] * 3000)
    assert 2800 < (DeviceSet((path,)).estimate() or 0) < 3200
    assert tables.estimate_rows(tmp_path / "no.parquet") is None


def chunks(path: Path) -> list[Chunk]:
    return list(DeviceSet((path,)).chunks())


def test_a_file_that_vanished_or_was_locked_after_listing_is_an_offender(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"lamp-{number:05}.pem").write_text(PEM)
    (chunk,) = chunks(tmp_path)
    (tmp_path / "lamp-00001.pem").unlink()
    (tmp_path / "lamp-00002.pem").unlink()
    (tmp_path / "lamp-00002.pem").mkdir()
    read = {file.name: file.troubles for file in chunk.files()}
    assert read["lamp-00001.pem"] == ("disappeared after the folder was listed",)
    assert read["lamp-00002.pem"] == ("is a folder",)
    assert read["lamp-00000.pem"] == read["lamp-00003.pem"] == ()


def test_keys_are_read_with_their_device_and_strays_with_their_folder(tmp_path: Path) -> None:
    secret = same_template(1).key.sec1()
    for name in ("a/lamp-00001", "b/lamp-00002", "c/d/lamp-00003"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.pem").write_text(PEM)
        (tmp_path / f"{name}.key.pem").write_text(secret)
    (tmp_path / "b" / "nobody.key.pem").write_text(secret)
    found = [(file.name, None if file.key is None else file.key.name) for c in chunks(tmp_path) for file in c.files()]
    assert found == [
        ("a/lamp-00001.pem", "a/lamp-00001.key.pem"),
        ("b/lamp-00002.pem", "b/lamp-00002.key.pem"),
        ("b/nobody.key.pem", "b/nobody.key.pem"),
        ("c/d/lamp-00003.pem", "c/d/lamp-00003.key.pem"),
    ]


def test_folders_of_one_device_share_chunks(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"lamp-{number:05}").mkdir()
        (tmp_path / f"lamp-{number:05}" / "chain.pem").write_text(PEM)
    (chunk,) = chunks(tmp_path)
    assert isinstance(chunk, FolderChunk)
    assert [file.endpoint_names for file in chunk.files()] == [(f"lamp-{number:05}",) for number in range(40)]


def test_a_manifest_selects_its_files_and_a_folder_with_its_name_selects_all(tmp_path: Path) -> None:
    folder = tmp_path / "output.csv"
    folder.mkdir()
    for name in ("one.pem", "two.pem"):
        (folder / name).write_text(PEM)
    (folder / "chosen.csv").write_text("endpoint_name,file\nlamp-00001,two.pem\n")
    assert [device.name for device in devices(folder / "chosen.csv")] == ["two.pem"]
    assert [device.name for device in devices(folder)] == ["one.pem", "two.pem", "output.csv"]
    assert devices(folder)[-1].remark == Remark(passed_over=("chosen.csv",), count=1)
