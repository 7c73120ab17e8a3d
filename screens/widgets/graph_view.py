"""A state machine drawn: the way taken, and the state that is selected. Scrolls both ways."""

from __future__ import annotations

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.facts.machine import Drawing, drawing, machine_lines
from screens.facts.states import outcomes
from screens.widgets.drawn import Drawn
from screens.widgets.line import Line
from tradai_console.models.machine_graph import Graph
from tradai_console.models.workflow import Outcome, StateVisit

AROUND = 3
"""Its border, and the bar to scroll sideways."""

MOST_STATES = 120
"""More are not drawn: laying them out would be felt, and nobody reads such a drawing."""


class GraphView(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """The machine of an execution. It is laid out anew only when the machine or the width has changed."""

    # Textual takes a widget's default style from its first base alone, and that is not ScrollView.
    DEFAULT_CSS = """
    GraphView { overflow-x: auto; overflow-y: auto; scrollbar-gutter: stable; }
    """

    def __init__(self) -> None:
        super().__init__(id="graph")
        self._graph: Graph | None = None
        self._went: dict[str, Outcome] = {}
        self._drawn: Drawing | None = None
        self._laid_for: tuple[object, int] | None = None
        self._lines: tuple[Line, ...] = ()
        self._selected = ""
        self._why_not = ""

    def show(self, graph: Graph | None, visits: tuple[StateVisit, ...], why_not: str = "") -> None:
        """Draw this machine as these visits went through it; without one say why there is none."""
        self._why_not = why_not
        self._graph, self._went = graph, outcomes(visits)
        self._lay()

    @property
    def selected(self) -> str:
        """The state that is marked."""
        return self._selected

    def select(self, name: str) -> None:
        """Mark this state and bring it into view."""
        if name != self._selected:
            self._selected = name
            self._reveal()
            self.refresh()

    @property
    def names(self) -> tuple[str, ...]:
        """The states in the order in which the drawing is read."""
        return () if self._drawn is None else tuple(spot.name for spot in self._drawn.layout.spots)

    def on_resize(self) -> None:
        self._lay()

    def _lay(self) -> None:
        graph, width = self._graph, self.scrollable_content_region.width
        if graph is None or not graph.nodes or len(graph.nodes) > MOST_STATES or width < 1:
            self._drawn, self._laid_for, self._lines = None, None, ()
            self.virtual_size = Size(0, 1)
            self.styles.max_height = None
            self.refresh()
            return
        key = ([(node.name, node.taken > 1) for node in graph.nodes], width)
        if self._drawn is None or self._laid_for != key:
            self._drawn, self._laid_for = drawing(graph, width), key
        self._lines = machine_lines(self._drawn, graph, self._went)
        self.virtual_size = Size(self._drawn.layout.width, len(self._lines))
        self.styles.max_height = len(self._lines) + AROUND  # what it does not need the log can have
        self._reveal()
        self.refresh()

    def _reveal(self) -> None:
        place = self._place
        if place is not None:
            row, column, width = place
            self.scroll_to_region(
                Region(column, max(0, row - 1), width, 3), animate=False, force=True, immediate=True
            )

    @property
    def _place(self) -> tuple[int, int, int] | None:
        return None if self._drawn is None else self._drawn.places.get(self._selected)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        row, left = y + self.scroll_offset.y, self.scroll_offset.x
        if self._drawn is None:
            return self.strip_of(Line.of((self._words(), "dim")) if y == 0 else Line(), width)
        if row >= len(self._lines):
            return self.strip_of(Line(), width)
        whole = max(width + left, self._drawn.layout.width)
        strip = self.strip_of(self._lines[row], whole)
        place = self._place
        if place is not None and place[0] == row:
            _, column, wide = place
            under = "cursor" if self.has_focus else "cursor-blurred"
            marked = self.strip_of(self._lines[row], whole, under).crop(column, column + wide)
            strip = Strip.join([strip.crop(0, column), marked, strip.crop(column + wide, whole)])
        return strip.crop(left, left + width)

    def _words(self) -> str:
        if self._graph is None:
            return self._why_not or "the machine is being read …"
        if not self._graph.nodes:
            return "the machine has no states that can be read"
        return f"{len(self._graph.nodes)} states are too many to be drawn: the path has all that were entered"
