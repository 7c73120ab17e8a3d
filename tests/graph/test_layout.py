"""Any graph is drawn so that exactly its edges can be read from the drawing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph.walker import Walker
from tradai_console.graph.layout import lay_out
from tradai_console.graph.shape import Edge, Layout, Shape
from tradai_console.graph.strokes import draw


def shape(edges: str, *, aside: str = "") -> Shape:
    """`ab bc`: a leads to b, b to c; nodes in the order in which they come."""
    names = list(dict.fromkeys(edges.replace(" ", "") + aside.replace(" ", "")))
    return Shape(
        tuple((name * 5, 7) for name in names),
        (
            *(Edge(way[0] * 5, way[1] * 5) for way in edges.split()),
            *(Edge(way[0] * 5, way[1] * 5, aside=True) for way in aside.split()),
        ),
    )


def wild(seed: int, count: int, more: int) -> Shape:
    """A chain with ways thrown over it in every direction."""
    dice = random.Random(seed)
    edges = {(n, n + 1) for n in range(count - 1)}
    edges |= {(dice.randrange(count), dice.randrange(count)) for _ in range(more)}
    widths = [dice.randint(3, 12) for _ in range(count)]
    return Shape(
        tuple((f"s{n}", width) for n, width in enumerate(widths)),
        tuple(Edge(f"s{one}", f"s{other}", dice.random() < 0.3) for one, other in sorted(edges)),
    )


def apart(layout: Layout) -> bool:
    """No two nodes share a cell, and no line runs over a node that it does not end at."""
    cells = [(spot.row, spot.column + n) for spot in layout.spots for n in range(spot.width)]
    inner = {
        (spot.row, spot.column + n) for spot in layout.spots for n in range(spot.width) if n not in (0, 2)
    }
    return len(cells) == len(set(cells)) and not inner & set(draw(layout, ()))


@pytest.mark.parametrize(
    "given_shape",
    [
        pytest.param(shape("ab bc cd"), id="a path"),
        pytest.param(shape("ab ac ad be ce de"), id="a choice of three"),
        pytest.param(shape("ab bc cd", aside="ad bd"), id="errors caught"),
        pytest.param(shape("ab bc cb cd"), id="a loop"),
        pytest.param(shape("ab bb bc ca"), id="a state that leads to itself, and all back"),
        pytest.param(shape("ac ad bc bd"), id="two by two"),
        pytest.param(shape("ad be cf ae bf cd"), id="three lanes crossed"),
        pytest.param(Shape((("alone", 7),), ()), id="one state"),
        pytest.param(Shape((), ()), id="nothing"),
    ],
)
def test_what_is_drawn_is_what_is_there(given_shape: Shape) -> None:
    """Followed with the eye, the lines lead where the edges do, and nowhere else."""
    layout = lay_out(given_shape)
    assert Walker(layout).edges() == {(one.source, one.target) for one in given_shape.edges}
    assert apart(layout)


@settings(max_examples=120, deadline=None, database=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 14), more=st.integers(0, 14))
def test_any_graph_can_be_read(seed: int, count: int, more: int) -> None:
    """Loops, many choices, errors caught from everywhere: no line can be taken for another."""
    one = wild(seed, count, more)
    layout = lay_out(one)
    assert Walker(layout).edges() == {(edge.source, edge.target) for edge in one.edges}
    assert apart(layout)


def test_the_way_taken_is_heavy_from_end_to_end() -> None:
    """Every cell of a taken edge is heavy, whatever light lines share it; the others are not."""
    one = shape("ab bc ac cd", aside="bd")
    layout = lay_out(one)
    taken = {
        number
        for number, edge in enumerate(one.edges)
        if edge.source + edge.target in ("aaaaabbbbb", "bbbbbddddd")
    }
    heavy = {place for place, cell in draw(layout, taken).items() if cell.taken}
    gone = {
        place
        for stroke in layout.strokes
        if stroke.edges & taken
        for place in draw(Layout(one, (), (stroke,), (), frozenset(), frozenset(), 0, 0), ())
    }
    assert heavy == gone
    assert heavy < set(draw(layout, taken))


def test_the_usual_way_stands_in_one_column() -> None:
    """A path with errors caught on the way runs straight down."""
    layout = lay_out(shape("ab bc cd de", aside="ae be ce"))
    columns = {spot.column for spot in layout.spots}
    assert len(columns) == 1
