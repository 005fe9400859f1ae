"""How much is read of anything, number by number: each of them is a promise."""

from __future__ import annotations

import pytest

from fcu_conform.artefacts import keystore
from fcu_conform.artefacts.bounded_io import archives, digests, limits
from fcu_conform.artefacts.device_output import chunks, device_set, json_lines, parquet
from fcu_conform.artefacts.encodings import cbor

KIB = 2**10
MIB = 2**20

VALUES = {
    "KIB": KIB,
    "MIB": MIB,
    "PEM_FILE": MIB,
    "CONFIG_FILE": 128 * KIB,
    "CONFIG_EVENTS": 20_000,
    "CONFIG_NESTING": 50,
    "CONFIG_DIGITS": 64,
    "CONFIG_ALIASES": 20,
    "PEM_BLOCKS": 100,
    "STRAYS": 100,
    "PEM_LABEL": 64,
    "OID_OCTETS": 128,
    "DER_NESTING": 24,
    "KEYSTORE_ENTRIES": 2000,
    "KEYSTORE_NESTING": 4,
    "KEYSTORE_SEARCHED": 64 * MIB,
    "DEVICE_FILE": 256 * KIB,
    "TABLE_ROW": 512 * KIB,
    "TABLE_STRANGE": 1000,
    "PARQUET_ROW": 64,
    "TABLE_LINE": 64 * MIB,
    "JOURNAL_LINE": 64 * MIB,
    "MANIFEST_FILE": 128 * MIB,
    "MANIFEST_ROWS": 1_000_000,
    "MANIFEST_MISSING": 1000,
    "ENROLLMENT_LINE": 4 * KIB,
    "ENROLLMENT_FILE": 1024 * MIB,
    "ENROLLMENT_TOLD": 5,
    "ERROR_REPORT_FILE": 64 * MIB,
    "PORTAL_STATE_FILE": 64 * MIB,
    "PORTAL_ENTRIES": 1000,
    "PORTAL_ANSWER": 16 * MIB,
    "PORTAL_PAGES": 200,
    "PORTAL_DEVICES": 120_000,
    "PORTAL_SECONDS": 120,
    "API_KEY_FILE": 4 * KIB,
    "PASSED_OVER": 10,
    "MANIFEST_TROUBLES": 100,
    "ARCHIVE_FLOOR": 32 * MIB,
    "ARCHIVE_RATIO": 50,
    "ARCHIVE_READ": 16 * MIB,
    "ARCHIVE_HOLLOW": 10_000,
    "ARCHIVE_TAIL": MIB,
    "GZIP_HOLLOW": 1280 * KIB,
    "NAME_CHARACTERS": 256,
    "NAME_KEPT": 4 * KIB,
    "NAME_SHOWN": 1000,
    "GIT_FILE": MIB,
    "GIT_CONFIG": 128 * KIB,
    "GIT_PATTERNS": 64 * KIB,
    "GIT_PATTERN": 1000,
    "GIT_STEPS": 50_000_000,
    "GIT_INDEX": 16 * MIB,
    "WAIVERS_FILE": MIB,
    "WAIVERS": 1000,
    "WAIVER_TEXT": 2000,
    "TOML_KEY": 20,
    "JSON_VALUES": 1_000_000,
    "STATEMENT_FILE": 16 * MIB,
    "HANDED_IN": 512 * MIB,
    "KEYS_REMEMBERED": 150_000,
    "KEYS_AHEAD": 500,
    "REPORT_FILE": 64 * MIB,
}


@pytest.mark.parametrize("name", VALUES)
def test_every_limit_has_its_measured_value(name: str) -> None:
    assert getattr(limits, name) == VALUES[name]


def test_every_limit_is_pinned() -> None:
    assert {name for name in vars(limits) if name.isupper()} == set(VALUES)


def test_limits_within_modules_have_their_recorded_values() -> None:
    assert (cbor.MAX_BYTES, cbor.MAX_NESTING, cbor.MAX_ITEMS, cbor.MAX_NOTES) == (256 * KIB, 16, 10_000, 50)
    assert (archives.ZIP_CRUMB, archives.TAR_CRUMB) == (8, 100)
    assert (chunks.CHUNK, device_set.CHUNK, parquet.CHUNK, parquet._UNPACKED_ROWS) == (500, 500, 500, 8)
    assert (json_lines._BLOCK, digests._PIECE, keystore._SEARCHED_AT_ONCE) == (MIB, MIB, 4 * MIB)
