"""Where the shipped rules lead real names and messages, near misses included.

The names are what teams call such alarms; the messages are what the platform's functions may say.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.platform import load_platform
from tradai_console.runbook.library import load_library
from tradai_console.runbook.match import match_alarm, match_message, match_name

LIBRARY = load_library()
RULES = LIBRARY.alerts()
DOCUMENTS = LIBRARY.documents()
PLATFORM = load_platform("prod")

SERVICE, LAMBDA, DRIFT, GREAT = (
    "Service Unhealthy",
    "Lambda Errors",
    "Model Drift Detected",
    "Significant Drift",
)
BEAT, POSITION, NAT, RDS = "Stale Heartbeat", "Position Stuck", "NAT Instance Down", "RDS Connectivity"
FAILOVER, POOL, KEYS, ACCESS = (
    "Database Failover",
    "Connection Pool Exhausted",
    "Credential Exposure",
    "Unauthorized Access",
)
LATENCY, MEMORY, SLOW, FLOW = (
    "High API Latency",
    "ECS Memory High",
    "Lambda Timeouts",
    "Workflow Stuck/Failed",
)
NONE = "Unmatched alarm"


@pytest.mark.parametrize(
    ("name", "alert", "variables"),
    [
        ("tradai-prod-backend-api-unhealthy", SERVICE, {"SERVICE": "backend-api"}),
        ("tradai-prod-backend-unhealthy", SERVICE, {"SERVICE": "backend-api"}),
        ("tradai-prod-mlflow-unhealthy", SERVICE, {"SERVICE": "mlflow"}),
        ("tradai-prod-data-collection-unhealthy", SERVICE, {"SERVICE": "data-collection"}),
        ("tradai-prod-strategy-service-unhealthy", SERVICE, {"SERVICE": "strategy-service"}),
        ("tradai-prod-dry-run-trading-unhealthy", SERVICE, {"SERVICE": "dry-run-trading"}),
        ("tradai-prod-drift-monitor-errors", LAMBDA, {"FUNCTION": "drift-monitor"}),
        ("tradai-prod-health-check-errors", LAMBDA, {"FUNCTION": "health-check"}),
        ("tradai-prod-lambda-errors", LAMBDA, {}),
        ("tradai-prod-lambda-orphan-scanner-errors", LAMBDA, {"FUNCTION": "orphan-scanner"}),
        ("tradai-prod-drift-moderate", DRIFT, {}),
        ("tradai-prod-drift-significant", GREAT, {}),
        ("tradai-prod-heartbeat-stale", BEAT, {}),
        ("tradai-prod-PascalStrategy-heartbeat-stale", BEAT, {"STRATEGY_ID": "PascalStrategy"}),
        ("tradai-prod-position-stuck", POSITION, {}),
        ("tradai-prod-nat-unhealthy", NAT, {}),
        ("tradai-prod-nat-instance-down", NAT, {}),
        ("tradai-prod-rds-connectivity", RDS, {}),
        ("tradai-prod-rds-unhealthy", RDS, {}),
        ("tradai-prod-rds-failover", FAILOVER, {}),
        ("tradai-prod-rds-connections-high", POOL, {}),
        ("tradai-prod-connection-pool-exhausted", POOL, {}),
        ("tradai-prod-credential-exposure", KEYS, {}),
        ("tradai-prod-unauthorized-access", ACCESS, {}),
        ("tradai-prod-api-latency-high", LATENCY, {}),
        ("tradai-prod-ecs-memory-high", MEMORY, {}),
        ("tradai-prod-mlflow-memory-high", MEMORY, {"SERVICE": "mlflow"}),
        ("tradai-prod-drift-monitor-timeout", SLOW, {"FUNCTION": "drift-monitor"}),
        ("tradai-prod-lambda-timeouts", SLOW, {}),
        ("tradai-prod-backtest-workflow-failed", FLOW, {"MACHINE": "backtest"}),
        ("tradai-prod-retraining-workflow-failed", FLOW, {"MACHINE": "retraining"}),
        ("tradai-prod-workflow-failed", FLOW, {}),
        # near misses
        ("tradai-staging-mlflow-unhealthy", NONE, None),
        ("my-tradai-prod-mlflow-unhealthy", NONE, None),
        ("tradai-prod-mlflow-unhealthy-old", NONE, None),
        ("tradai-prod-unhealthy", NONE, None),
        ("tradai-prod-sqs-unhealthy", NONE, None),
        ("tradai-prod-backend-api-errors", NONE, None),
        ("tradai-prod-api-errors", NONE, None),
        ("tradai-prod-rds-memory-high", NONE, None),
        ("tradai-prod-lambda-memory-high", NONE, None),
        ("tradai-prod-rds-latency-high", NONE, None),
        ("tradai-prod-drift", NONE, None),
        ("tradai-prod-heartbeat-stale-recovered", NONE, None),
        ("tradai-prod-position-opened", NONE, None),
        ("tradai-prod-$(reboot)-unhealthy", NONE, None),
        ("high-drawdown-alarm", NONE, None),
        ("billing", NONE, None),
    ],
)
def test_alarm_names(name: str, alert: str, variables: dict[str, str] | None) -> None:
    """A name of the platform leads to its alert with its variables; a near miss leads nowhere wrong."""
    found = match_name(name, RULES, "prod", platform=PLATFORM, documents=DOCUMENTS)
    assert found.alert == alert
    if variables is None:
        assert (found.runbook, found.matched_by) == ("general-triage", None)
        return
    assert (dict(found.variables), found.matched_by) == (variables, "name")
    assert LIBRARY.section(found.runbook, found.section) is not None
    if not variables.get("STRATEGY_ID"):
        assert match_name(name, RULES).alert == alert  # without an environment too


ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"
STATES = "arn:aws:states:eu-central-1:123456789012:stateMachine:"


@pytest.mark.parametrize(
    ("namespace", "metric", "comparison", "dimensions", "alert", "variables"),
    [
        ("TradAI/Health", "ServiceHealthy", BELOW, {"Service": "backend"}, SERVICE, {"SERVICE": "backend-api"}),
        ("Any", "ConsecutiveFailures", ABOVE, {"service": "mlflow"}, SERVICE, {"SERVICE": "mlflow"}),
        ("AWS/Lambda", "Errors", ABOVE, {"FunctionName": "tradai-drift-monitor-prod"}, LAMBDA, {"FUNCTION": "drift-monitor"}),
        ("AWS/Lambda", "Duration", ABOVE, {"FunctionName": "tradai-health-check-prod"}, SLOW, {"FUNCTION": "health-check"}),
        ("AWS/RDS", "DatabaseConnections", ABOVE, {"DBInstanceIdentifier": "tradai-prod"}, POOL, {"DB_INSTANCE": "tradai-prod"}),
        ("AWS/RDS", "DatabaseConnections", BELOW, {"DBInstanceIdentifier": "tradai-prod"}, RDS, {"DB_INSTANCE": "tradai-prod"}),
        ("AWS/ECS", "MemoryUtilization", ABOVE, {"ClusterName": "tradai-prod", "ServiceName": "tradai-backend-prod"},
         MEMORY, {"SERVICE": "backend-api"}),
        ("AWS/ApplicationELB", "TargetResponseTime", ABOVE,
         {"LoadBalancer": "app/tradai-prod/0a", "TargetGroup": "targetgroup/tradai-backend-prod/0b"},
         LATENCY, {"SERVICE": "backend-api"}),
        ("AWS/States", "ExecutionsFailed", ABOVE, {"StateMachineArn": f"{STATES}tradai-backtest-workflow-prod"},
         FLOW, {"MACHINE": "backtest"}),
        ("AWS/States", "ExecutionsTimedOut", ABOVE, {"StateMachineArn": f"{STATES}tradai-retraining-workflow-prod"},
         FLOW, {"MACHINE": "retraining"}),
        ("AWS/AutoScaling", "GroupInServiceInstances", BELOW, {"AutoScalingGroupName": "tradai-nat-asg-prod"}, NAT, {}),
        # near misses
        ("AWS/RDS", "CPUUtilization", ABOVE, {"DBInstanceIdentifier": "tradai-prod"}, NONE, None),
        ("AWS/ECS", "CPUUtilization", ABOVE, {"ServiceName": "tradai-backend-prod"}, NONE, None),
        ("AWS/ECS", "MemoryUtilization", BELOW, {"ServiceName": "tradai-backend-prod"}, NONE, None),
        ("AWS/Lambda", "Invocations", BELOW, {"FunctionName": "tradai-drift-monitor-prod"}, NONE, None),
        ("AWS/EC2", "CPUUtilization", ABOVE, {"InstanceId": "i-0123456789abcdef0"}, NONE, None),
        ("AWS/Billing", "EstimatedCharges", ABOVE, {}, NONE, None),
    ],
)  # fmt: skip
def test_alarms_with_names_of_their_own(
    namespace: str,
    metric: str,
    comparison: str,
    dimensions: dict[str, str],
    alert: str,
    variables: dict[str, str] | None,
) -> None:
    """Names on a real account differ: what the alarm watches must carry the day."""
    alarm = Alarm(
        name="desk-7",
        arn="",
        type="metric",
        state=AlarmState.ALARM,
        since=None,
        reason="",
        namespace=namespace,
        metric=metric,
        comparison=comparison,
        dimensions=tuple(sorted(dimensions.items())),
        threshold=1.0,
    )
    found = match_alarm(alarm, RULES, "prod", platform=PLATFORM, documents=DOCUMENTS)
    assert found.alert == alert
    if variables is not None:
        assert (dict(found.variables), found.matched_by) == (variables, "metric")


def _payload(kind: str, severity: str = "WARNING", **fields: Any) -> str:
    return json.dumps(
        {"notification_type": kind, "title": "t", "message": "m", "severity": severity, **fields}
    )


@pytest.mark.parametrize(
    ("subject", "body", "alert"),
    [
        ("", _payload("DRIFT_DETECTED", details={"overall_psi": 0.15, "severity": "moderate"}), DRIFT),
        ("", _payload("DRIFT_DETECTED", details={"overall_psi": 0.31, "severity": "significant"}), GREAT),
        ("", _payload("RETRAINING_FAILED", "ERROR", model_name="RadStrategy"), FLOW),
        ("", _payload("GENERIC", "CRITICAL", message="Position stuck for PascalStrategy"), POSITION),
        ("Stale Heartbeat: PascalStrategy", "last heartbeat 312 s ago", BEAT),
        ("TradAI alert", "Strategy PascalStrategy: heartbeat is stale", BEAT),
        ("[CRITICAL] Position stuck", "long 0.4 BTC open 3 h past exit", POSITION),
        ("Service Unhealthy: mlflow", "2 consecutive failures", SERVICE),
        ("Health Check Alert", "strategy-service is unhealthy", SERVICE),
        ("NAT instance down", "i-0123456789abcdef0 failed its status checks", NAT),
        ("RDS Notification", json.dumps({"Event Message": "Multi-AZ instance failover started"}), FAILOVER),
        ("Significant drift", "PSI 0.32 for model PascalStrategy", GREAT),
        ("Drift alert", "moderate drift, PSI 0.14", DRIFT),
        ("Exchange key leaked", "found in a public repository", KEYS),
        ("Unauthorized access", "calls from an unknown address", ACCESS),
        ("Task timed out", "lambda drift-monitor timed out after 60 s", SLOW),
        ("Backtest failed", "job bt-1", FLOW),
        ("Connection pool exhausted", "mlflow", POOL),
        # near misses
        ("", _payload("RETRAINING_SUCCESS", "INFO", message="nothing failed"), NONE),
        ("", _payload("MODEL_PROMOTED", "INFO", message="heartbeat stale, position stuck"), NONE),
        ("", _payload("BACKTEST_COMPLETE", "INFO"), NONE),
        ("", _payload("DATA_COLLECTION", "INFO"), NONE),
        ("Orphaned ECS Tasks Found", "3 tasks in cluster tradai-prod", NONE),
        ("No stale heartbeats", "4 sessions are fine", NONE),
        ("Drift report", "no significant drift", NONE),
        ("Backtest report", "0 failed", NONE),
        ("Key rotation", "keys rotated, none exposed", NONE),
        ("Position closed", "the position is not stuck any more", NONE),
        ("Health Check", "all services healthy", NONE),
        ("Strategy registered", "PascalStrategy v3", NONE),
        ("hello", "world", NONE),
    ],
)
def test_messages(subject: str, body: str, alert: str) -> None:
    """What the channel brings leads to its alert; reports, good news and foreign words lead to none."""
    found = match_message(subject, body, None, RULES, "prod", platform=PLATFORM, documents=DOCUMENTS)
    assert found.alert == alert
    if alert == NONE:
        assert (found.runbook, found.section) == ("general-triage", "first-ten-minutes")
