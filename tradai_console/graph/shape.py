"""What is laid out, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UPWARD: Final = "▲"
LEFTWARD: Final = "◂"
RIGHTWARD: Final = "▸"
LEAST_WIDTH: Final = 3
"""Cells of the narrowest node: a line that leads back up has a column of its own under it."""


@dataclass(frozen=True, slots=True)
class Edge:
    """From one node to another."""

    source: str
    target: str
    aside: bool = False
    """Not the way that things usually go: a caught error. Drawn dashed, and placed after the others."""


@dataclass(frozen=True)
class Shape:
    """Nodes by name with the cells each needs, in the order they should be met; and the edges between them."""

    nodes: tuple[tuple[str, int], ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a node stands."""

    name: str
    row: int
    column: int
    width: int


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line between the middles of two cells."""

    row: int
    column: int
    to_row: int
    to_column: int
    edges: frozenset[int]
    """Which edges run over it, as places in `Shape.edges`."""


@dataclass(frozen=True, slots=True)
class Head:
    """An arrow on a line."""

    row: int
    column: int
    sign: str
    edges: frozenset[int]


@dataclass(frozen=True)
class Layout:
    """A graph in cells."""

    shape: Shape
    spots: tuple[Spot, ...]
    strokes: tuple[Stroke, ...]
    heads: tuple[Head, ...]
    """Lines run down; an arrow stands where one comes back up to a node, or comes in from the side."""
    joints: frozenset[tuple[int, int]]
    """Cells where lines meet; elsewhere two that stand across each other only cross."""
    loops: frozenset[str]
    """Nodes that lead to themselves."""
    width: int
    height: int
