"""A list of as many events as there are, of which only the pages that are seen have been asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.facts.event import event_line
from screens.widgets.drawn import Drawn
from screens.widgets.line import Line
from tradai_console.models.workflow import Event

PAGE: Final = 100
KEPT_PAGES: Final = 20
"""Pages that are kept: the one that came first gives way."""


class EventList(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """One line an event. `need` is called with the number of a page that is to be drawn and is not here."""

    # Textual takes a widget's default style from its first base alone, and that is not ScrollView.
    DEFAULT_CSS = """
    EventList { overflow-x: hidden; overflow-y: auto; }
    """

    def __init__(self, need: Callable[[int], None]) -> None:
        super().__init__(id="events")
        self._need = need
        self._pages: dict[int, Sequence[Event]] = {}
        self._count = 0
        self._row = 0
        self.local = False

    def grow(self, count: int) -> None:
        """So many events are known now; the last page may have become longer."""
        if count != self._count:
            self._pages.pop(self._count // PAGE, None)
            self._count = count
        self.virtual_size = Size(self.scrollable_content_region.width, count)
        self.refresh()

    def take(self, page: int, events: Sequence[Event]) -> None:
        """These events have come."""
        self._pages[page] = events
        while len(self._pages) > KEPT_PAGES:
            self._pages.pop(next(iter(self._pages)))
        self.refresh()

    @property
    def current(self) -> Event | None:
        """The event under the cursor; None if there is none, or it has not come yet."""
        return self._event(self._row)

    @property
    def page(self) -> int:
        """How many are seen at once."""
        return max(1, self.size.height)

    def move(self, by: int) -> None:
        """Move the cursor; it stops at the ends."""
        self._row = max(0, min(self._row + by, self._count - 1))
        self.scroll_to_region(
            Region(0, self._row, max(1, self.size.width), 1), animate=False, force=True, immediate=True
        )
        self.refresh()

    def on_resize(self) -> None:
        self.grow(self._count)

    def _event(self, row: int) -> Event | None:
        number, place = divmod(row, PAGE)
        if not 0 <= row < self._count:
            return None
        page = self._pages.get(number)
        if page is None:
            self._need(number)
            return None
        return page[place] if place < len(page) else None

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        row = y + self.scroll_offset.y
        under = ("cursor" if self.has_focus else "cursor-blurred") if row == self._row else None
        if row >= self._count:
            words = "no event has been read yet" if y == 0 and not self._count else ""
            return self.strip_of(Line.of((words, "dim")), width)
        event = self._event(row)
        line = Line.of((f"{row + 1:>6} …", "dim")) if event is None else event_line(event, local=self.local)
        return self.strip_of(line, width, under)
