"""/v3/device-enrollments, one by one and in bulk: the CSV, the states of a task, both reports."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from portal_helpers import StandIn, documents

from reference_ca.portal.api import Portal
from reference_ca.portal.identities import LARGEST, read_identities
from reference_ca.portal.protocol import ApiError, Request
from reference_ca.portal.resources import bulk

PATH = "/v3/device-enrollments"
UPLOADS, DELETES = "/v3/device-enrollments-bulk-uploads", "/v3/device-enrollments-bulk-deletes"
COLUMNS = ["entity__id", "entity__created_at", "error__code", "error__type", "error__message", "error__fields"]


def identity(number: int) -> str:
    return "A-" + ":".join([f"{number >> 8:02X}", f"{number & 255:02X}"] + ["7E"] * 30)


def csv_of(*values: str) -> bytes:
    return "\n".join(["identity", *values]).encode()


def worked_off(standin: StandIn, path: str, content: bytes) -> dict[str, Any]:
    """A bulk task that is completed."""
    task = standin.bulk(path, content).json()
    while bulk.work(standin.context):
        pass
    done: dict[str, Any] = standin.ask("GET", f"{path}/{task['id']}").json()
    assert done["status"] == "completed"
    return done


def report(standin: StandIn, link: str) -> list[list[str]]:
    api = standin.context.addresses.api
    assert link.startswith(api)
    response = standin.ask("GET", link.removeprefix(api))
    assert (response.status, response.content_type) == (200, "text/csv")
    return list(csv.reader(io.StringIO(response.body.decode())))


def test_an_enrollment_is_made_listed_shown_and_deleted(standin: StandIn) -> None:
    made = standin.ask("POST", PATH, {"enrollment_identity": identity(1)})
    assert made.status == 201
    entry = made.json()
    assert (entry["object"], entry["enrollment_identity"], entry["claimed_at"]) == ("enrollment", identity(1), None)
    page = standin.ask("GET", PATH).json()
    assert (page["data"], page["total_count"], page["has_more"]) == ([entry], 1, False)
    assert standin.ask("GET", f"{PATH}/{entry['id']}").json() == entry
    assert standin.ask("DELETE", f"{PATH}/{entry['id']}").status == 204
    assert standin.ask("GET", f"{PATH}/{entry['id']}").status == 404
    assert standin.ask("GET", f"{PATH}/not-an-id").status == 400


def test_an_identity_is_enrolled_once_in_whichever_case_it_is_written(standin: StandIn) -> None:
    assert standin.ask("POST", PATH, {"enrollment_identity": identity(0xAB)}).status == 201
    lower = "A-" + identity(0xAB)[2:].lower()
    assert standin.ask("POST", PATH, {"enrollment_identity": lower}).status == 409


@pytest.mark.parametrize("value", ["", identity(1)[:-1], identity(1) + "0", "B" + identity(1)[1:], None, 7])
def test_an_ill_formed_identity_is_refused(value: object, standin: StandIn) -> None:
    assert standin.ask("POST", PATH, {"enrollment_identity": value}).status == 400


@pytest.mark.parametrize("limit", ["1", "1001"])
def test_this_list_refuses_a_limit_out_of_range(limit: str, standin: StandIn) -> None:
    assert standin.ask("GET", PATH, limit=limit).status == 400


ONE, TWO = identity(1), identity(2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"identity\n{ONE}\n{TWO}\n", [ONE, TWO]),
        (f"{ONE}\n{TWO}\n", [TWO]),  # the first line is a header, whatever it holds
        (f"{ONE}", []),
        ("", []),
        (f"h\r{ONE}\r\n{TWO}", [ONE, TWO]),
        (f"h\n\n{ONE}\n,,\n, a remark\n", [ONE]),
        (f'h\n"{ONE}",\n{TWO},remark,"{ONE}"', [ONE, TWO]),
        (f'h\n \t"{ONE}" \x00, trimmed\n  {TWO}  ', [ONE, TWO]),
        ('h\n"",', ['""']),
        (f'h\n" {ONE}"', [f'" {ONE}"']),
        (f"h\n{ONE[:-1]}", [ONE[:-1]]),
        ('h\n"', ['"']),
    ],
)
def test_the_csv_is_read_as_documented(text: str, expected: list[str]) -> None:
    assert read_identities(text.encode()) == expected


@pytest.mark.parametrize("data", [b"h\n\xff", b"h" * (LARGEST + 1)], ids=["not UTF-8", "10 MB and a byte"])
def test_a_file_that_cannot_be_taken_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        read_identities(data)
    assert list(refused.value.fields) == [bulk.FILE]


def test_a_task_goes_from_new_over_processing_to_completed(standin: StandIn) -> None:
    created = standin.bulk(UPLOADS, csv_of(*map(identity, range(bulk.AT_ONCE + 5))))
    assert created.status == 201
    task = created.json()
    seen = []
    while True:
        now = standin.ask("GET", f"{UPLOADS}/{task['id']}").json()
        seen.append((now["status"], now["processed_count"], now["completed_at"] is None))
        assert (now["full_report_file"] is None) == (now["status"] != "completed")
        if not bulk.work(standin.context):
            break
    total = bulk.AT_ONCE + 5
    assert seen == [
        ("new", 0, True),
        ("processing", 0, True),
        ("processing", bulk.AT_ONCE, True),
        ("processing", total, True),
        ("completed", total, False),
    ]
    assert standin.ask("GET", PATH).json()["total_count"] == total


def test_both_reports_have_every_identity_with_what_became_of_it(standin: StandIn) -> None:
    standin.ask("POST", PATH, {"enrollment_identity": identity(2)})
    done = worked_off(standin, UPLOADS, csv_of(identity(1), identity(2), "A-too-short", identity(1)))
    assert (done["total_count"], done["processed_count"], done["errors_count"]) == (4, 4, 3)
    head, *rows = report(standin, done["full_report_file"])
    assert head == COLUMNS
    found = [(row[0], bool(row[1]), row[2], row[3]) for row in rows]
    assert found == [
        (identity(1), True, "", ""),
        (identity(2), False, "409", "duplicate"),
        ("A-too-short", False, "400", "validation_error"),
        (identity(1), False, "409", "duplicate"),
    ]
    assert report(standin, done["errors_report_file"]) == [head, *rows[1:]]


def test_the_first_device_of_a_file_without_a_header_is_lost(standin: StandIn) -> None:
    done = worked_off(standin, UPLOADS, f"{identity(1)}\n{identity(2)}\n".encode())
    assert (done["total_count"], done["errors_count"]) == (1, 0)
    assert [entry["enrollment_identity"] for entry in documents(standin.ask("GET", PATH))] == [identity(2)]


def test_a_bulk_delete_removes_what_is_there(standin: StandIn) -> None:
    worked_off(standin, UPLOADS, csv_of(identity(1), identity(2)))
    done = worked_off(standin, DELETES, csv_of(identity(2), identity(3)))
    assert done["errors_count"] == 1
    assert [row[2] for row in report(standin, done["full_report_file"])] == ["error__code", "", "404"]
    assert report(standin, done["full_report_file"])[0][1] == "entity__deleted_at"
    assert [entry["enrollment_identity"] for entry in documents(standin.ask("GET", PATH))] == [identity(1)]


def test_a_task_goes_on_where_a_kill_ended_it(standin: StandIn) -> None:
    worked_off(standin, UPLOADS, csv_of(identity(7)))
    standin.bulk(UPLOADS, csv_of(*map(identity, range(bulk.AT_ONCE + 50))))
    assert bulk.work(standin.context)
    assert bulk.work(standin.context)
    again = StandIn(standin.store, standin.context, standin.credentials, [])
    while bulk.work(again.context):
        pass
    assert again.ask("GET", PATH).json()["total_count"] == bulk.AT_ONCE + 50


def test_a_report_is_there_only_when_the_task_is_completed(standin: StandIn) -> None:
    task = standin.bulk(UPLOADS, csv_of(identity(1))).json()
    paths = [f"{UPLOADS}/{task['id']}/full_report.csv", f"{UPLOADS}/{'0' * 32}", f"{DELETES}/{task['id']}"]
    assert [standin.ask("GET", path).status for path in paths] == [404, 404, 404]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\na\r\n--x--'),
        ("multipart/form-data; boundary=x", b""),
    ],
)
def test_a_form_without_the_file_is_refused(kind: str, body: bytes, standin: StandIn) -> None:
    headers = {"authorization": f"Bearer {standin.context.account.admin_key}", "content-type": kind}
    assert Portal(standin.context).handle(Request("POST", UPLOADS, {}, headers, body)).status == 400
