"""Columns: what belongs together stands in one, and everything as far left as what is beside it allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from tradai_console.graph.layers import Item, Layered, Link
from tradai_console.graph.order import places

GAP: Final = 2
"""Cells between two neighbours."""


def place(layered: Layered, widths: Mapping[str, int]) -> dict[Item, int]:
    """The column of each item's first cell."""
    head = _columns(layered)
    after: dict[Item, list[tuple[Item, int]]] = defaultdict(list)
    awaited: dict[Item, int] = defaultdict(int)
    for layer in layered.layers:
        for left, right in pairwise(layer):
            wide = 1 if left.lane else widths[left.name]
            after[head[left]].append((head[right], wide + GAP))
            awaited[head[right]] += 1
    at: dict[Item, int] = dict.fromkeys(head.values(), 0)
    ready = [item for item in at if not awaited[item]]
    for one in ready:
        for other, distance in after[one]:
            at[other] = max(at[other], at[one] + distance)
            awaited[other] -= 1
            if not awaited[other]:
                ready.append(other)
    return {item: at[first] for item, first in head.items()}


def _columns(layered: Layered) -> dict[Item, Item]:
    """Each item's column, named by its topmost item. Columns do not cross, so that one is left of another or not."""
    head: dict[Item, Item] = {item: item for layer in layered.layers for item in layer}
    for number, links in enumerate(layered.gaps):
        upper, lower = places(layered.layers[number]), places(layered.layers[number + 1])
        kept: list[tuple[int, int]] = []
        for link in sorted(links, key=lambda one: (_worth(one), upper[one.above], lower[one.below])):
            above, below = upper[link.above], lower[link.below]
            if link.up and not (link.above.lane or link.below.lane):
                continue
            if all((a < above and b < below) or (a > above and b > below) for a, b in kept):
                kept.append((above, below))
                head[link.below] = head[link.above]
    return head


def _worth(link: Link) -> int:
    """Lanes are straight before all else, then the usual way."""
    if link.above.lane and link.below.lane:
        return 0
    return 3 if link.up else 2 if link.aside or link.above.lane or link.below.lane else 1
