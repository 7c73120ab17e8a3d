"""Executions and jobs: `workflow.executions`, `workflow.job`, `workflow.failed_jobs`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.execution import Execution
from tradai_console.models.service import Task
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.ecs_stops import cause_of
from tradai_console.probes.executions import find_execution, limit_s, read_executions
from tradai_console.probes.registry import probe
from tradai_console.probes.rows import get_row, shown, shown_rows
from tradai_console.probes.wording import ago, counted, span
from tradai_console.sources import fields
from tradai_console.sources.failures import parse_cause
from tradai_console.sources.reading import secondary, together
from tradai_console.sources.tasks import parse_task
from tradai_console.sources.trading import parse_moment, parse_row
from tradai_console.text import plain

DAY_S: Final = 86_400.0
JUST_S: Final = 1_800.0
"""A failure that is not older is what one is called for."""
PICKED_UP_S: Final = 600.0
"""A job that waits longer than this was not picked up."""
BY_STATUS: Final = "status-created_at-index"


@probe("workflow.executions")
async def executions(context: ProbeContext, given: Given) -> Evidence:
    """`states:ListExecutions`, or what the pane has just read of it."""
    machine = given.get("machine")
    known = await read_executions(context, machine)
    limits = {one.arn: limit_s(one, context) for one in known.items}
    evidence = judge_executions(
        machine or "the machines", known.items, limits, context.now, unread=known.unread
    )
    return replace(evidence, found=_pointed_at(known.items, context.now))


def _pointed_at(found: Sequence[Execution], now: datetime) -> dict[str, str]:
    """The execution to look at: the newest that has just failed, else the youngest that runs, of the machine with most.

    Where many run at once, those of one machine are the flood: the one that is named must not be another's.
    """
    failed = [
        one
        for one in found
        if one.failed
        and not _stopped(one)
        and one.stopped_at is not None
        and (now - one.stopped_at).total_seconds() <= JUST_S
    ]
    running = [one for one in found if one.stopped_at is None]
    if not failed and not running:
        return {}
    newest = max(failed, key=lambda one: one.stopped_at or one.started_at, default=None)
    crowd = Counter(one.machine_arn for one in running)
    one = newest or max(running, key=lambda one: (crowd[one.machine_arn], one.started_at))
    return {"EXECUTION": one.arn}


def judge_executions(
    about: str,
    found: Sequence[Execution],
    limits: Mapping[str, float | None],
    now: datetime,
    *,
    unread: int = 0,
) -> Evidence:
    """Which failed, in the last day, and which run too long? `unread`: ended ones whose history was not read."""
    if not found:
        return Evidence(Verdict.UNKNOWN, f"No execution of {about} is known.")
    stuck = [
        one for one in found if one.stopped_at is None and one.duration_s(now) > (limits.get(one.arn) or 1e12)
    ]
    recent = [one for one in found if (now - (one.stopped_at or one.started_at)).total_seconds() <= DAY_S]
    failed = [one for one in recent if one.failed and not _stopped(one)]
    runs = [one for one in found if one.stopped_at is None and one not in stuck]
    rest = [one for one in found if one not in (*stuck, *failed, *runs)]
    rows = tuple([_execution_row(one, now, one in stuck) for one in [*stuck, *runs, *failed, *rest]])
    running = f"{len(runs) + len(stuck)} running now"
    by_hand = sum(_stopped(one) for one in recent)
    halted = f", {by_hand} stopped by somebody" if by_hand else ""
    if stuck:
        line = f"{stuck[0].name} of {stuck[0].machine} runs for {span(stuck[0].duration_s(now))}, past its time limit"
        more = f"; {len(stuck) - 1} more do" if len(stuck) > 1 else ""
        return Evidence(Verdict.BAD, f"{line}{more}.", rows)
    if failed:
        newest = max(failed, key=lambda one: one.stopped_at or one.started_at)
        ended = [
            one
            for one in found
            if one.stopped_at is not None and one.machine == newest.machine and not _stopped(one)
        ]
        last = max(ended, key=lambda one: one.stopped_at or one.started_at, default=newest)
        line = f"{running}; {counted(len(failed), 'execution')} of {about} failed in 24 h{halted}; newest: "
        line += f"{_failure_told(newest)}, {ago(newest.stopped_at, now)}"
        after = "" if last is newest else f"; {last.machine} ended well since, {ago(last.stopped_at, now)}"
        return Evidence(Verdict.BAD if last is newest else Verdict.WARN, f"{line}{after}.", rows)
    caught = f", {unread} of them not looked into for caught failures" if unread else ""
    line = f"{running}; no execution of {about} failed in 24 h{halted}; {len(found)} known{caught}."
    return Evidence(Verdict.OK, line, rows)


def _stopped(one: Execution) -> bool:
    """Whether somebody stopped it: that is no failure of its own."""
    return one.status == "ABORTED"


def _failure_told(one: Execution) -> str:
    caught = ", caught: SUCCEEDED is no success" if one.caught else ""
    cause = plain(one.cause, 160) if one.cause else None
    error = None if one.error and cause and cause.startswith(one.error) else one.error
    why = ": ".join(filter(None, (one.failed_state, error, cause)))
    return f"{one.machine} {one.status}{caught}{' in ' + why if why else ''}"


def _execution_row(one: Execution, now: datetime, stuck: bool) -> Row:
    state = one.failed_state if one.failed else one.current_state
    word = f"{one.status}, caught" if one.caught else one.status
    words = [word, state, f"{span(one.duration_s(now))}", f"started {ago(one.started_at, now)}", one.error]
    verdict = Verdict.BAD if stuck or (one.failed and not _stopped(one)) else Verdict.OK
    return Row(f"{one.machine} {one.name}", "  ".join([text for text in words if text]), verdict)


@probe("workflow.job")
async def job(context: ProbeContext, given: Given) -> Evidence:
    """The job's row (`dynamodb:GetItem`), its execution (`states:DescribeExecution`), its task."""
    row = await get_row(context, context.platform.tables.workflow_state, "job_id", given["job"])
    if row is None:
        line = f"There is no job {given['job']} in the table: never accepted, or its id is another."
        return Evidence(Verdict.UNKNOWN, line)
    notes: list[str] = []
    execution, task = await asyncio.gather(
        secondary(_execution(context, row), None, notes, "execution"),
        secondary(_task(context, row), None, notes, "task"),
    )
    return judge_job(
        given["job"], row, execution, task, context.platform.machine_timeouts_s, notes, context.now
    )


async def _execution(context: ProbeContext, row: Mapping[str, Any]) -> Execution | None:
    arn = row.get("execution_arn")
    if not isinstance(arn, str) or not arn:
        return None
    try:
        return (await find_execution(context, arn))[0]
    except NotFound:
        return None


async def _task(context: ProbeContext, row: Mapping[str, Any]) -> Task | None:
    arn = row.get("ecs_task_arn")
    if not isinstance(arn, str) or ":task/" not in arn:
        return None
    ecs = await context.client("ecs")
    cluster = arn.partition(":task/")[2].partition("/")[0]
    answer = await ecs.describe_tasks(cluster=cluster, tasks=[arn])
    return next((one for raw in fields.rows(answer, "tasks") if (one := parse_task(raw)) is not None), None)


def judge_job(
    name: str,
    row: Mapping[str, Any],
    execution: Execution | None,
    task: Task | None,
    limits: Mapping[str, float],
    notes: Sequence[str],
    now: datetime,
) -> Evidence:
    """Where is the job, and in which of the known ways is it stuck? The row's status has two spellings."""
    status = str(row.get("status") or "").strip().upper()
    created, started = parse_moment(row.get("created_at")), parse_moment(row.get("started_at"))
    has_arn = bool(row.get("execution_arn"))
    rows = list(shown_rows(row))
    if execution is not None:
        rows.append(_execution_row(execution, now, stuck=False))
    elif has_arn and not notes:
        rows.append(Row("execution", "Step Functions does not know it any more", Verdict.WARN))
    if task is not None:
        rows.append(Row("task", f"{task.status} {cause_of(task) if task.stopped_at else ''}".strip()))
    rows += [Row("not read", note, Verdict.UNKNOWN) for note in notes]
    verdict, told = _job_told(status, created, started, has_arn, row, execution, task, limits, now)
    return Evidence(
        verdict, f"{name}, {plain(row.get('status') or 'without a status', 40)}: {told}.", tuple(rows)
    )


def _job_told(
    status: str,
    created: datetime | None,
    started: datetime | None,
    has_arn: bool,
    row: Mapping[str, Any],
    execution: Execution | None,
    task: Task | None,
    limits: Mapping[str, float],
    now: datetime,
) -> tuple[Verdict, str]:
    waited_s = (now - created).total_seconds() if created else None
    waits = f"accepted {ago(created, now)}" if created else "accepted at an unknown time"
    limit = (
        max(limits.values(), default=7200.0) if execution is None else limits.get(execution.machine, 7200.0)
    )
    limit = limits.get("backtest", limit) if execution is None else limit
    if status == "PENDING":
        if execution is not None and execution.stopped_at is not None:
            return (
                Verdict.BAD,
                f"its execution ended {execution.status} {ago(execution.stopped_at, now)}, its row was never moved on",
            )
        late = waited_s is None or waited_s > PICKED_UP_S
        if not has_arn:
            told = (
                f"{waits} and no execution was started: look at the queue, its consumer and the dead letters"
            )
            return (
                Verdict.BAD if late else Verdict.OK
            ), told if late else f"{waits}, it waits for the consumer"
        return (Verdict.WARN if late else Verdict.OK), f"{waits}, its execution was started"
    if status == "RUNNING":
        if execution is not None and execution.stopped_at is not None:
            return (
                Verdict.BAD,
                f"but its execution ended {execution.status} {ago(execution.stopped_at, now)}: the row was not moved on",
            )
        if task is not None and task.stopped_at is not None and execution is None:
            return Verdict.BAD, f"but its task stopped {ago(task.stopped_at, now)}, {cause_of(task)}"
        begun = started or created
        if begun is not None and (now - begun).total_seconds() > limit:
            return (
                Verdict.BAD,
                f"it runs for {span((now - begun).total_seconds())}, longer than the {span(limit)} allowed",
            )
        return (
            Verdict.OK,
            f"since {span((now - begun).total_seconds()) if begun else 'an unknown time'}, {span(limit)} are allowed",
        )
    if status == "FAILED":
        return Verdict.BAD, _error_of(row, execution)
    if status in ("COMPLETED", "CANCELLED"):
        return Verdict.OK, f"it is over, {ago(parse_moment(row.get('completed_at')), now)}"
    return Verdict.UNKNOWN, "a status that is not known here"


def _error_of(row: Mapping[str, Any], execution: Execution | None) -> str:
    error = row.get("error")
    if isinstance(error, Mapping):
        words = [str(error.get("Error") or ""), parse_cause(error.get("Cause")) or ""]
        return plain(": ".join(filter(None, words)), 240) or "its row gives no reason"
    if error:
        return shown(error)[:240]
    if execution is not None and (execution.error or execution.cause):
        return plain(": ".join(filter(None, (execution.error, execution.cause))), 240)
    return "its row gives no reason"


@probe("workflow.failed_jobs")
async def failed_jobs(context: ProbeContext, given: Given) -> Evidence:
    """The index by status, asked in both spellings (`dynamodb:Query`), newest first."""
    dynamodb = await context.client("dynamodb")
    answers = await together(
        dynamodb.query(
            TableName=context.platform.tables.workflow_state,
            IndexName=BY_STATUS,
            KeyConditionExpression="#status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": spelling}},
            ScanIndexForward=False,
            Limit=given.limit,
        )
        for spelling in ("failed", "FAILED")
    )
    found = [parse_row(raw) for answer in answers for raw in fields.rows(answer, "Items")]
    return judge_failed_jobs(found, given.limit, context.now)


def judge_failed_jobs(found: Sequence[Mapping[str, Any]], limit: int, now: datetime) -> Evidence:
    """How many failed lately, and why?"""
    dated = [(parse_moment(row.get("created_at")), row) for row in found]
    dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else 0.0, reverse=True)
    dated = dated[:limit]
    rows = tuple(
        [
            Row(
                shown(row.get("job_id")),
                f"{ago(made, now)}  {shown(row.get('strategy_name') or '')}  {_error_of(row, None)}",
                Verdict.BAD,
            )
            for made, row in dated
        ]
    )
    day = [row for made, row in dated if made is not None and (now - made).total_seconds() <= DAY_S]
    hour = [row for made, row in dated if made is not None and (now - made).total_seconds() <= 3600]
    if not dated:
        return Evidence(Verdict.OK, "No job's row says failed, in either spelling.")
    newest, row = dated[0]
    told = f"the newest, {ago(newest, now)}: {_error_of(row, None)}"
    more = "at least " if len(day) == limit else ""
    if not day:
        return Evidence(Verdict.OK, f"No job failed in 24 h; {told}.", rows)
    verdict = Verdict.BAD if len(hour) > 1 else Verdict.WARN
    line = f"{more}{counted(len(day), 'job')} failed in 24 h, {len(hour)} of them in the last hour; {told}."
    return Evidence(verdict, line[:1].upper() + line[1:], rows)
