"""Columns that make room: which of them a width has place for, how wide each is, and one item's line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from screens.widgets.line import Line, joined

T = TypeVar("T")
GAP: Final = "  "
SEEN: Final = 40


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column of a list."""

    key: str
    title: str
    cell: Callable[[T], Line]
    most: int = 24
    """Widest it gets, cells."""
    least: int = 3
    rank: int = 1
    """The higher, the sooner it makes room on a narrow screen; 0 never does."""
    flex: bool = False
    """Takes what the others leave."""
    align: str = "left"
    sort: Callable[[T], Any] | None = None
    """What the list is sorted by when this column is chosen; None: it cannot be."""


@dataclass(frozen=True)
class Fitted(Generic[T]):
    """Columns with the widths they have at one width of the list."""

    columns: tuple[tuple[Column[T], int], ...]

    def header(self) -> Line:
        return joined(
            (Line.of((column.title, "dim")).fit(width, align=column.align) for column, width in self.columns),
            GAP,
        )

    def line(self, item: T) -> Line:
        return joined(
            (column.cell(item).fit(width, align=column.align) for column, width in self.columns), GAP
        )


def fit_columns(columns: Sequence[Column[T]], items: Sequence[T], width: int, *, titles: bool) -> Fitted[T]:
    """Give each column what its cells need, dropping those of high rank until the rest has room."""
    needs = {column.key: _need(column, items, titles=titles) for column in columns}
    kept = list(columns)
    while len(kept) > 1 and _total(kept, needs) > width:
        last = max(kept, key=lambda column: column.rank)
        if last.rank == 0:
            break
        kept.remove(last)
    spare = width - sum(needs[column.key] for column in kept if not column.flex) - len(GAP) * (len(kept) - 1)
    flexible = [column for column in kept if column.flex]
    share = spare // len(flexible) if flexible else 0
    return Fitted(
        tuple(
            (column, max(column.least, share) if column.flex else needs[column.key])
            for column in kept
            if column.flex or needs[column.key]
        )
    )


def _total(columns: Sequence[Column[T]], needs: dict[str, int]) -> int:
    widths = (column.least if column.flex else needs[column.key] for column in columns)
    return sum(widths) + len(GAP) * (len(columns) - 1)


def _need(column: Column[T], items: Sequence[T], *, titles: bool) -> int:
    """What the first cells need: as many as a screen shows, few enough to be quick."""
    widest = max((column.cell(item).width for item in items[:SEEN]), default=0)
    least = len(column.title) if titles else 0
    return min(column.most, max(widest, least)) if widest or least else 0
