"""Sections of lines that scroll: the left side of the Detail screen."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.facts.facts import NAMES_WIDTH as HANGING
from screens.facts.facts import Section
from screens.widgets.drawn import Drawn
from screens.widgets.line import Line


class FactsView(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """Headings and facts; long values go on below, nothing is cut away."""

    # Textual takes a widget's default style from its first base alone, and that is not ScrollView.
    DEFAULT_CSS = """
    FactsView { overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; }
    """

    def __init__(self) -> None:
        super().__init__(id="facts")
        self._sections: tuple[Section, ...] = ()
        self._lines: tuple[Line, ...] = ()

    def show(self, sections: tuple[Section, ...]) -> None:
        """Replace what is shown; the place is kept."""
        self._sections = sections
        self._lay()

    def on_resize(self) -> None:
        self._lay()

    def _lay(self) -> None:
        width = max(10, self.scrollable_content_region.width)
        lines: list[Line] = []
        for section in self._sections:
            if lines:
                lines.append(Line())
            lines.append(Line.of((section.title, "key")))
            for line in section.lines:
                lines.extend(wrapped(line, width))
        self._lines = tuple(lines)
        self.virtual_size = Size(width, len(lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        return self.strip_of(
            self._lines[index] if index < len(self._lines) else Line(), self.scrollable_content_region.width
        )


def wrapped(line: Line, width: int, hang: int | None = None) -> list[Line]:
    """A line as many lines, broken at spaces where there are any.

    What continues begins at `hang`; None: under the value of a named fact, else a little further in.
    """
    if line.width <= width:
        return [line]
    indent = Line.of(" " * min(_hang(line) if hang is None else hang, width // 3))
    lines: list[Line] = []
    current, room = Line(), width
    for span in line.spans:
        rest = span.text
        while rest:
            part, rest = _break(rest, room, fresh=room >= width - indent.width)
            current = Line.of(current, (part, span.style))
            room -= cell_len(part)
            if rest:
                lines.append(current)
                current, room = indent, width - indent.width
    return [*lines, current]


def _hang(line: Line) -> int:
    """Under the value of a named fact; else two cells in from where the line begins."""
    first = line.spans[0]
    if first.style == "dim" and cell_len(first.text) == HANGING and first.text.endswith(" "):
        return HANGING
    return len(line.plain) - len(line.plain.lstrip()) + 2


def _break(text: str, room: int, *, fresh: bool) -> tuple[str, str]:
    """As much of the text as has room, up to a space if one is near, and what is left.

    A word that is longer than what is left of a line begins on the next one; on a fresh line it is cut.
    """
    if cell_len(text) <= room:
        return text, ""
    kept = set_cell_size(text, max(0, room))
    space = kept.rfind(" ")
    if space > 0:
        kept = kept[:space]
    elif not fresh:
        kept = ""
    return kept, text[len(kept) :].lstrip()
