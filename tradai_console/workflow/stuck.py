"""The known ways in which a job stands still, recognised and put into words with their way out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tradai_console.models.execution import Execution
from tradai_console.models.workflow_joined import QueueState, StateRow, Stuck, StuckForm, TaskJoined
from tradai_console.probes.wording import ago, span
from tradai_console.workflow.row import FITS

PICKED_UP_S: Final = 600.0
"""A job that waits longer than this was not picked up."""

_ORDER: Final = tuple(StuckForm)


def stuck_forms(
    row: StateRow | None,
    execution: Execution | None,
    tasks: Sequence[TaskJoined],
    queues: Sequence[QueueState],
    limit_s: float,
    now: datetime,
    *,
    execution_read: bool = True,
) -> tuple[Stuck, ...]:
    """Every form that fits, in the order of `StuckForm`. `execution_read`: whether it is known that there is none."""
    found: list[Stuck] = []
    if row is not None and row.state == "PENDING" and execution is None and execution_read:
        found += _not_picked_up(row, queues, now)
    if row is not None and row.state in ("PENDING", "RUNNING"):
        if execution is not None and execution.stopped_at is not None:
            found.append(_behind(row, execution, now))
        elif execution is None and execution_read and row.state == "RUNNING":
            found += _without_execution(row, tasks, limit_s, now)
    if execution is not None and execution.stopped_at is None:
        found += _in_execution(execution, tasks, limit_s, now)
    if row is not None and row.refusals:
        found.append(_refused(row, execution))
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.form)))


def _not_picked_up(row: StateRow, queues: Sequence[QueueState], now: datetime) -> list[Stuck]:
    waited = (now - row.created_at).total_seconds() if row.created_at else None
    if waited is not None and waited < PICKED_UP_S:
        return []
    since = f"accepted {ago(row.created_at, now)}" if row.created_at else "accepted at an unknown time"
    dead = next((one for one in queues if one.dead and (one.waiting or 0) > 0), None)
    live = next((one for one in queues if not one.dead and (one.waiting or 0) > 0), None)
    if dead is not None:
        line = f"{since}, still PENDING and without an execution: {dead.name} holds {dead.waiting}, it may be among them"
        return [
            Stuck(
                StuckForm.DEAD_LETTER,
                line,
                (
                    "read the consumer's log (backtest-consumer) for why it gave the message up",
                    "when the cause is gone, move the dead letters back",
                    "if it is not among them, mark the job failed and submit it again",
                ),
                "queue.redrive",
            )
        ]
    where = (
        f"{live.name} holds {live.waiting}: the consumer does not take them"
        if live is not None
        else "neither queue holds a message: it was lost, or taken and dropped"
        if queues
        else "look at the queue, its consumer and the dead letters"
    )
    return [
        Stuck(
            StuckForm.NOT_PICKED_UP,
            f"{since}, still PENDING, and no execution was ever started; {where}",
            (
                "backtest-consumer's log: was the message taken, and what became of it?"
                if live is None
                else "backtest-consumer: does it run, is it throttled, does it fail?",
                "if the message is gone nothing will pick the job up: mark it failed and submit it again",
            ),
            "workflow.set_row",
        )
    ]


def _behind(row: StateRow, execution: Execution, now: datetime) -> Stuck:
    right = FITS.get(execution.status, "FAILED")
    return Stuck(
        StuckForm.ROW_BEHIND,
        f"the row says {row.state}, but its execution ended {execution.status} {ago(execution.stopped_at, now)}: "
        "the state that should have moved it on did not run or was refused",
        (f"set the row to {right}", "whoever waits for the job is told by nobody: notify them"),
        "workflow.set_row",
    )


def _without_execution(
    row: StateRow, tasks: Sequence[TaskJoined], limit_s: float, now: datetime
) -> list[Stuck]:
    dead = next((one for one in tasks if one.task is not None and one.task.stopped_at is not None), None)
    begun = row.started_at or row.created_at
    since = span((now - begun).total_seconds()) if begun else "an unknown time"
    if dead is not None and dead.task is not None:
        line = f"RUNNING for {since}, but its task stopped {ago(dead.task.stopped_at, now)}, {dead.told}"
        return [
            Stuck(
                StuckForm.TASK_DIED,
                f"{line}, and no execution cleans up after it",
                ("read the task's last lines below", "set the row to FAILED", "submit the job again"),
                "workflow.set_row",
            )
        ]
    too_long = begun is not None and (now - begun).total_seconds() > limit_s
    named = any(name == "execution_arn" for name, _ in row.attributes)
    if named:
        return [
            Stuck(
                StuckForm.EXECUTION_GONE,
                f"RUNNING for {since}, and Step Functions does not know its execution any more",
                (
                    "histories are kept for 90 days: this one is older, or of another account",
                    "set the row to FAILED",
                ),
                "workflow.set_row",
            )
        ]
    if too_long:
        return [
            Stuck(
                StuckForm.TOO_LONG,
                f"RUNNING for {since}, longer than the {span(limit_s)} that are allowed, and without an execution",
                ("set the row to FAILED", "submit the job again"),
                "workflow.set_row",
            )
        ]
    return []


def _in_execution(
    execution: Execution, tasks: Sequence[TaskJoined], limit_s: float, now: datetime
) -> list[Stuck]:
    found = []
    took = execution.duration_s(now)
    if took > limit_s:
        found.append(
            Stuck(
                StuckForm.TOO_LONG,
                f"it runs for {span(took)}, longer than the {span(limit_s)} that its machine allows",
                (
                    "look at what its state waits for",
                    "stop it; its row stays RUNNING and has to be set right then",
                ),
                "workflow.stop",
            )
        )
    here = [one for one in tasks if one.task is not None]
    alive = [one for one in here if one.task is not None and one.task.stopped_at is None]
    dead = [one for one in here if one.task is not None and one.task.stopped_at is not None]
    if dead and not alive and dead[-1].source == "ECS" and _waits(dead[-1], execution, now):
        last = dead[-1]
        assert last.task is not None
        found.append(
            Stuck(
                StuckForm.TASK_DIED,
                f"the execution still waits for its task, which stopped {ago(last.task.stopped_at, now)}: {last.told}",
                (
                    "Step Functions is told of a task's end by an event: if minutes have gone by it was lost",
                    "stop the execution, set the row right, and start it again",
                ),
                "workflow.stop",
            )
        )
    return found


def _waits(dead: TaskJoined, execution: Execution, now: datetime) -> bool:
    """Whether the end of the task is so long ago that the execution should know it, and the task is its newest."""
    stopped = dead.task.stopped_at if dead.task is not None else None
    return stopped is not None and (now - stopped).total_seconds() > 60 and stopped > execution.started_at


def _refused(row: StateRow, execution: Execution | None) -> Stuck:
    how = f", the execution {execution.status}" if execution is not None else ""
    return Stuck(
        StuckForm.WRITE_REFUSED,
        f"update-status refused to write a status (stale_or_invalid_transition): the row says {row.state}{how}",
        (
            "a status is only written from those before it: COMPLETED from RUNNING, RUNNING from PENDING",
            "so an earlier write was lost, or somebody ended the job: compare the row with the execution",
            "set the row right if the execution is over",
        ),
        "workflow.set_row",
    )
