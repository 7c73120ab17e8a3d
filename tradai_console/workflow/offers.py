"""What can be done about an execution or a job, and what cannot with the reason. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tradai_console.models.execution import Execution
from tradai_console.models.workflow_joined import Joined, Offer
from tradai_console.workflow.row import FITS, STATES

REDRIVE_DAYS: Final = 14


def offers_for(
    execution: Execution | None,
    redrivable: str | None,
    redrive_reason: str | None,
    joined: Joined,
    now: datetime,
    *,
    caught: bool,
    definite: bool,
) -> tuple[Offer, ...]:
    """In the order in which they are thought of. `definite`: the execution has been read, or it is known there is none."""
    advised = {one.action for one in joined.stuck if one.action}
    found: list[Offer] = []
    if execution is not None:
        found += [
            _stop(execution),
            _redrive(execution, redrivable, redrive_reason, now, caught),
            _again(execution),
        ]
    if joined.row is not None:
        found.append(_set_row(execution, joined, definite=definite))
    dead = next((one for one in joined.queues if one.dead), None)
    if dead is not None:
        why = "" if dead.waiting else f"{dead.name} is empty"
        found.append(
            Offer(
                "queue.redrive",
                "move the dead letters back",
                bool(dead.waiting),
                why,
                (("queue", dead.name),),
            )
        )
    return tuple(
        [
            Offer(one.action, one.label, one.possible, one.why_not, one.arguments, one.action in advised)
            for one in found
        ]
    )


def _stop(execution: Execution) -> Offer:
    given = (("execution", execution.arn),)
    if execution.stopped_at is not None:
        return Offer("workflow.stop", "stop it", False, f"it is {execution.status} already", given)
    return Offer("workflow.stop", "stop it", True, "", given)


def _redrive(
    execution: Execution, redrivable: str | None, reason: str | None, now: datetime, caught: bool
) -> Offer:
    given = (("execution", execution.arn),)
    label = "run it on from the state that failed"
    if redrivable == "REDRIVABLE":
        return Offer("workflow.redrive", label, True, "", given)
    if execution.status == "SUCCEEDED" and caught:
        why = "its failure was caught, so it SUCCEEDED: start it again instead"
    elif execution.status == "SUCCEEDED":
        why = "it SUCCEEDED"
    elif execution.stopped_at is None:
        why = "it still runs"
    elif (now - execution.stopped_at).days >= REDRIVE_DAYS:
        why = f"it ended more than {REDRIVE_DAYS} days ago: start it again instead"
    else:
        why = reason or "AWS does not say that it can be"
    return Offer("workflow.redrive", label, False, why, given)


def _again(execution: Execution) -> Offer:
    given = (("execution", execution.arn),)
    label = "start it again with the same input"
    if execution.stopped_at is None:
        return Offer("workflow.start_again", label, False, "it still runs: stop it first", given)
    return Offer("workflow.start_again", label, True, "", given)


def _set_row(execution: Execution | None, joined: Joined, *, definite: bool) -> Offer:
    row = joined.row
    assert row is not None
    label = "set its state row right"
    if row.state not in STATES:
        return Offer("workflow.set_row", label, False, f"{row.status} is no status of the platform")
    if row.state in ("COMPLETED", "FAILED", "CANCELLED"):
        return Offer("workflow.set_row", label, False, f"{row.state} is final: no transition leads out of it")
    if not definite:
        return Offer("workflow.set_row", label, False, "its execution has not been read")
    if execution is not None and execution.stopped_at is None:
        return Offer(
            "workflow.set_row", label, False, "its execution runs and writes the row itself: stop it first"
        )
    right = FITS.get(execution.status, "FAILED") if execution is not None else "FAILED"
    if row.state == "PENDING" and right == "COMPLETED":
        return Offer("workflow.set_row", label, False, "COMPLETED cannot be written from PENDING")
    return Offer("workflow.set_row", f"{label}: {right}", True, "", (("job", row.job_id), ("status", right)))
