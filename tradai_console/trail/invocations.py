"""Invocations of a function: its lines from START to REPORT, which belong together though few of them hold an id. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tradai_console.logs.event import Event

BACK_MS: Final = 900_000
"""No function runs longer than fifteen minutes."""

AHEAD_MS: Final = 900_000
NEAR_MS: Final = 60_000
"""Most are shorter: so far around a line is looked first."""

_BEGINS: Final = re.compile(r"START RequestId: (?P<id>[0-9a-fA-F-]{36})")
_REPORTS: Final = re.compile(r"REPORT RequestId: (?P<id>[0-9a-fA-F-]{36})")


@dataclass
class Invocation:
    """One run of a function."""

    request_id: str
    events: list[Event] = field(default_factory=list)
    over: bool = False
    """Its REPORT is there."""


def invocations(events: Iterable[Event]) -> Iterator[Invocation]:
    """The runs in these lines of one stream, which are in CloudWatch's order. Lines before the first START are of none."""
    current: Invocation | None = None
    for event in events:
        begins = _BEGINS.match(event.message)
        if begins is not None:
            if current is not None:
                yield current
            current = Invocation(begins["id"])
        if current is None:
            continue
        # A container runs one at a time; what comes after REPORT (a time-out's line) still names it.
        if current.over and current.request_id not in event.message:
            yield current
            current = None
            continue
        current.events.append(event)
        reports = _REPORTS.match(event.message)
        current.over = current.over or (reports is not None and reports["id"] == current.request_id)
    if current is not None:
        yield current


def content(event: Event) -> tuple[int, str]:
    """What tells it from others of its stream, by whichever road it came."""
    return event.time_ms, event.message


def containing(events: Sequence[Event], hits: Collection[tuple[int, str]]) -> list[Invocation]:
    """The runs that hold one of these events, by their contents."""
    return [one for one in invocations(events) if any(content(event) in hits for event in one.events)]


def stretches(hits: Iterable[Event]) -> Iterator[list[Event]]:
    """Hits of one stream that are near each other are looked around together."""
    stretch: list[Event] = []
    for hit in sorted(hits, key=lambda one: (one.stream, one.time_ms)):
        if stretch and (hit.stream != stretch[0].stream or hit.time_ms - stretch[-1].time_ms > NEAR_MS):
            yield stretch
            stretch = []
        stretch.append(hit)
    if stretch:
        yield stretch
