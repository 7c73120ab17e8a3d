"""The order of the list: total, so that equal boards give equal lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from tradai_console.alerts.merge import LATER
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.runbook.model import Severity

_CLASS: Final = {
    Lifecycle.FIRING: 0,
    Lifecycle.ACKNOWLEDGED: 1,
    Lifecycle.MUTED: 2,
    Lifecycle.RESOLVED: 3,
}


def in_order(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Unacknowledged first, then by severity, then the oldest first.

    What a deeper alert of the same state explains stands right under it, and lends it its own rank: a cause is
    no less urgent than what it causes.
    """
    found = tuple(alerts)
    by_key = {alert.key: alert for alert in found}
    heads = {alert.key: _head(alert, by_key) for alert in found}
    ranks: dict[str, int] = {}
    for alert in found:
        head = heads[alert.key]
        ranks[head] = min(ranks.get(head, _rank(alert)), _rank(alert))

    def place(alert: Alert) -> tuple[int, int, tuple[datetime, str], bool, int, tuple[datetime, str]]:
        head = by_key[heads[alert.key]]
        return (
            _CLASS[alert.state],
            ranks[head.key],
            _age(head),
            alert.key != head.key,
            _rank(alert),
            _age(alert),
        )

    return tuple(sorted(found, key=place))


def _head(alert: Alert, by_key: Mapping[str, Alert]) -> str:
    cause = by_key.get(alert.because_of or "")
    return cause.key if cause is not None and cause.state is alert.state else alert.key


def _rank(alert: Alert) -> int:
    return Severity(alert.severity).rank


def _age(alert: Alert) -> tuple[datetime, str]:
    return alert.since or LATER, alert.key
