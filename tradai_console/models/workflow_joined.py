"""What stands beside an execution: its state row, its queue, its tasks and functions with their log lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tradai_console.models.evidence import Verdict
from tradai_console.models.log import LogLine
from tradai_console.models.service import Task


class StuckForm(StrEnum):
    """The known ways in which a job stands still."""

    NOT_PICKED_UP = "pending without an execution"
    DEAD_LETTER = "in the dead-letter queue"
    ROW_BEHIND = "the row was not moved on"
    """The execution has ended, the row still says PENDING or RUNNING."""
    TASK_DIED = "running, and its task has stopped"
    TOO_LONG = "running past its time limit"
    EXECUTION_GONE = "its execution is not known any more"
    WRITE_REFUSED = "a status was refused"
    """`stale_or_invalid_transition`: the row and the execution disagree."""


@dataclass(frozen=True)
class Stuck:
    """One stuck form that was recognised."""

    form: StuckForm
    line: str
    """In words, whole: `accepted 2 h ago and no execution was started`."""
    way_out: tuple[str, ...]
    """What to do, first things first."""
    action: str | None = None
    """The action of `Workflow.offers` that mends it, if one does."""


@dataclass(frozen=True)
class LogSlice:
    """Log lines that belong to one attempt, in their order."""

    title: str
    """`task 3f2a..., strategy` or `update-status, invocation 6c1d...`."""
    group: str
    stream: str | None
    """None: every stream of the group was looked into."""
    matched_by: str
    """How we know they belong to it: `its stream`, `request id`, `time and job id`, `time`."""
    lines: tuple[LogLine, ...] = ()
    """The newest 200 at most; errors among them are kept first."""
    more: int = 0
    """Lines left out."""
    note: str | None = None
    """Why there are none, or not all: in one sentence."""


@dataclass(frozen=True)
class TaskJoined:
    """The ECS task of an attempt (`ecs:DescribeTasks`), or what the history kept of it."""

    visit: int | None
    """Row of the path."""
    arn: str
    task: Task | None
    """None: ECS has forgotten it, and the history does not tell."""
    source: str
    """`ECS`, or `the history` (ECS forgets a stopped task after about an hour)."""
    told: str
    """Its state or why it stopped, in words."""
    verdict: Verdict
    log: LogSlice | None = None


@dataclass(frozen=True)
class Invocation:
    """One call of a Lambda function."""

    visit: int
    function: str
    """Short name: `update-status`."""
    request_id: str | None
    verdict: Verdict
    told: str
    """`took 310 ms, 61 of 256 MB`; `timed out after 30 s`; `answered valid=false: it wraps errors in 200`."""
    log: LogSlice


@dataclass(frozen=True)
class StateRow:
    """The job's row of workflow state (`dynamodb:GetItem`)."""

    table: str
    job_id: str
    status: str
    """As it is written: `failed`, `FAILED`."""
    state: str
    """The same in one spelling: PENDING, RUNNING, COMPLETED, FAILED, CANCELLED, or as it is written."""
    created_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    error: str | None
    """Error and cause in one line."""
    attributes: tuple[tuple[str, str], ...]
    """Every attribute, by name."""
    verdict: Verdict = Verdict.OK
    told: str = ""
    """How it stands to the execution: `agrees with the execution`, `says RUNNING, the execution has FAILED`."""
    refusals: tuple[LogLine, ...] = ()
    """Lines of update-status that tell of refused writes."""


@dataclass(frozen=True)
class QueueState:
    """A queue on the job's way (`sqs:GetQueueAttributes`)."""

    name: str
    dead: bool
    """Whether it is a dead-letter queue."""
    waiting: int | None
    in_flight: int | None
    oldest_s: float | None
    told: str
    verdict: Verdict


@dataclass(frozen=True)
class Tracking:
    """The MLflow run of the job."""

    run_id: str
    links: tuple[tuple[str, str], ...]
    """(what, where): inside the platform's network, and over the load balancer if it is known."""


@dataclass(frozen=True)
class Offer:
    """Something that can be done about the execution or the job."""

    action: str
    """`workflow.stop`, `workflow.redrive`, `workflow.start_again`, `workflow.set_row`, `queue.redrive`."""
    label: str
    possible: bool
    why_not: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    """What `PlanWorkflow` is to be asked with."""
    advised: bool = False
    """It is the way out of what is wrong here."""


@dataclass(frozen=True)
class Joined:
    """All of it; whatever is None or empty does not belong to this execution, or is not read yet."""

    stuck: tuple[Stuck, ...] = ()
    """The worst first."""
    row: StateRow | None = None
    queues: tuple[QueueState, ...] = ()
    tasks: tuple[TaskJoined, ...] = ()
    invocations: tuple[Invocation, ...] = ()
    tracking: Tracking | None = None
    reading: bool = False
    """Some of it is still being read."""
