"""JSON, TOML, digests, chunks and plain files: the small readers at their limits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fcu_conform.artefacts.bounded_io import digests, json_text, reading, toml_text
from fcu_conform.artefacts.bounded_io.digests import digest_of_file, digest_of_folder_in_1_0, digest_of_output
from fcu_conform.artefacts.bounded_io.json_text import parse_json
from fcu_conform.artefacts.bounded_io.limits import TOML_KEY
from fcu_conform.artefacts.bounded_io.reading import FileBytes, read_plainly, version_at
from fcu_conform.artefacts.bounded_io.toml_text import parse_toml
from fcu_conform.artefacts.device import DeviceFile, Kind
from fcu_conform.artefacts.device_key import DeviceKey
from fcu_conform.artefacts.device_output.chunks import FilesChunk
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.encodings.private_keys import Secret
from fcu_conform.artefacts.keystore_files import CertificateFile
from fcu_conform.artefacts.usage import UsageError, existing


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"[1,2]", [1, 2]),
        (b"[[[]]]", [[[]]]),
        (b'{"a":{}}', {"a": {}}),
        (b"[{}]", [{}]),
        (b'{"a":[1]}', {"a": [1]}),
        (b"[1,2,3]", None),
        (b"[[],[]]", None),
        (b'{"a":{},"b":{}}', None),
        (b"[{},{}]", None),
        (b'{"a":[[[]]]}', None),
        (b"[1,1,1,1,1,1]", None),
    ],
)
def test_json_of_exactly_the_limit_of_values_is_read_and_more_is_refused(
    text: bytes, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_text, "JSON_VALUES", 3 if value == [[[]]] else 2)
    if value is not None:
        assert parse_json(text) == value
        return
    with pytest.raises(ValueError, match=r"^has more than 2 values$"):
        parse_json(text)


def test_json_that_is_nested_too_deeply_or_malformed_is_reported() -> None:
    with pytest.raises(ValueError, match=r"^is nested too deeply$"):
        parse_json(b"[" * 100_000)
    with pytest.raises(ValueError, match=r"Expecting value"):
        parse_json(b"x")


@pytest.mark.parametrize("text", [b'{"a":1,"a":1}', b'[{"b":[{"a":1,"c":2,"a":3}]}]', b'{"a":1,"\\u0061":2}'])
def test_json_with_a_duplicate_key_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"^has the member 'a' twice in one object$"):
        parse_json(text)


def test_a_toml_key_of_exactly_the_limit_of_parts_is_read_and_more_is_refused() -> None:
    parts = ["a"] * TOML_KEY
    assert parse_toml(".".join(parts) + " = 1")
    assert parse_toml("x = '" + ".".join(parts) + "'")
    for key in (".".join([*parts, "a"]), " . ".join([*parts, "a"]), "\t.".join([*parts, "bc"])):
        with pytest.raises(ValueError, match=rf"^a key has more than {TOML_KEY} parts$"):
            parse_toml(key + " = 1")
    assert toml_text.parse_toml("a = 1\nb = [1, 2]") == {"a": 1, "b": [1, 2]}
    with pytest.raises(ValueError, match=r"."):
        parse_toml("a = ")
    with pytest.raises(ValueError, match=r"^is nested too deeply$"):
        parse_toml("a = " + "[" * 100_000)


def test_the_digest_of_a_file_is_that_of_its_bytes_up_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    monkeypatch.setattr(digests, "_PIECE", 3)
    for data in (b"", b"1", b"123", b"1234", b"1234567"):
        path.write_bytes(data)
        assert digest_of_file(path) == hashlib.sha256(data).hexdigest()
        assert digest_of_file(path, len(data)) == hashlib.sha256(data).hexdigest()
        if data:
            with pytest.raises(OSError, match=rf"has more than {len(data) - 1} bytes"):
                digest_of_file(path, len(data) - 1)


def test_only_an_unchanged_regular_file_has_a_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "a").write_bytes(b"1")
    with pytest.raises(OSError, match=r"is a FIFO"):
        digest_of_file(tmp_path / "fifo")
    opened = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(OSError, match=r"is a folder"):
        digest_of_file(tmp_path)
    assert len(list(Path("/dev/fd").iterdir())) == opened
    with pytest.raises(OSError, match=r"Too many levels"):
        digest_of_file(tmp_path / "link")
    for versions in ((1, 2), (2, 1)):
        told = iter(versions)
        monkeypatch.setattr(digests, "version_of", lambda _, told=told: next(told))
        with pytest.raises(OSError, match=r"changed while it was read"):
            digest_of_file(tmp_path / "a")


@pytest.mark.parametrize("use", [digest_of_file, lambda path: reading.read_file(path, 10)])
def test_files_are_opened_without_waiting_without_links_and_not_for_children(
    use: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"1")
    flags: list[int] = []
    real = os.open

    def opened(path: str, flag: int) -> int:
        flags.append(flag)
        return real(path, flag)

    monkeypatch.setattr(os, "open", opened)
    use(tmp_path / "a")
    assert flags == [os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC]


def test_the_digest_of_a_folder_is_taken_over_sha256sum_lines(tmp_path: Path) -> None:
    for name, data in (("b", b"1"), ("a/c", b"22"), ("a/x.key", b"secret"), ("key.pem", b"secret"), ("n\nl", b"3")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "loop").symlink_to("loop")
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in (("a/c", b"22"), ("b", b"1"))]
    lines += ["unreadable  loop\n", f"{hashlib.sha256(b'3').hexdigest()}  n\\nl\n"]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert (digest_of_output(tmp_path), digest_of_folder_in_1_0(tmp_path)) == ({"dirHash": expected}, expected)


def dir_hash(**files: bytes) -> dict[str, str]:
    """What sha256sum would print for files, their names with _ for each dot."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name.replace('_', '.')}\n" for name, data in sorted(files.items())]
    return {"dirHash": hashlib.sha256("".join(lines).encode()).hexdigest()}


def test_devices_in_the_manifest_are_in_the_digest_and_keys_are_not(tmp_path: Path) -> None:
    files = {"a.key.pem": b"chain", "b.pem": b"key", "c.key.pem": b"another", "d.pem": b"more"}
    manifest = b"endpoint_name,file,key_file\na,a.key.pem,b.pem\n"
    for name, data in {**files, "devices.csv": manifest}.items():
        (tmp_path / name).write_bytes(data)
    assert digest_of_output(tmp_path) == dir_hash(a_key_pem=b"chain", d_pem=b"more", devices_csv=manifest)
    assert digest_of_output(tmp_path / "devices.csv") == dir_hash(a_key_pem=b"chain", devices_csv=manifest)
    assert digest_of_output(tmp_path / "d.pem") == {"sha256": hashlib.sha256(b"more").hexdigest()}


def test_a_chunk_is_sent_to_a_worker_only_without_private_keys() -> None:
    plain = DeviceFile("a", Kind.PEM, b"x")
    for other, may_travel in (
        (plain, True),
        (DeviceFile("b", Kind.PEM, b"x PRIVATE KEY x"), False),
        (DeviceFile("b", Kind.BUNDLE, b"x"), False),
        (DeviceFile("b", Kind.PEM, key=DeviceKey("k")), True),
        (DeviceFile("b", Kind.PEM, key=DeviceKey("k", private=Secret(b"x"))), False),
    ):
        assert FilesChunk((plain, other)).is_portable is may_travel
        assert FilesChunk((other, plain)).is_portable is may_travel
    assert FilesChunk(()).is_portable


def test_the_number_of_devices_is_estimated(tmp_path: Path) -> None:
    for name in ("a.pem", "b/c.pem", "b/c.key", "n.txt", "t.zip", "d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "t.jsonl").write_bytes(b"{}\n{}\n{}\n")
    for names, count in (
        (["b"], 1),
        (["."], 2),
        (["a.pem"], 1),
        (["t.jsonl"], 3),
        (["a.pem", "b", "t.jsonl"], 5),
        (["t.zip"], None),
        (["d.csv"], None),
        (["a.pem", "t.zip"], None),
        ([], 0),
    ):
        assert DeviceSet(tuple(tmp_path / name for name in names)).estimate() == count


def test_an_ordinary_file_of_a_folder_is_read_on_the_short_path(tmp_path: Path) -> None:
    for name, data in (("none", b""), ("one", b"1"), ("four", b"1234"), ("five", b"12345")):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "link").symlink_to("one")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        expected = {"one": b"1", "four": b"1234"}
        for name in ("none", "one", "four", "five", "link", "fifo", "folder", "gone"):
            assert read_plainly(name, folder, 4) == expected.get(name), name
    finally:
        os.close(folder)


def test_a_file_that_grows_or_shrinks_is_not_read_on_the_short_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"1234")
    folder = os.open(tmp_path, os.O_RDONLY)
    asked: list[int] = []
    try:
        for data in (b"123", b"12345"):
            monkeypatch.setattr(os, "read", lambda _, count, data=data: asked.append(count) or data)
            assert read_plainly("a", folder, 10) is None
        assert asked == [5, 5]

        def failing(_descriptor: int, _count: int) -> bytes:
            raise OSError(5, "no")

        monkeypatch.setattr(os, "read", failing)
        assert read_plainly("a", folder, 10) is None
    finally:
        os.close(folder)


def test_the_version_of_a_path_comes_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert version_at(path) is None
    path.write_bytes(b"1")
    status = path.stat()
    assert version_at(path) == (status.st_dev, status.st_ino, 1, status.st_mtime_ns)


def test_a_requested_file_is_present_or_reported(tmp_path: Path) -> None:
    assert existing(tmp_path, "config") == tmp_path
    for path, words in (
        (tmp_path / "gone", "no such file or folder"),
        (tmp_path / ("x" * 300), "cannot be opened: file name too long"),
    ):
        with pytest.raises(UsageError) as refused:
            existing(path, "config")
        assert str(refused.value) == f"config {path}: {words}"
    with pytest.raises(UsageError, match=r"cannot be opened: .*null (byte|character)"):
        existing("a\0b", "config")


def test_blocks_with_other_labels_are_not_certificates() -> None:
    blocks = [
        f"-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n"
        for label in ("ATTRIBUTE CERTIFICATE", "CERTIFICATE", "CERTIFICATE REQUEST", "TRUSTED CERTIFICATE", "A")
    ]
    file = CertificateFile(FileBytes("fcu.crt", Path("fcu.crt"), "".join(blocks).encode()))
    # OpenSSL reads the last but one, others do not: it counts, and is not read
    assert [(entry.index, entry.line, entry.is_mislabelled) for entry in file.entries] == [(1, 4, False), (2, 10, True)]
