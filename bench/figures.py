"""The arithmetic of a benchmark, and how its results are written: pure, and tested."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

HEADINGS: Final = ("what", "here", "beside", "figure", "target", "")


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure, and at the most what it may be."""

    what: str
    here: str
    """What was measured of the console, in words with units."""
    beside: str
    """What its floor or peer took, in words with units; empty where there is none."""
    figure: float
    """What is judged: a ratio, or a number of `unit`."""
    target: float | None = None
    """The figure passes up to this; None: it is only told."""
    unit: str = "x"

    @property
    def passes(self) -> bool:
        """Whether the figure keeps its target. What could not be measured never does."""
        return self.target is None or self.figure <= self.target

    @property
    def cells(self) -> tuple[str, ...]:
        """The line's cells, in the order of `HEADINGS`."""
        target = "" if self.target is None else f"<= {_number(self.target)} {self.unit}"
        verdict = "" if self.target is None else "pass" if self.passes else "MISS"
        return self.what, self.here, self.beside, f"{_number(self.figure)} {self.unit}", target, verdict


@dataclass(frozen=True)
class Measured:
    """What one measurement found: its lines, and every number behind them."""

    rows: tuple[Row, ...]
    raw: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What a reader must know to judge the figures, a sentence each."""


def ratio(ours: Sequence[float], peer: Sequence[float]) -> float:
    """Median over median; infinity where the peer took no time or nothing was measured."""
    if not ours or not peer or median(peer) <= 0:
        return math.inf
    return median(ours) / median(peer)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile. Raises ValueError for no values."""
    if not values:
        raise ValueError("a percentile of nothing")
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[max(0, rank - 1)]


def compared(
    what: str, ours: Sequence[float], peer: Sequence[float], target: float | None = None, *, unit: str = "s"
) -> Row:
    """The line that sets one series beside another, both in `unit`."""
    return Row(what, _median_words(ours, unit), _median_words(peer, unit), ratio(ours, peer), target)


def table(rows: Sequence[Row]) -> str:
    """The lines as a table for a terminal."""
    cells = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(
        line.rstrip() for line in [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]
    )


def markdown(rows: Sequence[Row]) -> str:
    """The lines as a table of Markdown."""
    cells = [HEADINGS, tuple("---" for _ in HEADINGS), *(row.cells for row in rows)]
    return "\n".join("| " + " | ".join(_escaped(cell) for cell in line) + " |" for line in cells)


def as_json(found: Mapping[str, Measured], about: Mapping[str, Any]) -> str:
    """Everything, for a machine: `about` (date, versions), and of each measurement lines, notes and raw numbers."""
    measurements = {
        name: {
            "rows": [
                {
                    "what": row.what,
                    "here": row.here,
                    "beside": row.beside,
                    # JSON knows no infinity.
                    "figure": row.figure if math.isfinite(row.figure) else None,
                    "unit": row.unit,
                    "target": row.target,
                    "passes": row.passes,
                }
                for row in one.rows
            ],
            "notes": list(one.notes),
            "raw": one.raw,
        }
        for name, one in found.items()
    }
    return json.dumps({**about, "measurements": measurements}, indent=1, allow_nan=False)


def _median_words(values: Sequence[float], unit: str) -> str:
    return f"{_number(median(values))} {unit}" if values else "nothing"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "?"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")
