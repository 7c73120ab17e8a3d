"""The chain that entries hang on: each one's hash covers the one before, so that a change anywhere shows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from tradai_console.journal.base import Entry, Kind
from tradai_console.redact import redact, redact_value
from tradai_console.text import lines, plain

START: Final = "0" * 64
"""What the first entry hangs on."""

TEXT_LINES: Final = 4_000
NAME_LIMIT: Final = 512

Row = tuple[int, str, str, str, str, str | None, str | None, str | None, str | None, str, str]
"""An entry as it is kept: number, id, kind, at, operator, incident, runbook, section, step, text, data."""


def clean(entry: Entry) -> Entry:
    """The entry as it may be kept: without secrets, drawable, its time in UTC."""

    def name(value: str | None) -> str | None:
        return None if value is None else plain(redact(value), NAME_LIMIT)

    text = "\n".join(lines(redact(entry.text), most=TEXT_LINES))
    return replace(
        entry,
        at=entry.at.astimezone(UTC) if entry.at.tzinfo else entry.at.replace(tzinfo=UTC),
        operator=name(entry.operator) or "unknown",
        incident=name(entry.incident),
        runbook=name(entry.runbook),
        section=name(entry.section),
        step=name(entry.step),
        text=text,
        data=_plain(redact_value(entry.data)),
    )


def to_row(entry: Entry, number: int) -> Row:
    """The entry as it is kept under this number."""
    return (
        number,
        entry.id,
        entry.kind.value,
        entry.at.isoformat(timespec="microseconds"),
        entry.operator,
        entry.incident,
        entry.runbook,
        entry.section,
        entry.step,
        entry.text,
        json.dumps(entry.data, sort_keys=True, separators=(",", ":")),
    )


def from_row(row: Row) -> Entry:
    """The entry that was kept. One whose fields were spoilt is shown with what can be read of it."""
    number, ident, kind, at, operator, incident, runbook, section, step, text, data = row
    return Entry(
        kind=Kind(kind) if kind in set(Kind) else Kind.NOTE,
        at=_moment(at),
        operator=plain(operator, NAME_LIMIT),
        incident=incident,
        runbook=runbook,
        section=section,
        step=step,
        text="\n".join(lines(text, most=TEXT_LINES)),
        data=_object(data),
        id=str(ident),
        number=number,
    )


def link(before: str, row: Row) -> str:
    """The hash of a row that hangs on `before`."""
    told = json.dumps([before, *row], ensure_ascii=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Every text of a JSON value drawable; what is no JSON value becomes its text."""
    if isinstance(value, dict):
        return {plain(key, NAME_LIMIT): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    return "\n".join(lines(value, most=TEXT_LINES)) if isinstance(value, str) else plain(value)


def _moment(at: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(at))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _object(data: object) -> dict[str, Any]:
    try:
        found = json.loads(str(data))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
