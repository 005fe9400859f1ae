"""/v3/devices: the devices that came, by the certificates that they came with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from reference_ca.portal.context import Context
from reference_ca.portal.fields import Field, check_fields
from reference_ca.portal.paging import REMOVED, Keep, Paging
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
    """A predicate for filters among the parameters, and for those inside of `filter`."""
    given = [*query.items(), *parse_qsl(query.get("filter", ""), keep_blank_values=True)]
    tests = [(*name.rpartition("__")[::2], value) for name, value in given if "__" in name]
    tests += [(name, "eq", value) for name, value in parse_qsl(query.get("filter", "")) if "__" not in name]

    def keep(entity: Entity) -> bool:
        return all(_passes(entity.document.get(field), operator, value) for field, operator, value in tests)

    return keep


def _passes(found: object, operator: str, wanted: str) -> bool:
    text = "" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
    if operator == "eq":
        return text == wanted
    if operator == "neq":
        return text != wanted
    if operator in ("in", "nin"):
        return (text in wanted.split(",")) == (operator == "in")
    if operator == "lte":
        return text <= wanted
    return text >= wanted if operator == "gte" else True
