"""A text of any size, drawn line by line: folded, searched, scrolled sideways or wrapped."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.facts.json_text import FoldedText
from screens.widgets.drawn import Drawn
from screens.widgets.line import Line


class PayloadView(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """The cursor is on a line; what is looked for is marked wherever it stands."""

    # Textual takes a widget's default style from its first base alone, and that is not ScrollView.
    DEFAULT_CSS = """
    PayloadView { overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; }
    """

    def __init__(self) -> None:
        super().__init__(id="payload")
        self._text = FoldedText(())
        self._words = ""
        self._row = 0
        self._left = 0
        self.wraps = True
        self.needle = ""
        self._rows: Sequence[tuple[int, int]] = ()
        """What stands in each row when lines are wrapped: a line, and from which sign on."""

    def say(self, words: str) -> None:
        """Nothing to draw but these words."""
        self._text, self._words = FoldedText(()), words
        self._lay(0)

    def show(self, lines: Sequence[str]) -> None:
        """Draw these lines, folded if they are many."""
        self._text, self._words, self._row, self._left = FoldedText(lines), "it is empty", 0, 0
        self._lay(0)
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)

    @property
    def lines(self) -> Sequence[str]:
        """The text, whole."""
        return self._text.lines

    @property
    def number(self) -> int:
        """The line under the cursor, as it is counted in the whole text."""
        return self._at(self._row)[0] if self._count else 0

    def on_resize(self) -> None:
        self._lay(self.number)

    # What is under the cursor

    def move(self, by: int) -> None:
        """Move the cursor by rows."""
        self._put(self._row + by)

    def edge(self, end: int) -> None:
        """To the first or the last line."""
        self._put(0 if end < 0 else self._count - 1)

    def fold(self) -> bool:
        """Fold or open what the line opens; of a line inside it that is what it stands in. False: there is nothing."""
        number = self.number
        if not self._text.toggle(number):
            return False
        self._lay(number)
        return True

    def fold_all(self) -> None:
        """Everything but the outermost."""
        self._text.fold_all(1)
        self._lay(0)

    def open_all(self) -> None:
        """Nothing hidden."""
        number = self.number
        self._text.open_all()
        self._lay(number)

    def turn_wrap(self) -> None:
        """Long lines below each other, or out to the right."""
        number = self.number
        self.wraps, self._left = not self.wraps, 0
        self._lay(number)

    def sideways(self, by: int) -> None:
        """Show the lines from further right."""
        longest = max((len(self._text.lines[number]) for number, _ in self._seen()), default=0)
        self._left = 0 if self.wraps else max(0, min(self._left + by, max(0, longest - 8)))
        self.refresh()

    def find(self, needle: str, way: int) -> tuple[int, int]:
        """Go to the next line that holds it, or the one before; at 0 the one here counts too. Which, of how many."""
        self.needle = needle
        found = self._text.find(needle) if needle else []
        self.refresh()
        if not found:
            return 0, 0
        here = self.number
        if way >= 0:
            place = next((n for n, one in enumerate(found) if one > here or (way == 0 and one == here)), 0)
        else:
            place = next((n for n in range(len(found) - 1, -1, -1) if found[n] < here), len(found) - 1)
        self._text.reveal(found[place])
        self._lay(found[place])
        return place + 1, len(found)

    # Drawing

    @property
    def _width(self) -> int:
        return max(8, self.scrollable_content_region.width)

    @property
    def _count(self) -> int:
        return len(self._rows) if self.wraps else len(self._text.shown)

    def _at(self, row: int) -> tuple[int, int]:
        """The line that a row shows, and from which sign on."""
        return self._rows[row] if self.wraps else (self._text.shown[row], self._left)

    def _seen(self) -> list[tuple[int, int]]:
        top = self.scroll_offset.y
        return [self._at(row) for row in range(top, min(self._count, top + self.size.height))]

    def _lay(self, number: int) -> None:
        """Count the rows anew and put the cursor on that line."""
        if self.wraps:
            width, lines = self._width, self._text.lines
            self._rows = [
                (one, start)
                for one in self._text.shown
                for start in (range(0, len(lines[one]), width) if len(lines[one]) > width else (0,))
            ]
        self.virtual_size = Size(self._width, max(1, self._count))
        self._put(self._row_of(number))

    def _row_of(self, number: int) -> int:
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._at(middle)[0] < number else (low, middle)
        return low

    def _put(self, row: int) -> None:
        self._row = max(0, min(row, self._count - 1))
        self.scroll_to_region(Region(0, self._row, self._width, 1), animate=False, force=True, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        if row >= self._count:
            words = Line.of((self._words, "dim")) if y == 0 and not self._count else Line()
            return self.strip_of(words, self._width)
        number, left = self._at(row)
        under = "cursor" if row == self._row else None
        return self.strip_of(self._text.draw(number, left, self._width, self.needle), self._width, under)
