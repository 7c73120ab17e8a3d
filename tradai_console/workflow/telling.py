"""The true cause in one line, with what led to it and what to do. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tradai_console.models.evidence import Verdict
from tradai_console.models.workflow import CauseKind, Outcome, Payload, TrueCause
from tradai_console.probes.wording import counted, span
from tradai_console.sources import fields
from tradai_console.sources.failures import parse_cause
from tradai_console.text import plain
from tradai_console.workflow.culprit import Culprit
from tradai_console.workflow.events import payload_of
from tradai_console.workflow.kinds import kind_of
from tradai_console.workflow.outline import label
from tradai_console.workflow.tree import Node, Tree

MOST_SURVIVED: Final = 5
SLOW_TIMES: Final = 3.0
_WORDS: Final = 300


@dataclass(frozen=True)
class Situation:
    """What else has to be known of the execution."""

    status: str
    started_at: datetime | None
    stopped_at: datetime | None
    now: datetime
    limit_s: float | None = None
    usual_s: float | None = None
    error: str | None = None
    """Of the execution itself (`states:DescribeExecution`)."""
    cause: str | None = None
    usual: Mapping[str, float] | None = None
    """State to what it usually takes, seconds."""
    conditions: Mapping[tuple[str, str], str] | None = None
    """(choice, next state) to the condition of that way."""
    log_line: str | None = None
    """What the failing task's or function's own log says."""
    row_words: str | None = None
    """What the row of workflow state says of the failure."""


def tell_cause(tree: Tree, found: Culprit | None, about: Situation) -> TrueCause:
    """The first line of the screen."""
    survived = tuple(survived_in(tree))
    if found is None:
        return _nothing(tree, about, survived)
    if found.decided_by is not None:
        return _decided(found, about, survived)
    ended = tree.end.type if tree.end is not None else None
    if not found.caught and ended in ("ExecutionTimedOut", "ExecutionAborted"):
        return _cut_off(tree, found, about, survived)
    return _failed(tree, found, about, survived)


def _failed(tree: Tree, found: Culprit, about: Situation, survived: tuple[str, ...]) -> TrueCause:
    failure = found.failure
    error, cause = error_of(found, tree, about)
    kind = kind_of(failure, error, cause)
    why = _why(kind, error, cause)
    why = _with_witness(kind, why, about)
    tries = len(found.node.tries)
    tried = f" on each of {tries} attempts" if tries > 1 else ""
    limit = _limit_of(found)
    verb = (
        f"ran into its time limit{f' of {span(limit)}' if limit else ''}" if _timed_out(found) else "failed"
    )
    line = f"{place(found)} {verb}{tried}{f': {why}' if why and why != 'States.Timeout' else ''}"
    return TrueCause(
        verdict=Verdict.WARN if found.back_on_way else Verdict.BAD,
        kind=kind,
        line=plain(f"{line}{_after(found, about)}", 600),
        state=found.node.name,
        visit=found.node.id,
        where=found.where if len(found.where) > 1 else (),
        error=error,
        cause=cause,
        whole_cause=payload_of(failure, "cause") if failure is not None else None,
        tries=tries,
        caught=found.caught,
        survived=survived,
    )


def _with_witness(kind: CauseKind, why: str, about: Situation) -> str:
    """The reason, and what else tells more of it than the history does."""
    log, row = about.log_line or "", about.row_words or ""
    if kind not in _EMPTY_KINDS:
        return why
    # A function's own last line is what the history has from it.
    if log and log.partition(": ")[2] not in why:
        return f"{why}, its log: {log}" if why else f"its log: {log}"
    if row and row not in why:
        return f"{why}, its row: {row}" if why else f"its row: {row}"
    return why


_EMPTY_KINDS: Final = frozenset({CauseKind.TASK, CauseKind.FUNCTION, CauseKind.ERROR, CauseKind.UNKNOWN})
"""Kinds that say no more than that something failed."""


def _limit_of(found: Culprit) -> float | None:
    """The time limit that the state had given its attempt, seconds."""
    scheduled = found.node.tries[-1].scheduled if found.node.tries else None
    return fields.number(scheduled.details.get("timeoutInSeconds")) if scheduled is not None else None


def error_of(found: Culprit, tree: Tree, about: Situation) -> tuple[str | None, str | None]:
    """Error and cause, in words, of the culprit; of the execution where the culprit's own event has none."""
    failure = found.failure
    error = failure.error if failure is not None else None
    cause = parse_cause(failure.text("cause")) if failure is not None else None
    if error is None and cause is None and found.caught and found.node.left is not None:
        error, cause = _in_output(found.node.left.text("output"))
    if error is None and not found.caught and tree.end is not None:
        error = tree.end.error or about.error
    if cause is None and not found.caught and tree.end is not None:
        cause = parse_cause(tree.end.text("cause")) or about.cause
    if error is None and _timed_out(found):
        error = "States.Timeout"
    return error, cause


def _in_output(output: str) -> tuple[str | None, str | None]:
    """A Catch puts error and cause into the state's output: the only place where some failures are told."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return None, None
    for one in (value, *(value.values() if isinstance(value, Mapping) else ())):
        if isinstance(one, Mapping) and isinstance(one.get("Error"), str):
            return plain(one["Error"], 200), parse_cause(one.get("Cause"))
    return None, None


def _timed_out(found: Culprit) -> bool:
    return found.failure is not None and found.failure.type.endswith("TimedOut")


def _why(kind: CauseKind, error: str | None, cause: str | None) -> str:
    told = plain(cause or "", _WORDS)
    if kind in _NAMED and kind.value not in told.lower():
        inner = told or error or ""
        return f"{kind.value} ({inner})" if inner and inner != "States.Timeout" else kind.value
    if error and error not in ("States.TaskFailed", told) and not told.startswith(error):
        return f"{error}: {told}" if told else error
    return told or error or ""


_NAMED: Final = frozenset(
    {
        CauseKind.MEMORY,
        CauseKind.START,
        CauseKind.SPOT,
        CauseKind.THROTTLED,
        CauseKind.DENIED,
        CauseKind.DEFINITION,
    }
)
"""Kinds whose word stands first, for causes in AWS's words."""


def place(found: Culprit) -> str:
    """`FetchCandles (in LoadPairs, item 3)`."""
    around = [label(one) for one in reversed([*found.node.up()][1:]) if one.type != "Branch"]
    return f"{found.node.name} (in {', '.join(around)})" if around else found.node.name


def _after(found: Culprit, about: Situation) -> str:
    """What became of it."""
    words: list[str] = []
    handler = found.handler.name if found.handler is not None else None
    if found.second is not None:
        second = found.second.failure
        told = _why(CauseKind.ERROR, second.error, parse_cause(second.text("cause"))) if second else ""
        words.append(
            f"{found.second.name}, which was to deal with it, failed as well{f': {told}' if told else ''}"
        )
    elif found.back_on_way:
        words.append(f"it was caught and went on{f' with {handler}' if handler else ''}")
    elif found.caught and about.status == "SUCCEEDED":
        words.append(f"caught{f' by {handler}' if handler else ''}: SUCCEEDED is no success here")
    elif found.caught and about.status == "RUNNING":
        words.append(f"{handler or 'a handler'} deals with it now")
    elif found.caught and handler:
        words.append(f"{handler} took over")
    return "".join([f"; {one}" for one in words])


def _decided(found: Culprit, about: Situation, survived: tuple[str, ...]) -> TrueCause:
    """A choice left the good way on what a state had answered."""
    choice, handler = found.decided_by, found.handler
    assert choice is not None
    target = handler.name if handler is not None else "?"
    condition = (about.conditions or {}).get((choice.name, target), "")
    told = _answer(choice, condition)
    what = (
        "refused it" if "valid" in f"{condition}{target}{found.node.name}".lower() else "decided against it"
    )
    why = told or condition or f"{choice.name} led to {target}"
    end = (
        "; no state failed, and SUCCEEDED is no success here"
        if about.status == "SUCCEEDED"
        else f"; {choice.name} led to {target}"
    )
    return TrueCause(
        verdict=Verdict.BAD,
        kind=CauseKind.VALIDATION,
        line=plain(f"{place(found)} {what}: {why}{end}", 600),
        state=found.node.name,
        visit=found.node.id,
        cause=told or None,
        error=condition or None,
        tries=len(found.node.tries),
        caught=about.status == "SUCCEEDED",
        survived=survived,
    )


_TELLING: Final = ("errors", "error", "reason", "message", "detail", "details", "cause", "decision", "issues")


def _answer(choice: Node, condition: str) -> str:
    """The words of the answer that the choice looked at: what stands beside its variable."""
    try:
        value: Any = json.loads(choice.first.text("input"))
    except (ValueError, RecursionError):
        return ""
    path = condition.partition(" ")[0].split(".")
    for key in path[:-1]:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        return ""
    words = [_words_of(value[key]) for key in _TELLING if value.get(key) and value.get(key) is not True]
    return plain(", ".join(dict.fromkeys([one for one in words if one])), _WORDS)


def _words_of(value: object) -> str:
    if isinstance(value, list):
        return "; ".join([_words_of(one) for one in value[:5]])
    if isinstance(value, Mapping):
        return "; ".join([f"{key} {_words_of(one)}" for key, one in list(value.items())[:5]])
    return str(value)


def _cut_off(tree: Tree, found: Culprit, about: Situation, survived: tuple[str, ...]) -> TrueCause:
    """It was ended from outside: by its own time limit, or by somebody."""
    assert tree.end is not None
    since = found.node.first.at
    inside = f" for {span((tree.end.at - since).total_seconds())}" if since and tree.end.at else ""
    error = tree.end.error or about.error
    cause = parse_cause(tree.end.text("cause")) or about.cause
    if tree.end.type == "ExecutionTimedOut":
        limit = f" of {span(about.limit_s)}" if about.limit_s else ""
        line = f"The whole execution ran past its time limit{limit}; it was in {place(found)}{inside}"
        kind, verdict = CauseKind.TIMEOUT, Verdict.BAD
        error = error or "States.Timeout"
    else:
        why = ": ".join(filter(None, (error, cause)))
        line = f"Stopped while in {place(found)}{inside}: {why or 'nobody said why'}"
        kind, verdict = CauseKind.STOPPED, Verdict.WARN
    return TrueCause(
        verdict=verdict,
        kind=kind,
        line=plain(line, 600),
        state=found.node.name,
        visit=found.node.id,
        where=found.where if len(found.where) > 1 else (),
        error=error,
        cause=cause,
        tries=len(found.node.tries),
        survived=survived,
    )


def _nothing(tree: Tree, about: Situation, survived: tuple[str, ...]) -> TrueCause:
    took_s = (
        ((about.stopped_at or about.now) - about.started_at).total_seconds() if about.started_at else None
    )
    usually = f", usually {span(about.usual_s)}" if about.usual_s else ""
    if about.status == "RUNNING" or about.status == "PENDING_REDRIVE":
        return _running(tree, about, took_s, survived)
    if about.status == "SUCCEEDED":
        states = counted(len(tree.roots), "state")
        lived = f"; {counted(len(survived), 'failure')} outlived by a retry" if survived else ""
        took = f" in {span(took_s)}" if took_s is not None else ""
        return TrueCause(
            Verdict.OK, CauseKind.NONE, f"Nothing failed: {states}{took}{usually}{lived}", survived=survived
        )
    why = ": ".join(filter(None, (about.error, about.cause)))
    kind = kind_of(None, about.error, about.cause) if why else CauseKind.UNKNOWN
    line = f"{about.status}: {why or 'its history does not tell why'}"
    return TrueCause(
        Verdict.BAD, kind, plain(line, 600), error=about.error, cause=about.cause, survived=survived
    )


def _running(tree: Tree, about: Situation, took_s: float | None, survived: tuple[str, ...]) -> TrueCause:
    now = tree.current
    here = now[-1] if now else None
    if here is None or here.first.at is None:
        line = f"Running for {span(took_s)}" if took_s is not None else "Running"
        return TrueCause(Verdict.OK, CauseKind.RUNNING, line, survived=survived)
    in_s = (about.now - here.first.at).total_seconds()
    usual = (about.usual or {}).get(here.name)
    parts = [f"In {here.name} for {span(in_s)}"]
    tries = len(here.tries)
    parts += [f"attempt {tries}"] if tries > 1 else []
    parts += [f"usually {span(usual)}"] if usual else []
    verdict = Verdict.WARN if usual and in_s > SLOW_TIMES * usual and in_s > usual + 30 else Verdict.OK
    if about.limit_s and took_s is not None and took_s > about.limit_s:
        verdict = Verdict.BAD
        parts.append(f"past the {span(about.limit_s)} that its machine allows: stuck")
    if len(now) > 1:
        parts.append(f"{len(now)} states at once")
    newest = here.tries[-2] if tries > 1 else None
    if newest is not None and newest.ended is not None:
        told = _why(CauseKind.ERROR, newest.ended.error, parse_cause(newest.ended.text("cause")))
        parts.append(f"the attempt before failed: {told}")
    return TrueCause(
        verdict,
        CauseKind.RUNNING,
        plain(", ".join(parts), 600),
        state=here.name,
        visit=here.id,
        tries=tries,
        survived=survived,
    )


def survived_in(tree: Tree) -> Iterator[str]:
    """Failures that a retry outlived, each in one line."""
    lived = [one for one in tree.retried.values() if one.outcome is Outcome.SUCCEEDED]
    for node in lived[:MOST_SURVIVED]:
        failed = [one for one in node.tries if one.ended is not None and one.ended.failed]
        last = failed[-1].ended if failed else None
        told = _why(CauseKind.ERROR, last.error, parse_cause(last.text("cause"))) if last else ""
        inside = [label(one) for one in node.up()][1:]
        name = f"{node.name} (in {', '.join(reversed(inside))})" if inside else node.name
        yield plain(f"{name} failed {counted(len(failed), 'time')}, then succeeded: {told}", 300)
    if len(lived) > MOST_SURVIVED:
        yield f"{len(lived) - MOST_SURVIVED} more states outlived failures"


def whole_cause(found: Culprit | None) -> Payload | None:
    """The cause as AWS gave it."""
    return payload_of(found.failure, "cause") if found is not None and found.failure is not None else None
