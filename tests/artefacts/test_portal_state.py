"""The state file of an account: what is read from it, what is kept, and which files are refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from artefacts.makers import der, make_chain, pem
from fcu_conform.artefacts import portal_state
from fcu_conform.artefacts.portal_state import dump_portal_state, read_portal_state
from fcu_conform.artefacts.usage import UsageError

ENTRY = {"name": "line 1", "service": "bootstrap", "status": "ACTIVE", "certificate": "none", "object": "kept"}


def write(tmp_path: Path, **members: Any) -> Path:
    """A file of a state with some members changed, or left out where they are None."""
    content = {**json.loads(dump_portal_state([ENTRY])), **members}
    path = tmp_path / "account.json"
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as refused:
        read_portal_state(path)
    assert "\n" not in str(refused.value)
    return str(refused.value).removeprefix(f"portal state {path}: ")


def test_the_answer_of_the_portal_is_kept_and_read_back(tmp_path: Path) -> None:
    (certificate,) = make_chain("ROOT")
    path = tmp_path / "account.json"
    path.write_bytes(
        dump_portal_state(
            [{**ENTRY, "certificate": pem(certificate).decode()}, {**ENTRY, "name": "old", "status": "INACTIVE"}],
            account={"tier": "1", "limits": {"ca_certificates": "50"}},
            server_credentials={"bootstrap": {"server_uri": "coaps://example.com"}},
            devices=[{"endpoint_name": "line1-0001"}],
            url="https://example.com",
            fetched_at="2026-06-01T00:00:00Z",
        )
    )
    state = read_portal_state(path)
    first, second = state.entries
    assert [one.sha256 for one in first.certificates] == [hashlib.sha256(der(certificate)).hexdigest()]
    assert (first.name, first.service, first.is_active, first.fields["object"]) == ("line 1", "bootstrap", True, "kept")
    assert (second.is_active, second.certificates) == (False, ())
    assert state.active("bootstrap") == state.active(None) == (first,)
    assert state.active("lwm2m") == ()
    assert (state.account["tier"], state.url) == ("1", "https://example.com")
    assert state.server_credentials["bootstrap"]["server_uri"] == "coaps://example.com"
    assert state.devices == [{"endpoint_name": "line1-0001"}]
    assert state.fetched_at == "2026-06-01T00:00:00Z"


def test_parts_that_were_not_fetched_are_left_out(tmp_path: Path) -> None:
    state = read_portal_state(write(tmp_path))
    assert (state.account, state.server_credentials, state.devices, state.url) == ({}, {}, None, "")
    assert set(json.loads(dump_portal_state([]))) == {"format", "format_version", "trusted_certificates"}


def test_an_entry_without_a_status_is_active(tmp_path: Path) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "status"}
    assert read_portal_state(write(tmp_path, trusted_certificates=[entry])).entries[0].is_active


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"format": "another"}, "is not the state of an account: its format is not 'fcu-conform portal state'"),
        ({"format": None}, "is not the state of an account: its format is not 'fcu-conform portal state'"),
        ({"format_version": 2}, "format_version is not 1, the only one that this version reads"),
        ({"format_version": True}, "format_version is not 1, the only one that this version reads"),
        ({"trusted_certificates": None}, "trusted_certificates is not a list"),
        ({"trusted_certificates": [1]}, "trusted_certificates[0] is not an object"),
        ({"trusted_certificates": [ENTRY, {**ENTRY, "name": 5}]}, "trusted_certificates[1].name is not text"),
        (
            {"trusted_certificates": [{**ENTRY, "service": "x\n"}]},
            r"trusted_certificates[0].service is 'x\n', and not bootstrap or lwm2m",
        ),
        (
            {"trusted_certificates": [{**ENTRY, "status": "active"}]},
            "trusted_certificates[0].status is 'active', and not ACTIVE or INACTIVE",
        ),
        ({"trusted_certificates": [{**ENTRY, "certificate": None}]}, "trusted_certificates[0].certificate is not text"),
        ({"account": []}, "account is not an object"),
        ({"server_credentials": {"lwm2m": 1}}, "server_credentials.lwm2m is not an object"),
        ({"devices": {}}, "devices is not a list"),
        ({"url": 1}, "url is not text"),
    ],
)
def test_a_state_that_is_malformed_is_a_usage_error(tmp_path: Path, members: dict[str, Any], words: str) -> None:
    assert refusal(write(tmp_path, **members)) == words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is not JSON (line 1: Expecting value)"),
        (b"[]", "the document is not an object"),
        (b'{"format": "\xff"}', "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"format": 1, "format": 2}', "has the member 'format' twice in one object"),
    ],
)
def test_a_file_that_is_not_a_portal_state_is_a_usage_error(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "account.json"
    path.write_bytes(data)
    assert refusal(path) == words


def test_a_state_is_read_up_to_the_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, trusted_certificates=[ENTRY, ENTRY])
    monkeypatch.setattr(portal_state, "PORTAL_ENTRIES", 2)
    assert len(read_portal_state(path).entries) == 2
    monkeypatch.setattr(portal_state, "PORTAL_ENTRIES", 1)
    assert refusal(path) == "trusted_certificates: has more than 1 entries"
    monkeypatch.setattr(portal_state, "PORTAL_STATE_FILE", 100)
    assert refusal(path) == "has more than 100 bytes"
    with pytest.raises(UsageError, match="no such file or folder"):
        read_portal_state(tmp_path / "missing.json")
    assert refusal(tmp_path) == "is a folder"
