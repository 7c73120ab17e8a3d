"""This run beside the last good one: the first place where it went otherwise. Pure."""

from __future__ import annotations

from tradai_console.models.workflow import Difference, GoodRun
from tradai_console.probes.wording import span
from tradai_console.workflow.tree import INSIDE, Node, Tree

SLOW_TIMES = 3.0
SLOW_S = 30.0
"""A state is slow if it takes three times what is usual, and half a minute longer."""


def first_difference(tree: Tree, good: GoodRun | None, usual: dict[str, float]) -> Difference | None:
    """Where the path first left that of the good run; None where it did not, or there is none beside it."""
    if good is None or not good.path:
        return None
    tops = [one for one in tree.roots if one.type not in INSIDE]
    for place, node in enumerate(tops):
        expected = good.path[place] if place < len(good.path) else None
        if node.name != expected:
            return _otherwise(node, tops[place - 1] if place else None, expected)
        if node.outcome.bad and place + 1 >= len(tops):
            return Difference(node.id, f"the good run left {node.name} well; this one did not")
        slow = _slow(node, usual)
        if slow is not None:
            return slow
    if len(tops) < len(good.path) and tree.end is not None and tops:
        following = good.path[len(tops)]
        return Difference(
            tops[-1].id, f"the good run went on to {following}; this one ended in {tops[-1].name}"
        )
    return None


def _otherwise(node: Node, before: Node | None, expected: str | None) -> Difference:
    if expected is None:
        return Difference(node.id, f"the good run was over by here; this one went on to {node.name}")
    after = f"after {before.name} " if before is not None else ""
    return Difference(node.id, f"{after}the good run went on to {expected}; this one to {node.name}")


def _slow(node: Node, usual: dict[str, float]) -> Difference | None:
    once = usual.get(node.name)
    if once is None or node.first.at is None or node.left_at is None:
        return None
    took = (node.left_at - node.first.at).total_seconds()
    if took <= SLOW_TIMES * once or took <= once + SLOW_S:
        return None
    return Difference(node.id, f"{node.name} took {span(took)}; it usually takes {span(once)}")
