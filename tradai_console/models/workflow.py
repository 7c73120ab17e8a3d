"""One execution as the workflow screen tells it: its path of states, its true cause, and what stands beside it.

Made by the engine (`tradai_console.workflow`), frozen, small enough to be sent whole: texts are cut to what a line
can show, long paths and Map items are folded. What is behind a fold is asked for by its id (`workflow_jobs`).
All text is safe to draw as a value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tradai_console.models.evidence import Verdict
from tradai_console.models.execution import Execution
from tradai_console.models.machine_graph import Graph
from tradai_console.models.workflow_joined import Joined, Offer


class Outcome(StrEnum):
    """How a state, or one attempt at it, went."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    CAUGHT = "caught"
    """It failed, and a Catch led out of it: the execution went on, and may be SUCCEEDED in the end."""
    FAILED = "failed"
    TIMED_OUT = "timed out"
    ABORTED = "aborted"
    """It was cut off: the execution was stopped, or another branch or item had failed."""
    UNKNOWN = "unknown"
    """The history does not tell, or this part of it is not read yet."""

    @property
    def bad(self) -> bool:
        """Whether it did not do what it was for."""
        return self in (Outcome.CAUGHT, Outcome.FAILED, Outcome.TIMED_OUT)


class CauseKind(StrEnum):
    """What kind of thing the true cause is. The value is the word for it."""

    NONE = "nothing failed"
    RUNNING = "running"
    MEMORY = "out of memory"
    TASK = "task failed"
    START = "task could not start"
    SPOT = "capacity taken back"
    FUNCTION = "function failed"
    VALIDATION = "refused input"
    DATA = "data missing"
    TIMEOUT = "time-out"
    THROTTLED = "throttled"
    DENIED = "not allowed"
    DEFINITION = "the machine's own error"
    """A path, an intrinsic or a choice of its definition that could not be evaluated: `States.Runtime`."""
    STOPPED = "stopped by somebody"
    ERROR = "failed"
    """An error of another name, told as it is."""
    STUCK = "stuck"
    """No execution moves it on any more: see `Joined.stuck`."""
    UNKNOWN = "not told"


@dataclass(frozen=True)
class Payload:
    """An input, an output or another long text of the history; the whole is asked for with `ReadPayload`."""

    event_id: int
    """The event that carries it; 0: the execution's own, by DescribeExecution."""
    part: str
    """`input`, `output`, `parameters`, `cause`, ..."""
    size: int
    """Characters."""
    preview: str
    """Its beginning, on one line."""
    cut: bool = False
    """AWS itself has cut it or withheld it: what is behind it is not the whole."""


@dataclass(frozen=True)
class PayloadText:
    """A payload, whole: the answer to `ReadPayload`."""

    payload: Payload
    lines: tuple[str, ...]
    """To be drawn: indented where it is JSON, each line safe."""
    text: str
    """As AWS gave it, for the clipboard alone."""


@dataclass(frozen=True)
class Event:
    """One event of the history, whatever its type: the answer to `ReadEvents` is a tuple of these."""

    id: int
    previous_id: int
    at: datetime | None
    type: str
    """As AWS names it: `TaskStateEntered`; also one that is new to this console."""
    known: bool
    """Whether this console knows the type; of an unknown one every field is shown all the same."""
    visit: int | None
    """Id of the `StateVisit` it belongs to; None: the execution's own, or not known."""
    state: str | None
    line: str
    """What it says beside its type, in one line."""
    details: tuple[tuple[str, str], ...] = ()
    """Every field of its details by its path (`inputDetails.truncated`), nothing left out; long values as previews."""
    payloads: tuple[Payload, ...] = ()
    """The long ones among them."""


@dataclass(frozen=True)
class Attempt:
    """One try at a Task state: a function called, a task run, a message sent, a child execution."""

    number: int
    """The first is 1."""
    event_id: int
    """Of its `...Scheduled`."""
    scheduled_at: datetime | None
    ended_at: datetime | None
    """None: it still runs, or the end is not told."""
    outcome: Outcome
    resource: str
    """`ecs:runTask.sync`, `lambda:invoke`, or the name of the function or activity."""
    target: str = ""
    """What it called: the function's name, the task definition, the child's machine."""
    error: str | None = None
    cause: str | None = None
    """In words where AWS gives JSON: `OutOfMemoryError: container killed, exit 137`."""
    whole_cause: Payload | None = None
    task_arn: str | None = None
    """The ECS task it ran."""
    child_arn: str | None = None
    """The execution (or Map run) it started and waited for."""
    parameters: Payload | None = None
    output: Payload | None = None

    def seconds(self, now: datetime) -> float | None:
        """How long it took, or takes so far; None if its beginning is not told."""
        return (
            None
            if self.scheduled_at is None
            else ((self.ended_at or now) - self.scheduled_at).total_seconds()
        )


@dataclass(frozen=True)
class ItemCount:
    """How the items of a Map, or the branches of a Parallel, went."""

    total: int | None
    """None: not told yet."""
    succeeded: int = 0
    failed: int = 0
    aborted: int = 0
    running: int = 0


@dataclass(frozen=True)
class StateVisit:
    """One row of the path: a state that was entered, an item of a Map, or a fold.

    Rows stand in the order in which an outline shows them: what is inside a state follows it, one `depth` further in.
    """

    id: int
    """Its first event's id; of rows of a child execution and of folds a negative number, never the same twice."""
    name: str
    type: str
    """`Task`, `Pass`, `Choice`, `Wait`, `Succeed`, `Fail`, `Map`, `Parallel` as the machine says; `Item` and `Branch`
    inside those two; `Child`: an execution or Map run that a Task waited for; `Fold`: `folded` rows are behind it, ask
    with `ReadStates`."""
    depth: int
    parent: int | None
    """Id of the row that this one is inside of."""
    outcome: Outcome
    entered_at: datetime | None = None
    left_at: datetime | None = None
    """None: it is in this state now, or it was cut off and nothing tells when."""
    attempts: tuple[Attempt, ...] = ()
    """Oldest first: all but the last one failed and were retried. More than 20: the first and the newest."""
    tries: int = 0
    """How many attempts there were."""
    error: str | None = None
    cause: str | None = None
    input: Payload | None = None
    output: Payload | None = None
    items: ItemCount | None = None
    usual_s: float | None = None
    """What this state took in the machine's last good runs; None: not known, or not in them."""
    culprit: bool = False
    """The true cause lies here."""
    different: bool = False
    """Here the path first went another way than in the last good run."""
    after_failure: bool = False
    """It only handles the failure: clean-up, notification, a Fail state."""
    folded: int = 0
    """Of a `Fold`: rows behind it."""
    child_arn: str | None = None
    """Of a `Child`: what can be opened by itself."""

    def seconds(self, now: datetime) -> float | None:
        """How long it took, or takes so far."""
        return None if self.entered_at is None else ((self.left_at or now) - self.entered_at).total_seconds()


@dataclass(frozen=True)
class TrueCause:
    """Why it failed, in one line: the first line of the screen."""

    verdict: Verdict
    kind: CauseKind
    line: str
    """Whole without anything else: `RunRetraining failed: out of memory, exit 137, attempt 1 of 1; it was caught, so
    SUCCEEDED is no success`."""
    state: str | None = None
    """The state it happened in."""
    visit: int | None = None
    """Its row among `Workflow.states`; there even where much is folded."""
    where: tuple[str, ...] = ()
    """From outside in, where it is inside of something: `("LoadPairs", "item 3", "FetchCandles")`."""
    error: str | None = None
    cause: str | None = None
    whole_cause: Payload | None = None
    tries: int = 0
    caught: bool = False
    """A Catch took over: the status alone does not tell."""
    survived: tuple[str, ...] = ()
    """Failures that a retry outlived, each in one line: not the cause."""
    because: tuple[str, ...] = ()
    """What else says so, each in one line: the task's stop reason, a line of its log, the row's own words."""
    way_out: tuple[str, ...] = ()
    """What to do now, first things first."""


@dataclass(frozen=True)
class GoodRun:
    """The newest run of the same machine in which nothing failed, nor was caught."""

    arn: str
    name: str
    started_at: datetime
    duration_s: float
    path: tuple[str, ...]
    """The states in the order in which they were entered, without those inside a Map or Parallel."""


@dataclass(frozen=True)
class Difference:
    """The first place where this run went otherwise than the last good one."""

    visit: int | None
    line: str
    """`the good run went on to CompareModels; this one to NotifyFailure`."""


@dataclass(frozen=True)
class Progress:
    """How much of the history has been read."""

    read: int
    total: int | None
    """Events there are, by the newest one's number; None: not known."""
    whole: bool
    live: bool = False
    """It runs, and is read again and again."""
    error: str | None = None
    """Why the newest reading failed; all else is then what was last known."""


@dataclass(frozen=True)
class Workflow:
    """Everything about one execution, or about a job that has none."""

    key: str
    """By which it is open: the execution's ARN, or `job:ID` where there is no execution."""
    title: str
    """`backtest bt-1f2e...`."""
    cause: TrueCause
    execution: Execution | None = None
    """None: a job without one."""
    limit_s: float | None = None
    """How long the machine lets an execution run."""
    usual_s: float | None = None
    """What a whole good run takes: the median of the newest ones that are known."""
    redrives: int = 0
    redriven_at: datetime | None = None
    redrivable: str | None = None
    """AWS's word: REDRIVABLE, NOT_REDRIVABLE, REDRIVABLE_BY_MAP_RUN."""
    redrive_reason: str | None = None
    input: Payload | None = None
    output: Payload | None = None
    parent_arn: str | None = None
    """The execution that started this one and waits for it."""
    ids: tuple[tuple[str, str], ...] = ()
    """What it is known by elsewhere: ("job", ...), ("trace", ...), ("task", ...), ("mlflow run", ...)."""
    links: tuple[tuple[str, str], ...] = ()
    """(what, where), to be opened in a browser."""
    states: tuple[StateVisit, ...] = ()
    graph: Graph | None = None
    """None: not read yet, or not readable (see `notes`)."""
    good: GoodRun | None = None
    difference: Difference | None = None
    joined: Joined = field(default_factory=Joined)
    offers: tuple[Offer, ...] = ()
    """What can be done about it, and what cannot with the reason."""
    progress: Progress = field(default_factory=lambda: Progress(0, None, whole=False))
    notes: tuple[str, ...] = ()
    """What could not be read, each in one sentence."""
    taken_at: datetime | None = None


@dataclass(frozen=True)
class Candidates:
    """The id leads to more than one: the answer to `OpenWorkflow` when somebody has to choose."""

    wanted: str
    executions: tuple[Execution, ...]
    """Newest first. Open one by its ARN."""
    jobs: tuple[str, ...] = ()
    """Job ids without an execution. Open one by `job:ID`."""
