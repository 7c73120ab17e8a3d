"""An alert: one thing that is wrong, however many witnesses say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Lifecycle(StrEnum):
    """Where an alert is."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody has it. Ends by itself when the alert resolves or worsens."""

    owner: str
    at: datetime
    note: str = ""


@dataclass(frozen=True)
class Mute:
    """Silence with an end and a reason."""

    owner: str
    until: datetime
    reason: str
    native: bool = False
    """A CloudWatch mute rule; else the console's own."""


@dataclass(frozen=True)
class Alert:
    """One alert of the matrix, or an alarm that no rule knows."""

    key: str
    """Its identity: kind and variables, the same for every witness."""
    alert: str
    """The kind's name: `Service Unhealthy`, or `Unmatched alarm`."""
    severity: str
    """critical, high, medium or info."""
    state: Lifecycle
    since: datetime | None
    reason: str
    """In words, from the witness that knows most."""
    runbook: str
    section: str | None
    found_by: tuple[str, ...] = ()
    """`cloudwatch`, `sns`, `console`, in that order."""
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    alarms: tuple[str, ...] = ()
    """Names of the CloudWatch alarms that witness it."""
    first_response: str = ""
    acknowledged: Acknowledgement | None = None
    muted: Mute | None = None
    worsened: bool = False
    """It got worse after it was acknowledged: loud again."""
    flaps: tuple[datetime, ...] = ()
    """When it began to fire in the last 24 h, oldest first."""
    because_of: str | None = None
    """Key of the deeper alert that explains this one (a storm is grouped under its deepest cause)."""
    grouping_rule: str | None = None
    """Which rule grouped it, in words."""

    @property
    def open(self) -> bool:
        return self.state is not Lifecycle.RESOLVED
