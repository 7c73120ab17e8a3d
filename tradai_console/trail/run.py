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
from tradai_console.logs.places import LogGroup, host_words, read_groups
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.services import Services
from tradai_console.models.log import milliseconds, moment
from tradai_console.models.trail import Scan, Trail
from tradai_console.probes.context import ProbeContext
from tradai_console.trail.found import OwnLog
from tradai_console.trail.ids import usable
from tradai_console.trail.lines import Lines
from tradai_console.trail.records import AGAIN_S, Records
from tradai_console.trail.search import Ledger, Place
from tradai_console.trail.story import Row, Story
from tradai_console.trail.wide import scan_of

SINCE_MS: Final = 3 * 3_600_000
"""How far back is searched where nothing tells when the story began."""

BEFORE_MS: Final = 300_000
"""So long before the first thing that AWS tells of it."""

LONG_OVER_MS: Final = 3 * 3_600_000
AFTER_MS: Final = 1_800_000
"""A story that has long been over is searched until so long after its end."""

LOOK_BACK_MS: Final = 60_000
WIDE_BACK_MS: Final = 600_000
WIDE_EVERY: Final = 12
"""Each so-many-th reading of a group looks back further, for lines that come late."""

NEAR_S: Final = 2.0
"""Between two live readings of a group that has lines of the story; a group without waits longer."""

FAR_S: Final = 40.0


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
        self._turns: dict[str, int] = {}

    @property
    def trail(self) -> Trail:
        """The trail as it is known now, doing nothing."""
        return self._trail("")

    async def portions(self, *, follow: bool) -> AsyncGenerator[Portion, None]:
        """What belongs to the id, in portions as it is found; with `follow` then what comes, until it is closed."""
        yield self._portion("asking AWS about it")
        await self._records.ask()
        yield self._portion("finding the logs")
        await self._find_groups()
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
            self.story.fails(f"the list of log groups could not be read: {error}")
            groups = self._context.platform.log_groups
            self._groups = (LogGroup(groups.services), LogGroup(groups.tasks))
        self.ledger = Ledger([one.name for one in self._groups])
        if not self._groups:
            self.story.says(f"there is no log group of {self._context.platform.env}")

    def _next_step(self) -> str | None:
        """What is to be done next, in words; None if there is nothing more to find."""
        if self.story.full:
            return None
        own = self._own_due()
        if own is not None:
            return f"reading the log of {own.stream}"
        left = self.ledger.left(self.story.searched)
        every = len(self.ledger.places)
        return f"reading {min(every - left + 1, every)} of {every} groups" if left else None

    async def _step(self) -> None:
        own = self._own_due()
        if own is not None:
            await self._lines.own(own, 0)
        else:
            place = self.ledger.next(self.story.searched)
            assert place is not None
            await self._search(place, *self._window())
        await self._settle()

    async def _settle(self) -> None:
        """Ask AWS about what the lines have brought."""
        for stream in self._lines.task_streams():
            await self._records.task_of_stream(stream)
        await self._records.ask()

    async def _look_for_host(self) -> None:
        """Where no container has a line of it, perhaps they write on a host of their own."""
        groups = self._context.platform.log_groups
        containers = [self.ledger.at(name) for name in (groups.services, groups.tasks)]
        if self._named or any(place is not None and place.hits for place in containers):
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

    def _window(self) -> tuple[int, int | None]:
        now_ms = self._line.now_ms()
        began_ms, last_ms = self._records.began_ms, self._records.last_ms
        if self._since_ms is not None:
            return self._since_ms, None
        if began_ms is None or last_ms is None:
            return now_ms - SINCE_MS, None
        start_ms = min(began_ms - BEFORE_MS, now_ms - BEFORE_MS)
        over = not self._records.running and now_ms - last_ms > LONG_OVER_MS
        return start_ms, last_ms + AFTER_MS if over else None

    # Live

    async def _live(self) -> AsyncGenerator[Portion, None]:
        """Read again what is most overdue, one thing at a time: the quota is a call a second."""
        asked_at = self._clock.monotonic()
        read_at: dict[str, float] = {}
        while True:
            if self._next_step() is not None:
                yield self._portion(self._next_step() or "")
                await self._step()
                continue
            now = self._clock.monotonic()
            if self._records.running and now - asked_at >= AGAIN_S:
                asked_at = now
                await self._records.again()
            place = self._most_overdue(read_at, now)
            own = next((one for one in self._records.own_logs if self._lines.due(one)), None)
            key = "" if own is None else f"{own.group} {own.stream}"
            if own is not None and now - read_at.get(key, 0.0) >= NEAR_S:
                read_at[key] = now
                await self._lines.own(own, 0)
            elif place is not None:
                read_at[place.name] = now
                await self._look_again(place)
            await self._settle()
            if self.story.new:
                yield self._portion("")
            await self._clock.sleep(0.2)

    def _most_overdue(self, read_at: dict[str, float], now: float) -> Place | None:
        """The group to read next: one that has lines of the story every two seconds, others now and then."""
        waited = {
            one.name: (now - read_at.get(one.name, 0.0)) / (NEAR_S if self._is_near(one) else FAR_S)
            for one in self.ledger.places
        }
        due = [one for one in self.ledger.places if waited[one.name] >= 1]
        return max(due, key=lambda one: waited[one.name], default=None)

    def _is_near(self, place: Place) -> bool:
        groups = self._context.platform.log_groups
        return not place.hopeless and (place.hits > 0 or place.name in (groups.services, groups.tasks))

    async def _look_again(self, place: Place) -> None:
        turn = self._turns[place.name] = self._turns.get(place.name, 0) + 1
        back_ms = WIDE_BACK_MS if turn % WIDE_EVERY == 0 else LOOK_BACK_MS
        # A group that has not been read to its end yet is read from the beginning.
        start_ms = self._window()[0] if place.read_ms is None else place.read_ms - back_ms
        await self._lines.search(place, start_ms, live=True)

    # Saying

    def _portion(self, doing: str) -> Portion:
        new, self.story.new = self.story.new, []
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
