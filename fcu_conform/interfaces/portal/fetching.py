"""Fetches what an account trusts: every page of every list, within limits of number and time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fcu_conform.artefacts.bounded_io.limits import PORTAL_DEVICES, PORTAL_ENTRIES, PORTAL_PAGES, PORTAL_SECONDS
from fcu_conform.artefacts.portal_state import SERVICES, Json, PortalState, dump_portal_state, parse_portal_state
from fcu_conform.interfaces.portal.client import PortalClient, PortalFault

Found = TypeVar("Found")

ACCOUNT = ("id", "status", "tier", "limits", "policies")
"""What is kept of an account: the rest is about people, and may hold passwords and keys."""

DEVICE = ("id", "endpoint_name", "device_key", "issuer_fingerprint", "ca_id", "state", "bootstrapped_timestamp")
"""What is kept of a device."""

WITHHELD = (403, 404)
"""Statuses of what an API key may not see, or an account does not have."""

LARGEST_PAGE = 1000
"""Entries of a page, at most."""

ATTEMPTS = 3
"""How often a list is read that changes meanwhile."""


@dataclass(frozen=True)
class Fetched:
    """The state of an account as it was fetched.

    Attributes:
        data: its file.
        state: the same, read.
        withheld: what the portal did not show, in words.
    """

    data: bytes
    state: PortalState
    withheld: tuple[str, ...]


def fetch(
    client: PortalClient,
    fetched_at: str,
    *,
    with_devices: bool = False,
    seconds: float = PORTAL_SECONDS,
    page: int = LARGEST_PAGE,
) -> Fetched:
    """The state of an account.

    Args:
        fetched_at: the instant, RFC 3339.
        with_devices: with the devices that the portal has seen, of which an account may have very many.
        seconds: how long all of it may take.
        page: how many entries of a list are asked for at a time.

    Raises:
        PortalFault: the portal did not answer as documented, or not in time.
    """
    return _within(seconds, lambda: _fetch(client, fetched_at, with_devices, page), client.close, client.url)


def _within(seconds: float, work: Callable[[], Found], close: Callable[[], None], url: str) -> Found:
    """What a function returns; ``close`` is called when it does.

    A portal that sends an octet now and then would hold it for ever. The thread is left to itself where it takes too
    long: it waits for the network, and ends with the process.
    """
    done: list[Found] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as fault:
            faults.append(fault)
        finally:
            close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if faults:
        raise faults[0]
    if not done:
        raise PortalFault(f"{url} does not answer all within {seconds:g} seconds")
    return done[0]


def _fetch(client: PortalClient, fetched_at: str, with_devices: bool, page: int) -> Fetched:
    withheld: list[str] = []

    def shown(what: str, path: str, **query: str) -> Json | None:
        try:
            return client.get(path, **query)
        except PortalFault as fault:
            if fault.status not in WITHHELD:
                raise
            withheld.append(f"{what} ({fault.status})")
            return None

    entries = list_all(client, "/v3/trusted-certificates", PORTAL_ENTRIES, page)
    account = shown("account and limits", "/v3/accounts/me", include="limits,policies")
    servers = {
        service: found
        for service in SERVICES
        if (found := shown(f"server of {service}", f"/v3/server-credentials/{service}")) is not None
    }
    devices = list_all(client, "/v3/devices", PORTAL_DEVICES, page) if with_devices else None
    data = dump_portal_state(
        entries,
        account=None if account is None else _part(account, ACCOUNT),
        server_credentials=servers,
        devices=None if devices is None else [_part(device, DEVICE) for device in devices],
        url=client.url,
        fetched_at=fetched_at,
    )
    try:
        state = parse_portal_state(data, f"account at {urlsplit(client.url).netloc}", Path())
    except ValueError as fault:
        raise PortalFault(f"{client.url} does not answer as documented: {fault}") from None
    return Fetched(data, state, tuple(withheld))


def _part(document: Json, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


def list_all(client: PortalClient, path: str, most: int, page: int = LARGEST_PAGE) -> list[Json]:
    """Every entry of a list, each once.

    Raises:
        PortalFault: a page is not one, the list has more entries than ``most``, does not end, or changes again and
            again while it is read.
    """
    where = f"{client.url}{path}"
    for _ in range(ATTEMPTS):
        found: dict[str, Json] = {}
        total: int | None = None
        for part in _pages(client, path, page):
            total = _total(part, where)
            for entry in part["data"]:
                found.setdefault(_id(entry, where), entry)
            if len(found) > most:
                raise PortalFault(f"{where} lists more than {most} entries")
        if total in (None, len(found)):
            return list(found.values())
    raise PortalFault(f"{where} lists {len(found)} entries and says that there are {total}")


def _pages(client: PortalClient, path: str, size: int) -> Iterator[dict[str, Any]]:
    """The pages of a list, each behind the last entry of the one before."""
    where = f"{client.url}{path}"
    after: dict[str, str] = {}
    seen: set[str] = set()
    for _ in range(PORTAL_PAGES):
        page = client.get(path, limit=str(size), include="total_count", **after)
        if not isinstance(page.get("data"), list) or not isinstance(page.get("has_more"), bool):
            raise PortalFault(f"{where} answers with a page that lacks data or has_more")
        yield page
        if not page["has_more"]:
            return
        ids = [_id(entry, where) for entry in page["data"]]
        if seen.issuperset(ids):
            raise PortalFault(f"{where} says that there is more, and shows nothing new")
        seen.update(ids)
        after = {"after": ids[-1]}
    raise PortalFault(f"{where} has more than {PORTAL_PAGES} pages")


def _id(entry: Any, where: str) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise PortalFault(f"{where} lists an entry without an id")
    return str(entry["id"])


def _total(page: dict[str, Any], where: str) -> int | None:
    """How many entries there are, where the page says so: the portal's description calls it required and optional."""
    total = page.get("total_count")
    if total is None:
        return None
    if isinstance(total, bool) or not isinstance(total, int):
        raise PortalFault(f"{where} answers with a total_count that is not a number")
    return total
