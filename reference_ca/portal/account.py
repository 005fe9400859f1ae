"""The one account of the stand-in: its tier, its limits, and the two API keys."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from enum import Enum

from reference_ca.portal.protocol import ApiError, Document, Request, new_id, timestamp
from reference_ca.portal.store import Store


class Tier(Enum):
    """A kind of account: the interface's number for it, and how many trusted certificates it may have (fact P-13)."""

    DEVELOPER = ("developer", "0", 10)
    COMMERCIAL = ("commercial", "1", 50)

    def __init__(self, label: str, number: str, certificates: int) -> None:
        """Name the parts of the value."""
        self.label, self.number, self.certificates = label, number, certificates


@dataclass(frozen=True)
class Account:
    """The account, and who may do what in it. No API key shows in its `repr`.

    Attributes:
        id: 32 hexadecimal characters; the `aid` of the servers' URIs.
        tier: what kind of account it is.
        created_at: RFC 3339.
        admin_key: the API key that may do everything.
        reader_key: the API key that may only read.
    """

    id: str
    tier: Tier
    created_at: str
    owner_id: str
    admin_key: str
    reader_key: str

    @classmethod
    def of(cls, store: Store, tier: Tier) -> Account:
        """The account that the store has, or a new one."""
        with store.transaction():
            return cls(
                id=store.setting("account id", new_id()),
                tier=tier,
                created_at=store.setting("account created", timestamp()),
                owner_id=store.setting("owner id", new_id()),
                admin_key=store.setting("admin key", f"ak_{secrets.token_hex(32)}"),
                reader_key=store.setting("reader key", f"ak_{secrets.token_hex(32)}"),
            )

    def __repr__(self) -> str:
        """Name the account and nothing of its keys."""
        return f"<Account {self.id}, {self.tier.label}>"

    def is_admin(self, request: Request) -> bool:
        """Whether the request has the key that may write. `ApiError` 401 where it has none of the two."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        given = key.strip().encode("utf-8", "surrogateescape")
        if scheme.lower() == "bearer":
            if hmac.compare_digest(given, self.admin_key.encode()):
                return True
            if hmac.compare_digest(given, self.reader_key.encode()):
                return False
        raise ApiError(401, "invalid_auth", "Invalid access token.")

    def document(self, include: set[str]) -> Document:
        """The account as `GET /v3/accounts/me` shows it; ``include`` may hold limits, policies and sub_accounts."""
        found: Document = {
            "object": "account",
            "id": self.id,
            "etag": "1",
            "status": "ACTIVE",
            "tier": self.tier.number,
            "end_market": "IOT",
            "display_name": f"Stand-in ({self.tier.label})",
            "created_at": self.created_at,
            "updated_at": self.created_at,
        }
        if "limits" in include:
            found["limits"] = {"trusted_certificates": str(self.tier.certificates)}
        if "policies" in include:
            allowed = {"action": "", "allow": True, "inherited": False}
            found["policies"] = [{**allowed, "feature": name} for name in ("byoc", "first-to-claim")]
        if "sub_accounts" in include:
            found["sub_accounts"] = []
        return found
