"""The board: the newest snapshot of every source, as one frozen value. Screens are bound to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tradai_console.models.identity import Identity, Meter
from tradai_console.models.snapshot import Snapshot

if TYPE_CHECKING:  # a board is empty at first, and what will stand on it need not be imported before
    from tradai_console.models.alarm import Alarm
    from tradai_console.models.alert import Alert
    from tradai_console.models.database import Database
    from tradai_console.models.execution import Execution
    from tradai_console.models.figure import Metric, Series
    from tradai_console.models.nat import Nat
    from tradai_console.models.service import Service
    from tradai_console.models.trading import Session

SOURCES: Final = ("alarms", "services", "databases", "nat", "workflows", "trading")
"""The six sources, in the order of `status --json`."""

FIGURES: Final = "figures"
"""The seventh reading: the metrics of all panes together."""


@dataclass(frozen=True)
class Board:
    """Everything the console knows at one moment."""

    alarms: Snapshot[Alarm] = field(default_factory=Snapshot)
    services: Snapshot[Service] = field(default_factory=Snapshot)
    databases: Snapshot[Database] = field(default_factory=Snapshot)
    nat: Snapshot[Nat] = field(default_factory=Snapshot)
    workflows: Snapshot[Execution] = field(default_factory=Snapshot)
    trading: Snapshot[Session] = field(default_factory=Snapshot)
    figures: Snapshot[Series] = field(default_factory=Snapshot)
    alerts: tuple[Alert, ...] = ()
    """What all of that, and what was heard, amounts to; the desk keeps it."""
    identity: Identity | None = None
    meter: Meter = field(default_factory=Meter)

    def having(self, name: str, snapshot: Snapshot[Any]) -> Board:
        """The board with this source's new snapshot; `name` is one of `SOURCES` or `FIGURES`."""
        return replace(self, **{name: snapshot})  # type: ignore[arg-type]

    @cached_property
    def series(self) -> Mapping[Metric, Series]:
        """The metrics by what was asked for."""
        return MappingProxyType({series.metric: series for series in self.figures.items})

    def connections(self, database: Database) -> float | None:
        """How many clients the database has now; None if CloudWatch has not said."""
        from tradai_console.models.wanted import database_connections

        series = self.series.get(database_connections(database.id))
        return None if series is None else series.latest

    def used_pct(self, database: Database) -> float | None:
        """Connections as a percentage of what the instance allows; None if either is unknown."""
        connections = self.connections(database)
        if connections is None or not database.max_connections:
            return None
        return 100 * connections / database.max_connections
