"""What the requests to CloudWatch share: whose they are, their pages, their tags."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from tradai_console.demo.behaviour.cloudwatch_tower import Account, account_of
from tradai_console.demo.behaviour.dispatch import Call, Refused


def of(call: Call) -> Account:
    """The account and region of the call."""
    return account_of(call.account, call.region)


def page(name: str, found: list[Any], call: Call, limit: str, default: int) -> dict[str, Any]:
    """One page of what was found."""
    start = int(untoken(call.get("NextToken")) or 0)
    end = start + int(call.get(limit, default))
    told: dict[str, Any] = {name: found[start:end]}
    return {**told, "NextToken": token(str(end))} if end < len(found) else told


def token(text: str) -> str:
    """A place as a token."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def untoken(token: str | None) -> str:
    """The place of a token; empty without one. Raises Refused."""
    if not token:
        return ""
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        raise Refused("InvalidNextToken", "The next token specified is invalid.") from None


def tags_of(raw: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags by name."""
    return {one["Key"]: one["Value"] for one in raw}
