"""Trading sessions: their heartbeat, and the drift of the model behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

HEARTBEAT_STALE_S = 120.0
"""A heartbeat older than this is stale (the platform's HEARTBEAT_THRESHOLD_MINUTES)."""

WATCHED = frozenset({"running", "warmup"})
"""The statuses whose heartbeat must move. A paused or stopped session need not beat."""

PSI_MODERATE = 0.10
PSI_SIGNIFICANT = 0.25


@dataclass(frozen=True)
class Session:
    """One row of `tradai-trading-state-{env}`, joined with `tradai-drift-state-{env}`."""

    strategy_id: str
    status: str
    last_heartbeat: datetime | None
    """None if missing or unreadable: both count as stale."""
    model_name: str | None = None
    psi: float | None = None
    """Overall population stability index of the model; None if there is no drift row."""
    drift_severity: str | None = None
    drift_checked_at: datetime | None = None
    drift_metrics: tuple[tuple[str, float], ...] = ()
    """Each measured metric's own index, largest first."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Every other attribute of the row, for the detail screen."""

    @property
    def watched(self) -> bool:
        return self.status in WATCHED

    def heartbeat_age_s(self, now: datetime) -> float | None:
        return None if self.last_heartbeat is None else (now - self.last_heartbeat).total_seconds()

    def stale(self, now: datetime) -> bool:
        """Whether a session that should beat does not."""
        age = self.heartbeat_age_s(now)
        return self.watched and (age is None or age > HEARTBEAT_STALE_S)
