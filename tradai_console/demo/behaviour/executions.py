"""Executions of state machines as values: how a Task state may go, what an execution is, and its history."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tradai_console.demo.behaviour import ids
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import stamp


@dataclass(frozen=True)
class Outcome:
    """How a Task state goes."""

    seconds: float = 1.0
    """How long it takes, simulated seconds."""
    output: Any = None
    """Its result; None takes what the integration answers by itself."""
    error: str | None = None
    """It fails so: `States.TaskFailed`, `Lambda.TooManyRequestsException`, a class name."""
    cause: str = ""
    attempts_failing: int | None = None
    """Only so many attempts of a state fail, the next one succeeds; None: every one."""
    exit_code: int | None = None
    """Of the ECS task, where there is one: 1 by default where it fails."""
    container_reason: str | None = None
    forever: bool = False
    """It never ends by itself."""

    def fails(self, attempt: int) -> bool:
        """Whether this attempt (the first is 0) fails."""
        failing = self.error is not None or bool(self.exit_code)
        return failing and (self.attempts_failing is None or attempt < self.attempts_failing)


class Integrations(Protocol):
    """What the interpreter asks of the world."""

    def outcome(self, execution: Execution, state: str, data: Any) -> Outcome | None:
        """The lever set for this state, if any."""

    def start_task(self, execution: Execution, parameters: Mapping[str, Any]) -> EcsRun:
        """Start an ECS task."""

    def call(self, action: str, parameters: Mapping[str, Any]) -> Any:
        """Do an integration's work for real (`lambda:invoke`, `sns:publish`); raise StateError where it fails."""


class EcsRun(Protocol):
    """One ECS task that a `.sync` state waits for."""

    def submitted(self) -> dict[str, Any]:
        """RunTask's answer."""

    def running(self) -> bool:
        """Whether it has started."""

    def stopped(self) -> bool:
        """Whether it has ended."""

    def end(self, exit_code: int, container_reason: str | None) -> None:
        """Let its container exit."""

    def abort(self) -> None:
        """Stop it, as Step Functions does when the execution ends first."""

    def result(self) -> tuple[bool, dict[str, Any]]:
        """Whether it succeeded, and the task as `.sync` reports it."""


@dataclass
class Execution:
    """One execution and its history."""

    arn: str
    machine_arn: str
    name: str
    role: str
    definition: dict[str, Any]
    input: str
    started_at: float
    clock: Clock
    status: str = "RUNNING"
    stopped_at: float | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    map_run: str | None = None
    """ARN of the Map run that it is an item of."""
    redrives: int = 0
    redriven_at: float | None = None
    turn: int = 0
    """Raised by each stop and redrive: whatever belongs to an earlier one no longer happens."""
    reached: tuple[str, Any] | None = None
    """The state of the top level that it is in or ended in, with its input."""
    runs: list[EcsRun] = field(default_factory=list)

    @property
    def machine(self) -> str:
        """The machine's name."""
        return self.machine_arn.rsplit(":", 1)[1]

    def newest_of(self, event: int) -> int:
        """The newest event that this one led to, each by one other: the end of its chain."""
        for later in self.events[event:]:
            if later["previousEventId"] == event:
                event = later["id"]
        return event

    def note(self, kind: str, previous: int, **details: Any) -> int:
        """Add an event; its id."""
        event: dict[str, Any] = {
            "timestamp": stamp(self.clock.time()),
            "type": kind,
            "id": len(self.events) + 1,
            "previousEventId": previous,
        }
        told = {key: value for key, value in details.items() if value is not None}
        if told:
            event[_details_name(kind)] = told
        self.events.append(event)
        return len(self.events)


def request_id(arn: str, scheduled: int) -> str:
    """The request id of the invocation that this event of the execution scheduled: the same for whoever asks."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{arn}#{scheduled}"))


def new_arn(machine_arn: str, name: str | None) -> tuple[str, str]:
    """The ARN and name of an execution of this machine."""
    name = name or ids.unique("execution", machine_arn)
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}", name


def _details_name(kind: str) -> str:
    if kind.endswith("StateEntered"):
        return "stateEnteredEventDetails"
    if kind.endswith("StateExited"):
        return "stateExitedEventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"
