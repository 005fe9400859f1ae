"""/v3/devices: the devices that came, by the certificates that they came with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import parse_qsl

from reference_ca.portal.context import Context
from reference_ca.portal.fields import Field, check_fields
from reference_ca.portal.paging import REMOVED, Keep, Paging, boolean, integer
from reference_ca.portal.protocol import Document, Request, Response, answer, invalid, missing, timestamp
from reference_ca.portal.store import Entity

KIND = "device"

CHANGES = {
    "description": Field(longest=2000),
    "endpoint_type": Field(longest=64),
    "host_gateway": Field(),
    "name": Field(longest=128),
    "custom_attributes": Field("object", longest=5),
    "auto_update": Field("boolean"),
    "ca_id": Field(longest=500),
    "device_key": Field(longest=512),
}
"""What a request to change a device may hold."""

DEVELOPER_MODE = 1

_KINDS: Mapping[str, Callable[[Mapping[str, str], str], object]] = {
    "device_execution_mode": integer,
    "auto_update": boolean,
}
"""Fields that are not text, with what reads their filters."""


@dataclass(frozen=True)
class Arrival:
    """A device that was let in.

    Attributes:
        endpoint_name: the CN of its certificate.
        device_key: the fingerprint of its certificate.
        certificate_id: the trusted certificate by which it came in.
        issuer_fingerprint: that of the certificate which issued the device's.
        mode: the device_execution_mode of the trusted certificate.
    """

    endpoint_name: str
    device_key: str
    certificate_id: str
    issuer_fingerprint: str
    mode: int = 0


def list_devices(context: Context, request: Request) -> Response:
    """GET /v3/devices, with the filters eq, neq, in, nin, lte and gte on any field."""
    paging, keep = Paging.of(request.query), _filters(request.query)
    with context.store.transaction():
        page = paging.page(context.store, KIND, missing("Page"), keep)
        if paging.with_total:
            page["total_count"] = sum(map(keep, context.store.entities(KIND)))
    return answer(page)


def get_device(context: Context, request: Request, device_id: str) -> Response:
    """GET /v3/devices/{id}."""
    del request
    return answer(_device(context, device_id).document)


def update_device(context: Context, request: Request, device_id: str) -> Response:
    """PUT /v3/devices/{id}."""
    context.require_admin(request)
    fields = check_fields(request.json(), CHANGES)
    with context.store.transaction():
        now = timestamp(context.now())
        device = context.store.replace(_device(context, device_id), {**fields, "updated_at": now, "etag": now})
    return answer(device.document)


def delete_device(context: Context, request: Request, device_id: str) -> Response:
    """DELETE /v3/devices/{id}: 400 for a production device, as documented."""
    context.require_admin(request)
    with context.store.transaction():
        device = _device(context, device_id)
        if device.document["device_execution_mode"] != DEVELOPER_MODE:
            raise invalid("A device with a production certificate cannot be deleted.")
        context.store.move(device, REMOVED + KIND)
    return Response(204)


def arrived(context: Context, arrival: Arrival, state: str, now: datetime) -> Entity:
    """Store or update the device of an arrival; ``state`` is bootstrapped, registered or deregistered."""
    instant = timestamp(now)
    document: Document = {
        "state": state,
        "device_key": arrival.device_key,
        "ca_id": arrival.certificate_id,
        "issuer_fingerprint": arrival.issuer_fingerprint,
        "device_execution_mode": arrival.mode,
        "deployed_state": "development" if arrival.mode == DEVELOPER_MODE else "production",
        "updated_at": instant,
        "etag": instant,
    }
    if state == "bootstrapped":
        document["bootstrapped_timestamp"] = instant
    with context.store.transaction():
        known = context.store.find(KIND, arrival.endpoint_name)
        if known:
            return context.store.replace(known, document)
        made = {"object": KIND, "account_id": context.account.id, "created_at": instant, "mechanism": "connector"}
        named = {"endpoint_name": arrival.endpoint_name, "name": arrival.endpoint_name}
        return context.store.add(KIND, {**made, **named, **document}, lookup=arrival.endpoint_name)


def _device(context: Context, device_id: str) -> Entity:
    device = context.store.get(KIND, device_id)
    if device is None:
        raise missing("Device")
    return device


def _filters(query: Mapping[str, str]) -> Keep:
    """A predicate for filters among the parameters, and for those inside of `filter`; `ApiError` 400 for a bad one."""
    inside = parse_qsl(query.get("filter", ""), keep_blank_values=True)
    named = [pair for pair in query.items() if "__" in pair[0]]
    named += [(name if "__" in name else f"{name}__eq", value) for name, value in inside]
    tests = [_test(*name.rpartition("__")[::2], value) for name, value in named]
    return lambda entity: all(test(entity) for test in tests)


def _test(field: str, operator: str, wanted: str) -> Keep:
    """One filter as a predicate."""
    if operator in ("lte", "gte"):
        return _test_of_time(field, operator, wanted)
    if field in _KINDS and operator in ("eq", "neq"):
        _KINDS[field]({f"{field}__{operator}": wanted}, f"{field}__{operator}")
    among = wanted.split(",") if operator in ("in", "nin") else [wanted]
    if operator not in ("eq", "neq", "in", "nin"):
        return lambda _: True
    return lambda entity: (_text(entity.document.get(field)) in among) == (operator in ("eq", "in"))


def _test_of_time(field: str, operator: str, wanted: str) -> Keep:
    name = f"{field}__{operator}"
    limit = _instant(wanted)
    if limit is None:
        raise invalid("Validation error.", **{name: "is not a date or a time"})

    def keep(entity: Entity) -> bool:
        found = _instant(_text(entity.document.get(field)))
        return found is not None and (found <= limit if operator == "lte" else found >= limit)

    return keep


def _instant(text: str) -> datetime | None:
    """An RFC 3339 time or a date, in UTC where no zone is given."""
    try:
        found = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _text(value: object) -> str:
    """A value as filters write it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
