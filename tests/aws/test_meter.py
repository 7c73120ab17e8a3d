"""What the header shows: calls, dollars, and the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.aws.test_budget import HandClock
from tradai_console.aws.costs import metrics_asked
from tradai_console.aws.meter import Usage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def query(metric: str, stat: str) -> dict[str, Any]:
    return {
        "Id": "x",
        "MetricStat": {"Metric": {"Namespace": "N", "MetricName": metric}, "Stat": stat, "Period": 60},
    }


@pytest.mark.parametrize(
    ("queries", "billed"),
    [
        ([], 0),
        ([query("a", "Average")], 1),
        ([query("a", stat) for stat in ("Average", "Maximum", "Minimum", "Sum", "p99")], 1),
        ([query("a", stat) for stat in ("Average", "Maximum", "Minimum", "Sum", "p99", "p90")], 2),
        ([query("a", "Sum"), query("b", "Sum"), {"Id": "e", "Expression": "a/b"}], 2),
    ],
)
def test_metrics_are_billed_as_aws_bills_them(queries: list[dict[str, Any]], billed: int) -> None:
    """Five statistics of one metric are one; expressions are free."""
    assert metrics_asked({"MetricDataQueries": queries}) == billed


def test_a_shift_of_metrics_costs_what_the_model_says() -> None:
    """77 metrics a minute for twelve hours are 55 cents."""
    usage = Usage(HandClock())
    params = {"MetricDataQueries": [query(str(number), "Sum") for number in range(77)]}
    for _ in range(720):
        usage.sent("cloudwatch", "GetMetricData", params)
    assert usage.reading().spent_usd == pytest.approx(0.5544, abs=0.001)


def test_reading_logs_and_tasks_is_free_alarms_are_not() -> None:
    """The table's prices, by the call."""
    usage = Usage(HandClock())
    for service, operation in [("logs", "FilterLogEvents"), ("ecs", "ListTasks"), ("rds", "DescribeEvents")]:
        usage.sent(service, operation, {})
    assert usage.reading().spent_usd == 0
    usage.sent("cloudwatch", "DescribeAlarms", {})
    assert usage.reading().spent_usd == pytest.approx(0.00001)


def test_a_query_is_paid_once_however_often_it_is_asked_for() -> None:
    """Logs Insights costs by the bytes it has read, not by the answers."""
    usage = Usage(HandClock())
    for scanned in (1e9, 3e9, 5e9, 5e9):
        usage.scanned("q", {"statistics": {"bytesScanned": scanned}})
    usage.scanned("other", {"statistics": {"bytesScanned": 1e9}})
    assert usage.reading().spent_usd == pytest.approx(0.03)


def test_calls_of_the_last_minute() -> None:
    """The rate forgets after sixty seconds; the total does not."""
    clock = HandClock()
    usage = Usage(clock)
    for _ in range(5):
        usage.sent("ecs", "ListTasks", {})
        clock.at += 10
    assert (usage.reading().calls_per_minute, usage.reading().calls) == (5, 5)
    clock.at += 25
    assert (usage.reading().calls_per_minute, usage.reading().calls) == (3, 5)


@pytest.mark.parametrize("minutes", range(-10, 11))
def test_the_skew_is_right_within_two_seconds(minutes: int) -> None:
    """From ten minutes slow to ten minutes fast, with an answer that took a second."""
    usage = Usage(HandClock())
    theirs = NOON + timedelta(minutes=minutes)
    usage.dated(format_datetime(theirs, usegmt=True), NOON, NOON + timedelta(seconds=1))
    assert usage.reading().clock_skew_s == pytest.approx(minutes * 60, abs=2)


@pytest.mark.parametrize("header", [None, "", "yesterday", "Thu, 99 Foo 2026 99:99:99 GMT"])
def test_a_date_that_is_none_says_nothing(header: str | None) -> None:
    """An unreadable Date is no skew and no crash."""
    usage = Usage(HandClock())
    usage.dated(header, NOON, NOON)
    assert usage.reading().clock_skew_s is None
