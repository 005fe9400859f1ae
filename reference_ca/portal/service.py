"""All of the stand-in at once: REST interface, both services of the device's side, and the worker in the background."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from reference_ca.errors import ReferenceCaError
from reference_ca.files import Blob, SecretBlob
from reference_ca.portal.account import Account, Tier
from reference_ca.portal.api import Portal
from reference_ca.portal.context import SERVICES, Addresses, Context
from reference_ca.portal.credentials import ServerCredentials, server_credentials
from reference_ca.portal.device_side.registration import Desk, Log
from reference_ca.portal.device_side.servers import DatagramServer, StreamServer
from reference_ca.portal.faults import Faults
from reference_ca.portal.http_server import ApiServer
from reference_ca.portal.resources import bulk
from reference_ca.portal.store import Store
from reference_ca.portal.trust import Reading

LOOPBACK = "127.0.0.1"
_ATTEMPTS = 50

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Settings:
    """How the stand-in runs.

    Attributes:
        database: the SQLite file, made where there is none; files for clients are written beside it.
        host: the address to listen on.
        port: of the REST interface; 0 is any free one.
        coaps_port: of bootstrap; LwM2M has the next one. 0 is any free one for each.
        log: gets a line for each device that was let in or refused.
    """

    database: Path
    host: str = LOOPBACK
    port: int = 0
    coaps_port: int = 0
    reading: Reading = Reading.ALL
    tier: Tier = Tier.COMMERCIAL
    faults: Sequence[str] = ()
    log: Log = lambda _: None


class _Server(Protocol):
    def serve_forever(self) -> None: ...
    def shutdown(self) -> None: ...
    def server_close(self) -> None: ...


@dataclass(frozen=True)
class Ready:
    """What a client needs."""

    url: str
    ca_file: Path
    api_key_file: Path
    reader_key_file: Path
    account_id: str
    services: dict[str, str]

    def lines(self) -> Iterator[str]:
        """`name: value`, a line each."""
        yield f"url: {self.url}"
        yield f"ca-file: {self.ca_file}"
        yield f"api-key-file: {self.api_key_file}"
        yield f"reader-key-file: {self.reader_key_file}"
        yield f"account: {self.account_id}"
        for service, uri in self.services.items():
            yield f"{service}: {uri}"


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Ready]:
    """The stand-in, listening and answering as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        store = Store(settings.database)
        stack.callback(store.close)
        work = threading.Event()
        work.set()  # a task may be left from before a kill
        context = Context(store, Account.of(store, settings.tier), Addresses(), work_arrived=work.set)
        credentials = server_credentials(store, settings.host)
        servers = list(_servers(settings, context, credentials, stack))
        threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
        ended = threading.Event()
        threads.append(threading.Thread(target=_work, args=(context, work, ended), daemon=True))
        for thread in threads:
            thread.start()
        stack.callback(_end, servers, threads, work, ended)
        yield _write_files(settings.database, context, credentials)


def _servers(
    settings: Settings, context: Context, credentials: ServerCredentials, stack: contextlib.ExitStack
) -> Iterator[_Server]:
    """All servers, bound; their addresses are noted in the context."""
    addresses = context.addresses
    addresses.ca_pem = credentials.ca_pem.data.decode()
    host = advertised(settings.host)
    for number, service in enumerate(SERVICES):
        desk = Desk(context, service, settings.reading, settings.log)
        port = settings.coaps_port + number if settings.coaps_port else 0
        pair = _pair((settings.host, port), credentials, desk)
        addresses.services[service] = f"coaps://{host}:{pair[0].server_address[1]}"
        for server in pair:
            stack.callback(server.server_close)
            yield server
    portal, faults = Portal(context), Faults(settings.faults)
    api = _bound(lambda: ApiServer((settings.host, settings.port), portal, credentials, faults), settings.port)
    stack.callback(api.server_close)
    stack.callback(api.stopped.set)
    addresses.api = f"https://{host}:{api.server_address[1]}"
    yield api


def _pair(address: tuple[str, int], credentials: ServerCredentials, desk: Desk) -> tuple[StreamServer, DatagramServer]:
    """TLS and DTLS on one port; where any will do, one that is free for both."""
    for attempt in range(_ATTEMPTS):
        stream = _bound(lambda: StreamServer(address, credentials, desk), address[1])
        port: int = stream.server_address[1]
        try:
            return stream, DatagramServer((address[0], port), credentials, desk)
        except OSError as error:
            stream.server_close()
            if address[1] or attempt == _ATTEMPTS - 1:
                raise ReferenceCaError(error.strerror or "cannot listen", f"port {port}", "choose another") from None
    raise AssertionError("unreachable")


def _bound(make: Callable[[], _Made], port: int) -> _Made:
    """A server that listens, or one line about why it cannot."""
    try:
        return make()
    except OSError as error:
        raise ReferenceCaError(error.strerror or "cannot listen", f"port {port}", "choose another") from None


def _work(context: Context, work: threading.Event, ended: threading.Event) -> None:
    while not ended.is_set():
        work.wait()
        work.clear()
        while not ended.is_set() and bulk.work(context):
            continue


def _end(
    servers: Sequence[_Server], threads: Sequence[threading.Thread], work: threading.Event, ended: threading.Event
) -> None:
    ended.set()
    work.set()
    for server in servers:
        server.shutdown()
    for thread in threads:
        thread.join()


def _write_files(database: Path, context: Context, credentials: ServerCredentials) -> Ready:
    """The files for clients, beside the state; keys are readable for the owner alone."""
    account, addresses = context.account, context.addresses

    def write(ending: str, blob: Blob) -> Path:
        return blob.write_to_path(database.absolute().with_name(database.name + ending), replace=True)

    return Ready(
        url=addresses.api,
        ca_file=write(".ca.pem", credentials.ca_pem),
        api_key_file=write(".api-key", _Key(account.admin_key.encode())),
        reader_key_file=write(".reader-key", _Key(account.reader_key.encode())),
        account_id=account.id,
        services=dict(addresses.services),
    )


class _Key(Blob):
    """An API key as a file: the same one may be written again."""

    mode = SecretBlob.mode


def advertised(host: str) -> str:
    """The host as clients write it in a URI: an address for all interfaces is reached as localhost."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "localhost"
    return f"[{host}]" if address.version == 6 else host
