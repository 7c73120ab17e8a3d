"""The ECS tasks of an execution: as ECS knows them, else as the history kept them, each with its log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from tradai_console.errors import AwsError
from tradai_console.models.evidence import Verdict
from tradai_console.models.service import Task
from tradai_console.models.workflow_joined import TaskJoined
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.ecs_stops import HARMLESS, cause_of
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw
from tradai_console.sources.tasks import parse_task
from tradai_console.workflow.loglines import task_log
from tradai_console.workflow.outline import task_arn_of
from tradai_console.workflow.tree import Node, Tree, Try

MOST_TASKS: Final = 8
LOGS: Final = 3
"""Tasks whose log is read: the failed one, the running one, the row's."""


def tasks_in(tree: Tree) -> list[tuple[Node, Try, str]]:
    """Each attempt that ran an ECS task, oldest first."""
    return [
        (node, one, arn)
        for node in tree.nodes()
        for one in node.tries
        if (arn := task_arn_of(one)) is not None
    ]


async def read_task_facts(
    context: ProbeContext, tree: Tree, row_task: str | None, culprit: int | None, notes: list[str]
) -> tuple[TaskJoined, ...]:
    """The tasks (`ecs:DescribeTasks`), those of the culprit, of the present and of the row first to have their log."""
    run = tasks_in(tree)
    wanted: dict[str, tuple[Node | None, Try | None]] = {
        arn: (node, one) for node, one, arn in run[-MOST_TASKS:]
    }
    wanted |= {arn: (node, one) for node, one, arn in run if node.id == culprit}
    if row_task is not None:
        wanted.setdefault(row_task, (None, None))
    known = await _described(context, wanted, notes)
    found = [_joined(arn, node, one, known.get(arn)) for arn, (node, one) in wanted.items()]
    order = sorted(
        found, key=lambda one: (one.visit != culprit, one.task is None or one.task.stopped_at is not None)
    )
    logged = {one.arn for one in order[:LOGS]}
    return tuple([await _with_log(context, one) if one.arn in logged else one for one in found])


async def _described(context: ProbeContext, arns: Iterable[str], notes: list[str]) -> dict[str, Task]:
    clusters: dict[str, list[str]] = {}
    for arn in arns:
        clusters.setdefault(arn.partition(":task/")[2].partition("/")[0], []).append(arn)
    found: dict[str, Task] = {}
    for cluster, those in clusters.items():
        ecs = await context.client("ecs")
        try:
            answer = await ecs.describe_tasks(cluster=cluster, tasks=those[:100])
        except AwsError as error:
            notes.append(f"tasks: {error}")
            continue
        parsed = [parse_task(raw) for raw in fields.rows(answer, "tasks")]
        found |= {one.arn: one for one in parsed if one is not None}
    return found


def _joined(arn: str, node: Node | None, one: Try | None, task: Task | None) -> TaskJoined:
    source = "ECS"
    if task is None and one is not None:
        task, source = task_of(one), "the history"
        if task is not None and task.stopped_at is None and task.exit_code is None and one.ended is not None:
            task = None  # it was only told when it was submitted: how it was then says nothing of its end
    told, verdict = told_of(task)
    return TaskJoined(node.id if node is not None else None, arn, task, source, told, verdict)


def told_of(task: Task | None) -> tuple[str, Verdict]:
    """Its state or why it stopped, in words."""
    if task is None:
        return "ECS has forgotten it: it remembers a stopped task for about an hour", Verdict.UNKNOWN
    if task.stopped_at is None and task.status != "STOPPED":
        return task.status, Verdict.OK
    cause = cause_of(task)
    reason = task.container_reason or task.stopped_reason or ""
    code = f"exit {task.exit_code}" if task.exit_code is not None else ""
    words = [cause, code if code not in cause else "", reason if reason.lower() != cause else ""]
    return ", ".join(filter(None, words)), Verdict.OK if cause in HARMLESS else Verdict.BAD


async def _with_log(context: ProbeContext, one: TaskJoined) -> TaskJoined:
    identity = one.arn.rpartition("/")[2]
    definition = one.task.task_definition if one.task is not None else ""
    log = await task_log(context, identity, definition, f"task {identity[:8]}")
    return TaskJoined(one.visit, one.arn, one.task, one.source, one.told, one.verdict, log)


def task_of(one: Try) -> Task | None:
    """The task as `runTask.sync` reported it at its end, or when it was submitted; None if it did not."""
    for event in (one.ended, one.submitted):
        if event is None:
            continue
        for raw in _structures(event.text("cause") or event.text("output")):
            task = parse_task(_as_ecs(raw))
            if task is not None and task.exit_code is not None and task.started_at is None:
                return replace(task, started_at=event.at)  # it has ended, so it had begun
            if task is not None:
                return task
    return None


def _structures(text: str) -> Iterator[Raw]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, Mapping):
        yield from fields.rows(value, "Tasks")
        yield value


def _as_ecs(raw: Raw) -> Raw:
    """Step Functions spells ECS's answer in capitals, with moments as milliseconds."""
    return {f"{key[:1].lower()}{key[1:]}": _value(key, value) for key, value in raw.items()}


def _value(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _as_ecs(value)
    if isinstance(value, list):
        return [_as_ecs(one) if isinstance(one, Mapping) else one for one in value]
    if key.endswith("At") and isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > 1e11 else value
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return value
