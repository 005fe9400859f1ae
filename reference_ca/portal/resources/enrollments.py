"""/v3/device-enrollments: identities of devices that the account may claim (first to claim)."""

from __future__ import annotations

import re
from datetime import datetime

from reference_ca.portal.context import Context
from reference_ca.portal.fields import Field, check_fields
from reference_ca.portal.paging import REMOVED, Paging
from reference_ca.portal.protocol import Document, Request, Response, answer, conflict, invalid, missing, timestamp
from reference_ca.portal.store import Entity, Store

KIND = "enrollment"
IDENTITY = r"A-[A-Za-z0-9:]{95}"
NEVER = "2100-01-01T00:00:00.000Z"
"""When a claim that nobody makes ends: the interface has such a time, and does not document which."""

FIELDS = {"enrollment_identity": Field(required=True, pattern=IDENTITY)}

_ID = re.compile(r"[A-Za-z0-9]{32}")


def list_enrollments(context: Context, request: Request) -> Response:
    """GET /v3/device-enrollments."""
    paging = Paging.of(request.query, strict=True)
    unknown = invalid("Validation error.", after="is not the id of an enrollment")
    with context.store.transaction():
        page = paging.page(context.store, KIND, unknown)
        page["total_count"] = context.store.count(KIND)  # the interface requires it on every page
    return answer(page)


def create_enrollment(context: Context, request: Request) -> Response:
    """POST /v3/device-enrollments."""
    context.require_admin(request)
    identity = check_fields(request.json(), FIELDS)["enrollment_identity"]
    with context.store.transaction():
        if find(context.store, identity):
            raise conflict("The enrollment identity exists already.", enrollment_identity="exists already")
        entity = add(context, identity, context.now())
    return answer(entity.document, 201)


def get_enrollment(context: Context, request: Request, enrollment_id: str) -> Response:
    """GET /v3/device-enrollments/{id}."""
    del request
    return answer(_enrollment(context, enrollment_id).document)


def delete_enrollment(context: Context, request: Request, enrollment_id: str) -> Response:
    """DELETE /v3/device-enrollments/{id}."""
    context.require_admin(request)
    with context.store.transaction():
        remove(context.store, _enrollment(context, enrollment_id))
    return Response(204)


def find(store: Store, identity: str) -> Entity | None:
    """The enrollment of an identity, whose hexadecimal digits may be written in both cases (fact T-04)."""
    return store.find(KIND, identity.upper())


def add(context: Context, identity: str, now: datetime) -> Entity:
    """Store a new identity; whoever calls knows that there is none."""
    document: Document = {
        "object": KIND,
        "account_id": context.account.id,
        "created_at": timestamp(now),
        "enrollment_identity": identity,
        "expires_at": NEVER,
        "claimed_at": None,
        "enrolled_device_id": None,
    }
    return context.store.add(KIND, document, lookup=identity.upper())


def remove(store: Store, enrollment: Entity) -> None:
    """Delete an enrollment."""
    store.move(enrollment, REMOVED + KIND)


def claim(store: Store, enrollment: Entity, device_id: str, now: datetime) -> None:
    """Note that the device of an identity came to the bootstrap server; the first time counts."""
    if enrollment.document["claimed_at"] is None:
        store.replace(enrollment, {"claimed_at": timestamp(now), "enrolled_device_id": device_id})


def _enrollment(context: Context, enrollment_id: str) -> Entity:
    if not _ID.fullmatch(enrollment_id):
        raise invalid("Validation error.", id="is not the id of an enrollment")
    entity = context.store.get(KIND, enrollment_id)
    if entity is None:
        raise missing("Enrollment")
    return entity
