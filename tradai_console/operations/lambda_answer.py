"""What a function answered: read whole, and asked whether it did anything. A green answer may have done nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from tradai_console.errors import Unavailable, Unreachable
from tradai_console.text import plain

PAYLOAD: Final = "payload"
"""Where the answer's JSON stands, once it is read."""

READ_S: Final = 10.0
_MOST: Final = 1024 * 1024
_NO: Final = frozenset(
    {"error", "failed", "refused", "rejected", "cooldown", "in_cooldown", "skipped", "blocked"}
)


async def read_payload(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer of `lambda:Invoke` with its payload read. Raises Unreachable or Unavailable."""
    try:
        async with asyncio.timeout(READ_S):
            raw = await answer["Payload"].read()
    except TimeoutError:
        raise Unreachable("lambda:Invoke: the answer did not end in time") from None
    except Exception as error:  # the body is read past the door: whatever aiohttp raises is told here
        raise Unavailable(f"lambda:Invoke: the answer broke off ({type(error).__name__})") from error
    try:
        payload = json.loads(raw[:_MOST] or b"null")
    except ValueError:
        payload = plain(raw[:1_000])
    return {"FunctionError": answer.get("FunctionError"), PAYLOAD: _unwrapped(payload)}


def refusal_in(answer: Mapping[str, Any]) -> str | None:
    """Why the function did not do it, in its own words; None if it does not say so, or was no function."""
    if PAYLOAD not in answer:
        return None
    payload = answer[PAYLOAD]
    if answer.get("FunctionError"):
        said = payload if isinstance(payload, Mapping) else {}
        return plain(f"{said.get('errorType', 'error')}: {said.get('errorMessage', payload)}", 400)
    if not isinstance(payload, Mapping):
        return None
    status = str(payload.get("status", "")).lower()
    if payload.get("success") is False or status in _NO or payload.get("error"):
        why = (
            payload.get("error")
            or payload.get("reason")
            or payload.get("message")
            or status
            or "it did not say why"
        )
        return plain(f"{status}: {why}" if status and why != status else why, 400)
    return None


def _unwrapped(payload: Any) -> Any:
    """The inner answer of one that is wrapped as HTTP: `{"statusCode": 200, "body": "..."}`."""
    if not isinstance(payload, Mapping) or "statusCode" not in payload or "body" not in payload:
        return payload
    body = payload["body"]
    try:
        inner = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        inner = body
    bad = isinstance(payload["statusCode"], int) and payload["statusCode"] >= 400
    if isinstance(inner, Mapping):
        return {**inner, "success": False} if bad else inner
    return {"success": False, "message": plain(inner, 400)} if bad else {"body": inner}
