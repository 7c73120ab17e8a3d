"""An alarm: what it watches, why it is where it is, and what it belongs to."""

from __future__ import annotations

from screens.facts.facts import Chart, Facts, Related, Section, pair
from screens.panes.alarms import SIGNS
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import UNKNOWN, ago, day_stamp, number
from tradai_console.models.alarm import Alarm
from tradai_console.models.board import Board
from tradai_console.models.figure import Metric

_SIGNS_OF_COMPARISON = {
    "GreaterThanOrEqualToThreshold": "≥",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


def alarm_facts(alarm: Alarm, board: Board, moment: Moment) -> Facts:
    """Everything known about an alarm."""
    sign, style = SIGNS[alarm.state]
    return Facts(
        title=Line.of((f"{sign} ", style), (alarm.name, "strong"), "  ", (alarm.state.value, style)),
        name=alarm.name,
        arn=alarm.arn,
        sections=tuple(
            s for s in (_why(alarm, moment), _rule(alarm), _wakes(alarm), _history(alarm, moment)) if s.lines
        ),
        charts=_charts(alarm),
        related=_related(alarm, board, moment),
    )


def metric_of(alarm: Alarm) -> Metric | None:
    """The metric an alarm judges; None for a composite one or one over an expression."""
    if not (alarm.namespace and alarm.metric):
        return None
    statistic, period = alarm.statistic or "Average", alarm.period_s or 60
    return Metric(alarm.namespace, alarm.metric, tuple(sorted(alarm.dimensions)), statistic, period)


def _why(alarm: Alarm, moment: Moment) -> Section:
    lines = [
        pair("since", f"{day_stamp(alarm.since, local=moment.local)}  ({ago(alarm.since, moment.now)} ago)")
    ]
    lines.append(pair("reason", alarm.reason or UNKNOWN))
    if alarm.description:
        lines.append(pair("description", alarm.description))
    return Section("Why", tuple(lines))


def _rule(alarm: Alarm) -> Section:
    if alarm.rule:
        return Section("Rule", (pair("composite of", alarm.rule),))
    if not alarm.metric:
        return Section("Rule", ())
    comparison = _SIGNS_OF_COMPARISON.get(alarm.comparison or "", alarm.comparison or UNKNOWN)
    fires = f"{alarm.statistic or UNKNOWN} {comparison} {number(alarm.threshold, 2)}{' ' + alarm.unit if alarm.unit else ''}"
    needs = f"{alarm.datapoints_to_alarm or alarm.evaluation_periods} of {alarm.evaluation_periods} periods of {alarm.period_s} s"
    lines = [
        pair("metric", f"{alarm.namespace} {alarm.metric}"),
        pair("fires when", Line.of((fires, "strong"), f", {needs}")),
        pair("missing data", alarm.missing_data or "missing"),
    ]
    lines += [pair(f"  {name}", value) for name, value in alarm.dimensions]
    return Section("Rule", tuple(lines))


def _wakes(alarm: Alarm) -> Section:
    if not alarm.actions_enabled:
        return Section("Notifies", (Line.of(("nobody: its actions are switched off", "warn")),))
    if not alarm.actions:
        return Section("Notifies", (Line.of(("nobody: it has no target", "warn")),))
    return Section("Notifies", tuple(Line.of(target) for target in alarm.actions))


def _history(alarm: Alarm, moment: Moment) -> Section:
    return Section(
        "History",
        tuple(
            Line.of((day_stamp(change.at, local=moment.local), "dim"), "  ", change.summary)
            for change in alarm.history
        ),
    )


def _charts(alarm: Alarm) -> tuple[Chart, ...]:
    metric = metric_of(alarm)
    return () if metric is None else (Chart(metric, metric.name, alarm.unit or "", alarm.threshold),)


def _related(alarm: Alarm, board: Board, moment: Moment) -> tuple[Related, ...]:
    values = {value for _, value in alarm.dimensions}
    found = [
        Related("services", service.arn or service.name, Line.of("service ", service.service))
        for service in board.services.items
        if service.name in values or service.service in values or f"-{service.service}-" in alarm.name
    ]
    found += [
        Related("databases", one.id, Line.of("database ", one.id))
        for one in board.databases.items
        if one.id in values
    ]
    found += [
        Related("nat", "nat", Line.of("the way out: NAT ", nat.verdict.value))
        for nat in board.nat.items
        if nat.instance_id in values or "-nat-" in alarm.name
    ]
    found += [
        Related("trading", one.strategy_id, Line.of("session ", one.strategy_id))
        for one in board.trading.items
        if one.strategy_id in values or ("heartbeat" in alarm.name and one.stale(moment.now))
    ]
    machines = [one for one in board.workflows.items if one.machine_arn in values and one.failed]
    found += [Related("workflows", one.arn, Line.of("execution ", one.name)) for one in machines[:3]]
    return tuple(found[:9])
