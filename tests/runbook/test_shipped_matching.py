"""Where the shipped rules lead real names and messages, near misses included.

The names are what teams call such alarms; the messages are what the platform's functions may say.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tradai_console.demo.cast import CHECKED, SERVICES, draw_cast
from tradai_console.demo.world.alarms import DURATION_ALARMS, ERROR_ALARMS, AlarmSpec, catalogue
from tradai_console.demo.world.compute import Balancer
from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.platform import load_platform
from tradai_console.runbook.library import load_library
from tradai_console.runbook.match import match_alarm, match_message, match_name
from tradai_console.runbook.matrix import MATRIX

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
        ("tradai-prod-nat-status-check-failed", NAT, {}),
        ("tradai-prod-nat-traffic-low", NAT, {}),
        ("tradai-prod-nat-route-blackhole", NAT, {}),
        ("tradai-prod-stuck-position", POSITION, {}),
        ("tradai-prod-root-login", ACCESS, {}),
        ("tradai-prod-secret-exposure", KEYS, {}),
        ("tradai-prod-alb-latency-p99", LATENCY, {}),
        ("tradai-prod-backtest-dlq-not-empty", FLOW, {}),
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
        ("tradai-prod-nat-high-cpu", NONE, None),
        ("tradai-prod-nat-cpu-high", NONE, None),
        ("tradai-prod-nat-gateway-unhealthy", NONE, None),
        ("tradai-prod-nat-traffic-high", NONE, None),
        ("tradai-prod-host-memory-high", NONE, None),
        ("tradai-prod-rds-failover-test", NONE, None),
        ("tradai-prod-api-5xx-high", NONE, None),
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
        ("AWS/EC2", "StatusCheckFailed_System", ABOVE, {"InstanceId": "i-0123456789abcdef0"},
         NAT, {"NAT_INSTANCE_ID": "i-0123456789abcdef0"}),
        ("AWS/Events", "MatchedEvents", ABOVE, {"RuleName": "tradai-rds-failover-prod"}, FAILOVER, {}),
        ("TradAI/prod", "MaxPSI", ABOVE, {}, GREAT, {}),
        ("TradAI/Security", "UnauthorizedApiCalls", ABOVE, {}, ACCESS, {}),
        ("TradAI/prod", "StaleHeartbeats", ABOVE, {}, BEAT, {}),
        # near misses
        ("AWS/EC2", "NetworkOut", ABOVE, {"AutoScalingGroupName": "tradai-nat-asg-prod"}, NONE, None),
        ("AWS/Events", "MatchedEvents", ABOVE, {"RuleName": "tradai-nightly-prod"}, NONE, None),
        ("AWS/States", "ExecutionsSucceeded", BELOW, {}, NONE, None),
        ("TradAI/prod", "Drawdown", ABOVE, {}, NONE, None),
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


PARTS = [
    {"metric": "profit_total", "psi": 0.41, "severity": "significant"},
    {"metric": "win_rate", "psi": 0.02, "severity": "none"},
]
"""Single metrics, which say less than the overall figure."""


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
        ("", _payload("DRIFT_DETECTED", details={"psi": 0.31}), GREAT),
        ("", _payload("DRIFT_DETECTED", details={"overall_psi": 0.25}), DRIFT),
        ("", _payload("DRIFT_DETECTED", details={"overall_psi": 0.15, "severity": "moderate", "metric_drifts": PARTS}), DRIFT),
        ("", _payload("DRIFT_DETECTED", details={"overall_psi": 0.31, "severity": "significant", "metric_drifts": PARTS}), GREAT),
        ("", _payload("DRIFT_DETECTED", details={"metric_drifts": PARTS}), GREAT),
        ("Drift report", json.dumps({"results": [
            {"model_name": "A", "overall_psi": 0.05, "severity": "none", "metric_drifts": PARTS},
            {"model_name": "B", "overall_psi": 0.2, "severity": "moderate"}]}), DRIFT),
        ("Drift report", "profit_total PSI 0.4, overall_psi: 0.12", DRIFT),
        ("Drift report", "PSI .31 for RadStrategy", GREAT),
        ("Model Drift Detected", "PascalStrategy", DRIFT),
        ("Model drift alert", "RadStrategy, psi 0.31", GREAT),
        ("TradAI alert", "service mlflow is down", SERVICE),
        ("TradAI alert", "The service mlflow is not healthy", SERVICE),
        ("", json.dumps({"service": "mlflow", "status": "unhealthy"}), SERVICE),
        ("Service Recovered: mlflow", "answers again", SERVICE),
        ("Lambda drift-monitor failed", "KeyError", LAMBDA),
        ("Alert", "lambda update-status: 3 errors", LAMBDA),
        ("Lambda trading-heartbeat-check failed", "", LAMBDA),
        ("Lambda backtest-consumer failed", "", LAMBDA),
        ("Lambda errors", "timeouts: 0", LAMBDA),
        ("Lambda", "drift-monitor failed: task timed out after 60 s", SLOW),
        ("Unplanned failover", "tradai-prod", FAILOVER),
        ("RDS Notification", "A failover has completed", FAILOVER),
        ("RDS alert", "connectivity lost", RDS),
        ("Database unreachable", "mlflow cannot connect", RDS),
        ("MLflow", "FATAL: remaining connection slots are reserved", POOL),
        ("Exchange key exposure", "reported by the exchange", KEYS),
        ("Credential leak", "compromised", KEYS),
        ("Security", "unauthorized trading on the account", ACCESS),
        ("High latency", "p99 above 4 s", LATENCY),
        ("Memory high", "task of backend-api above 90 %", MEMORY),
        ("Retraining stuck", "RunRetraining for 3 h", FLOW),
        ("Position", "PascalStrategy: position not closing", POSITION),
        ("NAT down", "the instance was terminated", NAT),
        # near misses
        ("Model drift none, psi 0.02", "", NONE),
        ("Model drift: psi 0.02", "", NONE),
        ("No model drift detected", "", NONE),
        ("Infrastructure drift detected", "3 resources, PSI 1", NONE),
        ("TradAI", "service mlflow is not down", NONE),
        ("Deploy", "service mlflow scaled down to 1", NONE),
        ("Services down: 0", "", NONE),
        ("TradAI", "Service of the exchange is down", NONE),
        ("Lambda report", "0 errors", NONE),
        ("Lambda deployed", "no errors", NONE),
        ("Planned failover test", "", NONE),
        ("RDS failover drill", "done", NONE),
        ("NAT failover", "", NONE),
        ("Market exposure", "key levels", NONE),
        ("No key exposure found", "", NONE),
        ("Memory", "all tasks below 60 %", NONE),
        ("NAT instance", "replaced as planned, not down", NONE),
        ("Latency report", "all is fast", NONE),
        ("Workflow finished", "nothing failed", NONE),
        ("TradAI", "service mlflow isn't down", NONE),
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
)  # fmt: skip
def test_messages(subject: str, body: str, alert: str) -> None:
    """What the channel brings leads to its alert; reports, good news and foreign words lead to none."""
    found = match_message(subject, body, None, RULES, "prod", platform=PLATFORM, documents=DOCUMENTS)
    assert found.alert == alert
    if alert == NONE:
        assert (found.runbook, found.section) == ("general-triage", "first-ten-minutes")


_DEMO = {
    **{f"lambda-{name}-errors": LAMBDA for name in ERROR_ALARMS},
    **{f"lambda-{name}-duration-high": SLOW for name in DURATION_ALARMS},
    **{f"{name}-unhealthy": SERVICE for name in CHECKED},
    **{f"{spec.name}-memory-high": MEMORY for spec in SERVICES},
    **{f"{machine}-workflow-{end}": FLOW for machine in ("backtest", "retraining") for end in ("failed", "timed-out")},
    "backtest-dlq-not-empty": FLOW,
    "drift-moderate": DRIFT,
    "drift-significant": GREAT,
    "heartbeat-stale": BEAT,
    "nat-unhealthy": NAT,
    "nat-traffic-low": NAT,
    "rds-connectivity": RDS,
    "rds-connections-high": POOL,
    "rds-failover": FAILOVER,
    "api-latency-high": LATENCY,
    "unauthorized-api-calls": ACCESS,
    # explained by no alert of the matrix
    "host-memory-high": NONE,
    "=high-drawdown-alarm": NONE,
    "rds-free-storage-low": NONE,
    "api-5xx-high": NONE,
    "waf-blocked-requests": NONE,
}  # fmt: skip
"""Where each alarm of the simulated platform leads."""


def _demo_alarms() -> list[tuple[str, AlarmSpec]]:
    group = "targetgroup/tradai-backend-{}/0b"
    found = []
    for env in ("prod", "dev"):
        balancer = Balancer(f"app/tradai-{env}/0a", {"backend-api": group.format(env)}, {})
        found += [(env, spec) for spec in catalogue(draw_cast(env), balancer)]
    return found


@pytest.mark.parametrize(
    ("env", "spec"), [pytest.param(*one, id=one[1].name(one[0])) for one in _demo_alarms()]
)
def test_the_simulated_platforms_alarms(env: str, spec: AlarmSpec) -> None:
    """Each leads right by its name, and just so by its metric alone: a real account's names are others."""
    name, platform, wanted = spec.name(env), load_platform(env), _DEMO[spec.thing]
    request = spec.request(draw_cast(env))
    for words in (name, "desk-7"):
        body = json.dumps({"AlarmName": words, "NewStateValue": "ALARM", "Trigger": request})
        found = match_message("", body, None, RULES, env, platform=platform, documents=DOCUMENTS)
        assert (words, found.alert) == (words, wanted)
    subject = dict(spec.dimensions).get("FunctionName")
    if subject:
        function = spec.thing.removeprefix("lambda-").removesuffix("-errors").removesuffix("-duration-high")
        assert found.variables["FUNCTION"] == function


@pytest.mark.parametrize(
    ("env", "name", "description", "alert"),
    [
        ("prod", "desk-7", "", NAT),
        ("prod", "desk-7", "the consolidated host fails its checks", NONE),
        ("dev", "desk-7", "", NONE),
        ("staging", "desk-7", "the host is gone", NONE),
        ("dev", "desk-7", "status checks of the NAT", NAT),
        ("staging", "our-nat-check", "", NAT),
        ("staging", "our-nat-gateway-check", "", NONE),
    ],
)
def test_an_instance_that_fails_its_checks_is_not_always_the_way_out(
    env: str, name: str, description: str, alert: str
) -> None:
    """In dev and staging it may be the shared host: only an alarm that says NAT leads to the NAT's section."""
    alarm = Alarm(
        name=name,
        arn="",
        type="metric",
        state=AlarmState.ALARM,
        since=None,
        reason="",
        description=description,
        namespace="AWS/EC2",
        metric="StatusCheckFailed",
        comparison=ABOVE,
        dimensions=(("InstanceId", "i-0123456789abcdef0"),),
        threshold=0.0,
    )
    found = match_alarm(alarm, RULES, env, platform=load_platform(env), documents=DOCUMENTS)
    assert found.alert == alert


def test_good_news_is_recognised() -> None:
    """A recovered service leads to its alert as resolved, a failing one does not."""
    for subject, resolved in (("Service Recovered: mlflow", True), ("Service Unhealthy: mlflow", False)):
        found = match_message(subject, "", None, RULES, "prod", platform=PLATFORM, documents=DOCUMENTS)
        assert (found.alert, found.resolved, dict(found.variables)) == (
            SERVICE,
            resolved,
            {"SERVICE": "mlflow"},
        )


@pytest.mark.parametrize("alert", MATRIX)
def test_every_kind_is_tried_both_ways(alert: str) -> None:
    """Each of the sixteen has a message above that leads to it, and a name or a metric wherever it has such rules."""
    (messages,) = [mark.args[1] for mark in test_messages.pytestmark]  # type: ignore[attr-defined]
    (names,) = [mark.args[1] for mark in test_alarm_names.pytestmark]  # type: ignore[attr-defined]
    assert alert in {row[2] for row in messages}
    assert alert in {row[1] for row in names}
    assert len(messages) + len(names) >= 120
    assert sum(row[-1] == NONE for row in messages) >= 25
