"""A search of everything by CloudWatch Logs Insights: what it would read and cost, and the search itself.

It reads many groups and long stretches at once and is paid for by the byte, so it is made only when asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tradai_console.aws.costs import SCANNED_GB_USD
from tradai_console.clock import Clock
from tradai_console.errors import AwsError, Unavailable
from tradai_console.logs.event import Event
from tradai_console.logs.pages import LogDoor
from tradai_console.logs.places import LogGroup
from tradai_console.models.log import milliseconds
from tradai_console.models.trail import Scan
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw

DAY_MS: Final = 86_400_000
MOST: Final = 10_000
"""Lines that one query gives."""

MOST_GROUPS: Final = 50
ASKED_EVERY_S: Final = 2.0
LONGEST_S: Final = 300.0
MARK: Final = "insights:"
"""What the id of a line begins with that came so: Insights does not tell the event's own."""


def scan_of(groups: Sequence[LogGroup], since_ms: int, now_ms: int) -> Scan:
    """What a search from then to now reads. A group is taken to be written evenly from its beginning, or for as long as
    it keeps its lines."""
    read = 0.0
    for one in groups:
        oldest_ms = one.created_ms or since_ms
        if one.retention_days is not None:
            oldest_ms = max(oldest_ms, now_ms - one.retention_days * DAY_MS)
        held_ms = max(now_ms - oldest_ms, 1)
        read += one.stored_bytes * min(1.0, max(0, now_ms - since_ms) / held_ms)
    stored = sum(one.stored_bytes for one in groups)
    return Scan(len(groups), stored, round(read), read / 1e9 * SCANNED_GB_USD)


async def search_wide(
    door: LogDoor, clock: Clock, groups: Sequence[str], ids: Sequence[str], start_ms: int, end_ms: int
) -> tuple[list[Event], bool]:
    """Lines that hold one of the ids, and whether these are all (`logs:StartQuery`, `logs:GetQueryResults`).

    Raises AwsError, also where the query fails or takes too long; it is stopped then.
    """
    logs = await door.client("logs")
    answer = await logs.start_query(
        logGroupNames=[*groups][:MOST_GROUPS],
        startTime=start_ms // 1000,
        endTime=-(-end_ms // 1000),
        queryString=query_of(ids),
        limit=MOST,
    )
    name = str(answer["queryId"])
    began = clock.monotonic()
    try:
        while clock.monotonic() - began < LONGEST_S:
            told = await logs.get_query_results(queryId=name)
            state = fields.text(told, "status", 40)
            if state == "Complete":
                found = [event for row in told.get("results") or () if (event := _event(row)) is not None]
                return found, len(found) < MOST
            if state not in ("Running", "Scheduled"):
                raise Unavailable(f"the wide search ended as {state or 'unknown'}")
            await clock.sleep(ASKED_EVERY_S)
        raise Unavailable(f"the wide search took longer than {LONGEST_S:.0f} s")
    except BaseException:
        await _stop(logs, name)
        raise


def query_of(ids: Sequence[str]) -> str:
    """The query; each id is a text in it, whatever is in the id."""
    tests = " or ".join([f"@message like {_text(value)}" for value in ids])
    return f"fields @timestamp, @message, @logStream, @log, @ptr | filter {tests} | sort @timestamp asc"


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


async def _stop(logs: Any, name: str) -> None:
    """Nobody waits for it any more: it shall not read on."""
    try:
        await logs.stop_query(queryId=name)
    except AwsError:
        return  # it has ended by itself, or will in a quarter of an hour


def _event(row: Sequence[Raw]) -> Event | None:
    told = {str(one.get("field")): str(one.get("value") or "") for one in row}
    at = _moment_ms(told.get("@timestamp", ""))
    group = told.get("@log", "").partition(":")[2] or told.get("@log", "")
    if at is None or not group:
        return None
    return Event(
        f"{MARK}{told.get('@ptr', '')}", group, told.get("@logStream", ""), at, None, told.get("@message", "")
    )


def _moment_ms(text: str) -> int | None:
    try:
        return milliseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except ValueError:
        return None
