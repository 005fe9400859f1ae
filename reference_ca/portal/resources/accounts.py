"""/v3/accounts/me: the tier of the account and its limits."""

from __future__ import annotations

from reference_ca.portal.context import Context
from reference_ca.portal.protocol import Request, Response, answer


def get_account(context: Context, request: Request) -> Response:
    """GET /v3/accounts/me; limits, policies and sub_accounts only if `include` asks for them."""
    include = {part.strip() for part in request.query.get("include", "").split(",")}
    return answer(context.account.document(include))
