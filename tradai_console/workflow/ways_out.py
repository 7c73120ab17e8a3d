"""What to do about a true cause, first things first. Pure."""

from __future__ import annotations

from typing import Final

from tradai_console.models.execution import Execution
from tradai_console.models.workflow import CauseKind, TrueCause
from tradai_console.models.workflow_joined import Joined

_FIRST: Final = {
    CauseKind.MEMORY: "give the task more memory (a new revision of its definition) or less data; the same input fails again",
    CauseKind.TASK: "read the task's last lines below: the exit code alone does not say why",
    CauseKind.FUNCTION: "read the function's lines below",
    CauseKind.START: "the task never ran: look at its image, its subnets and the cluster's capacity",
    CauseKind.SPOT: "nothing is wrong with the job: run it again",
    CauseKind.VALIDATION: "the input is wrong: starting it again with the same input changes nothing",
    CauseKind.DATA: "fetch the missing data, or shorten the time range; then run it again",
    CauseKind.TIMEOUT: "find out what it waited for before it is run again: its last lines are below",
    CauseKind.THROTTLED: "AWS asked to slow down: run it again later",
    CauseKind.DENIED: "a permission is missing: look at what changed in the roles",
    CauseKind.DEFINITION: "the machine's definition does not fit its data: what was deployed last?",
    CauseKind.STOPPED: "ask who stopped it before it is started again",
}


def ways_out(cause: TrueCause, joined: Joined, execution: Execution | None) -> tuple[str, ...]:
    """Whatever stands still first, then what the kind of the cause asks for, then how to go on."""
    found = [step for one in joined.stuck for step in one.way_out]
    if ", its log: " in cause.line:
        found.append("its log names the reason: mend that first")
    elif cause.kind in _FIRST:
        found.append(_FIRST[cause.kind])
    if execution is not None and execution.stopped_at is not None and cause.kind is not CauseKind.NONE:
        if cause.caught and execution.status == "SUCCEEDED":
            found.append(
                "it SUCCEEDED, so it cannot be redriven: start it again with the same input when that is mended"
            )
        elif execution.status in ("FAILED", "TIMED_OUT", "ABORTED"):
            found.append("when that is mended, redrive it: it goes on from the state that failed")
    return tuple(dict.fromkeys(found))
