"""The rows on the screen: a window on what is shown of a ring, with a cursor, drawn line by line.

Only what is seen is ever laid out, so that fifty thousand rows cost no more than forty. The cursor and the window's
top are held by the rows themselves: what comes in above or below them, or falls out, moves neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Final

from textual.events import Resize
from textual.geometry import Region
from textual.strip import Strip

from screens.log.ring import Row
from screens.log.rows import Look, drawn, silence
from screens.log.shown import Shown
from screens.log.sketches import Sketch, Sketches
from screens.widgets.drawn import Drawn
from screens.widgets.line import Line, Span
from tradai_console.models.log import LogLine

FRAME_S: Final = 1 / 10
"""The shortest time between two pictures of a log that flows."""


_GROUNDED: Final = frozenset({"hit", "lit", "critical"})
"""Styles that are seen where there is no letter."""


@dataclass(frozen=True)
class Spot:
    """A line of a row: its row's place among what is shown, and which of its lines."""

    index: int
    line: int


class LogView(Drawn, can_focus=True):
    """What the panel around it decides, drawn. It knows no keys."""

    DEFAULT_CSS = """
    LogView { height: 1fr; width: 1fr; }
    """

    def __init__(self, shown: Shown) -> None:
        super().__init__(id="lines")
        self.shown = shown
        self.look = Look()
        self.opened: set[str] = set()
        """Rows whose traceback is unfolded, by id."""
        self.marks: dict[str, Row] = {}
        self.following = True
        """Whether the newest row is kept in view, under the cursor."""
        self.empty: tuple[Line, ...] = ()
        """What stands there while there are no rows."""
        self._cursor: tuple[Row, int] | None = None
        self._top: tuple[Row, int] | None = None
        self._frame: list[tuple[Line, str | None]] = []
        self._sketches = Sketches()
        self._due = False

    def show(self, shown: Shown) -> None:
        """Draw another log, from its end."""
        self.shown = shown
        self.opened.clear()
        self.marks.clear()
        self.following = True
        self._cursor = self._top = None

    def forget(self, gone: Sequence[Row]) -> None:
        """These rows are not in the ring any more."""
        for row in gone if self.marks or self.opened else ():
            self.marks.pop(row.event_id, None)
            self.opened.discard(row.event_id)

    # Where the cursor is

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        spot = self._spot(self._cursor)
        return self.shown.rows[spot.index] if spot is not None else None

    @property
    def index(self) -> int:
        """The place of the row under the cursor."""
        spot = self._spot(self._cursor)
        return spot.index if spot is not None else 0

    def move(self, lines: int) -> None:
        """Move the cursor by so many lines; at the end it follows again."""
        spot = self._spot(self._cursor)
        if spot is None:
            return
        steps = self._below(spot) if lines > 0 else self._above(spot)
        target = _last(islice(steps, abs(lines) + 1), spot)
        self.following = lines > 0 and target == self._end()
        self._put(target)

    def move_to(self, index: int) -> None:
        """Put the cursor on the row at that place."""
        if self.shown.rows:
            self.following = False
            self._put(Spot(max(0, min(index, len(self.shown.rows) - 1)), 0))

    def follow(self) -> None:
        """To the newest row, and stay there. All rows may be others: the border answers the key, they come after it."""
        self.following = True
        self.call_later(self.paint)

    # Pictures

    def renew(self) -> None:
        """What is shown has changed: paint, but no more often than the frame rate allows."""
        if self._due:
            return
        self._due = True
        self.set_timer(FRAME_S, self._paint_due)

    def _paint_due(self) -> None:
        self._due = False
        self.paint()

    def paint(self) -> None:
        """Lay out what is seen now, and repaint the lines that have changed."""
        before, self._frame = self._frame, self._laid_out()
        width, height = self.size
        for first, after in _runs([_at(before, y) != _at(self._frame, y) for y in range(height)]):
            self.refresh(Region(0, first, width, after - first))

    def on_resize(self, event: Resize) -> None:
        self.look = replace(self.look, width=event.size.width)
        self._repaint()

    def render_line(self, y: int) -> Strip:
        if not self._frame and self.size.height:
            self._frame = self._laid_out()
        line, under = _at(self._frame, y)
        return self.strip_of(_thinned(line.fit(self.size.width)), self.size.width, under)

    def on_focus(self) -> None:
        self._repaint()

    def on_blur(self) -> None:
        self._repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._frame = []

    def _repaint(self) -> None:
        self._frame = []
        self.refresh()

    # Laying out

    def _laid_out(self) -> list[tuple[Line, str | None]]:
        self._sketches.begin(self.look)
        rows, height = self.shown.rows, self.size.height
        if not rows:
            self._cursor = self._top = None
            return [(line, None) for line in self.empty]
        if self.following:
            end = self._end()
            self._cursor = rows[end.index], end.line
        top = self._window(height)
        cursor = self._spot(self._cursor)
        bright = "cursor" if self.has_focus else "cursor-blurred"
        frame: list[tuple[Line, str | None]] = []
        for index in range(top.index, len(rows)):
            for number, line in enumerate(self._lines(index)):
                if (index, number) < (top.index, top.line):
                    continue
                same = cursor is not None and index == cursor.index
                under = bright if Spot(index, number) == cursor else "cursor-blurred" if same else None
                frame.append((line, under))
                if len(frame) >= height:
                    return frame
        return frame

    def _window(self, height: int) -> Spot:
        """The first line that is seen: the one from before, moved as little as the cursor needs."""
        cursor = self._spot(self._cursor) or self._end()
        top = self._spot(self._top) or cursor
        if (cursor.index, cursor.line) < (top.index, top.line):
            top = cursor
        elif self._count(top, cursor, height) >= height:
            top = self._back(cursor, height - 1)
        # No empty lines below the last row as long as there is something above.
        top = min(top, self._back(self._end(), height - 1), key=lambda spot: (spot.index, spot.line))
        self._top = self.shown.rows[top.index], top.line
        return top

    def _lines(self, index: int) -> list[Line]:
        rows, row = self.shown.rows, self.shown.rows[index]
        parts = self.shown.ring.parts_of(row)
        opened, marked = row.event_id in self.opened, row.event_id in self.marks
        following = rows[index + 1] if self.look.story and index + 1 < len(rows) else None

        def draw() -> list[Line]:
            lines = drawn(row, self.look, parts, opened=opened, marked=marked)
            between = silence(row, following, self.look) if following is not None else None
            return lines if between is None else [*lines, between]

        after = following.event_id if following is not None else ""
        return self._sketches.lines(Sketch(row.event_id, opened, marked, len(parts), after), draw)

    def _height(self, index: int) -> int:
        """Of how many lines the row is; most need not be drawn to know that."""
        look, row = self.look, self.shown.rows[index]
        plain = isinstance(row, LogLine) and not look.wrap and not look.story
        return 1 if plain and not self.shown.ring.parts_of(row) else len(self._lines(index))

    def _end(self) -> Spot:
        index = len(self.shown.rows) - 1
        return Spot(index, self._height(index) - 1)

    def _spot(self, held: tuple[Row, int] | None) -> Spot | None:
        """Where a row that is held is now; the one after it if it is gone. None: nothing is shown, or held."""
        if not self.shown.rows:
            return None
        if held is None:
            return self._end()
        row, line = held
        index = self.shown.index_of(row)
        return Spot(index, min(line, self._height(index) - 1))

    def _put(self, spot: Spot) -> None:
        self._cursor = self.shown.rows[spot.index], spot.line
        self.paint()

    def _below(self, spot: Spot) -> Iterator[Spot]:
        for index in range(spot.index, len(self.shown.rows)):
            for line in range(spot.line if index == spot.index else 0, self._height(index)):
                yield Spot(index, line)

    def _above(self, spot: Spot) -> Iterator[Spot]:
        for index in range(spot.index, -1, -1):
            last = spot.line if index == spot.index else self._height(index) - 1
            for line in range(last, -1, -1):
                yield Spot(index, line)

    def _back(self, spot: Spot, lines: int) -> Spot:
        """So many lines further up, or the first of all."""
        return _last(islice(self._above(spot), lines + 1), spot)

    def _count(self, top: Spot, spot: Spot, most: int) -> int:
        """Lines from the one to the other, as far as it matters."""
        if spot.index - top.index >= most:
            return most
        for number, one in enumerate(self._below(top)):
            if one == spot or number >= most:
                return number
        return most


def _thinned(line: Line) -> Line:
    """The line in fewer spans: blanks take the style before them. A terminal is sent a fourth less for a page of rows."""
    spans: list[Span] = []
    for span in line.spans:
        before = spans[-1] if spans else None
        if before is not None and (
            before.style == span.style or (span.text.isspace() and before.style not in _GROUNDED)
        ):
            spans[-1] = Span(before.text + span.text, before.style)
        else:
            spans.append(span)
    return Line(tuple(spans))


def _last(spots: Iterable[Spot], otherwise: Spot) -> Spot:
    for spot in spots:
        otherwise = spot
    return otherwise


def _runs(changed: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The runs of what has changed: where each begins, and where it is over."""
    for same, run in groupby(enumerate(changed), key=lambda one: one[1]):
        places = [place for place, _ in run]
        if same:
            yield places[0], places[-1] + 1


def _at(frame: list[tuple[Line, str | None]], y: int) -> tuple[Line, str | None]:
    return frame[y] if y < len(frame) else (Line(), None)
