"""One reading of a group, page by page (`logs:FilterLogEvents`)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final, Protocol

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, ShareUsedUp, Throttled, Unavailable
from tradai_console.logs.event import Event, events_of
from tradai_console.logs.source import Ask
from tradai_console.models.identity import Meter
from tradai_console.models.log import milliseconds

AT_ONCE: Final = 3
"""Calls of one console that wait for their place together; more would wait longer than the door lets them."""

TRIES: Final = 30
AGAIN_S: Final = 1.0
"""Between two tries to get a place among the calls; after so many the group is told as throttled."""

_TOKEN_TRIES: Final = 3
_MOST_SKEW_S: Final = 3_600.0


class LogDoor(Protocol):
    """What logs need of the door to AWS."""

    async def client(self, service: str) -> Any:
        """The client of that service; its calls raise only errors of ours."""

    def meter(self) -> Meter:
        """For the difference between this machine's clock and AWS's."""

    def charge(self, usd: float) -> None:
        """What Live Tail's minutes cost."""


class Line:
    """The one road to CloudWatch Logs of a console: calls take their turns in the order in which they asked."""

    def __init__(self, door: LogDoor, clock: Clock) -> None:
        self.door = door
        self.clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def filter(self, **given: Any) -> Any:
        """`logs:FilterLogEvents`. Raises AwsError.

        While the probes of an incident take the console's one call a second, it waits: that is no fault of a group.
        """
        logs = await self.door.client("logs")
        async with self._turns:
            for _ in range(TRIES - 1):
                try:
                    return await logs.filter_log_events(**given)
                except ShareUsedUp:
                    await self.clock.sleep(AGAIN_S)
            return await logs.filter_log_events(**given)

    def now_ms(self) -> int:
        """This moment, by whichever clock is behind: AWS's or ours. A reading begins rather too early than too late."""
        now = milliseconds(self.clock.now())
        skew_s = self.door.meter().clock_skew_s
        if skew_s is None or abs(skew_s) > _MOST_SKEW_S:
            return now
        return now + min(0, timedelta(seconds=skew_s) // timedelta(milliseconds=1))


class Paging:
    """One reading from a moment on. After an error `next` may be called again: it goes on at the same page."""

    def __init__(
        self, line: Line, ask: Ask, start_ms: int, *, end_ms: int | None = None, streams: tuple[str, ...] = ()
    ) -> None:
        self._line = line
        self._ask = ask
        self._start_ms = max(0, start_ms)
        self._end_ms = end_ms
        self._streams = streams
        self._token: str | None = None
        self._failures = 0
        self.began_ms: int | None = None
        """When the first page was asked for: what had been ingested by then is in the reading."""
        self.last_ms: int | None = None
        """The newest event so far."""
        self.done = False

    async def next(self) -> list[Event]:
        """The next page; it may be empty with more to follow. Raises AwsError."""
        if self.began_ms is None:
            self.began_ms = self._line.now_ms()
        try:
            answer = await self._line.filter(**self._request())
        except AwsError as error:
            self._failed(error)
            raise
        self._failures = 0
        events = events_of(self._ask.group, answer.get("events") or ())
        if events:
            self.last_ms = max(self.last_ms or 0, events[-1].time_ms)
        self._turn(answer.get("nextToken"))
        return events

    def _request(self) -> dict[str, Any]:
        given: dict[str, Any] = {"logGroupName": self._ask.group, "startTime": self._start_ms}
        if self._end_ms is not None:
            given["endTime"] = self._end_ms
        if self._ask.pattern:
            given["filterPattern"] = self._ask.pattern
        if self._streams:
            given["logStreamNames"] = [*self._streams]
        elif self._ask.prefix:
            given["logStreamNamePrefix"] = self._ask.prefix
        if self._token is not None:
            given["nextToken"] = self._token
        return given

    def _turn(self, token: str | None) -> None:
        if token is not None and token == self._token:
            self.done = True
            raise Unavailable(f"logs:FilterLogEvents gave the same page of {self._ask.group} twice")
        self._token = token
        self.done = token is None

    def _failed(self, error: AwsError) -> None:
        """A page that fails again and again may have lost its token: go on by time. Delivered events are known by id."""
        if self._token is None or isinstance(error, Throttled):
            return
        self._failures += 1
        if self._failures >= _TOKEN_TRIES:
            self._token, self._failures = None, 0
            self._start_ms = max(self._start_ms, self.last_ms or 0)
