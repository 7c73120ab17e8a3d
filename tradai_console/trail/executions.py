"""An execution of the story: its history, the tasks it ran, and the ids it was started with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tradai_console.models.execution import Execution
from tradai_console.models.log import find_ids
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.executions import find_execution
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw
from tradai_console.trail.found import Found
from tradai_console.trail.history import called_functions, history_pieces, submitted_tasks

PAGE: Final = 1_000
PAGES: Final = 5
"""Events of a history beyond these are left out, and it is said: 25,000 is the most that an execution may have."""

_MOST_INPUT: Final = 20_000
_MOST_IDS: Final = 8
"""An input with more ids than these is a list of work, not the work itself."""


@dataclass(frozen=True)
class ExecutionFound:
    """The execution with what it led to."""

    execution: Execution
    found: Found
    tasks: dict[str, Raw]
    """By ARN: the tasks it ran, as it was told of them."""
    functions: tuple[str, ...]
    """The Lambda functions it called."""
    whole: bool
    """Whether all of its history was read."""


async def read_execution(context: ProbeContext, name: str) -> ExecutionFound:
    """The execution of this ARN or name with its history (`states:DescribeExecution`, `states:GetExecutionHistory`).

    Raises NotFound, AwsError.
    """
    execution, raw = await find_execution(context, name)
    events, whole = await _history(context, execution.arn)
    tasks = submitted_tasks(events)
    given = fields.text(raw, "input", _MOST_INPUT)
    ids = find_ids(given)
    ids = ids if len(ids) <= _MOST_IDS else ()
    return ExecutionFound(
        execution,
        Found(
            history_pieces(events, execution.arn, execution.machine),
            (execution.arn, *ids, *tasks),
            open=execution.stopped_at is None,
        ),
        tasks,
        called_functions(events),
        whole,
    )


async def _history(context: ProbeContext, arn: str) -> tuple[list[Raw], bool]:
    """The events, oldest first, and whether these are all."""
    states: Any = await context.client("stepfunctions")
    events: list[Raw] = []
    token: dict[str, Any] = {}
    for _ in range(PAGES):
        answer = await states.get_execution_history(
            executionArn=arn, maxResults=PAGE, includeExecutionData=True, **token
        )
        events += fields.rows(answer, "events")
        following = answer.get("nextToken")
        if not following or token.get("nextToken") == following:
            return events, True
        token = {"nextToken": following}
    return events, False
