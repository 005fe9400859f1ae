"""Portals for tests of the client: the stand-in in a process of its own, and a server that answers as it is told to."""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
import urllib3

KEY = "ak_2fT7Qd9Lk3WvZx8Rb6NyPm4Hs1Gc5JuE0aXi"
"""The API key that the server that lies is asked with."""


@dataclass(frozen=True)
class StandIn:
    """What the stand-in printed when it was ready."""

    url: str
    ca_file: str
    api_key_file: str
    reader_key_file: str

    def options(self) -> list[str]:
        """The options that ask it with the key that may only read."""
        return ["--url", self.url, "--ca-file", self.ca_file, "--api-key-file", self.reader_key_file]

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A request that changes something, with the key that may."""
        key = Path(self.api_key_file).read_text()
        context = ssl.create_default_context(cafile=self.ca_file)
        with urllib3.PoolManager(ssl_context=context, headers={"Authorization": f"Bearer {key}"}) as pool:
            answer = pool.request(method, f"{self.url}{path}", json=body)
            assert answer.status in (200, 201), answer.data
            return dict(answer.json())

    def upload(self, chain: bytes, name: str, **fields: str) -> dict[str, Any]:
        """A new entry."""
        body = {"certificate": chain.decode(), "name": name, "service": "bootstrap", **fields}
        return self.write("POST", "/v3/trusted-certificates", body)


@contextlib.contextmanager
def stand_in(folder: Path, *options: str) -> Iterator[StandIn]:
    """``reference-ca portal`` until the block ends."""
    command = [sys.executable, "-m", "reference_ca", "portal", "--db", str(folder / "portal.sqlite"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            said: dict[str, str] = {}
            while (line := process.stdout.readline().strip()) != "ready":
                assert line, "the stand-in ended"
                name, _, value = line.partition(": ")
                said[name] = value
            yield StandIn(said["url"], said["ca-file"], said["api-key-file"], said["reader-key-file"])
        finally:
            process.terminate()


Answer = tuple[int, bytes] | Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Liar:
    """A server that answers each path as it is told to, and remembers what it was asked.

    Attributes:
        answers: by path, without its query; a function writes to the connection itself.
        asked: method, path with its query, and headers of each request.
    """

    folder: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def ca_file(self) -> Path:
        """The CA of its certificate."""
        return self.folder / "liar.pem"

    def says(self, path: str, document: object, status: int = 200) -> None:
        """JSON as the answer to a path."""
        self.answers[path] = status, json.dumps(document).encode()

    def is_honest(self, *entries: Mapping[str, Any]) -> None:
        """All that is fetched, with these trusted certificates."""
        self.says("/v3/trusted-certificates", page(*entries))
        self.says("/v3/devices", page())
        self.says("/v3/accounts/me", {"object": "account", "id": "0" * 32, "tier": "1", "admin_email": "a@b.example"})
        for service in ("bootstrap", "lwm2m"):
            self.says(f"/v3/server-credentials/{service}", {"server_uri": f"coaps://{service}.example"})


def page(*entries: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """One page, the last one."""
    return {"object": "list", "data": list(entries), "has_more": False, "limit": 1000, **members}


@contextlib.contextmanager
def liar(folder: Path) -> Iterator[Liar]:
    """The server, until the block ends."""
    made = Liar(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.asked.append((self.command, self.path, dict(self.headers)))
            answer = made.answers.get(self.path.partition("?")[0], (404, b"{}"))
            if callable(answer):
                with contextlib.suppress(OSError):
                    answer(self)
                self.close_connection = True
                return
            status, body = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(made.ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
