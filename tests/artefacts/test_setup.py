"""Setups: names of keystores, and usage errors."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from artefacts.makers import AT, Line, key_pem, make_certificate, make_key, make_request
from fcu_conform.artefacts.setup import read_setups
from fcu_conform.artefacts.usage import UsageError


def names(root: Path, *folders: str) -> list[str]:
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    return [setup.name for setup in read_setups([root / folder for folder in folders])]


def test_one_keystore_has_the_name_of_its_folder(tmp_path: Path) -> None:
    assert names(tmp_path, "line 1/keystore") == ["keystore"]


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (("a/keystore", "b/keystore"), ["a", "b"]),
        (("one", "two"), ["one", "two"]),
        (("x/a/keystore", "y/a/keystore"), ["x/a", "y/a"]),
        (("x/a/keystore", "y/b/keystore"), ["a", "b"]),
        (("a/keystore", "b/store"), ["keystore", "store"]),
        (("a/keystore", "b/keystore", "b/store"), ["a/keystore", "b/keystore", "b/store"]),
    ],
)
def test_several_keystores_have_the_shortest_distinct_names(
    tmp_path: Path, folders: tuple[str, ...], expected: list[str]
) -> None:
    assert names(tmp_path, *folders) == expected


def test_the_current_folder_has_its_real_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keystore").mkdir()
    monkeypatch.chdir(tmp_path / "keystore")
    assert [setup.name for setup in read_setups(["."])] == ["keystore"]
    assert [setup.name for setup in read_setups(["../keystore/"])] == ["keystore"]


def refused(*keystores: object, **options: object) -> str:
    with pytest.raises(UsageError) as usage:
        read_setups(list(keystores), **options)  # type: ignore[arg-type]
    assert "\n" not in str(usage.value)
    return str(usage.value)


def test_a_keystore_must_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert refused(tmp_path / "no") == f"keystore {tmp_path}/no: no such folder"
    assert refused(tmp_path / "file") == f"keystore {tmp_path}/file: is not a folder"
    assert refused(tmp_path / "file" / "x") == f"keystore {tmp_path}/file/x: no such folder"
    assert refused(tmp_path / "loop").startswith(f"keystore {tmp_path}/loop: ")
    assert refused(tmp_path / ("x" * 300)).startswith(f"keystore {tmp_path}/xxx")
    assert refused("a\0b").startswith("keystore a")


def test_a_duplicate_keystore_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keystore").mkdir()
    (tmp_path / "alias").symlink_to("keystore")
    assert refused(tmp_path / "keystore", tmp_path / "alias") == f"{tmp_path}/alias: this keystore was passed twice"


def test_a_missing_config_file_that_was_named_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, config=tmp_path / "no") == f"config {tmp_path}/no: no such file or folder"
    assert refused(tmp_path, config=tmp_path) == f"config {tmp_path}: is a folder"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_config_file_in_an_unreadable_folder_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    (tmp_path / "keystore").mkdir(mode=0o755)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    script = (
        "import os, sys; from fcu_conform.artefacts.setup import UsageError, read_setups; os.chdir(sys.argv[1]);"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: read_setups(['keystore'], config='closed/fcu.yml')\n"
        "except UsageError as usage: print(usage)"
    )
    unwatched = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, env=unwatched)
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("config closed/fcu.yml: ")


@pytest.mark.parametrize("depth", [0, -1])
def test_a_depth_is_at_least_1(tmp_path: Path, depth: int) -> None:
    assert refused(tmp_path, chain_depth=depth) == f"chain depth {depth}: must be 1 or more"


def test_a_depth_that_contradicts_fcu_yml_is_refused(tmp_path: Path) -> None:
    line = Line(tmp_path)
    assert refused(line.keystore, chain_depth=3) == (
        f"chain depth 3: contradicts device-certificate-chain-depth: 2 in {tmp_path}/config/fcu.yml"
    )
    assert read_setups([line.keystore], chain_depth=2)[0].depth == 2


def test_an_instant_needs_a_time_zone(tmp_path: Path) -> None:
    assert refused(tmp_path, at=datetime(2026, 6, 1)) == "instant 2026-06-01T00:00:00: has no time zone"
    assert read_setups([tmp_path], at=AT)[0].at == AT


def test_without_an_instant_all_keystores_are_judged_at_the_same_current_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, other = read_setups([tmp_path / "a", tmp_path / "b"])
    assert one.at == other.at
    assert timedelta(0) <= datetime.now(timezone.utc) - one.at < timedelta(minutes=1)


@pytest.mark.parametrize("place", ["../config/fcu.yml", "../fcu.yml", "fcu.yml"])
def test_fcu_yml_is_found_in_all_its_places(tmp_path: Path, place: str) -> None:
    line = Line(tmp_path)
    (tmp_path / "config" / "fcu.yml").unlink()
    assert read_setups([line.keystore])[0].config is None
    path = line.write(place, b"device-certificate-chain-depth: 3\n")
    config = read_setups([line.keystore])[0].config
    assert config is not None
    assert config.path.samefile(path)
    assert config.depth == 3


def test_the_fcu_yml_nearest_to_the_usual_place_wins(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.write("../fcu.yml", b"device-certificate-chain-depth: 4\n")
    line.write("fcu.yml", b"device-certificate-chain-depth: 5\n")
    assert read_setups([line.keystore])[0].depth == 2
    (tmp_path / "config" / "fcu.yml").unlink()
    assert read_setups([line.keystore])[0].depth == 4


def test_a_setup_knows_its_key_and_its_fcu_certificate(tmp_path: Path) -> None:
    setup = read_setups([Line(tmp_path).keystore])[0]
    assert setup.key_public is not None
    assert setup.ca.fcu_certificate is not None
    assert setup.ca.fcu_certificate.public_key == setup.key_public
    assert setup.ca.fcu_link is not None
    assert setup.ca.fcu_link.index == 1
    assert setup.odd_one_out == ""


@pytest.mark.parametrize(
    ("key", "request_key", "certificate_key", "odd"),
    [
        ("a", "a", "a", ""),
        ("x", "a", "a", "key"),
        ("a", "x", "a", "request"),
        ("a", "a", "x", "certificate"),
        ("a", "b", "c", "all"),
        ("a", None, "a", ""),
        ("a", None, "b", "all"),
    ],
)
def test_a_mismatch_of_key_request_and_certificate_names_the_odd_one_out(
    tmp_path: Path, key: str, request_key: str | None, certificate_key: str, odd: str
) -> None:
    line = Line(tmp_path)
    line.write("fcu_private_key.pem", key_pem(make_key(key)))
    line.write_chain(make_certificate("FCU", key=make_key(certificate_key), issuer_key=make_key(certificate_key)))
    if request_key is not None:
        made = make_request("FCU", key=make_key(request_key))
        line.write("fcu_csr.pem", made.public_bytes(Encoding.PEM))
    assert read_setups([line.keystore])[0].odd_one_out == odd


def test_no_representation_of_a_setup_shows_its_key(tmp_path: Path) -> None:
    setup = read_setups([Line(tmp_path).keystore])[0]
    secret = make_key("FCU line 1").private_numbers().private_value
    assert setup.key_public is not None
    shown = f"{setup!r} {vars(setup)!r} {vars(setup.keystore)!r} {vars(setup.keystore.key_file)!r}"
    assert str(secret) not in shown
    assert f"{secret:064x}" not in shown
    assert repr(secret.to_bytes(32, "big"))[2:-1] not in shown
    assert "PRIVATE KEY-----" not in shown


def test_a_mode_that_contradicts_fcu_yml_is_refused(tmp_path: Path) -> None:
    line = Line(tmp_path)
    with pytest.raises(UsageError, match=r"^mode lwm2m: contradicts use-bootstrap in .*fcu\.yml$"):
        read_setups([line.keystore], at=AT, mode="lwm2m")
    (setup,) = read_setups([line.keystore], at=AT, mode="bootstrap")
    assert setup.mode == "bootstrap"
