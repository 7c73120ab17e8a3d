"""From a shape to its layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tradai_console.graph.layers import Item, Layered, layered
from tradai_console.graph.order import order
from tradai_console.graph.place import GAP, place
from tradai_console.graph.route import UP_AT, Gap, route
from tradai_console.graph.shape import LEAST_WIDTH, UPWARD, Head, Layout, Shape, Spot, Stroke


def lay_out(shape: Shape) -> Layout:
    """Every node a line, every edge a way of lines from its source to its target."""
    widths = {name: max(LEAST_WIDTH, width) for name, width in shape.nodes}
    found = layered(shape)
    order(found)
    at = place(found, widths)
    width = max((at[item] + (1 if item.lane else widths[item.name]) for item in at), default=0)
    gaps = [route(links, at, width + GAP) for links in found.gaps]
    rows = _rows(gaps, len(found.layers))
    strokes = [
        *(_lower(stroke, rows[number] + 1) for number, gap in enumerate(gaps) for stroke in gap.strokes)
    ]
    return Layout(
        shape=shape,
        spots=tuple(
            Spot(item.name, rows[item.layer], at[item], widths[item.name])
            for layer in found.layers
            for item in layer
            if not item.lane
        ),
        strokes=tuple(strokes),
        heads=(
            *(
                replace(head, row=rows[number] + 1 + head.row)
                for number, gap in enumerate(gaps)
                for head in gap.heads
            ),
            *_upward(found, at, rows),
        ),
        joints=frozenset(
            (rows[number] + 1 + row, column) for number, gap in enumerate(gaps) for row, column in gap.joints
        ),
        loops=frozenset(edge.source for edge in shape.edges if edge.source == edge.target),
        width=max([width, *(1 + max(one.column, one.to_column) for one in strokes)]),
        height=rows[-1] + 1 if rows else 0,
    )


def _rows(gaps: list[Gap], layers: int) -> list[int]:
    """The row of each layer."""
    rows = [0] if layers else []
    for gap in gaps:
        rows.append(rows[-1] + 1 + gap.height)
    return rows


def _lower(stroke: Stroke, by: int) -> Stroke:
    return Stroke(stroke.row + by, stroke.column, stroke.to_row + by, stroke.to_column, stroke.edges)


def _upward(found: Layered, at: Mapping[Item, int], rows: Sequence[int]) -> Iterator[Head]:
    """An arrow under each node that something comes back up to."""
    for links in found.gaps:
        for above in {link.above: None for link in links if link.up and not link.above.lane}:
            edges = frozenset[int]().union(*(link.edges for link in links if link.up and link.above == above))
            yield Head(rows[above.layer] + 1, at[above] + UP_AT, UPWARD, edges)
