"""Executions as probes find them: on the board where it is trusted, else from Step Functions.

ListExecutions has the scarcest quota of all, so what the pane has just read is not read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tradai_console.errors import NotFound
from tradai_console.models.execution import Execution, Machine
from tradai_console.probes.context import ProbeContext
from tradai_console.sources import fields
from tradai_console.sources.failures import Failure, covers, parse_failure
from tradai_console.sources.pages import Raw, everything
from tradai_console.sources.reading import together
from tradai_console.sources.workflows import parse_execution, parse_executions, parse_machine

YOUNG_S: Final = 120.0
PAGE: Final = 500
PAGES: Final = 4
MACHINES: Final = 5
LISTED: Final = 50
HISTORIES: Final = 8
"""Executions looked into by one probe; failed ones first."""


@dataclass(frozen=True)
class Known:
    """Executions, newest first, and how many that ended were not looked into for the state that failed."""

    items: tuple[Execution, ...]
    unread: int = 0


async def read_executions(context: ProbeContext, machine: str | None, histories: int = HISTORIES) -> Known:
    """The newest executions of one machine (short or full name) or of all, with their failures.

    Where the board is not trusted, or older than a change made from here, Step Functions is asked, and the newest
    `histories` are looked into.
    """
    board = context.board().workflows
    if context.answers(board, YOUNG_S):
        found = [one for one in board.items if machine is None or fits(one, machine, context)]
        return Known(tuple(found))
    return await _asked(context, machine, histories)


async def _asked(context: ProbeContext, machine: str | None, histories: int) -> Known:
    states = await context.client("stepfunctions")
    wanted = [one for one in await read_machines(context) if machine is None or _is(one, machine, context)]
    answers = await together(
        states.list_executions(stateMachineArn=one.arn, maxResults=LISTED) for one in wanted[:MACHINES]
    )
    lists = [parse_executions(answer, one) for one, answer in zip(wanted, answers, strict=False)]
    found = sorted([one for some in lists for one in some], key=lambda one: one.started_at, reverse=True)
    ended = [one for one in found if one.stopped_at is not None]
    ended.sort(key=lambda one: one.status == "SUCCEEDED")
    chosen = ended[:histories]
    events = await together(read_history(context, one.arn) for one in chosen)
    failures = {one.arn: parse_failure(told) for one, told in zip(chosen, events, strict=True)}
    return Known(tuple([_joined(one, failures.get(one.arn)) for one in found]), len(ended) - len(chosen))


def _joined(one: Execution, failure: Failure | None) -> Execution:
    if failure is None:
        return one
    return replace(
        one, failed_state=failure.state, error=failure.error, cause=failure.cause, caught=failure.caught
    )


async def read_machines(context: ProbeContext) -> list[Machine]:
    """The state machines, the platform's first (`states:ListStateMachines`)."""
    states = await context.client("stepfunctions")
    raws = await everything(states.list_state_machines, "stateMachines", cursor="nextToken", maxResults=1000)
    found = [one for raw in raws if (one := parse_machine(raw, context.platform)) is not None]
    return sorted(found, key=lambda one: one.machine not in context.platform.machines)


def _is(one: Machine, machine: str, context: ProbeContext) -> bool:
    return machine in (one.machine, one.name) or context.platform.machine_of(machine) == one.machine


def fits(one: Execution, machine: str, context: ProbeContext) -> bool:
    """Whether the execution is of this machine, by its short or its full name."""
    full = one.machine_arn.rpartition(":")[2]
    return machine in (one.machine, full) or context.platform.machine_of(machine) == one.machine


def limit_s(execution: Execution, context: ProbeContext) -> float | None:
    """How long the machine lets an execution run, by the platform file."""
    return context.platform.machine_timeouts_s.get(execution.machine)


async def find_execution(context: ProbeContext, name: str) -> tuple[Execution, Raw]:
    """The execution of this ARN or name, and what DescribeExecution says of it. Raises NotFound."""
    states = await context.client("stepfunctions")
    for arn in await _arns(context, name):
        try:
            raw = await states.describe_execution(executionArn=arn)
        except NotFound:
            continue
        machine_arn = fields.text(raw, "stateMachineArn", fields.NAME_LIMIT)
        full = machine_arn.rpartition(":")[2]
        found = parse_execution(raw, Machine(machine_arn, full, context.platform.machine_of(full)))
        if found is not None:
            return found, raw
    raise NotFound(f"there is no execution {name} of any machine of the platform")


async def _arns(context: ProbeContext, name: str) -> Sequence[str]:
    if name.startswith("arn:"):
        return [name]
    board = [one.arn for one in context.board().workflows.items if one.name == name]
    if board:
        return board
    machines = await read_machines(context)
    return [f"{one.arn.replace(':stateMachine:', ':execution:')}:{name}" for one in machines[:MACHINES]]


async def read_history(context: ProbeContext, arn: str, *, whole: bool = False) -> list[Raw]:
    """The execution's events, the newest first (`states:GetExecutionHistory`), bounded.

    Without `whole` only as many as tell how it ended.
    """
    states: Any = await context.client("stepfunctions")
    events: list[Raw] = []
    token: dict[str, Any] = {}
    for _ in range(PAGES):
        answer = await states.get_execution_history(
            executionArn=arn, reverseOrder=True, maxResults=PAGE, includeExecutionData=False, **token
        )
        events += fields.rows(answer, "events")
        following = answer.get("nextToken")
        if not following or token.get("nextToken") == following or (not whole and covers(events)):
            break
        token = {"nextToken": following}
    return events
