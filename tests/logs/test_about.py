"""Whose log is wanted, and which groups and streams that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import sample
from tradai_console.logs.about import sources_about
from tradai_console.logs.source import TailSource
from tradai_console.models.alert import Alert
from tradai_console.models.log_feed import LogsAbout
from tradai_console.platform import load_platform
from tradai_console.runbook.library import load_library

PLATFORM = load_platform("prod")
RULES = load_library().alerts()
SERVICES, TASKS = "/ecs/tradai/prod/services", "/ecs/tradai/prod"
HEALTH = "/aws/lambda/tradai-health-check-prod"
COMPARE = "/aws/lambda/tradai-compare-models-prod"
ROUTES = "/aws/lambda/tradai-update-nat-routes-prod"
OLD = "/ecs/tradai-mlflow-prod"
HOST = "/ec2/tradai-consolidated-prod"
GROUPS = (SERVICES, TASKS, HEALTH, COMPARE, ROUTES, OLD, HOST)
BACKEND = sample.SERVICES[0].arn
SESSION = {(TASKS, ""), (SERVICES, "live-trading"), (SERVICES, "dry-run-trading")}


def found(kind: str, key: str = "") -> set[tuple[str, str]]:
    """Group and stream prefix of each source."""
    sources = sources_about(LogsAbout(kind, key), PLATFORM, sample.BOARD, RULES, GROUPS)
    assert len(sources) == len(set(sources))
    return {(one.group, one.stream_prefix) for one in sources}


@pytest.mark.parametrize(
    ("kind", "key", "expected"),
    [
        pytest.param("", "", {(group, "") for group in GROUPS}, id="everything"),
        pytest.param("group", "/any/other", {("/any/other", "")}, id="a group by its name, known or not"),
        pytest.param("services", BACKEND, {(SERVICES, "backend-api"), (SERVICES, "backend")}, id="a service by its ARN"),
        pytest.param("service", "mlflow", {(SERVICES, "mlflow"), (OLD, "")}, id="a service, and its own old group"),
        pytest.param("service", "host", {(HOST, ""), (SERVICES, "")}, id="the host that runs every service"),
        pytest.param("service", "health-check", {(HEALTH, "")}, id="a function"),
        pytest.param("service", "strategy-container", {(SERVICES, "strategy-container"), (TASKS, "")}, id="tasks"),
        pytest.param("trading", "PascalStrategy", SESSION, id="a session"),
        pytest.param("databases", "tradai-prod", {(SERVICES, "mlflow"), (OLD, "")}, id="a database: who uses it"),
        pytest.param("nat", "nat", {(ROUTES, ""), (SERVICES, "")}, id="the way out"),
        pytest.param("workflows", sample.EXECUTIONS[0].arn, {(TASKS, ""), (COMPARE, "")}, id="an execution: what is there"),
        pytest.param("alerts", "gone", set(), id="an alert that is not listed any more"),
    ],
)  # fmt: skip
def test_sources(kind: str, key: str, expected: set[tuple[str, str]]) -> None:
    """Each thing of the board leads to its own groups, those only that are there."""
    assert found(kind, key) == expected


def test_an_alert_leads_to_the_groups_of_its_rule() -> None:
    """Service Unhealthy of backend-api: its streams, and the function that found it."""
    wanted = found("alerts", sample.ALERTS[1].key)
    assert {(SERVICES, "backend-api"), (HEALTH, "")} <= wanted


@pytest.mark.parametrize("alert", sorted({rule.name for rule in RULES}))
def test_every_alert_of_the_matrix_has_a_log(alert: str) -> None:
    """Whatever fires, `l` shows something, once the alert's variables are known."""
    known = {
        "SERVICE": "backend-api",
        "FUNCTION": "health-check",
        "STRATEGY_ID": "X",
        "MACHINE": "retraining",
        "ENV": "prod",
    }
    raised = Alert(
        "k", alert, "high", sample.ALERTS[0].state, None, "", "general-triage", None, variables=known
    )
    board = replace(sample.BOARD, alerts=(raised,))
    functions = tuple(PLATFORM.lambda_group(name) for name in PLATFORM.functions.all)
    more = (PLATFORM.log_groups.flow, PLATFORM.log_groups.cloudtrail)
    assert sources_about(LogsAbout("alerts", "k"), PLATFORM, board, RULES, (*GROUPS, *functions, *more))


def test_an_alarm_leads_to_what_its_metric_is_about() -> None:
    """An alarm that no alert names is followed by its function or service, else everything is."""
    alarm = sample.alarm("strange", dimensions=(("FunctionName", "tradai-compare-models-prod"),))
    other = sample.alarm("stranger", dimensions=(("Queue", "x"),))
    board = sample.BOARD.having("alarms", sample.snapshot((alarm, other)))
    sources = sources_about(LogsAbout("alarms", "strange"), PLATFORM, board, RULES, GROUPS)
    assert sources == (TailSource(COMPARE),)
    assert len(sources_about(LogsAbout("alarms", "stranger"), PLATFORM, board, RULES, GROUPS)) == len(GROUPS)
