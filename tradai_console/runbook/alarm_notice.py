"""CloudWatch's alarm notifications, in every shape they come in, as alarms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.text import plain

_Found: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...]]
"""Namespace, name and dimensions of a metric."""

_MAIL = re.compile(r'(ALARM|OK|INSUFFICIENT_DATA):\s+"([^"]{1,255})" in .*')


def alarm_of_mail(subject: str) -> Alarm | None:
    """Of the subject that CloudWatch gives its mails."""
    match = _MAIL.fullmatch(subject)
    return _made(match[2], match[1], "", "") if match else None


def alarm_of(document: Any) -> Alarm | None:
    """Of a notification (`AlarmName`, `NewStateValue`) or of an EventBridge event (`detail.alarmName`)."""
    if not isinstance(document, dict):
        return None
    name, state = document.get("AlarmName"), document.get("NewStateValue")
    if isinstance(name, str) and isinstance(state, str):
        trigger = document.get("Trigger")
        return _with_metric(
            _made(name, state, document.get("NewStateReason"), document.get("AlarmDescription")),
            _table(trigger),
        )
    detail = document.get("detail")
    if not isinstance(detail, dict):
        detail = document.get("alarmData")
    if isinstance(detail, dict) and isinstance(detail.get("alarmName"), str):
        now, configuration = _table(detail.get("state")), _table(detail.get("configuration"))
        made = _made(
            detail["alarmName"], now.get("value"), now.get("reason"), configuration.get("description")
        )
        return _with_metric(made, configuration)
    return None


def as_number(value: Any) -> float | None:
    """A number of JSON as a float; None for anything else, and for whole numbers that no float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _made(name: str, state: Any, reason: Any, description: Any) -> Alarm:
    known = AlarmState(state) if state in AlarmState.__members__ else AlarmState.ALARM
    return Alarm(
        name=plain(name, 255),
        arn="",
        type="metric",
        state=known,
        since=None,
        reason=plain(reason),
        description=plain(description),
    )


def _with_metric(alarm: Alarm, trigger: Mapping[str, Any]) -> Alarm:
    found = next(_metrics(trigger), None)
    if found is None:
        return alarm
    threshold = trigger.get("Threshold", trigger.get("threshold"))
    comparison = trigger.get("ComparisonOperator", trigger.get("comparisonOperator"))
    return replace(
        alarm,
        namespace=found[0],
        metric=found[1],
        dimensions=found[2],
        threshold=as_number(threshold),
        comparison=plain(comparison, 80) if isinstance(comparison, str) else None,
    )


def _metrics(trigger: Mapping[str, Any]) -> Iterator[_Found]:
    """Of the trigger itself, or of the plain metrics of an expression, in their order."""
    candidates = [trigger]
    for key in ("Metrics", "metrics"):
        listed = trigger.get(key)
        for entry in listed if isinstance(listed, list) else ():
            stat = entry.get("MetricStat", entry.get("metricStat")) if isinstance(entry, dict) else None
            metric = stat.get("Metric", stat.get("metric")) if isinstance(stat, dict) else None
            if isinstance(metric, dict):
                candidates.append(metric)
    for metric in candidates:
        name = metric.get("MetricName", metric.get("metricName", metric.get("name")))
        namespace = metric.get("Namespace", metric.get("namespace"))
        if isinstance(name, str) and isinstance(namespace, str):
            dimensions = metric.get("Dimensions", metric.get("dimensions"))
            yield plain(namespace, 255), plain(name, 255), tuple(sorted(_dimensions(dimensions)))


def _dimensions(raw: Any) -> Iterator[tuple[str, str]]:
    if isinstance(raw, dict):
        yield from ((plain(key, 255), plain(value, 1_024)) for key, value in raw.items())
    for entry in raw if isinstance(raw, list) else ():
        if isinstance(entry, dict):
            low = {str(key).lower(): value for key, value in entry.items()}
            if "name" in low and "value" in low:
                yield plain(low["name"], 255), plain(low["value"], 1_024)
