"""Side by side with few crossings: each layer is sorted by where its neighbours stand, down and up again."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from tradai_console.graph.layers import Item, Layered, Link

SWEEPS: Final = 6


def order(layered: Layered) -> None:
    """Put the layers' items in order, in place. The first order is that of a walk, the usual way first."""
    _by_walk(layered)
    best, fewest = [list(layer) for layer in layered.layers], crossings(layered)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        _sweep(layered, down=sweep % 2 == 0)
        now = crossings(layered)
        if now < fewest:
            best, fewest = [list(layer) for layer in layered.layers], now
    layered.layers[:] = best


def crossings(layered: Layered) -> int:
    """How often two lines cross."""
    total = 0
    for number, links in enumerate(layered.gaps):
        upper, lower = places(layered.layers[number]), places(layered.layers[number + 1])
        ends = sorted((upper[link.above], lower[link.below]) for link in links)
        met: list[int] = []
        for _, end in ends:
            total += len(met) - bisect_right(met, end)
            insort(met, end)
    return total


def places(layer: Sequence[Item]) -> dict[Item, int]:
    """Each item's place in its layer."""
    return {item: place for place, item in enumerate(layer)}


def _by_walk(layered: Layered) -> None:
    out: dict[Item, list[Link]] = defaultdict(list)
    for links in layered.gaps:
        for link in links:
            out[link.above].append(link)
    met: dict[Item, int] = {}
    for layer in layered.layers:
        for first in layer:
            road = [first]
            while road:
                item = road.pop()
                if item in met:
                    continue
                met[item] = len(met)
                after = sorted(out[item], key=lambda link: (link.up, link.aside))
                road += [link.below for link in reversed(after)]
    for layer in layered.layers:
        layer.sort(key=met.__getitem__)


def _sweep(layered: Layered, *, down: bool) -> None:
    numbers = range(len(layered.gaps)) if down else range(len(layered.gaps) - 1, -1, -1)
    for number in numbers:
        fixed, moved = (number, number + 1) if down else (number + 1, number)
        there = places(layered.layers[fixed])
        beside: dict[Item, list[int]] = defaultdict(list)
        for link in layered.gaps[number]:
            one, other = (link.above, link.below) if down else (link.below, link.above)
            beside[other].append(there[one])
        now = places(layered.layers[moved])
        layered.layers[moved].sort(key=lambda item: (_middle(beside[item], now[item]), now[item]))


def _middle(found: list[int], otherwise: int) -> float:
    return sum(found) / len(found) if found else float(otherwise)
