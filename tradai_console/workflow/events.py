"""Events of an execution's history (`states:GetExecutionHistory`), read without loss. Pure.

An event has a type and one structure of details, whose name follows from the type. Both are taken as they come, so
that an event of a type that AWS adds tomorrow is kept and shown like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tradai_console.models.workflow import Payload
from tradai_console.redact import redact
from tradai_console.sources import fields
from tradai_console.text import plain

Raw = Mapping[str, Any]

PREVIEW: Final = 160
"""Signs of a long text that stand on a line."""

LOOKED_AT: Final = 3 * PREVIEW
"""Signs in which secrets are looked for, to show the first of them."""

_TYPES: Final = """
ActivityFailed ActivityScheduled ActivityScheduleFailed ActivityStarted ActivitySucceeded ActivityTimedOut
ChoiceStateEntered ChoiceStateExited EvaluationFailed ExecutionAborted ExecutionFailed ExecutionRedriven
ExecutionStarted ExecutionSucceeded ExecutionTimedOut FailStateEntered LambdaFunctionFailed
LambdaFunctionScheduled LambdaFunctionScheduleFailed LambdaFunctionStarted LambdaFunctionStartFailed
LambdaFunctionSucceeded LambdaFunctionTimedOut MapIterationAborted MapIterationFailed MapIterationStarted
MapIterationSucceeded MapRunAborted MapRunFailed MapRunRedriven MapRunStarted MapRunSucceeded MapStateAborted
MapStateEntered MapStateExited MapStateFailed MapStateStarted MapStateSucceeded ParallelStateAborted
ParallelStateEntered ParallelStateExited ParallelStateFailed ParallelStateStarted ParallelStateSucceeded
PassStateEntered PassStateExited SucceedStateEntered SucceedStateExited TaskFailed TaskScheduled TaskStarted
TaskStartFailed TaskStateAborted TaskStateEntered TaskStateExited TaskSubmitFailed TaskSubmitted TaskSucceeded
TaskTimedOut WaitStateAborted WaitStateEntered WaitStateExited
"""
KNOWN: Final = frozenset(_TYPES.split())
"""Every type that AWS documents; a test holds it to the service's own model."""

ENDS: Final = frozenset({"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted", "ExecutionSucceeded"})
AROUND: Final = frozenset({"MapStateFailed", "MapIterationFailed", "ParallelStateFailed"})
"""Failures that only pass on what failed inside."""

LONG: Final = frozenset({"input", "output", "parameters", "cause", "assignedVariables"})
_TASK_ARN: Final = re.compile(r'"(?:T|t)askArn"\s*:\s*"(arn:[^"]{1,400})"')
_EXECUTION_ARN: Final = re.compile(r'"(?:E|e)xecutionArn"\s*:\s*"(arn:[^"]{1,400})"')


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One event as AWS gave it."""

    id: int
    previous: int
    """The event that led to this one; 0 if none did."""
    at: datetime | None
    type: str
    details: Raw
    """Of its one structure of details; empty where it has none."""
    details_name: str = ""
    other: Raw | None = None
    """Members that are neither of these: of a type that is not known yet."""
    lengths: Mapping[str, int] = field(default_factory=dict)
    """Of texts of which only the beginning stands in `details`: how long they are; see `texts`."""

    @property
    def failed(self) -> bool:
        """Whether it tells of a failure inside the execution, survived or not."""
        return self.type.endswith(("Failed", "TimedOut")) and not self.type.startswith("Execution")

    @property
    def entered(self) -> bool:
        return self.type.endswith("StateEntered")

    @property
    def exited(self) -> bool:
        return self.type.endswith("StateExited")

    @property
    def scheduled(self) -> bool:
        return self.type.endswith("Scheduled")

    @property
    def aborted(self) -> bool:
        return self.type.endswith("Aborted") and self.type != "ExecutionAborted"

    def text(self, part: str) -> str:
        """A text of the details; empty where it is absent."""
        value = self.details.get(part)
        return value if isinstance(value, str) else ""

    @property
    def name(self) -> str | None:
        """The state's (of `...StateEntered`, `...StateExited`) or the Map's (of `MapIteration...`) name."""
        return fields.name(self.details, "name") or fields.name(self.details, "state")

    @property
    def error(self) -> str | None:
        return fields.name(self.details, "error")

    @property
    def task_arn(self) -> str | None:
        """The ECS task that a `TaskSubmitted` or the end of a task names."""
        return _found(_TASK_ARN, self.text("output") or self.text("cause"))

    @property
    def execution_arn(self) -> str | None:
        """The child execution that it names."""
        return _found(_EXECUTION_ARN, self.text("output") or self.text("cause"))


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return plain(match[1], fields.NAME_LIMIT) if match else None


def parse_events(raws: Iterable[object]) -> Iterator[HistoryEvent]:
    """The events; one without a number of its own is numbered on from the one before it."""
    last = 0
    for raw in raws:
        if isinstance(raw, Mapping):
            event = parse_event(raw, last + 1)
            last = event.id
            yield event


def parse_event(raw: Raw, number: int = 0) -> HistoryEvent:
    """One event. Takes what botocore answers and what the AWS CLI prints (times as numbers or texts)."""
    details: Raw = {}
    details_name = ""
    other: dict[str, Any] = {}
    for key, value in raw.items():
        if key in ("id", "previousEventId", "timestamp", "type"):
            continue
        if key.endswith("EventDetails") and isinstance(value, Mapping) and not details_name:
            details, details_name = value, key
        else:
            other[key] = value
    found = fields.whole(raw.get("id"))
    return HistoryEvent(
        id=number if found is None else found,
        previous=fields.whole(raw.get("previousEventId")) or 0,
        at=fields.told_moment(raw.get("timestamp")),
        type=fields.name(raw, "type") or "?",
        details=details,
        details_name=details_name,
        other=other or None,
    )


def preview(text: str) -> str:
    """The beginning of a text on one line, without secrets: `plain` where it is short, much quicker where it is long.

    A secret is known by what stands around it: it is taken out before the text is cut.
    """
    told = redact(text[:LOOKED_AT])
    if len(text) <= LOOKED_AT and len(told) <= PREVIEW:
        return plain(told, PREVIEW)
    return f"{plain(told[: PREVIEW - 40], PREVIEW - 1)}…"


def payload_of(event: HistoryEvent, part: str) -> Payload | None:
    """A long text of the event by reference; None where it has none."""
    value = event.details.get(part)
    about = event.details.get(f"{part}Details")
    cut = isinstance(about, Mapping) and (about.get("truncated") is True or about.get("included") is False)
    if not isinstance(value, str):
        return Payload(event.id, part, 0, "AWS did not give it", cut=True) if cut else None
    return Payload(event.id, part, event.lengths.get(part, len(value)), preview(value), cut=cut)


def payloads_of(event: HistoryEvent) -> tuple[Payload, ...]:
    """Every long text of the event."""
    found = [payload_of(event, part) for part in event.details if part in LONG]
    return tuple([one for one in found if one is not None])


def details_of(event: HistoryEvent) -> tuple[tuple[str, str], ...]:
    """Every field of the event beside its number, time and type, by its path."""
    told = [*_leaves("", event.details)]
    for name, value in (event.other or {}).items():
        told += _leaves(name, value)
    return tuple(told)


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{path}.{plain(key, 80)}" if path else plain(key, 80), inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value[:50]):
            yield from _leaves(f"{path}[{number}]", inner)
    else:
        text = str(value).lower() if isinstance(value, bool) else preview(str(value))
        yield path, text


def line_of(event: HistoryEvent) -> str:
    """What an event says beside its type, in one line."""
    details = event.details
    if event.error or details.get("cause"):
        words = (event.error, preview(event.text("cause")))
        return ": ".join(filter(None, words))
    if event.type == "ExecutionRedriven":
        return f"redrive {details.get('redriveCount', '?')}"
    if "index" in details:
        return f"item {details['index']} of {fields.name(details, 'name') or '?'}"
    if "length" in details:
        return f"{details['length']} items"
    named = [fields.name(details, key) for key in ("name", "resource", "mapRunArn", "workerName")]
    for part in ("input", "parameters", "output"):
        if event.text(part):
            named.append(f"{part} {preview(event.text(part))}")
            break
    return "  ".join(filter(None, named))
