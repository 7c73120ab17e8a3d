"""Who stands above whom: loops are opened, each node gets the first layer below all that lead to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tradai_console.graph.shape import Edge, Shape


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in a layer: a node, or the lane of lines that pass it on their way to `name`."""

    name: str
    layer: int
    lane: bool = False
    up: bool = False
    """The lane's lines lead back up to `name`."""


@dataclass(eq=False)
class Link:
    """A line from an item to one of the next layer."""

    above: Item
    below: Item
    edges: set[int] = field(default_factory=set)
    aside: bool = True
    """All of its edges are."""
    up: bool = False


@dataclass
class Layered:
    """Every layer's items from left to right, and the links from each layer to the next."""

    layers: list[list[Item]]
    gaps: list[list[Link]]


def layered(shape: Shape) -> Layered:
    """Layers, and lanes where an edge passes some; edges to the same node share one lane."""
    edges = [(n, edge) for n, edge in enumerate(shape.edges) if edge.source != edge.target]
    back = _leading_back([name for name, _ in shape.nodes], edges)
    layer_of = _longest([name for name, _ in shape.nodes], edges, back)
    links: dict[tuple[Item, Item, bool], Link] = {}
    seen: dict[Item, None] = {}
    for number, edge in edges:
        upper, lower = (edge.target, edge.source) if number in back else (edge.source, edge.target)
        chain = list(_chain(upper, lower, edge.target, layer_of, up=number in back))
        seen.update(dict.fromkeys(chain))
        for above, below in pairwise(chain):
            back_up = number in back
            link = links.setdefault((above, below, back_up), Link(above, below, up=back_up))
            link.edges.add(number)
            link.aside = link.aside and edge.aside
    count = max(layer_of.values(), default=-1) + 1
    found = Layered([[] for _ in range(count)], [[] for _ in range(max(0, count - 1))])
    for item in dict.fromkeys((*(Item(name, layer_of[name]) for name, _ in shape.nodes), *seen)):
        found.layers[item.layer].append(item)
    for link in links.values():
        found.gaps[link.above.layer].append(link)
    return found


def _chain(upper: str, lower: str, target: str, layer_of: Mapping[str, int], *, up: bool) -> Iterator[Item]:
    yield Item(upper, layer_of[upper])
    for layer in range(layer_of[upper] + 1, layer_of[lower]):
        yield Item(target, layer, lane=True, up=up)
    yield Item(lower, layer_of[lower])


def _leading_back(names: Sequence[str], edges: Sequence[tuple[int, Edge]]) -> set[int]:
    """The edges that close a loop, met from the first node on."""
    out: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, edge in edges:
        out[edge.source].append((number, edge.target))
    back: set[int] = set()
    begun: set[str] = set()
    done: set[str] = set()
    for first in names:
        road = [] if first in begun else [(first, iter(out[first]))]
        begun.add(first)
        while road:
            name, rest = road[-1]
            for number, target in rest:
                if target not in begun:
                    begun.add(target)
                    road.append((target, iter(out[target])))
                    break
                if target not in done:
                    back.add(number)
            else:
                done.add(name)
                road.pop()
    return back


def _longest(names: Sequence[str], edges: Sequence[tuple[int, Edge]], back: set[int]) -> dict[str, int]:
    """Each node's layer: one below the lowest of those that lead to it."""
    below: dict[str, list[str]] = defaultdict(list)
    awaited = dict.fromkeys(names, 0)
    for number, edge in edges:
        upper, lower = (edge.target, edge.source) if number in back else (edge.source, edge.target)
        below[upper].append(lower)
        awaited[lower] += 1
    layer = dict.fromkeys(names, 0)
    ready = [name for name in names if not awaited[name]]
    for name in ready:
        for lower in below[name]:
            layer[lower] = max(layer[lower], layer[name] + 1)
            awaited[lower] -= 1
            if not awaited[lower]:
                ready.append(lower)
    return layer
