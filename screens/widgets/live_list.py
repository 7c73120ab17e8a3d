"""A list that is replaced many times a minute and never loses the reader's place.

Only what is seen is drawn, so that five thousand alarms cost no more than ten. The cursor is held by identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.widgets.at_once import paint_at_once
from screens.widgets.drawn import Drawn
from screens.widgets.line import Line

T = TypeVar("T")
_Row = tuple[Line, str | None]


class LiveList(Drawn, ScrollView, Generic[T], can_focus=True, inherit_bindings=False):
    """Items of one kind, `item_height` lines each, one of them under the cursor.

    Textual's own keys of a scrolling widget are not inherited: arrows move the cursor, by the table of actions.
    """

    DEFAULT_CSS = """
    LiveList {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-color: $panel;
        scrollbar-background: $background;
    }
    """

    item_height = 1
    header_height: reactive[int] = reactive(0, init=False)
    """Lines above the items that do not scroll."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.items: Sequence[T] = ()
        self.cursor_key: str | None = None
        self._index = 0
        self._painted: dict[int, _Row] = {}

    def key_of(self, item: T) -> str:
        """What an item is known by, whatever else of it changes."""
        raise NotImplementedError

    def draw(self, item: T, width: int) -> Sequence[Line]:
        """An item's lines, `item_height` of them."""
        raise NotImplementedError

    def draw_header(self, width: int) -> Sequence[Line]:
        """The lines above, `header_height` of them."""
        del width
        return ()

    def draw_empty(self, width: int) -> Sequence[Line]:
        """What stands there instead of items."""
        del width
        return ()

    def show(self, items: Sequence[T]) -> None:
        """Replace the items; the cursor stays on its item, or on its place if the item is gone."""
        self.items = items
        self._index = self._find(self.cursor_key)
        self.cursor_key = self.key_of(items[self._index]) if items else self.cursor_key
        self._resize()
        self.redraw()

    def redraw(self) -> None:
        """Repaint the rows whose words or cursor have changed, and no other: ages change one row at a time."""
        width = self.size.width
        for y in range(self.size.height):
            if self._painted.get(y) != self._row(y):
                self.refresh(Region(0, y, width, 1))

    @property
    def current(self) -> T | None:
        """The item under the cursor."""
        return self.items[self._index] if self._index < len(self.items) else None

    def move(self, steps: int) -> None:
        """Move the cursor; it stops at the ends."""
        self.move_to(self._index + steps)

    def move_to(self, index: int) -> None:
        """Put the cursor on that item, the nearest there is."""
        if not self.items:
            return
        self._index = max(0, min(index, len(self.items) - 1))
        self.cursor_key = self.key_of(self.items[self._index])
        self._reveal()
        self.redraw()
        paint_at_once(self)

    def select(self, key: str) -> bool:
        """Put the cursor on the item with this identity; whether it is here."""
        index = next((i for i, item in enumerate(self.items) if self.key_of(item) == key), None)
        if index is not None:
            self.move_to(index)
        return index is not None

    @property
    def page(self) -> int:
        """How many items are seen at once."""
        return max(1, (self.size.height - self.header_height) // self.item_height)

    def render_line(self, y: int) -> Strip:
        row = self._painted[y] = self._row(y)
        line, under = row
        return self.strip_of(line, self.scrollable_content_region.width, under)

    def _row(self, y: int) -> _Row:
        """What stands in that row now: its words, and under which cursor."""
        width = self.scrollable_content_region.width
        if y < self.header_height:
            return _line_at(self.draw_header(width), y), None
        if not self.items:
            return _line_at(self.draw_empty(width), y - self.header_height), None
        index, part = divmod(y - self.header_height + self.scroll_offset.y, self.item_height)
        if index >= len(self.items):
            return Line(), None
        under = ("cursor" if self.has_focus else "cursor-blurred") if index == self._index else None
        return _line_at(self.draw(self.items[index], width), part), under

    def _find(self, key: str | None) -> int:
        if not self.items:
            return 0
        if self._index < len(self.items) and key == self.key_of(self.items[self._index]):
            return self._index
        found = next((i for i, item in enumerate(self.items) if self.key_of(item) == key), None)
        return min(self._index, len(self.items) - 1) if found is None else found

    def _resize(self) -> None:
        height = len(self.items) * self.item_height + self.header_height
        self.virtual_size = Size(self.size.width, height)

    def _reveal(self) -> None:
        top = self._index * self.item_height
        region = Region(0, top, max(1, self.size.width), self.item_height + self.header_height)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        self._resize()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


def _line_at(lines: Sequence[Line], y: int) -> Line:
    return lines[y] if y < len(lines) else Line()
