"""PTL: what an account trusts, beside the lines; what the cases of fixtures/ leave open."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from vectors.accounts import entry
from vectors.cases import JUDGED_AT

from fcu_conform import check
from fcu_conform.artefacts.portal_state import parse_portal_state
from fcu_conform.engine import Outcome
from fcu_conform.rules.portal.account import limit_of
from reference_ca import KeySource
from reference_ca.defects import FactorySetup, SetupParameters
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.in_keys import second_instance
from reference_ca.defects.plan import pem


def make(**parameters: Any) -> FactorySetup:
    return FactorySetup(SetupParameters(**parameters), KeySource("account", at=JUDGED_AT))


def judge(
    setup: FactorySetup, folder: Path, *entries: dict[str, Any], write: bool = True, **members: Any
) -> dict[tuple[str, str], Any]:
    """The results of the rules about the account, by code and line."""
    if write:
        setup.write(folder / "setup")
    content = {"format": "fcu-conform portal state", "format_version": 1, "trusted_certificates": entries, **members}
    (folder / "account.json").write_text(json.dumps(content))
    inputs = {"devices": folder / "setup" / "devices"} if setup.devices else {}
    uploads = sorted((folder / "setup").rglob("upload.pem"))
    report = check(
        sorted((folder / "setup").rglob("keystore")),
        at=JUDGED_AT,
        portal_state=folder / "account.json",
        portal_upload=uploads,
        validators="none",
        **inputs,  # type: ignore[arg-type]
    )
    return {(result.code, result.target): result for result in report.results if result.code.startswith("PTL")}


def messages(results: dict[tuple[str, str], Any], code: str) -> list[str]:
    return [finding.message for (found, _), result in results.items() if found == code for finding in result.findings]


def test_without_a_state_no_rule_about_the_account_is_in_a_run(tmp_path: Path) -> None:
    make().write(tmp_path)
    report = check(tmp_path / "keystore", at=JUDGED_AT, validators="none")
    assert not [result for result in report.results if result.code.startswith("PTL")]


def test_white_space_and_a_chain_from_the_root_down_make_no_difference(tmp_path: Path) -> None:
    setup = make()
    text = pem(setup.chain[:0:-1]).decode().replace("\n", "\r\n") + "\r\n\r\n"
    results = judge(setup, tmp_path, entry(setup.chain[1], "line", certificate=text))
    assert results["PTL001", "keystore"].outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"valid": False}, ["entry line: the portal says that it is not valid"]),
        ({"certificate": "-----BEGIN"}, ["entry line: its certificate is not the one that its fingerprint names"]),
        (
            {"service": "lwm2m", "status": "INACTIVE"},
            ["entry line: is for another service", "entry line: is INACTIVE and lets no device in"],
        ),
        ({"certificate_fingerprint": 7}, ["entry line: its fingerprint is not that of its certificate"]),
    ],
)
def test_each_fault_of_the_entry_is_named(tmp_path: Path, fields: dict[str, Any], words: list[str]) -> None:
    setup = make()
    assert messages(judge(setup, tmp_path, entry(setup.chain[1], "line", **fields)), "PTL001") == words


def test_the_better_of_two_entries_counts(tmp_path: Path) -> None:
    setup = make()
    entries = entry(setup.chain[1], "old", status="INACTIVE", service="lwm2m"), entry(setup.chain[1], "new")
    assert messages(judge(setup, tmp_path, *entries), "PTL001") == []


def test_lines_that_share_an_upload_share_its_entry_and_the_account_is_judged_once(tmp_path: Path) -> None:
    setup = make()
    second_instance(setup, "FCU line 2")
    nobody = entry(another_ca(setup, "OTHER"), "nobody")
    results = judge(setup, tmp_path, entry(setup.chain[1], "both"), nobody)
    assert messages(results, "PTL001") == []
    assert messages(results, "PTL002") == ["entry nobody is ACTIVE and belongs to no line that was given"]
    told = results["PTL002", "line-2"]
    assert (told.outcome, told.reason) == (Outcome.NOT_APPLICABLE, "the account is judged once, with line-1")


def test_the_name_of_an_upload_that_is_still_to_be_made_must_be_free(tmp_path: Path) -> None:
    setup = make(upload=True)
    setup.details = {"name": "line", "service": "bootstrap"}
    taken = entry(another_ca(setup, "OTHER"), "line", status="INACTIVE")
    results = judge(setup, tmp_path, taken)
    assert messages(results, "PTL003") == ["entry line has the name that the upload needs"]
    results = judge(setup, tmp_path, taken, entry(setup.chain[1], "own"), write=False)
    assert results["PTL003", "keystore"].reason == "nothing is still to be uploaded"


@pytest.mark.parametrize(
    ("account", "limit"),
    [
        ({"tier": "0"}, 10),
        ({"tier": "1"}, 50),
        ({"tier": "2", "limits": None}, 50),
        ({"tier": "0", "limits": {"trusted_certificates": "12"}}, 12),
        ({"tier": "0", "limits": {"max-trusted-certificate-count": 7, "devices": "1"}}, 7),
        ({"limits": {"trusted_certificates": "many"}}, None),
        ({}, None),
    ],
)
def test_the_limit_is_that_of_the_account_or_else_that_of_its_tier(account: dict[str, Any], limit: int | None) -> None:
    content = {
        "format": "fcu-conform portal state",
        "format_version": 1,
        "trusted_certificates": [],
        "account": account,
    }
    assert limit_of(parse_portal_state(json.dumps(content).encode(), "a", Path())) == limit


def servers(setup: FactorySetup, **fields: Any) -> dict[str, Any]:
    credentials = {
        "server_uri": setup.settings["bootstrap-server-uri"],
        "server_certificate": pem([setup.server_ca]).decode(),
        **fields,
    }
    return {"server_credentials": {"bootstrap": credentials}}


def test_uri_and_ca_of_the_server_are_compared_however_they_are_written(tmp_path: Path) -> None:
    setup = make(devices=1, form="cbor")
    uri = setup.settings["bootstrap-server-uri"].replace("coaps://b", "COAPS://B")
    same = servers(setup, server_uri=uri)
    assert judge(setup, tmp_path, **same)["PTL007", "keystore"].outcome is Outcome.PASSED
    other = servers(setup, server_certificate=pem([another_ca(setup, "OTHER")]).decode())
    (words,) = messages(judge(setup, tmp_path, write=False, **other), "PTL007")
    assert words == "bootstrap-server-ca-certificate-file: the CA in it is not that of the account's server"


@pytest.mark.parametrize("text", ["coaps://[::1", "coaps://a:port", "", 7, None])
def test_a_uri_that_cannot_be_read_breaks_no_rule(tmp_path: Path, text: object) -> None:
    setup = make()
    result = judge(setup, tmp_path, **servers(setup, server_uri=text))["PTL007", "keystore"]
    assert result.outcome is (Outcome.FAILED if text and isinstance(text, str) else Outcome.PASSED)


@pytest.mark.parametrize(
    "place",
    [
        os.mkfifo,
        Path.mkdir,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.write_bytes(b"\0" * 9),
        lambda _: None,
    ],
    ids=["fifo", "folder", "device", "no PEM", "nothing"],
)
def test_a_ca_file_of_any_kind_is_only_data(tmp_path: Path, place: Callable[[Path], Any]) -> None:
    setup = make()
    setup.settings["bootstrap-server-ca-certificate-file"] = "ca.pem"
    setup.write(tmp_path / "setup")
    place(tmp_path / "setup" / "config" / "ca.pem")
    result = judge(setup, tmp_path, write=False, **servers(setup))["PTL007", "keystore"]
    assert result.outcome is Outcome.PASSED


def seen(setup: FactorySetup, **fields: Any) -> dict[str, Any]:
    return {"endpoint_name": "stranger", "device_key": "AB:" * 31 + "AB", **fields}


def test_a_device_is_the_lines_by_its_issuer_or_by_an_entry_for_the_fcu_certificate(tmp_path: Path) -> None:
    setup = make(length=1, depth=1, devices=1)
    own = entry(setup.chain[0], "line")
    for fields, count in (
        ({"ca_id": own["id"]}, 1),
        ({"ca_id": "0" * 32}, 0),
        ({"ca_id": own["id"], "issuer_fingerprint": "0" * 64}, 0),
        ({"issuer_fingerprint": own["certificate_fingerprint"]}, 1),
        ({"issuer_fingerprint": own["certificate_fingerprint"], "device_key": None}, 0),
    ):
        found = judge(setup, tmp_path, own, write=not (tmp_path / "setup").exists(), devices=[seen(setup, **fields)])
        assert len(messages(found, "PTL008")) == count, fields


def test_a_lot_that_cannot_be_read_whole_accuses_nobody(tmp_path: Path) -> None:
    setup = make(length=1, depth=1, devices=2)
    setup.devices[1].content_edits.append(lambda _: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    own = entry(setup.chain[0], "line")
    result = judge(setup, tmp_path, own, devices=[seen(setup, ca_id=own["id"])])["PTL008", "keystore"]
    assert (result.outcome, result.blocked_by) == (Outcome.BLOCKED, ("DEV001",))
