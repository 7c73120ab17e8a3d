"""What CloudWatch watches, by account and region, and what happens when an alarm changes its state."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.sns.models import sns_backends

from tradai_console.demo.behaviour.alarms import Alarm, Rule, notification
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import stamp
from tradai_console.demo.behaviour.metrics import Store
from tradai_console.demo.behaviour.mutes import MuteRule

_HISTORY_KEPT = 10_000


@dataclass
class Account:
    """Everything of one account and region."""

    account: str
    region: str
    store: Store = field(default_factory=Store)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    rules: dict[str, tuple[Rule, frozenset[str]]] = field(default_factory=dict)
    mutes: dict[str, MuteRule] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    names: list[str] | None = None

    def ordered(self) -> list[str]:
        """Every alarm's name, in order."""
        if self.names is None:
            self.names = sorted(self.alarms)
        return self.names


class Tower:
    """Every account that is watched, and who hears of it."""

    clock: Clock

    def begin(self, clock: Clock) -> None:
        """Begin at nothing, in this clock's time."""
        self.clock = clock
        self.accounts: dict[tuple[str, str], Account] = {}
        self.watchers: list[Callable[[str, str, str], None]] = []


lock = threading.RLock()
"""Held by whoever reads or changes what is watched."""

tower = Tower()


def account_of(account: str, region: str) -> Account:
    """Everything of one account and region, made where it is not there."""
    return tower.accounts.setdefault((account, region), Account(account, region))


def enter(account: Account, alarm: Alarm, state: str, reason: str, data: str | None) -> None:
    """Let the alarm enter this state, and whoever is to hear of it hear."""
    old, old_reason, old_data, now = alarm.state, alarm.reason, alarm.reason_data, tower.clock.time()
    alarm.state, alarm.reason, alarm.reason_data = state, reason, data
    alarm.state_updated_at, alarm.described = now, None
    if old == state:
        return
    alarm.transitioned_at = now
    change = {
        "version": "1.0",
        "oldState": {"stateValue": old, "stateReason": old_reason, **_reason_data(old_data)},
        "newState": {"stateValue": state, "stateReason": reason, **_reason_data(data)},
    }
    remember(account, alarm, "StateUpdate", f"Alarm updated from {old} to {state}", change)
    if alarm.enabled and not _quiet(account, alarm, now):
        _act(account, alarm, old, now)
    for hear in tower.watchers:
        tower.clock.after(0.0, lambda hear=hear: hear(alarm.name, old, state))  # type: ignore[misc]
    if account.rules:
        judge_composites(account)


def judge_composites(account: Account) -> None:
    """Let every composite alarm follow those below it."""
    states = {name: alarm.state for name, alarm in account.alarms.items()}
    for name, (rule, children) in list(account.rules.items()):
        alarm = account.alarms.get(name)
        if alarm is None or not alarm.composite:
            continue
        state = "ALARM" if rule(states) else "OK"
        if state == alarm.state:
            continue
        cause = next((account.alarms[child] for child in sorted(children) if child in account.alarms), alarm)
        newest = max(
            (account.alarms[one] for one in children if one in account.alarms),
            key=_last_change,
            default=cause,
        )
        reason = f"{newest.arn} transitioned to {newest.state} at {stamp(newest.transitioned_at):%A %d %B, %Y %H:%M:%S UTC}"
        enter(account, alarm, state, reason, None)
        return  # entering has judged the others anew


def _last_change(alarm: Alarm) -> float:
    return alarm.transitioned_at


def _quiet(account: Account, alarm: Alarm, now: float) -> bool:
    if any(alarm.name in rule.alarms and rule.status(now) == "ACTIVE" for rule in account.mutes.values()):
        return True
    suppressor = str(alarm.config.get("ActionsSuppressor") or "").split(":alarm:", 1)[-1]
    found = account.alarms.get(suppressor)
    return found is not None and found.state == "ALARM"


def _act(account: Account, alarm: Alarm, old: str, now: float) -> None:
    subject, body = notification(alarm, old, account.account, account.region, now)
    for arn in alarm.actions(alarm.state):
        remember(
            account, alarm, "Action", f"Successfully executed action {arn}", {"actionState": "Succeeded"}
        )
        if ":sns:" in arn:
            tower.clock.after(0.0, lambda arn=arn: _publish(arn, subject, body))  # type: ignore[misc]
        elif ":lambda:" in arn:
            tower.clock.after(0.0, lambda arn=arn: _invoke(arn, body))  # type: ignore[misc]


def _publish(arn: str, subject: str, body: str) -> None:
    region, account = arn.split(":")[3:5]
    sns_backends[account][region].publish(body, arn=arn, subject=subject[:100])


def _invoke(arn: str, body: str) -> None:
    from tradai_console.demo.behaviour import functions

    functions.invoke(arn, {"source": "aws.cloudwatch", "alarmData": json.loads(body)})


def remember(account: Account, alarm: Alarm, kind: str, summary: str, data: Mapping[str, Any]) -> None:
    """Write it into the history."""
    account.history.append(
        {
            "AlarmName": alarm.name,
            "AlarmType": alarm.kind,
            "Timestamp": tower.clock.now(),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )
    if len(account.history) > _HISTORY_KEPT:
        del account.history[: _HISTORY_KEPT // 10]


def _reason_data(text: str | None) -> dict[str, Any]:
    try:
        return {"stateReasonData": json.loads(text)} if text else {}
    except ValueError:
        return {"stateReasonData": text}
