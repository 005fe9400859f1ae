"""Whole lots: the same devices as one by one, the same bytes from the same seed, as many wrong ones as asked for."""

from __future__ import annotations

import builtins
import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from reference_ca_helpers import Run

import reference_ca
from reference_ca import KeySource
from reference_ca.lot import make_lot
from reference_ca.lot_defects import KINDS
from reference_ca.lot_devices import PART, DefectPlan, DeviceTemplate, endpoint_name
from reference_ca.lot_keys import COLUMNS, LotKeys


def digest(folder: Path) -> str:
    """SHA-256 over every file below a folder, names included."""
    whole = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
    return whole.hexdigest()


def truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def fcu(source: KeySource) -> reference_ca.Authority:
    return reference_ca.RootAuthority(source=source).intermediate().intermediate("FCU line 1")


def test_the_template_gives_the_same_bytes_as_issuing(fcu: reference_ca.Authority, source: KeySource) -> None:
    keys, template = LotKeys(source), DeviceTemplate(fcu)
    for number in (1, 2, COLUMNS, COLUMNS + 1, 4711):
        name = endpoint_name(number)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject)
        pem = request.sign(keys.private_key(number), SHA256()).public_bytes(Encoding.PEM)
        issued = fcu.issue_device(name, request=pem)
        assert template.certificate(name, keys.public_point(number)) == issued.certificate_der


def test_the_points_of_a_row_are_those_of_its_private_keys(source: KeySource) -> None:
    keys = LotKeys(source)
    for number in (1, 2, COLUMNS, COLUMNS + 1, 3 * COLUMNS, 1_000_000):
        own = keys.private_key(number).public_key()
        assert keys.public_point(number) == own.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert len({keys.public_point(number) for number in range(1, 5 * COLUMNS)}) == 5 * COLUMNS - 1


def test_a_lot_has_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    make_lot(tmp_path / "lot", 60, KeySource("pinned"), form="jsonl", defects=0.5)
    assert digest(tmp_path / "lot") == "925d79513823ebc9379f3a614bfea26106ce95d9ffe2b6fa754decf70db15115"


@pytest.mark.parametrize("form", ["folder", "jsonl", "parquet"])
def test_the_number_of_workers_makes_no_difference(tmp_path: Path, form: str) -> None:
    for workers in (1, 2):
        count = 2 * PART + 3 if form == "folder" else PART + 2
        made = make_lot(tmp_path / str(workers), count, KeySource("same"), form=form, defects=0.002, workers=workers)
        assert (made.devices, made.wrong) == (count, round(count * 0.002))
    assert digest(tmp_path / "1") == digest(tmp_path / "2")


def test_another_seed_makes_another_lot(tmp_path: Path) -> None:
    for seed in ("one", "two"):
        make_lot(tmp_path / seed, 3, KeySource(seed))
    assert digest(tmp_path / "one") != digest(tmp_path / "two")


def chains(folder: Path, form: str) -> Iterator[tuple[str, list[bytes], str | None]]:
    """Name, chain as DER and enrollment identity of each device of a lot."""
    if form == "folder":
        for file in sorted(folder.glob("devices/*/*.pem")):
            chain = x509.load_pem_x509_certificates(file.read_bytes())
            yield file.stem, [one.public_bytes(Encoding.DER) for one in chain], None
    elif form == "jsonl":
        for line in (folder / "devices.jsonl").read_text().splitlines():
            row = json.loads(line)
            chain = x509.load_pem_x509_certificates(row["chain"].encode())
            yield row["endpoint_name"], [one.public_bytes(Encoding.DER) for one in chain], row["enrollment_id"]
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        for row in parquet.read_table(folder / "devices.parquet").to_pylist():
            yield row["endpoint_name"], row["chain"], row["enrollment_id"]


def test_every_form_has_the_same_devices(tmp_path: Path) -> None:
    held = {}
    for form in ("folder", "jsonl", "parquet"):
        make_lot(tmp_path / form, 12, KeySource("forms"), form=form, length=4, depth=3)
        held[form] = list(chains(tmp_path / form, form))
    assert [(name, chain) for name, chain, _ in held["jsonl"]] == [(name, chain) for name, chain, _ in held["folder"]]
    assert held["jsonl"] == held["parquet"]
    assert [name for name, _, _ in held["jsonl"]] == [endpoint_name(number) for number in range(1, 13)]
    fcu = reference_ca.read_chain((tmp_path / "jsonl/keystore/fcu.crt").read_bytes())
    for _, chain, enrollment_id in held["jsonl"]:
        own = x509.load_der_x509_certificate(chain[0])
        own.verify_directly_issued_by(fcu[0])
        assert chain[1:] == [one.public_bytes(Encoding.DER) for one in fcu[:2]]
        assert enrollment_id == reference_ca.enrollment_id(own)


def test_the_upload_is_what_the_devices_do_not_carry(tmp_path: Path) -> None:
    make_lot(tmp_path / "lot", 1, KeySource("upload"), length=4, depth=3)
    fcu = reference_ca.read_chain((tmp_path / "lot/keystore/fcu.crt").read_bytes())
    assert reference_ca.read_chain((tmp_path / "lot/upload.pem").read_bytes()) == fcu[2:]
    assert reference_ca.Config.read(tmp_path / "lot/config/fcu.yml").device_certificate_chain_depth == 3


def test_a_lot_can_have_a_lone_certificate_and_depth_1(tmp_path: Path) -> None:
    make_lot(tmp_path / "lot", 30, KeySource("lone"), length=1, defects=0.6)
    found = {row["defect"] for row in truth(tmp_path / "lot")}
    assert "slice-too-long" in found
    assert not found & {"wrong-order", "slice-too-short", "another-line-s-chain"}


@pytest.mark.parametrize(("count", "share", "wrong"), [(1000, 0.137, 137), (10, 1.0, 9), (1, 1.0, 0), (10, 0.0, 0)])
def test_exactly_the_requested_number_are_faulty_and_never_the_first(
    tmp_path: Path, count: int, share: float, wrong: int
) -> None:
    made = make_lot(tmp_path / "lot", count, KeySource("share"), form="jsonl", defects=share)
    rows = truth(tmp_path / "lot")
    assert made.wrong == wrong == len(rows)
    places = [int(row["file"].partition(":")[2]) for row in rows]
    assert places == sorted(set(places))
    assert 1 not in places


def test_every_kind_of_defect_occurs_in_turn(tmp_path: Path) -> None:
    make_lot(tmp_path / "lot", len(KINDS) + 1, KeySource("turns"), form="jsonl", defects=1.0)
    assert [row["defect"] for row in truth(tmp_path / "lot")] == [kind.name for kind in KINDS]
    assert len(KINDS) >= 20
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_any_part_of_the_plan_is_computed_without_the_rest() -> None:
    for count, wrong in ((5000, 137), (300, 299), (300, 150), (2, 1)):
        plan = DefectPlan(count, wrong, KeySource("plan"))
        whole = plan.among(1, count + 1)
        assert len(whole) == wrong
        assert list(whole.values()) == list(range(wrong))
        pieces = [plan.among(start, min(start + 7, count + 1)) for start in range(1, count + 1, 7)]
        assert {number: part for piece in pieces for number, part in piece.items()} == whole
        assert [number for number in range(1, count + 1) if plan.is_wrong(number)] == list(whole)


def test_no_private_key_of_a_device_is_written_and_the_keystore_is_private(tmp_path: Path) -> None:
    make_lot(tmp_path / "lot", 2, KeySource("keys"))
    holding = [path for path in (tmp_path / "lot").rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()]
    assert [path.name for path in holding] == ["fcu_private_key.pem"]
    assert holding[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"count": 0}, "a lot of 0 devices cannot be made: ask for 1 to 9999999"),
        ({"count": 10**7}, "a lot of 10000000 devices cannot be made"),
        ({"form": "xml"}, "'xml' is not a form of a lot: use one of folder, jsonl, parquet"),
        ({"defects": 1.5}, "1.5 is not a share of the devices"),
        ({"length": 2, "depth": 3}, "nothing is left to upload at depth 3"),
        ({"source": KeySource()}, "a lot is made from a seed"),
    ],
)
def test_a_lot_that_cannot_be_made_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(reference_ca.ReferenceCaError, match=said):
        make_lot(tmp_path / "lot", **{"count": 3, "source": KeySource("refused"), **arguments})
    assert not (tmp_path / "lot").exists()


def test_existing_files_are_not_overwritten(tmp_path: Path) -> None:
    make_lot(tmp_path / "lot", 1, KeySource("first"))
    before = digest(tmp_path / "lot")
    with pytest.raises(reference_ca.ReferenceCaError, match="exists and is not overwritten"):
        make_lot(tmp_path / "lot", 1, KeySource("second"))
    assert digest(tmp_path / "lot") == before


def test_parquet_without_pyarrow_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    importing = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return importing(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    code, out, err = run("lot", "3", tmp_path / "lot", "--format", "parquet")
    assert (code, out) == (1, "")
    assert err.startswith("reference-ca: Parquet needs pyarrow")
    assert err.count("\n") == 1
    assert not (tmp_path / "lot").exists()


def test_the_command_prints_what_it_made(tmp_path: Path, run: Run) -> None:
    code, out, err = run("lot", "20", tmp_path / "lot", "--defects", "0.1", "--format", "jsonl", "--seed", "x")
    assert (code, out, err) == (0, f"20 devices, 2 of them wrong: {tmp_path / 'lot'}\n", "")
    code, out, err = run("lot", "20", tmp_path / "other", "--defects", "2")
    assert code == 2
    assert err.count("\n") == 1


def test_without_a_seed_two_lots_are_different(tmp_path: Path, run: Run) -> None:
    for name in ("one", "two"):
        assert run("lot", "1", tmp_path / name, "--at", "2026-01-01")[0] == 0
    assert digest(tmp_path / "one") != digest(tmp_path / "two")
