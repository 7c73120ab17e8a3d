"""Metrics: what to ask CloudWatch for, and what it said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Metric:
    """One line to ask `cloudwatch:GetMetricData` for. Hashable: it is the key of its own answer."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    """Name and value pairs, sorted by name."""
    statistic: str = "Average"
    period_s: int = 60


@dataclass(frozen=True)
class Series:
    """The answer: oldest first. Empty means that CloudWatch has no points, which is not zero."""

    metric: Metric
    times: tuple[datetime, ...] = ()
    values: tuple[float, ...] = ()

    @property
    def latest(self) -> float | None:
        return self.values[-1] if self.values else None
