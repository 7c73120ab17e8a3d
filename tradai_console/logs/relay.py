"""Between a tail and whoever draws it: the rows that wait, bounded, handed over a portion at a time.

The drawing side asks for the next portion when it has taken the last one. So a flood can fill neither the socket nor
the interface's queue: what nobody takes in time waits here, and beyond the bound the oldest lines are let go and
counted. A portion is kept until the next is asked for: an answer that found nobody is given again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from tradai_console.models.log import LogLine, LogNote
from tradai_console.models.log_feed import PORTION, GroupReading, LogPortion
from tradai_console.models.trail import Trail, TrailEvent

PORTION_BYTES: Final = 262_144
"""Characters in one go, where lines are long."""

WAITING: Final = 20_000
"""Rows that wait at the most."""

WAITING_BYTES: Final = 16_777_216

Row = LogLine | LogNote | TrailEvent


class Relay:
    """The rows of one log on their way to one reader."""

    def __init__(
        self, groups: Callable[[], tuple[GroupReading, ...]] = tuple, *, most: int = WAITING
    ) -> None:
        self.groups = groups
        """How the reading of each group goes at this moment."""
        self.places: str | None = None
        self.trail: Trail | None = None
        self.passed_over = 0
        """Lines that were let go so far."""
        self._most = most
        self._waiting: deque[Row] = deque()
        self._bytes = 0
        self._last = LogPortion(0, (), 0, ())
        self._news = asyncio.Event()
        self._closed = False

    def put(self, rows: Iterable[Row]) -> None:
        """Rows that have come; never waits."""
        for row in rows:
            self._waiting.append(row)
            self._bytes += len(row.text)
        while len(self._waiting) > self._most or self._bytes > WAITING_BYTES:
            self._bytes -= len(self._waiting.popleft().text)
            self.passed_over += 1
        self._news.set()

    def say(self) -> None:
        """Something other than rows is new: a group's state, the places, the trail."""
        self._news.set()

    def close(self) -> None:
        """Whoever waits is told that there is no more."""
        self._closed = True
        self._news.set()

    async def next(self, got: int) -> LogPortion | None:
        """The portion after the one numbered `got`, waiting for something to be in it; None: it is closed."""
        if self._last.number == got + 1:
            return self._last
        while not (self._waiting or self._has_news() or self._closed):
            self._news.clear()
            await self._news.wait()
        if self._closed:
            return None
        rows: list[Row] = []
        size = 0
        while self._waiting and len(rows) < PORTION and size < PORTION_BYTES:
            row = self._waiting.popleft()
            size += len(row.text)
            rows.append(row)
        self._bytes -= size
        self._last = LogPortion(
            got + 1, tuple(rows), self.passed_over, self.groups(), self.places, self.trail
        )
        return self._last

    def _has_news(self) -> bool:
        last = self._last
        return (last.groups, last.places, last.trail) != (self.groups(), self.places, self.trail)
