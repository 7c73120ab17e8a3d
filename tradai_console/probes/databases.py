"""The database: `rds.instance`, `rds.events`, `rds.connections`, `rds.load`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tradai_console.errors import NotFound
from tradai_console.models.database import Database, DatabaseEvent
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.figure import Series
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.courses import current, gone, metric, peak, peak_at, read_courses
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, at, counted, gravity, judged, listed, short, size, span, worst
from tradai_console.sources.databases import DatabaseSource, parse_database, parse_events
from tradai_console.sources.pages import everything
from tradai_console.sources.reading import secondary

FULL_PCT: Final = 80.0
BROKEN: Final = frozenset(
    {
        "stopped", "stopping", "failed", "storage-full", "inaccessible-encryption-credentials", "restore-error",
        "incompatible-network", "incompatible-parameters", "incompatible-restore", "incompatible-option-group",
        "insufficient-capacity", "deleting",
    }
)  # fmt: skip
LOW_STORAGE: Final = 2 * 1024**3
LOW_MEMORY: Final = 64 * 1024**2
FAILOVER_RECENT_S: Final = 3600.0


def database_id(context: ProbeContext, given: Given) -> str:
    """The named instance, or the platform's own."""
    return given.get("database") or context.platform.database


async def read_database(context: ProbeContext, identifier: str) -> Database:
    """The instance now (`rds:DescribeDBInstances`). Raises NotFound naming it."""
    rds = await context.client("rds")
    answer = await rds.describe_db_instances(DBInstanceIdentifier=identifier)
    found = [one for raw in answer.get("DBInstances") or () if (one := parse_database(raw)) is not None]
    if not found:
        raise NotFound(f"there is no database instance {identifier}")
    return found[0]


@probe("rds.instance")
async def instance(context: ProbeContext, given: Given) -> Evidence:
    """`rds:DescribeDBInstances`."""
    return judge_instance(await read_database(context, database_id(context, given)), context.now)


def judge_instance(one: Database, now: datetime) -> Evidence:
    """Is it available, and where?"""
    grade = Verdict.OK if one.status == "available" else Verdict.BAD if one.status in BROKEN else Verdict.WARN
    standby = (
        f"Multi-AZ, standby in {one.secondary_az or 'another zone'}"
        if one.multi_az
        else "single-AZ: no failover"
    )
    rows = [
        Row("status", one.status, grade),
        Row("zone", f"{one.az or 'unknown'}; {standby}"),
        Row("class", f"{one.instance_class}, {one.engine} {one.engine_version}"),
        Row("storage", f"{one.storage_gib} GiB, backups kept {one.backup_days} days"),
        Row("endpoint", f"{one.endpoint or 'none'}:{one.port or '?'}"),
        Row("created", ago(one.created_at, now)),
        *[Row("pending change", change, Verdict.WARN) for change in one.pending_changes],
    ]
    pending = f"; {counted(len(one.pending_changes), 'change')} pending" if one.pending_changes else ""
    where = f"{'Multi-AZ' if one.multi_az else 'single-AZ'} in {one.az or 'an unknown zone'}, {one.instance_class}"
    verdict = worst([grade, Verdict.WARN] if one.pending_changes else [grade])
    return Evidence(verdict, f"{one.id} is {one.status}, {where}{pending}.", tuple(rows))


@probe("rds.events")
async def events(context: ProbeContext, given: Given) -> Evidence:
    """`rds:DescribeEvents`; RDS keeps them for 14 days."""
    identifier = database_id(context, given)
    rds = await context.client("rds")
    raws = await everything(
        rds.describe_events,
        "Events",
        cursor="Marker",
        SourceIdentifier=identifier,
        SourceType="db-instance",
        Duration=given.minutes,
        MaxRecords=100,
    )
    return judge_events(identifier, parse_events(raws).get(identifier, ()), given.minutes, context.now)


_BAD_WORDS: Final = ("failure", "failed", "low storage", "shutdown", "stopped", "ran out")


def judge_events(identifier: str, found: Sequence[DatabaseEvent], minutes: int, now: datetime) -> Evidence:
    """Did it fail over, restart, or run short of anything?"""
    window = span(minutes * 60)
    rows = tuple(
        [Row(at(one.at, now), f"{one.message} [{', '.join(one.categories)}]", grade(one)) for one in found]
    )
    failovers = [one for one in found if is_failover(one)]
    if failovers:
        recent = (now - failovers[0].at).total_seconds() <= FAILOVER_RECENT_S
        line = f"{identifier} failed over, {ago(failovers[0].at, now)}: {failovers[0].message}"
        return Evidence(Verdict.BAD if recent else Verdict.WARN, line, rows)
    serious = [one for one in found if grade(one) is not Verdict.OK]
    if serious:
        return Evidence(
            grade(serious[0]), f"{identifier}, {ago(serious[0].at, now)}: {serious[0].message}", rows
        )
    if found:
        line = f"{counted(len(found), 'event')} of {identifier} in {window}, none serious; newest: {found[0].message}"
        return Evidence(Verdict.OK, line, rows)
    return Evidence(Verdict.OK, f"RDS tells of no event of {identifier} in {window}.")


def is_failover(event: DatabaseEvent) -> bool:
    """Whether the event is one of a failover."""
    return "failover" in event.categories or "failover" in event.message.lower()


def grade(event: DatabaseEvent) -> Verdict:
    """How serious one event is."""
    told = event.message.lower()
    if is_failover(event) or "failure" in event.categories or any(word in told for word in _BAD_WORDS):
        return Verdict.BAD
    restart = (
        "restart" in told
        or "reboot" in told
        or {"availability", "low storage", "recovery"} & set(event.categories)
    )
    return Verdict.WARN if restart else Verdict.OK


@probe("rds.connections")
async def connections(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData` of DatabaseConnections, beside max_connections of the parameter group."""
    identifier = database_id(context, given)
    dimensions = {"DBInstanceIdentifier": identifier}
    names = [
        metric("AWS/RDS", "DatabaseConnections", statistic, dimensions)
        for statistic in ("Average", "Maximum")
    ]
    notes: list[str] = []
    (average, highest), known = await asyncio.gather(
        read_courses(context, names, given.minutes),
        secondary(_with_limit(context, identifier), None, notes, "max_connections"),
    )
    limit, basis = (known.max_connections, known.max_connections_basis) if known is not None else (None, "")
    return judge_connections(identifier, average, highest, limit, basis, given.minutes, context.now)


async def _with_limit(context: ProbeContext, identifier: str) -> Database | None:
    """The instance with its limit, from the board where it is known: that it changes takes a restart."""
    board = [one for one in context.board().databases.items if one.id == identifier and one.max_connections]
    if board:
        return board[0]
    reading = await DatabaseSource(context.door, context.platform, context.clock).read()
    return next((one for one in reading.items if one.id == identifier), None)


def judge_connections(
    identifier: str,
    average: Series,
    highest: Series,
    limit: int | None,
    basis: str,
    minutes: int,
    now: datetime,
) -> Evidence:
    """How near is the number of connections to the most there may be?"""
    window = span(minutes * 60)
    if gone(highest, now):
        newest = f"; the newest is from {ago(highest.times[-1], now)}" if highest.times else ""
        line = f"CloudWatch has no connection figures of {identifier} for now{newest}."
        return Evidence(Verdict.UNKNOWN, line, series=highest.values, limit=limit)
    latest, top, mean = highest.values[-1], peak(highest) or 0.0, current(average, now) or 0.0
    when = peak_at(highest)
    rows = [
        Row("now", short(latest)),
        Row("average of the newest", short(mean)),
        Row(f"peak in {window}", f"{short(top)} at {at(when, now)}" if when else short(top)),
        Row(
            "max_connections",
            f"{limit} ({basis})" if limit else "unknown",
            Verdict.OK if limit else Verdict.UNKNOWN,
        ),
    ]
    if latest < 1:
        line = f"Nobody is connected to {identifier} now; the peak in {window} was {short(top)}."
        return Evidence(Verdict.BAD, line, tuple(rows), series=highest.values, limit=limit)
    if not limit:
        line = f"{short(latest)} connections to {identifier} now; how many it allows could not be read."
        return Evidence(Verdict.UNKNOWN, line, tuple(rows), series=highest.values)
    used = 100 * latest / limit
    verdict = judged(used, FULL_PCT, 95)
    if verdict is Verdict.OK and 100 * top / limit >= FULL_PCT:
        verdict = Verdict.WARN
    estimated = " (an estimate)" if "estimate" in basis else ""
    line = f"{short(latest)} of {limit}{estimated} connections to {identifier} now, {used:.0f} %; peak {short(top)} in {window}."
    return Evidence(verdict, line, tuple(rows), series=highest.values, limit=float(limit))


@probe("rds.load")
async def load(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData` of the instance."""
    identifier = database_id(context, given)
    dimensions = {"DBInstanceIdentifier": identifier}
    wanted = ("CPUUtilization", "FreeableMemory", "FreeStorageSpace", "ReadLatency", "WriteLatency")
    names = [metric("AWS/RDS", name, "Average", dimensions) for name in wanted]
    read = await read_courses(context, names, given.minutes)
    return judge_load(identifier, dict(zip(wanted, read, strict=True)), given.minutes, context.now)


def judge_load(identifier: str, courses: dict[str, Series], minutes: int, now: datetime) -> Evidence:
    """Is it short of processor, memory, storage, or slow on its disk?"""
    cpu = current(courses["CPUUtilization"], now)
    memory = current(courses["FreeableMemory"], now)
    storage = next(iter(courses["FreeStorageSpace"].values[::-1]), None)
    read_s, write_s = current(courses["ReadLatency"], now), current(courses["WriteLatency"], now)
    top = peak(courses["CPUUtilization"])
    peaked = f"; peak {short(top)} % in {span(minutes * 60)}" if top is not None else ""
    parts = [
        ("CPU", None if cpu is None else f"{short(cpu)} %{peaked}", judged(cpu, 80, 95)),
        ("free memory", None if memory is None else size(memory), _low(memory, 2 * LOW_MEMORY, LOW_MEMORY)),
        (
            "free storage",
            None if storage is None else size(storage),
            _low(storage, 2 * LOW_STORAGE, LOW_STORAGE),
        ),
        ("read latency", None if read_s is None else f"{short(read_s * 1000)} ms", judged(read_s, 0.02, 0.1)),
        (
            "write latency",
            None if write_s is None else f"{short(write_s * 1000)} ms",
            judged(write_s, 0.02, 0.1),
        ),
    ]
    rows = tuple([Row(name, told or "no recent figures", verdict) for name, told, verdict in parts])
    known = [(name, told, verdict) for name, told, verdict in parts if told is not None]
    if cpu is None and not known:
        return Evidence(Verdict.UNKNOWN, f"CloudWatch has no recent figures of {identifier}.", rows)
    verdict = worst(verdict for _, _, verdict in known) if cpu is not None else worst(one[2] for one in parts)
    # What is wrong comes first: a narrow line has no room for the end.
    told = ", ".join(f"{name} {text}" for name, text, _ in sorted(known, key=lambda one: gravity(one[2])))
    missing = [name for name, text, _ in parts if text is None]
    note = f"; no figures of {listed(missing)}" if missing else ""
    course = courses["CPUUtilization"].values
    return Evidence(verdict, f"{identifier}: {told}{note}.", rows, series=course, limit=80.0)


def _low(value: float | None, warn: float, bad: float) -> Verdict:
    if value is None:
        return Verdict.UNKNOWN
    return Verdict.BAD if value < bad else Verdict.WARN if value < warn else Verdict.OK
