"""/v3/device-enrollments-bulk-uploads and -bulk-deletes: many identities at once, worked off in the background."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reference_ca.portal.context import Context
from reference_ca.portal.identities import is_identity, read_identities
from reference_ca.portal.multipart import read_file
from reference_ca.portal.protocol import CSV, Document, Request, Response, answer, invalid, missing, timestamp
from reference_ca.portal.resources import enrollments
from reference_ca.portal.store import Entity

FILE = "enrollment_identities"
OBJECT = "enrollment-identity-bulk-uploads"
AT_ONCE = 1000
"""Identities of one transaction: after a kill the work goes on behind the last one."""

PART = "bulk part"
"""The kind of the documents that hold so many identities of a task, and what became of them."""

FULL_REPORT, ERRORS_REPORT = "full_report.csv", "errors_report.csv"

_ID = re.compile(r"[A-Za-z0-9]{32}")

Row = list[str]
Error = tuple[str, str, str]
"""Code, type and message, as a report has them."""

_ILL_FORMED: Error = ("400", "validation_error", "Enrollment identity is not valid.")


def _create(context: Context, identity: str) -> Error | None:
    if enrollments.find(context.store, identity):
        return "409", "duplicate", "Enrollment identity exists already."
    enrollments.add(context, identity, context.now())
    return None


def _delete(context: Context, identity: str) -> Error | None:
    found = enrollments.find(context.store, identity)
    if found is None:
        return "404", "not_found", "Enrollment identity not found."
    enrollments.remove(context.store, found)
    return None


@dataclass(frozen=True)
class Operation:
    """One of the two bulk operations.

    Attributes:
        kind: of its tasks in the store.
        path: the last part of its path.
        column: the column of its reports with the time at which an identity was dealt with.
        apply: does it to one identity and returns the error's code, type and message, or nothing.
    """

    kind: str
    path: str
    column: str
    apply: Callable[[Context, str], Error | None]


UPLOADS = Operation("bulk upload", "device-enrollments-bulk-uploads", "entity__created_at", _create)
DELETES = Operation("bulk delete", "device-enrollments-bulk-deletes", "entity__deleted_at", _delete)
OPERATIONS = {operation.kind: operation for operation in (UPLOADS, DELETES)}


def start(context: Context, request: Request, operation: Operation) -> Response:
    """POST: takes the file and answers before anything of it is done."""
    context.require_admin(request)
    identities = read_identities(read_file(request, FILE))
    document: Document = {
        "object": OBJECT,
        "account_id": context.account.id,
        "status": "new",
        "total_count": len(identities),
        "processed_count": 0,
        "errors_count": 0,
        "full_report_file": None,
        "errors_report_file": None,
        **_completed(None),
    }
    with context.store.transaction():
        entity = context.store.add(operation.kind, document)
        for number, begin in enumerate(range(0, len(identities), AT_ONCE)):
            part = identities[begin : begin + AT_ONCE]
            context.store.add(PART, {}, lookup=f"{entity.id}/{number}", identities=part, rows=[])
    context.work_arrived()
    return answer(entity.document, 201)


def get_task(context: Context, request: Request, task_id: str, operation: Operation) -> Response:
    """GET {id}: how far the task is."""
    del request
    return answer(_task(context, task_id, operation).document)


def get_report(context: Context, request: Request, task_id: str, name: str, operation: Operation) -> Response:
    """GET {id}/full_report.csv and {id}/errors_report.csv, once the task is completed."""
    del request
    task = _task(context, task_id, operation)
    if task.document["status"] != "completed" or name not in (FULL_REPORT, ERRORS_REPORT):
        raise missing("Report")
    rows = (row for part in _parts(context, task) for row in part.hidden["rows"])
    if name == ERRORS_REPORT:
        rows = (row for row in rows if row[2])
    head = ["entity__id", operation.column, "error__code", "error__type", "error__message", "error__fields"]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([head, *rows])
    return Response(200, text.getvalue().encode("utf-8"), CSV)


def work(context: Context) -> bool:
    """Do one step of the oldest open task: from new to processing, some identities, or to completed.

    Returns False where there is nothing to do.
    """
    with context.store.transaction():
        task = next((task for task in _open_tasks(context)), None)
        if task is None:
            return False
        if task.document["status"] == "new":
            context.store.replace(task, {"status": "processing", **_next_etag(task)})
        elif task.document["processed_count"] < task.document["total_count"]:
            _go_on(context, task)
        else:
            _complete(context, task)
    return True


def _open_tasks(context: Context) -> Iterable[Entity]:
    return (task for task in context.store.entities(*OPERATIONS) if task.document["status"] != "completed")


def _go_on(context: Context, task: Entity) -> None:
    operation, done = OPERATIONS[task.kind], task.document["processed_count"]
    part = context.store.find(PART, f"{task.id}/{done // AT_ONCE}")
    assert part is not None
    rows: list[Row] = []
    for identity in part.hidden["identities"]:
        error = operation.apply(context, identity) if is_identity(identity) else _ILL_FORMED
        rows.append([identity, "" if error else timestamp(context.now()), *(error or ("", "", "")), ""])
    context.store.replace(part, {}, rows=rows)
    errors = task.document["errors_count"] + sum(bool(row[2]) for row in rows)
    counts = {"processed_count": done + len(rows), "errors_count": errors}
    context.store.replace(task, {**counts, **_next_etag(task)})


def _parts(context: Context, task: Entity) -> Iterator[Entity]:
    for number in itertools.count():
        part = context.store.find(PART, f"{task.id}/{number}")
        if part is None:
            return
        yield part


def _complete(context: Context, task: Entity) -> None:
    link = f"{context.addresses.api}/v3/{OPERATIONS[task.kind].path}/{task.id}"
    reports = {"full_report_file": f"{link}/{FULL_REPORT}", "errors_report_file": f"{link}/{ERRORS_REPORT}"}
    done = {"status": "completed", **reports, **_completed(timestamp(context.now()))}
    context.store.replace(task, {**done, **_next_etag(task)})


def _completed(instant: str | None) -> Document:
    """The time of completion under both names that the interface documents: it requires one and describes the other."""
    return {"completed_at": instant, "completet_at": instant}


def _next_etag(task: Entity) -> Document:
    return {"etag": str(int(task.document["etag"]) + 1)}


def _task(context: Context, task_id: str, operation: Operation) -> Entity:
    if not _ID.fullmatch(task_id):
        raise invalid("Validation error.", id="is not the id of a bulk task")
    task = context.store.get(operation.kind, task_id)
    if task is None:
        raise missing("Bulk task")
    return task
