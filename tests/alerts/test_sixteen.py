"""Each of the sixteen kinds, by each finder that can find it, and all of them as one alert."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.alerts.boards import (
    BEATING,
    CLUSTER,
    DATABASE,
    NAT,
    ago,
    board,
    execution,
    firing,
    later,
    series,
    service,
)
from tests.alerts.shifts import Shift
from tradai_console.alerts.kinds import IDENTITY
from tradai_console.models import wanted
from tradai_console.models.alert import Alert
from tradai_console.models.database import DatabaseEvent
from tradai_console.models.nat import NatVerdict
from tradai_console.runbook.library import load_library
from tradai_console.runbook.matrix import MATRIX

EXECUTION = execution("retraining", "rt-1", "FAILED", 9, 3)

Finders = tuple[str, str, tuple[str, str] | None, dict[str, Any] | None]

KINDS: list[Finders] = [
    ("Service Unhealthy", "tradai-prod-backend-api-unhealthy", ("Service Unhealthy: backend-api", "2 checks failed"),
     {"services": [service("backend-api", 2, 1)]}),
    ("Lambda Errors", "tradai-prod-drift-monitor-errors", ("Lambda Errors", "tradai-drift-monitor-prod failed"),
     {"figures": [series(wanted.function_errors("tradai-drift-monitor-prod"), 3)]}),
    ("Model Drift Detected", "tradai-prod-drift-moderate", ("Model drift: GridStrategy", json.dumps(
        {"notification_type": "DRIFT_DETECTED", "severity": "moderate", "model_name": "GridStrategy", "overall_psi": 0.17})),
     {"trading": [replace(BEATING, psi=0.17)]}),
    ("Significant Drift", "tradai-prod-drift-significant", ("Model drift: GridStrategy", json.dumps(
        {"notification_type": "DRIFT_DETECTED", "severity": "significant", "model_name": "GridStrategy", "overall_psi": 0.4})),
     {"trading": [replace(BEATING, psi=0.4)]}),
    ("Stale Heartbeat", "tradai-prod-heartbeat-stale", ("Stale Heartbeat: GridStrategy", "no heartbeat for more than 2 minutes"),
     {"trading": [replace(BEATING, last_heartbeat=ago(minutes=8))]}),
    ("Position Stuck", "tradai-prod-position-stuck", ("Position stuck: GridStrategy", "BTC/USDT is open past exit"), None),
    ("NAT Instance Down", "tradai-prod-nat-unhealthy", ("NAT instance down", "i-0ab12cd34ef56ab78 failed its checks"),
     {"nat": [replace(NAT, verdict=NatVerdict.DOWN)]}),
    ("RDS Connectivity", "tradai-prod-rds-connectivity", ("RDS unreachable", "cannot connect to tradai-prod"),
     {"databases": [replace(DATABASE, status="failed")]}),
    ("Database Failover", "tradai-prod-rds-failover", ("RDS failover", "tradai-prod"),
     {"databases": [replace(DATABASE, events=(DatabaseEvent(ago(minutes=3), "Multi-AZ failover started"),))]}),
    ("Connection Pool Exhausted", "tradai-prod-rds-connections-high", ("MLflow", "FATAL: too many clients already"),
     {"figures": [series(wanted.database_connections("tradai-prod"), 79)]}),
    ("Credential Exposure", "tradai-prod-credential-exposure", ("Credential leak", "an exchange key was leaked"), None),
    ("Unauthorized Access", "tradai-prod-unauthorized-access", ("Unauthorized API calls", "from an unknown address"), None),
    ("High API Latency", "tradai-prod-api-latency-high", ("API latency", "p99 is above 2 s"), None),
    ("ECS Memory High", "tradai-prod-backend-api-memory-high", ("ECS service memory", "backend-api is above 80 %"),
     {"figures": [series(wanted.service_memory(CLUSTER, "tradai-backend-api-prod"), 91)]}),
    ("Lambda Timeouts", "tradai-prod-drift-monitor-timeout", ("Lambda", "drift-monitor: Task timed out after 60 s"),
     {"figures": [series(wanted.function_duration("tradai-drift-monitor-prod"), 59_500)]}),
    ("Workflow Stuck/Failed", "tradai-prod-retraining-workflow-failed", ("Retraining workflow failed", EXECUTION.arn),
     {"workflows": [EXECUTION]}),
]  # fmt: skip

EACH = [pytest.param(*row, id=row[0]) for row in KINDS]
RULES = {rule.name: rule for rule in load_library().alerts()}


def wrong(items: dict[str, Any], minutes: float) -> dict[str, Any]:
    """The same trouble, still measured then."""
    moved = [replace(one, times=(later(minutes=minutes),)) for one in items.get("figures", ())]
    return {**items, "figures": moved} if moved else items


def told(alerts: tuple[Alert, ...], kind: str) -> Alert:
    """The only alert there is, which leads where the matrix says."""
    (alert,) = alerts
    assert (alert.alert, alert.severity, alert.runbook) == (kind, RULES[kind].severity.value, MATRIX[kind])
    assert alert.section == RULES[kind].section
    assert alert.first_response
    assert alert.reason
    assert alert.since is not None
    return alert


def test_all_sixteen() -> None:
    """The table has every kind of the matrix, and identity is defined for each."""
    assert [row[0] for row in KINDS] == list(MATRIX)
    assert set(MATRIX) < set(IDENTITY)


@pytest.mark.parametrize(("kind", "alarm", "message", "items"), EACH)
def test_by_cloudwatch(kind: str, alarm: str, message: Any, items: Any) -> None:
    """Its alarm is in the list at the first reading."""
    assert told(Shift().look(board(alarms=[firing(alarm)])), kind).found_by == ("cloudwatch",)


@pytest.mark.parametrize(("kind", "alarm", "message", "items"), EACH)
def test_by_message(kind: str, alarm: str, message: tuple[str, str], items: Any) -> None:
    """Its message on the channel is in the list at once, whatever the board says so far."""
    assert told(Shift().look(board(), message), kind).found_by == ("sns",)


@pytest.mark.parametrize(("kind", "alarm", "message", "items"), [each for each in EACH if each.values[3]])
def test_by_the_console(kind: str, alarm: str, message: Any, items: dict[str, Any]) -> None:
    """Its condition alone is found within three readings."""
    shift = Shift()
    for minutes in (0.0, 0.5, 1.0):
        alerts = shift.look(board(later(minutes=minutes), **wrong(items, minutes)))
    assert told(alerts, kind).found_by == ("console",)


@pytest.mark.parametrize(("kind", "alarm", "message", "items"), [each for each in EACH if each.values[3]])
def test_all_finders_make_one_alert(
    kind: str, alarm: str, message: tuple[str, str], items: dict[str, Any]
) -> None:
    """However many say so, and however closely each can name the thing, it is one alert with all its witnesses."""
    shift = Shift()
    shift.look(board(), message)
    for minutes in (0.0, 0.5, 1.0):
        alerts = shift.look(board(later(minutes=minutes), alarms=[firing(alarm)], **wrong(items, minutes)))
        assert len([alert for alert in alerts if alert.open]) == 1, [alert.key for alert in alerts]
    found = told(tuple(alert for alert in alerts if alert.open), kind)
    assert found.found_by == ("cloudwatch", "sns", "console")
    assert found.alarms == (alarm,)
    assert found.reason != "Threshold Crossed"
