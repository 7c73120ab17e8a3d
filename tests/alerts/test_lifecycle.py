"""Whatever happens in whatever order: the promises of the list hold."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.alerts.boards import BEATING, NAT, NOW, board, execution, firing, service
from tests.alerts.shifts import Shift, notified, said
from tradai_console.models.alarm import AlarmState
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.board import SOURCES
from tradai_console.models.nat import NatVerdict
from tradai_console.models.snapshot import State
from tradai_console.runbook.model import Severity

NAMES = ("tradai-prod-nat-unhealthy", "tradai-prod-heartbeat-stale", "tradai-prod-backend-api-unhealthy",
         "tradai-prod-retraining-workflow-failed", "orders-late")  # fmt: skip
STATES = st.sampled_from([*AlarmState, AlarmState.ALARM])
UNTRUSTED = [state for state in State if not state.trusted]


class ManyShifts(RuleBasedStateMachine):
    """Alarms, messages, conditions and failures come and go; people acknowledge, mute and restart."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = Shift()
        self.now: datetime = NOW
        self.alarms = {name: firing(name, state=AlarmState.OK, since=NOW) for name in NAMES}
        self.items: dict[str, Any] = {}
        self.blind: dict[str, State] = {}
        self.last = board()
        self.before: dict[str, Alert] = {}
        self.owned: set[str] = set()
        self.messages = 0

    @rule(name=st.sampled_from(NAMES), state=STATES)
    def alarm_changes(self, name: str, state: AlarmState) -> None:
        self.alarms[name] = replace(self.alarms[name], state=state, since=self.now)

    @rule(running=st.sampled_from([None, 0, 1, 2]))
    def tasks_change(self, running: int | None) -> None:
        self.items["services"] = [replace(service("backend-api", 2, 2), running=running)]

    @rule(verdict=st.sampled_from(list(NatVerdict)))
    def way_out_changes(self, verdict: NatVerdict) -> None:
        self.items["nat"] = [replace(NAT, verdict=verdict)]

    @rule(
        old=st.booleans(),
        psi=st.sampled_from([None, 0.05, 0.2, 0.4]),
        status=st.sampled_from(["running", "paused"]),
    )
    def session_changes(self, old: bool, psi: float | None, status: str) -> None:
        beat = self.now - timedelta(minutes=9 if old else 0)
        self.items["trading"] = [replace(BEATING, last_heartbeat=beat, psi=psi, status=status)]

    @rule(count=st.integers(0, 3))
    def executions_fail(self, count: int) -> None:
        runs = [execution("retraining", f"rt-{n}", "FAILED", 9, 3) for n in range(count)]
        self.items["workflows"] = runs

    @rule(sources=st.sets(st.sampled_from(SOURCES)), state=st.sampled_from(UNTRUSTED))
    def sources_fail(self, sources: set[str], state: State) -> None:
        self.blind = dict.fromkeys(sources, state)

    @rule(minutes=st.sampled_from([0.1, 0.5, 3.0, 20.0]))
    def a_look(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)
        self._look()

    @rule(name=st.sampled_from(NAMES), state=STATES)
    def notified(self, name: str, state: AlarmState) -> None:
        self._look(notified(name, state, self.now))

    @rule(
        text=st.sampled_from(
            ["Stale Heartbeat: GridStrategy", "NAT instance down", "Lunch", "NAT instance down: recovered"]
        )
    )
    def told(self, text: str) -> None:
        self._look(said(text, "", at=self.now))

    @precondition(lambda self: any(alert.open for alert in self.shift.list.alerts))
    @rule(data=st.data())
    def acknowledged(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from([alert.key for alert in self.shift.list.alerts if alert.open]))
        asyncio.run(self.shift.list.acknowledge(key, "jm"))
        self._remember()

    @precondition(lambda self: self.shift.list.alerts)
    @rule(data=st.data(), minutes=st.integers(1, 60))
    def muted(self, data: st.DataObject, minutes: int) -> None:
        key = data.draw(st.sampled_from([alert.key for alert in self.shift.list.alerts]))
        asyncio.run(self.shift.list.mute(key, "ana", self.now + timedelta(minutes=minutes), "work"))
        self._remember()

    def _look(self, *messages: Any) -> None:
        here = board(self.now, alarms=list(self.alarms.values()), **self.items)
        for name, state in self.blind.items():
            # A failed reading keeps the last good items and their age.
            here = here.having(name, replace(getattr(self.last, name), state=state))
        self.before = {alert.key: alert for alert in self.shift.list.alerts}
        self.shift.look(here, *messages, at=self.now)
        self.last = here
        self._owned_is_kept()
        if not messages:
            self._nothing_resolves_unseen()
        self._remember()

    def _remember(self) -> None:
        self.owned = {alert.key for alert in self.shift.list.alerts if alert.acknowledged and alert.open}

    def _owned_is_kept(self) -> None:
        """Acknowledged is never lost while it fires, unless it got worse and says so."""
        for alert in self.shift.list.alerts:
            if alert.key in self.owned and alert.open and self.before[alert.key].open:
                assert alert.acknowledged is not None or alert.worsened

    def _nothing_resolves_unseen(self) -> None:
        """With no source trusted and no message, whatever was open stays open."""
        if set(self.blind) >= set(SOURCES):
            for alert in self.shift.list.alerts:
                was = self.before.get(alert.key)
                if was is not None and was.open and "sns" not in was.found_by:
                    assert alert.open, alert

    @invariant()
    def one_alert_a_key(self) -> None:
        found = [alert.key for alert in self.shift.list.alerts]
        assert len(found) == len(set(found))

    @invariant()
    def in_order(self) -> None:
        order = [Lifecycle.FIRING, Lifecycle.ACKNOWLEDGED, Lifecycle.MUTED, Lifecycle.RESOLVED]
        places = [order.index(alert.state) for alert in self.shift.list.alerts]
        assert places == sorted(places)

    @invariant()
    def whole(self) -> None:
        """Every alert says what it is, since when, where it leads and who says so; causes are in the list, and open."""
        by_key = {alert.key: alert for alert in self.shift.list.alerts}
        for alert in by_key.values():
            assert alert.found_by
            assert alert.since is not None
            assert alert.since <= self.now
            assert Severity(alert.severity)
            assert alert.runbook
            assert (alert.state is Lifecycle.MUTED) <= (alert.muted is not None)
            assert (alert.because_of is None) == (alert.grouping_rule is None)
            if alert.because_of is not None:
                assert by_key[alert.because_of].open
                assert by_key[alert.because_of].because_of is None, "grouped under the deepest cause"

    @invariant()
    def what_is_seen_is_listed(self) -> None:
        """An alarm in ALARM that has been read is open in the list; every alarm is in one alert at the most."""
        named = [name for alert in self.shift.list.alerts if alert.open for name in alert.alarms]
        assert len(named) == len(set(named))
        read = {alarm.name for alarm in self.last.alarms.items if alarm.firing}
        told_otherwise = {
            one.alarm
            for one in self.shift.list._heard
            if one.notice.alarm is not None and one.notice.resolved
        }
        assert read - told_otherwise <= set(named)


ManyShifts.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestManyShifts = ManyShifts.TestCase


def test_an_alarm_is_in_one_alert_whoever_told_it_last() -> None:
    """It fires, a message names what it is about, and three minutes later its own notification comes once more."""
    state = ManyShifts()
    state.alarm_changes(name="tradai-prod-heartbeat-stale", state=AlarmState.ALARM)
    state.told(text="Stale Heartbeat: GridStrategy")
    state.a_look(minutes=3.0)
    state.notified(name="tradai-prod-heartbeat-stale", state=AlarmState.ALARM)
    state.what_is_seen_is_listed()
