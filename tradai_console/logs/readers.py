"""Readings that followers of one group share: whoever asks gets what is being read already, if it will do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, Unavailable, Unreachable
from tradai_console.logs.event import Event
from tradai_console.logs.pages import Line, LogDoor, Paging
from tradai_console.logs.source import Ask

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PAGES: Final = 12
"""Pages of one shared reading; a longer one is cut, and the next goes on there."""


class SharedReading:
    """One reading that runs once and is followed by many."""

    def __init__(self, ask: Ask, start_ms: int, paging: Paging) -> None:
        self.ask = ask
        self.start_ms = start_ms
        self.began_ms = 0
        """When it was asked for: what had been ingested by then is in it, once it has ended well."""
        self.covered_ms = 0
        """Up to here it has everything; before `began_ms` only where it was cut for its length."""
        self.followers = 0
        self.ended = False
        self._paging = paging
        self._pages: list[list[Event]] = []
        self._error: AwsError | None = None
        self._news = asyncio.Event()

    @property
    def failed(self) -> bool:
        """Whether it has ended badly."""
        return self._error is not None

    async def run(self) -> None:
        """Read to the end, or to the first error."""
        try:
            while not self._paging.done and len(self._pages) < MOST_PAGES:
                self._tell(await self._next())
        except AwsError as error:
            self._error = error
        finally:
            last_ms = self._paging.last_ms or self.start_ms
            self.covered_ms = self.began_ms if self._paging.done else min(last_ms, self.began_ms)
            self.ended = True
            self._news.set()

    async def pages(self) -> AsyncGenerator[list[Event], None]:
        """Its pages, as they come. Raises AwsError where the reading broke off."""
        number = 0
        while True:
            while number < len(self._pages):
                yield self._pages[number]
                number += 1
            if self.ended:
                break
            self._news.clear()
            await self._news.wait()
        if self._error is not None:
            raise self._error

    async def _next(self) -> list[Event]:
        """The next page. An answer that broke on its way is asked for again; whoever was refused is not to hurry."""
        try:
            return await self._paging.next()
        except (Unreachable, Unavailable):
            return await self._paging.next()

    def _tell(self, page: list[Event]) -> None:
        self._pages.append(page)
        self._news.set()


class LogReaders:
    """Every reading of logs of one console. One for each door."""

    def __init__(self, door: LogDoor, clock: Clock) -> None:
        self.line = Line(door, clock)
        self.clock = clock
        self.door = door
        self._asks: dict[Ask, int] = {}
        self._newest: dict[Ask, SharedReading] = {}
        self._tasks: dict[SharedReading, asyncio.Task[None]] = {}

    @property
    def followed(self) -> int:
        """How many questions are asked again and again: the quota is divided by these."""
        return len({self._widest(ask) for ask in self._asks})

    @contextmanager
    def following(self, asks: Iterable[Ask]) -> Iterator[None]:
        """For as long as these are followed, one reading answers all that fit together."""
        mine = tuple(asks)
        for ask in mine:
            self._asks[ask] = self._asks.get(ask, 0) + 1
        try:
            yield
        finally:
            for ask in mine:
                self._asks[ask] -= 1
                if not self._asks[ask]:
                    del self._asks[ask]
            self._newest = {
                ask: one for ask, one in self._newest.items() if ask in map(self._widest, self._asks)
            }

    def paging(self, ask: Ask, start_ms: int) -> Paging:
        """A reading for one follower alone: its history."""
        return Paging(self.line, ask, start_ms)

    @contextmanager
    def reading(self, ask: Ask, start_ms: int, after_ms: int) -> Iterator[SharedReading]:
        """A reading from `start_ms` on that began after `after_ms`: the one that is there, or a new one."""
        shared = self._fitting(ask, start_ms, after_ms) or self._start(self._widest(ask), start_ms)
        shared.followers += 1
        try:
            yield shared
        finally:
            shared.followers -= 1
            task = self._tasks.get(shared)
            if shared.followers == 0 and task is not None:
                task.cancel()

    async def close(self) -> None:
        """End every reading."""
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _widest(self, ask: Ask) -> Ask:
        """What is asked so that every follower of this group and pattern gets his part: without prefix, if they differ."""
        alike = [one for one in self._asks if (one.group, one.pattern) == (ask.group, ask.pattern)]
        same = all(one.prefix == ask.prefix for one in alike)
        return ask if same else Ask(ask.group, ask.pattern)

    def _fitting(self, ask: Ask, start_ms: int, after_ms: int) -> SharedReading | None:
        for one in (self._newest.get(self._widest(ask)), self._newest.get(ask)):
            if one is None or one.failed or not one.ask.covers(ask):
                continue
            # One that was given up by its last follower never ends.
            given_up = not one.ended and one not in self._tasks
            if one.start_ms <= start_ms and one.began_ms > after_ms and not given_up:
                return one
        return None

    def _start(self, ask: Ask, start_ms: int) -> SharedReading:
        shared = SharedReading(ask, start_ms, self.paging(ask, start_ms))
        shared.began_ms = self.line.now_ms()
        self._newest[ask] = shared
        task = asyncio.create_task(shared.run(), name=f"read {ask.group}")
        self._tasks[shared] = task
        task.add_done_callback(lambda _: self._tasks.pop(shared, None))
        return shared
