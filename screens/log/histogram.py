"""The strip over a log: how many lines and how many errors came when, and where in it the cursor is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from screens.widgets.drawn import LineBar
from screens.widgets.line import Line

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Histogram:
    """Counts in equal parts of a time."""

    lines: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    begins: str = ""
    """The time of the first part's begin, as it is shown."""
    ends: str = ""
    here: int | None = None
    """The part that the cursor is in."""


class HistogramStrip(LineBar):
    """One line of bars, and under it one of errors where there is room."""

    DEFAULT_CSS = """
    HistogramStrip { height: 2; }
    HistogramStrip.-flat { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__(id="histogram")
        self._histogram = Histogram()

    @property
    def buckets(self) -> int:
        """Parts that there is room for beside the times."""
        return max(0, self.size.width - 2 * _TIME - 2)

    def show(self, histogram: Histogram) -> None:
        """Draw this one, if it is another."""
        if histogram != self._histogram:
            self._histogram = histogram
            self.refresh()

    def lines(self, width: int) -> tuple[Line, ...]:
        shown = self._histogram
        if not shown.lines or width < 2 * _TIME + 4:
            return (Line(), Line())
        flat = self.has_class("-flat")
        bars = Line.of(
            *(
                (sign, _ink(bool(errors) and flat, here=place == shown.here))
                for place, (sign, errors) in enumerate(zip(blocks(shown.lines), shown.errors, strict=True))
            )
        )
        first = Line.of((f"{shown.begins:>{_TIME}} ", "dim"), bars, (f" {shown.ends}", "dim"))
        total = sum(shown.errors)
        lead = f"{'errors' if total else ''}".rjust(_TIME)
        second = Line.of(
            (f"{lead} ", "bad"),
            (
                "".join(
                    "│" if place == shown.here and sign == " " else sign
                    for place, sign in enumerate(blocks(shown.errors))
                ),
                "bad",
            ),
            (f" {total}" if total else "", "bad"),
        )
        return first, second


_TIME: Final = 5


def blocks(counts: Sequence[int]) -> str:
    """A block for each count beside the greatest; what is not nothing is at least the lowest. Nothing is a space."""
    most = max(counts, default=0)
    steps = len(_BLOCKS) - 1
    return "".join(_BLOCKS[max(1, round(steps * count / most))] if count else " " for count in counts)


def _ink(bad: bool, *, here: bool) -> str:
    return "key" if here else "bad" if bad else "dim"
