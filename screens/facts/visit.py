"""Everything known about one row of an execution's path."""

from __future__ import annotations

from collections.abc import Mapping

from screens.facts.facts import Section, pair
from screens.facts.states import OUTCOMES
from screens.widgets.line import Line
from screens.widgets.outline import items_line
from screens.widgets.pane import Moment
from screens.widgets.walk import VERDICT
from screens.widgets.words import exact_span, number, stamp
from tradai_console.models.machine_graph import Graph, Node
from tradai_console.models.workflow import Attempt, Outcome, Payload, StateVisit, Workflow
from tradai_console.models.workflow_joined import Invocation, LogSlice, TaskJoined

PREVIEW = 300
"""Characters of a payload that stand among the facts; `enter` opens the whole."""


def visit_sections(visit: StateVisit, workflow: Workflow, moment: Moment) -> tuple[Section, ...]:
    """What the state did, its attempts, what ran for it, what went in and out."""
    node = _node(workflow.graph, visit.name)
    title = f"{visit.name}  {visit.type.lower()}"
    own = Section(title, tuple(_itself(visit, node, moment)))
    attempts = Section("Attempts", tuple(line for one in visit.attempts for line in _attempt(one, moment)))
    ran = Section("What ran", tuple(_ran(visit, workflow)))
    texts = Section("In and out", tuple(_texts(visit)))
    return tuple(section for section in (own, attempts, ran, texts) if section.lines)


def payloads_of(visit: StateVisit | None, workflow: Workflow) -> tuple[tuple[str, Payload], ...]:
    """The texts that can be opened from here, by what they are called; the execution's own come last."""
    found: list[tuple[str, Payload | None]] = []
    if visit is not None:
        last = visit.attempts[-1] if visit.attempts else None
        cause = last.whole_cause if last else None
        found += [
            ("cause", cause or (workflow.cause.whole_cause if visit.culprit else None)),
            ("input", visit.input),
            ("parameters", last.parameters if last else None),
            ("result", last.output if last else None),
            ("output", visit.output),
        ]
    if not any(name == "cause" and payload for name, payload in found):
        found.append(("cause", workflow.cause.whole_cause))
    found += [("execution input", workflow.input), ("execution output", workflow.output)]
    seen: dict[tuple[int, str], tuple[str, Payload]] = {}
    for name, payload in found:
        if payload is not None:
            seen.setdefault((payload.event_id, payload.part), (name, payload))
    return tuple(seen.values())


def log_of(
    visit: StateVisit, workflow: Workflow, asked: Mapping[int, LogSlice | str]
) -> tuple[LogSlice | None, str]:
    """The state's log as far as it is known, or why there is none; `asked` is what was read by hand."""
    found = asked.get(visit.id)
    if isinstance(found, LogSlice):
        return found, ""
    joined = workflow.joined
    slices = [task.log for task in joined.tasks if task.visit == visit.id]
    slices += [call.log for call in joined.invocations if call.visit == visit.id]
    known = next((one for one in reversed(slices) if one is not None), None)
    if known is not None:
        return known, ""
    if found is not None:
        return None, found or "reading its log …"
    return (
        None,
        "l reads its log" if visit.type == "Task" else "only what runs a task or a function writes a log",
    )


def _itself(visit: StateVisit, node: Node | None, moment: Moment) -> list[Line]:
    sign, style = OUTCOMES[visit.outcome]
    usual = f"  usually {exact_span(visit.usual_s)}" if visit.usual_s is not None else ""
    took = "took so far" if visit.outcome is Outcome.RUNNING else "took"
    lines = [
        pair(
            "outcome",
            Line.of(
                (f"{sign} {visit.outcome}", style),
                ("  a Catch led on from here" if visit.outcome is Outcome.CAUGHT else "", "warn"),
            ),
        )
    ]
    if visit.entered_at is not None:
        at = stamp(visit.entered_at, local=moment.local)
        lines.append(
            pair(took, Line.of(exact_span(visit.seconds(moment.now)), (f"{usual}  since {at}", "dim")))
        )
    if visit.error:
        lines.append(pair("error", Line.of((visit.error, "bad"))))
    if visit.cause:
        lines.append(pair("cause", Line.of((visit.cause, "strong"))))
    if visit.items is not None:
        lines.append(pair("items", items_line(visit.items)))
    if node is not None and node.resource:
        lines.append(pair("calls", node.resource))
    if node is not None and (node.limit_s is not None or node.retries):
        limit = "" if node.limit_s is None else f"at most {exact_span(node.limit_s)}"
        lines.append(pair("limits", Line.of((", ".join(filter(None, (limit, node.retries))), "dim"))))
    if visit.after_failure:
        lines.append(Line.of(("it only handles the failure: the cause lies before it", "dim")))
    return lines


def _attempt(attempt: Attempt, moment: Moment) -> list[Line]:
    sign, style = OUTCOMES[attempt.outcome]
    began = stamp(attempt.scheduled_at, local=moment.local)
    told = attempt.cause or attempt.error or ""
    first = Line.of(
        (f"{sign} ", style),
        (f"{attempt.number}  ", "strong"),
        f"{exact_span(attempt.seconds(moment.now)):>6}  ",
        (f"{began}  ", "dim"),
        (attempt.target or attempt.resource, "plain"),
        (f"  {told}" if told else "", style),
    )
    return [
        first,
        *([Line.of(("  task ", "dim"), attempt.task_arn.rpartition("/")[2])] if attempt.task_arn else []),
    ]


def _ran(visit: StateVisit, workflow: Workflow) -> list[Line]:
    tasks = [_task(task) for task in workflow.joined.tasks if task.visit == visit.id]
    calls = [_call(call) for call in workflow.joined.invocations if call.visit == visit.id]
    child = [pair("child", Line.of((visit.child_arn, "info")))] if visit.child_arn else []
    return [*(line for lines in tasks for line in lines), *calls, *child]


def _task(joined: TaskJoined) -> list[Line]:
    sign, style = VERDICT[joined.verdict]
    lines = [
        pair("task", Line.of((f"{sign} ", style), (joined.told, "strong"), (f"  by {joined.source}", "dim")))
    ]
    task = joined.task
    if task is None:
        return lines
    if task.stopped_reason:
        lines.append(pair("stop reason", task.stopped_reason))
    if task.container_reason:
        lines.append(pair("container", Line.of((task.container_reason, "bad"))))
    if task.exit_code is not None:
        lines.append(pair("exit code", str(task.exit_code)))
    return lines


def _call(call: Invocation) -> Line:
    sign, style = VERDICT[call.verdict]
    return pair("function", Line.of((f"{sign} ", style), (call.function, "strong"), f"  {call.told}"))


def _texts(visit: StateVisit) -> list[Line]:
    lines = []
    for name, payload in (("input", visit.input), ("output", visit.output)):
        if payload is not None:
            more = f"  {number(payload.size)} characters" if payload.size > PREVIEW else ""
            cut = "  AWS has cut it" if payload.cut else ""
            lines.append(pair(name, Line.of(payload.preview[:PREVIEW], (more, "dim"), (cut, "warn"))))
    return lines


def _node(graph: Graph | None, name: str) -> Node | None:
    return None if graph is None else next((node for node in graph.nodes if node.name == name), None)
