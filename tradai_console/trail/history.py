"""An execution's history as pieces of a story. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tradai_console.models.log import milliseconds, moment
from tradai_console.models.trail import TrailEvent
from tradai_console.sources import fields
from tradai_console.sources.failures import parse_cause
from tradai_console.sources.pages import Raw
from tradai_console.text import plain

_ENDED: Final = {
    "ExecutionSucceeded": ("SUCCEEDED", "execution succeeded", None),
    "ExecutionFailed": ("FAILED", "execution failed", "ERROR"),
    "ExecutionTimedOut": ("TIMED_OUT", "execution timed out", "ERROR"),
    "ExecutionAborted": ("ABORTED", "execution aborted", "WARNING"),
}
_AGAIN: Final = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")
_WORDS: Final = 300


def history_pieces(events: Sequence[Raw], arn: str, machine: str) -> tuple[TrailEvent, ...]:
    """Every event once, in the order of its number. What a person need not see is marked as minor."""
    known = sorted(
        [(number, one) for one in events if (number := fields.whole(one.get("id"))) is not None],
        key=lambda pair: pair[0],
    )
    follows = _followers([one for _, one in known])
    states: dict[int, str | None] = {}
    entered: dict[str, datetime] = {}
    pieces = []
    for number, one in known:
        at = fields.moment(one.get("timestamp"))
        if at is None:
            continue
        before = fields.whole(one.get("previousEventId")) or 0
        kind = fields.text(one, "type", 80)
        name = _name(one)
        states[number] = None if kind.startswith("Execution") else name or states.get(before)
        if kind.endswith("StateExited") and number in states:
            # What follows an exit stands outside of the state.
            states[number] = None
        piece = TrailEvent(
            "execution",
            f"{arn}/{number}",
            milliseconds(at),
            machine,
            kind,
            minor=True,
            execution_arn=arn,
            state_name=name or states[number],
            status="RUNNING",
        )
        pieces.append(_told(piece, one, kind, at, entered, again=kind_of(follows.get(number)) in _AGAIN))
    return tuple(pieces)


def submitted_tasks(events: Sequence[Raw]) -> dict[str, Raw]:
    """The ECS tasks that an execution asked for, by ARN: what was told of each last, as DescribeTasks spells it."""
    tasks: dict[str, Raw] = {}
    for one in events:
        kind = kind_of(one)
        details = _details(one, kind)
        told = details.get("cause") if kind == "TaskFailed" else details.get("output")
        for task in _tasks_in(told) if kind in ("TaskSubmitted", "TaskSucceeded", "TaskFailed") else ():
            arn = str(task.get("taskArn") or "")
            if ":task/" not in arn:
                continue
            times: dict[str, Any] = {}
            if kind != "TaskSubmitted" and not isinstance(task.get("stoppedAt"), datetime):
                times = {"stoppedAt": fields.moment(one.get("timestamp"))}
            elif kind == "TaskSubmitted" and not isinstance(task.get("createdAt"), datetime):
                times = {"createdAt": fields.moment(one.get("timestamp"))}
            tasks[arn] = {**tasks.get(arn, {}), **task, **times}
    return tasks


def called_functions(events: Sequence[Raw]) -> tuple[str, ...]:
    """The names of the Lambda functions that an execution called, in their order, each once."""
    called: dict[str, None] = {}
    for one in events:
        kind = kind_of(one)
        details = _details(one, kind)
        if kind == "LambdaFunctionScheduled":
            called[_function(details.get("resource"))] = None
        elif kind == "TaskScheduled" and details.get("resourceType") == "lambda":
            called[_function(_parsed(details.get("parameters")).get("FunctionName"))] = None
    called.pop("", None)
    return tuple(called)


def _function(told: object) -> str:
    """A function's name, from its ARN with or without a version, or as it is."""
    name = told if isinstance(told, str) else ""
    return name.partition(":function:")[2].partition(":")[0] if ":function:" in name else name


def kind_of(event: Raw | None) -> str:
    """The event's type."""
    return "" if event is None else str(event.get("type") or "")


def _told(
    piece: TrailEvent, one: Raw, kind: str, at: datetime, entered: dict[str, datetime], *, again: bool
) -> TrailEvent:
    """The piece with its words, as far as they are more than the event's type."""
    name = piece.state_name
    if kind == "ExecutionStarted":
        return replace(piece, words="execution started", minor=False)
    if kind in _ENDED:
        status, words, level = _ENDED[kind]
        return replace(piece, words=_because(words, one, kind), status=status, level=level, minor=False)
    if kind == "ExecutionRedriven":
        return replace(piece, words="execution redriven", minor=False)
    if kind.endswith("StateEntered") and name:
        entered[name] = at
        return replace(piece, words=f"entered {name}", minor=False)
    if kind.endswith("StateExited") and name:
        took = f" after {(at - entered[name]).total_seconds():.1f} s" if name in entered else ""
        return replace(piece, words=f"left {name}{took}")
    if kind.endswith(("Failed", "TimedOut", "Aborted")):
        words = f"{name} {'timed out' if kind.endswith('TimedOut') else 'failed'}" if name else kind
        more = ", tried again" if again else ""
        level = "WARNING" if again else "ERROR"
        return replace(piece, words=_because(words, one, kind) + more, level=level, minor=False)
    return replace(piece, words=f"{name}: {kind}") if name else piece


def _because(words: str, one: Raw, kind: str) -> str:
    details = _details(one, kind)
    error, cause = fields.name(details, "error"), parse_cause(details.get("cause"))
    return plain(": ".join([part for part in (words, error, cause) if part]), _WORDS)


def _followers(events: Sequence[Raw]) -> dict[int, Raw]:
    """By number: the first event that goes on from it."""
    found: dict[int, Raw] = {}
    for one in events:
        before = fields.whole(one.get("previousEventId"))
        if before:
            found.setdefault(before, one)
    return found


def _name(event: Raw) -> str | None:
    for key in ("stateEnteredEventDetails", "stateExitedEventDetails"):
        details = fields.inner(event, key)
        if details:
            return fields.name(details, "name")
    return None


def _details(event: Raw, kind: str) -> Raw:
    return fields.inner(event, f"{kind[:1].lower()}{kind[1:]}EventDetails")


def _tasks_in(told: object) -> Sequence[Raw]:
    """The tasks in what ECS answered to Step Functions, its keys as DescribeTasks spells them."""
    if not isinstance(told, str) or '"TaskArn"' not in told:
        return ()
    answer = _parsed(told)
    raws = fields.rows(answer, "Tasks") or ([answer] if answer else [])
    return [_spelled(raw) for raw in raws]


def _parsed(told: object) -> Raw:
    """The JSON object in it; an empty one where there is none."""
    try:
        answer = json.loads(told) if isinstance(told, str) else None
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, Mapping) else {}


def _spelled(raw: Raw) -> dict[str, Any]:
    """`StoppedAt` in milliseconds is `stoppedAt` as a moment."""
    spelled: dict[str, Any] = {}
    for key, value in raw.items():
        name = f"{key[:1].lower()}{key[1:]}"
        number = fields.number(value)
        if name.endswith("At") and number is not None:
            spelled[name] = moment(int(number))
        elif isinstance(value, list):
            spelled[name] = [_spelled(one) if isinstance(one, Mapping) else one for one in value]
        else:
            spelled[name] = value
    return spelled
