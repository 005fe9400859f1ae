"""The list of badkeys, where it has been fetched: a key that it has is published, for keystores and for devices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from artefacts.makers import AT, Line, key_pem, make_certificate, make_key
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from fcu_conform import check
from fcu_conform.artefacts.encodings.certificate import Certificate
from fcu_conform.rules.support import badkeys_list

COMPROMISED = ["FCU line 1", "another", "a third"]
NAMES = {"id": 3, "name": "leaked firmware"}


def digest_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """As badkeys has it: of the x coordinate as a number, cut after 15 octets."""
    x = key.public_key().public_numbers().x
    return hashlib.sha256(x.to_bytes((x.bit_length() + 7) // 8, "big")).digest()[:15]


def write_list(folder: Path, *keys: ec.EllipticCurvePrivateKey, version: int = 0) -> None:
    (folder / "badkeys").mkdir(parents=True)
    described = {"bkformat": version, "blocklists": [NAMES]}
    (folder / "badkeys" / "badkeysdata.json").write_text(json.dumps(described), "utf-8")
    records = sorted(digest_of(key) + b"\3" for key in keys)
    (folder / "badkeys" / "blocklist.dat").write_bytes(b"".join(records))


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    badkeys_list.blocklist.cache_clear()
    yield tmp_path / "cache"
    badkeys_list.blocklist.cache_clear()


def codes(keystore: Path) -> list[tuple[str, str]]:
    report = check(keystore, at=AT, validators="none")
    return [(result.code, finding.found) for result, finding in report.findings()]


@pytest.mark.parametrize("name", COMPROMISED)
def test_a_key_that_the_list_has_is_published(cache_folder: Path, tmp_path: Path, name: str) -> None:
    write_list(cache_folder, *map(make_key, COMPROMISED))
    line = Line(tmp_path)
    line.write("fcu_private_key.pem", key_pem(make_key(name)))
    line.write_chain(make_certificate("FCU line 1", "INT_CA", key=make_key(name)), *line.chain[1:])
    assert codes(line.keystore) == [("KEY010", "badkeys: leaked firmware")]


def test_a_key_that_the_list_does_not_have_is_not_published(cache_folder: Path, tmp_path: Path) -> None:
    write_list(cache_folder, *map(make_key, COMPROMISED[1:]))
    assert codes(Line(tmp_path).keystore) == []


def test_a_collection_without_a_name_is_shown_by_its_number(cache_folder: Path) -> None:
    write_list(cache_folder, make_key("another"))
    found = badkeys_list.blocklist()
    assert found is not None
    assert len(found) == 1
    unnamed = badkeys_list.Blocklist(found.records, {})
    certificate = make_certificate("another", "INT_CA", key=make_key("another"))

    assert unnamed.collection_of(Certificate(certificate.public_bytes(Encoding.DER)).public_key) == "collection 3"


@pytest.mark.parametrize("version", [1, "0"])
def test_a_list_of_another_format_is_not_read(cache_folder: Path, version: int) -> None:
    write_list(cache_folder, make_key("another"), version=version)
    assert badkeys_list.blocklist() is None


@pytest.mark.parametrize("broken", ["badkeysdata.json", "blocklist.dat"])
def test_a_list_of_which_a_part_is_missing_or_empty_is_not_read(cache_folder: Path, broken: str) -> None:
    write_list(cache_folder, make_key("another"))
    (cache_folder / "badkeys" / broken).write_bytes(b"")
    assert badkeys_list.blocklist() is None


def test_the_library_finds_what_is_found_here(cache_folder: Path) -> None:
    library = pytest.importorskip("badkeys.allkeys.block", reason="badkeys is an extra of its own")
    write_list(cache_folder, *map(make_key, COMPROMISED))
    for name in (*COMPROMISED, "of nobody else"):
        found = library.blocklist(make_key(name).public_key().public_numbers().x)
        assert bool(found) == (name in COMPROMISED)
