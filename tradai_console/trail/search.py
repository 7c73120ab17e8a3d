"""Which group was searched for which ids, and which is to be searched next: the quota is one call a second.

A group is searched for everything that is known when its turn comes. First come those where most of a story stands:
services, tasks, the functions that are known to have worked for it, and again those that gave lines before an id was
known; then the others. Last those that were searched already and gave nothing: one call serves all that came up since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, Denied, Expired, NotFound, Throttled
from tradai_console.logs.event import Event
from tradai_console.logs.pages import Line, Paging
from tradai_console.logs.source import Ask
from tradai_console.trail.ids import mentions, patterns

FUNCTIONS: Final = "/aws/lambda/"
"""What the name of a function's group begins with; the function's own name is the rest."""

PAGES: Final = 12
"""Pages of one search; CloudWatch may give many empty ones for a long stretch of a busy group."""

COMMON: Final = 1_000
"""An id that was found on the way, and that is on more lines than this of one group, is no id of this story alone."""

TRIES: Final = 4
AGAIN_S: Final = 1.5


@dataclass
class Place:
    """One log group, as far as it has been searched."""

    name: str
    rank: int
    searched: set[str] = field(default_factory=set)
    """The ids it has been searched for."""
    read_ms: int | None = None
    """What had come in by this moment was searched through."""
    hits: int = 0
    """Lines of the story that it gave."""
    error: AwsError | None = None
    """Why it cannot be read; None: it can."""

    @property
    def hopeless(self) -> bool:
        """Whether asking again is no use before somebody changes something."""
        return isinstance(self.error, Denied | NotFound | Expired)


@dataclass(frozen=True)
class Searched:
    """What one search of a group has brought."""

    events: tuple[Event, ...] = ()
    """Lines that mention one of the ids, each once, in CloudWatch's order."""
    common: tuple[str, ...] = ()
    """Ids that are on too many lines to belong to one story; lines that mention nothing else are left out."""
    read_to_ms: int | None = None
    """Where the search was broken off for its length; None: it came to its end."""
    error: AwsError | None = None


class Ledger:
    """The groups of a trail."""

    def __init__(self, names: Iterable[str]) -> None:
        self.places = [Place(name, rank) for rank, name in enumerate(names)]

    def next(self, ids: Iterable[str], called: Collection[str] = ()) -> Place | None:
        """The group to search next for these ids; None if each that can be read has been searched for all of them.

        `called`: functions that worked for the story.
        """
        wanted, first = frozenset(ids), {f"{FUNCTIONS}{name}" for name in called}
        waiting = [one for one in self.places if not one.hopeless and wanted - one.searched]

        def order(one: Place) -> tuple[int, int]:
            likely = not one.name.startswith(FUNCTIONS) or one.name in first
            if one.searched:
                return (1 if one.hits else 3), one.rank
            return (0 if likely else 2), one.rank

        return min(waiting, key=order, default=None)

    def left(self, ids: Iterable[str]) -> int:
        """How many groups have not been searched for all of these."""
        wanted = frozenset(ids)
        return sum(not one.hopeless and bool(wanted - one.searched) for one in self.places)

    def at(self, name: str) -> Place | None:
        """The group of this name."""
        return next((one for one in self.places if one.name == name), None)


class Search:
    """Searches groups over the console's one road to CloudWatch Logs."""

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line = line
        self._clock = clock

    async def look(
        self, place: Place, ids: tuple[str, ...], own: str, start_ms: int, end_ms: int | None = None
    ) -> Searched:
        """Search the group for these ids (`logs:FilterLogEvents`); `own`: the id that was asked for is never too common."""
        events: dict[str, Event] = {}
        common: set[str] = set()
        short: int | None = None
        began_ms = self._line.now_ms()
        for pattern, batch in patterns(ids):
            found = await self._batch(place, pattern, batch, own, start_ms, end_ms)
            if found.error is not None:
                place.error = found.error
                return Searched(tuple(events.values()), tuple(common), short, found.error)
            events.update((one.id, one) for one in found.events)
            common.update(found.common)
            if found.read_to_ms is not None:
                short = found.read_to_ms if short is None else min(short, found.read_to_ms)
        place.error = None
        place.read_ms = began_ms
        place.searched.update(ids)
        kept = [one for one in ids if one not in common]
        lines = [one for one in events.values() if any(mentions(one.message, value) for value in kept)]
        return Searched(tuple(lines), tuple(common), short)

    async def stream(
        self, group: str, prefix: str, start_ms: int, end_ms: int | None, pages: int, *, exact: bool = False
    ) -> Searched:
        """Everything that the streams beginning so hold in the window."""
        paging = Paging(
            self._line,
            Ask(group, "", "" if exact else prefix),
            start_ms,
            end_ms=end_ms,
            streams=(prefix,) if exact else (),
        )
        events: list[Event] = []
        for _ in range(pages):
            page = await self._page(paging)
            if isinstance(page, AwsError):
                return Searched(tuple(events), error=page)
            events += page
            if paging.done:
                return Searched(tuple(events))
        return Searched(tuple(events), read_to_ms=paging.last_ms or start_ms)

    async def _batch(
        self,
        place: Place,
        pattern: str,
        ids: tuple[str, ...],
        own: str,
        start_ms: int,
        end_ms: int | None,
    ) -> Searched:
        paging = Paging(self._line, Ask(place.name, pattern), start_ms, end_ms=end_ms)
        found: list[Event] = []
        counts = dict.fromkeys(ids, 0)
        for _ in range(PAGES):
            page = await self._page(paging)
            if isinstance(page, AwsError):
                return Searched(tuple(found), error=page)
            for event in page:
                said = [value for value in ids if mentions(event.message, value)]
                if said:
                    found.append(event)
                for value in said:
                    counts[value] += 1
            if paging.done:
                break
            if all(counts[value] > COMMON for value in ids):
                break
        common = tuple([value for value, count in counts.items() if count > COMMON and value != own])
        short = None if paging.done else (paging.last_ms or start_ms)
        return Searched(tuple(found), common, short)

    async def _page(self, paging: Paging) -> list[Event] | AwsError:
        """The next page; what may pass is waited out, up to a point."""
        wait_s = AGAIN_S
        for left in range(TRIES - 1, -1, -1):
            try:
                return await paging.next()
            except (Denied, NotFound, Expired) as error:
                return error
            except AwsError as error:
                if left == 0:
                    return error
                await self._clock.sleep(wait_s)
                wait_s *= 1 if isinstance(error, Throttled) else 2
        raise AssertionError("unreachable")
