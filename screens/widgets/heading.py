"""The line under the frame: what the screen is about, and the way back."""

from __future__ import annotations

from screens.widgets.drawn import LineBar
from screens.widgets.line import Line


class Heading(LineBar):
    """`‹` and the thing."""

    def __init__(self) -> None:
        super().__init__(id="heading")
        self._line = Line()

    def show(self, line: Line) -> None:
        """Replace what stands there, if it is something else."""
        if line != self._line:
            self._line = line
            self.refresh()

    def lines(self, width: int) -> tuple[Line, ...]:
        return (Line.of((" ‹ ", "key"), self._line).fit(width),)
