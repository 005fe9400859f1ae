"""What every operation gets: the store, the account, the clock, and where the servers are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from reference_ca.portal.account import Account
from reference_ca.portal.protocol import Request, forbidden
from reference_ca.portal.store import Store

SERVICES = ("bootstrap", "lwm2m")


@dataclass
class Addresses:
    """Where the parts of the stand-in can be reached, set once they listen.

    Attributes:
        api: the REST interface, such as https://127.0.0.1:43121.
        services: the coaps URI of each service, without the account.
        ca_pem: the CA of all these servers.
    """

    api: str = "https://localhost"
    services: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SERVICES, "coaps://localhost:5684"))
    ca_pem: str = ""


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Context:
    """What operations work on.

    Attributes:
        now: the clock, in UTC.
        work_arrived: called when there is something for the worker in the background.
    """

    store: Store
    account: Account
    addresses: Addresses = field(default_factory=Addresses)
    now: Callable[[], datetime] = _now
    work_arrived: Callable[[], None] = lambda: None

    def require_admin(self, request: Request) -> None:
        """`ApiError` 403 unless the request has the admin's key."""
        if not self.account.is_admin(request):
            raise forbidden("Only administrators may do this.")
