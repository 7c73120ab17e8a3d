"""A board as a shift would see it, made of plain values: for screens that are tested without AWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tradai_console.models import wanted
from tradai_console.models.alarm import Alarm, AlarmChange, AlarmState
from tradai_console.models.alert import Acknowledgement, Alert, Lifecycle, Mute
from tradai_console.models.board import Board
from tradai_console.models.database import Database, DatabaseEvent
from tradai_console.models.execution import Execution
from tradai_console.models.figure import Metric, Series
from tradai_console.models.identity import Identity, Meter
from tradai_console.models.nat import Nat, NatVerdict
from tradai_console.models.service import Rollout, Service, ServiceEvent, Task
from tradai_console.models.snapshot import Snapshot, State
from tradai_console.models.trading import Session

NOW = datetime(2026, 1, 1, 3, 12, 7, tzinfo=UTC)
MONOTONIC = 1_000.0
CLUSTER = "tradai-prod"


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def snapshot(items: tuple[object, ...], age_s: float = 3.0, **more: object) -> Snapshot[object]:
    """A good reading of that age."""
    base: Snapshot[object] = Snapshot(
        items=items,
        taken_at=ago(seconds=age_s),
        taken_monotonic=MONOTONIC - age_s,
        state=State.LIVE,
        interval_s=30.0,
        took_s=0.2,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def alarm(name: str, state: AlarmState = AlarmState.OK, **more: object) -> Alarm:
    base = Alarm(
        name=name,
        arn=f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{name}",
        type="metric",
        state=state,
        since=ago(minutes=12),
        reason="Threshold Crossed: 2 datapoints were greater than or equal to the threshold (1.0).",
        actions=("arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod",),
        namespace="AWS/ECS",
        metric="MemoryUtilization",
        dimensions=(("ClusterName", CLUSTER), ("ServiceName", "tradai-backend-api-prod")),
        statistic="Average",
        period_s=60,
        threshold=80.0,
        comparison="GreaterThanThreshold",
        evaluation_periods=3,
        datapoints_to_alarm=3,
    )
    return replace(base, **more)  # type: ignore[arg-type]


ALARMS = (
    alarm(
        "tradai-prod-backend-api-unhealthy",
        AlarmState.ALARM,
        history=(AlarmChange(ago(minutes=12), "Alarm updated from OK to ALARM"),),
    ),
    alarm(
        "tradai-prod-heartbeat-stale",
        AlarmState.ALARM,
        since=ago(minutes=4),
        reason="1 datapoint [1.0] was above 0.",
    ),
    alarm("tradai-prod-nat-unhealthy"),
    alarm("tradai-prod-api-latency-high"),
    alarm("tradai-prod-rds-failover", actions_enabled=False),
    alarm("tradai-prod-drift-moderate", AlarmState.INSUFFICIENT_DATA, since=ago(hours=7)),
)


def service(name: str, desired: int = 1, running: int = 1, **more: object) -> Service:
    full = f"tradai-{name}-prod"
    base = Service(
        service=name,
        name=full,
        cluster=CLUSTER,
        arn=f"arn:aws:ecs:eu-central-1:123456789012:service/{CLUSTER}/{full}",
        desired=desired,
        running=running,
        pending=0,
        rollout="COMPLETED",
        task_definition=f"{full}:41",
        launch="FARGATE_SPOT",
    )
    return replace(base, **more)  # type: ignore[arg-type]


def stopped(task_id: str, minutes: float, **more: object) -> Task:
    base = Task(
        id=task_id,
        arn=f"arn:aws:ecs:eu-central-1:123456789012:task/{CLUSTER}/{task_id}",
        status="STOPPED",
        desired_status="STOPPED",
        health="UNKNOWN",
        stopped_reason="Essential container in task exited",
        stop_code="EssentialContainerExited",
        exit_code=137,
        container_reason="OutOfMemoryError: container killed due to memory usage",
        stopped_at=ago(minutes=minutes),
    )
    return replace(base, **more)  # type: ignore[arg-type]


SERVICES = (
    service(
        "backend-api",
        2,
        1,
        rollout="IN_PROGRESS",
        pending=1,
        tasks=tuple(stopped(f"0ab{n}c4d5e6f7", 2.0 + n) for n in range(3)),
        events=(ServiceEvent(ago(minutes=2), "(service tradai-backend-api-prod) has started 1 tasks: (task 0ab9)."),),
        rollouts=(
            Rollout("ecs-svc/1", "PRIMARY", "IN_PROGRESS", "ECS deployment in progress.", "tradai-backend-api-prod:42",
                    2, 1, 1, 3, ago(minutes=38), ago(minutes=2)),
        ),
    ),
    service("strategy-service"),
    service("data-collection"),
    service("mlflow"),
    service("live-trading"),
    service("dry-run-trading", tasks=(stopped("77aa", 9, exit_code=None, stop_code="SpotInterruption", container_reason=None),)),
    service("strategy-container", 0, 0),
)  # fmt: skip

DATABASES = (
    Database(
        id="tradai-prod",
        arn="arn:aws:rds:eu-central-1:123456789012:db:tradai-prod",
        status="available",
        engine="postgres",
        engine_version="15.13",
        instance_class="db.t4g.micro",
        multi_az=True,
        az="eu-central-1a",
        secondary_az="eu-central-1b",
        endpoint="tradai-prod.abc.eu-central-1.rds.amazonaws.com",
        port=5432,
        max_connections=81,
        max_connections_basis="estimated from the instance class",
        events=(DatabaseEvent(ago(hours=9), "Finished DB Instance backup", ("backup",)),),
    ),
)

NAT = Nat(
    verdict=NatVerdict.HEALTHY,
    why="the instance runs, its checks pass and the default route leads to it",
    instance_id="i-0ab12cd34ef56ab78",
    instance_state="running",
    instance_type="t4g.nano",
    launched_at=ago(days=11),
    az="eu-central-1a",
    status_checks="ok",
    source_dest_check=False,
    route_table="rtb-0a1b2c3d",
    route_target="i-0ab12cd34ef56ab78",
    route_state="active",
    asg_name="tradai-nat-asg-prod",
    asg_desired=1,
    asg_in_service=1,
    public_ip="3.70.12.34",
    elastic=True,
)


def execution(
    machine: str, name: str, status: str, started: float, took: float | None, **more: object
) -> Execution:
    arn = f"arn:aws:states:eu-central-1:123456789012:stateMachine:tradai-{machine}-workflow-prod"
    base = Execution(
        machine=machine,
        machine_arn=arn,
        arn=f"{arn.replace('stateMachine', 'execution')}:{name}",
        name=name,
        status=status,
        started_at=ago(minutes=started),
        stopped_at=None if took is None else ago(minutes=started - took),
    )
    return replace(base, **more)  # type: ignore[arg-type]


EXECUTIONS = (
    execution("retraining", "rt-PascalStrategy-0312", "FAILED", 8, 6, failed_state="RunRetraining",
              error="States.TaskFailed", cause="OutOfMemoryError: container killed, exit 137"),
    execution("retraining", "rt-RadStrategy-0300", "SUCCEEDED", 31, 4, failed_state="CompareModels", caught=True,
              error="MlflowTimeout", cause="no answer from mlflow in 30 s"),
    execution("backtest", "bt-7f3a", "RUNNING", 4, None, current_state="RunBacktest"),
    execution("backtest", "bt-7f39", "SUCCEEDED", 22, 6),
    execution("backtest", "bt-7f38", "SUCCEEDED", 41, 6.4),
    execution("retraining", "rt-PascalStrategy-0200", "SUCCEEDED", 75, 5.7),
)  # fmt: skip

SESSIONS = (
    Session("PascalStrategy", "running", ago(seconds=31), "PascalStrategy", 0.08, "none", ago(hours=2)),
    Session("RadStrategy", "running", ago(seconds=12), "RadStrategy", 0.17, "moderate", ago(hours=2)),
    Session("GridStrategy", "running", ago(minutes=6), "GridStrategy", 0.31, "significant", ago(hours=2)),
    Session("MomentumStrategy", "paused", ago(hours=3), "MomentumStrategy", None),
)


def series(metric: Metric, *values: float) -> Series:
    times = tuple(ago(minutes=len(values) - n) for n in range(len(values)))
    return Series(metric, times, tuple(values))


def wave(base: float, swing: float, count: int = 40) -> tuple[float, ...]:
    return tuple(base + swing * ((n * 7 % 11) / 11) for n in range(count))


FIGURES = (
    series(wanted.database_connections("tradai-prod"), *wave(12, 8)),
    series(wanted.database_cpu("tradai-prod"), *wave(18, 6)),
    series(wanted.database_free_storage("tradai-prod"), *wave(14.2e9, 1e8)),
    series(wanted.nat_bytes_out("i-0ab12cd34ef56ab78"), *wave(50e6, 40e6)),
    series(wanted.service_memory(CLUSTER, "tradai-backend-api-prod"), *(40 + 1.45 * n for n in range(40))),
    *(series(wanted.service_memory(CLUSTER, one.name), *wave(31, 9)) for one in SERVICES[1:6]),
    *(series(wanted.service_cpu(CLUSTER, one.name), *wave(12, 20)) for one in SERVICES[:6]),
)

ALERTS = (
    Alert(
        key="Position Stuck:PascalStrategy",
        alert="Position Stuck",
        severity="critical",
        state=Lifecycle.FIRING,
        since=ago(minutes=4),
        reason="long 0.4 BTC open 3h past its exit",
        runbook="trading-issues",
        section="position-stuck",
        found_by=("sns",),
        variables={"STRATEGY_ID": "PascalStrategy"},
        first_response="Close it by hand at the exchange.",
    ),
    Alert(
        key="Service Unhealthy:backend-api",
        alert="Service Unhealthy",
        severity="high",
        state=Lifecycle.ACKNOWLEDGED,
        since=ago(minutes=12),
        reason="running 1 of 2, out of memory x3",
        runbook="service-recovery",
        section="service-unhealthy",
        found_by=("cloudwatch", "console"),
        variables={"SERVICE": "backend-api"},
        alarms=("tradai-prod-backend-api-unhealthy",),
        acknowledged=Acknowledgement("jm", ago(minutes=9), "rolling back"),
    ),
    Alert(
        key="Stale Heartbeat:GridStrategy",
        alert="Stale Heartbeat",
        severity="high",
        state=Lifecycle.FIRING,
        since=ago(minutes=4),
        reason="last heartbeat 6 m ago",
        runbook="trading-issues",
        section="stale-heartbeat",
        found_by=("cloudwatch", "console"),
        variables={"STRATEGY_ID": "GridStrategy"},
        alarms=("tradai-prod-heartbeat-stale",),
    ),
    Alert(
        key="Model Drift Detected:RadStrategy",
        alert="Model Drift Detected",
        severity="medium",
        state=Lifecycle.MUTED,
        since=ago(hours=5),
        reason="PSI 0.17",
        runbook="model-drift-response",
        section="model-drift-detected",
        found_by=("console",),
        variables={"MODEL_NAME": "RadStrategy"},
        muted=Mute("jm", NOW + timedelta(minutes=42), "retraining is planned"),
    ),
)

BOARD = Board(
    alerts=ALERTS,
    alarms=snapshot(ALARMS, 2),  # type: ignore[arg-type]
    services=snapshot(SERVICES, 3),  # type: ignore[arg-type]
    databases=snapshot(DATABASES, 21),  # type: ignore[arg-type]
    nat=snapshot((NAT,), 9),  # type: ignore[arg-type]
    workflows=snapshot(EXECUTIONS, 40),  # type: ignore[arg-type]
    trading=snapshot(SESSIONS, 12),  # type: ignore[arg-type]
    figures=snapshot(FIGURES, 12),  # type: ignore[arg-type]
    identity=Identity("123456789012", "arn:aws:sts::123456789012:assumed-role/oncall/jm", "eu-central-1"),
    meter=Meter(
        calls_per_minute=41, calls=902, spent_usd=0.11, credentials_until=NOW + timedelta(hours=6, minutes=12)
    ),
)
"""A night with two alarms, a memory leak and a drifting model."""
