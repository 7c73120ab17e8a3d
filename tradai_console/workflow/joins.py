"""What other services know of an execution or a job, read beside its history and laid beside it.

Each part is read by itself: what cannot be read leaves a sentence, and the rest stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tradai_console.models.evidence import Verdict
from tradai_console.models.execution import Execution
from tradai_console.models.log import LogLine, milliseconds
from tradai_console.models.workflow import Outcome
from tradai_console.models.workflow_joined import Joined, QueueState, StateRow, Tracking
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.queues import Queue, read_queues
from tradai_console.probes.rows import get_row
from tradai_console.probes.wording import span
from tradai_console.sources.reading import secondary
from tradai_console.text import plain
from tradai_console.workflow.culprit import Culprit
from tradai_console.workflow.invocations import read_invocation, read_refusals
from tradai_console.workflow.outline import function_of
from tradai_console.workflow.row import judged_row, parse_state_row
from tradai_console.workflow.stuck import stuck_forms
from tradai_console.workflow.tasks import read_task_facts
from tradai_console.workflow.tree import Node, Tree

DEFAULT_LIMIT_S: Final = 7_200.0
OLD_S: Final = 300.0


@dataclass(frozen=True)
class About:
    """What is known of the execution when the rest is read."""

    execution: Execution | None
    tree: Tree
    culprit: Culprit | None
    job_id: str | None
    ids: Mapping[str, str]
    limit_s: float | None


class Joins:
    """Reads and keeps the joined facts of one open workflow."""

    def __init__(self, context: ProbeContext) -> None:
        self._context = context
        self.joined = Joined(reading=True)
        self.notes: tuple[str, ...] = ()
        self.raw_row: Mapping[str, Any] | None = None

    async def read_row(self, job_id: str | None) -> None:
        """The row alone: it is wanted at once."""
        if job_id is None:
            return
        notes: list[str] = []
        table = self._context.platform.tables.workflow_state
        row = await secondary(
            get_row(self._context, table, "job_id", job_id), None, notes, "row of workflow state"
        )
        self.notes = (*[one for one in self.notes if not one.startswith("row of workflow")], *notes)
        self.raw_row = row if row is not None else self.raw_row
        if row is not None:
            old = self.joined.row
            found = parse_state_row(table, row)
            self.joined = replace(
                self.joined, row=replace(found, refusals=old.refusals) if old is not None else found
            )

    async def read(self, about: About) -> None:
        """Everything else. Reads anew what may have changed."""
        notes: list[str] = []
        row = self.joined.row
        row_task = self._text("ecs_task_arn")
        culprit = about.culprit.node if about.culprit is not None else None
        tasks = await read_task_facts(
            self._context,
            about.tree,
            row_task if row_task and ":task/" in row_task else None,
            culprit.id if culprit is not None else None,
            notes,
        )
        self.joined = replace(self.joined, tasks=tasks)
        await self._read_invocations(about, culprit)
        if row is not None and self._doubtful(row, about):
            nothing: tuple[LogLine, ...] = ()
            since = milliseconds(row.created_at) if row.created_at is not None else 0
            refusals = await secondary(
                read_refusals(self._context, row.job_id, since), nothing, notes, "refused writes"
            )
            self.joined = replace(self.joined, row=replace(row, refusals=refusals))
        if row is not None and about.execution is None:
            await self._read_queues(notes)
        self.notes = tuple(dict.fromkeys([*self.notes, *notes]))
        self.joined = replace(self.joined, tracking=self._tracking(about), reading=False)
        self.judge(about)

    def judge(self, about: About) -> None:
        """Set row and execution beside each other, and name the stuck forms. Reads nothing."""
        now = self._context.now
        row = self.joined.row
        if row is not None:
            verdict, told = judged_row(row, about.execution, now, failed=about.culprit is not None)
            row = replace(row, verdict=verdict, told=told)
        stuck = stuck_forms(
            row,
            about.execution,
            self.joined.tasks,
            self.joined.queues,
            about.limit_s or DEFAULT_LIMIT_S,
            now,
        )
        self.joined = replace(self.joined, row=row, stuck=stuck)

    def _doubtful(self, row: StateRow, about: About) -> bool:
        """Whether row and execution differ: then a write may have been refused."""
        ended = about.execution is not None and about.execution.stopped_at is not None
        verdict, _ = judged_row(row, about.execution, self._context.now, failed=about.culprit is not None)
        return ended and verdict is not Verdict.OK

    async def _read_invocations(self, about: About, culprit: Node | None) -> None:
        """The culprit's invocation, or that of the function that decided against it."""
        words = [one for one in (about.job_id, about.ids.get("trace_id")) if one]
        words += [about.execution.name] if about.execution is not None else []
        wanted = [culprit] if culprit is not None else []
        wanted += [
            one for one in about.tree.current if one.tries and one.tries[-1].outcome is Outcome.RUNNING
        ]
        found = []
        for node in dict.fromkeys(wanted):
            if node.tries and function_of(node.tries[-1]) is not None:
                one = await read_invocation(self._context, node, 0, words)
                found += [one] if one is not None else []
        self.joined = replace(self.joined, invocations=tuple(found))

    async def _read_queues(self, notes: list[str]) -> None:
        nothing: list[Queue] = []
        found = await secondary(read_queues(self._context), nothing, notes, "queues")
        queues = [one for one in found if not one.own]
        about = [one for one in queues if "backtest" in one.name] or queues
        self.joined = replace(self.joined, queues=tuple([queue_state(one) for one in about]))

    def _tracking(self, about: About) -> Tracking | None:
        run = self._text("mlflow_run_id") or about.ids.get("mlflow_run_id")
        if not run:
            return None
        base = f"http://mlflow.{self._context.platform.cluster}.local:5000"
        links = (
            ("run, inside the network", f"{base}/#/runs/{run}"),
            ("as JSON", f"{base}/api/2.0/mlflow/runs/get?run_id={run}"),
        )
        return Tracking(plain(run, 200), tuple([(what, plain(where, 400)) for what, where in links]))

    def _text(self, name: str) -> str | None:
        value = (self.raw_row or {}).get(name)
        return value if isinstance(value, str) and value else None


def queue_state(one: Queue) -> QueueState:
    """A queue as it is shown."""
    count = "?" if one.waiting is None else str(one.waiting)
    oldest = f", the oldest for {span(one.oldest_s)}" if one.oldest_s is not None and one.waiting else ""
    verdict = Verdict.UNKNOWN if one.waiting is None else Verdict.OK
    if one.waiting and (one.dead or (one.oldest_s or 0.0) > OLD_S):
        verdict = Verdict.BAD if one.dead else Verdict.WARN
    return QueueState(
        name=one.name,
        dead=one.dead,
        waiting=one.waiting,
        in_flight=one.in_flight,
        oldest_s=one.oldest_s,
        told=f"{count} waiting{oldest}",
        verdict=verdict,
    )


def failing_log(joined: Joined, culprit: Culprit | None) -> Sequence[LogLine]:
    """The lines of the culprit's own task or invocation."""
    if culprit is None:
        return ()
    for task in joined.tasks:
        if task.visit == culprit.node.id and task.log is not None and task.log.lines:
            return task.log.lines
    for one in joined.invocations:
        if one.visit == culprit.node.id and one.log.lines:
            return one.log.lines
    return ()
