"""The lines between two layers: rows for what runs sideways, so that no line can be taken for another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tradai_console.graph.layers import Item, Link
from tradai_console.graph.shape import LEFTWARD, RIGHTWARD, Head, Stroke

UP_AT: Final = 2
"""A line that leads back up leaves and enters a node so far right of its first cell."""


@dataclass(eq=False)
class Net:
    """Lines that run together: all that lead to one place, or that come back up to one."""

    ends: list[tuple[int, int, frozenset[int]]] = field(default_factory=list)
    """Column above, column below, edges."""
    up: bool = False
    row: int = 0
    begun: Net | None = None
    """Of the second half of a detour: the first."""
    ended: Net | None = None
    """Of the first half: the second."""

    @property
    def above(self) -> set[int]:
        return {one for one, _, _ in self.ends}

    @property
    def below(self) -> set[int]:
        return {one for _, one, _ in self.ends}

    @property
    def reach(self) -> tuple[int, int]:
        columns = self.above | self.below
        return min(columns), max(columns)

    @property
    def sideways(self) -> bool:
        return len(self.above | self.below) > 1


@dataclass(frozen=True)
class Gap:
    """What is between two layers, with rows counted from the first below the upper one."""

    height: int
    strokes: tuple[Stroke, ...]
    joints: frozenset[tuple[int, int]]
    """Row and column where lines turn: others that stand across each other there meet too."""
    heads: tuple[Head, ...]


def port(item: Item, column: int, *, up: bool) -> int:
    """Where a line meets the item."""
    return column + UP_AT if up and not item.lane else column


def route(links: Sequence[Link], at: Mapping[Item, int], free: int) -> Gap:
    """Draw the links of one gap; `free` is a column right of everything."""
    nets = _untied(_nets(links, at), free)
    sideways = [net for net in nets if net.sideways]
    height = _give_rows(sideways)
    if sideways and any(link.up and not link.above.lane for link in links):  # the arrow has a row of its own
        height += 1
        for net in sideways:
            net.row += 1
    strokes: list[Stroke] = []
    for net in nets:
        for above, below, edges in net.ends:
            top = net.begun.row if net.begun else -1
            bottom = net.ended.row if net.ended else height
            strokes += [
                Stroke(top, above, net.row, above, edges),
                Stroke(net.row, above, net.row, below, edges),
                Stroke(net.row, below, bottom, below, edges),
            ]
    joints = frozenset((net.row, column) for net in sideways for column in net.above | net.below)
    drawn = tuple(one for one in strokes if (one.row, one.column) != (one.to_row, one.to_column))
    return Gap(height, drawn, joints, tuple(head for net in nets for head in _heads(net)))


def _heads(net: Net) -> Iterator[Head]:
    """Where lines come in from the side into one that goes on, an arrow says which is which."""
    for above, below, edges in net.ends:
        goes_on = any(one == other == (above if net.up else below) for one, other, _ in net.ends)
        if above != below and goes_on:
            into, origin = (above, below) if net.up else (below, above)
            from_right = origin > into
            yield Head(
                net.row, into + (1 if from_right else -1), LEFTWARD if from_right else RIGHTWARD, edges
            )


def _nets(links: Sequence[Link], at: Mapping[Item, int]) -> list[Net]:
    nets: dict[tuple[bool, Item], Net] = defaultdict(Net)
    for link in links:
        key = (link.up, link.above if link.up else link.below)
        nets[key].up = link.up
        nets[key].ends.append((
            port(link.above, at[link.above], up=link.up),
            port(link.below, at[link.below], up=link.up),
            frozenset(link.edges),
        ))  # fmt: skip
    return list(nets.values())


def _untied(nets: list[Net], free: int) -> list[Net]:
    """Nets none of which has to run both above and below another: one that has makes a detour over a free column."""
    while (tied := _in_circle([net for net in nets if net.sideways])) is not None:
        nets.remove(tied)
        first = Net()
        second = Net(begun=first)
        first.ended = second
        for above, below, edges in tied.ends:
            first.ends.append((above, free, edges))
            second.ends.append((free, below, edges))
        nets += [first, second]
        free += 2
    return nets


def _ahead(nets: Sequence[Net]) -> dict[Net, list[Net]]:
    """For each net those that must run above it: what leaves a column does so before anything else enters it."""
    leaving: dict[int, list[Net]] = defaultdict(list)
    for net in nets:
        for column in () if net.begun else net.above:
            leaving[column].append(net)
    return {
        net: [
            *(one for column in net.below for one in leaving[column] if one is not net),
            *((net.begun,) if net.begun else ()),
        ]
        for net in nets
    }


def _in_circle(nets: Sequence[Net]) -> Net | None:
    """A net that would have to run above itself; None if there is none."""
    ahead = _ahead(nets)
    done: set[Net] = set()
    for first in nets:
        road, on_road = [(first, iter(ahead[first]))], {first}
        while road and first not in done:
            net, rest = road[-1]
            following = next((one for one in rest if one not in done), None)
            if following is None:
                done.add(net)
                on_road.discard(net)
                road.pop()
            elif following in on_road:
                return following
            else:
                road.append((following, iter(ahead[following])))
                on_road.add(following)
    return None


def _give_rows(nets: Sequence[Net]) -> int:
    """Give each net the first row in which it has room; how many rows that takes, at least one."""
    ahead = _ahead(nets)
    rows: list[list[Net]] = []
    waiting = sorted(nets, key=lambda net: net.reach)
    given: set[Net] = set()
    while waiting:
        net = next(one for one in waiting if all(before in given for before in ahead[one]))
        waiting.remove(net)
        given.add(net)
        row = max((before.row + 1 for before in ahead[net]), default=0)
        while row < len(rows) and not all(_together(net, other) for other in rows[row]):
            row += 1
        if row == len(rows):
            rows.append([])
        rows[row].append(net)
        net.row = row
    return max(1, len(rows))


def _together(one: Net, other: Net) -> bool:
    """Whether two nets may share a row: they do not touch, or both leave the same single place and part there."""
    if one.above == other.above and len(one.above) == 1:
        return True
    return one.reach[1] + 1 < other.reach[0] or other.reach[1] + 1 < one.reach[0]
