"""Strokes as box-drawing signs: heavy where a way was taken, dashed where it leads aside, light elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from tradai_console.graph.shape import Layout, Stroke

SIGNS: Final = " ╴╸╷┐┑╻┒┓╶─╾┌┬┭┎┰┱╺╼━┍┮┯┏┲┳╵┘┙│┤┥╽┧┪└┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"
"""By the weight of each arm, 0 none, 1 light, 2 heavy: `27 * up + 9 * right + 3 * down + left`."""

_DASHED: Final = {"│": "┆", "─": "┄", "┃": "┇", "━": "┅"}
JOINT: Final = "•"
UP, RIGHT, DOWN, LEFT = range(4)


@dataclass(slots=True)
class Cell:
    """One sign of a line."""

    arms: list[int]
    aside: bool = True
    """Every line through it leads aside."""
    taken_aside: bool = True
    """Every taken line through it leads aside."""
    sign: str = ""

    @property
    def taken(self) -> bool:
        return max(self.arms) > 1


def draw(layout: Layout, taken: Collection[int]) -> dict[tuple[int, int], Cell]:
    """The cells of all lines, by row and column; `taken` are the edges that were gone along."""
    cells: dict[tuple[int, int], Cell] = {}
    edges = layout.shape.edges
    for stroke in layout.strokes:
        gone = [edge for edge in stroke.edges if edge in taken]
        aside = all(edges[edge].aside for edge in stroke.edges)
        gone_aside = all(edges[edge].aside for edge in gone)
        for row, column, one, other in _cells(stroke):
            cell = cells.get((row, column))
            if cell is None:
                cell = cells[row, column] = Cell([0, 0, 0, 0])
            for arm in (one, other):
                if arm is not None:
                    cell.arms[arm] = max(cell.arms[arm], 2 if gone else 1)
            cell.aside = cell.aside and aside
            cell.taken_aside = cell.taken_aside and gone_aside
    for spot, cell in cells.items():
        up, right, down, left = cell.arms
        sign = SIGNS[27 * up + 9 * right + 3 * down + left]
        cell.sign = JOINT if spot in layout.joints and all(cell.arms) else sign
        if cell.aside:
            cell.sign = _DASHED.get(cell.sign, cell.sign)
    for head in layout.heads:
        cells[head.row, head.column].sign = head.sign
    return cells


def _cells(stroke: Stroke) -> Iterator[tuple[int, int, int | None, int | None]]:
    """The cells a stroke runs over, with the arms it has in each: none beyond its ends."""
    if stroke.column == stroke.to_column:
        for row in range(stroke.row, stroke.to_row + 1):
            yield (
                row,
                stroke.column,
                UP if row > stroke.row else None,
                DOWN if row < stroke.to_row else None,
            )
        return
    first, last = sorted((stroke.column, stroke.to_column))
    for column in range(first, last + 1):
        yield stroke.row, column, LEFT if column > first else None, RIGHT if column < last else None
