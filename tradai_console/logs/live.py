"""CloudWatch's Live Tail (`logs:StartLiveTail`): lines a second after they were written, by the minute's price.

It drops lines: beyond 500 a second, from a slow reader, and whenever the connection breaks. So it is never the only
road: readings go on beside it, more slowly, and bring what it left out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from tradai_console.aws.costs import LIVE_TAIL_MINUTE_USD
from tradai_console.aws.errors import aws_errors
from tradai_console.clock import Clock
from tradai_console.errors import NotFound, Unavailable
from tradai_console.logs.event import Event, print_of
from tradai_console.logs.pages import LogDoor
from tradai_console.logs.source import Ask

MOST_GROUPS: Final = 10
"""Groups of one session."""

RECONNECT_S: Final = (0.5, 1.0, 2.0, 4.0)
"""Before each attempt to begin again; then always the last."""

REFUSED_S: Final = 300.0
"""After the account's limit of sessions was reached."""


@dataclass(frozen=True)
class LiveUpdate:
    """What one second brought; the first of a session is empty."""

    events: tuple[Event, ...]
    sampled: bool
    """More came than Live Tail passes on: these are a part."""


async def live_session(
    door: LogDoor, clock: Clock, arns: Mapping[str, str], asks: tuple[Ask, ...]
) -> AsyncGenerator[LiveUpdate, None]:
    """One session over the groups of these questions, which share one pattern. `arns`: group to ARN.

    Ends only by an error: raises AwsError, also where AWS ends the session.
    """
    logs = await door.client("logs")
    names = {arns[ask.group]: ask.group for ask in asks}
    started = clock.monotonic()
    with aws_errors("logs", "StartLiveTail"):
        answer = await logs.start_live_tail(**_request(asks, [*names]))
        stream = answer["responseStream"]
        try:
            async with aclosing(stream.__aiter__()) as parts:
                async for part in parts:
                    started = _charged(door, clock, started)
                    yield _update(part, names)
        finally:
            door.charge((clock.monotonic() - started) / 60 * LIVE_TAIL_MINUTE_USD)
            stream.close()
    raise Unavailable("the live tail has ended")


async def group_arns(door: LogDoor, groups: tuple[str, ...]) -> dict[str, str]:
    """Each group's ARN as Live Tail takes it (`logs:DescribeLogGroups`). Raises NotFound, AwsError."""
    logs = await door.client("logs")
    found: dict[str, str] = {}
    for group in groups:
        answer = await logs.describe_log_groups(logGroupNamePrefix=group, limit=50)
        arn = next(
            (one.get("arn") for one in answer.get("logGroups", ()) if one["logGroupName"] == group), None
        )
        if arn is None:
            raise NotFound(f"the log group {group} does not exist")
        found[group] = str(arn).removesuffix(":*")
    return found


def sessions_of(asks: tuple[Ask, ...]) -> list[tuple[Ask, ...]]:
    """Which questions go into one session: those of one pattern, ten groups at most."""
    by_pattern: dict[str, list[Ask]] = {}
    for ask in asks:
        by_pattern.setdefault(ask.pattern, []).append(ask)
    return [
        tuple(found[start : start + MOST_GROUPS])
        for found in by_pattern.values()
        for start in range(0, len(found), MOST_GROUPS)
    ]


def _request(asks: tuple[Ask, ...], arns: list[str]) -> dict[str, Any]:
    given: dict[str, Any] = {"logGroupIdentifiers": arns}
    if asks[0].pattern:
        given["logEventFilterPattern"] = asks[0].pattern
    if len(asks) == 1 and asks[0].prefix:  # prefixes are taken for a single group only
        given["logStreamNamePrefixes"] = [asks[0].prefix]
    return given


def _charged(door: LogDoor, clock: Clock, since: float) -> float:
    now = clock.monotonic()
    if now - since < 60:
        return since
    door.charge((now - since) / 60 * LIVE_TAIL_MINUTE_USD)
    return now


def _update(part: Mapping[str, Any], names: Mapping[str, str]) -> LiveUpdate:
    update = part.get("sessionUpdate") or {}
    events = tuple(_event(raw, names) for raw in update.get("sessionResults") or ())
    return LiveUpdate(events, bool((update.get("sessionMetadata") or {}).get("sampled")))


def _event(raw: Mapping[str, Any], names: Mapping[str, str]) -> Event:
    group = _group(str(raw.get("logGroupIdentifier", "")), names)
    stream, message = str(raw.get("logStreamName", "")), str(raw.get("message", ""))
    time_ms, ingested = int(raw.get("timestamp", 0)), raw.get("ingestionTime")
    known = f"live:{print_of(stream, time_ms, message):016x}:{ingested or 0}"
    return Event(known, group, stream, time_ms, ingested, message)


def _group(identifier: str, names: Mapping[str, str]) -> str:
    """The group by what Live Tail calls it: its ARN, `account:name`, or its name."""
    if identifier in names:
        return names[identifier]
    known = set(names.values())
    for name in (identifier, identifier.partition(":")[2], identifier.rpartition(":log-group:")[2]):
        if name.removesuffix(":*") in known:
            return name.removesuffix(":*")
    return next(iter(known)) if len(known) == 1 else identifier
