"""All that is known of a workflow, put into the one value that the screen draws. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tradai_console.models.evidence import Verdict
from tradai_console.models.execution import Execution
from tradai_console.models.machine_graph import Graph
from tradai_console.models.workflow import (
    CauseKind,
    Payload,
    Progress,
    StateVisit,
    TrueCause,
    Workflow,
)
from tradai_console.models.workflow_joined import Joined, Stuck
from tradai_console.probes.context import ProbeContext
from tradai_console.sources import fields
from tradai_console.sources.failures import parse_cause
from tradai_console.text import plain
from tradai_console.workflow.beside import first_difference
from tradai_console.workflow.children import Child, rows_under
from tradai_console.workflow.culprit import Culprit
from tradai_console.workflow.entry import parent_in
from tradai_console.workflow.events import preview
from tradai_console.workflow.graph import only_handles, walked
from tradai_console.workflow.joins import failing_log
from tradai_console.workflow.kinds import kind_in
from tradai_console.workflow.loglines import telling_line
from tradai_console.workflow.machine import Usual
from tradai_console.workflow.offers import offers_for
from tradai_console.workflow.outline import Marks, Outline
from tradai_console.workflow.telling import Situation, tell_cause
from tradai_console.workflow.tree import INSIDE, Tree
from tradai_console.workflow.ways_out import ways_out


@dataclass(frozen=True)
class Facts:
    """Everything that has been read."""

    key: str
    context: ProbeContext
    execution: Execution | None
    raw: Mapping[str, Any]
    """DescribeExecution's answer."""
    whole: bool
    """Whether all of the history has been read."""
    head: Tree
    tail: Tree | None
    """The newest events, while those between are still being read."""
    culprit: Culprit | None
    failing: frozenset[str] | None
    graph: Graph | None
    usual: Usual
    children: tuple[Child, ...]
    joined: Joined
    job_id: str | None
    ids: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def tree(self) -> Tree:
        """Where the end of the story is."""
        return self.tail if self.tail is not None else self.head


def told(facts: Facts) -> tuple[Workflow, Outline]:
    """The value, and the outline that knows what is behind its folds."""
    now = facts.context.now
    cause = _cause(facts)
    whole = facts.whole
    difference = first_difference(facts.head, facts.usual.newest, dict(facts.usual.states)) if whole else None
    outline, rows = _rows(facts, difference.visit if difference is not None else None)
    execution, raw = facts.execution, facts.raw
    redrivable, reason = (
        fields.name(raw, "redriveStatus"),
        fields.text(raw, "redriveStatusReason", 300) or None,
    )
    workflow = Workflow(
        key=facts.key,
        title=_title(facts),
        cause=cause,
        execution=_with_failure(execution, cause, facts.culprit),
        limit_s=_limit_s(facts),
        usual_s=facts.usual.whole_s,
        redrives=fields.whole(raw.get("redriveCount")) or 0,
        redriven_at=fields.moment(raw.get("redriveDate")),
        redrivable=redrivable,
        redrive_reason=reason,
        input=_own(raw, "input"),
        output=_own(raw, "output"),
        parent_arn=_parent(facts),
        ids=_ids(facts),
        links=_links(facts),
        states=rows,
        graph=_graph(facts) if whole else facts.graph,
        good=facts.usual.newest,
        difference=difference,
        joined=facts.joined,
        offers=offers_for(
            execution, redrivable, reason, facts.joined, now, caught=cause.caught, definite=True
        ),
        progress=_progress(facts),
        notes=facts.notes,
        taken_at=now,
    )
    return workflow, outline


def _cause(facts: Facts) -> TrueCause:
    if facts.execution is None:
        return _without_execution(facts)
    log, row = _witnesses(facts)
    cause = tell_cause(facts.tree, facts.culprit, _situation(facts, log, row))
    child = next((one for one in facts.children if facts.culprit and one.of == facts.culprit.node.id), None)
    if child is not None:
        cause = _bubbled(facts, cause, child)
    if cause.kind in (CauseKind.TASK, CauseKind.FUNCTION, CauseKind.ERROR):
        cause = replace(cause, kind=kind_in(log or "") or kind_in(row or "") or cause.kind)
    cause = replace(cause, because=_because(facts))
    worst = _loudest(facts.joined.stuck)
    if worst is not None and cause.kind in (CauseKind.RUNNING, CauseKind.NONE):
        cause = replace(cause, verdict=Verdict.BAD, kind=CauseKind.STUCK, line=_sentence(worst.line))
    return replace(cause, way_out=ways_out(cause, facts.joined, facts.execution))


def _witnesses(facts: Facts) -> tuple[str | None, str | None]:
    """Who else says why the culprit failed: its own log, and the row that was written after it."""
    if facts.culprit is None:
        return None, None
    row = facts.joined.row
    told = row.error if row is not None else None
    known = told if told and not told.startswith(("States.TaskFailed", "SetOnCall")) else None
    return telling_line(failing_log(facts.joined, facts.culprit)), known


def _loudest(stuck: tuple[Stuck, ...]) -> Stuck | None:
    return stuck[0] if stuck else None


def _without_execution(facts: Facts) -> TrueCause:
    """A job that no execution moves on."""
    row, stuck = facts.joined.row, _loudest(facts.joined.stuck)
    if stuck is not None:
        return TrueCause(
            Verdict.BAD,
            CauseKind.STUCK,
            _sentence(stuck.line),
            way_out=stuck.way_out,
            because=_because(facts),
        )
    status = row.state if row is not None else "?"
    if row is not None and row.state == "FAILED":
        kind = kind_in(row.error or "") or CauseKind.ERROR
        line = f"It failed, and no execution is known for it: {row.error or 'its row gives no reason'}"
        return TrueCause(Verdict.BAD, kind, plain(line, 600), cause=row.error)
    waits = "waits to be picked up" if status == "PENDING" else f"its row says {status}"
    kind = CauseKind.RUNNING if status in ("PENDING", "RUNNING") else CauseKind.NONE
    return TrueCause(Verdict.OK, kind, f"{facts.job_id} {waits}, and no execution is known for it")


def _bubbled(facts: Facts, outer: TrueCause, child: Child) -> TrueCause:
    """The cause of the child, told from outside."""
    deepest = child
    names = [child.execution.name]
    while deepest.failed_child is not None:
        deepest = deepest.failed_child
        names.append(deepest.execution.name)
    if deepest.culprit is None:
        return outer
    inner = tell_cause(
        deepest.tree,
        deepest.culprit,
        Situation(
            status=deepest.execution.status,
            started_at=deepest.execution.started_at,
            stopped_at=deepest.execution.stopped_at,
            now=facts.context.now,
            error=deepest.error,
            cause=parse_cause(deepest.cause),
        ),
    )
    waits = facts.culprit.node.name if facts.culprit is not None else "a state"
    tail = outer.line.partition("; ")[2]
    line = f"{inner.line}, in {' in '.join(reversed(names))}, which {waits} waited for{f'; {tail}' if tail else ''}"
    where = (*(outer.where or ((outer.state,) if outer.state else ())), *names, inner.state or "?")
    return replace(
        inner,
        line=plain(line, 600),
        visit=deepest.row_id(deepest.culprit.node.id),
        where=tuple(where),
        caught=outer.caught,
        survived=(*outer.survived, *inner.survived),
        verdict=outer.verdict,
    )


def _situation(facts: Facts, log: str | None, row: str | None) -> Situation:
    execution = facts.execution
    assert execution is not None
    edges = facts.graph.edges if facts.graph is not None else ()
    return Situation(
        status=execution.status,
        started_at=execution.started_at,
        stopped_at=execution.stopped_at,
        now=facts.context.now,
        limit_s=_limit_s(facts),
        usual_s=facts.usual.whole_s,
        error=fields.name(facts.raw, "error"),
        cause=parse_cause(facts.raw.get("cause")),
        usual=facts.usual.states,
        conditions={(one.source, one.target): one.label for one in edges if one.kind == "choice"},
        log_line=log,
        row_words=row,
    )


def _because(facts: Facts) -> tuple[str, ...]:
    """What else says so."""
    culprit = facts.culprit.node.id if facts.culprit is not None else None
    found = [
        f"its task {task.arn.rpartition('/')[2][:8]} stopped: {task.told} ({task.source})"
        for task in facts.joined.tasks
        if task.visit == culprit and task.verdict is Verdict.BAD
    ]
    log = telling_line(failing_log(facts.joined, facts.culprit))
    if log is not None:
        found.append(f"its log: {log}")
    found += [f"{one.function}: {one.told}" for one in facts.joined.invocations if one.visit == culprit]
    row = facts.joined.row
    if row is not None and (row.error or row.verdict is not Verdict.OK):
        found.append(f"its row, {row.status}: {row.error or row.told}")
    found += [f"{one.name}: {one.told}" for one in facts.joined.queues if one.waiting]
    return tuple([plain(one, 400) for one in found])


def _rows(facts: Facts, different: int | None) -> tuple[Outline, tuple[StateVisit, ...]]:
    culprit = facts.culprit
    chain = [one.id for one in culprit.node.up()] if culprit is not None else []
    depths = {}
    for child in facts.children:
        node = next((one for one in facts.tree.nodes() if one.id == child.of), None)
        if node is not None:
            depths[child.of] = sum(1 for _ in node.up()) - 1
    bubbled = any(culprit is not None and one.of == culprit.node.id and one.culprit for one in facts.children)
    marks = Marks(
        culprits=chain,
        culprit=culprit.node.id if culprit is not None and not bubbled else None,
        different=different,
        handling=_handling(facts),
        usual=facts.usual.states,
        under=rows_under(facts.children, depths),
    )
    outline = Outline(marks)
    roots = facts.head.roots if facts.tail is None else [*facts.head.roots, *facts.tail.roots]
    return outline, outline.of(roots)


def _handling(facts: Facts) -> frozenset[int]:
    """States after the culprit that only deal with its failure."""
    if facts.culprit is None or not facts.culprit.caught:
        return frozenset()
    tops = [one for one in facts.tree.roots if one.type not in INSIDE]
    if facts.culprit.outer not in tops:
        return frozenset()
    after = tops[tops.index(facts.culprit.outer) + 1 :]
    return frozenset([one.id for one in after if only_handles(one.name, facts.failing)])


def _graph(facts: Facts) -> Graph | None:
    if facts.graph is None:
        return None
    return walked(facts.graph, facts.head, facts.culprit.node.name if facts.culprit is not None else None)


def _progress(facts: Facts) -> Progress:
    read = len(facts.head.events) + (len(facts.tail.events) if facts.tail is not None else 0)
    newest = facts.tree.last_id
    running = facts.execution is not None and facts.execution.stopped_at is None
    error = next((one for one in facts.notes if one.startswith("history: ")), None)
    return Progress(
        read=read,
        total=newest or None,
        whole=facts.whole,
        live=running,
        error=error.removeprefix("history: ") if error else None,
    )


def _limit_s(facts: Facts) -> float | None:
    if facts.graph is not None and facts.graph.timeout_s is not None:
        return facts.graph.timeout_s
    machine = facts.execution.machine if facts.execution is not None else "backtest"
    return facts.context.platform.machine_timeouts_s.get(machine)


def _title(facts: Facts) -> str:
    if facts.execution is None:
        return f"job {facts.job_id}"
    return f"{facts.execution.machine} {facts.execution.name}"


def _with_failure(execution: Execution | None, cause: TrueCause, culprit: Culprit | None) -> Execution | None:
    if execution is None or culprit is None:
        return execution
    return replace(
        execution, failed_state=cause.state, error=cause.error, cause=cause.cause, caught=cause.caught
    )


def _own(raw: Mapping[str, Any], part: str) -> Payload | None:
    value = raw.get(part)
    if not isinstance(value, str):
        return None
    cut = fields.inner(raw, f"{part}Details").get("included") is False
    return Payload(0, part, len(value), preview(value), cut)


def _parent(facts: Facts) -> str | None:
    """Step Functions names the starter in the input where `AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID` is passed."""
    return parent_in(str(facts.raw.get("input", "")))


def _ids(facts: Facts) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    if facts.job_id:
        found.append(("job", facts.job_id))
    found += [
        (word, facts.ids[key])
        for word, key in (("trace", "trace_id"), ("strategy", "strategy_name"), ("model", "model_name"))
        if key in facts.ids
    ]
    found += [("task", one.arn.rpartition("/")[2]) for one in facts.joined.tasks]
    if facts.joined.tracking is not None:
        found.append(("mlflow run", facts.joined.tracking.run_id))
    return tuple(found)


def _links(facts: Facts) -> tuple[tuple[str, str], ...]:
    if facts.execution is None:
        return ()
    region = facts.execution.arn.split(":")[3]
    url = f"https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{facts.execution.arn}"
    return (("AWS console", plain(url, 600)),)


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:]
