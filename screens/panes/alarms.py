"""The alarms: every one of the region, firing or not."""

from __future__ import annotations

from collections.abc import Sequence

from screens.widgets.columns import Column
from screens.widgets.line import Line
from screens.widgets.pane import Pane
from screens.widgets.words import ago, in_short
from tradai_console.models.alarm import Alarm, AlarmState

SIGNS = {
    AlarmState.ALARM: ("▲", "bad"),
    AlarmState.INSUFFICIENT_DATA: ("?", "warn"),
    AlarmState.OK: ("✓", "good"),
}
_RANK = {AlarmState.ALARM: 0, AlarmState.INSUFFICIENT_DATA: 1, AlarmState.OK: 2}


class AlarmsPane(Pane[Alarm]):
    """Every alarm of the region."""

    source = "alarms"
    digit = 7
    name_shown = "Alarms"
    name_short = "Alarms"
    words_empty = "no alarm in this region"

    def key_of(self, item: Alarm) -> str:
        return item.name

    def arn_of(self, item: Alarm) -> str:
        return item.arn or item.name

    def order(self, item: Alarm) -> tuple[int, float]:
        return (_RANK[item.state], -(item.since.timestamp() if item.since else 0.0))

    def haystack(self, item: Alarm) -> str:
        return f"{item.name} {item.state} {item.type} {item.metric or ''} {item.reason}"

    def trouble(self, item: Alarm) -> bool:
        return item.firing

    def summary(self) -> Line:
        counts = dict.fromkeys(AlarmState, 0)
        for alarm in self.snapshot.items:
            counts[alarm.state] += 1
        return Line.of(
            (f"{counts[AlarmState.ALARM]} in alarm", "bad" if counts[AlarmState.ALARM] else "dim"),
            (f"  {counts[AlarmState.OK]} ok", "dim"),
            (f"  {counts[AlarmState.INSUFFICIENT_DATA]} no data", "dim"),
        )

    def columns(self) -> Sequence[Column[Alarm]]:
        now = self.moment.now
        return (
            Column("state", "", _sign, most=2, rank=0, sort=lambda alarm: _RANK[alarm.state]),
            Column("name", "alarm", _name, most=48, rank=0, sort=lambda alarm: alarm.name),
            Column("silent", "", _silent, most=12, rank=4),
            Column(
                "since",
                "for",
                lambda alarm: Line.of((ago(alarm.since, now), "dim")),
                most=6,
                rank=1,
                align="right",
                sort=lambda alarm: -(alarm.since.timestamp() if alarm.since else 0.0),
            ),
            Column(
                "reason",
                "why",
                lambda alarm: Line.of((in_short(alarm.reason), "dim")),
                least=12,
                rank=5,
                flex=True,
            ),
        )


def _sign(alarm: Alarm) -> Line:
    return Line.of(SIGNS[alarm.state])


def _name(alarm: Alarm) -> Line:
    return Line.of((alarm.name, "strong" if alarm.firing else "plain"))


def _silent(alarm: Alarm) -> Line:
    """An alarm that can wake nobody says so."""
    if not alarm.actions_enabled:
        return Line.of(("actions off", "warn"))
    return Line.of(("no target", "warn") if not alarm.actions else "")
