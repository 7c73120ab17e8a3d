"""The metrics of all panes, in as few calls as possible (`cloudwatch:GetMetricData`, 500 metrics a call).

GetMetricData is billed by the metric asked for, so what nobody shows is not asked for, and never more than
500.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tradai_console.clock import Clock, SystemClock
from tradai_console.models import wanted as ask
from tradai_console.models.board import Board
from tradai_console.models.figure import Metric, Series
from tradai_console.platform import Platform
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, in_lots, listed, pages
from tradai_console.sources.reading import Clients, Reading, together

MOST = 500
"""Metrics asked for in one reading, and the most that one call takes."""
WINDOW = timedelta(minutes=60)
POINTS = 1_000
"""About how many points a drawn window may have."""

_PERIODS_S = (60, 300, 900, 3_600, 21_600, 86_400)


def queries(board: Board, platform: Platform, machine_arns: Iterable[str] = ()) -> tuple[Metric, ...]:
    """Every metric that the panes and rules want for what is on the board; `machine_arns` adds machines
    without executions.

    At most 500. In an account with more, the order below decides who goes without:
    1. the databases' connections, 2. the NAT instance, 3. the state machines, 4. the services' memory,
    5. the databases' processor and storage, 6. the services' processor, 7. the platform's functions.
    """
    databases = [one.id for one in board.databases.items]
    nats = [one.instance_id for one in board.nat.items if one.instance_id]
    machines = [*machine_arns, *[one.machine_arn for one in board.workflows.items]]
    services = [(one.cluster, one.name) for one in board.services.items if one.cluster]
    functions = [platform.function(short) for short in platform.functions.all]
    both = ("Average", "Maximum")
    wanted: list[Metric] = [ask.database_connections(one) for one in databases]
    for one in nats:
        wanted += [ask.nat_bytes_out(one), ask.nat_bytes_in(one), ask.instance_check_failed(one)]
    for one in dict.fromkeys(machines):
        wanted += [ask.executions_failed(one), ask.executions_timed_out(one), ask.executions_started(one)]
    wanted += [
        ask.service_memory(cluster, name, statistic) for cluster, name in services for statistic in both
    ]
    wanted += [ask.database_cpu(one) for one in databases] + [
        ask.database_free_storage(one) for one in databases
    ]
    wanted += [ask.service_cpu(cluster, name, statistic) for cluster, name in services for statistic in both]
    wanted += [ask.function_errors(one) for one in functions] + [
        ask.function_duration(one) for one in functions
    ]
    return tuple(dict.fromkeys(wanted))[:MOST]


class FigureSource:
    """Reads the last hour of every metric that is wanted at that moment."""

    def __init__(self, door: Clients, clock: Clock, wanted: Callable[[], tuple[Metric, ...]]) -> None:
        self._door = door
        self._clock = clock
        self._wanted = wanted

    async def read(self) -> Reading[Series]:
        """A series for each metric, in the order of asking. Raises AwsError if CloudWatch gave no good
        answer."""
        metrics = list(dict.fromkeys(self._wanted()))
        if not metrics:
            return Reading(())
        cloudwatch = await self._door.client("cloudwatch")
        notes: list[str] = []
        end = whole_minute(self._clock.now()) + timedelta(minutes=1)
        answers = await together(
            _read(cloudwatch, lot, end - WINDOW, end, notes) for lot in in_lots(metrics, MOST)
        )
        return Reading(tuple([series for some in answers for series in some]), tuple(notes))


async def read_window(door: Clients, metric: Metric, hours: float, clock: Clock | None = None) -> Series:
    """One metric over the last `hours`, in at most about a thousand points.

    The answer's `metric` carries the period that was used. Raises AwsError.
    """
    cloudwatch = await door.client("cloudwatch")
    period = window_period_s(hours, metric.period_s)
    end = whole_minute((clock or SystemClock()).now()) + timedelta(minutes=1)
    start = end - timedelta(seconds=math.ceil(hours * 3600 / period) * period)
    (series,) = await _read(cloudwatch, [replace(metric, period_s=period)], start, end, [])
    return series


def window_period_s(hours: float, at_least_s: int = 60) -> int:
    """The shortest period, seconds, that keeps a window under a thousand points and that CloudWatch still
    has.

    CloudWatch forgets minutes after 15 days and five-minute points after 63.
    """
    kept = 3_600 if hours > 63 * 24 else 300 if hours > 15 * 24 else 60
    least = max(at_least_s, kept)
    fitting = [period for period in _PERIODS_S if period >= least and hours * 3600 / period <= POINTS]
    return fitting[0] if fitting else max(_PERIODS_S[-1], least)


def whole_minute(moment: datetime) -> datetime:
    """The minute it is: CloudWatch answers faster for, and lines points up with, whole minutes."""
    return moment.replace(second=0, microsecond=0)


async def _read(
    cloudwatch: Any, metrics: Sequence[Metric], start: datetime, end: datetime, notes: list[str]
) -> list[Series]:
    found: dict[str, list[tuple[datetime, float]]] = {}
    request: dict[str, Any] = {
        "MetricDataQueries": [_query(index, metric) for index, metric in enumerate(metrics)],
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampAscending",
    }
    async for answer in pages(cloudwatch.get_metric_data, **request):
        parse_figures(answer, metrics, found, notes)
    return [_series(metric, found.get(f"m{index}", [])) for index, metric in enumerate(metrics)]


def _query(index: int, metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {
        "Id": f"m{index}",
        "MetricStat": {"Metric": named, "Period": metric.period_s, "Stat": metric.statistic},
        "ReturnData": True,
    }


def parse_figures(
    answer: Raw, metrics: Sequence[Metric], found: dict[str, list[tuple[datetime, float]]], notes: list[str]
) -> None:
    """Add one page of GetMetricData to what was found, points by the id of their query; note what
    CloudWatch refused."""
    for result in listed(answer, "MetricDataResults"):
        key = str(result.get("Id"))
        times, values = result.get("Timestamps"), result.get("Values")
        pairs = (
            zip(times, values, strict=False) if isinstance(times, list) and isinstance(values, list) else ()
        )
        points = [(fields.moment(at), fields.number(value)) for at, value in pairs]
        found.setdefault(key, []).extend(
            [(at, value) for at, value in points if at is not None and value is not None]
        )
        if result.get("StatusCode") in ("InternalError", "Forbidden"):
            index = fields.whole(key.removeprefix("m"))
            name = metrics[index].name if index is not None and 0 <= index < len(metrics) else key
            notes.append(f"metric {name}: CloudWatch answered {fields.text(result, 'StatusCode', 40)}")


def _series(metric: Metric, points: Iterable[tuple[datetime, float]]) -> Series:
    """Oldest first, each moment once: a page after a partial one may repeat points."""
    ordered = sorted(dict(points).items())
    return Series(metric, tuple([at for at, _ in ordered]), tuple([value for _, value in ordered]))
