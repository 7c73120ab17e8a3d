"""A log that follows: lines from a bounded ring, drawn only where they are seen."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from typing import Final

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.widgets.drawn import Drawn
from screens.widgets.line import Line
from screens.widgets.words import stamp
from tradai_console.models.log import LogLine, LogNote

Row = LogLine | LogNote
MOST: Final = 5_000
"""Lines that are kept; the oldest go first, and are counted."""

_LEVELS: Final = {"ERROR": "bad", "CRITICAL": "bad", "WARNING": "warn", "DEBUG": "dim"}
_SHORT: Final = {"WARNING": "WARN", "CRITICAL": "CRIT"}


class LogRing:
    """The newest lines in the order of time; late ones go in their place. The same line is kept once."""

    def __init__(self, most: int = MOST) -> None:
        self.rows: list[Row] = []
        self.dropped = 0
        self._most = most
        self._known: set[str] = set()

    def take(self, rows: Iterable[Row]) -> None:
        """Add rows; what is known already is left out."""
        for row in rows:
            if isinstance(row, LogLine):
                if row.event_id in self._known:
                    continue
                self._known.add(row.event_id)
            if self.rows and row.time_ms < self.rows[-1].time_ms:
                insort(self.rows, row, key=lambda one: one.time_ms)
            else:
                self.rows.append(row)
        over = len(self.rows) - self._most
        if over > 0:
            self._known.difference_update(
                row.event_id for row in self.rows[:over] if isinstance(row, LogLine)
            )
            del self.rows[:over]
            self.dropped += over


class LogView(Drawn, ScrollView, can_focus=True):
    """The ring on the screen. It follows while its end is seen; scrolling up stays where it is."""

    def __init__(self, ring: LogRing) -> None:
        super().__init__(id="log")
        self._ring = ring
        self.local = False

    def renew(self) -> None:
        """The ring has changed, or how times are shown."""
        following = self.following
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._ring.rows))
        if following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True, immediate=True)
        self.refresh()

    @property
    def following(self) -> bool:
        """Whether the newest line is in view."""
        return self.scroll_offset.y >= self.max_scroll_y - 1

    def on_resize(self) -> None:
        self.renew()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        rows = self._ring.rows
        if index >= len(rows):
            return self.strip_of(Line.of(("no line yet", "dim")) if y == 0 and not rows else Line(), width)
        return self.strip_of(log_line(rows[index], local=self.local), width)


def log_line(row: Row, *, local: bool) -> Line:
    """One row: time, level, who, what."""
    if isinstance(row, LogNote):
        return Line.of((f"── {row.words} ", "warn"))
    when = Line.of((stamp(row.time, local=local) + f".{row.time_ms % 1000:03} ", "dim"))
    style = _LEVELS.get(row.level or "", "plain")
    if row.part_of is not None:
        return Line.of(when, "      ", (row.message, style))
    level = (_SHORT.get(row.level or "", row.level or "") or "").ljust(5)
    who = f"{row.logger}  " if row.logger else ""
    return Line.of(
        when,
        (level, style),
        " ",
        (who, "info"),
        (row.message, style),
        (" late" if row.late else "", "accent"),
    )
