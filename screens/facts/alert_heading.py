"""An alert in one line, for the head of what is opened for it."""

from __future__ import annotations

from screens.facts.ladder import countdown
from screens.panes.alerts import SIGNS, about
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import ago, in_short
from tradai_console.models.alert import Alert, Lifecycle


def alert_heading(alert: Alert, moment: Moment, *, trouble: str | None = None) -> Line:
    """Severity, kind, what it is about, how long, its state and why; and why nothing can be journalled, if so."""
    sign, style = SIGNS.get(alert.severity, ("?", "warn"))
    return Line.of(
        (sign.strip(), style),
        " ",
        (alert.alert, "strong"),
        "  ",
        (about(alert), "accent"),
        (f"  {alert.severity}  {ago(alert.since, moment.now)}  ", "dim"),
        _state(alert),
        countdown(alert, moment.now),
        (f"   {in_short(alert.reason)}", "plain"),
        (f"   JOURNAL: {trouble}" if trouble else "", "critical"),
    )


def _state(alert: Alert) -> tuple[str, str]:
    match alert.state:
        case Lifecycle.FIRING:
            return ("worse than when it was acknowledged" if alert.worsened else "firing", "bad")
        case Lifecycle.ACKNOWLEDGED:
            return (f"ack {alert.acknowledged.owner}" if alert.acknowledged else "ack", "accent")
        case Lifecycle.MUTED:
            return ("muted", "dim")
        case Lifecycle.RESOLVED:
            return ("✓ resolved", "good")
