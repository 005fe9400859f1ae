"""A seed gives the same bytes on every machine, and no seed gives other ones."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from reference_ca_helpers import with_chain

import reference_ca
from reference_ca import KeySource
from reference_ca.hierarchy import make_keystore
from reference_ca.key_source import P256_ORDER

AT = datetime(2026, 1, 1, tzinfo=timezone.utc)


def digest_of_a_setup(folder: Path, source: KeySource) -> str:
    """SHA-256 over every file of a whole setup and of one device, names included."""
    config = with_chain(reference_ca.Config.example(source), 4)
    keystore, _ = make_keystore(folder, 4, config, source)
    authority, config = keystore.authority(source), reference_ca.Config.read(folder / "config/fcu.yml")
    for form, ending in (("pem", "tar"), ("cbor", "zip")):
        outputs = reference_ca.issue_outputs(["device-1", "device-2"], authority, config, form=form)
        reference_ca.write_lot(outputs, folder / f"devices.{ending}", at=source.now())
    whole = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
    return whole.hexdigest()


def test_a_whole_setup_has_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    pinned = "e5619170e81c836f9085e0ff3992084ac4898753e165aca67634915ee5a83f35"
    assert digest_of_a_setup(tmp_path / "fcu", KeySource("pinned", at=AT)) == pinned


def test_a_seed_is_refused_where_signatures_would_be_random(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_ca.key_source, "deterministic", lambda: False)
    with pytest.raises(reference_ca.ReferenceCaError, match="RFC 6979"):
        KeySource("seed")
    assert reference_ca.RootAuthority(source=KeySource()).certificate.issuer


def test_another_seed_or_another_instant_gives_other_bytes(tmp_path: Path) -> None:
    sources = [KeySource("pinned", at=AT), KeySource("pinned"), KeySource("other", at=AT), KeySource(), KeySource()]
    digests = {digest_of_a_setup(tmp_path / str(i), source) for i, source in enumerate(sources)}
    assert len(digests) == len(sources)


def test_text_and_its_utf_8_bytes_are_the_same_seed() -> None:
    assert KeySource("grün").octets("x", 64) == KeySource("grün".encode()).octets("x", 64)


def test_the_order_of_the_calls_does_not_matter() -> None:
    one, two = (reference_ca.RootAuthority(source=KeySource("order")) for _ in range(2))
    first = [one.issue_device(name).certificate for name in ("a", "b")]
    second = [two.issue_device(name).certificate for name in ("b", "a")]
    assert first == second[::-1]


def test_seeded_serials_have_twenty_octets_and_are_unique() -> None:
    root = reference_ca.RootAuthority(source=KeySource("serials"))
    serials = [root.issue_device(f"device-{number}").certificate.serial_number for number in range(50)]
    assert len(set(serials)) == 50
    assert {(serial.bit_length() + 8) // 8 for serial in serials} == {20}


def test_the_same_key_and_name_at_another_instant_get_another_serial() -> None:
    root = reference_ca.RootAuthority(source=KeySource("serials"))
    later = reference_ca.Authority.load(root.private_key_pem.data, root.chain_pem.data, KeySource("serials", at=AT))
    assert root.issue_device("a").certificate.serial_number != later.issue_device("a").certificate.serial_number


def test_derived_scalars_are_in_range() -> None:
    source = KeySource("scalars")
    for label in map(str, range(50)):
        scalar = source.private_key(label).private_numbers().private_value
        assert 1 <= scalar < P256_ORDER


def test_octets_follow_the_expand_step_of_rfc_5869() -> None:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    expected = HKDF(SHA256(), 100, b"reference-ca seed v1", b"label").derive(b"seed")
    assert KeySource("seed").octets("label", 100) == expected


def test_seeded_signatures_follow_rfc_6979(source: KeySource) -> None:
    from cryptography.hazmat.primitives.hashes import SHA256

    root = reference_ca.RootAuthority(source=source)
    certificate = root.issue_device("device-1").certificate
    key = reference_ca.credentials.read_key(root.private_key_pem.data)
    again = key.sign(certificate.tbs_certificate_bytes, ec.ECDSA(SHA256(), deterministic_signing=True))
    assert certificate.signature == again


def test_a_random_source_uses_the_clock_and_a_seeded_one_a_fixed_instant() -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    assert before <= KeySource().now() <= datetime.now(timezone.utc)
    assert KeySource("seed").now() == KeySource("seed").now() == datetime(2025, 1, 1, tzinfo=timezone.utc)
    assert KeySource(at=AT).now() == AT


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        KeySource(at=datetime(2026, 1, 1))
