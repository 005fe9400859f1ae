"""Device output in every form and container, with its manifest."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import stat
import tarfile
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, load_pem_private_key
from cryptography.x509.oid import NameOID
from device_double import Device
from reference_ca_helpers import Run

import reference_ca
from reference_ca import Config, KeySource, issue_outputs, make_hierarchy, write_device, write_lot
from reference_ca.output import file_name

AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
NAMES = ["line1-0001", "line 1/0002", "..", ".hidden", "a.key", "devices", "CON:=?", "é" * 32, "100%", "Devices"]
CONTAINERS = ("lot", "lot.tar", "lot.tar.gz", "lot.tgz", "lot.zip")


def lot(form: str, names: list[str], depth: int = 2) -> list[reference_ca.DeviceOutput]:
    source = KeySource("lot", at=AT)
    authority = make_hierarchy(2, source)[-1]
    config = Config.example(source, depth=1 if form == "der" else depth)
    return list(issue_outputs(names, authority, config, form=form))


def read_back(path: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of a lot: bytes and mode, by its name in it."""
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file()]
        return {
            file.relative_to(path).as_posix(): (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) for file in files
        }
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            return {i.filename: (archive.read(i), i.external_attr >> 16 & 0o777) for i in archive.infolist()}
    with tarfile.open(path) as tar:
        members = tar.getmembers()
        return {member.name: (tar.extractfile(member).read(), member.mode) for member in members}  # type: ignore[union-attr]


@pytest.mark.parametrize("layout", ["flat", "tree"])
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("form", ["pem", "der", "cbor"])
def test_every_form_in_every_container_matches_the_manifest(
    form: str, container: str, layout: str, tmp_path: Path
) -> None:
    path = tmp_path / container
    assert write_lot(lot(form, NAMES), path, layout=layout, at=AT) == len(NAMES)
    files = read_back(path)
    rows = list(csv.DictReader(io.StringIO(files["devices.csv"][0].decode())))
    assert [row["endpoint_name"] for row in rows] == NAMES
    assert list(rows[0]) == ["endpoint_name", "file", "enrollment_id", "key_file"]
    named = {row["file"] for row in rows} | {row["key_file"] for row in rows if row["key_file"]} | {"devices.csv"}
    assert named == set(files)
    for row in rows:
        content, mode = files[row["file"]]
        assert row["file"].endswith(f".{form}")
        assert row["file"].count("/") == (layout == "tree")
        if form == "cbor":
            assert (row["key_file"], mode) == ("", 0o600)
            device = Device()
            device.receive(content)
            certificate = device.certificates["mbed.BootstrapDeviceCert"][0]
            assert len(device.certificates["mbed.BootstrapDeviceCert"]) == 2
        else:
            key_bytes, key_mode = files[row["key_file"]]
            assert (mode, key_mode) == (0o644, 0o600)
            assert row["key_file"] == f"{row['file'].removesuffix(f'.{form}')}.key.{form}"
            load = load_pem_private_key if form == "pem" else load_der_private_key
            if form == "pem":
                chain = x509.load_pem_x509_certificates(content)
                assert len(chain) == 2
                certificate = chain[0]
            else:
                certificate = x509.load_der_x509_certificate(content)
            assert load(key_bytes, None).public_key() == certificate.public_key()
        (attribute,) = certificate.subject
        assert (attribute.oid, attribute.value) == (NameOID.COMMON_NAME, row["endpoint_name"])
        digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
        assert row["enrollment_id"].removeprefix("A-").replace(":", "").lower() == digest


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
@pytest.mark.parametrize("container", CONTAINERS)
def test_a_lot_with_private_keys_is_readable_only_by_its_owner(container: str, tmp_path: Path) -> None:
    path = tmp_path / container
    write_lot(lot("pem", ["a"]), path, at=AT)
    assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_same_lot_has_the_same_bytes(container: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_lot(lot("pem", NAMES), tmp_path / name / container, at=AT)
    one, two = tmp_path / "a" / container, tmp_path / "b" / container
    if one.is_dir():
        assert read_back(one) == read_back(two)
    else:
        assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_lot_never_overwrites_another(container: str, tmp_path: Path) -> None:
    path = tmp_path / container
    write_lot(lot("pem", ["a"]), path, at=AT)
    before = read_back(path)
    with pytest.raises(reference_ca.ExistsError):
        write_lot(lot("pem", ["b"]), path, at=AT)
    assert read_back(path) == before


@pytest.mark.parametrize("container", CONTAINERS[1:])
def test_an_archive_that_cannot_be_finished_is_removed(container: str, tmp_path: Path) -> None:
    outputs = lot("pem", ["a", "b"])
    with pytest.raises(reference_ca.DeviceError, match="twice: a"):
        write_lot([*outputs, outputs[0]], tmp_path / container, at=AT)
    assert list(tmp_path.iterdir()) == []


def test_file_names_are_safe_and_never_shared() -> None:
    awkward = [*NAMES, ".", "%2E", "%2E%2E", "-", "a.KEY", "a.key.pem", "a/b", "a%2Fb", "x" * 64, "é" * 31 + ".."]
    names = [file_name(name) for name in awkward]
    assert len(set(names)) == len(awkward)
    for name in names:
        assert Path(name).name == name
        assert name not in (".", "..")
        assert len(f"{name}.key.cbor".encode()) < 255
        assert not name.lower().endswith(".key")
    assert file_name("line1-0001") == "line1-0001"


def test_a_device_is_one_file_with_its_key_beside_it(tmp_path: Path) -> None:
    (output,) = lot("pem", ["a"])
    assert [path.name for path in write_device(output, tmp_path / "a.pem")] == ["a.pem", "a.key.pem"]
    (tmp_path / "a.pem").unlink()
    with pytest.raises(reference_ca.ExistsError, match=r"a\.key\.pem"):
        write_device(output, tmp_path / "a.pem")
    assert [path.name for path in tmp_path.iterdir()] == ["a.key.pem"]


def test_a_der_file_holds_one_certificate_so_deeper_chains_need_another_form(source: KeySource) -> None:
    authority = make_hierarchy(1, source)[-1]
    with pytest.raises(reference_ca.DepthError, match="use PEM or CBOR"):
        list(issue_outputs(["a"], authority, form="der", depth=2))
    (output,) = issue_outputs(["a"], authority, form="der", depth=1)
    assert x509.load_der_x509_certificate(output.content.data).issuer == authority.certificate.subject


def test_a_bundle_needs_settings_and_a_key_made_by_the_tool(source: KeySource) -> None:
    authority = make_hierarchy(1, source)[-1]
    with pytest.raises(reference_ca.ReferenceCaError, match=r"settings of fcu\.yml"):
        list(issue_outputs(["a"], authority, form="cbor"))
    config = Config.example(source, depth=1, device_keys="by_device")
    with pytest.raises(reference_ca.DeviceError, match="makes its own key"):
        list(issue_outputs(["a"], authority, config, form="cbor"))


def test_lwm2m_devices_carry_the_account_in_every_form(source: KeySource) -> None:
    authority = make_hierarchy(1, source)[-1]
    config = Config.example(source, mode="lwm2m", depth=1)
    for form in ("pem", "der", "cbor"):
        (output,) = issue_outputs(["a"], authority, config, form=form)
        if form == "cbor":
            items = cbor2.loads(output.content.data)["Certificates"]
            (der,) = (item["Data"] for item in items if item["Name"] == "mbed.LwM2MDeviceCert")
            certificate = x509.load_der_x509_certificate(der)
        else:
            load = x509.load_pem_x509_certificate if form == "pem" else x509.load_der_x509_certificate
            certificate = load(output.content.data)
        (unit,) = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        assert config.lwm2m_server_uri is not None
        assert config.lwm2m_server_uri.endswith(f"aid={unit.value}")


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_issues_a_device_in_each_form(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("keystore", "one", "--length", "1")
    run("keystore", "three", "--length", "3", "--depth", "3", "--mode", "lwm2m")
    assert run("device", "ep-1", "--keystore", "one/keystore")[1].split() == ["ep-1.pem", "ep-1.key.pem"]
    assert run("device", "ep-1", "--keystore", "one/keystore", "--format", "der")[0] == 0
    assert run("device", "ep-1", "--keystore", "three/keystore", "--format", "cbor", "-o", "x.cbor")[0] == 0
    device = Device()
    device.receive((tmp_path / "x.cbor").read_bytes())
    assert len(device.certificates["mbed.LwM2MDeviceCert"]) == 3
    code, _, err = run("device", "ep-1", "--keystore", "one/keystore")
    assert code == 1
    assert "not overwritten: ep-1.pem" in err
    code, _, err = run("device", "ep-2", "--keystore", "three/keystore", "--format", "der")
    assert (code, err.count("\n")) == (1, 1)
    assert "use PEM or CBOR" in err
    assert run("device", "", "--keystore", "one/keystore")[2].startswith("reference-ca: FCU error 101")


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_command_issues_a_lot(container: str, tmp_path: Path, run: Run) -> None:
    run("keystore", tmp_path / "fcu", "--length", "2")
    common = ("--keystore", tmp_path / "fcu/keystore", "--count", "12", "--prefix", "oulu-")
    code, out, _ = run("devices", *common, "-o", tmp_path / container)
    assert (code, out) == (0, f"12 devices: {tmp_path / container}\n")
    files = read_back(tmp_path / container)
    assert len(files) == 25
    assert "oulu-0012.key.pem" in files
