"""The DynamoDB tables and the rows in them when the demo begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from tradai_console.demo.cast import CHECKED, Cast, StrategySpec, dice
from tradai_console.demo.clients import Clients
from tradai_console.demo.world.jobs import Job

_KEYS = {
    "workflow-state": "job_id",
    "trading-state": "strategy_id",
    "drift-state": "model_name",
    "retraining-state": "model_name",
    "health-state": "service_name",
    "rollback-state": "model_name",
    "notifications": "notification_id",
    "deployments": "deployment_id",
    "shadow-test-state": "test_id",
    "idempotency": "idempotency_key",
    "infra-drift-state": "stack_name",
    "config-versions": "config_version_id",
}
"""Every table of the platform with its partition key, `tradai-{name}-{env}`."""

_SERIALIZER = TypeSerializer()


def iso(moment: datetime) -> str:
    """A time as the platform writes it into rows."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def item(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as DynamoDB's API takes it; floats must be strings or Decimals."""
    return {key: _SERIALIZER.serialize(value) for key, value in row.items() if value is not None}


def table_name(cast: Cast, name: str) -> str:
    """The table's full name."""
    return f"tradai-{name}-{cast.env}"


def build_tables(aws: Clients, cast: Cast) -> None:
    """All twelve tables (`dynamodb:CreateTable`), `workflow-state` with both of its indexes."""
    for name, key in _KEYS.items():
        arguments: dict[str, Any] = {
            "TableName": table_name(cast, name),
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        if name == "workflow-state":
            arguments["AttributeDefinitions"] += [
                {"AttributeName": other, "AttributeType": "S"}
                for other in ("status", "created_at", "trace_id")
            ]
            arguments["GlobalSecondaryIndexes"] = [
                _index("status-created_at-index", "status", "created_at"),
                _index("trace_id-index", "trace_id"),
            ]
        aws("dynamodb").create_table(**arguments)


def _index(name: str, partition: str, sort: str | None = None) -> dict[str, Any]:
    schema = [{"AttributeName": partition, "KeyType": "HASH"}]
    schema += [{"AttributeName": sort, "KeyType": "RANGE"}] if sort else []
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}


def put_rows(aws: Clients, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """`dynamodb:BatchWriteItem`, 25 at a time."""
    requests = [{"PutRequest": {"Item": item(row)}} for row in rows]
    for start in range(0, len(requests), 25):
        aws("dynamodb").batch_write_item(RequestItems={table: requests[start : start + 25]})


def fill_tables(aws: Clients, cast: Cast, now: datetime, jobs: Iterable[Job]) -> None:
    """The rows that a platform which has been running for months would have."""
    rows: dict[str, list[dict[str, Any]]] = {
        "workflow-state": [job.row() for job in jobs],
        "trading-state": [session_row(cast, one, now) for one in cast.strategies],
        "drift-state": [drift_row(cast, one, one.psi, now) for one in cast.strategies],
        "retraining-state": [_retraining_row(cast, one, now) for one in cast.strategies],
        "health-state": [_health_row(service, now) for service in CHECKED],
        "rollback-state": [_rollback_row(cast, now)],
        "deployments": _deployments(cast, now),
        "config-versions": _config_versions(cast, now),
    }
    for name, of_table in rows.items():
        put_rows(aws, table_name(cast, name), of_table)


def session_row(cast: Cast, strategy: StrategySpec, now: datetime) -> dict[str, Any]:
    """A trading session (`trading-state`)."""
    rng = dice(cast.seed, "session", strategy.name)
    return {
        "strategy_id": strategy.name,
        "strategy_name": strategy.name,
        "model_name": strategy.name,
        "model_version": str(rng.randint(4, 19)),
        "status": strategy.status,
        "mode": "live" if strategy.service == "live-trading" else "dry-run",
        "exchange": "binance",
        "timeframe": strategy.timeframe,
        "pairs": list(strategy.pairs),
        "stake_amount": strategy.stake,
        "open_trades": rng.randint(0, 3),
        "instance_id": f"{strategy.name.lower()}-{rng.randrange(16**6):06x}",
        "started_at": iso(now - timedelta(hours=rng.randint(9, 90), minutes=rng.randint(0, 59))),
        "last_heartbeat": iso(now - timedelta(seconds=rng.uniform(2, 24))),
        "updated_at": iso(now - timedelta(seconds=rng.uniform(30, 240))),
        "paused_by": cast.users[0] if strategy.status == "paused" else None,
    }


DRIFT_METRICS = ("profit_total", "win_rate", "sharpe_ratio", "max_drawdown")


def severity_of(psi: float) -> str:
    """The platform's word for this index."""
    return "significant" if psi > 0.25 else "moderate" if psi >= 0.1 else "none"


def drift_row(cast: Cast, strategy: StrategySpec, psi: float, now: datetime) -> dict[str, Any]:
    """The result of the drift monitor for a model (`drift-state`)."""
    rng = dice(cast.seed, "drift", strategy.name)
    shares = [rng.uniform(0.4, 1.6) for _ in DRIFT_METRICS]
    return {
        "model_name": strategy.name,
        "overall_psi": _number(psi),
        "severity": severity_of(psi),
        "requires_attention": psi > 0.25,
        "current_samples": rng.randint(14, 40),
        "reference_samples": rng.randint(60, 140),
        "metric_drifts": [
            {
                "metric": metric,
                "psi": _number(psi * share * len(shares) / sum(shares)),
                "severity": severity_of(psi * share * len(shares) / sum(shares)),
                "reference_mean": _number(rng.uniform(0.05, 1.6)),
                "current_mean": _number(rng.uniform(0.05, 1.6)),
            }
            for metric, share in zip(DRIFT_METRICS, shares, strict=True)
        ],
        "checked_at": iso(now - timedelta(seconds=rng.uniform(60, 800))),
    }


def _number(value: float) -> Any:
    from decimal import Decimal

    return Decimal(f"{value:.4f}")


def _retraining_row(cast: Cast, strategy: StrategySpec, now: datetime) -> dict[str, Any]:
    rng = dice(cast.seed, "retrained", strategy.name)
    hours = rng.uniform(30, 150)
    return {
        "model_name": strategy.name,
        "status": "completed",
        "last_retrained": iso(now - timedelta(hours=hours)),
        "last_decision": rng.choice(("PROMOTE", "KEEP", "KEEP")),
        "trigger": rng.choice(("scheduled", "scheduled", "drift_detected")),
    }


def _health_row(service: str, now: datetime) -> dict[str, Any]:
    return {
        "service_name": service,
        "status": "healthy",
        "consecutive_failures": 0,
        "last_checked": iso(now - timedelta(seconds=40)),
        "ttl": int((now + timedelta(hours=24)).timestamp()),
    }


def _rollback_row(cast: Cast, now: datetime) -> dict[str, Any]:
    return {
        "model_name": cast.strategies[2].name,
        "from_version": "11",
        "to_version": "10",
        "reason": "PERFORMANCE_DEGRADATION",
        "rolled_back_at": iso(now - timedelta(days=12, hours=3)),
        "requested_by": cast.users[1],
    }


def _deployments(cast: Cast, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "deployment_id": f"deploy-{number:04d}",
            "service": service,
            "version": cast.version,
            "status": "succeeded",
            "deployed_by": cast.users[number % len(cast.users)],
            "finished_at": iso(now - timedelta(days=2, minutes=9 * number)),
        }
        for number, service in enumerate(CHECKED, start=411)
    ]


def _config_versions(cast: Cast, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "config_version_id": f"{strategy.name}-v{version}",
            "strategy_name": strategy.name,
            "status": "active" if version == 3 else "archived",
            "created_at": iso(now - timedelta(days=40 - 9 * version)),
        }
        for strategy in cast.strategies
        for version in (1, 2, 3)
    ]
