"""The newest rows of a log: bounded in lines and in bytes, in the order of time, each once.

Late rows go in their place. The lines of a traceback stay with the line they explain. What falls out at the old end
is counted, and so is what waits while the view stands still.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from sys import getsizeof
from typing import Final, Protocol

from tradai_console.models.log import LogLine

MOST: Final = 50_000
"""Lines that are kept."""

MOST_BYTES: Final = 48 * 1024 * 1024
"""Bytes of memory that they may take."""

WAITING: Final = 20_000
"""Rows that wait while the view stands still."""

_A_ROW: Final = 420
"""Bytes of a row beside its texts: its object, its id, its place."""

BY_TIME: Final = attrgetter("time_ms")


class Row(Protocol):
    """Whatever can stand in a log: a line, a note about the reading, a piece of a story that is no line."""

    @property
    def event_id(self) -> str:
        """What it is known by."""

    @property
    def time_ms(self) -> int:
        """Where it stands: milliseconds since 1970."""

    @property
    def service(self) -> str:
        """Whose it is; empty: nobody's."""

    @property
    def text(self) -> str:
        """What it says, whole: what is searched."""

    @property
    def level(self) -> str | None:
        """DEBUG, INFO, WARNING, ERROR, CRITICAL or nothing."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in it."""


@dataclass
class Taken:
    """What one portion did to the ring."""

    newer: list[Row] = field(default_factory=list)
    """Rows at the end, in their order."""
    late: list[Row] = field(default_factory=list)
    """Rows that belong further up."""
    grown: list[Row] = field(default_factory=list)
    """Rows whose traceback has grown."""
    gone: Sequence[Row] = ()
    """Rows that have fallen out, oldest first; perhaps some that came just now."""


class LogRing:
    """The rows of one log. `rows` has no lines of tracebacks: those are in `parts`, by the id of their head."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self.rows: list[Row] = []
        self.parts: dict[str, list[LogLine]] = {}
        self.services: set[str] = set()
        """Whose rows have been here."""
        self.count = 0
        """Lines, those of tracebacks too."""
        self.dropped = 0
        """Lines that have fallen out at the old end."""
        self.passed_over = 0
        """Lines that never came here: the engine let them go because they were not taken in time."""
        self.portion = 0
        """The number of the last portion that was taken in."""
        self.standing = False
        """Whether what comes waits."""
        self.waiting: deque[Row] = deque()
        self.waiting_dropped = 0
        self._known: set[str] = set()
        self._bytes = 0
        self._most = most
        self._most_bytes = most_bytes

    def take(self, rows: Iterable[Row]) -> Taken:
        """Put rows in their places; what is known already is left out. While it stands they wait."""
        if self.standing:
            self._wait(rows)
            return Taken()
        taken = Taken()
        newest = self.rows[-1].time_ms if self.rows else -1
        known, newer = self._known, taken.newer
        for row in sorted(rows, key=BY_TIME):  # a traceback's lines may come before their head
            key = row.event_id
            if key in known:
                continue
            known.add(key)
            self.services.add(row.service)
            self._bytes += _A_ROW + 2 * getsizeof(row.text)
            self.count += 1
            if isinstance(row, LogLine) and row.part_of is not None and row.part_of in known:
                self._join(row, taken)
            elif row.time_ms >= newest:
                newest = row.time_ms
                newer.append(row)
            else:
                taken.late.append(row)
        self.rows += newer
        self._place(taken.late)
        taken.gone = self._trim()
        return taken

    def stand(self) -> None:
        """Let what comes wait."""
        self.standing = True

    def go_on(self) -> Taken:
        """Take in what has waited."""
        self.standing = False
        self.dropped += self.waiting_dropped
        rows, self.waiting, self.waiting_dropped = self.waiting, deque(), 0
        return self.take(rows)

    def parts_of(self, row: Row) -> Sequence[LogLine]:
        """The traceback that belongs to the row."""
        return self.parts.get(row.event_id, ()) if self.parts else ()

    @property
    def bytes(self) -> int:
        """About how much memory the rows take."""
        return self._bytes

    def _wait(self, rows: Iterable[Row]) -> None:
        self.waiting.extend(rows)
        while len(self.waiting) > WAITING:
            self.waiting.popleft()
            self.waiting_dropped += 1

    def _join(self, row: LogLine, taken: Taken) -> None:
        """Put a part under its head, in the order of time."""
        assert row.part_of is not None
        parts = self.parts.setdefault(row.part_of, [])
        if parts and row.time_ms < parts[-1].time_ms:
            parts.insert(bisect_right(parts, row.time_ms, key=BY_TIME), row)
        else:
            parts.append(row)
        head = self._head(row)
        if head is not None and not any(one is head for one in taken.grown):
            taken.grown.append(head)

    def _head(self, part: LogLine) -> Row | None:
        """The row that a part belongs to, if it stands in the ring already: looked for a short way back."""
        place = bisect_right(self.rows, part.time_ms, key=BY_TIME)
        for row in self.rows[max(0, place - 1_000) : place][::-1]:
            if row.event_id == part.part_of:
                return row
        return None

    def _place(self, late: list[Row]) -> None:
        """Late rows, each after those of its moment; many at once are sorted in, which costs less."""
        if len(late) > len(self.rows) // 50 + 8:
            start = bisect_right(self.rows, min(row.time_ms for row in late), key=BY_TIME)
            self.rows[start:] = sorted([*self.rows[start:], *late], key=BY_TIME)
            return
        for row in late:
            self.rows.insert(bisect_right(self.rows, row.time_ms, key=BY_TIME), row)

    def _trim(self) -> list[Row]:
        """Let the oldest go until the bounds are kept; the newest row stays whatever its size."""
        number = 0
        last = len(self.rows) - 1
        while number < last and (self.count > self._most or self._bytes > self._most_bytes):
            row = self.rows[number]
            self._forget(row)
            for part in self.parts.pop(row.event_id, ()):
                self._forget(part)
            number += 1
        gone, self.rows[:number] = self.rows[:number], []
        return gone

    def _forget(self, row: Row) -> None:
        self._known.discard(row.event_id)
        self._bytes -= _A_ROW + 2 * getsizeof(row.text)
        self.count -= 1
        self.dropped += 1


def place_of(rows: Sequence[Row], row: Row) -> int:
    """Where the row stands among rows in the order of time; where it would stand if it is not among them."""
    place = start = bisect_left(rows, row.time_ms, key=BY_TIME)
    while place < len(rows) and rows[place].time_ms == row.time_ms:
        if rows[place] is row:
            return place
        place += 1
    return start
