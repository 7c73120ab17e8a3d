"""Lines of the log, read within the quota (`logs:FilterLogEvents`).

A call each second is all that one console takes, shared with the tail. So a probe reads one page, and a second
one only where the first did not hold everything: AWS answers oldest first, so the second looks at the newest
part of the window instead of going on where the first ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from tradai_console.errors import NotFound, Throttled
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.gathering import Filter, Question
from tradai_console.probes.wording import at, span
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw

LINE: Final = 2_000
_AGAIN_S: Final = 1.0
_TRIES: Final = 8
_NEWEST: Final = timedelta(minutes=2)


@dataclass(frozen=True)
class Place:
    """A log group and the beginning of its streams' names."""

    groups: tuple[str, ...]
    """The likeliest first: the next is tried where one is not there."""
    prefix: str | None = None


@dataclass(frozen=True)
class Line:
    """One line of a log."""

    at: datetime
    stream: str
    text: str


@dataclass(frozen=True)
class Read:
    """What was found, and whether the whole window was searched."""

    group: str
    lines: tuple[Line, ...]
    """Oldest first."""
    whole: bool
    searched: str = ""
    """Which parts of the window were searched, where not all of it was."""

    @property
    def at_least(self) -> str:
        """To be put before a count."""
        return "" if self.whole else "at least "


async def read_lines(
    context: ProbeContext, place: Place, minutes: int, terms: Iterable[str] = (), *, condition: str = ""
) -> Read:
    """The lines of the last minutes with any of the terms, or that fit the condition on fields.

    Of a condition's lines some may not fit it: they are to be looked at again. Raises NotFound if none of the groups
    is there.
    """
    logs = await context.client("logs")
    end = context.now
    # Whole minutes: equal questions of two probes are one call.
    start = (end - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    missing: NotFound | None = None

    async def call(**request: Any) -> Raw:
        return await patiently(partial(logs.filter_log_events, **request))  # type: ignore[no-any-return]

    for group in place.groups:
        question = Question(group, millis(start), tuple(terms), condition, place.prefix)
        try:
            first = await context.gathering.ask(question, call)
        except NotFound as error:
            missing = missing or error
            continue
        return await _completed(call, question, first, start, end)
    raise missing or NotFound("no log group is known for it")


async def _completed(call: Filter, question: Question, first: Raw, start: datetime, end: datetime) -> Read:
    group = question.group
    lines = parse_lines(fields.rows(first, "events"))
    if not first.get("nextToken"):
        return Read(group, lines, whole=True)
    recent = max(end - max(_NEWEST, (end - start) / 10), start)
    second = await call(**{**question.request, "startTime": millis(recent)})
    newest = parse_lines(fields.rows(second, "events"))
    until = lines[-1].at if lines else start
    parts = [f"{at(start, end)} to {at(until, end)}"] if lines else []
    if not second.get("nextToken"):
        parts.append(f"the last {span((end - recent).total_seconds())}")
    elif newest:
        parts.append(f"{at(recent, end)} to {at(newest[-1].at, end)}")
    joined = (*lines, *[one for one in newest if one.at > until])
    return Read(group, joined, whole=False, searched=" and ".join(parts) or "nothing")


async def patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The answer, with waits while the quota's turn has not come. The probe's own deadline ends it."""
    for _ in range(_TRIES - 1):
        try:
            return await ask()
        except Throttled:
            await asyncio.sleep(_AGAIN_S)
    return await ask()


def millis(moment: datetime) -> int:
    """As CloudWatch Logs counts time."""
    return int(moment.timestamp() * 1000)


def parse_lines(events: Iterable[Raw]) -> tuple[Line, ...]:
    """The lines of a page, oldest first."""
    found = []
    for raw in events:
        stamp = fields.number(raw.get("timestamp"))
        if stamp is not None:
            moment = datetime.fromtimestamp(stamp / 1000, UTC)
            found.append(
                Line(moment, fields.text(raw, "logStreamName", 300), fields.text(raw, "message", LINE))
            )
    return tuple(sorted(found, key=lambda one: one.at))
