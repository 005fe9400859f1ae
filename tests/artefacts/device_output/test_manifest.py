"""devices.csv, row by row: which values are used, what is reported, and where reading ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcu_conform.artefacts.bounded_io.reading import FileBytes, Trouble
from fcu_conform.artefacts.device_output import manifest
from fcu_conform.artefacts.device_output.manifest import Manifest, Row, Rows, read_manifest


def read(text: str | bytes) -> Manifest:
    data = text.encode() if isinstance(text, str) else text
    return read_manifest(FileBytes("devices.csv", Path("devices.csv"), data))


def rows(text: str) -> tuple[list[Row], tuple[str, ...]]:
    found = read("endpoint_name,file,enrollment_id,key_file\n" + text)
    assert list(found.rows) == [row.file for row in found.rows.values()]
    return list(found.rows.values()), found.troubles


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("a,b.pem,,", Row(2, "a", "b.pem", None, None)),
        (" a , b.pem , 0A , k ", Row(2, "a", "b.pem", "0A", "k")),
        ("a,./x\\b.pem,,.\\k", Row(2, "a", "x/b.pem", None, "k")),
        ("a,b.pem", Row(2, "a", "b.pem", None, None)),
        ("a,b..pem,,..k", Row(2, "a", "b..pem", None, "..k")),
    ],
)
def test_a_row_is_read(text: str, row: Row) -> None:
    assert rows(text) == ([row], ())


@pytest.mark.parametrize("name", ["a", "1 2 3", "", " ", "a\nb", "\0", "ünïcode \U0001f980"])
@pytest.mark.parametrize("enrollment_id", [None, "0A", "7 7"])
@pytest.mark.parametrize("key_file", [None, "k", "3 k"])
def test_a_row_is_kept_verbatim(name: str, enrollment_id: str | None, key_file: str | None) -> None:
    row = Row(12, name, "f.pem", enrollment_id, key_file)
    kept = Rows()
    kept.add(row)
    assert dict(kept) == {"f.pem": row}
    assert ("f.pem" in kept, "g.pem" in kept, len(kept), kept.get("g.pem")) == (True, False, 1, None)


@pytest.mark.parametrize(
    ("text", "row", "trouble"),
    [
        ("a,../b,,", None, "line 2: names a file outside the output"),
        ("a,/b,,", None, "line 2: names a file outside the output"),
        ("a,x/../b,,", None, "line 2: names a file outside the output"),
        ("a,\\b,,", None, "line 2: names a file outside the output"),
        ("a,b,,../k", Row(2, "a", "b", None, None), "line 2: names a file outside the output"),
        ("a,b,i,/k", Row(2, "a", "b", "i", None), "line 2: names a file outside the output"),
        (",b,,", Row(2, "", "b", None, None), "line 2: has no endpoint_name or no file"),
        ("a,,,", None, "line 2: has no endpoint_name or no file"),
        ("a", None, "line 2: has no endpoint_name or no file"),
    ],
)
def test_a_faulty_row_is_reported_and_its_valid_fields_are_used(text: str, row: Row | None, trouble: str) -> None:
    assert rows(text) == ([row] if row else [], (trouble,))


def test_a_file_that_is_named_again_keeps_its_first_row() -> None:
    found, troubles = rows("a,x,,\nb,y,,\nc,x,,\n")
    assert found == [Row(2, "a", "x", None, None), Row(3, "b", "y", None, None)]
    assert troubles == ("line 4: names x again, as line 2 does",)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", "has no column endpoint_name and no column file"),
        ("endpoint_name\n", "has no column file"),
        ("file\n", "has no column endpoint_name"),
        ("a,b\n", "has no column endpoint_name and no column file"),
    ],
)
def test_columns_that_are_missing_are_named(text: str, trouble: str) -> None:
    assert read(text) == Manifest("devices.csv", {}, (trouble,))


def test_a_byte_order_mark_and_other_columns_do_no_harm() -> None:
    found = read(b"\xef\xbb\xbffile,more,endpoint_name\r\nb,x,a\r\n")
    assert (list(found.rows.values()), found.troubles) == ([Row(2, "a", "b", None, None)], ())


SPREADSHEET = {
    "semicolons": "endpoint_name;file;key_file\r\na;b.pem;b.key\r\n",
    "tabs": "endpoint_name\tfile\tkey_file\r\na\tb.pem\tb.key\r\n",
    "sep": "sep=;\r\nendpoint_name;file;key_file\r\na;b.pem;b.key\r\n",
    "quoted sep": '"sep=;"\r\n"endpoint_name";"file";"key_file"\r\n"a";"b.pem";"b.key"\r\n',
    "sep of commas": "SEP=,\nendpoint_name,file,key_file\na,b.pem,b.key\n",
    "capitals": "Endpoint Name,FILE,Key-File\na,b.pem,b.key\n",
    "empty rows": "endpoint_name,file,key_file\n,,\na,b.pem,b.key\n , ,\n\n,,,,\n",
    "empty columns": "endpoint_name;file;key_file;;\na;b.pem;b.key;;\n;;;;\n",
}


@pytest.mark.parametrize("text", SPREADSHEET.values(), ids=SPREADSHEET)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_written_by_spreadsheets_is_read(text: str, encoding: str) -> None:
    found = read(text.encode(encoding))
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row.strip('"').startswith("a"))
    assert (list(found.rows.values()), found.troubles) == ([Row(line, "a", "b.pem", None, "b.key")], ())


@pytest.mark.parametrize(
    ("header", "trouble"),
    [
        ("endpoint_name,file,file", "has the column file twice"),
        ("endpoint_name;file;File", "has the column file twice"),
        ("endpoint_name,file,enrolment_id", "has a column 'enrolment_id': did you mean enrollment_id?"),
        ("endpoint_names,file", "has a column 'endpoint_names': did you mean endpoint_name?"),
        ("name;file", "has no column endpoint_name"),
        ("endpoint_name|file", "has a column 'endpoint_name|file': did you mean endpoint_name?"),
        ("x" * 20_000, "has no column endpoint_name and no column file"),
    ],
)
def test_an_ambiguous_header_is_reported(header: str, trouble: str) -> None:
    assert read(f"{header}\na,b,c\n") == Manifest("devices.csv", {}, (trouble,))


def test_line_numbers_start_at_the_first_line_of_the_file() -> None:
    assert read("sep=;\nendpoint_name;file\na;b\n;c\n").troubles == ("line 4: has no endpoint_name or no file",)


def test_malformed_csv_and_an_unread_file_are_reported() -> None:
    for data, trouble in (
        (b"endpoint_name,file\n\xff,b\n", "is not UTF-8 text (save it as 'CSV UTF-8')"),
        ("endpoint_name,file\na,b\n".encode("utf-16-be"), "is not UTF-8 text (save it as 'CSV UTF-8')"),
        (b'endpoint_name,file\n"a"x,b\n', "is not a CSV file: ',' expected after '\"'"),
        (b'endpoint_name,file\n"a', "is not a CSV file: unexpected end of data"),
    ):
        assert read(data) == Manifest("devices.csv", {}, (trouble,))
    gone = FileBytes("devices.csv", Path("devices.csv"), trouble=Trouble.DENIED)
    assert read_manifest(gone) == Manifest("devices.csv", {}, ("permission denied",))
    told = FileBytes("devices.csv", Path("devices.csv"), trouble=Trouble.TOO_LARGE, detail="has too much")
    assert read_manifest(told) == Manifest("devices.csv", {}, ("has too much",))


def test_rows_and_faults_are_read_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MANIFEST_ROWS", 2)
    monkeypatch.setattr(manifest, "MANIFEST_TROUBLES", 3)
    good = [f"a,f{number},," for number in range(4)]
    for count in (1, 2):
        assert (len(rows("\n".join(good[:count]))[0]), rows("\n".join(good[:count]))[1]) == (count, ())
    for count in (3, 4):
        found, troubles = rows("\n".join(good[:count]))
        assert len(found) == 2
        assert troubles == ("line 4: has too many rows; the rest was not read",)
    fault = "line {}: has no endpoint_name or no file"
    bad = ["a,,,"] * 5
    assert rows("\n".join(bad[:3])) == ([], tuple(fault.format(line) for line in (2, 3, 4)))
    for count in (4, 5):
        assert rows("\n".join(bad[:count]))[1] == (
            *(fault.format(line) for line in (2, 3, 4)),
            "line 5: has too many faults; the rest was not read",
        )


def test_a_row_with_two_faults_does_not_exceed_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MANIFEST_TROUBLES", 2)
    _, troubles = rows("a,x,,\n,y,,\n,x,,\n,z,,\n,w,,\n")
    assert troubles == (
        "line 3: has no endpoint_name or no file",
        "line 4: has no endpoint_name or no file",
        "line 4: names x again, as line 2 does",
        "line 5: has too many faults; the rest was not read",
    )
