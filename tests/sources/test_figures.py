"""The figures: every metric of every pane, in one call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny
from tests.sources.conftest import HandClock
from tests.sources.spoilt import BAD, spoils
from tradai_console.aws.door import Door
from tradai_console.errors import Denied
from tradai_console.models import wanted
from tradai_console.models.board import Board
from tradai_console.models.database import Database
from tradai_console.models.figure import Metric
from tradai_console.models.nat import Nat, NatVerdict
from tradai_console.models.service import Service
from tradai_console.models.snapshot import Snapshot
from tradai_console.platform import Platform
from tradai_console.sources.figures import FigureSource, parse_figures, queries, read_window, window_period_s


def database(name: str) -> Database:
    return Database(name, "arn", "available", "postgres", "15", "db.t4g.micro", False, None)


def service(name: str, cluster: str | None = "tradai-prod") -> Service:
    return Service(name, f"tradai-{name}-prod", cluster, "arn", 1, 1, 0, None)


BOARD = Board(
    databases=Snapshot((database("tradai-prod"),)),
    services=Snapshot((service("backend-api"), service("host", None))),
    nat=Snapshot((Nat(NatVerdict.HEALTHY, "", instance_id="i-1"),)),
)


def put(boto: Any, metric: Metric, at: datetime, *values: float) -> None:
    data = [
        {
            "MetricName": metric.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            "Timestamp": at + timedelta(minutes=index),
            "Value": value,
        }
        for index, value in enumerate(values)
    ]
    boto("cloudwatch").put_metric_data(Namespace=metric.namespace, MetricData=data)


async def test_all_metrics_in_one_call(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """What the board shows is asked for at once; a metric without points is empty, not zero."""
    clock.at = datetime.now(UTC).replace(second=30, microsecond=0)
    put(boto, wanted.database_connections("tradai-prod"), clock.at - timedelta(minutes=10), 15, 16, 17)
    source = FigureSource(door, clock, lambda: queries(BOARD, platform, ["arn:m"]))
    reading = await source.read()
    assert line.count("cloudwatch", "GetMetricData") == 1
    found = Board(figures=Snapshot(reading.items)).series
    connections = found[wanted.database_connections("tradai-prod")]
    assert list(connections.values) == [15, 16, 17]
    assert connections.latest == 17
    assert connections.times == tuple(sorted(connections.times))
    assert found[wanted.service_memory("tradai-prod", "tradai-backend-api-prod")].latest is None
    with line.fault(deny(), "cloudwatch"), pytest.raises(Denied):
        await source.read()


async def test_nothing_wanted_costs_nothing(door: Door, clock: HandClock, line: FaultProxy) -> None:
    """Without metrics no call is made."""
    assert (await FigureSource(door, clock, lambda: ()).read()).items == ()
    assert line.count() == 0


async def test_a_window_for_drawing(door: Door, boto: Any, clock: HandClock) -> None:
    """The detail screen gets one metric over hours, with the period that was used."""
    clock.at = datetime.now(UTC).replace(second=30, microsecond=0)
    metric = wanted.nat_bytes_out("i-1")
    put(boto, metric, clock.at - timedelta(hours=2), 100, 200)
    series = await read_window(door, metric, 24, clock)
    assert series.metric == replace(metric, period_s=300)
    assert sum(series.values) == 300


@pytest.mark.parametrize(
    ("hours", "period"),
    [(1, 60), (16, 60), (17, 300), (24, 300), (24 * 7, 900), (24 * 14, 3600), (24 * 90, 21_600)],
)
def test_the_period_keeps_windows_small(hours: float, period: int) -> None:
    """At most about a thousand points, and no period that CloudWatch has forgotten."""
    assert window_period_s(hours) == period
    assert hours * 3600 / window_period_s(hours) <= 1_000


def test_what_is_asked_for_first(platform: Platform) -> None:
    """In a huge account the databases, the way out and the machines are served before processors and
    functions."""
    found = queries(BOARD, platform, ["arn:m"])
    assert len(found) == len(set(found))
    names = [metric.name for metric in found]
    assert names[:4] == ["DatabaseConnections", "NetworkOut", "NetworkIn", "StatusCheckFailed"]
    assert names[4:7] == ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsStarted"]
    assert all(value != "tradai-host-prod" for metric in found for _, value in metric.dimensions)
    huge = replace(BOARD, services=Snapshot(tuple(service(f"s{n}") for n in range(400))))
    assert len(queries(huge, platform)) == 500
    assert queries(Board(), platform)[0].namespace == "AWS/Lambda"


METRICS = [wanted.database_cpu("a"), wanted.database_cpu("b")]
AT = datetime(2026, 1, 1, 3, tzinfo=UTC)
ANSWER: dict[str, Any] = {
    "MetricDataResults": [{"Id": "m1", "Timestamps": [AT], "Values": [1.5], "StatusCode": "Complete"}]
}


def test_a_refused_metric_is_named() -> None:
    """CloudWatch may answer the call and still fail one metric."""
    notes: list[str] = []
    parse_figures({"MetricDataResults": [{"Id": "m1", "StatusCode": "InternalError"}]}, METRICS, {}, notes)
    assert notes == ["metric CPUUtilization: CloudWatch answered InternalError"]


@pytest.mark.parametrize("value", BAD)
def test_no_field_is_taken_for_granted(value: object) -> None:
    """Any field of a result may be absent or of another kind."""
    for spoilt, key in spoils(ANSWER, value):
        if key != "MetricDataResults":
            parse_figures(spoilt, METRICS, {}, [])
