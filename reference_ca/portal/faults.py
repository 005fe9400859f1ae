"""What clients of the real portal must survive, on purpose: refusals, slowness, broken and changing answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reference_ca.errors import ReferenceCaError
from reference_ca.portal.context import Context
from reference_ca.portal.protocol import ApiError, Request, Response, encode

FAULTS = {
    "429": "answers 429 with Retry-After: 1",
    "503": "answers 503 with Retry-After: 1",
    "slow": "sends a byte of the body every fifth of a second",
    "truncated": "ends the connection in the middle of the body",
    "broken-json": "sends half of the JSON as if it were all",
    "changing-page": "begins each further page of a list with the last entry of the one before",
    "fields-object": "sends `fields` of an error as an object",
    "huge": "sends 100 MB",
    "redirect": "redirects to another host",
}
"""By name, what a fault does to an answer."""

HUGE = 100 * 1000 * 1000
ELSEWHERE = "https://portal.invalid"


@dataclass
class _Left:
    """A fault and how many requests it is still for; None is all of them."""

    name: str
    requests: int | None


class Faults:
    """The faults that are switched on: `NAME` for every request, `NAME:N` for the first N."""

    def __init__(self, wanted: Iterable[str] = ()) -> None:
        """Read the faults; `ReferenceCaError` names one that there is not."""
        self._lock = threading.Lock()
        self._left = [_read(one) for one in wanted]

    def take(self) -> frozenset[str]:
        """The faults of the next request."""
        with self._lock:
            current = [left for left in self._left if left.requests != 0]
            for left in current:
                if left.requests is not None:
                    left.requests -= 1
            return frozenset(left.name for left in current)


def _read(text: str) -> _Left:
    name, colon, count = text.partition(":")
    if name not in FAULTS or (colon and not (count.isascii() and count.isdigit())):
        raise ReferenceCaError(f"{text!r} is not a fault", todo=f"choose NAME or NAME:N from {', '.join(FAULTS)}")
    return _Left(name, int(count) if colon else None)


def answer_instead(faults: frozenset[str], request: Request) -> Response | None:
    """The answer that a fault gives in place of the portal's, if one does."""
    retry = {"Retry-After": "1"}
    if "429" in faults:
        return ApiError(429, "too_many_requests", "Too many requests.").response(retry)
    if "503" in faults:
        return ApiError(503, "unavailable", "The service is not available.").response(retry)
    if "redirect" in faults:
        return Response(302, headers={"Location": f"{ELSEWHERE}{request.path}"})
    return None


def change_request(faults: frozenset[str], request: Request, context: Context) -> Request:
    """With `changing-page`, `after` names the entry before the one that it named: one entry comes twice.

    A page is longer than that, so that whoever goes on comes to the end.
    """
    after = request.query.get("after")
    if "changing-page" not in faults or not after:
        return request
    query = {**request.query}
    before = context.store.neighbour(after, descending=query.get("order") == "DESC")
    if before:
        query["after"] = before
    else:
        del query["after"]
    return replace(request, query=query)


def change_response(faults: frozenset[str], response: Response) -> Response:
    """With `fields-object` and `broken-json`, the body is another one."""
    if "fields-object" in faults and response.status >= 400 and response.body:
        document = json.loads(response.body)
        if "fields" in document:
            document["fields"] = {field["name"]: field["message"] for field in document["fields"]}
            response = replace(response, body=encode(document))
    if "broken-json" in faults:
        response = replace(response, body=response.body[: len(response.body) // 2])
    return response
