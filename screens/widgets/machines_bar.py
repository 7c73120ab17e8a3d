"""How each state machine has done in the last day: a line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from screens.panes.workflows import machine_word
from screens.widgets.drawn import LineBar
from screens.widgets.line import Line
from screens.widgets.words import UNKNOWN, exact_span
from tradai_console.models.machine_record import MachineRecord

MOST: Final = 6
"""Machines that have a line; of more the last line says how many."""

BAR: Final = 20


class MachinesBar(LineBar):
    """The records, the machine that the list is kept to marked."""

    def __init__(self) -> None:
        super().__init__(id="machines")
        self._records: tuple[MachineRecord, ...] = ()
        self._only: str | None = None

    def show(self, records: Sequence[MachineRecord], only: str | None) -> None:
        """Draw these."""
        if (tuple(records), only) == (self._records, self._only):
            return
        self._records, self._only = tuple(records), only
        self.styles.height = min(MOST + 1, len(self._records)) + 2
        self.refresh()

    def lines(self, width: int) -> tuple[Line, ...]:
        shown = self._records[:MOST]
        name = max((len(machine_word(one.machine)) for one in shown), default=8)
        lines = [self._line(one, min(name, 30), width) for one in shown]
        rest = len(self._records) - len(shown)
        return (*lines, *((Line.of((f"  and {rest} machines more: m", "dim")),) if rest else ()))

    def _line(self, one: MachineRecord, name: int, width: int) -> Line:
        rate = one.success_rate
        here = self._only == one.machine
        marked = Line.of(("▶ " if here else "  ", "accent"), (machine_word(one.machine), "strong")).fit(
            name + 2
        )
        bad = one.failed + one.caught
        return Line.of(
            marked,
            "  ",
            (_share(rate), "dim" if rate is None else "bad" if rate < 0.8 else "warn" if rate < 1 else "good"),
            (f" {_strip(rate)}  " if width >= 100 else "  ", "good" if not bad else "warn"),
            (f"{one.succeeded} good", "plain"),
            (f"  {one.failed} failed" if one.failed else "", "bad"),
            (f"  {one.caught} caught" if one.caught else "", "warn"),
            (f"  {one.running} running" if one.running else "", "info"),
            (f"   usually {UNKNOWN if one.usual_s is None else exact_span(one.usual_s)}", "dim"),
        )  # fmt: skip


def _share(rate: float | None) -> str:
    return "   ?" if rate is None else f"{100 * rate:3.0f}%"


def _strip(rate: float | None) -> str:
    full = 0 if rate is None else round(rate * BAR)
    return "█" * full + "░" * (BAR - full)
