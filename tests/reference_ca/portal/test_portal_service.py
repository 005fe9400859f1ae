"""`reference-ca portal` as people start it: what it prints, real devices on real sockets, how it ends."""

from __future__ import annotations

import http.client
import itertools
import json
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiocoap.message import Message
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type
from cryptography import x509
from OpenSSL import SSL
from portal_helpers import METHODS, Lines, client_context, key_of
from reference_ca_helpers import Run

from reference_ca.portal.device_side.session import datagrams

HANGING = 600
COMMAND = [sys.executable, "-m", "reference_ca", "portal"]


@dataclass
class Running:
    """A stand-in in a process of its own, and what it printed."""

    process: subprocess.Popen[str]
    ready: dict[str, str]

    def ask(self, path: str, body: object = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        content = self.text(self.ready["url"] + path, data, "application/json", method)
        return json.loads(content) if content else None

    def bulk(self, text: str) -> Any:
        part = 'Content-Disposition: form-data; name="enrollment_identities"; filename="a.csv"'
        form = f"--limit\r\n{part}\r\n\r\n{text}\r\n--limit--\r\n".encode()
        url = self.ready["url"] + "/v3/device-enrollments-bulk-uploads"
        return json.loads(self.text(url, form, "multipart/form-data; boundary=limit"))

    def text(self, url: str, data: bytes | None = None, kind: str = "", method: str | None = None) -> str:
        key = Path(self.ready["api-key-file"]).read_text()
        headers = {"Authorization": f"Bearer {key}", **({"Content-Type": kind} if kind else {})}
        request = urllib.request.Request(url, data, headers, method=method)
        context = ssl.create_default_context(cafile=self.ready["ca-file"])
        with urllib.request.urlopen(request, timeout=HANGING, context=context) as answer:
            content: bytes = answer.read()
        return content.decode()

    def port(self, service: str) -> int:
        return int(self.ready[service].rpartition(":")[2])


@contextmanager
def started(*arguments: object, folder: Path) -> Iterator[Running]:
    """The stand-in, from its being ready to SIGTERM, which it must end on without a word."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if line == "ready\n":
                break
        assert lines[-1:] == ["ready"], process.communicate()
        yield Running(process, dict(line.split(": ", 1) for line in lines[:-1]))
        killed = process.poll() is not None  # by the test
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=HANGING)
        assert killed or process.returncode == 0, said
        assert "Traceback" not in said
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One stand-in for several tests, which leave no entry behind."""
    with started(folder=tmp_path_factory.mktemp("served")) as running:
        yield running


def registration(name: str) -> bytes:
    message = Message(code=Code.POST)
    message.mtype, message.mid, message.token = Type.CON, 1, b""
    message.opt.uri_path, message.opt.uri_query = ("rd",), (f"ep={name}",)
    return bytes(message.encode())


def register(running: Running, version: str, lines: Lines, depth: int = 1) -> int:
    """The code of the answer to a registration over a real socket, 0 where the device is refused."""
    ca = x509.load_pem_x509_certificate(Path(running.ready["ca-file"]).read_bytes())
    context = client_context(version, key_of(lines.device_a), lines.device_a.chain(depth), ca)
    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    is_datagram = version.startswith("DTLS")
    kind = socket.SOCK_DGRAM if is_datagram else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as plain:
        plain.settimeout(HANGING)
        plain.connect(("127.0.0.1", running.port("lwm2m")))
        return _talk(connection, plain, is_datagram)


def _talk(connection: SSL.Connection, plain: socket.socket, is_datagram: bool) -> int:
    if is_datagram:
        connection.set_ciphertext_mtu(1200)
    data, received, asked = registration("a-1"), b"", False
    if not is_datagram:  # the same options on a stream: length, code, no token, and a settings message before
        options = data[4:]
        data = b"\x00\xe1" + bytes((0xD0 if len(options) >= 13 else len(options) << 4,))
        data += (bytes((len(options) - 13,)) if len(options) >= 13 else b"") + b"\x02" + options
    while True:
        try:
            if not asked:
                connection.do_handshake()
                connection.send(data)
                asked = True
            while True:
                received += connection.recv(4096)
        except SSL.WantReadError:
            pass
        except (SSL.Error, OSError):
            return 0
        if is_datagram and received:
            return int(Message.decode(received).code)
        if received.startswith(b"\x00\xe1") and len(received) > 4:
            return received[4 if received[2] >> 4 == 13 else 3]
        try:
            waiting = connection.bio_read(1 << 16)
            for piece in datagrams(waiting) if is_datagram else [waiting]:
                plain.send(piece)
        except SSL.WantReadError:
            pass
        incoming = plain.recv(1 << 16)
        if not incoming:
            return 0
        connection.bio_write(incoming)


def upload(running: Running, lines: Lines) -> str:
    body = {"certificate": lines.line_a.chain_pem.data.decode(), "name": "A", "service": "lwm2m"}
    entry: str = running.ask("/v3/trusted-certificates", body)["id"]
    return entry


def test_a_device_comes_online_and_no_longer_when_its_line_is_removed(tmp_path: Path, lines: Lines) -> None:
    with started("--db", "p.sqlite", folder=tmp_path) as running:
        assert [register(running, version, lines) for version in METHODS] == [0, 0, 0]
        entry = upload(running, lines)
        assert [register(running, version, lines) for version in METHODS] == [int(Code.CREATED)] * 3
        (device,) = running.ask("/v3/devices")["data"]
        assert (device["endpoint_name"], device["state"]) == ("a-1", "registered")
        running.ask(f"/v3/trusted-certificates/{entry}", method="DELETE")
        assert [register(running, version, lines) for version in METHODS] == [0, 0, 0]
        denied = running.ask(f"/v3/device-enrollment-denials?trusted_certificate_id__eq={entry}")
        assert [one["endpoint_name"] for one in denied["data"]] == ["a-1"] * 3


def test_credentials_for_clients_are_in_private_files_beside_the_state(tmp_path: Path, lines: Lines) -> None:
    with started("--db", "p.sqlite", folder=tmp_path) as running:
        entry = upload(running, lines)
        first = {name: Path(tmp_path / running.ready[name]).read_bytes() for name in running.ready if "file" in name}
        modes = {name: stat.S_IMODE((tmp_path / running.ready[name]).stat().st_mode) for name in first}
        assert modes == {"ca-file": 0o644, "api-key-file": 0o600, "reader-key-file": 0o600}
        assert running.ready["url"].startswith("https://127.0.0.1:")
        running.process.kill()
        running.process.wait()
    with started("--db", "p.sqlite", "--reading", "lowest", folder=tmp_path) as again:
        assert {name: Path(tmp_path / again.ready[name]).read_bytes() for name in first} == first
        assert [one["id"] for one in again.ask("/v3/trusted-certificates")["data"]] == [entry]
        assert register(again, "DTLS 1.2", lines) == int(Code.CREATED)


def test_without_a_file_for_its_state_nothing_is_left(tmp_path: Path) -> None:
    with started(folder=tmp_path) as running:
        folder = Path(running.ready["ca-file"]).parent
        assert running.ask("/v3/accounts/me?include=limits")["tier"] == "1"
        credentials = running.ask("/v3/server-credentials")
        assert credentials["lwm2m"]["url"] == f"{running.ready['lwm2m']}?aid={running.ready['account']}"
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["", "host:", "127.0.0.1:x", "127.0.0.1:70000", "[::1", "::1:"])
def test_an_address_that_cannot_be_read_is_a_usage_error(address: str, run: Run) -> None:
    code, out, err = run("portal", "--listen", address)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_a_port_that_is_taken_and_a_fault_that_there_is_not_are_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, out, err = run("portal", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (code, out) == (1, "")
    assert err.startswith("reference-ca: Address already in use: port ")
    assert run("portal", "--fault", "nothing")[0] == 1


def test_a_kill_at_any_moment_loses_no_request_that_was_answered(tmp_path: Path) -> None:
    """Requests go on while the process is killed: the last ones fail, and those before are all there afterwards."""
    answered: list[str] = []
    enough = threading.Event()

    def keep_asking(running: Running) -> None:
        for number in itertools.count():
            identity = "A-" + ":".join([f"{number >> 8:02X}", f"{number & 255:02X}", *["7E"] * 30])
            try:
                answered.append(running.ask("/v3/device-enrollments", {"enrollment_identity": identity})["id"])
            except (OSError, http.client.HTTPException):
                enough.set()
                return
            if number == 10:
                enough.set()

    with started("--db", "p.sqlite", folder=tmp_path) as running:
        client = threading.Thread(target=keep_asking, args=(running,))
        client.start()
        enough.wait()
        running.process.kill()
        running.process.wait()
        client.join()
    assert len(answered) > 10
    with started("--db", "p.sqlite", folder=tmp_path) as again:
        found = [entry["id"] for entry in again.ask("/v3/device-enrollments?limit=1000")["data"]]
        assert found[: len(answered)] == answered
        assert len(found) - len(answered) in (0, 1)  # the one whose answer was lost


def test_a_bulk_task_is_completed_in_the_background(tmp_path: Path) -> None:
    content = "identity\n" + "A-" + "7E:" * 31 + "7E\n"
    with started("--db", "p.sqlite", folder=tmp_path) as running:
        task = running.bulk(content)
        assert task["status"] == "new"
        while task["status"] != "completed":
            task = running.ask(f"/v3/device-enrollments-bulk-uploads/{task['id']}")
        assert (task["processed_count"], task["errors_count"]) == (1, 0)
        assert "7E:7E" in running.text(task["full_report_file"])


@pytest.mark.parametrize("scheme", ["coaps", "coaps+tcp"])
@pytest.mark.parametrize("program", ["coap-client-openssl", "coap-client-gnutls"])
def test_a_device_of_another_maker_registers_until_its_line_is_removed(
    program: str, scheme: str, served: Running, tmp_path: Path, lines: Lines
) -> None:
    """libcoap's client with OpenSSL and with GnuTLS; the former presents the device's certificate alone."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    lines.device_a.chain_pem(2).write_to_path(tmp_path / "chain.pem")
    lines.device_a.private_key_pem.write_to_path(tmp_path / "key.pem")
    uri = f"{scheme}://127.0.0.1:{served.port('lwm2m')}/rd?ep=a-1&lt=60"
    identity = ["-c", tmp_path / "chain.pem", "-j", tmp_path / "key.pem", "-C", served.ready["ca-file"]]

    def register_once() -> str:
        command = [program, "-v", "6", "-m", "post", *map(str, identity), uri]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGING)
        return done.stdout + done.stderr

    entry = upload(served, lines)
    assert "2.01" in register_once()
    served.ask(f"/v3/trusted-certificates/{entry}", method="DELETE")
    assert "2.01" not in register_once()
    denied = served.ask(f"/v3/device-enrollment-denials?trusted_certificate_id__eq={entry}")
    assert [one["endpoint_name"] for one in denied["data"]] == ["a-1"]


def test_without_the_extra_the_command_names_it_in_one_line(tmp_path: Path) -> None:
    script = "import sys; sys.modules['aiocoap'] = None; from reference_ca.console import main; main(['portal'])"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "reference-ca: aiocoap is not installed: pip install 'fcu-conform[portal]'\n"
