"""What of a ring is shown: the rows that pass the lens, kept up as the ring moves, never made anew for a portion."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from screens.log.needle import NOTHING, Needle
from screens.log.ring import BY_TIME, LogRing, Row, Taken, place_of
from tradai_console.models.log import LogNote

RANKS: Final = {None: 1, "DEBUG": 0, "INFO": 1, "WARNING": 2, "ERROR": 3, "CRITICAL": 4}
"""How bad a level is. A line without one is shown until only warnings are wanted."""

LEASTS: Final = (0, 1, 2, 3)
LEAST_WORDS: Final = ("every level", "INFO and worse", "WARNING and worse", "ERROR and worse")
_BAD: Final = frozenset({"ERROR", "CRITICAL"})


@dataclass(frozen=True)
class Lens:
    """What the operator wants to see."""

    least: int = 0
    """The least level, as in `RANKS`."""
    keep: Needle = NOTHING
    """Only rows that hold this."""
    drop: Needle = NOTHING
    """No rows that hold this."""

    @property
    def clear(self) -> bool:
        """Whether everything passes."""
        return not (self.least or self.keep or self.drop)

    def passing(self, rows: Sequence[Row], ring: LogRing) -> list[Row]:
        """Those of the rows that pass, in their order. Notes about the reading always do: no filter hides a gap."""
        kept: list[Row] = [*rows]
        if self.least:
            least, ranks = self.least, RANKS
            kept = [row for row in kept if ranks.get(row.level, 1) >= least or type(row) is LogNote]
        if self.keep:
            kept = self.keep.keeping(kept, ring)
        if self.drop:
            kept = self.drop.dropping(kept, ring)
        return kept


class Shown:
    """The rows of a ring that pass, and among them the errors."""

    def __init__(self, ring: LogRing) -> None:
        self.ring = ring
        self.rows: list[Row] = []
        self.errors: list[Row] = []
        self._lens = Lens()
        self.renew()

    @property
    def lens(self) -> Lens:
        """What passes; setting it looks through the whole ring."""
        return self._lens

    @lens.setter
    def lens(self, lens: Lens) -> None:
        self._lens = lens
        self.renew()

    def renew(self) -> None:
        """Look through the whole ring."""
        self.rows = self._lens.passing(self.ring.rows, self.ring)
        self.errors = _errors(self.rows)

    def keep_up(self, taken: Taken) -> None:
        """The ring has taken a portion."""
        clear = self._lens.clear
        newer = taken.newer if clear else self._lens.passing(taken.newer, self.ring)
        self.rows += newer
        self.errors += _errors(newer)
        late = taken.late if clear else self._lens.passing(taken.late, self.ring)
        if not clear and taken.grown:
            late = [*late, *self._looked_at_again(taken.grown)]
        for row in late:
            _put(self.rows, row)
            if is_error(row):
                _put(self.errors, row)
        oldest_ms = self.ring.rows[0].time_ms if self.ring.rows else 0
        _let_go(self.rows, taken.gone, oldest_ms)
        _let_go(self.errors, taken.gone, oldest_ms)

    def index_of(self, row: Row) -> int:
        """Where the row is shown, or the next after it that is."""
        return min(place_of(self.rows, row), max(0, len(self.rows) - 1))

    def after_time(self, ms: int) -> int:
        """The first row at that moment or later; the last one if all are before."""
        return min(bisect_left(self.rows, ms, key=BY_TIME), max(0, len(self.rows) - 1))

    def places(self, needle: Needle) -> list[int]:
        """Where the rows stand that hold it, in their text or their traceback."""
        return needle.places(self.rows, self.ring)

    def nearest_error(self, index: int, step: int) -> int | None:
        """The next error after or before the row at `index`; None if there is none that way."""
        if not self.errors or not self.rows:
            return None
        here = self.rows[index]
        place = place_of(self.errors, here)
        if step > 0:
            place += place < len(self.errors) and self.errors[place] is here
        else:
            place -= 1
        return self.index_of(self.errors[place]) if 0 <= place < len(self.errors) else None

    def counts(self, buckets: int) -> tuple[list[int], list[int], int, int]:
        """Lines and errors in equal parts of the time that is shown; its begin and its end, milliseconds."""
        if not self.rows or buckets <= 0:
            return [], [], 0, 0
        begin, end = self.rows[0].time_ms, self.rows[-1].time_ms + 1
        bounds = [begin + (end - begin) * number // buckets for number in range(buckets + 1)]
        return _between(self.rows, bounds), _between(self.errors, bounds), begin, end

    def _looked_at_again(self, grown: Sequence[Row]) -> list[Row]:
        """Rows that pass now that their traceback says more; those that no longer do are taken away."""
        come: list[Row] = []
        for row in grown:
            passes = bool(self._lens.passing([row], self.ring))
            place = place_of(self.rows, row)
            here = place < len(self.rows) and self.rows[place] is row
            if passes and not here:
                come.append(row)
            elif here and not passes:
                del self.rows[place]
                self.errors = [one for one in self.errors if one is not row]
        return come


def is_error(row: Row) -> bool:
    """Whether something failed here. Of a traceback only its head counts."""
    return row.level in _BAD and getattr(row, "part_of", None) is None


def _errors(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.level in _BAD and is_error(row)]


def _put(rows: list[Row], row: Row) -> None:
    rows.insert(bisect_right(rows, row.time_ms, key=BY_TIME), row)


def _let_go(rows: list[Row], gone: Sequence[Row], oldest_ms: int) -> None:
    """Take away what has fallen out of the ring: it stands at the beginning, in the same order."""
    number = 0
    for row in gone:
        if number < len(rows) and rows[number] is row:
            number += 1
    while number < len(rows) and rows[number].time_ms < oldest_ms:
        number += 1
    del rows[:number]


def _between(rows: Sequence[Row], bounds: Sequence[int]) -> list[int]:
    places = [bisect_left(rows, bound, key=BY_TIME) for bound in bounds]
    return [after - before for before, after in pairwise(places)]
