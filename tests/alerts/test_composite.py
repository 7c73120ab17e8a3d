"""Composite alarms: another voice for what their parts tell; unmatched only where nobody can say what they mean."""

from __future__ import annotations

from tests.alerts.boards import board, firing, later
from tests.alerts.shifts import Shift, notified
from tradai_console.alerts.composite import LAGS
from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.models.alert import Lifecycle

NAME = "tradai-prod-platform-degraded"
PART = "tradai-prod-nat-unhealthy"
ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:"
REASON = f"{ARN}{PART} transitioned to ALARM at Friday 01 January, 2026 03:10:00 UTC"


def composite(**more: object) -> Alarm:
    rule = f'ALARM("{PART}") OR ALARM("tradai-prod-rds-connectivity")'
    return firing(NAME, type="composite", rule=rule, reason=REASON, **more)


def test_it_speaks_for_the_part_that_fires() -> None:
    """NAT's alarm and the composite above it are one alert, which names both alarms and keeps its own reason."""
    (alert,) = Shift().look(board(alarms=[firing(PART), composite()]))
    assert alert.alert == "NAT Instance Down"
    assert set(alert.alarms) == {PART, NAME}
    assert alert.reason == "Threshold Crossed"


def test_it_speaks_for_each_of_several() -> None:
    """With two parts in ALARM it is a witness of both, and no third alert."""
    alarms = [firing(PART), firing("tradai-prod-rds-connectivity"), composite()]
    found = Shift().look(board(alarms=alarms))
    assert {alert.alert for alert in found} == {"NAT Instance Down", "RDS Connectivity"}
    assert all(NAME in alert.alarms for alert in found)


def test_its_message_alone_says_which_part() -> None:
    """Its notification comes before any part is read as firing: the part that its reason names tells what it is."""
    known = [firing(PART, state=AlarmState.OK), composite(state=AlarmState.OK)]
    (alert,) = Shift().look(board(alarms=known), notified(NAME, "ALARM", later(seconds=1), REASON))
    assert alert.alert == "NAT Instance Down"
    assert alert.found_by == ("sns",)
    assert alert.reason.startswith(f"{PART} transitioned to ALARM at ")


def test_the_end_is_no_new_alert() -> None:
    """The part has recovered, the composite follows a moment later: nothing fires meanwhile."""
    shift = Shift()
    shift.look(board(alarms=[firing(PART), composite()]))
    calm = firing(PART, state=AlarmState.OK, since=later(seconds=30))
    found = shift.look(board(later(minutes=1), alarms=[calm, composite()]))
    assert [alert.state for alert in found] == [Lifecycle.RESOLVED]
    after = later(minutes=2) + LAGS
    open_ones = [one for one in shift.look(board(after, alarms=[calm, composite()])) if one.open]
    assert [one.alert for one in open_ones] == ["Unmatched alarm"]


def test_what_nobody_can_name_stays_unmatched() -> None:
    """A composite of alarms that lead nowhere is an alert of its own."""
    rule = 'ALARM("something-of-somebody") AND NOT ALARM("more")'
    strange = firing("all-together", type="composite", rule=rule, reason="x")
    found = Shift().look(board(alarms=[firing("something-of-somebody"), strange]))
    assert [alert.alert for alert in found] == ["Unmatched alarm", "Unmatched alarm"]
