"""/v3/server-credentials: URI and CA of the servers that devices talk to, as fcu.yml should have them."""

from __future__ import annotations

from reference_ca.portal.context import SERVICES, Context
from reference_ca.portal.protocol import Document, Request, Response, answer


def _uri(context: Context, service: str) -> str:
    return f"{context.addresses.services[service]}?aid={context.account.id}"


def get_all(context: Context, request: Request) -> Response:
    """GET /v3/server-credentials."""
    del request
    ca = context.addresses.ca_pem
    return answer({service: {"url": _uri(context, service), "certificate": ca} for service in SERVICES})


def get_bootstrap(context: Context, request: Request) -> Response:
    """GET /v3/server-credentials/bootstrap."""
    del request
    return answer(_one(context, "bootstrap"))


def get_lwm2m(context: Context, request: Request) -> Response:
    """GET /v3/server-credentials/lwm2m."""
    del request
    return answer(_one(context, "lwm2m"))


def _one(context: Context, service: str) -> Document:
    return {
        "object": "server-credentials",
        "id": context.account.id,
        "etag": "1",
        "created_at": context.account.created_at,
        "server_uri": _uri(context, service),
        "server_certificate": context.addresses.ca_pem,
    }
