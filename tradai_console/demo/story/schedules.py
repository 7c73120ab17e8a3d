"""The functions that run on a schedule: what they find is what the platform's own metrics say."""

from __future__ import annotations

import random

from tradai_console.demo.cast import CHECKED, FUNCTIONS, dice
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.sessions import BEATING
from tradai_console.demo.story.stage import Actor, Stage
from tradai_console.demo.world.state import drift_row, iso, item, severity_of

_EVERY = {spec.name: spec.every_s for spec in FUNCTIONS}

ALLOWED_FAILURES = 2
"""After so many failed checks the health check says so on the alerts topic."""


def healthy(stage: Stage, service: str) -> bool:
    """Whether the service would answer its health endpoint."""
    if service == "mlflow" and (stage.conditions.database_down or not stage.facts.database_available):
        return False
    if stage.cast.fargate and not stage.facts.tasks.get(service):
        return False
    return service not in stage.conditions.unhealthy


def health_check(stage: Stage, *, quiet: bool = False) -> Actor:
    """`health-check`, every two minutes: `ServiceHealthy`, `HealthCheckLatency`, `ConsecutiveFailures` a service.

    Quiet (the past) leaves rows and topics alone.
    """
    rng = dice(stage.cast.seed, stage.cast.env, "health-check")
    while True:
        check_health(stage, rng, quiet=quiet)
        yield float(_EVERY["health-check"] or 120)


def check_health(stage: Stage, rng: random.Random, *, quiet: bool = False) -> None:
    """One run of the health check. If it fails, nothing is measured."""
    said, latencies, failures = [], {}, stage.failed_checks
    for service in CHECKED:
        fine = healthy(stage, service)
        failures[service] = 0 if fine else failures.get(service, 0) + 1
        slow = stage.conditions.latency_s * 1000 if service == "backend-api" else 0
        latencies[service] = rng.uniform(18, 70) + slow if fine else 10_000.0
        word = "healthy" if fine else f"unhealthy: no good answer, failure {failures[service]}"
        level = "INFO" if fine else "ERROR"
        said.append(("health_check.Checker", level, f"{service} {word} ({latencies[service]:.0f} ms)"))
    if not run_function(stage, rng, "health-check", said):
        return
    for service in CHECKED:
        dimensions, failed = {"service": service}, failures[service]
        stage.measure(stage.cast.namespace, "ServiceHealthy", float(not failed), dimensions)
        stage.measure(
            stage.cast.namespace, "HealthCheckLatency", latencies[service], dimensions, "Milliseconds"
        )
        stage.measure(stage.cast.namespace, "ConsecutiveFailures", failed, dimensions, "Count")
        if not quiet:
            _health_row(stage, service, failed)
            if failed == ALLOWED_FAILURES:
                subject = f"Service Unhealthy: {service}"
                _publish(stage, subject, f"{service} failed {ALLOWED_FAILURES} health checks in a row")


def _health_row(stage: Stage, service: str, failures: int) -> None:
    row = {
        "service_name": service,
        "status": "healthy" if failures == 0 else "unhealthy",
        "consecutive_failures": failures,
        "last_checked": iso(stage.now),
        "ttl": int(stage.time.time()) + 86_400,
    }
    stage.aws("dynamodb").put_item(TableName=stage.cast.platform.tables.health_state, Item=item(row))


def _publish(stage: Stage, subject: str, message: str) -> None:
    stage.aws("sns").publish(TopicArn=stage.cast.alerts_arn, Subject=subject[:100], Message=message)


def heartbeat_check(stage: Stage, *, quiet: bool = False) -> Actor:
    """`trading-heartbeat-check`, every minute: `StaleHeartbeats` over the sessions that should beat."""
    rng = dice(stage.cast.seed, stage.cast.env, "heartbeat-check")
    seen: dict[str, int] = {}
    while True:
        stale = [] if quiet else stale_sessions(stage)
        seen = {name: seen.get(name, 0) + 1 for name in stale}
        said = [
            ("heartbeat_check.Scanner", "WARNING", f"heartbeat of {name} is stale, check {seen[name]}")
            for name in stale
        ]
        active = sum(
            1 for one in stage.cast.strategies if stage.facts.sessions.get(one.name, one.status) in BEATING
        )
        said.append(
            (
                "heartbeat_check.Scanner",
                "INFO",
                f"active_strategies={active} stale={len(stale)} healthy={active - len(stale)}",
            )
        )
        if run_function(stage, rng, "trading-heartbeat-check", said):
            stage.measure(stage.cast.namespace, "StaleHeartbeats", float(len(stale)), unit="Count")
        for name in stale:
            if seen[name] == ALLOWED_FAILURES:
                _publish(
                    stage,
                    f"Stale Heartbeat: {name}",
                    f"strategy {name} has not sent a heartbeat for more than 2 minutes",
                )
        yield float(_EVERY["trading-heartbeat-check"] or 60)


def stale_sessions(stage: Stage) -> list[str]:
    """Sessions in `warmup` or `running` whose heartbeat is older than two minutes, or missing (`dynamodb:Scan`)."""
    from datetime import datetime

    answer = stage.aws("dynamodb").scan(TableName=stage.cast.platform.tables.trading_state)
    stale = []
    for row in answer["Items"]:
        if row.get("status", {}).get("S") not in BEATING:
            continue
        try:
            beat = datetime.fromisoformat(row["last_heartbeat"]["S"].replace("Z", "+00:00"))
        except (KeyError, ValueError):
            stale.append(row["strategy_id"]["S"])
            continue
        if (stage.now - beat).total_seconds() > 120:
            stale.append(row["strategy_id"]["S"])
    return sorted(stale)


def psi_of(stage: Stage, rng: random.Random, model: str, usual: float) -> float:
    """The model's drift index at this moment."""
    return stage.conditions.psi.get(model) or max(0.01, usual + rng.uniform(-0.008, 0.008))


def drift_monitor(stage: Stage, *, quiet: bool = False) -> Actor:
    """`drift-monitor`, every five minutes: `ModelPSI` a model and `MaxPSI`, and the rows of `drift-state`."""
    rng = dice(stage.cast.seed, stage.cast.env, "drift-monitor")
    while True:
        measure_drift(stage, rng, quiet=quiet)
        yield float(_EVERY["drift-monitor"] or 900)


def measure_drift(stage: Stage, rng: random.Random, *, quiet: bool = False) -> None:
    """One run of the drift monitor. If it fails, nothing is measured."""
    found = {one.name: psi_of(stage, rng, one.name, one.psi) for one in stage.cast.strategies}
    said = [
        ("drift_monitor.Psi", "INFO", f"{name}: overall_psi={psi:.4f} severity={severity_of(psi)}")
        for name, psi in found.items()
    ]
    if not run_function(stage, rng, "drift-monitor", said):
        return
    for strategy in stage.cast.strategies:
        psi = found[strategy.name]
        stage.measure(stage.cast.namespace, "ModelPSI", psi, {"model_name": strategy.name})
        if not quiet:
            row = drift_row(stage.cast, strategy, psi, stage.now) | {"checked_at": iso(stage.now)}
            stage.aws("dynamodb").put_item(TableName=stage.cast.platform.tables.drift_state, Item=item(row))
    stage.measure(stage.cast.namespace, "MaxPSI", max(found.values()))


def housekeeping(stage: Stage) -> Actor:
    """The functions that hardly ever find anything."""
    rng = dice(stage.cast.seed, stage.cast.env, "housekeeping")
    yield rng.uniform(20, 300)
    while True:
        running = sum(len(ids) for ids in stage.facts.tasks.values())
        for metric, value in (
            ("RunningTasksScanned", running),
            ("OrphanTasksFound", 0),
            ("OrphanTasksStopped", 0),
        ):
            stage.measure(stage.cast.namespace, metric, float(value), unit="Count")
        run_function(
            stage,
            rng,
            "orphan-scanner",
            [("orphan_scanner.Scanner", "INFO", f"{running} tasks scanned, no orphan")],
        )
        model = rng.choice(stage.cast.strategies).name
        run_function(
            stage, rng, "retraining-scheduler",
            [("retraining_scheduler.Scheduler", "INFO", f'{model}: status="skipped" reason="recently_retrained"')],
        )  # fmt: skip
        yield 1_800.0
