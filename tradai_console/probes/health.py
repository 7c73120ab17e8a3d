"""What the platform's own health check says of a service: `health.check`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.figure import Metric, Series
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.courses import discover, gone, read_courses
from tradai_console.probes.registry import probe
from tradai_console.probes.rows import scan_rows, shown_rows
from tradai_console.probes.wording import ago, counted
from tradai_console.sources import fields
from tradai_console.sources.reading import secondary
from tradai_console.sources.trading import parse_moment

ALLOWED_FAILURES = 2
"""So many in a row and the function itself raises the alarm."""
CHECK_LATE_S = 660.0
"""The check runs every two minutes, every five by its older document: twice that is too long."""

_FAILURES = ("consecutive_failures", "failure_count", "failures", "consecutiveFailures")
_CHECKED = ("last_checked", "last_check", "checked_at", "updated_at", "timestamp")


@probe("health.check")
async def check(context: ProbeContext, given: Given) -> Evidence:
    """The row of the health table (`dynamodb:Scan`: its key is written nowhere), and the metric ServiceHealthy."""
    short = context.platform.service_of(given["service"])
    notes: list[str] = []
    found = await secondary(_metric(context, short), None, notes, "ServiceHealthy")
    rows = await scan_rows(context, context.platform.tables.health_state)
    return judge_health(short, row_about(rows, (short, given["service"])), found, context.now)


async def _metric(context: ProbeContext, service: str) -> Series | None:
    known: list[Metric] = [
        one for one in await discover(context, "ServiceHealthy") if service in dict(one.dimensions).values()
    ]
    if not known:
        return None
    wanted = Metric(known[0].namespace, known[0].name, known[0].dimensions, "Minimum")
    return (await read_courses(context, [wanted], 30))[0]


def row_about(rows: Iterable[Mapping[str, Any]], names: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The row that has one of these names as the whole of an attribute."""
    return next((row for row in rows if any(value in names for value in row.values())), None)


def judge_health(
    service: str, row: Mapping[str, Any] | None, measured: Series | None, now: datetime
) -> Evidence:
    """Did the last checks succeed, and is the check itself alive?"""
    healthy = None if measured is None or gone(measured, now) else measured.values[-1] >= 1
    word = {True: "1: healthy", False: "0: not healthy", None: "no recent figure"}[healthy]
    metric_verdict = {True: Verdict.OK, False: Verdict.BAD, None: Verdict.UNKNOWN}[healthy]
    rows: tuple[Row, ...] = (Row("ServiceHealthy", word, metric_verdict),)
    if row is None:
        line = f"The health table has no row of {service}; its metric says {word}."
        return Evidence(metric_verdict, line, rows)
    rows = (*rows, *shown_rows(row))
    failures = next((number for key in _FAILURES if (number := fields.whole(row.get(key))) is not None), None)
    checked = next((moment for key in _CHECKED if (moment := parse_moment(row.get(key))) is not None), None)
    when = f"checked {ago(checked, now)}"
    if checked is None or (now - checked).total_seconds() > CHECK_LATE_S:
        told = "has not been written lately" if checked else "holds no time of a check"
        late = f" ({ago(checked, now)})" if checked else ""
        line = f"The health row of {service} {told}{late}: the health-check function itself may be failing; metric {word}."
        return Evidence(Verdict.BAD if healthy is False else Verdict.UNKNOWN, line, rows)
    if failures is None:
        return Evidence(
            metric_verdict, f"{service} {when}; the row counts no failures, its metric says {word}.", rows
        )
    if failures >= ALLOWED_FAILURES:
        return Evidence(
            Verdict.BAD, f"{service} failed {counted(failures, 'health check')} in a row, {when}.", rows
        )
    if failures or healthy is False:
        return Evidence(
            Verdict.WARN, f"{service} failed its last health check, not the one before; {when}.", rows
        )
    return Evidence(Verdict.OK, f"{service} passed its last health check, {when}.", rows)
