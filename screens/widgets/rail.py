"""On a small screen: one line that tells of every pane whether it is live and whether it needs somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.reactive import reactive

from screens.widgets.drawn import LineBar
from screens.widgets.line import Line
from screens.widgets.pane import Moment, Pane
from tradai_console.models.board import Board


class PaneRail(LineBar):
    """`1 Alerts ▲2  2 Services  3 Database …`, the current one marked."""

    board: reactive[Board] = reactive(Board)
    moment: reactive[Moment] = reactive(Moment)
    current: reactive[int] = reactive(1)

    def __init__(self, panes: Sequence[type[Pane[Any]]]) -> None:
        super().__init__(id="rail")
        self._kinds = panes

    def lines(self, width: int) -> tuple[Line, ...]:
        shown = {pane.digit: pane for pane in self.screen.query(Pane).results(Pane)}
        for short in (False, True):
            line = Line.of(" ")
            for kind in self._kinds:
                pane = shown.get(kind.digit)
                if pane is not None:
                    line = Line.of(line, self._tab(pane, short=short), "  ")
            if line.width <= width:
                break
        return (line,)

    def _tab(self, pane: Pane[Any], *, short: bool) -> Line:
        current = pane.digit == self.current
        state = pane.snapshot.state_at(self.moment.monotonic)
        name = pane.name_short if short else pane.name_shown
        return Line.of(
            (f"{pane.digit} ", "key"),
            (name, "accent" if current else "plain"),
            (f" ▲{pane.troubles}", "bad") if pane.troubles else "",
            "" if state.trusted else (f" {state.value[:5]}", "warn"),
        )
