"""Executions that a state started and waited for, and the items of a distributed Map: read and folded in.

Only those on the way to the true cause are read, and what runs now: each costs calls of scarce quotas.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tradai_console.errors import AwsError
from tradai_console.models.execution import Execution
from tradai_console.models.workflow import Outcome, StateVisit
from tradai_console.probes.context import ProbeContext
from tradai_console.sources import fields
from tradai_console.sources.pages import listed
from tradai_console.workflow.culprit import Culprit, find_culprit
from tradai_console.workflow.entry import describe
from tradai_console.workflow.events import parse_events
from tradai_console.workflow.outline import Marks, Outline, child_arn_of
from tradai_console.workflow.tree import Node, Tree

DEEPEST: Final = 3
ITEMS: Final = 5
"""Failed items of a distributed Map that are listed."""
READ: Final = 4
"""Children whose history is read."""
_SPAN: Final = 10_000_000_000
"""Between the row ids of two children."""

_OUTCOMES: Final = {
    "SUCCEEDED": Outcome.SUCCEEDED, "FAILED": Outcome.FAILED, "TIMED_OUT": Outcome.TIMED_OUT,
    "ABORTED": Outcome.ABORTED, "RUNNING": Outcome.RUNNING,
}  # fmt: skip


@dataclass(frozen=True)
class Child:
    """One execution inside another."""

    of: int
    """The node that waits for it."""
    execution: Execution
    tree: Tree
    culprit: Culprit | None
    error: str | None
    cause: str | None
    inner: tuple[Child, ...] = ()
    number: int = field(default=0, compare=False)

    @property
    def failed_child(self) -> Child | None:
        """The child of its own culprit."""
        wanted = self.culprit.node.id if self.culprit is not None else None
        return next((one for one in self.inner if one.of == wanted), None)

    def row_id(self, node_id: int) -> int:
        """The id of one of its rows among those of the whole path."""
        return -(_SPAN * (self.number + 1) + abs(node_id))


class Children:
    """Reads children, and remembers those that have ended."""

    def __init__(self, context: ProbeContext) -> None:
        self._context = context
        self._known: dict[str, Child] = {}
        self._numbers: dict[str, int] = {}

    async def read(self, tree: Tree, culprit: Culprit | None, depth: int = 0) -> tuple[Child, ...]:
        """The children on the way to the culprit, and those of the present. Raises AwsError."""
        wanted = [culprit.node] if culprit is not None else []
        wanted += [one for one in tree.current if one not in wanted]
        found: list[Child] = []
        for node in wanted:
            for arn in await self._arns(node):
                if len(found) < READ and depth < DEEPEST:
                    child = await self._child(node, arn, depth)
                    found += [child] if child is not None else []
        return tuple(found)

    async def _arns(self, node: Node) -> Sequence[str]:
        if node.map_run is not None:
            return await self._failed_items(node.map_run)
        arn = child_arn_of(node.tries[-1]) if node.tries else None
        return [arn] if arn is not None and ":execution:" in arn else []

    async def _failed_items(self, map_run: str) -> Sequence[str]:
        states: Any = await self._context.client("stepfunctions")
        answer = await states.list_executions(mapRunArn=map_run, statusFilter="FAILED", maxResults=ITEMS)
        found = [fields.name(raw, "executionArn") for raw in listed(answer, "executions")]
        return [arn for arn in found if arn is not None][:ITEMS]

    async def _child(self, node: Node, arn: str, depth: int) -> Child | None:
        if arn in self._known:
            return self._known[arn]
        told = await describe(self._context, arn)
        if told is None:
            return None
        execution, raw = told
        states: Any = await self._context.client("stepfunctions")
        answer = await states.get_execution_history(executionArn=arn, maxResults=1000, reverseOrder=True)
        tree = Tree()
        tree.add(sorted(parse_events(listed(answer, "events")), key=lambda one: one.id))
        culprit = find_culprit(tree, None)
        try:
            inner = await self.read(tree, culprit, depth + 1)
        except AwsError:
            inner = ()
        child = Child(
            of=node.id,
            execution=execution,
            tree=tree,
            culprit=culprit,
            error=fields.name(raw, "error"),
            cause=fields.text(raw, "cause", 2_000) or None,
            inner=inner,
            number=self._numbers.setdefault(arn, len(self._numbers)),
        )
        if execution.stopped_at is not None:
            self._known[arn] = child
        return child


def rows_under(children: Iterable[Child], depth_of: dict[int, int]) -> dict[int, tuple[StateVisit, ...]]:
    """The rows of each child under the node that waits for it. `depth_of`: of those nodes."""
    found: dict[int, tuple[StateVisit, ...]] = {}
    for child in children:
        depth = depth_of.get(child.of, 0) + 1
        found[child.of] = (*found.get(child.of, ()), *_rows(child, child.of, depth))
    return found


def _rows(child: Child, parent: int, depth: int) -> tuple[StateVisit, ...]:
    execution = child.execution
    top = StateVisit(
        id=child.row_id(0),
        name=f"{execution.machine} {execution.name}",
        type="Child",
        depth=depth,
        parent=parent,
        outcome=_OUTCOMES.get(execution.status, Outcome.UNKNOWN),
        entered_at=execution.started_at,
        left_at=execution.stopped_at,
        error=child.error,
        cause=child.cause,
        child_arn=execution.arn,
    )
    chain = [one.id for one in child.culprit.node.up()] if child.culprit is not None else []
    marks = Marks(
        culprits=chain,
        culprit=child.culprit.node.id if child.culprit is not None and child.failed_child is None else None,
    )
    below = Outline(marks).of(child.tree.roots)
    placed = [
        replace(
            row,
            id=child.row_id(row.id),
            depth=row.depth + depth + 1,
            parent=child.row_id(row.parent) if row.parent is not None else top.id,
            folded=row.folded,
        )
        for row in below
    ]
    inner = {one.of: one for one in child.inner}
    rows = [top]
    for row, mapped in zip(below, placed, strict=True):
        rows.append(mapped)
        if row.id in inner:
            rows += _rows(inner[row.id], mapped.id, mapped.depth + 1)
    return tuple(rows)
