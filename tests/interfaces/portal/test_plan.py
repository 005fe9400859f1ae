"""The plan for an account: what each entry of it, and each upload of the lines, is to become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from vectors.accounts import entry
from vectors.cases import JUDGED_AT

from fcu_conform.artefacts.portal_state import PortalState, dump_portal_state, parse_portal_state
from fcu_conform.artefacts.setup import Setup, read_setups
from fcu_conform.interfaces.portal.plan import Step, What, is_done, make_plan, render
from reference_ca import KeySource
from reference_ca.defects import FactorySetup, SetupParameters
from reference_ca.defects.certificates import Certificate
from reference_ca.defects.in_chains import another_ca
from reference_ca.defects.in_keys import second_instance
from reference_ca.defects.plan import pem


@pytest.fixture
def made() -> FactorySetup:
    return FactorySetup(SetupParameters(), KeySource("plan", at=JUDGED_AT))


def lines_of(made: FactorySetup, folder: Path) -> list[Setup]:
    made.write(folder)
    return read_setups(sorted(folder.rglob("keystore")), at=made.now)


def state_of(*entries: dict[str, Any]) -> PortalState:
    return parse_portal_state(dump_portal_state(entries), "account.json", Path("account.json"))


def planned(made: FactorySetup, folder: Path, *entries: dict[str, Any]) -> list[Step]:
    return make_plan(state_of(*entries), lines_of(made, folder))


def test_an_account_that_trusts_the_line_and_nothing_else_is_left(made: FactorySetup, tmp_path: Path) -> None:
    steps = planned(made, tmp_path, entry(made.chain[1], "line"))
    assert [(step.what, step.name, step.lines) for step in steps] == [(What.LEAVE, "line", ("keystore",))]
    assert is_done(steps)


def test_a_new_entry_has_the_whole_upload_and_a_name_that_is_free(made: FactorySetup, tmp_path: Path) -> None:
    other = entry(another_ca(made, "OTHER ROOT"), "INT_CA 1", status="INACTIVE")
    step, left = planned(made, tmp_path, other)
    assert (step.what, step.name, step.service, step.entry_id) == (What.CREATE, "INT_CA 1 (2)", "bootstrap", "")
    fields = dict(step.changes)
    assert list(fields) == ["name", "service", "certificate"]
    assert fields["certificate"].encode() == pem(made.chain[1:])
    assert (left.what, left.why) == (What.LEAVE, "is INACTIVE")


def other(made: FactorySetup) -> Certificate:
    return another_ca(made, "OTHER ROOT")


def test_two_lines_that_make_one_upload_get_one_entry(made: FactorySetup, tmp_path: Path) -> None:
    second_instance(made, "FCU line 2")
    (step,) = planned(made, tmp_path)
    assert (step.what, step.lines) == (What.CREATE, ("line-1", "line-2"))


@pytest.mark.parametrize(
    ("fields", "changes", "words"),
    [
        ({"status": "INACTIVE"}, {"status": "ACTIVE"}, "not if it was set to INACTIVE because a key was stolen"),
        ({"service": "lwm2m"}, {"service": "bootstrap"}, "service has to be bootstrap"),
        ({"service": "lwm2m", "status": "INACTIVE"}, {"service": "bootstrap", "status": "ACTIVE"}, "service has to be"),
    ],
)
def test_an_entry_of_the_upload_that_lets_nobody_in_is_changed(
    made: FactorySetup, tmp_path: Path, fields: dict[str, str], changes: dict[str, str], words: str
) -> None:
    own = entry(made.chain[1], "line", **fields)
    (step,) = planned(made, tmp_path, own)
    assert (step.what, step.entry_id, dict(step.changes)) == (What.REPLACE, own["id"], changes)
    assert words in step.why


def test_an_older_certificate_of_the_subject_is_replaced(made: FactorySetup, tmp_path: Path) -> None:
    older = other(made)
    older.subject = made.chain[1].subject
    (step,) = planned(made, tmp_path, entry(older, "line", status="INACTIVE"))
    assert (step.what, step.name) == (What.REPLACE, "line")
    assert dict(step.changes) == {"certificate": pem(made.chain[1:]).decode(), "status": "ACTIVE"}


def test_an_entry_that_lets_in_others_is_deactivated(made: FactorySetup, tmp_path: Path) -> None:
    entries = [
        entry(made.chain[1], "line"),
        entry(made.chain[2], "root"),
        entry(another_ca(made, "NOBODY"), "nobody"),
        entry(another_ca(made, "DEVELOPER"), "developer", device_execution_mode=1),
        entry(another_ca(made, "OTHER SERVICE"), "other", service="lwm2m"),
    ]
    steps = {step.name: step for step in planned(made, tmp_path, *entries)}
    assert {name: step.what.value for name, step in steps.items()} == {
        "line": "leave",
        "root": "deactivate",
        "nobody": "deactivate",
        "developer": "deactivate",
        "other": "leave",
    }
    assert steps["root"].lines == ("keystore",)
    assert dict(steps["nobody"].changes) == {"status": "INACTIVE"}
    assert dict(steps["other"].changes) == {}


def test_the_one_entry_that_lets_a_line_in_is_left_until_the_upload_is_there(
    made: FactorySetup, tmp_path: Path
) -> None:
    steps = planned(made, tmp_path, entry(made.chain[2], "root"))
    assert [(step.what, step.name) for step in steps] == [(What.CREATE, "INT_CA 1"), (What.LEAVE, "root")]


def test_the_plan_as_json_has_what_a_request_needs(made: FactorySetup, tmp_path: Path) -> None:
    state = state_of(entry(made.chain[1], "line", status="INACTIVE"))
    document = json.loads(render(make_plan(state, lines_of(made, tmp_path)), state, "2026-06-01T00:00:00Z"))
    (step,) = document.pop("steps")
    assert document == {
        "format": "fcu-conform portal plan",
        "format_version": 1,
        "at": "2026-06-01T00:00:00Z",
        "url": None,
        "fetched_at": None,
    }
    assert step["changes"] == {"status": "ACTIVE"}
    assert sorted(step) == ["changes", "id", "lines", "name", "service", "what", "why"]
