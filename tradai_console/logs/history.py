"""The history of a tail: every group from its beginning to now, in one order of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, Denied, NotFound
from tradai_console.logs.cursor import POLL_S, Cursor
from tradai_console.logs.event import Event
from tradai_console.logs.health import Health
from tradai_console.logs.merge import Merge
from tradai_console.logs.pages import Paging
from tradai_console.logs.source import Ask
from tradai_console.models.log import LogNote

TRIES: Final = 4
"""How often a page is asked for before its group is left to the live readings, or given up."""

Found = tuple[list[Event], tuple[LogNote, ...]]


class History:
    """Reads each group once. The one that is furthest behind is taken next; its following page is on its way already."""

    def __init__(
        self, cursors: Mapping[Ask, Cursor], health: Health, clock: Clock, *, ordered: bool, follow: bool
    ) -> None:
        self._cursors = cursors
        self._health = health
        self._clock = clock
        self._ordered = ordered
        self._follow = follow
        self._merge = Merge(cursors)
        self._pagings = {ask: cursor.history() for ask, cursor in cursors.items()}
        self._ahead: dict[Ask, asyncio.Task[list[Event] | AwsError]] = {}

    async def found(self) -> AsyncGenerator[Found, None]:
        """New events that are in their order, and notes, as they come."""
        for ask in self._cursors:
            self._read_on(ask)
        try:
            while self._ahead:
                ask = await self._next()
                notes = self._take(ask, await self._ahead.pop(ask))
                yield (self._merge.release() if self._ordered else self._merge.release_all()), notes
        finally:
            for task in self._ahead.values():
                task.cancel()
            await asyncio.gather(*self._ahead.values(), return_exceptions=True)

    def _read_on(self, ask: Ask) -> None:
        self._ahead[ask] = asyncio.create_task(self._page(self._pagings[ask]), name=f"history {ask.group}")

    def _take(self, ask: Ask, page: list[Event] | AwsError) -> tuple[LogNote, ...]:
        """Put a page where it belongs, and ask for the next."""
        cursor, paging = self._cursors[ask], self._pagings[ask]
        if isinstance(page, AwsError):
            self._merge.close(ask)
            return self._given_up(ask, page)
        if not paging.done:
            self._read_on(ask)
        self._merge.push(ask, cursor.take(page))
        if paging.done:
            self._merge.close(ask)
            cursor.began(paging)
            self._health.went_well(ask)
        return ()

    async def _next(self) -> Ask:
        """The group whose page is taken next: the furthest behind, or, without order, whichever is there first."""
        laggard: Any = self._merge.laggard()
        if self._ordered and laggard in self._ahead:
            ask: Ask = laggard
            return ask
        await asyncio.wait(self._ahead.values(), return_when=asyncio.FIRST_COMPLETED)
        return next(ask for ask, task in self._ahead.items() if task.done())

    async def _page(self, paging: Paging) -> list[Event] | AwsError:
        """The next page; a fault that may pass is waited out, up to a point."""
        wait_s = POLL_S
        for left in range(TRIES - 1, -1, -1):
            try:
                return await paging.next()
            except (Denied, NotFound) as error:
                return error
            except AwsError as error:
                if left == 0:
                    return error
                await self._clock.sleep(wait_s)
                wait_s *= 2
        raise AssertionError("unreachable")

    def _given_up(self, ask: Ask, error: AwsError) -> tuple[LogNote, ...]:
        """A group breaks off. Followed, its live readings take it up from there; else this is the end of it."""
        cursor, paging = self._cursors[ask], self._pagings[ask]
        notes = self._health.went_badly(ask, error)
        if self._follow:
            cursor.broke_off(paging)
        if self._follow or isinstance(error, Denied | NotFound):
            return notes
        words = f"the lines of {ask.group} after this could not be read: {error}"
        until_ms = self._health.note("gap", words).time_ms
        return (LogNote("gap", paging.last_ms or cursor.since_ms, ask.group, words, until_ms),)
