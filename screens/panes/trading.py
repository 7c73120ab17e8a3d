"""The trading sessions: does each beat, and has its model drifted."""

from __future__ import annotations

from collections.abc import Sequence

from screens.widgets.columns import Column
from screens.widgets.line import Line
from screens.widgets.pane import Pane
from screens.widgets.words import UNKNOWN, span_of
from tradai_console.models.trading import PSI_MODERATE, PSI_SIGNIFICANT, Session


class TradingPane(Pane[Session]):
    """Every row of the trading state."""

    source = "trading"
    digit = 6
    name_shown = "Trading"
    name_short = "Trade"
    timed = True
    words_empty = "no trading session"

    def key_of(self, item: Session) -> str:
        return item.strategy_id

    def order(self, item: Session) -> tuple[bool, bool, float]:
        return (not self.trouble(item), not item.watched, -(item.psi or 0.0))

    def haystack(self, item: Session) -> str:
        return f"{item.strategy_id} {item.status} {item.model_name or ''}"

    def trouble(self, item: Session) -> bool:
        return item.stale(self.moment.now) or (item.psi or 0.0) > PSI_SIGNIFICANT or item.status == "failed"

    def summary(self) -> Line:
        watched = sum(item.watched for item in self.snapshot.items)
        stale = sum(item.stale(self.moment.now) for item in self.snapshot.items)
        return Line.of(
            (f"{stale} stale", "bad") if stale else "", "  " if stale else "", (f"{watched} running", "dim")
        )

    def columns(self) -> Sequence[Column[Session]]:
        return (
            Column("sign", "", self._sign, most=1, rank=0),
            Column("strategy", "strategy", self._strategy, most=24, rank=0, flex=True, least=10, sort=lambda s: s.strategy_id),
            Column("status", "status", _status, most=10, rank=2, sort=lambda s: s.status),
            Column("beat", "heartbeat", self._beat, most=12, rank=0, align="right", sort=self._age),
            Column("psi", "psi", _psi, most=14, rank=1, sort=lambda s: -(s.psi or 0.0)),
        )  # fmt: skip

    def _sign(self, item: Session) -> Line:
        if self.trouble(item):
            return Line.of(("▲", "bad"))
        return Line.of(("✓", "good") if item.watched else ("·", "dim"))

    def _strategy(self, item: Session) -> Line:
        return Line.of((item.strategy_id, "strong" if self.trouble(item) else "plain"))

    def _age(self, item: Session) -> float:
        age = item.heartbeat_age_s(self.moment.now)
        return float("-inf") if age is None else -age

    def _beat(self, item: Session) -> Line:
        age = item.heartbeat_age_s(self.moment.now)
        style = "bad" if item.stale(self.moment.now) else "plain" if item.watched else "dim"
        return Line.of(("no beat" if age is None else f"beat {span_of(age)}", style))


def _status(item: Session) -> Line:
    style = {"running": "good", "warmup": "info", "failed": "bad"}.get(item.status, "dim")
    return Line.of((item.status, style))


def _psi(item: Session) -> Line:
    if item.psi is None:
        return Line.of(("psi ", "dim"), (UNKNOWN, "dim"))
    word, style = (
        ("high", "bad")
        if item.psi > PSI_SIGNIFICANT
        else ("drift", "warn")
        if item.psi > PSI_MODERATE
        else ("", "plain")
    )
    return Line.of(("psi ", "dim"), (f"{item.psi:.2f}", style), (f" {word}" if word else "", style))
