"""Reads a drawn graph as an eye does: along the lines, straight over crossings, never against an arrow."""

from __future__ import annotations

from collections.abc import Collection

from tradai_console.graph.shape import LEFTWARD, RIGHTWARD, UPWARD, Layout, Spot
from tradai_console.graph.strokes import DOWN, JOINT, LEFT, RIGHT, UP, Cell, draw

Place = tuple[int, int]
_STEPS = {UP: (-1, 0), RIGHT: (0, 1), DOWN: (1, 0), LEFT: (0, -1)}
_BACK = {UP: DOWN, DOWN: UP}
_AGAINST = {LEFT: RIGHTWARD, RIGHT: LEFTWARD}
_FLOWS = {LEFT: LEFTWARD, RIGHT: RIGHTWARD}
UP_AT = 2


class Walker:
    """Follows lines of one layout."""

    def __init__(self, layout: Layout, taken: Collection[int] = ()) -> None:
        self.layout = layout
        self.cells = draw(layout, taken)
        self._at = {(spot.row, spot.column + n): spot for spot in layout.spots for n in range(spot.width)}

    def edges(self) -> set[tuple[str, str]]:
        """Every way that can be seen, from name to name; those back to the same node by their sign."""
        found = {(name, name) for name in self.layout.loops}
        for spot in self.layout.spots:
            found |= {(spot.name, one) for one in self._from(spot, (spot.row + 1, spot.column), DOWN)}
            found |= {(spot.name, one) for one in self._from(spot, (spot.row - 1, spot.column + UP_AT), UP)}
        return found

    def _from(self, spot: Spot, start: Place, way: int) -> set[str]:
        """The nodes that lines lead to, going down, or going up."""
        if start not in self.cells or not self.cells[start].arms[_BACK[way]]:
            return set()
        found: set[str] = set()
        seen: set[tuple[Place, int]] = set()
        waiting = [(start, way)]
        while waiting:
            place, going = waiting.pop()
            if (place, going) in seen:
                continue
            seen.add((place, going))
            if place in self._at:
                if way == DOWN or self.cells[place[0] + 1, place[1]].sign == UPWARD:
                    found.add(self._at[place].name)
                continue
            for on in self._ways_on(place, self.cells[place], going, way):
                waiting.append(((place[0] + _STEPS[on][0], place[1] + _STEPS[on][1]), on))
        return found

    def _ways_on(self, place: Place, cell: Cell, going: int, way: int) -> list[int]:
        if all(cell.arms) and cell.sign != JOINT:
            return [going]
        if going == way:
            sides = [side for side in (LEFT, RIGHT) if cell.arms[side] and self._leaves(place, side)]
            return ([way] if cell.arms[way] else []) + sides
        on = [going] if cell.arms[going] else []
        if cell.arms[way] and (not cell.arms[_BACK[way]] or self._came_by_arrow(place, going)):
            on.append(way)
        return on

    def _leaves(self, place: Place, side: int) -> bool:
        """Whether what runs to that side is not an arrow that comes in here."""
        beside = self.cells.get((place[0], place[1] + _STEPS[side][1]))
        return beside is not None and beside.sign != _AGAINST[side]

    def _came_by_arrow(self, place: Place, going: int) -> bool:
        before = self.cells.get((place[0], place[1] - _STEPS[going][1]))
        return before is not None and before.sign == _FLOWS[going]
