"""Requests and responses of the REST interface, apart from any server, and the errors that it documents."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

Document = dict[str, Any]

JSON, CSV = "application/json", "text/csv"


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: in capitals.
        path: without the query.
        query: the first value of each parameter, decoded.
        headers: by name in lower case.
        body: the bytes as sent.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The media type of the body without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Document:
        """The body as a JSON object; `ApiError` 400 for anything else."""
        if self.content_type != JSON:
            raise invalid(f"Content-Type is {self.content_type or 'missing'}: expected {JSON}.")
        try:
            found = json.loads(self.body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise invalid("The body is not JSON.") from None
        if not isinstance(found, dict):
            raise invalid("The body is not a JSON object.")
        return found


@dataclass(frozen=True)
class Response:
    """One answer: status, body, its media type, and more headers."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as a value, for those who ask in process."""
        return json.loads(self.body)


class ApiError(Exception):
    """An answer of the 4xx kind, in the form that the interface documents.

    ``fields`` are the fields of the request that failed, each with a message.
    """

    def __init__(self, status: int, kind: str, message: str, fields: Mapping[str, str] | None = None) -> None:
        """Take the HTTP status, the error's type, a line for people, and the fields at fault."""
        super().__init__(message)
        self.status, self.kind, self.message, self.fields = status, kind, message, dict(fields or {})

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """The error as an answer."""
        body: Document = {
            "object": "error",
            "code": self.status,
            "type": self.kind,
            "message": self.message,
            "request_id": new_id(),
        }
        if self.fields:
            body["fields"] = [{"name": name, "message": message} for name, message in self.fields.items()]
        return Response(self.status, encode(body), headers=headers or {})


def encode(value: object) -> bytes:
    """JSON as it is sent."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def answer(value: object, status: int = 200) -> Response:
    """A document as an answer."""
    return Response(status, encode(value))


def invalid(message: str, **fields: str) -> ApiError:
    """400: the request cannot be used."""
    return ApiError(400, "validation_error", message, fields)


def forbidden(message: str) -> ApiError:
    """403: not with this key, or not in this account."""
    return ApiError(403, "access_denied", message)


def missing(what: str) -> ApiError:
    """404: there is no such entity."""
    return ApiError(404, "not_found", f"{what} not found.")


def conflict(message: str, **fields: str) -> ApiError:
    """409: what must be unique exists."""
    return ApiError(409, "duplicate", message, fields)


def new_id() -> str:
    """An id as the interface has them: 32 lower-case hexadecimal characters."""
    return uuid.uuid4().hex


def timestamp(instant: datetime | None = None) -> str:
    """An instant (the present one by default) in RFC 3339, in UTC, with milliseconds."""
    instant = (instant or datetime.now(timezone.utc)).astimezone(timezone.utc)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"
