"""RDS instances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DatabaseEvent:
    """One event of an instance (`rds:DescribeEvents`)."""

    at: datetime
    message: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Database:
    """One instance (`rds:DescribeDBInstances`). Connections are a metric: `models.board.connections`."""

    id: str
    arn: str
    status: str
    engine: str
    engine_version: str
    instance_class: str
    multi_az: bool
    az: str | None
    secondary_az: str | None = None
    endpoint: str | None = None
    port: int | None = None
    storage_gib: int | None = None
    backup_days: int | None = None
    security_groups: tuple[str, ...] = ()
    subnet_group: str | None = None
    created_at: datetime | None = None
    pending_changes: tuple[str, ...] = ()
    max_connections: int | None = None
    max_connections_basis: str = ""
    """How the limit is known: `parameter group`, or `estimated from the instance class`."""
    events: tuple[DatabaseEvent, ...] | None = ()
    """Newest first, the last day; None if they could not be read."""
