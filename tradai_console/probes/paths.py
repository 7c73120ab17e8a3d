"""One execution's way: `workflow.failure`, `workflow.path`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.execution import Execution
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.executions import (
    find_execution,
    limit_s,
    read_executions,
    read_history,
)
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, counted, span
from tradai_console.sources import fields
from tradai_console.sources.failures import Failure, parse_current, parse_failure
from tradai_console.sources.pages import Raw
from tradai_console.sources.reading import secondary
from tradai_console.text import plain

_INPUT: Final = 262_144
"""Step Functions lets an input be no longer."""
CANDIDATES: Final = 3
"""Runs looked at in search of a good one."""
SLOW_TIMES: Final = 3.0
SLOW_S: Final = 30.0
"""A state is slow if it takes three times as long as in a good run, and half a minute longer."""


@dataclass(frozen=True)
class Step:
    """One state that was entered."""

    name: str
    entered_at: datetime
    left_at: datetime | None = None
    attempts: int = 0
    failures: int = 0

    def seconds(self, now: datetime) -> float:
        """How long it took, or has taken."""
        return ((self.left_at or now) - self.entered_at).total_seconds()


@probe("workflow.failure")
async def failure(context: ProbeContext, given: Given) -> Evidence:
    """`states:DescribeExecution`, `states:GetExecutionHistory`."""
    execution, described = await find_execution(context, given["execution"])
    events = await read_history(context, execution.arn)
    evidence = judge_failure(execution, events, limit_s(execution, context), context.now)
    return replace(evidence, found=_job_of(described))


def _job_of(described: Raw) -> dict[str, str]:
    """The job that the execution is about, by its input."""
    try:
        given = json.loads(fields.text(described, "input", _INPUT))
    except ValueError:
        return {}
    job = given.get("job_id") if isinstance(given, dict) else None
    return {"JOB_ID": job} if isinstance(job, str) else {}


def judge_failure(
    execution: Execution, events: Sequence[Raw], limit: float | None, now: datetime
) -> Evidence:
    """Which state failed, why, after how many attempts, and was it caught?"""
    found, name = parse_failure(events), execution.name
    rows = [
        Row("execution", f"{execution.machine} {name}"),
        Row(
            "status",
            f"{execution.status}, started {ago(execution.started_at, now)}, {span(execution.duration_s(now))}",
        ),
    ]
    if execution.stopped_at is None:
        state = parse_current(events)
        over = limit is not None and execution.duration_s(now) > limit
        told = f"{name} runs for {span(execution.duration_s(now))}, in {state or 'an unknown state'}"
        allowed = f", {span(limit)} are allowed" if limit is not None else ""
        return Evidence(
            Verdict.BAD if over else Verdict.OK, f"{told}{allowed}; nothing has ended it.", tuple(rows)
        )
    if found is None:
        if execution.status != "SUCCEEDED":
            return Evidence(
                Verdict.BAD, f"{name} ended {execution.status}; its history does not tell why.", tuple(rows)
            )
        return Evidence(Verdict.OK, f"{name} SUCCEEDED, and no state of it failed.", tuple(rows))
    attempts = attempts_of(events, found)
    tried = f" after {attempts} attempts" if attempts > 1 else ""
    rows += [
        Row("failed state", found.state or "not told", Verdict.BAD),
        Row("error", found.error or "not told", Verdict.BAD),
        Row("cause", plain(found.cause or "not told", 1000), Verdict.BAD),
        Row("attempts", str(attempts) if attempts else "unknown"),
        Row("caught", "yes: a handler took over" if found.caught else "no"),
    ]
    why = ": ".join(filter(None, (found.error, plain(found.cause or "", 200))))
    line = f"{found.state or 'A state that is not told'} failed{tried}: {why or 'no reason given'}"
    if found.caught:
        return Evidence(
            Verdict.BAD, f"{execution.status}, but {line}. It was caught: this is no success.", tuple(rows)
        )
    return Evidence(Verdict.BAD, f"{execution.status}: {line}.", tuple(rows))


def attempts_of(events: Iterable[Raw], found: Failure) -> int:
    """How often the failed state was tried, the last time that it was entered."""
    steps = [step for step in parse_path(events) if step.name == found.state]
    return max(steps[-1].attempts, steps[-1].failures) if steps else 0


def parse_path(events: Iterable[Raw]) -> tuple[Step, ...]:
    """The states in the order in which they were entered, with their attempts. Inner states of a Map or a
    Parallel are listed as they were entered too."""
    known = sorted(
        [(number, one) for one in events if (number := fields.whole(one.get("id"))) is not None],
        key=lambda pair: pair[0],
    )
    steps: list[Step] = []
    open_: list[int] = []
    for _, event in known:
        kind, moment = str(event.get("type", "")), fields.moment(event.get("timestamp"))
        if moment is None:
            continue
        if kind.endswith("StateEntered"):
            name = fields.name(fields.inner(event, "stateEnteredEventDetails"), "name") or "?"
            open_.append(len(steps))
            steps.append(Step(name, moment))
        elif kind.endswith("StateExited"):
            name = fields.name(fields.inner(event, "stateExitedEventDetails"), "name") or "?"
            place = next((place for place in reversed(open_) if steps[place].name == name), None)
            if place is not None:
                open_.remove(place)
                steps[place] = replace(steps[place], left_at=moment)
        elif open_ and kind.endswith("Scheduled"):
            steps[open_[-1]] = replace(steps[open_[-1]], attempts=steps[open_[-1]].attempts + 1)
        elif open_ and not kind.startswith("Execution") and kind.endswith(("Failed", "TimedOut")):
            steps[open_[-1]] = replace(steps[open_[-1]], failures=steps[open_[-1]].failures + 1)
        elif kind.startswith("Execution") and kind != "ExecutionStarted":
            for place in open_:
                steps[place] = replace(steps[place], left_at=moment)
            open_ = []
    return tuple(steps)


@probe("workflow.path")
async def path(context: ProbeContext, given: Given) -> Evidence:
    """`states:GetExecutionHistory` of the execution and of its machine's last good run."""
    execution, _ = await find_execution(context, given["execution"])
    steps, good = await asyncio.gather(
        read_history(context, execution.arn, whole=True),
        secondary(_last_good(context, execution), None, [], "last good run"),
    )
    run, usual = good if good is not None else (None, ())
    return judge_path(execution, parse_path(steps), parse_failure(steps), run, usual, context.now)


async def _last_good(context: ProbeContext, beside: Execution) -> tuple[Execution, tuple[Step, ...]] | None:
    """The newest run of the same machine that succeeded and in which nothing was caught, with its states."""
    known = (await read_executions(context, beside.machine, histories=0)).items
    candidates = [
        one for one in known if one.arn != beside.arn and one.status == "SUCCEEDED" and not one.caught
    ]
    for one in candidates[:CANDIDATES]:
        events = await read_history(context, one.arn, whole=True)
        if parse_failure(events) is None:
            return one, parse_path(events)
    return None


def judge_path(
    execution: Execution,
    steps: Sequence[Step],
    found: Failure | None,
    good: Execution | None,
    usual: Sequence[Step],
    now: datetime,
) -> Evidence:
    """Where was the time spent, and where otherwise than in the last good run?"""
    if not steps:
        return Evidence(Verdict.UNKNOWN, f"The history of {execution.name} names no state.")
    before = {step.name: step.seconds(now) for step in usual}
    rows, slow = [], []
    for step in steps:
        took = step.seconds(now)
        once = before.get(step.name)
        is_slow = once is not None and took > SLOW_TIMES * once and took > once + SLOW_S
        failed = found is not None and found.state == step.name
        slow += [step] if is_slow else []
        tried = f", {counted(step.attempts, 'attempt')}" if step.attempts > 1 else ""
        words = "so far" if step.left_at is None else ""
        usually = (
            f", {span(once)} in the good run"
            if once is not None
            else ", not in the good run"
            if usual
            else ""
        )
        told = f"{span(took)} {words}".strip() + f"{tried}{usually}{', FAILED' if failed else ''}"
        grade = Verdict.BAD if failed else Verdict.WARN if is_slow else Verdict.OK
        rows.append(Row(step.name, told, grade))
    beside = (
        f"last good run {span(good.duration_s(now))}" if good is not None else "no good run to set beside it"
    )
    line = f"{execution.name} went through {counted(len(steps), 'state')} in {span(execution.duration_s(now))} ({beside})"
    if found is not None:
        end = "failed and was caught" if found.caught else "failed"
        return Evidence(Verdict.BAD, f"{line}; {found.state or 'a state'} {end}.", tuple(rows))
    if execution.status in ("FAILED", "TIMED_OUT", "ABORTED"):
        return Evidence(Verdict.BAD, f"{line}; it ended {execution.status}.", tuple(rows))
    if slow:
        step = slow[0]
        line += f"; {step.name} takes {span(step.seconds(now))} instead of {span(before[step.name])}."
        return Evidence(Verdict.WARN, line, tuple(rows))
    return Evidence(Verdict.OK, f"{line}; nothing failed or was slow.", tuple(rows))
