"""What the Detail screen is told about a thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from screens.widgets.line import Line
from tradai_console.models.figure import Metric


@dataclass(frozen=True)
class Section:
    """Lines under a heading."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Chart:
    """A metric to draw, and the limit it is judged against."""

    metric: Metric
    title: str
    unit: str = ""
    threshold: float | None = None
    scale: float = 1.0
    """What a value is multiplied with before it is drawn: bytes a minute to bytes a second, ..."""


@dataclass(frozen=True)
class Related:
    """Another thing on the board, one key away."""

    kind: str
    """Its source."""
    key: str
    label: Line


@dataclass(frozen=True)
class Facts:
    """One thing, whole."""

    title: Line
    name: str
    arn: str
    sections: tuple[Section, ...]
    charts: tuple[Chart, ...] = ()
    related: tuple[Related, ...] = ()


NAMES_WIDTH: Final = 18
"""Cells that the names of facts take; their values stand in one column."""


def pair(name: str, value: Line | str) -> Line:
    """A named fact."""
    return Line.of((name.ljust(NAMES_WIDTH) if len(name) < NAMES_WIDTH else f"{name}  ", "dim"), value)
