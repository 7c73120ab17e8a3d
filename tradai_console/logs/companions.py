"""A line found by an id brings its traceback along, whose lines are events of their own and do not hold the id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tradai_console.errors import AwsError
from tradai_console.logs.event import Event
from tradai_console.logs.joiner import Joiner
from tradai_console.logs.lines import read_line
from tradai_console.logs.pages import Line, Paging
from tradai_console.logs.services import Services
from tradai_console.logs.source import Ask
from tradai_console.models.log import LogLine

BEFORE_MS: Final = 1_500
AFTER_MS: Final = 2_500
"""A traceback is looked for so long before and after a line."""

MOST_LOOKS: Final = 20
"""Stretches that are read for one batch; each costs a call."""

_MOST_KNOWN: Final = 20_000
_WORST: Final = frozenset({"ERROR", "CRITICAL"})


class Companions:
    """Reads what stands around the lines that a filter has let through."""

    def __init__(self, line: Line, services: Services) -> None:
        self._line = line
        self._services = services
        self._delivered: dict[tuple[str, int, str], None] = {}
        self._brought: dict[tuple[str, int, str], None] = {}

    async def of(self, found: Sequence[LogLine]) -> tuple[list[LogLine], str | None]:
        """The lines of tracebacks that belong to these and were not delivered; and what was not looked for, if anything.

        `found` counts as delivered.
        """
        for one in found:
            self._take(one)
        stretches = list(_stretches(one for one in found if _may_have(one)))
        parts: list[LogLine] = []
        for hits in stretches[:MOST_LOOKS]:
            try:
                parts += await self._around(hits)
            except AwsError as error:
                return parts, f"the tracebacks of some lines could not be read: {error}"
        left = len(stretches) - MOST_LOOKS
        return parts, f"the tracebacks at {left} further places were not read" if left > 0 else None

    async def _around(self, hits: Sequence[LogLine]) -> list[LogLine]:
        first, last = hits[0], hits[-1]
        reading = Paging(
            self._line,
            Ask(first.group, ""),
            first.time_ms - (BEFORE_MS if first.logger is None else 0),
            end_ms=last.time_ms + AFTER_MS,
            streams=(first.stream,),
        )
        events: list[Event] = []
        while not reading.done:
            events += await reading.next()
        join = Joiner().join
        lines = [join(read_line(one, self._services.of(one.group, one.stream))) for one in events]
        wanted = {_key(one) for one in hits}
        heads = {one.part_of or one.event_id for one in lines if _key(one) in wanted}
        family = [one for one in lines if one.part_of in heads or one.event_id in heads]
        return [one for one in family if self._bring(one)]

    def brought(self, line: LogLine) -> bool:
        """Whether this line was delivered from here already."""
        return _key(line) in self._brought

    def _bring(self, line: LogLine) -> bool:
        if not self._take(line):
            return False
        _remember(self._brought, _key(line))
        return True

    def _take(self, line: LogLine) -> bool:
        """Whether the line is new to us; it is known from now on."""
        key = _key(line)
        if key in self._delivered:
            return False
        _remember(self._delivered, key)
        return True


def _remember(known: dict[tuple[str, int, str], None], key: tuple[str, int, str]) -> None:
    """Keep it, and forget the oldest of too many."""
    if len(known) >= _MOST_KNOWN:
        for old in [*known][: _MOST_KNOWN // 10]:
            del known[old]
    known[key] = None


def _key(line: LogLine) -> tuple[str, int, str]:
    """Not the event id: a line that came by Live Tail has another."""
    return line.stream, line.time_ms, line.text


def _may_have(line: LogLine) -> bool:
    """Whether a traceback may stand around the line: it is an error, or itself a part of one."""
    return line.level in _WORST or (line.level is None and line.logger is None)


def _stretches(lines: Iterable[LogLine]) -> Iterable[list[LogLine]]:
    """Lines of one stream that are close together are looked at together."""
    stretch: list[LogLine] = []
    for line in sorted(lines, key=lambda one: (one.group, one.stream, one.time_ms)):
        near = stretch and (line.group, line.stream) == (stretch[0].group, stretch[0].stream)
        if near and line.time_ms - stretch[-1].time_ms <= AFTER_MS:
            stretch.append(line)
            continue
        if stretch:
            yield stretch
        stretch = [line]
    if stretch:
        yield stretch
