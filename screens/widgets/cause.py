"""The first lines of a workflow: the true cause in words, what to do about it, and whose it is."""

from __future__ import annotations

from screens.facts.told import cause_line, identity_line, way_out_line
from screens.widgets.drawn import LineBar
from screens.widgets.facts_view import wrapped
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from tradai_console.models.workflow import Workflow

MOST = 3
"""Lines that a cause may take: what is longer goes on among the facts."""


class CauseView(LineBar):
    """As high as the cause is long."""

    def __init__(self) -> None:
        super().__init__(id="cause")
        self._lines: tuple[Line, ...] = ()
        self._rest: tuple[Line, ...] = ()
        self._first = Line()

    def show(self, workflow: Workflow, moment: Moment) -> None:
        """Tell of this workflow."""
        rest = (way_out_line(workflow), identity_line(workflow, moment))
        self.say(cause_line(workflow), *(line for line in rest if line.spans))

    def say(self, first: Line, *rest: Line) -> None:
        """These lines, the first of them wrapped."""
        self._first, self._rest = first, rest
        self._lay()

    def on_resize(self) -> None:
        self._lay()

    def _lay(self) -> None:
        width = self.size.width - 4
        if width < 8:
            return
        first = wrapped(self._first, width, 2)
        if len(first) > MOST:
            first = [*first[: MOST - 1], Line.of(first[MOST - 1], " ", first[MOST]).fit(width)]
        self._lines = (*first, *self._rest)
        if self.styles.height is None or self.styles.height.value != len(self._lines):
            self.styles.height = len(self._lines)
        self.refresh()

    def lines(self, width: int) -> tuple[Line, ...]:
        heads = (Line.of((" ‹ ", "key")),) + (Line.of("   "),) * len(self._lines)
        return tuple(Line.of(head, line).fit(width) for head, line in zip(heads, self._lines, strict=False))
