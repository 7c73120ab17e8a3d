"""A line of styled text: the one thing that every list of the console is drawn from.

Pure values: a test reads `line.plain`; a widget turns them into a Strip. Values from outside stay values, so no
markup is ever parsed. A style is a name (`bad`, `dim`), which the theme gives its colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size

_MOST_MARKS: Final = 6
"""Characters that one cell may hold: a letter and what is drawn onto it."""

STYLES: Final = frozenset(
    {"plain", "dim", "strong", "good", "warn", "bad", "critical", "accent", "key", "info", "hit", "lit"}
    | {f"hue{number}" for number in range(8)}
)
"""The names that a span may carry; each list widget has a component class for each."""


@dataclass(frozen=True)
class Span:
    """A run of text in one style."""

    text: str
    style: str = "plain"


@dataclass(frozen=True)
class Line:
    """Spans side by side."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, *parts: str | tuple[str, str] | Line) -> Line:
        """Assemble from texts, (text, style) pairs and lines; empty texts are left out."""
        spans: list[Span] = []
        for part in parts:
            if isinstance(part, Line):
                spans.extend(part.spans)
            elif isinstance(part, str):
                spans.append(Span(part))
            else:
                spans.append(Span(*part))
        return cls(tuple(span for span in spans if span.text))

    @property
    def plain(self) -> str:
        return "".join(span.text for span in self.spans)

    @property
    def width(self) -> int:
        """In terminal cells."""
        return sum(cell_len(span.text) for span in self.spans)

    def fit(self, width: int, *, align: str = "left") -> Line:
        """Exactly that wide: cut with an ellipsis, or filled with spaces."""
        if width <= 0:
            return Line()
        missing = width - self.width
        if missing >= 0:
            gap = Span(" " * missing)
            return Line((gap, *self.spans) if align == "right" else (*self.spans, gap))
        return self._cut(width)

    def _cut(self, width: int) -> Line:
        room, kept = width - 1, []
        for span in self.spans:
            wide = cell_len(span.text)
            if wide <= room:
                kept.append(span)
                room -= wide
                continue
            kept.append(Span(set_cell_size(span.text, room).rstrip() + "…", span.style))
            break
        return Line(tuple(kept)).fit(width) if Line(tuple(kept)).width < width else Line(tuple(kept))


def split_at(text: str, width: int) -> tuple[str, str]:
    """The beginning of the text that fits into so many cells, and the rest. No character is cut or lost."""
    if len(text) <= width and cell_len(text) <= width:
        return text, ""
    low, high = 0, min(len(text), width * _MOST_MARKS)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cell_len(text[:middle]) <= width else (low, middle - 1)
    # What is drawn onto a character stays with it.
    while low < len(text) and cell_len(text[low]) == 0:
        low += 1
    return text[:low], text[low:]


def folded(line: Line, width: int) -> list[Line]:
    """A line as many lines of at most that width, cut behind a space where one is near. Always at least one."""
    lines: list[Line] = []
    current: list[Span] = []
    room = width
    for span in line.spans:
        rest = span.text
        while rest:
            part, left = split_at(rest, room)
            space = part.rfind(" ") + 1
            if left and left[0] != " " and space > len(part) // 2:
                part, left = part[:space], part[space:] + left
            if not part and room == width:  # a character that is wider than the line
                part, left = rest[:1], rest[1:]
            if part:
                current.append(Span(part, span.style))
                room -= cell_len(part)
            rest = left
            if rest:
                lines.append(Line(tuple(current)))
                current, room = [], width
    return [*lines, Line(tuple(current))]


def without_beginning(line: Line, width: int) -> Line:
    """What is left of the line when its first `width` cells are out of sight; half a wide character is a space."""
    spans: list[Span] = []
    for span in line.spans:
        if width <= 0:
            spans.append(span)
            continue
        gone, rest = split_at(span.text, width)
        missing = width - cell_len(gone)
        if rest and missing > 0:
            rest = " " * (cell_len(rest[0]) - missing) + rest[1:]
            missing = 0
        width = missing
        if rest:
            spans.append(Span(rest, span.style))
    return Line(tuple(spans))


def beside(left: Line, right: Line, width: int) -> Line:
    """One at each end; the right one stays whole, the left one gives way."""
    room = width - right.width - (1 if right.spans else 0)
    if room < 4:
        return left.fit(width)
    return Line.of(left.fit(room), " " if right.spans else "", right)


def joined(parts: Iterable[Line], gap: str = "  ") -> Line:
    """Side by side with a gap; empty ones are left out."""
    spans: list[Span] = []
    for part in parts:
        if part.spans:
            if spans:
                spans.append(Span(gap))
            spans.extend(part.spans)
    return Line(tuple(spans))
