"""Functions: `lambda.configuration`, `lambda.errors`, `lambda.durations`, `lambda.timeouts`."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime
from statistics import median
from typing import Final

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.figure import Metric, Series
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.courses import metric, peak, read_courses, total
from tradai_console.probes.loglines import Read, read_lines
from tradai_console.probes.logs import ERRORS, kind_of, place_of
from tradai_console.probes.places import read_function, short_function
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, at, counted, judged, short, span
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw
from tradai_console.sources.reading import secondary
from tradai_console.sources.trading import parse_moment

EVERY_S: Final = {"health-check": 300.0, "trading-heartbeat-check": 300.0, "orphan-scanner": 21_600.0}
"""Functions with a schedule, and the longest time between two runs that any document names."""

SWALLOWING: Final = frozenset({"validate-strategy", "data-collection-proxy"})
"""They answer their failures with 200: Lambda counts no error of theirs, only their log tells."""

NEAR: Final = 0.8
"""The share of its timeout from which a run is close to it."""
RECENT_S: Final = 600.0


@probe("lambda.configuration")
async def configuration(context: ProbeContext, given: Given) -> Evidence:
    """`lambda:GetFunctionConfiguration`; of the environment only the names."""
    return judge_configuration(await read_function(context, given["function"]), context.now)


def judge_configuration(raw: Raw, now: datetime) -> Evidence:
    """Can it run, and was it changed lately?"""
    name = fields.text(raw, "FunctionName", 140)
    state, update = fields.name(raw, "State"), fields.name(raw, "LastUpdateStatus")
    changed = changed_at(raw)
    names = sorted(str(key) for key in fields.inner(fields.inner(raw, "Environment"), "Variables"))
    image = fields.text(raw, "CodeSha256", 80)[:12]
    facts = {
        "state": " ".join(filter(None, (state, fields.text(raw, "StateReason", 200)))) or "unknown",
        "last update": " ".join(filter(None, (update, fields.text(raw, "LastUpdateStatusReason", 200))))
        or "unknown",
        "timeout": f"{fields.whole(raw.get('Timeout'))} s",
        "memory": f"{fields.whole(raw.get('MemorySize'))} MB",
        "changed": f"{ago(changed, now)}" if changed else "unknown",
        "code": f"{fields.text(raw, 'PackageType', 20)} {image}".strip(),
        "variables": " ".join(names) or "none",
        "network": "in the VPC" if fields.inner(raw, "VpcConfig").get("SubnetIds") else "outside the VPC",
    }
    rows = tuple([Row(key, fields.text({key: value}, key, 400)) for key, value in facts.items()])
    limits = f"{facts['timeout']}, {facts['memory']}, changed {facts['changed']}"
    if state == "Failed" or update == "Failed":
        why = facts["state"] if state == "Failed" else facts["last update"]
        return Evidence(Verdict.BAD, f"{name} cannot be relied on: {why}; {limits}.", rows)
    if state == "Pending" or update == "InProgress":
        return Evidence(Verdict.WARN, f"{name} is being changed at this moment; {limits}.", rows)
    if state is None:
        return Evidence(Verdict.UNKNOWN, f"Lambda does not tell the state of {name}; {limits}.", rows)
    fresh = changed is not None and (now - changed).total_seconds() < 86_400
    return Evidence(Verdict.WARN if fresh else Verdict.OK, f"{name} is {state}; {limits}.", rows)


def changed_at(raw: Raw) -> datetime | None:
    """When code or configuration last changed: Lambda writes `2026-01-01T03:12:00.000+0000`."""
    text = fields.text(raw, "LastModified", 40)
    text = f"{text[:-2]}:{text[-2:]}" if len(text) > 5 and text[-5] in "+-" and text[-3] != ":" else text
    # More digits than Python takes are cut: 2026-01-01T03:12:00.210615000Z.
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return parse_moment(f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}" if dot else text)


def _metrics(name: str, *wanted: tuple[str, str]) -> list[Metric]:
    return [metric("AWS/Lambda", what, statistic, {"FunctionName": name}) for what, statistic in wanted]


async def _name(context: ProbeContext, given: Given) -> str:
    """The function's name as Lambda has it, else as the platform file makes it: metrics outlive functions."""
    try:
        return fields.text(await read_function(context, given["function"]), "FunctionName", 140)
    except NotFound:
        return context.platform.function(short_function(context.platform, given["function"]))


@probe("lambda.errors")
async def errors(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData`; of functions that swallow their errors the log too."""
    function = short_function(context.platform, given["function"])
    name = await _name(context, given)
    asked = _metrics(name, ("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum"))
    swallowed = _swallowed(context, given) if function in SWALLOWING else _nothing()
    (runs, failed, throttled), told = await asyncio.gather(
        read_courses(context, asked, given.minutes), secondary(swallowed, None, [], "log")
    )
    return judge_failures(function, runs, failed, throttled, told, given.minutes, context.now)


async def _nothing() -> Read | None:
    return None


async def _swallowed(context: ProbeContext, given: Given) -> Read | None:
    return await read_lines(context, await place_of(context, given), given.minutes, ERRORS)


def judge_failures(
    function: str,
    runs: Series,
    failed: Series,
    throttled: Series,
    told: Read | None,
    minutes: int,
    now: datetime,
) -> Evidence:
    """How many runs, and how many of them failed or were refused?"""
    window = span(minutes * 60)
    count, errors_, refused = total(runs), total(failed), total(throttled)
    logged = [line for line in told.lines if kind_of(line.text)] if told is not None else []
    rows = [
        Row("invocations", short(count)),
        Row("errors", short(errors_), Verdict.BAD if errors_ else Verdict.OK),
        Row("throttles", short(refused), Verdict.WARN if refused else Verdict.OK),
    ]
    rows += [Row(f"log {at(line.at, now)}", line.text[:240], Verdict.WARN) for line in logged[-5:]]
    if not runs.values and not refused:
        every = EVERY_S.get(function)
        if every is not None and minutes * 60 >= 2 * every:
            line = f"{function} did not run once in {window}; its schedule is every {span(every)} or oftener."
            return Evidence(Verdict.BAD, line, tuple(rows))
        return Evidence(
            Verdict.UNKNOWN,
            f"{function} was not invoked in {window}: there is nothing to judge.",
            tuple(rows),
        )
    newest = next(
        (when for when, value in zip(failed.times[::-1], failed.values[::-1], strict=True) if value), None
    )
    line = f"{short(errors_)} of {short(count)} runs of {function} failed in {window}"
    if newest is not None:
        since = math.fsum(value for when, value in zip(runs.times, runs.values, strict=True) if when > newest)
        line += f", the newest about {ago(newest, now)}"
        line += f"; {counted(round(since), 'run')} since then went well" if since else ""
    line += f"; {short(refused)} were throttled" if refused else ""
    verdict = Verdict.OK
    if errors_:
        lately = newest is not None and (now - newest).total_seconds() <= RECENT_S
        verdict = Verdict.BAD if lately or errors_ >= max(1.0, count / 10) else Verdict.WARN
    elif refused or logged:
        verdict = Verdict.WARN
    if function in SWALLOWING:
        line += _swallowed_told(told, len(logged))
        if verdict is Verdict.OK and told is None:
            verdict = Verdict.UNKNOWN
    return Evidence(verdict, f"{line}.", tuple(rows), series=failed.values)


def _swallowed_told(told: Read | None, logged: int) -> str:
    if told is None:
        return "; it answers its failures with 200 and its log could not be read"
    return f"; it answers its failures with 200, so its log counts: {told.at_least}{counted(logged, 'error line')}"


@probe("lambda.durations")
async def durations(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData` of Duration, beside the timeout of the configuration."""
    function = short_function(context.platform, given["function"])
    raw = await secondary(read_function(context, given["function"]), {}, [], "configuration")
    name = fields.name(raw, "FunctionName") or context.platform.function(function)
    asked = _metrics(name, ("Duration", "Average"), ("Duration", "p99"), ("Duration", "Maximum"))
    average, slow, longest = await read_courses(context, asked, given.minutes)
    return judge_durations(
        function, average, slow, longest, fields.number(raw.get("Timeout")), given.minutes, context.now
    )


def judge_durations(
    function: str,
    average: Series,
    slow: Series,
    longest: Series,
    timeout_s: float | None,
    minutes: int,
    now: datetime,
) -> Evidence:
    """How close do its runs come to the timeout? Durations are milliseconds."""
    window = span(minutes * 60)
    limit = None if timeout_s is None else timeout_s * 1000
    top = peak(longest)
    if top is None:
        return Evidence(Verdict.UNKNOWN, f"No run of {function} was measured in {window}.", limit=limit)
    mean, tail = average.values[-1] if average.values else None, slow.values[-1] if slow.values else None
    usual = median(average.values) if average.values else None
    rows = [
        Row("average, newest", millis(mean)),
        Row("p99, newest", millis(tail)),
        Row(f"longest in {window}", f"{millis(top)}, run ended {ago(_when(longest, top), now)}"),
        Row("timeout", "unknown" if timeout_s is None else f"{timeout_s:.0f} s"),
    ]
    if limit is None:
        line = f"The longest run of {function} took {millis(top)} in {window}; its timeout could not be read."
        return Evidence(Verdict.UNKNOWN, line, tuple(rows), series=longest.values)
    share = 100 * top / limit
    verdict = judged(top / limit, NEAR, 0.99)
    line = f"The longest run of {function} took {millis(top)} in {window}, {share:.0f} % of its timeout of {timeout_s:.0f} s"
    line += f"; usually {millis(usual)}, the newest {millis(longest.values[-1])}."
    return Evidence(verdict, line, tuple(rows), series=longest.values, limit=limit)


def _when(series: Series, value: float) -> datetime | None:
    return next((when for when, one in zip(series.times, series.values, strict=True) if one == value), None)


def millis(value: float | None) -> str:
    """`95 ms`, `8.6 s`."""
    if value is None:
        return "unknown"
    return f"{value:.0f} ms" if value < 1000 else f"{short(value / 1000)} s"


@probe("lambda.timeouts")
async def timeouts(context: ProbeContext, given: Given) -> Evidence:
    """Lines `Task timed out` in the function's log."""
    place = await place_of(context, given)
    read = await read_lines(context, place, given.minutes, ("Task timed out",))
    return judge_timeouts(
        short_function(context.platform, given["function"]), read, given.minutes, context.now
    )


def judge_timeouts(function: str, read: Read, minutes: int, now: datetime) -> Evidence:
    """How often did it end at its timeout?"""
    window = span(minutes * 60)
    if not read.lines:
        if not read.whole:
            line = (
                f"No run of {function} timed out in the part of its log that was searched ({read.searched})."
            )
            return Evidence(Verdict.UNKNOWN, line)
        return Evidence(Verdict.OK, f"No run of {function} ended at its timeout in {window}.")
    newest = read.lines[-1]
    rows = [Row(at(line.at, now), line.text[:240], Verdict.BAD) for line in reversed(read.lines)]
    if function == "health-check":
        hint = "service discovery may still hold addresses of ended tasks: the check waits for each of them"
        rows.insert(0, Row("often the cause", hint))
    number = f"{read.at_least}{counted(len(read.lines), 'run')}"
    line = f"{number} of {function} ended at the timeout in {window}, the newest {ago(newest.at, now)}."
    grave = len(read.lines) > 2 or (now - newest.at).total_seconds() <= RECENT_S
    return Evidence(Verdict.BAD if grave else Verdict.WARN, line[:1].upper() + line[1:], tuple(rows))
