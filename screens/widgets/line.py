"""A line of styled text: the one thing that every list of the console is drawn from.

Pure values: a test reads `line.plain`; a widget turns them into a Strip. Values from outside stay values, so no
markup is ever parsed. A style is a name (`bad`, `dim`), which the theme gives its colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size

STYLES: Final = frozenset(
    {"plain", "dim", "strong", "good", "warn", "bad", "critical", "accent", "key", "info"}
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
