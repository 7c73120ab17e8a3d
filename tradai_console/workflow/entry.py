"""From whatever names it to an execution or a job: an ARN, a name, a job id, a trace id, a task, a Map run."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tradai_console.errors import AwsError, ConsoleError, NotFound
from tradai_console.models.execution import Execution, Machine
from tradai_console.models.workflow import Candidates
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.executions import read_machines
from tradai_console.probes.rows import get_row
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw
from tradai_console.sources.reading import secondary, together
from tradai_console.sources.trading import parse_row
from tradai_console.sources.workflows import parse_execution
from tradai_console.text import plain

JOB: Final = "job:"
BY_TRACE: Final = "trace_id-index"
MOST_FOUND: Final = 20
MACHINES: Final = 10
_NAME: Final = re.compile(r"[\w.:/+=@-]{1,512}", re.ASCII)
_TASK: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Entry:
    """What is to be opened: an execution, or a job that has none."""

    arn: str | None
    job_id: str | None = None
    """Where it is known from the beginning; else it is read from the execution's input."""

    @property
    def key(self) -> str:
        """By which it is open."""
        return self.arn or f"{JOB}{self.job_id}"


async def find_entry(context: ProbeContext, wanted: str) -> Entry | Candidates:
    """Where this leads. Raises ConsoleError with where it was looked for, AwsError where nobody could look."""
    name = wanted.strip()
    if not _NAME.fullmatch(name):
        raise ConsoleError(f"{plain(wanted, 80)!r} is no id of an execution or a job")
    if name.startswith(JOB):
        return await _of_job(context, name.removeprefix(JOB))
    if name.startswith("arn:"):
        return await _of_arn(context, name)
    return await _of_name(context, name)


async def _of_arn(context: ProbeContext, arn: str) -> Entry | Candidates:
    parts = arn.split(":")
    kind = parts[5].partition("/")[0] if len(parts) > 5 else ""
    if kind == "execution":
        return Entry(arn)
    if kind == "express":
        raise ConsoleError(
            "an express execution keeps no history in Step Functions: its events are in its machine's log group"
        )
    if kind == "mapRun":
        states = await context.client("stepfunctions")
        return Entry(str((await states.describe_map_run(mapRunArn=arn))["executionArn"]))
    if kind == "task":
        return await _of_task(context, arn)
    raise ConsoleError(f"{plain(arn, 120)} names no execution, Map run or task")


async def _of_name(context: ProbeContext, name: str) -> Entry | Candidates:
    notes: list[str] = []
    nothing: list[Mapping[str, Any]] = []
    unknown: list[Execution] = []
    row, traced, executions = await asyncio.gather(
        secondary(
            get_row(context, context.platform.tables.workflow_state, "job_id", name), None, notes, "job"
        ),
        secondary(_traced(context, name), nothing, notes, "trace"),
        secondary(named_executions(context, name), unknown, notes, "execution"),
    )
    if row is not None:
        return await _of_job(context, name, row)
    if len(traced) == 1:
        return await _of_job(context, str(traced[0]["job_id"]), traced[0])
    if traced:
        return await _candidates(context, name, traced)
    if len(executions) == 1:
        return Entry(executions[0].arn)
    if executions:
        return Candidates(name, tuple(executions))
    if _TASK.fullmatch(name):
        return await _of_task(context, name)
    trouble = f" ({'; '.join(notes)})" if notes else ""
    raise ConsoleError(
        f"{plain(name, 80)} is no execution of any machine, no job and no trace id of workflow state{trouble}"
    )


async def _of_job(context: ProbeContext, job_id: str, row: Mapping[str, Any] | None = None) -> Entry:
    """The job's execution: by its row, else by its name, which the consumer takes from the job."""
    table = context.platform.tables.workflow_state
    row = row if row is not None else await get_row(context, table, "job_id", job_id)
    arn = (row or {}).get("execution_arn")
    if isinstance(arn, str) and ":execution:" in arn and await _exists(context, arn):
        return Entry(arn, job_id)
    found: list[Execution] = await secondary(named_executions(context, job_id), [], [], "execution")
    if found:
        return Entry(found[0].arn, job_id)
    if row is None:
        raise ConsoleError(f"there is no job {plain(job_id, 80)} in {table}, and no execution of that name")
    return Entry(None, job_id)


async def _exists(context: ProbeContext, arn: str) -> bool:
    states = await context.client("stepfunctions")
    try:
        await states.describe_execution(executionArn=arn)
    except NotFound:
        return False
    except AwsError:
        return True
    return True


async def _traced(context: ProbeContext, trace_id: str) -> list[Mapping[str, Any]]:
    """The rows with this trace id (`dynamodb:Query` on its index)."""
    dynamodb = await context.client("dynamodb")
    answer = await dynamodb.query(
        TableName=context.platform.tables.workflow_state,
        IndexName=BY_TRACE,
        KeyConditionExpression="trace_id = :trace",
        ExpressionAttributeValues={":trace": {"S": trace_id}},
        Limit=MOST_FOUND,
    )
    rows = [parse_row(raw) for raw in fields.rows(answer, "Items")]
    return [row for row in rows if isinstance(row.get("job_id"), str)]


async def _candidates(context: ProbeContext, wanted: str, rows: Sequence[Mapping[str, Any]]) -> Candidates:
    arns = [str(row["execution_arn"]) for row in rows if row.get("execution_arn")]
    found = [one for one in await together(describe(context, arn) for arn in arns) if one is not None]
    there = {one[0].arn for one in found}
    without = [str(row["job_id"]) for row in rows if row.get("execution_arn") not in there]
    executions = sorted([one[0] for one in found], key=lambda one: one.started_at, reverse=True)
    return Candidates(wanted, tuple(executions), tuple(plain(one, 200) for one in without))


async def named_executions(context: ProbeContext, name: str) -> list[Execution]:
    """The executions of this name, of any machine (`states:DescribeExecution`); the board first."""
    known = [one for one in context.board().workflows.items if one.name == name]
    if known:
        return known
    machines = (await read_machines(context))[:MACHINES]
    arns = [f"{one.arn.replace(':stateMachine:', ':execution:')}:{name}" for one in machines]
    found = await together(describe(context, arn) for arn in arns)
    return [one[0] for one in found if one is not None]


async def describe(context: ProbeContext, arn: str) -> tuple[Execution, Raw] | None:
    """An execution and all that `states:DescribeExecution` says of it; None if there is no such one."""
    states = await context.client("stepfunctions")
    try:
        raw = await states.describe_execution(executionArn=arn)
    except NotFound:
        return None
    machine_arn = fields.text(raw, "stateMachineArn", fields.NAME_LIMIT)
    full = machine_arn.split(":")[6] if machine_arn.count(":") >= 6 else machine_arn
    found = parse_execution(raw, Machine(machine_arn, full, context.platform.machine_of(full)))
    return None if found is None else (found, raw)


async def _of_task(context: ProbeContext, task: str) -> Entry | Candidates:
    """The job of an ECS task: by the environment it was started with (`ecs:DescribeTasks`)."""
    cluster = task.partition(":task/")[2].partition("/")[0] or context.platform.cluster
    ecs = await context.client("ecs")
    answer = await ecs.describe_tasks(cluster=cluster, tasks=[task], include=["TAGS"])
    raw = next(iter(fields.rows(answer, "tasks")), None)
    if raw is None:
        raise ConsoleError(
            f"ECS does not know the task {plain(task, 120)} any more: open its job or execution instead"
        )
    job = job_of_task(raw)
    if job is None:
        raise ConsoleError(f"the task {plain(task, 120)} names no job: it is none of a workflow's")
    return await _of_name(context, job)


def job_of_task(raw: Raw) -> str | None:
    """The job id that a task was started with: of its environment, else of its tags."""
    for override in fields.rows(fields.inner(raw, "overrides"), "containerOverrides"):
        for pair in fields.rows(override, "environment"):
            if pair.get("name") == "JOB_ID":
                return fields.name(pair, "value")
    return next(
        (fields.name(pair, "value") for pair in fields.rows(raw, "tags") if pair.get("key") == "job_id"), None
    )


def ids_in(text: str) -> dict[str, str]:
    """The ids that an execution's input carries: `job_id`, `trace_id`, `strategy_name`, `model_name`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, Mapping):
        return {}
    found = {}
    for key in ("job_id", "trace_id", "strategy_name", "model_name", "mlflow_run_id", "config_version_id"):
        one = value.get(key)
        if isinstance(one, str) and one:
            found[key] = plain(one, 200)
    return found


def parent_in(text: str) -> str | None:
    """The execution that started this one, where its input says so, as Step Functions asks for it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    parent = value.get("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID") if isinstance(value, Mapping) else None
    return plain(parent, fields.NAME_LIMIT) if isinstance(parent, str) and ":execution:" in parent else None
