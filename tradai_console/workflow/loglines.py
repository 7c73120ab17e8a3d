"""Log lines that belong to one attempt: a task's whole stream, a function's one invocation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tradai_console.errors import AwsError, NotFound
from tradai_console.logs.event import Event, events_of
from tradai_console.logs.lines import read_line
from tradai_console.models.log import LogLine, milliseconds
from tradai_console.models.workflow_joined import LogSlice
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.loglines import patiently
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw

MOST: Final = 200
BEFORE: Final = timedelta(seconds=2)
AFTER: Final = timedelta(seconds=5)
_START: Final = re.compile(r"^START RequestId: ([0-9a-f-]{36})")
_REPORT: Final = re.compile(r"^REPORT RequestId: ([0-9a-f-]{36})\s+Duration: ([\d.]+) ms(.*)")
_MEMORY: Final = re.compile(r"Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB")
_EXCEPTION: Final = re.compile(
    r"^(?:\[ERROR\] )?([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Timeout|Killed)\b.*)"
)
_WORST: Final = frozenset({"ERROR", "CRITICAL"})


async def task_log(context: ProbeContext, task_id: str, definition: str, title: str) -> LogSlice:
    """The newest lines of a task's own stream (`logs:GetLogEvents`), whose name is known from its definition."""
    group, stream = await _stream(context, task_id, definition)
    logs = await context.client("logs")
    try:
        answer = await patiently(
            lambda: logs.get_log_events(
                logGroupName=group, logStreamName=stream, limit=MOST, startFromHead=False
            )
        )
    except NotFound:
        note = "its stream is not there: the container never began, or its lines have been deleted"
        return LogSlice(title, group, stream, "its stream", note=note)
    except AwsError as error:
        return LogSlice(title, group, stream, "its stream", note=f"not read: {error}")
    raws = [{**raw, "logStreamName": stream} for raw in fields.rows(answer, "events")]
    lines = _lines(events_of(group, raws), "strategy")
    empty = None if lines else "its stream is empty"
    return LogSlice(title, group, stream, "its stream", lines, note=empty)


async def _stream(context: ProbeContext, task_id: str, definition: str) -> tuple[str, str]:
    """Group and stream of a task: `prefix/container/task id`, as awslogs names it."""
    if definition:
        ecs = await context.client("ecs")
        answer: Raw = {}
        with suppress(AwsError):
            answer = await ecs.describe_task_definition(taskDefinition=definition)
        for one in fields.rows(fields.inner(answer, "taskDefinition"), "containerDefinitions"):
            options = fields.inner(fields.inner(one, "logConfiguration"), "options")
            named = fields.name(options, "awslogs-group")
            if named:
                prefix = fields.name(options, "awslogs-stream-prefix") or "strategy"
                return named, f"{prefix}/{fields.name(one, 'name') or 'strategy'}/{task_id}"
    return context.platform.log_groups.tasks, f"strategy/strategy/{task_id}"


@dataclass(frozen=True)
class Invoked:
    """One invocation as the lines of its stream tell it."""

    request_id: str
    stream: str
    events: list[Event] = field(default_factory=list)
    report: str = ""

    @property
    def begin_ms(self) -> int:
        return self.events[0].time_ms if self.events else 0


async def invocation_log(
    context: ProbeContext,
    function: str,
    begin: datetime,
    end: datetime,
    *,
    request_id: str | None,
    words: Sequence[str],
) -> tuple[LogSlice, Invoked | None]:
    """The lines of the invocation that an attempt made (`logs:FilterLogEvents` over its time).

    Known by its request id where the history has one; else by a word (the job's id) that its lines hold; else, where
    there was only one at the time, by the time.
    """
    group = context.platform.lambda_group(function)
    logs = await context.client("logs")
    title = f"{function}, invocation"
    try:
        answer = await patiently(
            lambda: logs.filter_log_events(
                logGroupName=group,
                startTime=milliseconds(begin - BEFORE),
                endTime=milliseconds(end + AFTER),
                limit=2_000,
            )
        )
    except NotFound:
        return LogSlice(
            title, group, None, "time", note="the function has no log group: it has never run"
        ), None
    except AwsError as error:
        return LogSlice(title, group, None, "time", note=f"not read: {error}"), None
    invoked = invocations_in(events_of(group, fields.rows(answer, "events")))
    chosen, how = choose(invoked, request_id, words)
    if chosen is None:
        told = (
            "no invocation"
            if not invoked
            else f"{len(invoked)} invocations, none of which can be told to be it:"
        )
        note = f"{told} in the log of that time"
        return LogSlice(title, group, None, "time", note=note), None
    lines = _lines(chosen.events, function)
    more = " more of it follows" if answer.get("nextToken") else None
    return LogSlice(f"{title} {chosen.request_id}", group, chosen.stream, how, lines, note=more), chosen


def invocations_in(events: Iterable[Event]) -> list[Invoked]:
    """The invocations, in the order in which they began. A container runs one at a time: its stream is cut by START."""
    found: list[Invoked] = []
    latest: dict[str, Invoked] = {}
    for event in events:
        started = _START.match(event.message)
        if started:
            latest[event.stream] = Invoked(started[1], event.stream)
            found.append(latest[event.stream])
        current = latest.get(event.stream)
        if current is None:
            continue
        current.events.append(event)
        if event.message.startswith("REPORT RequestId: "):
            position = found.index(current)
            found[position] = Invoked(current.request_id, current.stream, current.events, event.message)
            latest.pop(event.stream)
    return found


def choose(
    found: Sequence[Invoked], request_id: str | None, words: Sequence[str]
) -> tuple[Invoked | None, str]:
    """Which of them it was, and how that is known."""
    if request_id is not None:
        one = next((one for one in found if one.request_id == request_id), None)
        if one is not None:
            return one, "request id"
    for word in words:
        with_word = [one for one in found if any(word in event.message for event in one.events)]
        if with_word:
            return with_word[0], "time and job id"
    return (found[0], "time") if len(found) == 1 else (None, "time")


def told_of(one: Invoked) -> str:
    """`took 310 ms, 61 of 256 MB`."""
    report = _REPORT.match(one.report)
    if report is None:
        return "its end is not in the log"
    memory = _MEMORY.search(report[3])
    took = f"took {float(report[2]):,.0f} ms"
    return f"{took}, {memory[2]} of {memory[1]} MB" if memory else took


def telling_line(lines: Sequence[LogLine]) -> str | None:
    """The line that says why it failed: the newest exception's own line, else the newest error."""
    for line in reversed(lines):
        match = _EXCEPTION.match(line.message.strip() or line.text.strip())
        if match:
            return match[1][:300]
    return next((line.message[:300] for line in reversed(lines) if line.level in _WORST), None)


def _lines(events: Sequence[Event], service: str) -> tuple[LogLine, ...]:
    return tuple([read_line(one, service) for one in events[-MOST:]])
