"""An RDS instance: its state, its connections against its limit, its events."""

from __future__ import annotations

from screens.facts.facts import Chart, Facts, Section, pair
from screens.facts.related import related_alarms
from screens.panes.database import CONNECTIONS_HIGH
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import UNKNOWN, day_stamp
from tradai_console.models.board import Board
from tradai_console.models.database import Database
from tradai_console.models.wanted import (
    database_connections,
    database_cpu,
    database_free_storage,
)


def database_facts(database: Database, board: Board, moment: Moment) -> Facts:
    """Everything known about an RDS instance."""
    used = board.used_pct(database)
    connections = board.connections(database)
    limit = (
        ""
        if database.max_connections is None
        else f" of {database.max_connections} ({database.max_connections_basis})"
    )
    standby = f", standby in {database.secondary_az}" if database.secondary_az else ""
    now = Section(
        "Now",
        (
            pair("status", Line.of((database.status, "good" if database.status == "available" else "bad"))),
            pair("connections", f"{UNKNOWN if connections is None else f'{connections:.0f}'}{limit}"),
            pair(
                "used",
                Line.of(
                    (
                        UNKNOWN if used is None else f"{used:.1f} %",
                        "bad" if (used or 0) >= CONNECTIONS_HIGH else "plain",
                    )
                ),
            ),
            pair(
                "zone",
                f"{database.az or UNKNOWN}{standby}, {'Multi-AZ' if database.multi_az else 'single-AZ: it cannot fail over'}",
            ),
            pair("engine", f"{database.engine} {database.engine_version}, {database.instance_class}"),
            pair("endpoint", f"{database.endpoint or UNKNOWN}:{database.port or UNKNOWN}"),
            pair(
                "storage",
                f"{database.storage_gib or UNKNOWN} GiB, backups kept {database.backup_days or UNKNOWN} days",
            ),
            *(pair("security group", group) for group in database.security_groups),
            *(pair("pending change", change) for change in database.pending_changes),
        ),
    )
    events = database.events
    lines = (
        (Line.of(("could not be read", "warn")),)
        if events is None
        else tuple(
            Line.of(
                (day_stamp(e.at, local=moment.local), "dim"),
                "  ",
                (e.message, "warn" if "failover" in e.message.lower() else "plain"),
            )
            for e in events
        )
    )
    return Facts(
        title=Line.of((database.id, "strong"), f"  {database.status}"),
        name=database.id,
        arn=database.arn,
        sections=(now, Section("Events of the last day", lines or (Line.of(("none", "dim")),))),
        charts=(
            Chart(database_connections(database.id), "connections", "", _alert_at(database)),
            Chart(database_cpu(database.id), "processor", "%"),
            Chart(database_free_storage(database.id), "free storage", "GB", scale=1e-9),
        ),
        related=related_alarms(board, {database.id}, "-rds-"),
    )  # fmt: skip


def _alert_at(database: Database) -> float | None:
    """How many connections are too many."""
    return None if database.max_connections is None else database.max_connections * CONNECTIONS_HIGH / 100
