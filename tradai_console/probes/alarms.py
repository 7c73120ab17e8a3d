"""Alarms: `alarm.state`, `alarm.history`, `alarm.firing`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tradai_console.models.alarm import Alarm, AlarmChange, AlarmState
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.figure import Metric, Series
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.courses import read_courses
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, at, counted, listed, short, span
from tradai_console.sources.alarm_history import parse_history
from tradai_console.sources.alarms import parse_alarms
from tradai_console.sources.pages import pages
from tradai_console.sources.reading import secondary
from tradai_console.text import plain

KINDS: Final = ["MetricAlarm", "CompositeAlarm"]
FLAPS: Final = 3
"""So often into ALARM within the window is flapping."""


@probe("alarm.state")
async def state(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:DescribeAlarms`, and the metric's last hour."""
    cloudwatch = await context.client("cloudwatch")
    answer = await cloudwatch.describe_alarms(AlarmNames=[given["alarm"]], AlarmTypes=KINDS)
    found = parse_alarms(answer)
    alarm = found[0] if found else None
    course = None
    if alarm is not None and alarm.metric and alarm.namespace:
        asked = Metric(
            alarm.namespace,
            alarm.metric,
            alarm.dimensions,
            alarm.statistic or "Average",
            alarm.period_s or 60,
        )
        course = await secondary(_course(context, asked), None, [], "metric")
    return judge_alarm(given["alarm"], alarm, course, context.now)


async def _course(context: ProbeContext, asked: Metric) -> Series | None:
    return (await read_courses(context, [asked], max(60, asked.period_s // 4)))[0]


def judge_alarm(name: str, alarm: Alarm | None, course: Series | None, now: datetime) -> Evidence:
    """In which state, since when, why, and can it wake anybody?"""
    if alarm is None:
        return Evidence(Verdict.UNKNOWN, f"CloudWatch has no alarm {name} in this region.")
    verdict = {AlarmState.ALARM: Verdict.BAD, AlarmState.OK: Verdict.OK}.get(alarm.state, Verdict.UNKNOWN)
    wakes = alarm.actions_enabled and bool(alarm.actions)
    newest = course.values[-1] if course is not None and course.values else None
    rows = [
        Row("state", f"{alarm.state.value} {_since(alarm, now)}", verdict),
        Row("reason", alarm.reason or "none given"),
        Row("rule", alarm.rule or _rule(alarm)),
        Row("metric", f"{alarm.namespace or ''} {alarm.metric or 'none'} {_dimensions(alarm)}".strip()),
        Row("newest value", short(newest) if newest is not None else "unknown"),
        Row("missing data", alarm.missing_data or "missing"),
        Row("wakes somebody", "yes" if wakes else "no: actions off, or none", Verdict.OK if wakes else Verdict.WARN),
    ]  # fmt: skip
    silent = "" if wakes else " It wakes nobody."
    line = f"{name} is {alarm.state.value} {_since(alarm, now)}: {plain(alarm.reason or alarm.description, 220)}{silent}"
    return Evidence(
        verdict, line, tuple(rows), series=course.values if course is not None else (), limit=alarm.threshold
    )


def _since(alarm: Alarm, now: datetime) -> str:
    """`for 12 m`; nothing where CloudWatch does not say."""
    return (
        "since an unknown time" if alarm.since is None else f"for {span((now - alarm.since).total_seconds())}"
    )


def _rule(alarm: Alarm) -> str:
    if alarm.threshold is None:
        return "unknown"
    many = f"{alarm.datapoints_to_alarm or alarm.evaluation_periods or 1} of {alarm.evaluation_periods or 1}"
    return (
        f"{alarm.statistic} {alarm.comparison} {short(alarm.threshold)}, {many} x {span(alarm.period_s or 0)}"
    )


def _dimensions(alarm: Alarm) -> str:
    return ", ".join(f"{key}={value}" for key, value in alarm.dimensions)


@probe("alarm.history")
async def history(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:DescribeAlarmHistory`, the newest twenty transitions."""
    cloudwatch = await context.client("cloudwatch")
    answer = await cloudwatch.describe_alarm_history(
        AlarmName=given["alarm"], AlarmTypes=KINDS, HistoryItemType="StateUpdate", MaxRecords=100,
        ScanBy="TimestampDescending", StartDate=context.now - timedelta(minutes=given.minutes),
        EndDate=context.now + timedelta(minutes=1),
    )  # fmt: skip
    return judge_history(given["alarm"], parse_history(answer), given.minutes, context.now)


def judge_history(name: str, changes: Sequence[AlarmChange], minutes: int, now: datetime) -> Evidence:
    """Is it flapping?"""
    since, window = now - timedelta(minutes=minutes), span(minutes * 60)
    found = [one for one in changes if one.at >= since]
    rows = tuple(
        [Row(at(one.at, now), one.summary, Verdict.WARN if _fired(one) else Verdict.OK) for one in found]
    )
    fired = [one for one in found if _fired(one)]
    if not found:
        return Evidence(Verdict.OK, f"{name} has not changed its state in {window}.")
    line = (
        f"{name} went into ALARM {len(fired)} times in {window}"
        if len(fired) != 1
        else f"{name} went into ALARM once in {window}"
    )
    newest = f"; its newest change {ago(found[0].at, now)}: {found[0].summary}"
    if len(fired) >= FLAPS:
        return Evidence(Verdict.WARN, f"{line}: it is flapping{newest}.", rows)
    return Evidence(Verdict.OK, f"{line}{newest}.", rows)


def _fired(change: AlarmChange) -> bool:
    return "to ALARM" in change.summary


@probe("alarm.firing")
async def firing(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:DescribeAlarms` of those in ALARM, all pages."""
    del given
    cloudwatch = await context.client("cloudwatch")
    found: list[Alarm] = []
    async for answer in pages(
        cloudwatch.describe_alarms, StateValue="ALARM", AlarmTypes=KINDS, MaxRecords=100
    ):
        found += parse_alarms(answer)
    return judge_firing(found, context.now)


def judge_firing(found: Sequence[Alarm], now: datetime) -> Evidence:
    """What fires now, the oldest first: it may be the cause of the rest."""
    if not found:
        return Evidence(Verdict.OK, "No alarm fires in this region.")
    ordered = sorted(found, key=lambda one: one.since or now)
    rows = tuple([Row(one.name, f"{_since(one, now)}  {one.reason}", Verdict.BAD) for one in ordered])
    oldest = ordered[0]
    others = f"; then {listed(one.name for one in ordered[1:])}" if len(ordered) > 1 else ""
    line = f"{counted(len(found), 'alarm')} firing, the oldest {oldest.name}, {_since(oldest, now)}{others}."
    return Evidence(Verdict.BAD, line, rows)
