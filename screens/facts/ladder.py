"""The escalation ladder as it is shown: whose an alert is by the clock, and when it becomes the next one's."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from screens.widgets.line import Line
from screens.widgets.words import span_of
from tradai_console.alerts.escalation import LADDER, standing
from tradai_console.models.alert import Alert, Lifecycle

SOON_S: Final = 180.0
"""From here on the clock is shown in another colour."""


def countdown(alert: Alert, now: datetime) -> tuple[str, str]:
    """Whose it becomes and when: `L2 in 3m`; empty where no clock runs."""
    where = standing(alert, now)
    if alert.state not in (Lifecycle.FIRING, Lifecycle.ACKNOWLEDGED):
        return ("", "dim")
    if where.following is None or where.left is None:
        return (f"  {where.rung.level}'s", "critical") if where.rung.level != "L1" else ("", "dim")
    left_s = where.left.total_seconds()
    return (f"  {where.following.level} in {span_of(left_s)}", "warn" if left_s < SOON_S else "dim")


def next_level(alert: Alert, now: datetime) -> str | None:
    """Who is to be asked next; the last one where nobody is left; None where no clock runs."""
    where = standing(alert, now)
    following = where.following or (where.rung if where.rung.level != "L1" else None)
    return following.level if following else None


def ladder_line(alert: Alert, now: datetime) -> Line:
    """The whole ladder, with whose it is now and when it becomes the next one's."""
    where = standing(alert, now)
    parts: list[tuple[str, str]] = []
    for rung in LADDER:
        style = "strong" if rung is where.rung else "dim"
        parts.append((f"{' → ' if parts else ''}{rung.level} {rung.who}", style))
    return Line.of(*parts, countdown(alert, now))
