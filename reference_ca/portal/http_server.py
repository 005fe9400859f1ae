"""The REST interface over HTTPS, on the standard library's server: faults need the connection itself."""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET6, socket
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from reference_ca.portal.api import Portal
from reference_ca.portal.credentials import ServerCredentials
from reference_ca.portal.faults import HUGE, Faults, answer_instead, change_request, change_response
from reference_ca.portal.identities import LARGEST
from reference_ca.portal.protocol import ApiError, Request, Response, invalid

LARGEST_BODY = LARGEST + (1 << 20)
"""Bytes: a bulk file, and the form around it."""

IDLE_SECONDS = 60
_BYTE_SECONDS = 0.2
_MOST_PARAMETERS = 200
_HUGE_PIECE = b'"' + b" " * 65534 + b'"'


class ApiServer(ThreadingHTTPServer):
    """Listens from its making on; `serve_forever` answers, each connection in a thread of its own."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], portal: Portal, credentials: ServerCredentials, faults: Faults):
        """Listen on host and port (0 is any free one)."""
        self.portal, self.faults, self.stopped = portal, faults, threading.Event()
        if ":" in address[0]:
            self.address_family = AF_INET6
        self._tls = server_context(credentials)
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket, Any]:
        """Accept a connection; its handshake happens in its own thread."""
        connection, address = super().get_request()
        connection.settimeout(IDLE_SECONDS)
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong here; a client that leaves or does not get through its handshake is not that."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def server_context(credentials: ServerCredentials) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with the stand-in's certificate.

    The library reads a key from files only: this one is for its owner alone, and gone at once.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        chain = credentials.chain_pem.write_to_path(Path(folder) / "chain.pem")
        key = credentials.key_pem.write_to_path(Path(folder) / "key.pem")
        context.load_cert_chain(chain, key)
    return context


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "portal-stand-in", ""
    server: ApiServer

    def _serve(self) -> None:
        faults = self.server.faults.take()
        try:
            request = self._request()
            response = answer_instead(faults, request) or self._ask(faults, request)
        except ApiError as error:
            self.close_connection = True  # what is left of the body was not read
            response = error.response()
        self._send(change_response(faults, response), faults)

    def _ask(self, faults: frozenset[str], request: Request) -> Response:
        portal = self.server.portal
        return portal.handle(change_request(faults, request, portal.context))

    def _request(self) -> Request:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not (length.isascii() and length.isdigit()):
            raise ApiError(411, "length_required", "The body needs a Content-Length.")
        if len(length) > 9 or int(length) > LARGEST_BODY:
            raise ApiError(413, "too_large", f"The body has more than {LARGEST_BODY} bytes.")
        body = self.rfile.read(int(length))
        try:
            target = urlsplit(self.path)
            pairs = parse_qsl(target.query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
        except ValueError:
            raise invalid("The query cannot be read.") from None
        query = dict(reversed(pairs))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, unquote(target.path), query, headers, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = _serve  # noqa: N815

    def _send(self, response: Response, faults: frozenset[str]) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        length = HUGE if "huge" in faults else len(response.body)
        if response.status != 204:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "HEAD":
            return
        for piece in self._pieces(response.body, faults):
            self.wfile.write(piece)

    def _pieces(self, body: bytes, faults: frozenset[str]) -> Iterator[bytes]:
        if "huge" in faults:
            left = HUGE
            while left > 0:
                yield _HUGE_PIECE[:left]
                left -= len(_HUGE_PIECE)
        elif "truncated" in faults:
            yield body[: len(body) // 2]
            self.close_connection = True
        elif "slow" in faults:
            for octet in body:
                if self.server.stopped.wait(_BYTE_SECONDS):
                    self.close_connection = True
                    return
                yield bytes([octet])
        else:
            yield body

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Write nothing: what a request holds is nobody else's."""
