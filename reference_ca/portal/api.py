"""The REST interface as a function from a request to an answer: routes, keys, errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from reference_ca.portal.context import Context
from reference_ca.portal.protocol import ApiError, Request, Response
from reference_ca.portal.resources import (
    accounts,
    bulk,
    denials,
    developer_certificates,
    devices,
    enrollments,
    server_credentials,
    trusted_certificates,
)

Operation = Callable[..., Response]
"""Gets the context, the request, and what stands in the path in the places of its variables."""


@dataclass(frozen=True)
class Route:
    """A path and its operations by method; a name in braces stands for one segment. A last slash may be there."""

    path: str
    operations: dict[str, Operation]

    def match(self, path: str) -> tuple[str, ...] | None:
        """What stands in place of the variables, or None where the path is another one."""
        pattern = re.sub(r"\{\w+\}", "([^/]+)", self.path)
        found = re.fullmatch(f"{pattern}/?", path)
        return found.groups() if found else None


def _bulk(operation: bulk.Operation) -> list[Route]:
    path = f"/v3/{operation.path}"
    return [
        Route(path, {"POST": partial(bulk.start, operation=operation)}),
        Route(f"{path}/{{id}}", {"GET": partial(bulk.get_task, operation=operation)}),
        Route(f"{path}/{{id}}/{{report}}", {"GET": partial(bulk.get_report, operation=operation)}),
    ]


ROUTES = [
    Route("/v3/accounts/me", {"GET": accounts.get_account}),
    Route(
        "/v3/trusted-certificates",
        {"GET": trusted_certificates.list_entries, "POST": trusted_certificates.create_entry},
    ),
    Route(
        "/v3/trusted-certificates/{id}",
        {
            "GET": trusted_certificates.get_entry,
            "PUT": trusted_certificates.update_entry,
            "DELETE": trusted_certificates.delete_entry,
        },
    ),
    Route("/v3/developer-certificates", {"POST": developer_certificates.create_certificate}),
    Route("/v3/developer-certificates/{id}", {"GET": developer_certificates.get_certificate}),
    Route("/v3/server-credentials", {"GET": server_credentials.get_all}),
    Route("/v3/server-credentials/bootstrap", {"GET": server_credentials.get_bootstrap}),
    Route("/v3/server-credentials/lwm2m", {"GET": server_credentials.get_lwm2m}),
    Route("/v3/device-enrollments", {"GET": enrollments.list_enrollments, "POST": enrollments.create_enrollment}),
    Route(
        "/v3/device-enrollments/{id}",
        {"GET": enrollments.get_enrollment, "DELETE": enrollments.delete_enrollment},
    ),
    *_bulk(bulk.UPLOADS),
    *_bulk(bulk.DELETES),
    Route("/v3/device-enrollment-denials", {"GET": denials.list_denials}),
    Route("/v3/device-enrollment-denials/{id}", {"GET": denials.get_denial}),
    Route("/v3/devices", {"GET": devices.list_devices}),
    Route(
        "/v3/devices/{id}",
        {"GET": devices.get_device, "PUT": devices.update_device, "DELETE": devices.delete_device},
    ),
]


class Portal:
    """Answers requests. Nothing of it needs a server, and every method may be called from any thread."""

    def __init__(self, context: Context) -> None:
        """Take what the operations work on."""
        self.context = context

    def handle(self, request: Request) -> Response:
        """The answer to a request; errors are answers too."""
        try:
            self.context.account.is_admin(request)  # 401 before anything is said about the path
            return self._operate(request)
        except ApiError as error:
            return error.response({"WWW-Authenticate": "Bearer"} if error.status == 401 else None)

    def _operate(self, request: Request) -> Response:
        for route in ROUTES:
            variables = route.match(request.path)
            if variables is None:
                continue
            operation = route.operations.get(request.method)
            if operation is None:
                allowed = {"Allow": ", ".join(route.operations)}
                return ApiError(405, "method_not_allowed", "The resource has no such method.").response(allowed)
            return operation(self.context, request, *variables)
        raise ApiError(404, "not_found", "There is no such resource.")
