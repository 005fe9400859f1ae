"""What a file of a device holds; archives of devices with their keys; patterns of git, modes, details of uploads."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from artefacts.makers import der, key_pem, make_chain, make_key, pem
from fcu_conform.artefacts import upload
from fcu_conform.artefacts.bounded_io import git
from fcu_conform.artefacts.bounded_io.access import access_to
from fcu_conform.artefacts.bounded_io.limits import GIT_PATTERN, GIT_PATTERNS
from fcu_conform.artefacts.device import Device, DeviceFile, Kind
from fcu_conform.artefacts.device_key import DeviceKey, read_key_der, read_key_file
from fcu_conform.artefacts.device_output import device_set
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.upload import read_upload
from fcu_conform.artefacts.usage import UsageError

CHAIN = make_chain("lamp", "FCU", "ROOT_CA")
KEY = key_pem(make_key("lamp"))


def block(label: str, body: str = "AAAA") -> bytes:
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()


def read(data: bytes, kind: Kind = Kind.PEM, **more: object) -> Device:
    return DeviceFile("lamp.pem", kind, data, **more).read()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "certificates", "keys", "troubles"),
    [
        (pem(*CHAIN[:2]), 2, 0, ()),
        (pem(CHAIN[0]) + KEY, 1, 1, ()),
        (KEY + pem(CHAIN[0]) + KEY, 1, 2, ()),
        (KEY, 0, 1, ()),
        (block("EC PARAMETERS") + pem(CHAIN[0]), 1, 0, ()),
        (block("EC PARAMETERS"), 0, 0, ("has no certificate",)),
        (block("X") + pem(CHAIN[0]), 1, 0, ("has a block that is not a certificate: X",)),
        (b"", 0, 0, ("is empty",)),
        (pem(CHAIN[0]) + block("CERTIFICATE", "*"), 1, 0, ("certificate 2: is not base64",)),
        (
            block("CERTIFICATE") + pem(CHAIN[0]),
            1,
            0,
            ("certificate 1: cannot be read: certificate: tag 0x00 where 0x30 was expected, at offset 0",),
        ),
    ],
)
def test_a_pem_file_holds(data: bytes, certificates: int, keys: int, troubles: tuple[str, ...]) -> None:
    device = read(data)
    assert len(device.certificates) == certificates
    assert (device.key is not None) + len(device.other_keys) == keys
    assert device.troubles == troubles
    assert (device.certificate is None) is (certificates == 0)


def test_der_files_and_chains_are_read() -> None:
    raw = [der(certificate) for certificate in CHAIN]
    assert [certificate.raw for certificate in read(raw[0], Kind.DER).certificates] == raw[:1]
    assert read(raw[0] + b"12", Kind.DER).troubles == ("certificate 1: has 2 trailing bytes",)
    assert read(b"x", Kind.DER).troubles[0].startswith("is not a DER certificate: ")
    device = DeviceFile("t", Kind.CHAIN, chain=(raw[0], b"\x04\0", raw[1] + b"1")).read()
    assert [certificate.raw for certificate in device.certificates] == raw[:2]
    assert device.troubles == (
        "certificate 2: cannot be read: certificate: tag 0x04 where 0x30 was expected, at offset 0",
        "certificate 2: has 1 trailing byte",
    )
    assert DeviceFile("t", Kind.CHAIN).read().troubles == ("has no certificate",)
    again = DeviceFile.of(device)
    assert (again.kind, again.chain, again.name) == (Kind.CHAIN, tuple(raw[:2]), "t")
    assert DeviceFile("t", troubles=("gone",)).read().troubles == ("gone",)


def test_a_key_beside_a_device_comes_before_those_in_its_file() -> None:
    beside = DeviceKey("lamp.key")
    device = read(pem(CHAIN[0]) + KEY + KEY, key=beside)
    assert device.key is beside
    assert len(device.other_keys) == 2
    alone = read(pem(CHAIN[0]), key=beside)
    assert (alone.key, alone.other_keys) == (beside, ())


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        (KEY, ""),
        (KEY + KEY, "has 2 private keys"),
        (pem(CHAIN[0]), "has no private key"),
        (b"", "is empty"),
        (b"\x30\0", "cannot be read: version is missing at offset 2"),
        (block("PRIVATE KEY", "MAA="), "cannot be read: version is missing at offset 2"),
        (block("PRIVATE KEY", "*"), "is not base64"),
        (block("ENCRYPTED PRIVATE KEY"), "is encrypted"),
        (block("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n\nAAAA"), "is encrypted"),
        (block("X PRIVATE KEY", "MAwCAQECAQECAQECAQE="), "cannot be read: private key: neither SEC1 nor PKCS#8"),
    ],
)
def test_a_key_file_holds(data: bytes, trouble: str) -> None:
    key = read_key_file("k", data)
    assert (key.name, key.trouble) == ("k", trouble)
    assert bool(key.public) is (key.private is not None) is (not trouble)


def test_an_unreadable_key_or_one_of_another_type_is_reported() -> None:
    assert read_key_der("k", b"").trouble == "cannot be read: private key is missing at offset 0"
    rsa = b"\x30\x1b\x02\x01\x00" + b"\x02\x01\x01" * 8
    assert read_key_der("k", rsa).trouble == "the key is RSA"


def test_keys_and_rows_are_found_anywhere_in_an_archive_of_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    rows = "endpoint_name,file,key_file\none,a.bin,k.bin\ntwo,b.pem,\nthree,c.pem,gone.key\nfour,d.pem,\nfive,e.pem,\n"
    members = [("a.bin", b"x"), ("b.pem", b"x"), ("c.pem", b"x"), ("f.pem", b"x"), ("b.key", KEY), ("z.key", KEY)]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (*members, ("k.bin", KEY), ("devices.csv", rows.encode())):
            archive.writestr(name, data)
    monkeypatch.setattr(device_set, "MANIFEST_MISSING", 1)
    found = {file.name: file for chunk in DeviceSet((path,)).chunks() for file in chunk.files()}
    keys = {name: (file.key.name, file.key.trouble) if file.key else None for name, file in found.items()}
    assert keys == {
        "a.bin": ("k.bin", ""),
        "b.pem": ("b.key", ""),
        "c.pem": ("gone.key", "is missing"),
        "f.pem": None,
        "d.pem": None,
        "devices.csv": None,
        "z.key": ("z.key", ""),
    }
    assert found["d.pem"].troubles == ("is missing: devices.csv, line 5, names it",)
    assert found["devices.csv"].troubles == ("names 1 more files that are missing",)
    monkeypatch.setattr(device_set, "MANIFEST_MISSING", 2)
    names = [file.name for chunk in DeviceSet((path,)).chunks() for file in chunk.files()]
    assert names == ["a.bin", "b.pem", "c.pem", "f.pem", "d.pem", "e.pem", "z.key"]


def harmless(work_tree: Path, patterns: str, name: str = "key.pem") -> bool:
    (work_tree / ".git" / "info").mkdir(parents=True, exist_ok=True)
    (work_tree / ".gitignore").write_text(patterns)
    return git._is_harmless(work_tree, name)


def test_patterns_of_exactly_the_limits_are_accepted_and_longer_ones_are_refused(tmp_path: Path) -> None:
    line = "x" * GIT_PATTERN + "\n"
    assert harmless(tmp_path, line)
    assert not harmless(tmp_path, "x" + line)
    lines = ("y" * 63 + "\n") * (GIT_PATTERNS // 64)
    assert harmless(tmp_path, lines)
    assert not harmless(tmp_path, lines + "\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("\n")
    assert not harmless(tmp_path, lines)  # in all files together


@pytest.mark.parametrize(
    ("pattern", "name", "steps"),
    [
        (b"key.pem", "key.pem", 7 + 1 * 2),
        (b"*.pem", "key.pem", 7 + 8 * 2),
        (b"*.*", "key.pem", 7 + 36 * 2),
        (b"***", "key.pem", 7 + 120 * 2),
        (b"a**b", "key.pem", 7 + 36 * 2),
        (b"**/*.pem", "key.pem", 7 + 8 * 3),
        (b"*.pem", "line/keys/k.pem", 3 * (15 + 6 * 4)),
        (b"**/*/**", "line/keys/k.pem", 3 * (15 + 6 * 20)),
        (b"*", "k\u00e4\u00e4.pem", 9 + 10 * 2),  # of bytes, not of characters
    ],
)
def test_the_cost_of_a_pattern_counts_the_ways_to_match_its_stars(pattern: bytes, name: str, steps: int) -> None:
    assert git._steps([pattern], name) == steps
    assert git._steps([pattern, b"#"] * 3, name) == 3 * steps + 3 * git._steps([b"#"], name)


def test_patterns_that_would_take_too_long_are_not_matched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert harmless(tmp_path, "*.pem\n**/*.key\n/line*/**/fcu_private_key.*\n!*.pub\n" * 100, "line 1/keystore/key.pem")
    assert not harmless(tmp_path, "*a" * 6 + "b\n", "a" * 120 + "/key.pem")
    assert not harmless(tmp_path, "/" + "*" * 52 + "/\n", "keystore/key.pem")
    for limit, expected in ((23, True), (22, False)):
        monkeypatch.setattr(git, "GIT_STEPS", limit)
        assert harmless(tmp_path, "*.pem\n") is expected


def test_read_and_write_access_is_reported_for_each_bit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    words = ("", "", "w", "w", "r", "r", "rw", "rw")
    for mode in range(0o1000):
        if mode & 0o700 != 0o600:
            continue
        path.chmod(mode)
        found = access_to(path)
        grants = [("group", words[mode >> 3 & 7]), ("others", words[mode & 7])]
        assert found.mode == f"{mode:04o}"
        assert [(grant.who, grant.permissions) for grant in found.grants] == [one for one in grants if one[1]]


@pytest.mark.parametrize(
    ("name", "text", "values", "problem"),
    [
        ("u.toml", "name = 'a'", {"name": "a"}, ""),
        ("u.json", '{"name": "a"}', {"name": "a"}, ""),
        ("u.json", "\ufeff{}", {}, ""),
        ("u.json", "[]", {}, "is not a table of name, description and service"),
        ("u.json", "{", {}, None),
        ("u.toml", "a = ", {}, None),
    ],
)
def test_details_beside_an_upload_are_read(
    name: str, text: str, values: dict[str, str], problem: str | None, tmp_path: Path
) -> None:
    (tmp_path / "u.pem").write_bytes(pem(CHAIN[2]))
    assert read_upload(tmp_path / "u.pem").details is None
    (tmp_path / name).write_text(text, encoding="utf-8")
    details = read_upload(tmp_path / "u.pem").details
    assert details is not None
    assert details.values == values
    assert details.file.name == name
    if problem is None:
        assert details.problem.startswith("cannot be read: ")
        assert "\n" not in details.problem
    else:
        assert details.problem == problem


def test_a_folder_as_upload_and_a_dangling_link_as_details_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a folder$"):
        read_upload(tmp_path)
    (tmp_path / "u.pem").write_bytes(b"")
    (tmp_path / "u.toml").symlink_to("gone")
    details = read_upload(tmp_path / "u.pem").details
    assert details is not None
    assert details.problem == "is a broken link"
    assert upload.DETAILS_ENDINGS == (".toml", ".json")
