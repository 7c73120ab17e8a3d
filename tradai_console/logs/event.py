"""One event as CloudWatch gives it: raw, inside this package only. It becomes a `LogLine` before anybody sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple


class Event(NamedTuple):
    """A log event. `message` is not safe to draw."""

    id: str
    group: str
    stream: str
    time_ms: int
    ingested_ms: int | None
    message: str


def events_of(group: str, raw: Sequence[Mapping[str, Any]]) -> list[Event]:
    """A page of `logs:FilterLogEvents`."""
    try:
        return [
            Event(one["eventId"], group, one["logStreamName"], one["timestamp"], one["ingestionTime"], one["message"])
            for one in raw
        ]  # fmt: skip
    except KeyError:
        return [_lenient(group, one) for one in raw]


def _lenient(group: str, raw: Mapping[str, Any]) -> Event:
    """An event that lacks a field: every field of AWS's answer is optional by its own model."""
    stream, message = str(raw.get("logStreamName", "")), str(raw.get("message", ""))
    time_ms, ingested = int(raw.get("timestamp", 0)), raw.get("ingestionTime")
    known = str(raw.get("eventId") or f"text:{print_of(stream, time_ms, message):016x}")
    return Event(known, group, stream, time_ms, ingested, message)


def print_of(stream: str, time_ms: int, message: str) -> int:
    """What tells an event without an id from others of its group: 64 bits. Equal lines of one moment share it."""
    text = f"{time_ms}\0{stream}\0{message}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
