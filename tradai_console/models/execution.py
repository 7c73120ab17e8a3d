"""Step Functions executions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Machine:
    """A state machine (`states:ListStateMachines`)."""

    arn: str
    name: str
    machine: str
    """The platform's short name: `backtest`, `retraining`."""


@dataclass(frozen=True)
class Execution:
    """One execution (`states:ListExecutions`), with its failure read from its history if it has one."""

    machine: str
    machine_arn: str
    arn: str
    name: str
    status: str
    """RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE."""
    started_at: datetime
    stopped_at: datetime | None = None
    failed_state: str | None = None
    """The state whose failure ended it, or was caught; None if nothing failed or it is not read yet."""
    error: str | None = None
    cause: str | None = None
    caught: bool = False
    """A state failed, a Catch took over and the execution went on: SUCCEEDED may be no success."""
    current_state: str | None = None
    """Of a running one: the state it is in, where its history has been read."""

    def duration_s(self, now: datetime) -> float:
        """How long it took, or has been running, seconds."""
        return ((self.stopped_at or now) - self.started_at).total_seconds()

    @property
    def failed(self) -> bool:
        return self.caught or self.status in ("FAILED", "TIMED_OUT", "ABORTED")
