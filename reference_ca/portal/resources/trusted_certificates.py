"""/v3/trusted-certificates: what the account trusts devices by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from reference_ca.chain import Certificates, read_chain
from reference_ca.portal.certificates import as_text, check_ownership, describe, fingerprint, read_upload
from reference_ca.portal.context import SERVICES, Context
from reference_ca.portal.fields import Field, check_fields
from reference_ca.portal.paging import REMOVED, Keep, Paging, boolean, integer, total
from reference_ca.portal.protocol import (
    Document,
    Request,
    Response,
    answer,
    conflict,
    forbidden,
    invalid,
    missing,
    timestamp,
)
from reference_ca.portal.store import Entity

KIND = "trusted-cert"
STATUSES = ("ACTIVE", "INACTIVE")
LONGEST_CERTIFICATE = 200_000
MOST_DAYS = 365 * 900

FIELDS = {
    "certificate": Field(required=True, longest=LONGEST_CERTIFICATE),
    "name": Field(required=True, longest=100),
    "service": Field(required=True, choices=SERVICES),
    "description": Field(longest=500, nullable=True),
    "enrollment_mode": Field("boolean"),
    "signature": Field(),
    "status": Field(choices=STATUSES),
}
"""What a request to create an entry may hold."""

CHANGES = {name: Field(**{**vars(rule), "required": False}) for name, rule in FIELDS.items()}
"""What a request to change one may hold."""

_EQUAL = {
    "name__eq": "name",
    "service__eq": "service",
    "status__eq": "status",
    "owner__eq": "owner_id",
    "id__eq": "id",
}
_LIKE = {"issuer__like": "issuer", "subject__like": "subject"}


def list_entries(context: Context, request: Request) -> Response:
    """GET /v3/trusted-certificates, with every documented filter."""
    paging, keep = Paging.of(request.query), _filters(request.query, context.now())
    unknown = invalid("Validation error.", after="is not the id of a trusted certificate")
    with context.store.transaction():
        page = paging.page(context.store, KIND, unknown, keep)
        page["total_count"] = total(context.store, KIND, keep)  # required, and "if requested": always given
    page["data"] = [_shown(document, context.now()) for document in page["data"]]
    return answer(page)


def create_entry(context: Context, request: Request) -> Response:
    """POST /v3/trusted-certificates."""
    context.require_admin(request)
    fields = check_fields(request.json(), FIELDS)
    now = context.now()
    chain = read_upload(fields.pop("certificate"), now)
    enrollment = fields.setdefault("enrollment_mode", False)
    check_ownership(chain, context.account.id, fields.pop("signature", None), enrollment=enrollment)
    document: Document = {
        "object": KIND,
        "account_id": context.account.id,
        "owner_id": context.account.owner_id,
        "status": "ACTIVE",
        "device_execution_mode": 0,
        "updated_at": timestamp(now),
        **fields,
        **describe(chain, now),
    }
    return answer(add_entry(context, document, chain=as_text(chain)).document, 201)


def add_entry(context: Context, document: Document, **hidden: str) -> Entity:
    """Store a new entry, if name and subject are new (else `ApiError` 409) and there is room for it (else 403)."""
    with context.store.transaction():
        _check_unique(context, document)
        if context.store.count(KIND) >= context.account.tier.certificates:
            raise forbidden(f"The limit of {context.account.tier.certificates} certificates is reached.")
        return context.store.add(KIND, document, **hidden)


def get_entry(context: Context, request: Request, entry_id: str) -> Response:
    """GET /v3/trusted-certificates/{id}."""
    del request
    return answer(_shown(_entry(context, entry_id).document, context.now()))


def update_entry(context: Context, request: Request, entry_id: str) -> Response:
    """PUT /v3/trusted-certificates/{id}: fields that the request does not have stay as they are."""
    context.require_admin(request)
    fields, now = check_fields(request.json(), CHANGES), context.now()
    with context.store.transaction():
        entity = _entry(context, entry_id)
        text, signature = fields.pop("certificate", None), fields.pop("signature", None)
        chain = None if text is None else _new_chain(entity, text, now)
        if chain:
            enrollment = {**entity.document, **fields}["enrollment_mode"]
            check_ownership(chain, context.account.id, signature, enrollment=enrollment)
            fields |= describe(chain, now)
        fields |= {"etag": str(int(entity.document["etag"]) + 1), "updated_at": timestamp(now)}
        _check_unique(context, {**entity.document, **fields})
        entity = context.store.replace(entity, fields, **({"chain": as_text(chain)} if chain else {}))
    return answer(entity.document)


def _new_chain(entity: Entity, text: str, now: datetime) -> Certificates | None:
    """The chain that a change brings; None where it sends back what the entry shows, as the vendor's SDK does."""
    chain = read_upload(text, now)
    is_shown = len(chain) == 1 and fingerprint(chain[0]) == entity.document["certificate_fingerprint"]
    return None if is_shown else chain


def delete_entry(context: Context, request: Request, entry_id: str) -> Response:
    """DELETE /v3/trusted-certificates/{id}."""
    context.require_admin(request)
    with context.store.transaction():
        context.store.move(_entry(context, entry_id), REMOVED + KIND)
    return Response(204)


def _entry(context: Context, entry_id: str) -> Entity:
    entity = context.store.get(KIND, entry_id)
    if entity is None:
        raise missing("Certificate")
    return entity


def _check_unique(context: Context, document: Document) -> None:
    """`ApiError` 409 where another entry has the name or the subject."""
    for other in context.store.entities(KIND):
        if other.id == document.get("id"):
            continue
        for field in ("name", "subject"):
            if other.document[field] == document[field]:
                raise conflict(f"Certificate with the given {field} already exists.", **{field: "exists already"})


def _shown(document: Document, now: datetime) -> Document:
    """An entry as of now: `valid` changes by itself."""
    (certificate,) = read_chain(document["certificate"].encode())
    return {**document, "valid": certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc}


def _filters(query: Mapping[str, str], now: datetime) -> Keep:
    """A predicate for all filters of a request; `ApiError` 400 where one cannot be read."""
    days, valid = integer(query, "expire__eq"), boolean(query, "valid__eq")
    enrollment = boolean(query, "enrollment_mode__eq")
    mode, other_mode = integer(query, "device_execution_mode__eq"), integer(query, "device_execution_mode__neq")
    horizon = None if days is None else timestamp(_later(now, days))
    equal = {_EQUAL[name]: value for name, value in query.items() if name in _EQUAL}
    like = {_LIKE[name]: value.casefold() for name, value in query.items() if name in _LIKE}

    def keep(entity: Entity) -> bool:
        document = entity.document
        return (
            all(document.get(name) == value for name, value in equal.items())
            and all(value in document[name].casefold() for name, value in like.items())
            and (horizon is None or document["validity"] <= horizon)
            and (valid is None or (document["validity"] >= timestamp(now)) == valid)
            and (enrollment is None or document["enrollment_mode"] == enrollment)
            and (mode is None or document["device_execution_mode"] == mode)
            and (other_mode is None or document["device_execution_mode"] != other_mode)
        )

    return keep


def _later(now: datetime, days: int) -> datetime:
    """So many days later, as far as four digits of a year go."""
    return now + timedelta(days=min(max(days, -MOST_DAYS), MOST_DAYS))
