"""Jobs of the workflows: an execution started again with its input, a state row set right that nothing moves on.

An input may hold what must not be kept: no plan carries it. It is read by the plan's own first call and handed to the
second; the command line shown does the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext, Raw
from tradai_console.operations.plan import Call, Cannot, Draft, Kept, Plan
from tradai_console.operations.workflows import find_execution
from tradai_console.sources import fields
from tradai_console.workflow.entry import ids_in
from tradai_console.workflow.row import ALLOWED_FROM, STATES

Arguments = Mapping[str, str]

_LONGEST_NAME: Final = 80
_FINAL: Final = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


async def start_again(arguments: Arguments, context: ActionContext) -> Draft:
    """`states:DescribeExecution` for the input, then `states:StartExecution` with it under a new name."""
    arn, found = await find_execution(arguments["execution"], context)
    name, status = arn.rpartition(":")[2], fields.name(found, "status")
    machine = fields.text(found, "stateMachineArn", fields.NAME_LIMIT)
    if status in ("RUNNING", "PENDING_REDRIVE"):
        raise Cannot(f"{name} is {status}: stop it first, or wait for its end", name)
    if not isinstance(found.get("input"), str):
        raise Cannot(f"AWS does not give the input of {name}: these credentials may not read its data", name)
    new = _new_name(name, context)
    return Draft(
        title=f"Start {machine.rpartition(':')[2]} again with the input of {name}, as {new}",
        resource=name,
        calls=(
            Call("stepfunctions", "DescribeExecution", {"executionArn": arn}, keeps=("INPUT", ("input",))),
            Call(
                "stepfunctions",
                "StartExecution",
                {"stateMachineArn": machine, "name": new, "input": Kept("INPUT")},
            ),
        ),
        cost="Everything that the machine does is done again, from its first state.",
        warnings=(
            "If the cause is still there it fails again.",
            *await _about_row(str(found["input"]), context),
        ),
        expects={"execution": f"{machine.replace(':stateMachine:', ':execution:')}:{new}"},
    )


async def look_started(
    plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]
) -> Evidence:
    """The new execution now (`states:DescribeExecution`)."""
    del answers
    name = plan.expects["execution"].rpartition(":")[2]
    try:
        _, found = await find_execution(plan.expects["execution"], context)
    except NotFound:
        return Evidence(Verdict.BAD, f"there is no execution {name}: it was not started")
    status = fields.name(found, "status")
    good = status in ("RUNNING", "SUCCEEDED")
    return Evidence(Verdict.OK if good else Verdict.BAD, f"{name} is {status}", (Row("execution", name),))


def _new_name(name: str, context: ActionContext) -> str:
    """A name is taken for 90 days; this one says what it repeats, and when."""
    ending = f"-again-{context.clock.now():%m%d%H%M%S}"
    return f"{name.partition('-again-')[0][: _LONGEST_NAME - len(ending)]}{ending}"


async def _about_row(given: str, context: ActionContext) -> tuple[str, ...]:
    job = ids_in(given).get("job_id")
    if job is None:
        return ()
    row = await _row(job, context, there=False)
    status = _status(row)
    if status.upper() in _FINAL:
        told = f"The row of {job} says {status}, and RUNNING is refused from there: it will not follow the new execution."
        return (f"{told} Where somebody waits for the job, submit it anew instead.",)
    return ()


async def set_row(arguments: Arguments, context: ActionContext) -> Draft:
    """`dynamodb:UpdateItem` on the condition that the row is still as it was read; only documented transitions."""
    job, wanted = arguments["job"], arguments["status"]
    row = await _row(job, context)
    now = _status(row)
    if now.upper() not in STATES:
        raise Cannot(f"the row of {job} says {now!r}, which is no status of the platform", job)
    if now.upper() == wanted:
        raise Cannot(f"the row of {job} says {now} already", job)
    if now.upper() not in ALLOWED_FROM[wanted]:
        allowed = " or ".join([one for one in ALLOWED_FROM[wanted] if one != wanted])
        raise Cannot(f"the row of {job} says {now}: {wanted} may only be written from {allowed}", job)
    arn = fields.name(fields.inner(row, "execution_arn"), "S")
    await _guard(job, wanted, arn, context)
    return Draft(
        title=f"Set the row of {job} from {now} to {_spelled(wanted, now)}",
        resource=job,
        calls=(Call("dynamodb", "UpdateItem", _update(job, wanted, now, arn, context)),),
        cost="Whoever waits for the job sees it ended at their next look; nobody is notified.",
        warnings=(
            "It stops nothing: a task that still runs goes on. Look at it first.",
            "The row is final then: no transition leads out of it.",
        )
        if wanted in _FINAL
        else (),
        destroys=wanted in _FINAL,
        expects={"job": job, "status": _spelled(wanted, now)},
    )


async def look_row(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The row now."""
    del answers
    row = await _row(plan.expects["job"], context)
    status = _status(row)
    verdict = Verdict.OK if status == plan.expects["status"] else Verdict.BAD
    return Evidence(verdict, f"the row of {plan.resource} says {status}")


async def _guard(job: str, wanted: str, arn: str | None, context: ActionContext) -> None:
    """What the execution says against it: an execution that runs writes the row itself."""
    status = await _execution_status(arn, job, context)
    if wanted == "RUNNING" and status != "RUNNING":
        raise Cannot(f"{job} has no execution that runs: RUNNING would be a lie", job)
    if wanted in _FINAL and status in ("RUNNING", "PENDING_REDRIVE"):
        raise Cannot(
            f"the execution of {job} is {status} and writes the row itself: stop it with workflow.stop first",
            job,
        )
    if wanted == "COMPLETED" and status != "SUCCEEDED":
        raise Cannot(
            f"COMPLETED needs an execution that SUCCEEDED, and the one of {job} {f'is {status}' if status else 'is not known'}",
            job,
        )


async def _execution_status(arn: str | None, job: str, context: ActionContext) -> str | None:
    """Of the execution that the row names, else of one that is named as the job; None if there is none."""
    try:
        _, found = await find_execution(arn or job, context)
    except (NotFound, Cannot):
        return None
    return fields.name(found, "status")


def _update(job: str, wanted: str, now: str, arn: str | None, context: ActionContext) -> dict[str, Any]:
    names = {"#status": "status"}
    values: dict[str, Any] = {":new": {"S": _spelled(wanted, now)}, ":old": {"S": now}}
    sets = ["#status = :new"]
    # Only a row of the same execution: somebody may have started the job anew in the meantime.
    condition = "#status = :old AND "
    if arn is not None:
        values[":arn"] = {"S": arn}
        condition += "execution_arn = :arn"
    else:
        values[":null"] = {"S": "NULL"}
        condition += "(attribute_not_exists(execution_arn) OR attribute_type(execution_arn, :null))"
    if wanted in _FINAL:
        sets.append("completed_at = :now")
        values[":now"] = {"S": f"{context.clock.now():%Y-%m-%dT%H:%M:%S}Z"}
    if wanted == "FAILED":
        sets.append("#error = if_not_exists(#error, :error)")
        names["#error"] = "error"
        values[":error"] = {
            "M": {"Error": {"S": "SetOnCall"}, "Cause": {"S": f"set right by {context.operator} on call"}}
        }
    return {
        "TableName": context.platform.tables.workflow_state,
        "Key": {"job_id": {"S": job}},
        "UpdateExpression": f"SET {', '.join(sets)}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


async def _row(job: str, context: ActionContext, *, there: bool = True) -> Raw:
    dynamodb = await context.door.client("dynamodb")
    table = context.platform.tables.workflow_state
    answer = await dynamodb.get_item(TableName=table, Key={"job_id": {"S": job}}, ConsistentRead=True)
    row = fields.inner(answer, "Item")
    if not row and there:
        raise Cannot(f"{table} has no job {job}", job)
    return row


def _status(row: Raw) -> str:
    return fields.name(fields.inner(row, "status"), "S") or ""


def _spelled(wanted: str, now: str) -> str:
    """In the spelling that the row has: the platform writes both."""
    return wanted.lower() if now.islower() else wanted
