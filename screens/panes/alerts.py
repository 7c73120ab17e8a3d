"""The alerts: one line for each thing that is wrong, however many witnesses it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from screens.widgets.columns import Column
from screens.widgets.line import Line
from screens.widgets.pane import Pane
from screens.widgets.words import ago, in_short, span_of
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.board import Board

SIGNS: Final = {
    "critical": ("▲▲", "critical"),
    "high": ("▲ ", "bad"),
    "medium": ("△ ", "warn"),
    "info": ("· ", "dim"),
}
_SEVERITY_STYLE: Final = {"critical": "bad", "high": "bad", "medium": "warn", "info": "dim"}
_QUIET: Final = (Lifecycle.MUTED, Lifecycle.RESOLVED)
_ABOUT: Final = ("SERVICE", "FUNCTION", "STRATEGY_ID", "MODEL_NAME", "DB_INSTANCE", "MACHINE", "ALARM")


class AlertsPane(Pane[Alert]):
    """What fires, the worst first; what one deeper cause explains stands under it."""

    source = "alarms"
    slug = "alerts"
    digit = 1
    name_shown = "Alerts"
    name_short = "Alerts"
    words_empty = "✓ nothing is firing"

    def __init__(self, delay_s: float = 0.0) -> None:
        super().__init__(delay_s)
        self._placed: tuple[Alert, ...] = ()
        self._places: dict[str, int] = {}

    def all_items(self) -> Sequence[Alert]:
        return self.board.alerts

    def key_of(self, item: Alert) -> str:
        return item.key

    def arn_of(self, item: Alert) -> str:
        return item.alarms[0] if item.alarms else item.key

    def order(self, item: Alert) -> int:
        """As the desk lists them."""
        if self._placed is not self.board.alerts:
            self._placed = self.board.alerts
            self._places = {alert.key: place for place, alert in enumerate(self._placed)}
        return self._places.get(item.key, 0)

    def haystack(self, item: Alert) -> str:
        return f"{item.alert} {' '.join(item.variables.values())} {item.severity} {item.state} {item.reason}"

    def trouble(self, item: Alert) -> bool:
        return item.state is Lifecycle.FIRING and item.severity in ("critical", "high")

    def news_for(self, old: Board, new: Board) -> bool:
        return old.alerts is not new.alerts

    def summary(self) -> Line:
        counts = {state: sum(alert.state is state for alert in self.board.alerts) for state in Lifecycle}
        if not counts[Lifecycle.FIRING] and not counts[Lifecycle.ACKNOWLEDGED]:
            return Line.of(("quiet", "dim"))
        parts = [
            (f"{counts[Lifecycle.FIRING]} firing", "bad" if counts[Lifecycle.FIRING] else "dim"),
            (
                f" · {counts[Lifecycle.ACKNOWLEDGED]} acknowledged" if counts[Lifecycle.ACKNOWLEDGED] else "",
                "dim",
            ),
            (f" · {counts[Lifecycle.MUTED]} muted" if counts[Lifecycle.MUTED] else "", "dim"),
        ]
        return Line.of(*parts)

    def columns(self) -> Sequence[Column[Alert]]:
        return (
            Column("sign", "", _sign, most=4, rank=0),
            Column("severity", "severity", _severity, most=8, rank=4),
            Column("alert", "alert", self._alert_name, most=30, rank=0, sort=lambda alert: alert.alert),
            Column("about", "about", lambda alert: Line.of((about(alert), "strong")), most=26, rank=0),
            Column("since", "for", self._since, most=6, rank=1, align="right"),
            Column("found", "found by", _found_by, most=22, rank=5),
            Column(
                "reason",
                "why",
                lambda alert: Line.of((in_short(alert.reason), _style(alert, "plain"))),
                least=12,
                rank=3,
                flex=True,
            ),
            Column("state", "", self._state, most=18, rank=2),
        )

    def _alert_name(self, alert: Alert) -> Line:
        return Line.of(("└ " if alert.because_of else "", "dim"), (alert.alert, _style(alert, "strong")))

    def _since(self, alert: Alert) -> Line:
        return Line.of((ago(alert.since, self.moment.now), "dim"))

    def _state(self, alert: Alert) -> Line:
        from screens.facts.ladder import countdown  # the first paint has no alert: it does not wait for this

        clock = countdown(alert, self.moment.now)
        if alert.worsened and alert.state is Lifecycle.FIRING:
            return Line.of(("worse", "critical"), clock)
        if alert.acknowledged is not None and alert.state is Lifecycle.ACKNOWLEDGED:
            return Line.of((f"ack {alert.acknowledged.owner}", "accent"), clock)
        if alert.muted is not None and alert.state is Lifecycle.MUTED:
            left = span_of((alert.muted.until - self.moment.now).total_seconds())
            return Line.of((f"muted {left}", "dim"))
        return (
            Line.of(("resolved", "good"))
            if alert.state is Lifecycle.RESOLVED
            else Line.of((clock[0].strip(), clock[1]))
        )


def about(alert: Alert) -> str:
    """What the alert is about: a service, a strategy, ... A model that is named as its strategy is told once."""
    return " ".join(dict.fromkeys(alert.variables[name] for name in _ABOUT if name in alert.variables))


def _style(alert: Alert, loud: str) -> str:
    return "dim" if alert.state in _QUIET else loud


def _sign(alert: Alert) -> Line:
    if alert.state is Lifecycle.RESOLVED:
        return Line.of(("✓ ", "good"))
    if alert.state is Lifecycle.MUTED:
        return Line.of(("‖ ", "dim"))
    return Line.of(SIGNS.get(alert.severity, ("? ", "warn")))


def _severity(alert: Alert) -> Line:
    return Line.of((alert.severity, _style(alert, _SEVERITY_STYLE.get(alert.severity, "plain"))))


def _found_by(alert: Alert) -> Line:
    return Line.of(("+".join(alert.found_by), "dim"))
