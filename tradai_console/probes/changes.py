"""What was changed lately: `changes.recent`. Most incidents begin with a change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.service import Service
from tradai_console.probes.alarms import KINDS
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.databases import is_failover
from tradai_console.probes.lambdas import changed_at
from tradai_console.probes.places import find_service, read_function
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, at, counted, listed, span
from tradai_console.sources import fields
from tradai_console.sources.databases import parse_events
from tradai_console.sources.pages import Raw, everything
from tradai_console.sources.reading import secondary
from tradai_console.sources.services import ServiceSource

MOST: Final = 200
TOUCHING: Final = frozenset({"deployment", "function", "database"})
"""Kinds that change the platform; an alarm's transition only tells of it."""


@dataclass(frozen=True)
class Change:
    """One thing that was changed, or happened."""

    at: datetime
    kind: str
    """`deployment`, `function`, `database`, `alarm`."""
    told: str


@probe("changes.recent")
async def recent(context: ProbeContext, given: Given) -> Evidence:
    """Deployments, functions' code and configuration, the database's events and alarms, all asked at once."""
    service, function = given.get("service"), given.get("function")
    notes: list[str] = []
    nothing: list[Change] = []
    asked = []
    looked: list[str] = []
    if function is None:
        asked.append(secondary(_deployments(context, service), nothing, notes, "deployments"))
        looked.append("deployment")
    if service is None:
        asked.append(secondary(_functions(context, function), nothing, notes, "functions"))
        looked.append("function change")
    asked.append(secondary(_database(context, given.minutes), nothing, notes, "database"))
    asked.append(secondary(_alarms(context, given.minutes), nothing, notes, "alarms"))
    found = [change for some in await asyncio.gather(*asked) for change in some]
    about = service or function or "the platform"
    return judge_changes(about, [*looked, "database event"], found, notes, given.minutes, context.now)


async def _deployments(context: ProbeContext, service: str | None) -> list[Change]:
    if service is not None:
        one = await find_service(context, service)
        return deployments_of([one.service] if one is not None else [])
    board = context.board().services
    if board.state_at(context.clock.monotonic()).trusted:
        return deployments_of(board.items)
    return deployments_of((await ServiceSource(context.door, context.platform, context.clock).read()).items)


def deployments_of(services: Iterable[Service]) -> list[Change]:
    """Each deployment that ECS still lists, and what the services' own lines tell of deployments."""
    return [
        Change(one.created_at, "deployment", f"{service.service}: {one.task_definition} {one.state}")
        for service in services
        for one in service.rollouts
        if one.created_at is not None
    ]


async def _functions(context: ProbeContext, function: str | None) -> list[Change]:
    if function is not None:
        raws = [await read_function(context, function)]
    else:
        client = await context.client("lambda")
        raws = await everything(
            client.list_functions, "Functions", cursor="Marker", answer_cursor="NextMarker"
        )
        prefix, _, suffix = context.platform.functions.name.partition("{name}")
        raws = [raw for raw in raws if _ours(fields.text(raw, "FunctionName", 140), prefix, suffix)]
    dated = [(changed_at(raw), fields.text(raw, "FunctionName", 140)) for raw in raws]
    return [
        Change(moment, "function", f"{name}: code or configuration changed")
        for moment, name in dated
        if moment
    ]


def _ours(name: str, prefix: str, suffix: str) -> bool:
    return name.startswith(prefix) and name.endswith(suffix)


async def _database(context: ProbeContext, minutes: int) -> list[Change]:
    rds = await context.client("rds")
    raws = await everything(
        rds.describe_events,
        "Events",
        cursor="Marker",
        SourceType="db-instance",
        Duration=minutes,
        MaxRecords=100,
    )
    return [
        Change(event.at, "database", f"{source}: {'FAILOVER: ' if is_failover(event) else ''}{event.message}")
        for source, events in parse_events(raws).items()
        for event in events
    ]


async def _alarms(context: ProbeContext, minutes: int) -> list[Change]:
    cloudwatch = await context.client("cloudwatch")
    answer = await cloudwatch.describe_alarm_history(
        AlarmTypes=KINDS, HistoryItemType="StateUpdate", MaxRecords=100, ScanBy="TimestampDescending",
        StartDate=context.now - timedelta(minutes=minutes), EndDate=context.now + timedelta(minutes=1),
    )  # fmt: skip
    return [
        Change(
            moment,
            "alarm",
            f"{fields.text(raw, 'AlarmName', 255)}: {fields.text(raw, 'HistorySummary', 200)}",
        )
        for raw in fields.rows(answer, "AlarmHistoryItems")
        if (moment := fields.moment(raw.get("Timestamp"))) is not None and _tells(raw)
    ]


def _tells(raw: Raw) -> bool:
    """Whether something happened: an alarm that is new, or has figures again, only learns that all is well."""
    return "ALARM" in fields.text(raw, "HistorySummary", 200)


def judge_changes(
    about: str,
    looked: Sequence[str],
    found: Sequence[Change],
    notes: Sequence[str],
    minutes: int,
    now: datetime,
) -> Evidence:
    """What happened in the window, newest first? A change of the platform is a warning: it may be the cause.

    `looked`: the kinds that were looked at. Of rules, routes, secrets and roles only the trail knows.
    """
    since, window = now - timedelta(minutes=minutes), span(minutes * 60)
    lately = sorted([one for one in found if since <= one.at], key=lambda one: one.at, reverse=True)[:MOST]
    touching = [one for one in lately if one.kind in TOUCHING]
    others = [one for one in lately if one.kind not in TOUCHING]
    rows = [Row(at(one.at, now), f"{one.kind}  {one.told}", Verdict.WARN if one in touching else Verdict.OK)
            for one in [*touching, *others]]  # fmt: skip
    rows = [Row("not read", note, Verdict.UNKNOWN) for note in notes] + rows
    unread = f"; not read: {listed(note.partition(':')[0] for note in notes)}" if notes else ""
    alarms_told = f"; {counted(len(others), 'alarm transition')}" if others else ""
    if touching:
        newest = touching[0]
        line = f"{counted(len(touching), 'change')} of {about} in {window}, newest {ago(newest.at, now)}: {newest.told}"
        return Evidence(Verdict.WARN, f"{line}{alarms_told}{unread}.", tuple(rows))
    verdict = Verdict.UNKNOWN if notes else Verdict.OK
    kinds = f"{', '.join(looked[:-1])} or {looked[-1]}"
    line = f"No {kinds} of {about} in {window}{alarms_told}{unread}; rules, routes, secrets and roles are not looked at."
    return Evidence(verdict, line, tuple(rows))
