"""Where it really failed: the state whose failure led to the end, past handlers, Maps and retries. Pure.

The event that ended an execution names the last thing that went wrong, which is often a handler at its end; a caught
failure is named by nothing at all. So the path is read backwards to where it left the good way.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradai_console.models.workflow import Outcome
from tradai_console.workflow.events import HistoryEvent
from tradai_console.workflow.graph import only_handles
from tradai_console.workflow.tree import INSIDE, Node, Tree, innermost


@dataclass(frozen=True)
class Culprit:
    """The state that the true cause lies in."""

    node: Node
    """The innermost one."""
    outer: Node
    """The state of the top level that it is inside of, or itself."""
    failure: HistoryEvent | None
    """None: it was cut off, or a choice decided."""
    caught: bool = False
    decided_by: Node | None = None
    """The Choice that left the good way: nothing failed as far as Step Functions knows."""
    handler: Node | None = None
    """The state that took over."""
    back_on_way: bool = False
    """The handler led back to the good way."""
    second: Node | None = None
    """A handler that failed itself."""

    @property
    def where(self) -> tuple[str, ...]:
        """From outside in."""
        return tuple(reversed([one.name for one in self.node.up()]))


def find_culprit(tree: Tree, failing: frozenset[str] | None) -> Culprit | None:
    """The culprit; None if nothing has failed. `failing`: see `graph.failing_states`."""
    tops = [one for one in tree.roots if one.type not in INSIDE]
    if not tops:
        return None
    begin = len(tops)
    while begin > 0 and _handles(tops[begin - 1], failing):
        begin -= 1
    if begin < len(tops):
        found = _before_handlers(tree, tops, begin)
        if found is not None:
            return found
    return _at_end(tree, tops) or _tolerated(tree, tops)


def _handles(node: Node, failing: frozenset[str] | None) -> bool:
    return node.type == "Fail" or only_handles(node.name, failing)


def _before_handlers(tree: Tree, tops: list[Node], begin: int) -> Culprit | None:
    """The path ends among states that only deal with failures: what stands before the first of them?"""
    handler = tops[begin]
    last = tops[-1]
    second = (
        last if last.failure is not None and last.outcome.bad and last.outcome is not Outcome.CAUGHT else None
    )
    before = tops[begin - 1] if begin else None
    if before is not None and before.outcome is Outcome.CAUGHT:
        return _descended(tree, before, caught=True, handler=handler, second=second)
    choice = before if before is not None and before.type == "Choice" else None
    if choice is not None:
        blamed = next((one for one in reversed(tops[: begin - 1]) if one.type == "Task"), choice)
        return Culprit(blamed, blamed, None, decided_by=choice, handler=handler, second=second)
    caught = next((one for one in reversed(tops[:begin]) if one.outcome is Outcome.CAUGHT), None)
    caught = caught or next((one for one in tops[begin:] if one.outcome is Outcome.CAUGHT), None)
    if caught is None:
        return None
    after = tops[tops.index(caught) + 1] if caught is not last else None
    return _descended(tree, caught, caught=True, handler=after, second=second)


def _at_end(tree: Tree, tops: list[Node]) -> Culprit | None:
    """What ended it without a handler."""
    if tree.end is None or tree.end.type == "ExecutionSucceeded":
        return None
    if tree.end.type == "ExecutionFailed":
        broken = tree.owner(tree.end.previous)
        outer = [*broken.up()][-1] if broken is not None else None
        if outer is None or outer.type in INSIDE:
            outer = next((one for one in reversed(tops) if one.outcome.bad), tops[-1])
        return _descended(tree, outer, caught=False)
    cut = [one for one in tree.nodes() if one.left is tree.end and one.type not in INSIDE]
    inner = cut[-1] if cut else tops[-1]
    return Culprit(inner, [*inner.up()][-1], None)


def _tolerated(tree: Tree, tops: list[Node]) -> Culprit | None:
    """A failure that was caught and after which it went on."""
    caught = next(iter(tree.caught.values()), None)
    if caught is None:
        return None
    siblings = caught.parent.children if caught.parent is not None else tops
    place = siblings.index(caught)
    after = siblings[place + 1] if place + 1 < len(siblings) else None
    return _descended(tree, caught, caught=True, handler=after, back_on_way=True)


def _descended(
    tree: Tree,
    node: Node,
    *,
    caught: bool,
    handler: Node | None = None,
    second: Node | None = None,
    back_on_way: bool = False,
) -> Culprit:
    """Into a Map or Parallel, to the state inside that failed."""
    failure, inner = node.failure, node
    if failure is not None:
        failure = innermost(tree, failure)
        inner = tree.owner(failure.id) or node
        inner = node if inner.type in INSIDE else inner
    if second is node:
        second = None
    outer = [*node.up()][-1]
    return Culprit(inner, outer, failure, caught, None, handler, back_on_way, second)
