"""The portal's REST interface, as far as it is read: GET over https, verified, without redirects and within limits."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions

from fcu_conform.artefacts.bounded_io.json_text import parse_json
from fcu_conform.artefacts.bounded_io.limits import PEM_FILE, PORTAL_ANSWER
from fcu_conform.artefacts.bounded_io.reading import read_file
from fcu_conform.artefacts.usage import UsageError, existing
from fcu_conform.interfaces.portal.api_key import ApiKey
from fcu_conform.interfaces.reports.text import printable

BUSY = (429, 503)
"""Statuses after which the same request may be made again."""

LONGEST = 300
"""Characters that are shown of what a portal says of an error."""


class PortalFault(Exception):
    """The portal did not answer as documented: one line, without a secret.

    ``status`` is that of an answer that was documented but is not what was asked for; 0 for all else.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(printable(" ".join(message.split())))
        self.status = status


@dataclass(frozen=True)
class Patience:
    """How long a portal is waited for.

    Attributes:
        connect, read: seconds for a connection, and between two pieces of an answer.
        attempts: how often a request is made where the portal is busy, or the connection breaks.
        pause: seconds before the second attempt, twice as many before each further one.
        longest_pause: seconds at most, whatever the portal asks for.
    """

    connect: float = 10
    read: float = 15
    attempts: int = 5
    pause: float = 0.5
    longest_pause: float = 30


class PortalClient:
    """One account of one portal. It reads, and has no way to do anything else.

    Args:
        url: https://HOST or https://HOST:PORT.
        key: the API key, sent to this host alone.
        ca_file: PEM certificates of the CAs that the server is verified by; those of the system if not given.
        wait: waits for some seconds.

    Raises:
        UsageError: the URL or the file makes no sense.
    """

    def __init__(
        self,
        url: str,
        key: ApiKey,
        ca_file: str | None = None,
        *,
        patience: Patience | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url, self._key = _checked(url), key
        self._patience, self._wait = patience or Patience(), wait
        self._pool = urllib3.PoolManager(
            num_pools=1,
            ssl_context=_tls(ca_file),
            timeout=urllib3.Timeout(connect=self._patience.connect, read=self._patience.read),
        )

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """The JSON object that the portal answers with.

        Raises:
            PortalFault: it answers with anything else, or not at all.
        """
        status, data = self._asked_until_answered(path, query)
        where = f"{self.url}{path}"
        if 300 <= status < 400:
            raise PortalFault(f"{where} redirects ({status}), and redirects are not followed", status)
        content = self._content(data, where, status)
        if status != 200:
            raise PortalFault(f"{where} answers {status}{_reason(content)}", status)
        if not isinstance(content, dict):
            raise PortalFault(f"{where} answers with JSON that is not an object")
        return content

    def close(self) -> None:
        """Ends its connections."""
        self._pool.clear()

    def _content(self, data: bytes, where: str, status: int) -> Any:
        try:
            content = parse_json(data)
        except ValueError as fault:
            if status != 200:
                return None
            is_json = not isinstance(fault, (json.JSONDecodeError, UnicodeDecodeError))
            what = f"JSON that {fault}" if is_json else "what is not JSON"
            raise PortalFault(f"{where} answers with {what}") from None
        if self._key.is_in(content):
            raise PortalFault(f"{where} repeats the API key in its answer, which is not kept")
        if "PRIVATE KEY-----" in json.dumps(content, ensure_ascii=False):
            raise PortalFault(f"{where} answers with a private key, which is not kept")
        return content

    def _asked_until_answered(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer; asked again where the portal is busy or the connection breaks."""
        patience = self._patience
        for attempt in range(1, patience.attempts + 1):
            pause: float = patience.pause * 2 ** (attempt - 1)
            try:
                status, data, asked = self._ask(path, query)
                if status not in BUSY or attempt == patience.attempts:
                    return status, data
                pause = max(pause, asked)
            except (exceptions.HTTPError, OSError) as fault:
                if isinstance(fault, exceptions.SSLError) or attempt == patience.attempts:
                    raise PortalFault(f"{self.url}{path} {_trouble(fault, patience)}") from None
            self._wait(min(pause, patience.longest_pause))
        raise AssertionError("unreachable")

    def _ask(self, path: str, query: dict[str, str]) -> tuple[int, bytes, float]:
        """Status, body, and after how many seconds the portal wants to be asked again."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **self._key.header()}
        response = self._pool.request(
            "GET",
            f"{self.url}{path}",
            fields=query,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            data = b""
            while len(data) <= PORTAL_ANSWER and (piece := response.read(64 * 1024)):
                data += piece
            if len(data) > PORTAL_ANSWER:
                raise PortalFault(f"{self.url}{path} answers with more than {PORTAL_ANSWER} bytes")
        finally:
            response.close()
        asked = response.headers.get("Retry-After", "")
        return response.status, data, float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0


def _checked(url: str) -> str:
    """The address without a slash at its end.

    Raises:
        UsageError: it is not https, or has more than host and port; it is not shown, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        is_plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.path in ("", "/")
        has_host = bool(parts.hostname) and parts.port != 0 and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        is_plain = has_host = False
    if not has_host or not is_plain or parts.scheme.lower() != "https":
        raise UsageError("--url: is not https://HOST or https://HOST:PORT")
    return url.rstrip("/")


def _tls(ca_file: str | None) -> ssl.SSLContext:
    if ca_file is None:
        return ssl.create_default_context()
    file = read_file(existing(ca_file, "CA file"), PEM_FILE)
    if file.trouble is not None:
        raise UsageError(f"CA file {ca_file}: {file.detail or file.trouble.value}")
    try:
        return ssl.create_default_context(cadata=file.data.decode("ascii"))
    except (ValueError, ssl.SSLError):
        raise UsageError(f"CA file {ca_file}: is not PEM certificates") from None


def _reason(content: Any) -> str:
    """What an error's document says; its ``fields`` is a list in the portal's schema and an object in its examples."""
    if not isinstance(content, dict):
        return ""
    said = [str(content[name]) for name in ("type", "message") if isinstance(content.get(name), str)]
    fields = content.get("fields")
    if isinstance(fields, dict):
        said += [f"{name}: {value}" for name, value in fields.items()]
    elif isinstance(fields, list):
        said += [f"{one.get('name')}: {one.get('message')}" for one in fields if isinstance(one, dict)]
    text = "; ".join(said)
    return f" ({text[:LONGEST]})" if text else ""


def _trouble(fault: Exception, patience: Patience) -> str:
    """Why there is no answer, in words."""
    if isinstance(fault, exceptions.SSLError):
        cause = fault.args[0] if fault.args else fault
        why = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "the handshake failed"
        return f"cannot be trusted: {why} (--ca-file names the CA of its certificate)"
    if isinstance(fault, exceptions.NewConnectionError):
        return "cannot be reached"
    if isinstance(fault, exceptions.TimeoutError):
        return f"does not answer within {patience.read:g} seconds"
    if isinstance(fault, exceptions.ProtocolError):
        return "ends its answer too early, or does not speak HTTP"
    return "cannot be reached"
