"""/v3/developer-certificates: a key and a certificate for many devices, trusted for bootstrap from then on."""

from __future__ import annotations

from reference_ca.authority import RootAuthority
from reference_ca.names import DistinguishedName
from reference_ca.portal.certificates import as_text, describe
from reference_ca.portal.context import Context
from reference_ca.portal.fields import Field, check_fields
from reference_ca.portal.protocol import Document, Request, Response, answer, missing, new_id, timestamp
from reference_ca.portal.resources import trusted_certificates
from reference_ca.portal.resources.devices import DEVELOPER_MODE
from reference_ca.portal.store import Entity
from reference_ca.profiles import CaProfile

YEARS = 10

FIELDS = {"name": Field(required=True, longest=100), "description": Field(longest=500, nullable=True)}


def create_certificate(context: Context, request: Request) -> Response:
    """POST /v3/developer-certificates: it becomes a trusted certificate of device_execution_mode 1."""
    context.require_admin(request)
    fields, now = check_fields(request.json(), FIELDS), context.now()
    name = DistinguishedName(new_id(), organizational_unit_name=context.account.id)
    authority = RootAuthority(name, profile=CaProfile(years=YEARS, path_length=0))
    document: Document = {
        "object": trusted_certificates.KIND,
        "account_id": context.account.id,
        "owner_id": context.account.owner_id,
        "service": "bootstrap",
        "status": "ACTIVE",
        "enrollment_mode": False,
        "device_execution_mode": DEVELOPER_MODE,
        "updated_at": timestamp(now),
        **fields,
        **describe(authority.chain, now),
    }
    key = authority.private_key_pem.data.decode()
    entity = trusted_certificates.add_entry(context, document, chain=as_text(authority.chain), key=key)
    return answer(_shown(context, entity), 201)


def get_certificate(context: Context, request: Request, certificate_id: str) -> Response:
    """GET /v3/developer-certificates/{id}, for administrators: it shows the private key."""
    context.require_admin(request)
    entity = context.store.get(trusted_certificates.KIND, certificate_id)
    if entity is None or "key" not in entity.hidden:
        raise missing("Developer certificate")
    return answer(_shown(context, entity))


def _shown(context: Context, entity: Entity) -> Document:
    shown = {name: entity.document.get(name) for name in ("object", "id", "etag", "account_id", "created_at", "name")}
    uri = f"{context.addresses.services['bootstrap']}?aid={context.account.id}"
    return {
        **shown,
        "description": entity.document.get("description"),
        "developer_certificate": entity.document["certificate"],
        "developer_private_key": entity.hidden["key"],
        "security_file_content": f'const char MBED_CLOUD_DEV_BOOTSTRAP_SERVER_URI[] = "{uri}";\n',
    }
