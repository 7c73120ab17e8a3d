"""The alarms: every kind of the response matrix that a metric can find, named as the platform names them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tradai_console.demo.cast import CHECKED, FUNCTIONS, SERVICES, Cast
from tradai_console.demo.clients import Clients
from tradai_console.demo.world.compute import Balancer

_COMPARISONS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}


@dataclass(frozen=True)
class AlarmSpec:
    """One metric alarm."""

    thing: str
    """What stands after `tradai-{env}-`; a full name if it begins with `=`."""
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    rule: str
    """`Statistic comparison threshold`, such as `Maximum > 80`."""
    description: str
    period_s: int = 60
    periods: int = 1
    missing: str = "notBreaching"
    unit: str | None = None
    actions_enabled: bool = True

    def name(self, env: str) -> str:
        """The alarm's full name."""
        return self.thing[1:] if self.thing.startswith("=") else f"tradai-{env}-{self.thing}"

    def request(self, cast: Cast) -> dict[str, Any]:
        """The arguments of `cloudwatch:PutMetricAlarm`."""
        statistic, comparison, threshold = self.rule.split()
        request: dict[str, Any] = {
            "AlarmName": self.name(cast.env),
            "AlarmDescription": self.description,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
            "ExtendedStatistic" if statistic.startswith("p") else "Statistic": statistic,
            "Period": self.period_s,
            "EvaluationPeriods": self.periods,
            "DatapointsToAlarm": self.periods,
            "Threshold": float(threshold),
            "ComparisonOperator": _COMPARISONS[comparison],
            "TreatMissingData": self.missing,
            "ActionsEnabled": self.actions_enabled,
            "AlarmActions": [cast.alerts_arn],
            "OKActions": [cast.alerts_arn],
        }
        return request | ({"Unit": self.unit} if self.unit else {})


ERROR_ALARMS = (
    "health-check",
    "trading-heartbeat-check",
    "drift-monitor",
    "backtest-consumer",
    "update-status",
    "update-nat-routes",
)
"""Functions whose errors raise an alarm."""

DURATION_ALARMS = ("health-check", "drift-monitor", "data-collection-proxy")
"""Functions whose duration near the time limit raises one."""


def catalogue(cast: Cast, balancer: Balancer) -> tuple[AlarmSpec, ...]:
    """Every metric alarm of the environment."""
    return (
        *_services(cast),
        *_functions(cast),
        *_models(cast),
        *_network(cast),
        *_database(cast),
        *_edge(balancer),
        *_workflows(cast),
        *_odd(cast.env),
    )


def _services(cast: Cast) -> Iterator[AlarmSpec]:
    for service in CHECKED:
        yield AlarmSpec(
            f"{service}-unhealthy", cast.namespace, "ServiceHealthy", (("service", service),), "Minimum < 1",
            f"health-check found {service} unhealthy",
        )  # fmt: skip
    if not cast.fargate:
        yield AlarmSpec(
            "host-memory-high", "CWAgent", "mem_used_percent", (("host", cast.platform.host.tag_name),),
            "Average > 80", "memory of the consolidated host", periods=2,
        )  # fmt: skip
        return
    for spec in SERVICES:
        yield AlarmSpec(
            f"{spec.name}-memory-high", "AWS/ECS", "MemoryUtilization",
            (("ClusterName", cast.platform.cluster), ("ServiceName", cast.service_name(spec.name))),
            "Maximum > 80", f"memory of {spec.name} above 80 % of its limit",
            actions_enabled=spec.name != "mlflow",
        )  # fmt: skip


def _functions(cast: Cast) -> Iterator[AlarmSpec]:
    limits = {spec.name: spec.timeout_s for spec in FUNCTIONS}
    for name in ERROR_ALARMS:
        yield AlarmSpec(
            f"lambda-{name}-errors", "AWS/Lambda", "Errors", (("FunctionName", cast.platform.function(name)),),
            "Sum > 0", f"{name} ended in an error",
        )  # fmt: skip
    for name in DURATION_ALARMS:
        yield AlarmSpec(
            f"lambda-{name}-duration-high", "AWS/Lambda", "Duration", (("FunctionName", cast.platform.function(name)),),
            f"Maximum >= {limits[name] * 900}", f"{name} came close to its time limit of {limits[name]} s",
            unit="Milliseconds",
        )  # fmt: skip


def _models(cast: Cast) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "drift-moderate", cast.namespace, "MaxPSI", (), "Maximum >= 0.1",
        "a model's population stability index is 0.10 or more", missing="ignore",
    )  # fmt: skip
    yield AlarmSpec(
        "drift-significant", cast.namespace, "MaxPSI", (), "Maximum > 0.25",
        "a model's population stability index is above 0.25", missing="ignore",
    )  # fmt: skip
    yield AlarmSpec(
        "heartbeat-stale", cast.namespace, "StaleHeartbeats", (), "Maximum >= 1",
        "a trading session has not written its heartbeat for two checks", periods=2,
    )  # fmt: skip
    yield AlarmSpec(
        "=high-drawdown-alarm", cast.namespace, "Drawdown", (), "Maximum > 0.18",
        "drawdown of a live model above 18 %; also invokes model-rollback",
    )  # fmt: skip


def _network(cast: Cast) -> Iterator[AlarmSpec]:
    group = (("AutoScalingGroupName", cast.nat_group),)
    yield AlarmSpec(
        "nat-unhealthy", "AWS/EC2", "StatusCheckFailed", group, "Maximum > 0",
        "the NAT instance fails its status checks, or reports nothing", missing="breaching",
    )  # fmt: skip
    yield AlarmSpec(
        "nat-traffic-low", "AWS/EC2", "NetworkOut", group, "Sum < 50000",
        "hardly anything leaves through the NAT instance", periods=3, missing="breaching",
    )  # fmt: skip


def _database(cast: Cast) -> Iterator[AlarmSpec]:
    instance = (("DBInstanceIdentifier", cast.platform.database),)
    yield AlarmSpec(
        "rds-connectivity", "AWS/RDS", "DatabaseConnections", instance, "Maximum < 1",
        "nobody is connected to the database", periods=2, missing="breaching",
    )  # fmt: skip
    yield AlarmSpec(
        "rds-connections-high", "AWS/RDS", "DatabaseConnections", instance, "Maximum > 65",
        "connections above 80 % of max_connections",
    )  # fmt: skip
    yield AlarmSpec(
        "rds-failover", "AWS/Events", "MatchedEvents", (("RuleName", cast.failover_rule),), "Sum > 0",
        "the database failed over to its other zone",
    )  # fmt: skip
    yield AlarmSpec(
        "rds-free-storage-low", "AWS/RDS", "FreeStorageSpace", instance, "Minimum < 2147483648",
        "less than 2 GiB left", period_s=300, missing="missing",
    )  # fmt: skip


def _edge(balancer: Balancer) -> Iterator[AlarmSpec]:
    backend = (("LoadBalancer", balancer.name), ("TargetGroup", balancer.target_groups["backend-api"]))
    yield AlarmSpec(
        "api-latency-high", "AWS/ApplicationELB", "TargetResponseTime", backend, "p90 > 2",
        "the backend answers in more than 2 s",
    )  # fmt: skip
    yield AlarmSpec(
        "api-5xx-high", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", backend, "Sum > 25",
        "many requests to the backend fail",
    )  # fmt: skip


def _workflows(cast: Cast) -> Iterator[AlarmSpec]:
    for machine in ("backtest", "retraining"):
        arn = (("StateMachineArn", cast.machine_arn(machine)),)
        yield AlarmSpec(
            f"{machine}-workflow-failed", "AWS/States", "ExecutionsFailed", arn, "Sum > 0",
            f"an execution of the {machine} workflow failed",
        )  # fmt: skip
        yield AlarmSpec(
            f"{machine}-workflow-timed-out", "AWS/States", "ExecutionsTimedOut", arn, "Sum > 0",
            f"an execution of the {machine} workflow ran past its time limit",
        )  # fmt: skip
    yield AlarmSpec(
        "backtest-dlq-not-empty", "AWS/SQS", "ApproximateNumberOfMessagesVisible", (("QueueName", cast.backtest_dlq),),
        "Maximum > 0", "a backtest request could not be delivered three times",
    )  # fmt: skip


def _odd(env: str) -> Iterator[AlarmSpec]:
    yield AlarmSpec(
        "unauthorized-api-calls", "TradAI/Security", "UnauthorizedApiCalls", (), "Sum > 5",
        "CloudTrail shows refused API calls",
    )  # fmt: skip
    # WAF was never associated, so this one has no data: INSUFFICIENT_DATA for as long as anyone remembers.
    yield AlarmSpec(
        "waf-blocked-requests", "AWS/WAFV2", "BlockedRequests", (("WebACL", f"tradai-waf-{env}"),), "Sum > 500",
        "the web application firewall blocks many requests", period_s=300, missing="missing",
    )  # fmt: skip


def build_alarms(aws: Clients, cast: Cast, balancer: Balancer) -> tuple[str, ...]:
    """`cloudwatch:PutMetricAlarm` for each, `PutCompositeAlarm` for the one above them; their names."""
    cloudwatch = aws("cloudwatch")
    specs = catalogue(cast, balancer)
    for spec in specs:
        cloudwatch.put_metric_alarm(**spec.request(cast))
    names = [spec.name(cast.env) for spec in specs]
    return (*names, *_composite(cloudwatch, cast))


COMPOSITE = "platform-degraded"


def _composite(cloudwatch: Any, cast: Cast) -> tuple[str, ...]:
    name = f"tradai-{cast.env}-{COMPOSITE}"
    below = ("nat-unhealthy", "rds-connectivity", "backend-api-unhealthy", "heartbeat-stale")
    rule = " OR ".join(f'ALARM("tradai-{cast.env}-{thing}")' for thing in below)
    try:
        cloudwatch.put_composite_alarm(
            AlarmName=name,
            AlarmRule=rule,
            AlarmDescription="something that stops trading is broken",
            ActionsEnabled=True,
            AlarmActions=[cast.alerts_arn],
            OKActions=[cast.alerts_arn],
        )
    except cloudwatch.exceptions.ClientError:
        return ()  # a bare moto has no composite alarms; the demo's own server has
    return (name,)
