"""One trail from its id to its end: first what AWS knows, then the logs group by group, then live.

an id -> rows, executions, tasks -> more ids -> their lines, runs, own logs -> more ids -> ... until none is new
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, NotFound
from tradai_console.logs.places import LogGroup, host_words, named_groups, read_groups
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.services import Services
from tradai_console.models.log import milliseconds, moment
from tradai_console.models.trail import Scan, Trail
from tradai_console.probes.context import ProbeContext
from tradai_console.trail.found import OwnLog
from tradai_console.trail.ids import leads_on, mentions, usable
from tradai_console.trail.lines import Lines
from tradai_console.trail.records import AGAIN_S, Records
from tradai_console.trail.search import Ledger, Place
from tradai_console.trail.story import Row, Story
from tradai_console.trail.turns import Turns
from tradai_console.trail.wide import scan_of, search_wide

AHEAD_MS: Final = 600_000
"""A wide search has to end somewhere: after this moment, by whichever clock is ahead."""

SINCE_MS: Final = 3 * 3_600_000
"""How far back is searched where nothing tells when the story began."""

NAME_MS: Final = 900_000
"""The same for a name, such as a strategy's, which is on most lines of somebody's log."""

BEFORE_MS: Final = 300_000
"""So long before the first thing that AWS tells of it."""

LONG_OVER_MS: Final = 3 * 3_600_000
AFTER_MS: Final = 1_800_000
"""A story that has long been over is searched until so long after its end."""

PAUSE_S: Final = 0.2
"""Between two looks at whose turn it is."""


@dataclass(frozen=True)
class Portion:
    """What has come since the last one."""

    trail: Trail
    rows: tuple[Row, ...] = ()


class TrailRun:
    """Follows one id. It reads only while `portions` is iterated."""

    def __init__(
        self,
        wanted: str,
        context: ProbeContext,
        readers: LogReaders,
        *,
        since: datetime | None = None,
        groups: Sequence[str] = (),
    ) -> None:
        """`since`: how far back logs are searched; None: as far as the story goes. `groups`: only these.

        Raises UnusableIdError for what is no id.
        """
        self._context = context
        self._clock: Clock = context.clock
        self._door = context.door
        self._since_ms = None if since is None else milliseconds(since)
        self._named = tuple(groups)
        self._groups: tuple[LogGroup, ...] = ()
        self.ledger = Ledger(groups)
        """The groups, and how the reading of each goes."""
        services = Services(context.platform)
        self.story = Story(usable(wanted))
        self._records = Records(context, self.story, services)
        self._lines = Lines(readers, self.story, services, context.clock)
        self._line = readers.line
        self._whole = False
        self._prepared = False
        self._wide = False
        self._doing = ""

    @property
    def trail(self) -> Trail:
        """The trail as it is known now, doing nothing."""
        return self._trail("")

    async def prepare(self) -> Scan | None:
        """Ask AWS what it knows and find the groups; what a wide search would read then. None: there is no group."""
        if not self._prepared:
            self._prepared = True
            await self._records.ask()
            await self._find_groups()
        return self.trail.scan

    async def weigh(self) -> Scan | None:
        """The same where groups were named: what they hold is asked only for this."""
        await self.prepare()
        if self._named and not self._groups:
            try:
                self._groups = await named_groups(self._door, self._named)
            except AwsError as error:
                self.story.cannot("what the log groups hold", error)
        return self.trail.scan

    def go_wide(self) -> None:
        """Search everything by Insights, once, before anything else: somebody has seen what it costs."""
        self._wide = True

    async def portions(self, *, follow: bool) -> AsyncGenerator[Portion, None]:
        """What belongs to the id, in portions as it is found; with `follow` then what comes, until it is closed."""
        yield self._portion("asking AWS about it")
        await self.prepare()
        while (doing := self._next_step()) is not None:
            yield self._portion(doing)
            await self._step()
        await self._look_for_host()
        self._whole = True
        yield self._portion("")
        if follow:
            async for portion in self._live():
                yield portion

    # The past

    async def _find_groups(self) -> None:
        if self._named:
            return
        try:
            self._groups = await read_groups(self._door, self._context.platform)
        except AwsError as error:
            self.story.cannot("the list of log groups", error)
            groups = self._context.platform.log_groups
            self._groups = (LogGroup(groups.services), LogGroup(groups.tasks))
        self.ledger = Ledger([one.name for one in self._groups])
        if not self._groups:
            self.story.says(f"there is no log group of {self._context.platform.env}")

    def _next_step(self) -> str | None:
        """What is to be done next, in words; None if there is nothing more to find."""
        if self.story.full:
            return None
        if self._wide:
            return f"searching {len(self.ledger.places)} groups at once by Insights"
        own = self._own_due()
        if own is not None:
            return f"reading the log of {own.stream}"
        left = self.ledger.left(self.story.searched)
        every = len(self.ledger.places)
        return f"reading {min(every - left + 1, every)} of {every} groups" if left else None

    async def _step(self) -> None:
        own = self._own_due()
        if self._wide:
            self._wide = False
            await self._search_wide()
        elif own is not None:
            await self._lines.own(own, 0)
        else:
            place = self.ledger.next(self.story.searched, self._records.functions)
            assert place is not None
            await self._search(place, *self._window())
        await self._settle()

    async def _settle(self) -> None:
        """Ask AWS about what the lines have brought."""
        for stream in self._lines.task_streams():
            await self._records.task_of_stream(stream)
        await self._records.ask()

    async def _look_for_host(self) -> None:
        """Where no service has a line of it, perhaps they write on a host of their own."""
        services = self.ledger.at(self._context.platform.log_groups.services)
        if self._named or (services is not None and services.hits):
            return
        words = await host_words(self._door, self._context.platform)
        if words is not None:
            self.story.says(words)

    def _own_due(self) -> OwnLog | None:
        """The first of the story's own logs that has not been read at all."""
        return next((one for one in self._records.own_logs if not self._lines.known(one)), None)

    async def _search(self, place: Place, start_ms: int, end_ms: int | None) -> None:
        ids = self.story.searched
        await self._lines.search(place, start_ms, end_ms)
        # Given up or done: it is not searched for these again, or it would be the next one for ever.
        place.searched.update(ids)

    async def _search_wide(self) -> None:
        """What Insights finds need not be searched for again, group by group."""
        ids, (start_ms, end_ms) = self.story.searched, self._window()
        names = [one.name for one in self.ledger.places]
        now_ms = self._line.now_ms()
        try:
            found, all_of_it = await search_wide(
                self._door, self._clock, names, ids, start_ms, end_ms or now_ms + AHEAD_MS
            )
        except AwsError as error:
            self.story.fails(f"the wide search gave nothing: {error}")
            return
        if not all_of_it:
            self.story.says(f"the wide search gave its first {len(found):,} lines: there are more")
        for place in self.ledger.places:
            mine = [one for one in found if one.group == place.name]
            lines = [one for one in mine if any(mentions(one.message, value) for value in ids)]
            await self._lines.belonging(place, lines)
            place.searched.update(ids)
            place.read_ms = now_ms

    def _window(self) -> tuple[int, int | None]:
        now_ms = self._line.now_ms()
        began_ms, last_ms = self._records.began_ms, self._records.last_ms
        if self._since_ms is not None:
            return self._since_ms, None
        if began_ms is None or last_ms is None:
            return now_ms - (SINCE_MS if leads_on(self.story.wanted) else NAME_MS), None
        start_ms = min(began_ms - BEFORE_MS, now_ms - BEFORE_MS)
        over = not self._records.running and now_ms - last_ms > LONG_OVER_MS
        return start_ms, last_ms + AFTER_MS if over else None

    # Live

    async def _live(self) -> AsyncGenerator[Portion, None]:
        """Read again what is most overdue, one thing at a time."""
        groups = self._context.platform.log_groups
        asked_at = self._clock.monotonic()
        turns = Turns((groups.services, groups.tasks), asked_at)
        while True:
            if (doing := self._next_step()) is not None:
                yield self._portion(doing)
                await self._step()
                continue
            now = self._clock.monotonic()
            if self._records.running and now - asked_at >= AGAIN_S:
                asked_at = now
                await self._records.again()
            own = next((one for one in self._records.own_logs if self._lines.due(one)), None)
            if own is not None and turns.is_due(f"{own.group} {own.stream}", now):
                await self._lines.own(own, 0)
            elif (place := turns.next(self.ledger.places, now)) is not None:
                await self._look_again(place, turns.look_back_ms(place))
            await self._settle()
            if self.story.new or self._doing:
                yield self._portion("")
            await self._clock.sleep(PAUSE_S)

    async def _look_again(self, place: Place, back_ms: int) -> None:
        # A group that has not been read to its end yet is read from the beginning.
        start_ms = self._window()[0] if place.read_ms is None else place.read_ms - back_ms
        await self._lines.search(place, start_ms, live=True)

    # Saying

    def _portion(self, doing: str) -> Portion:
        new, self.story.new = self.story.new, []
        self._doing = doing
        return Portion(self._trail(doing), tuple(new))

    def _trail(self, doing: str) -> Trail:
        since_ms, _ = self._window()
        scan: Scan | None = scan_of(self._groups, since_ms, self._line.now_ms()) if self._groups else None
        return Trail(
            self.story.wanted,
            self.story.ids,
            moment(since_ms),
            doing,
            self._whole,
            self._records.running,
            tuple(self.story.notes),
            scan,
        )

    def refusal(self) -> str | None:
        """Why a group that was named cannot be read at all; None if each can."""
        for place in self.ledger.places if self._named else ():
            if isinstance(place.error, NotFound):
                return f"the log group {place.name} does not exist in this account and region"
            if place.hopeless:
                return f"the log group {place.name} cannot be read: {place.error}"
        return None
