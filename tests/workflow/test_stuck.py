"""Each way in which a job stands still, recognised and told with its way out; and what is none of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tradai_console.models.evidence import Verdict
from tradai_console.models.execution import Execution
from tradai_console.models.log import LogLine
from tradai_console.models.service import Task
from tradai_console.models.workflow_joined import QueueState, StateRow, StuckForm, TaskJoined
from tradai_console.workflow.row import judged_row, parse_state_row
from tradai_console.workflow.stuck import stuck_forms

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
ARN = "arn:aws:states:eu-central-1:123456789012:execution:tradai-backtest-workflow-prod:bt-1"
QUEUE = QueueState("tradai-backtest-queue-prod.fifo", False, 0, 0, None, "0 waiting", Verdict.OK)
DEAD = QueueState("tradai-backtest-dlq-prod.fifo", True, 0, 0, None, "0 waiting", Verdict.OK)


def row(status: str, hours: float = 1.0, **more: object) -> StateRow:
    moment = (NOW - timedelta(hours=hours)).isoformat()
    return parse_state_row("table", {"job_id": "bt-1", "status": status, "created_at": moment, **more})


def execution(status: str, hours: float = 1.0) -> Execution:
    began = NOW - timedelta(hours=hours)
    ended = None if status == "RUNNING" else NOW - timedelta(minutes=10)
    return Execution("backtest", "arn:m", ARN, "bt-1", status, began, ended)


def task(stopped_minutes: float | None) -> TaskJoined:
    ended = NOW - timedelta(minutes=stopped_minutes) if stopped_minutes is not None else None
    told = Task("t", "arn:t", "STOPPED" if ended else "RUNNING", "STOPPED", "UNKNOWN", stopped_at=ended)
    return TaskJoined(3, "arn:t", told, "ECS", "exit 137", Verdict.BAD)


REFUSAL = LogLine("e", 0, None, "g", "s", "update-status", "WARNING", None, "refused", "refused")


@pytest.mark.parametrize(
    ("row", "execution", "tasks", "queues", "form", "says"),
    [
        pytest.param(
            row("pending"), None, (), (QUEUE, DEAD), StuckForm.NOT_PICKED_UP, "neither queue holds a message",
            id="lost",
        ),
        pytest.param(
            row("PENDING"), None, (), (replace(QUEUE, waiting=3), DEAD), StuckForm.NOT_PICKED_UP,
            "the consumer does not take them", id="waiting in the queue",
        ),
        pytest.param(
            row("pending"), None, (), (QUEUE, replace(DEAD, waiting=2)), StuckForm.DEAD_LETTER, "holds 2",
            id="dead letter",
        ),
        pytest.param(
            row("running"), execution("FAILED"), (), (), StuckForm.ROW_BEHIND, "but its execution ended FAILED",
            id="row behind a failure",
        ),
        pytest.param(
            row("PENDING"), execution("SUCCEEDED"), (), (), StuckForm.ROW_BEHIND, "the row says PENDING",
            id="row behind a success",
        ),
        pytest.param(
            row("RUNNING"), None, (task(30),), (), StuckForm.TASK_DIED, "its task stopped 30 m ago",
            id="task died",
        ),
        pytest.param(
            row("RUNNING", execution_arn=ARN), None, (), (), StuckForm.EXECUTION_GONE, "does not know its execution",
            id="execution forgotten",
        ),
        pytest.param(
            row("running", 3.0), None, (), (), StuckForm.TOO_LONG, "longer than the 2 h", id="too long without one",
        ),
        pytest.param(
            row("running", 3.0), execution("RUNNING", 3.0), (task(None),), (), StuckForm.TOO_LONG, "longer than the 2 h",
            id="execution too long",
        ),
        pytest.param(
            row("running"), execution("RUNNING"), (task(5),), (), StuckForm.TASK_DIED, "still waits for its task",
            id="execution waits for a dead task",
        ),
        pytest.param(
            replace(row("failed"), refusals=(REFUSAL,)), execution("SUCCEEDED"), (), (), StuckForm.WRITE_REFUSED,
            "stale_or_invalid_transition", id="refused write",
        ),
    ],
)  # fmt: skip
def test_each_form_is_recognised(
    row: StateRow,
    execution: Execution | None,
    tasks: tuple[TaskJoined, ...],
    queues: tuple[QueueState, ...],
    form: StuckForm,
    says: str,
) -> None:
    """Its name, its sentence, its way out, and an action that mends it."""
    found = stuck_forms(row, execution, tasks, queues, 7200.0, NOW)
    assert found
    assert found[0].form is form
    assert says in found[0].line
    assert found[0].way_out
    assert found[0].action is not None


@pytest.mark.parametrize(
    ("row", "execution", "tasks"),
    [
        (row("pending", 0.05), None, ()),
        (row("running"), execution("RUNNING"), (task(None),)),
        (row("running"), execution("RUNNING"), (task(0.2),)),
        (row("COMPLETED"), execution("SUCCEEDED"), (task(30),)),
        (row("failed"), execution("FAILED"), (task(30),)),
        (row("cancelled"), None, ()),
        (None, execution("FAILED"), ()),
    ],
)
def test_what_goes_its_way_is_not_stuck(
    row: StateRow | None, execution: Execution | None, tasks: tuple[TaskJoined, ...]
) -> None:
    """Young, working, or over: nothing is said."""
    assert stuck_forms(row, execution, tasks, (), 7200.0, NOW) == ()


def test_nothing_is_said_of_an_execution_that_could_not_be_read() -> None:
    """Whether there is one is not known then: a row that waits for it is no evidence."""
    assert stuck_forms(row("pending"), None, (), (), 7200.0, NOW, execution_read=False) == ()


@pytest.mark.parametrize(
    ("status", "ended", "failed", "verdict"),
    [
        ("failed", "FAILED", True, Verdict.OK),
        ("FAILED", "TIMED_OUT", True, Verdict.OK),
        ("failed", "SUCCEEDED", True, Verdict.OK),
        ("completed", "SUCCEEDED", False, Verdict.OK),
        ("cancelled", "ABORTED", False, Verdict.OK),
        ("completed", "FAILED", True, Verdict.WARN),
        ("failed", "SUCCEEDED", False, Verdict.WARN),
        ("running", "FAILED", True, Verdict.BAD),
        ("Pending", "ABORTED", False, Verdict.BAD),
        ("failed", "RUNNING", False, Verdict.WARN),
        ("exploded", "FAILED", True, Verdict.WARN),
    ],
)
def test_the_row_beside_its_execution(status: str, ended: str, failed: bool, verdict: Verdict) -> None:
    """Both spellings mean the same; a caught failure may be a failed job of an execution that SUCCEEDED."""
    assert judged_row(row(status), execution(ended), NOW, failed=failed)[0] is verdict
