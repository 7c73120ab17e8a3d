"""A state machine as a drawing: its states in layers, the way that was taken heavy, what was caught dashed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from screens.facts.states import NOT_REACHED, OUTCOMES
from screens.widgets.line import Line
from tradai_console.graph.layout import lay_out
from tradai_console.graph.shape import Edge, Layout, Shape
from tradai_console.graph.strokes import Cell, draw
from tradai_console.models.machine_graph import Graph, Node
from tradai_console.models.workflow import Outcome

NAME_WIDTHS: Final = (80, 30, 26, 22, 18, 14, 11)
"""How long a state's name may be in the drawing: the first width with which all has room is taken."""

FEW: Final = 40
MIDDLING: Final = (18,)
"""Of more states than `FEW` one width is tried, and it scrolls if need be: laying out takes its time."""


@dataclass(frozen=True)
class Drawing:
    """A machine laid out for some width; what happened in it is put on when it is drawn."""

    layout: Layout
    name_width: int

    @property
    def places(self) -> Mapping[str, tuple[int, int, int]]:
        """Row, column and width of each state."""
        return {spot.name: (spot.row, spot.column, spot.width) for spot in self.layout.spots}


def drawing(graph: Graph, width: int) -> Drawing:
    """The machine, with names as long as that width allows; wider than it if it cannot be helped."""
    edges = tuple(Edge(one, other, aside) for one, other, aside, _ in _ways(graph))
    best: Drawing | None = None
    for most in NAME_WIDTHS if len(graph.nodes) <= FEW else MIDDLING:
        if best is not None and most >= best.name_width:
            continue
        nodes = tuple((node.name, _label(node, None, most, node.name).width) for node in graph.nodes)
        longest = max((len(node.name) for node in graph.nodes), default=0)
        best = Drawing(lay_out(Shape(nodes, edges)), min(most, longest))
        if best.layout.width <= width:
            break
    return best or Drawing(lay_out(Shape((), ())), 0)


def machine_lines(drawn: Drawing, graph: Graph, went: Mapping[str, Outcome]) -> tuple[Line, ...]:
    """The drawing's rows."""
    taken = frozenset(number for number, (_, _, _, gone) in enumerate(_ways(graph)) if gone)
    parts: dict[int, list[tuple[int, int, Line]]] = defaultdict(list)
    for (row, column), cell in draw(drawn.layout, taken).items():
        parts[row].append((column, 1, Line.of((cell.sign, _ink(cell)))))
    nodes = {node.name: node for node in graph.nodes}
    for spot in drawn.layout.spots:
        lanes = [part for part in parts[spot.row] if not spot.column <= part[0] < spot.column + spot.width]
        loop = " ↺" if spot.name in drawn.layout.loops else ""
        label = _label(nodes[spot.name], went.get(spot.name), drawn.name_width, spot.name + loop)
        parts[spot.row] = [*lanes, (spot.column, spot.width, label.fit(spot.width))]
    return tuple(_row(parts.get(row, ())) for row in range(drawn.layout.height))


def _row(parts: Iterable[tuple[int, int, Line]]) -> Line:
    pieces: list[Line | str] = []
    at = 0
    for column, width, line in sorted(parts, key=lambda part: part[0]):
        pieces += [" " * (column - at), line]
        at = column + width
    return Line.of(*pieces)


def _label(node: Node, outcome: Outcome | None, most: int, name: str) -> Line:
    sign, style = NOT_REACHED if outcome is None else OUTCOMES[outcome]
    short = Line.of(name).fit(min(most, len(name))).plain if name else "?"
    often = f" ×{node.taken}" if node.taken > 1 else ""
    kind = f" {node.type.lower()}" if node.type in ("Map", "Parallel") else ""
    loud = "strong" if node.culprit else style if outcome in (None, Outcome.RUNNING) or node.bad else "plain"
    return Line.of((f"{sign} ", style), (short, loud), (f"{often}{kind}", "dim"), " ")


def _ink(cell: Cell) -> str:
    if not cell.taken:
        return "dim"
    return "warn" if cell.taken_aside else "good"


def _ways(graph: Graph) -> list[tuple[str, str, bool, bool]]:
    """Source, target, whether it leads aside, whether it was gone: a Map or Parallel leads into what is inside it.

    What is inside leads on from its ends to where the Map or Parallel goes on.
    """
    inside: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        if node.inside is not None:
            inside[node.inside].append(node)
    known = {node.name: node for node in graph.nodes}
    ways: list[tuple[str, str, bool, bool]] = []
    for name, parts in inside.items():
        ways += [(name, part.name, False, part.taken > 0) for part in parts if part.start and name in known]
    for edge in graph.edges:
        if edge.source not in known or edge.target not in known:
            continue
        if edge.kind == "catch" or edge.source not in inside:
            ways.append((edge.source, edge.target, edge.kind == "catch", edge.taken))
            continue
        for end in _ends(edge.source, inside):
            ways.append((end.name, edge.target, False, edge.taken and end.taken > 0))
    return ways


def _ends(name: str, inside: Mapping[str, list[Node]]) -> list[Node]:
    """The states in which the inside of a Map or Parallel ends; a Fail state ends more than that."""
    found: list[Node] = []
    waiting = [name]
    while waiting:
        for part in inside.get(waiting.pop(), ()):
            if part.end and part.name in inside:
                waiting.append(part.name)
            elif part.end and part.type != "Fail":
                found.append(part)
    return found
