"""The tail: any number of groups in one order of time, history first, then live, every line once.

    tail = Tail(readers, sources, since=..., follow=True)
    async for batch in tail.batches():
        ...                     # lines and notes, in the order of time

What goes wrong with one group stops no other: it is said in a note, kept in `states`, and tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tradai_console.errors import AwsError
from tradai_console.logs.companions import Companions
from tradai_console.logs.cursor import Cursor
from tradai_console.logs.event import Event
from tradai_console.logs.health import Health
from tradai_console.logs.history import History
from tradai_console.logs.joiner import Joiner
from tradai_console.logs.lines import read_line
from tradai_console.logs.live import sessions_of
from tradai_console.logs.live_road import LiveRoad
from tradai_console.logs.merge import Lateness, in_order
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.services import Services
from tradai_console.logs.source import Ask, TailSource, asks_of
from tradai_console.models.log import LogLine, LogNote, milliseconds

WAITING: Final = 32
"""Pages that wait for a slow consumer; then the readings wait, too."""

SETTLE_S: Final = 2.0
"""So long after a line its traceback has arrived."""

Row = LogLine | LogNote


@dataclass(frozen=True)
class TailBatch:
    """What came together, in the order of time; late lines among it belong further up."""

    rows: tuple[Row, ...]

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """The log lines."""
        return tuple(row for row in self.rows if isinstance(row, LogLine))

    @property
    def notes(self) -> tuple[LogNote, ...]:
        """What is to be said about the reading."""
        return tuple(row for row in self.rows if isinstance(row, LogNote))


@dataclass(frozen=True)
class _News:
    """What a reading, or Live Tail, puts into the queue."""

    events: list[Event]
    notes: tuple[LogNote, ...] = ()
    lines: tuple[LogLine, ...] = ()
    """Lines that are read already: tracebacks."""


class Tail:
    """One view's tail. It reads only while `batches` is iterated; its end stops every reading."""

    def __init__(
        self,
        readers: LogReaders,
        sources: Iterable[TailSource],
        *,
        since: datetime,
        follow: bool,
        live: bool = False,
        ordered: bool = True,
        tracebacks: bool = False,
        services: Services | None = None,
    ) -> None:
        """`live`: use Live Tail where it is allowed. `ordered`: hold the history back until it is in the order of time
        over all groups; a view that puts lines in their place does not need that, and sees the first page at once.
        `tracebacks`: the sources filter, and what they let through brings its traceback along."""
        self._readers = readers
        self._clock = readers.clock
        self._follow = follow
        self._live = live and follow
        self._ordered = ordered
        self._services = services or Services()
        self._companions = Companions(readers.line, self._services) if tracebacks else None
        self._looking: set[asyncio.Task[None]] = set()
        self._joiner = Joiner()
        self._lateness = Lateness()
        since_ms = milliseconds(since)
        asks = asks_of(sources)
        self._cursors = {
            ask: Cursor(readers, ask, wanted, since_ms, live=self._live) for ask, wanted in asks.items()
        }
        self._queue: asyncio.Queue[_News] = asyncio.Queue(WAITING)
        self._wake = {ask: asyncio.Event() for ask in self._cursors}
        self._health = Health(readers.line, tuple(self._cursors))
        self.states = self._health.states
        """By group: how its reading goes."""
        self.errors = self._health.errors
        """By group: why it cannot be read at present."""

    async def batches(self) -> AsyncGenerator[TailBatch, None]:
        """The history, and then, if it is followed, what comes, until the iteration is closed."""
        past = History(self._cursors, self._health, self._clock, ordered=self._ordered, follow=self._follow)
        async with aclosing(past.found()) as history:
            async for events, notes in history:
                batch = self._batch([_News(events, notes)], live=False)
                if batch.rows:
                    yield await self._with_tracebacks(batch)
        if not self._follow or not self._cursors:
            return
        with self._readers.following(self._cursors):
            tasks = [asyncio.create_task(one, name="tail") for one in self._jobs()]
            try:
                while True:
                    batch = self._batch([*await self._waiting(tasks)], live=True)
                    self._look_later(batch.lines)
                    if batch.rows:
                        yield batch
            finally:
                for task in (*tasks, *self._looking):
                    task.cancel()
                await asyncio.gather(*tasks, *self._looking, return_exceptions=True)

    # --- live -------------------------------------------------------------------------------------------------

    def _jobs(self) -> list[Coroutine[Any, Any, None]]:
        jobs = [self._poll(ask, cursor) for ask, cursor in self._cursors.items()]
        if self._live:
            jobs += [self._live_road(asks).run() for asks in sessions_of(tuple(self._cursors))]
        return jobs

    def _live_road(self, asks: tuple[Ask, ...]) -> LiveRoad:
        async def deliver(events: list[Event], notes: tuple[LogNote, ...]) -> None:
            await self._queue.put(_News(events, notes))

        cursors = {ask: self._cursors[ask] for ask in asks}
        return LiveRoad(self._readers, cursors, self._health, deliver, lambda ask: self._wake[ask].set())

    async def _waiting(self, tasks: list[asyncio.Task[None]]) -> list[_News]:
        """What has come, waiting for the first of it. A job that ends has a defect: it is raised here."""
        getting = asyncio.create_task(self._queue.get())
        try:
            await asyncio.wait([getting, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                    raise error
            news = [await getting]
        finally:
            getting.cancel()
        with suppress(asyncio.QueueEmpty):
            while len(news) < WAITING:
                news.append(self._queue.get_nowait())
        return news

    async def _poll(self, ask: Ask, cursor: Cursor) -> None:
        """Read this group again and again."""
        while True:
            began = self._clock.monotonic()
            try:
                async with aclosing(cursor.read()) as pages:
                    async for events in pages:
                        await self._queue.put(_News(events))
            except AwsError as error:
                await self._say(self._health.went_badly(ask, error))
                pause_s = self._health.backoff_s(ask, error)
            else:
                await self._say(self._health.recovered(ask, cursor))
                pause_s = cursor.interval_s - (self._clock.monotonic() - began)
            await self._nap(ask, max(0.0, pause_s))

    async def _nap(self, ask: Ask, seconds: float) -> None:
        """Until the next reading is due, or somebody asks for it now."""
        wake = self._wake[ask]
        tasks = [asyncio.create_task(self._clock.sleep(seconds)), asyncio.create_task(wake.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.clear()
            for task in tasks:
                task.cancel()

    async def _say(self, notes: tuple[LogNote, ...]) -> None:
        if notes:
            await self._queue.put(_News([], notes))

    # --- tracebacks -------------------------------------------------------------------------------------------

    async def _with_tracebacks(self, batch: TailBatch) -> TailBatch:
        if self._companions is None or not batch.lines:
            return batch
        parts, words = await self._companions.of(batch.lines)
        notes = [self._health.note("state", words)] if words else []
        more: list[Row] = [*parts, *notes]
        return TailBatch(_placed(batch.rows, more))

    def _look_later(self, lines: tuple[LogLine, ...]) -> None:
        """What has only just been written may go on: look for its traceback a moment later."""
        if self._companions is None or not lines:
            return
        task = asyncio.create_task(self._look(self._companions, lines), name="tracebacks")
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _look(self, companions: Companions, lines: tuple[LogLine, ...]) -> None:
        await self._clock.sleep(SETTLE_S)
        parts, words = await companions.of(lines)
        notes = (self._health.note("state", words),) if words else ()
        if parts or notes:
            await self._queue.put(_News([], notes, tuple(parts)))

    # --- lines ------------------------------------------------------------------------------------------------

    def _batch(self, news: list[_News], *, live: bool) -> TailBatch:
        events = in_order(event for one in news for event in one.events)
        rows: list[Row] = self._lines(events, live=live)
        extra: list[Row] = []
        for one in news:
            extra += [*one.notes, *one.lines]
        return TailBatch(_placed(rows, extra))

    def _lines(self, events: list[Event], *, live: bool) -> list[Row]:
        bounds = {event.group: self._lateness.bound(event.group) for event in events} if live else {}
        join, service = self._joiner.join, self._services.of
        lines = [
            join(read_line(one, service(one.group, one.stream), late=one.time_ms < bounds.get(one.group, 0)))
            for one in events
        ]
        self._lateness.delivered(events)
        if self._companions is not None:
            return [line for line in lines if not self._companions.brought(line)]
        return [*lines]


def _placed(rows: Sequence[Row], extra: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with some more in their places; at equal times in the order in which they are given."""
    if not extra:
        return tuple(rows)
    return tuple(sorted([*rows, *extra], key=lambda row: row.time_ms))
