"""One field of an AWS answer, whatever is in it: the right kind of value, or None. None of these raises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tradai_console.text import plain

Raw = Mapping[str, Any]

NAME_LIMIT = 512
"""Names, ids and ARNs are shorter; what is longer is cut."""


def text(raw: Raw, key: str, limit: int = 16_384) -> str:
    """The field as text that is safe to draw; empty where it is absent."""
    value = raw.get(key)
    if value is None or _harmless(value, limit):
        return value or ""
    return plain(value, limit)


def name(raw: Raw, key: str) -> str | None:
    """The field as a short text; None where it is absent or empty."""
    value = raw.get(key)
    if value is None or value == "":
        return None
    return str(value) if _harmless(value, NAME_LIMIT) else plain(value, NAME_LIMIT)


def _harmless(value: object, limit: int) -> bool:
    """Whether `plain` would change nothing: it saves most of the time that thousands of alarms take."""
    return type(value) is str and len(value) <= limit and value.isascii() and value.isprintable()


def whole(value: object) -> int | None:
    """A whole number, or None. Texts of digits count: DynamoDB and RDS send numbers so."""
    if type(value) is int:
        return value
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def number(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def flag(value: object) -> bool | None:
    """A yes or no, or None."""
    return value if isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """A moment in UTC, or None. One without a zone is taken for UTC, as AWS means it."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        return None
    try:
        return value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)
    except (OverflowError, ValueError, OSError):
        return None


def told_moment(value: object) -> datetime | None:
    """A moment in UTC, whoever wrote it: botocore, or the `aws` command line, which prints seconds since 1970 or ISO
    8601; None for all else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    if isinstance(value, str):
        try:
            return moment(datetime.fromisoformat(value.strip().replace("Z", "+00:00")))
        except ValueError:
            return None
    return moment(value)


def rows(raw: Raw, key: str) -> list[Raw]:
    """The structures listed under the key; none where there is no list."""
    value = raw.get(key)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def inner(raw: Raw, key: str) -> Raw:
    """The structure under the key, or an empty one."""
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def words(raw: Raw, key: str) -> tuple[str, ...]:
    """The texts listed under the key."""
    value = raw.get(key)
    if not isinstance(value, list) or not value:
        return ()
    return tuple(
        [
            word if _harmless(word, NAME_LIMIT) else plain(word, NAME_LIMIT)
            for word in value
            if isinstance(word, str)
        ]
    )


def last_part(arn: str) -> str:
    """What stands after the last slash: the id in the ARN of a task, the `family:revision` of a
    definition."""
    return arn.rpartition("/")[2]


def tag(raw: Raw, key: str, under: str = "Tags") -> str | None:
    """The value of a resource's tag."""
    return next((name(pair, "Value") for pair in rows(raw, under) if pair.get("Key") == key), None)
