"""CloudWatch alarms of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlarmState(StrEnum):
    """`StateValue` as CloudWatch spells it."""

    ALARM = "ALARM"
    OK = "OK"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True)
class AlarmChange:
    """One state transition (`cloudwatch:DescribeAlarmHistory`, type StateUpdate)."""

    at: datetime
    summary: str


@dataclass(frozen=True)
class Alarm:
    """One alarm (`cloudwatch:DescribeAlarms`)."""

    name: str
    arn: str
    type: str
    """`metric`, `composite` or `log`."""
    state: AlarmState
    since: datetime | None
    """When it entered this state."""
    reason: str
    description: str = ""
    actions_enabled: bool = True
    actions: tuple[str, ...] = ()
    """What it notifies in ALARM (ARNs). Empty: it can wake nobody."""
    namespace: str | None = None
    metric: str | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str | None = None
    """`Average`, `Sum`, ... or a percentile, as GetMetricData takes it."""
    period_s: int | None = None
    threshold: float | None = None
    comparison: str | None = None
    evaluation_periods: int | None = None
    datapoints_to_alarm: int | None = None
    missing_data: str | None = None
    unit: str | None = None
    rule: str | None = None
    """A composite alarm's rule."""
    updated_at: datetime | None = None
    """When its configuration was last changed."""
    history: tuple[AlarmChange, ...] = ()
    """Its newest transitions, newest first; read when its state has changed."""

    @property
    def firing(self) -> bool:
        return self.state is AlarmState.ALARM

    @property
    def told(self) -> str:
        """Its reason; that of a crossed threshold names figures only, so what was measured comes before it."""
        crossed = self.metric is not None and self.reason.startswith("Threshold Crossed: ")
        return f"{self.metric}: {self.reason}" if crossed else self.reason
