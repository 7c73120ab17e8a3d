"""Which state failed, told from an execution's history (`states:GetExecutionHistory`). Pure.

A history holds failures that were survived (retries) and states that only handle another's failure. So the
story is read backwards: from the event that ended the execution, by each event's `previousEventId`, to the
failure that nothing survived, and on to the state that it happened in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tradai_console.sources import fields
from tradai_console.sources.pages import Raw
from tradai_console.text import plain

CAUSE_LIMIT = 2_000
"""Signs kept of a cause; the workflow screen reads the whole of it."""

HANDLES_FAILURE = re.compile(
    r"fail|error|invalid|reject|abort|timeout|compensat|roll_?back|cancel", re.IGNORECASE
)
"""Names of states that only deal with a failure, where a machine's definition is not known."""

_TERMINAL = frozenset({"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted", "ExecutionSucceeded"})
_AROUND = frozenset({"MapStateFailed", "MapIterationFailed", "ParallelStateFailed"})
"""Failures that only pass on what failed inside."""


@dataclass(frozen=True)
class Failure:
    """What went wrong in an execution."""

    state: str | None
    """The state it happened in; None if the history does not tell."""
    error: str | None
    cause: str | None
    """In words where it is the JSON of a task or a function."""
    caught: bool
    """A Catch took over, and the execution ended well."""


def parse_failure(events: Iterable[Raw]) -> Failure | None:
    """What ended the execution, or the first failure that a Catch took over if it succeeded; None if
    nothing failed.

    Takes the events in any order; a history that lacks its oldest events is read as far as it goes.
    """
    story = _Story(events)
    end = story.end
    if end is None:
        return None
    kind = _kind(end)
    if kind == "ExecutionSucceeded":
        caught = next((story.failure_before(left, caught=True) for left in story.caught()), None)
        return caught or story.decided()
    own = _details(end)
    if kind == "ExecutionFailed":
        return story.ending(end, own)
    return Failure(
        story.current(), fields.name(own, "error") or _WORDS[kind], parse_cause(own.get("cause")), False
    )


_WORDS = {"ExecutionTimedOut": "States.Timeout", "ExecutionAborted": "Aborted"}


def parse_current(events: Iterable[Raw]) -> str | None:
    """The state that a running execution is in: the newest one entered and not left; None if the events do
    not tell."""
    return _Story(events).current()


def covers(events: Iterable[Raw]) -> bool:
    """Whether the events tell the failure without older pages: the story back from the end reaches a state.

    One that succeeded must be known from its first event on: any state may have failed and been caught.
    """
    story = _Story(events)
    if story.end is None or 1 in story.by_id:
        return True
    if _kind(story.end) == "ExecutionSucceeded":
        return False
    found = story.ending(story.end, {})
    return found.state is not None


class _Story:
    """The events by id, and the ways back through them."""

    def __init__(self, events: Iterable[Raw]) -> None:
        known = [(number, one) for one in events if (number := fields.whole(one.get("id"))) is not None]
        self.by_id: dict[int, Raw] = dict(sorted(known, key=lambda pair: pair[0]))
        self.end = next((one for one in reversed(self.by_id.values()) if _kind(one) in _TERMINAL), None)

    def back(self, event: Raw) -> Iterator[Raw]:
        """The events that led to this one, the nearest first."""
        seen: set[int] = set()
        before = fields.whole(event.get("previousEventId"))
        while before in self.by_id and before not in seen:
            seen.add(before)
            yield self.by_id[before]
            before = fields.whole(self.by_id[before].get("previousEventId"))

    def caught(self) -> list[Raw]:
        """The exits of states right after a failure, oldest first: a Catch led out of them."""
        return [one for one in self.by_id.values() if self._caught(one)]

    def _caught(self, left: Raw) -> bool:
        if not _kind(left).endswith("StateExited"):
            return False
        before = next(self.back(left), None)
        return before is not None and _failed(before)

    def failure_before(self, event: Raw, *, caught: bool) -> Failure:
        """The failure just before the event: its own words, and the state it happened in."""
        teller: Raw = {}
        state: str | None = _name(event) if caught else None
        for one in self.back(event):
            if _kind(one).endswith("StateEntered"):
                state = _name(one) or state
                break
            # Behind the failure that counts stand those of the attempts that were retried.
            if _failed(one) and (not teller or _kind(teller) in _AROUND):
                teller = {**one, "_details": _details(one) or teller.get("_details")}
        own = _details(teller)
        return Failure(state, fields.name(own, "error"), parse_cause(own.get("cause")), caught)

    def ending(self, end: Raw, own: Raw) -> Failure:
        """What ended an execution that failed."""
        way = list(self.back(end))
        if not way:
            # Some histories do not link their last event: then the newest failure that was not caught is
            # meant.
            handled = {id(next(self.back(left), None)) for left in self.caught()}
            last = next(
                (one for one in reversed(self.by_id.values()) if _failed(one) and id(one) not in handled),
                None,
            )
            way = [] if last is None else [last, *self.back(last)]
            end = {**end, "previousEventId": last.get("id")} if last is not None else end
        entered = next((one for one in way if _kind(one).endswith("StateEntered")), None)
        if entered is not None and _kind(entered) == "FailStateEntered":
            # A Fail state only says that a handler is at its end; what it handled is the failure.
            first = next((one for one in way if self._caught(one)), None)
            if first is not None:
                found = self.failure_before(first, caught=True)
                return Failure(
                    found.state,
                    found.error or fields.name(own, "error"),
                    found.cause or parse_cause(own.get("cause")),
                    False,
                )
        found = self.failure_before(end, caught=False)
        state = found.state or self.current()
        return Failure(
            state,
            found.error or fields.name(own, "error"),
            found.cause or parse_cause(own.get("cause")),
            False,
        )

    def decided(self) -> Failure | None:
        """A Choice led to a state that by its name only deals with failures, and such a one was the last: nothing
        failed, and it is no success."""
        entered = [one for one in self.by_id.values() if _kind(one).endswith("StateEntered")]
        if not entered or not HANDLES_FAILURE.search(_name(entered[-1]) or ""):
            return None
        for one in entered:
            before = next(self.back(one), None)
            name = _name(one) or ""
            if before is None or _kind(before) != "ChoiceStateExited" or not HANDLES_FAILURE.search(name):
                continue
            asked = next((two for two in self.back(one) if _kind(two) == "TaskStateExited"), before)
            return Failure(_name(asked), "refused", f"{_name(before)} led to {name}", True)
        return None

    def current(self) -> str | None:
        """The newest state entered and not left."""
        left: dict[str, int] = {}
        for one in reversed(self.by_id.values()):
            name = _name(one)
            if name is None:
                continue
            if _kind(one).endswith("StateExited"):
                left[name] = left.get(name, 0) + 1
            elif _kind(one).endswith("StateEntered"):
                if not left.get(name):
                    return name
                left[name] -= 1
        return None


def _kind(event: Raw) -> str:
    return str(event.get("type", ""))


def _failed(event: Raw) -> bool:
    kind = _kind(event)
    return not kind.startswith("Execution") and kind.endswith(("Failed", "TimedOut"))


def _name(event: Raw) -> str | None:
    """The name of the state that is entered or left."""
    for key in ("stateEnteredEventDetails", "stateExitedEventDetails"):
        details = fields.inner(event, key)
        if details:
            return fields.name(details, "name")
    return None


def _details(event: Raw) -> Raw:
    """The part of an event that carries `error` and `cause`: `taskFailedEventDetails` of a TaskFailed."""
    joined = event.get("_details")
    if isinstance(joined, Mapping):
        return joined
    kind = _kind(event)
    return fields.inner(event, f"{kind[:1].lower()}{kind[1:]}EventDetails")


def parse_cause(value: object) -> str | None:
    """A cause in words: what an ECS task or a function answers as JSON is summarised, all else stands as it
    is."""
    if not isinstance(value, str) or not value.strip():
        return None
    told = None
    if value.lstrip().startswith("{"):
        try:
            told = _told(json.loads(value))
        except (ValueError, RecursionError):
            told = _told_cut(value)
    return plain(told or value, CAUSE_LIMIT)


def _told(cause: Any) -> str | None:
    """`OutOfMemoryError: container killed, exit 137` of a task, `ValueError: message` of a function."""
    if not isinstance(cause, Mapping):
        return None
    if "errorMessage" in cause or "errorType" in cause:
        words = [str(cause[key]) for key in ("errorType", "errorMessage") if cause.get(key)]
        return ": ".join(words) or None
    if "Containers" in cause or "StoppedReason" in cause:
        return _told_task(cause)
    if "ExecutionArn" in cause and "Status" in cause:
        child = str(cause["ExecutionArn"]).rpartition(":")[2]
        told = ": ".join([str(one) for one in (cause.get("Error"), parse_cause(cause.get("Cause"))) if one])
        return f"its execution {child} {cause['Status']}{f', {told}' if told else ''}"
    reasons = [str(one["Reason"]) for one in fields.rows(cause, "Failures") if one.get("Reason")]
    return f"ECS could not start the task: {', '.join(reasons)}" if reasons else None


_PIECE = re.compile(r'"(ExitCode|Reason|StoppedReason|errorType|errorMessage)"\s*:\s*("(?:[^"\\]|\\.)*"|\d+)')


def _told_cut(text: str) -> str | None:
    """The same of JSON that somebody has cut, as the state row's writer does at 2,000 signs: what is left of it."""
    pieces: dict[str, Any] = {}
    for name, raw in _PIECE.findall(text):
        found = json.loads(raw, strict=False)
        if not pieces.get(name):  # a container beside the failed one may have ended with 0
            pieces[name] = found
    if "errorType" in pieces or "errorMessage" in pieces:
        return _told(pieces)
    return (
        _told_task({"Containers": [pieces], "StoppedReason": pieces.get("StoppedReason")}) if pieces else None
    )


_EVERY_END = "Essential container in task exited"


def _told_task(task: Raw) -> str | None:
    ended = [one for one in fields.rows(task, "Containers") if fields.whole(one.get("ExitCode")) is not None]
    failed = [one for one in ended if fields.whole(one.get("ExitCode")) != 0] or ended
    reasons = [one.get("Reason") for one in (*failed, *fields.rows(task, "Containers"))]
    reason = next((str(one) for one in reasons if one), None) or task.get("StoppedReason")
    code = fields.whole(failed[0].get("ExitCode")) if failed else None
    # ECS says the same of every task that ended; the code says more.
    words = [str(reason)] if reason and (code is None or reason != _EVERY_END) else []
    return ", ".join([*words, f"exit {code}"] if code is not None else words) or None
