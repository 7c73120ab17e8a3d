"""What is true in each drill of the sixteen: what its probes must say, and nothing else may be called wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tradai_console.models.evidence import Verdict

TROUBLE: Final = frozenset({Verdict.WARN, Verdict.BAD})


@dataclass(frozen=True)
class Truth:
    """One alert as a drill raises it."""

    kind: str
    severity: str
    drill: str
    wrong: Mapping[str, str]
    """Probes that must see trouble, each with words of it. They may name what the seed has drawn: `{service}`."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Probes that cannot know, each with words of why."""
    either: frozenset[str] = frozenset()
    """Probes whose answer turns with the seconds, or tells of what was there before."""
    after_s: float = 60.0
    """When the engineer looks: so long after the alarm."""


def truth(kind: str, severity: str, drill: str, after_s: float = 60.0, either: str = "", unknown: Mapping[str, str] = {},
          **wrong: str) -> Truth:  # fmt: skip
    """`ecs_stops="killed"` stands for `ecs.stops`: the first underscore is the dot."""
    named = {name.replace("_", ".", 1): words for name, words in wrong.items()}
    return Truth(kind, severity, drill, named, unknown, frozenset(either.split()), after_s)


NO_KEY: Final = {"ecs.task": "needs TASK: press v and type TASK="}
LONG: Final = (
    "retraining.runs changes.recent iam.changes cloudtrail.events workflow.executions workflow.failed_jobs"
)
"""They look back over hours in which other drills were played."""

TRUTHS: Final = (
    truth("Service Unhealthy", "high", "service-oom", 150, either="ecs.service",
          ecs_stops="out of memory", logs_errors="MemoryError", ecs_memory="alarm at 80 %", health_check="{service} failed"),
    truth("Lambda Errors", "medium", "lambda-out-of-memory",
          lambda_errors="runs of {function} failed", lambda_configuration="128 MB", logs_errors="{function}",
          changes_recent="configuration changed"),
    truth("Model Drift Detected", "medium", "drift-moderate", either=LONG,
          drift_state="PSI of {model}", drift_models="{model}", retraining_state="cooldown holds"),
    truth("Significant Drift", "high", "drift-significant", either="retraining.runs",
          drift_state="drift significant", retraining_state="cooldown holds"),
    truth("Stale Heartbeat", "high", "heartbeat-deadlock", either="trading.tasks logs.search",
          trading_heartbeat="{strategy} is running; its heartbeat is", trading_sessions="{strategy} (its heartbeat",
          logs_silence='"{strategy}" in /ecs/tradai/prod'),
    truth("Position Stuck", "critical", "position-stuck",
          logs_errors="Could not exit {pair}", logs_search="Could not exit {pair}",
          trading_state="long {size} {pair} is open, its exit was due {hours} h"),
    truth("NAT Instance Down", "high", "nat-down", either="nat.traffic trading.sessions",
          unknown={"lambda.errors": "was not invoked"},
          nat_instance="status checks impaired", logs_errors="no route or no way out"),
    truth("RDS Connectivity", "high", "rds-security-group", either=LONG,
          rds_connections="Nobody is connected", logs_errors="Connection timed out",
          rds_security_groups="cannot reach port 5432", vpc_rejects="5432", health_check="mlflow failed"),
    truth("Database Failover", "high", "rds-failover", either=LONG,
          rds_events="failed over", rds_connections="Nobody is connected", health_check="mlflow failed",
          logs_errors="server closed the connection"),
    truth("Connection Pool Exhausted", "high", "pool-leak", either=f"{LONG} rds.load",
          rds_connections="of 81", logs_errors="QueuePool"),
    truth("Credential Exposure", "critical", "credential-leak-aws", either=f"{LONG} cloudtrail.denied",
          iam_last_use="of {owner} is Active", iam_key="of {owner} is Active: it still opens"),
    truth("Unauthorized Access", "critical", "unauthorized-user", either=LONG, unknown=NO_KEY,
          cloudtrail_denied="of them {owner}'s from {address}"),
    truth("High API Latency", "medium", "latency-load", either="alb.requests",
          alb_latency="the limit is 2 s", ecs_cpu="CPU of backend-api"),
    truth("ECS Memory High", "medium", "memory-undersized",
          ecs_memory="Memory of {service}"),
    truth("Lambda Timeouts", "medium", "lambda-slow-memory", either="changes.recent lambda.configuration",
          lambda_durations="of its timeout"),
    truth("Workflow Stuck/Failed", "high", "workflow-memory", either=f"{LONG} workflow.job",
          unknown={"workflow.job": "needs JOB_ID"},  # until the failure's probe has found it
          workflow_failure="RunBacktest failed", workflow_path="RunBacktest failed", logs_errors="MemoryError"),
)  # fmt: skip
