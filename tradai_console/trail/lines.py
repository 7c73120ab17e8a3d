"""The log lines of a story: found by its ids, brought by its tracebacks, its functions' runs and its tasks' own logs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tradai_console.clock import Clock
from tradai_console.logs.companions import Companions
from tradai_console.logs.event import Event
from tradai_console.logs.joiner import Joiner
from tradai_console.logs.lines import read_line
from tradai_console.logs.merge import Lateness
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.services import Services
from tradai_console.models.log import LogLine, LogNote, moment
from tradai_console.trail.found import OwnLog
from tradai_console.trail.ids import is_task
from tradai_console.trail.invocations import BACK_MS, NEAR_MS, containing, content, stretches
from tradai_console.trail.search import FUNCTIONS, Place, Search
from tradai_console.trail.story import Story

OWN_LINES: Final = 3_000
"""Lines of a task's own log; of a longer one its beginning and its end are read."""

OWN_PAGES: Final = 3
END_MS: Final = 300_000
"""So much of its end."""


class Lines:
    """Reads logs into a story."""

    def __init__(self, readers: LogReaders, story: Story, services: Services, clock: Clock) -> None:
        self._search = Search(readers.line, clock)
        self._line = readers.line
        self._story = story
        self._services = services
        self._companions = Companions(readers.line, services)
        self._lateness = Lateness()
        self._own_to: dict[tuple[str, str], int] = {}
        self._of_runs: set[str] = set()
        self.streams: dict[str, None] = {}
        """Streams with lines of the story that nobody has asked ECS about."""

    async def search(
        self, place: Place, start_ms: int, end_ms: int | None = None, *, live: bool = False
    ) -> None:
        """Search the group for every id, and read what belongs to the lines that are found."""
        story = self._story
        found = await self._search.look(place, story.searched, story.wanted, start_ms, end_ms)
        if found.error is not None:
            note = LogNote("state", self._line.now_ms(), place.name, "")
            story.cannot(place.name, found.error, note)
        story.drop(found.common, place.name)
        if found.read_to_ms is not None and not live:
            self._broken_off(place.name, found.read_to_ms)
        await self.belonging(place, found.events, live=live)

    async def belonging(self, place: Place, found: Sequence[Event], *, live: bool = False) -> None:
        """Take lines that were found in the group, and read what belongs to them."""
        story = self._story
        hits = [one for one in found if one.id not in self._of_runs]
        place.hits += len(hits)
        if place.name.startswith(FUNCTIONS):
            await self._runs(place.name, hits, live=live)
            return
        lines = self._read(hits, live=live)
        new = [one for one in story.takes(lines) if isinstance(one, LogLine)]
        for one in new:
            story.leads(one)
            self.streams[one.stream] = None
        parts, words = await self._companions.of(new)
        story.takes(parts)
        if words:
            story.says(words)

    def known(self, log: OwnLog) -> bool:
        """Whether this log has been read at all."""
        return (log.group, log.stream) in self._own_to

    def due(self, log: OwnLog) -> bool:
        """Whether there is more of this log than was read: it is new, or was not at its end."""
        read_to = self._own_to.get((log.group, log.stream))
        return read_to is None or log.to_ms is None or read_to < log.to_ms

    async def own(self, log: OwnLog, depth: int) -> None:
        """Read a log that belongs to the story as a whole, from where it was read to."""
        key = (log.group, log.stream)
        live = key in self._own_to
        start_ms = max(log.from_ms, self._own_to[key] - NEAR_MS) if live else log.from_ms
        began_ms = self._line.now_ms()
        found = await self._search.stream(log.group, log.stream, start_ms, log.to_ms, OWN_PAGES)
        if found.error is not None:
            self._story.cannot(f"the log of {log.stream} in {log.group}", found.error)
        events = list(found.events)
        if len(events) > OWN_LINES or found.read_to_ms is not None:
            events = await self._both_ends(log, events)
        self._own_to[key] = began_ms
        for one in self._story.takes(self._whole(events, live=live)):
            if log.leads_on and isinstance(one, LogLine):
                self._story.leads(one, own=depth)

    # Inside

    async def _both_ends(self, log: OwnLog, events: list[Event]) -> list[Event]:
        """The beginning and the end of a long log, with a row that says what is missing between them."""
        beginning = events[: OWN_LINES // 2]
        end_ms = log.to_ms or self._line.now_ms()
        from_ms = max(end_ms - END_MS, beginning[-1].time_ms + 1 if beginning else 0)
        found = await self._search.stream(log.group, log.stream, from_ms, log.to_ms, 1)
        end = list(found.events)[-OWN_LINES // 2 :]
        gap_ms = beginning[-1].time_ms if beginning else log.from_ms
        words = (
            f"the log of {log.stream} is long: its middle is left out here; tail --group {log.group} has it"
        )
        until_ms = end[0].time_ms if end else end_ms
        self._story.says(words, LogNote("gap", gap_ms, log.group, words, until_ms))
        return [*beginning, *end]

    async def _runs(self, group: str, hits: Sequence[Event], *, live: bool) -> None:
        """The runs of a function that these lines stand in, whole."""
        for near in stretches(hits):
            events = await self._around(group, near)
            runs = containing(events, {content(one) for one in near})
            inside = {content(one) for run in runs for one in run.events}
            alone = [one for one in near if content(one) not in inside]
            for run in runs:
                if run.over:
                    self._of_runs.update(one.id for one in run.events)
                # A run that is followed by its own id is of the story; others are only where a line of it stands.
                own = self._story.depth(run.request_id) if self._story.follows(run.request_id) else None
                self._take(self._whole(run.events, live=live), own)
            self._take(self._read(alone, live=live))
            if self._line.now_ms() - near[-1].time_ms > BACK_MS:
                self._of_runs.update(one.id for one in alone)

    async def _around(self, group: str, near: Sequence[Event]) -> list[Event]:
        """The lines of the stream around these; further around if the first one's run began long before."""
        stream, first, last = near[0].stream, near[0], near[-1]
        for before_ms in (NEAR_MS, BACK_MS):
            found = await self._search.stream(
                group, stream, first.time_ms - before_ms, last.time_ms + before_ms, 2, exact=True
            )
            if found.error is not None:
                self._story.cannot(f"the run of {group} around a line", found.error)
                break
            runs = containing(found.events, {content(one) for one in near})
            whole = {content(one) for run in runs if run.over for one in run.events}
            if all(content(one) in whole for one in near) or self._line.now_ms() - last.time_ms < before_ms:
                break
        return list(found.events)

    def _take(self, lines: Iterable[LogLine], own: int | None = None) -> None:
        for one in self._story.takes(lines):
            if isinstance(one, LogLine):
                self._story.leads(one, own=own)

    def _whole(self, events: Sequence[Event], *, live: bool) -> list[LogLine]:
        """Lines that stand together as they were written: a traceback's parts are joined."""
        join = Joiner().join
        return [join(one) for one in self._read(events, live=live)]

    def _read(self, events: Sequence[Event], *, live: bool) -> list[LogLine]:
        lines = []
        for one in events:
            late = live and one.time_ms < self._lateness.bound(one.group)
            lines.append(read_line(one, self._services.of(one.group, one.stream), late=late))
        self._lateness.delivered(events)
        return lines

    def task_streams(self) -> tuple[str, ...]:
        """Streams of lines that were found, which may be those of tasks of the story; each is given once."""
        found = tuple([one for one in self.streams if is_task(one.rpartition("/")[2])])
        self.streams.clear()
        return found

    def _broken_off(self, group: str, read_to_ms: int) -> None:
        words = (
            f"{group} was searched up to {moment(read_to_ms):%Y-%m-%d %H:%M:%S}Z only: it is too much to read"
        )
        self._story.says(words, LogNote("gap", read_to_ms, group, words))
