"""The lines of the rows that were seen last: a key that moves the cursor draws none of them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from screens.log.rows import Look
from screens.widgets.line import Line


class Sketch(NamedTuple):
    """All that a row's lines depend on, beside the look."""

    row: str
    """Its id."""
    opened: bool
    marked: bool
    parts: int
    """Lines of its traceback so far."""
    following: str
    """The row after it, where the silence between the two is shown."""


class Sketches:
    """What was drawn for this picture and the one before."""

    def __init__(self) -> None:
        self._look: Look | None = None
        self._lines: dict[Sketch, list[Line]] = {}
        self._before: dict[Sketch, list[Line]] = {}

    def begin(self, look: Look) -> None:
        """Another picture is laid out; in another look nothing can be used again."""
        self._before = self._lines if look is self._look else {}
        self._lines = {}
        self._look = look

    def lines(self, sketch: Sketch, draw: Callable[[], list[Line]]) -> list[Line]:
        """The row's lines, drawn if they are not known."""
        lines = self._lines.get(sketch)
        if lines is None:
            lines = self._before.get(sketch)
            self._lines[sketch] = lines = draw() if lines is None else lines
        return lines
