"""An ECS task of the story: its start, its end and the reason for it, and where its own log is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from tradai_console.errors import AwsError, NotFound
from tradai_console.logs.services import Services
from tradai_console.models.log import milliseconds
from tradai_console.models.trail import TrailEvent
from tradai_console.probes.context import ProbeContext
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw
from tradai_console.sources.tasks import parse_task
from tradai_console.text import plain
from tradai_console.trail.found import Found, OwnLog

BEFORE_MS: Final = 60_000
AFTER_MS: Final = 120_000
"""A task's log is read from so long before its start to so long after its end."""

_SERVICE: Final = "service:"
_IDS_IN: Final = ("JOB_ID", "TRACE_ID", "CORRELATION_ID", "MLFLOW_RUN_ID", "EXECUTION", "EXECUTION_NAME")
"""Variables of a container's overrides, and tags, that name what the task works for."""


async def describe(context: ProbeContext, task: str) -> Raw | None:
    """The task of this ARN or id (`ecs:DescribeTasks`); None if ECS does not know it, or not any more. Raises AwsError."""
    ecs = await context.client("ecs")
    cluster = task.partition(":task/")[2].rpartition("/")[0] or context.platform.cluster
    try:
        answer = await ecs.describe_tasks(cluster=cluster, tasks=[task], include=["TAGS"])
    except NotFound:
        return None
    return next(iter(fields.rows(answer, "tasks")), None)


async def task_found(context: ProbeContext, raw: Raw, services: Services, *, wanted: bool) -> Found:
    """The task as pieces, with its own log. `wanted`: it was asked for by its id, so a service's task counts, too.

    Raises AwsError only where its pieces are at stake: a definition that cannot be read costs nothing but certainty.
    """
    task = parse_task(raw)
    if task is None:
        return Found()
    of_service = task.group.startswith(_SERVICE)
    if of_service and not wanted:
        return Found()
    group, stream = await _own_log(context, raw, task.id)
    service = services.of(group, stream)
    if of_service:
        service = context.platform.service_of(task.group.removeprefix(_SERVICE))
    created = fields.moment(raw.get("createdAt"))
    ended = task.stopped_at or (created if task.status == "STOPPED" and created else None)
    pieces = []
    if created is not None:
        words = f"task {task.id} asked for: {task.task_definition or 'an unknown definition'}"
        pieces.append(_piece(task.id, service, created, "PROVISIONING", words, None))
    if task.started_at is not None:
        where = f" in {task.az}" if task.az else ""
        pieces.append(
            _piece(task.id, service, task.started_at, "RUNNING", f"task {task.id} started{where}", None)
        )
    if ended is not None:
        why = ", ".join(
            [
                str(part)
                for part in (
                    task.container_reason,
                    task.stopped_reason,
                    f"exit {task.exit_code}" if task.exit_code is not None else None,
                )
                if part
            ]
        )
        level = "ERROR" if task.exit_code or (task.exit_code is None and task.started_at is None) else None
        words = plain(f"task {task.id} stopped: {why or 'no reason given'}", 400)
        pieces.append(_piece(task.id, service, ended, "STOPPED", words, level))
    first = min((piece.time_ms for piece in pieces), default=milliseconds(context.now))
    log = OwnLog(
        group,
        stream,
        first - BEFORE_MS,
        None if ended is None else milliseconds(ended) + AFTER_MS,
        leads_on=not of_service,
    )
    ids = () if of_service else _named(raw)
    return Found(tuple(pieces), ids, (log,), open=ended is None)


async def _own_log(context: ProbeContext, raw: Raw, task_id: str) -> tuple[str, str]:
    """Group and stream, by the task's definition (`ecs:DescribeTaskDefinition`), else by the platform's habit."""
    try:
        ecs = await context.client("ecs")
        named = fields.text(raw, "taskDefinitionArn", fields.NAME_LIMIT)
        answer = await ecs.describe_task_definition(taskDefinition=named)
        for container in fields.rows(fields.inner(answer, "taskDefinition"), "containerDefinitions"):
            options = fields.inner(fields.inner(container, "logConfiguration"), "options")
            group = fields.name(options, "awslogs-group")
            prefix = fields.name(options, "awslogs-stream-prefix")
            if group and prefix:
                return group, f"{prefix}/{fields.text(container, 'name', 80)}/{task_id}"
    except AwsError:
        pass
    return context.platform.log_groups.tasks, f"strategy/strategy/{task_id}"


def _named(raw: Raw) -> tuple[str, ...]:
    """What the task's tags and the variables given to its container say that it works for."""
    pairs: list[tuple[str, Any]] = [
        (str(one.get("key")), one.get("value")) for one in fields.rows(raw, "tags")
    ]
    for container in fields.rows(fields.inner(raw, "overrides"), "containerOverrides"):
        pairs += [(str(one.get("name")), one.get("value")) for one in fields.rows(container, "environment")]
    return tuple([str(value) for name, value in pairs if name.upper() in _IDS_IN and value])


def _piece(
    task_id: str, service: str, at: datetime, status: str, words: str, level: str | None
) -> TrailEvent:
    return TrailEvent(
        "task",
        f"task/{task_id}/{status.lower()}",
        milliseconds(at),
        service,
        words,
        level,
        status=status,
        task_id=task_id,
    )
