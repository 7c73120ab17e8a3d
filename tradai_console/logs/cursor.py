"""One group's place in its log: what was delivered, and from when the next reading has to begin.

CloudWatch has no order of arrival to read on from: a line may turn up long after lines that are newer. So a reading
begins some time before the last one did, and what was delivered already is known by its event id. How far back is
weighed against what reading it again costs:

    look     seconds back    when
    narrow   5               in a flood, between two full ones
    full     45              always, unless that is many lines
    wide     600             once a minute, where it is a few lines only
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from tradai_console.logs.event import Event
from tradai_console.logs.pages import Paging
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.seen import Seen
from tradai_console.logs.source import Ask, TailSource

NARROW_MS: Final = 5_000
FULL_MS: Final = 45_000
WIDE_MS: Final = 600_000

FULL_EVERY_MS: Final = 15_000
WIDE_EVERY_MS: Final = 60_000

CHEAP: Final = 4_000
"""Events that may be read again each time: half of a page."""

CATCH_UP_MS: Final = 3_600_000
"""A hole longer than this is not filled whole."""

POLL_S: Final = 1.5
"""Seconds from one reading of a busy group to the next; with two groups the quota makes it 2."""

SWEEP_S: Final = 20.0
"""The same where Live Tail brings the lines, and reading only finds what it left out."""

_GROWTH: Final = 1.5
_ROOM: Final = 1.25
_FEW: Final = 2


class Cursor:
    """The place of one tail in one group."""

    def __init__(
        self,
        readers: LogReaders,
        ask: Ask,
        sources: tuple[TailSource, ...],
        since_ms: int,
        *,
        live: bool = False,
    ) -> None:
        self.ask = ask
        self.lost: tuple[int, int] | None = None
        """A stretch, from and to, that could not be looked through any more; taken by whoever says it."""
        self.live = False
        """Whether Live Tail brings this group's lines at present."""
        self._readers = readers
        self.since_ms = since_ms
        """The tail's beginning: older lines are not shown."""
        self._seen = Seen(since_ms, live=live)
        self._prefixes = tuple(source.stream_prefix for source in sources)
        self._terms = tuple({term for source in sources for term in source.terms})
        self._began_ms = 0
        self._reach_ms = since_ms
        self._full_ms: int | None = None
        self._wide_ms = 0
        self._interval_s = POLL_S
        self._unfinished = False

    @property
    def group(self) -> str:
        """The group's name."""
        return self.ask.group

    @property
    def interval_s(self) -> float:
        """Seconds to the next reading: fewer groups, or lines in the last ones, make it shorter."""
        if self._unfinished:
            return 0.0
        if self.live:
            return SWEEP_S
        followed = self._readers.followed
        most_s = POLL_S if followed <= _FEW else max(POLL_S, _ROOM * followed)
        return min(self._interval_s, most_s)

    def history(self) -> Paging:
        """The first reading, from the tail's beginning on; its pages go through `take`, its end to `began`."""
        return self._readers.paging(self.ask, self.since_ms)

    def began(self, paging: Paging) -> None:
        """The first reading has come to its end."""
        began_ms = paging.began_ms or self._readers.line.now_ms()
        self._began_ms = self._reach_ms = self._wide_ms = began_ms

    def broke_off(self, paging: Paging) -> None:
        """The first reading was given up: the next begins where it was, but finds what came late since, too."""
        began_ms = paging.began_ms or self.since_ms
        self._reach_ms = max(self.since_ms, min(began_ms, paging.last_ms or self.since_ms))

    def take(self, events: list[Event]) -> list[Event]:
        """Of a page's events those that are new and wanted."""
        return self._wanted(self._seen.take_read(events))

    def take_live(self, events: list[Event]) -> list[Event]:
        """Of Live Tail's events those that are new and wanted."""
        return self._wanted(self._seen.take_live([one for one in events if one.time_ms >= self.since_ms]))

    async def read(self) -> AsyncGenerator[list[Event], None]:
        """One reading: its new events, page by page. Raises AwsError; the next reading then begins where this one did."""
        now_ms = self._readers.line.now_ms()
        start_ms, full, wide = self._window(now_ms)
        found = False
        with self._readers.reading(self.ask, start_ms, self._began_ms) as shared:
            async for page in shared.pages():
                events = self.take(page)
                found = found or bool(events)
                if events:
                    yield events
        self._began_ms = shared.began_ms
        self._unfinished = shared.covered_ms < shared.began_ms
        if full:
            self._full_ms = self._reach_ms = shared.covered_ms
        else:
            self._reach_ms = max(self._reach_ms, shared.covered_ms)
        if wide:
            self._wide_ms = shared.began_ms
        self._interval_s = POLL_S if found else self._interval_s * _GROWTH
        self._interval_s = min(self._interval_s, 60.0)
        self._seen.forget_before(min(self._reach_ms, self._full_ms or self._reach_ms) - WIDE_MS)

    def _window(self, now_ms: int) -> tuple[int, bool, bool]:
        """Where the next reading begins, and whether that is a full or even a wide look back."""
        last_full = self._reach_ms if self._full_ms is None else self._full_ms
        start_ms = last_full - FULL_MS
        full, wide = True, False
        narrow_ms = self._reach_ms - NARROW_MS
        recently = self._full_ms is not None and now_ms - self._full_ms < FULL_EVERY_MS
        if recently and self._seen.since(start_ms) > CHEAP:
            start_ms, full = narrow_ms, False
        elif now_ms - self._wide_ms >= WIDE_EVERY_MS and self._seen.since(now_ms - WIDE_MS) <= CHEAP:
            start_ms, wide = min(start_ms, now_ms - WIDE_MS), True
        return self._bounded(start_ms, now_ms, last_full if full else self._reach_ms), full, wide

    def _bounded(self, start_ms: int, now_ms: int, must_ms: int) -> int:
        """No further back than the tail's beginning, than what is known by id, and than can be caught up with."""
        known_ms = max(self.since_ms, self._seen.floor_ms)
        oldest_ms = now_ms - CATCH_UP_MS
        bounded = max(start_ms, known_ms)
        if bounded < oldest_ms and must_ms < oldest_ms and self._full_ms is not None:
            self.lost = (max(bounded, must_ms), oldest_ms)
            bounded = oldest_ms
        elif bounded > must_ms:
            # A flood: more lines since than can be known by id. What came late before them is not looked for.
            self.lost = (must_ms, bounded) if self._seen.floor_ms > must_ms else self.lost
        return bounded

    def _wanted(self, events: list[Event]) -> list[Event]:
        if self._prefixes and "" not in self._prefixes and len(self._prefixes) > 1:
            events = [one for one in events if one.stream.startswith(self._prefixes)]
        elif self._prefixes and self._prefixes[0]:
            prefix = self._prefixes[0]
            events = [one for one in events if one.stream.startswith(prefix)]
        for term in self._terms:
            events = [one for one in events if term in one.message]
        return events
