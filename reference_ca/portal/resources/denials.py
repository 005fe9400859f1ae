"""/v3/device-enrollment-denials: attempts of devices that were refused, written down by the device's side."""

from __future__ import annotations

from reference_ca.portal.context import Context
from reference_ca.portal.paging import Paging
from reference_ca.portal.protocol import Document, Request, Response, answer, invalid, missing, timestamp
from reference_ca.portal.store import Entity

KIND = "denied_device"

UNKNOWN = "0" * 32
"""In place of a trusted certificate's id, where no entry has to do with what the device presented."""


def list_denials(context: Context, request: Request) -> Response:
    """GET /v3/device-enrollment-denials: those of one trusted certificate, which must be named."""
    certificate_id = request.query.get("trusted_certificate_id__eq")
    if certificate_id is None:
        raise invalid("Validation error.", trusted_certificate_id__eq="is required")
    wanted = {"trusted_certificate_id": certificate_id, "endpoint_name": request.query.get("endpoint_name__eq")}

    def keep(entity: Entity) -> bool:
        return all(value is None or entity.document[name] == value for name, value in wanted.items())

    with context.store.transaction():
        page = Paging.of(request.query).page(context.store, KIND, missing("Denial"), keep)
        page["total_count"] = sum(map(keep, context.store.entities(KIND)))
    return answer(page)


def get_denial(context: Context, request: Request, denial_id: str) -> Response:
    """GET /v3/device-enrollment-denials/{id}."""
    del request
    entity = context.store.get(KIND, denial_id)
    if entity is None:
        raise missing("Denial")
    return answer(entity.document)


def write_down(context: Context, endpoint_name: str, certificate_id: str, service: str, reason: str) -> Entity:
    """Store a refusal: who came, which entry (even an inactive or deleted one) has to do with it, and why."""
    document: Document = {
        "object": KIND,
        "account_id": context.account.id,
        "created_at": timestamp(context.now()),
        "endpoint_name": endpoint_name,
        "trusted_certificate_id": certificate_id or UNKNOWN,
    }
    return context.store.add(KIND, document, service=service, reason=reason)
