"""The one list: witnesses that merge, words that contradict each other, and what people do."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.alerts.boards import BEATING, NAT, NOW, PLATFORM, ago, board, execution, firing, later, service
from tests.alerts.shifts import LIBRARY, Hands, Shift, notified
from tests.sample import ALARMS
from tradai_console.alerts.list import AlertList, loud
from tradai_console.errors import ConsoleError, JournalError
from tradai_console.journal.base import JournalDelayed, Kind
from tradai_console.models.alarm import AlarmState
from tradai_console.models.alert import Alert, Lifecycle, Mute
from tradai_console.models.nat import NatVerdict
from tradai_console.models.snapshot import State
from tradai_console.models.trading import Session

NAT_ALARM = "tradai-prod-nat-unhealthy"
GRID = replace(BEATING, last_heartbeat=ago(minutes=8))
RAD = replace(GRID, strategy_id="RadStrategy", model_name="RadStrategy")
STALE = "tradai-prod-heartbeat-stale"


def keys(alerts: tuple[Alert, ...]) -> list[str]:
    return [alert.key for alert in alerts if alert.open]


def stale(minutes: float, *sessions: Session, alarmed: bool = True, shift: Shift) -> tuple[Alert, ...]:
    over = firing(STALE, state=AlarmState.OK, since=later(minutes=minutes))
    well = replace(BEATING, last_heartbeat=later(minutes=minutes))
    alarms = [firing(STALE) if alarmed else over]
    return shift.look(board(later(minutes=minutes), alarms=alarms, trading=sessions or (well,)))


async def test_a_vague_alarm_takes_up_what_it_means() -> None:
    """An alarm over all sessions becomes the one session's alert once the console sees which: with its owner,
    its past and its beginning."""
    shift = Shift()
    stale(0, GRID, shift=shift)
    assert keys(shift.list.alerts) == ["Stale Heartbeat"]
    await shift.list.acknowledge("Stale Heartbeat", "jm")
    stale(1, GRID, shift=shift)
    (alert,) = shift.list.alerts
    assert alert.key == "Stale Heartbeat STRATEGY_ID=GridStrategy"
    assert alert.found_by == ("cloudwatch", "console")
    assert alert.worsened, "a second witness is news: it is loud again"
    assert alert.since == ago(minutes=12)


def test_a_vague_alarm_among_several() -> None:
    """Where two sessions are stale, the alarm stays with the one it was found to mean; a fresh look cannot tell."""
    shift = Shift()
    for minutes in (0, 1):
        stale(minutes, GRID, shift=shift)
    for minutes in (2, 3):
        alerts = stale(minutes, GRID, RAD, shift=shift)
    found = {alert.key: alert.found_by for alert in alerts if alert.open}
    assert found == {
        "Stale Heartbeat STRATEGY_ID=GridStrategy": ("cloudwatch", "console"),
        "Stale Heartbeat STRATEGY_ID=RadStrategy": ("console",),
    }
    fresh = Shift()
    for minutes in (0, 1):
        alerts = stale(minutes, GRID, RAD, shift=fresh)
    assert len(keys(alerts)) == 3


async def test_a_second_vague_alarm_keeps_its_own() -> None:
    """One vague alarm has found its session, another stands alone: acknowledging the one that stands holds."""
    shift = Shift()
    for minutes in (0, 1):
        stale(minutes, GRID, shift=shift)
    alarms = [firing(STALE), firing("tradai-prod-stale-heartbeat")]
    for minutes in (2, 3):
        stale(minutes, GRID, RAD, shift=shift)
    shift.look(board(later(minutes=3.5), alarms=alarms, trading=[GRID, RAD]))
    await shift.list.acknowledge("Stale Heartbeat", "jm")
    shift.look(board(later(minutes=4), alarms=alarms, trading=[GRID, RAD]))
    assert shift.one("Stale Heartbeat").state is Lifecycle.ACKNOWLEDGED
    assert len(keys(shift.list.alerts)) == 3


def test_a_vague_alarm_moves_on() -> None:
    """When its session has recovered and another is stale, the alarm means the other."""
    shift = Shift()
    for minutes in (0, 1):
        stale(minutes, GRID, shift=shift)
    for minutes in (2, 3):
        alerts = stale(minutes, RAD, shift=shift)
    assert keys(alerts) == ["Stale Heartbeat STRATEGY_ID=RadStrategy"]


def test_an_alarm_that_lags_keeps_its_alert() -> None:
    """The console sees the recovery first; until the alarm does too, it is still the same alert."""
    shift = Shift()
    for minutes in (0, 1):
        stale(minutes, GRID, shift=shift)
    assert keys(stale(2, shift=shift)) == ["Stale Heartbeat STRATEGY_ID=GridStrategy"]
    assert keys(stale(3, shift=shift, alarmed=False)) == []


def test_one_alert_an_execution() -> None:
    """Failed executions of one machine are alerts of their own; the machine's alarm joins a single one."""
    alarm = firing("tradai-prod-retraining-workflow-failed")
    runs = [execution("retraining", f"rt-{n}", "FAILED", 9 + n, 3) for n in range(2)]
    one = Shift().look(board(alarms=[alarm], workflows=runs[:1]))
    assert [alert.found_by for alert in one] == [("cloudwatch", "console")]
    two = Shift().look(board(alarms=[alarm], workflows=runs))
    assert len(keys(two)) == 3


def test_a_message_and_its_alarm_are_one_voice() -> None:
    """The notification of an alarm comes first, the reading later: one alert, and no second ring."""
    shift = Shift()
    first = shift.look(board(), notified(NAT_ALARM, "ALARM", NOW))
    assert [alert.found_by for alert in first] == [("sns",)]
    then = shift.look(board(later(seconds=10), alarms=[firing(NAT_ALARM, since=NOW)]))
    assert [(alert.key, alert.found_by) for alert in then] == [("NAT Instance Down", ("cloudwatch", "sns"))]
    assert loud(first, then) == ()


def test_the_newest_word_about_an_alarm_counts() -> None:
    """An OK on the channel ends an alert before the alarm is read again; an old notification raises nothing that
    a newer reading has seen end."""
    shift = Shift()
    before = board(alarms=[firing(NAT_ALARM, since=ago(minutes=3))])
    shift.look(before)
    assert keys(shift.look(before, notified(NAT_ALARM, "OK", later(seconds=1)), at=later(seconds=2))) == []
    over = board(later(seconds=9), alarms=[firing(NAT_ALARM, state=AlarmState.OK, since=later(seconds=1))])
    assert keys(shift.look(over)) == []
    again = shift.look(over, notified(NAT_ALARM, "ALARM", ago(minutes=3)), at=later(seconds=12))
    assert keys(again) == []


def test_an_alarm_without_data_has_not_recovered() -> None:
    """INSUFFICIENT_DATA after ALARM ends nothing; an alarm that never fired raises nothing by it."""
    shift = Shift()
    blind = firing(NAT_ALARM, state=AlarmState.INSUFFICIENT_DATA)
    assert keys(shift.look(board(alarms=[blind]))) == []
    shift.look(board(later(seconds=30), alarms=[firing(NAT_ALARM)]))
    held = shift.look(board(later(minutes=1), alarms=[blind]))
    assert "no data" in held[0].reason
    shift.look(
        board(later(minutes=2), alarms=[blind]), notified(NAT_ALARM, "INSUFFICIENT_DATA", later(minutes=2))
    )
    assert keys(shift.list.alerts) == ["NAT Instance Down"]
    assert keys(shift.look(board(later(minutes=3), alarms=[replace(blind, state=AlarmState.OK)]))) == []


@pytest.mark.parametrize("state", [state for state in State if not state.trusted])
def test_an_unread_source_ends_nothing(state: State) -> None:
    """Alarms whose reading failed go on firing as they last did."""
    shift = Shift()
    good = board(alarms=[firing(NAT_ALARM)])
    shift.look(good)
    failed = good.having("alarms", replace(good.alarms, state=state))
    assert keys(shift.look(failed, at=later(minutes=30))) == ["NAT Instance Down"]


def test_unknown_is_never_dropped() -> None:
    """An alarm that no rule knows is an alert by its name, a message by its subject, hostile ones included."""
    shift = Shift()
    alerts = shift.look(
        board(alarms=[firing("orders-late"), firing("[bold]x[/nope]")]),
        ("Lunch \x1b[31m is late", "at the canteen"),
    )
    assert {alert.alert for alert in alerts} == {"Unmatched alarm"}
    assert {alert.runbook for alert in alerts} == {"general-triage"}
    assert keys(alerts) == [
        "Unmatched alarm ALARM=[bold]x[/nope]",
        "Unmatched alarm ALARM=orders-late",
        "Unmatched alarm MESSAGE=Lunch ␛[31m is late",
    ]
    assert alerts[1].variables == {"ALARM": "orders-late"}
    assert "canteen" in alerts[2].reason


def test_a_health_check_that_passes_again_ends_what_its_message_told() -> None:
    """The alarm on the check's own metric is back at OK since: not a quarter of an hour has to be waited for it."""
    down = ("Service Unhealthy: mlflow", "mlflow failed 2 health checks in a row")
    health = {"metric": "ServiceHealthy", "dimensions": (("service", "mlflow"),), "state": AlarmState.OK}
    shift = Shift()
    shift.look(board(), down)
    before = firing("tradai-prod-mlflow-unhealthy", since=ago(minutes=9), **health)
    assert keys(shift.look(board(later(minutes=2), alarms=[before]))) == ["Service Unhealthy SERVICE=mlflow"]
    other = replace(before, dimensions=(("service", "backend-api"),), since=later(minutes=2))
    assert keys(shift.look(board(later(minutes=3), alarms=[other]))) != []
    since = replace(before, since=later(minutes=3))
    assert keys(shift.look(board(later(minutes=4), alarms=[since]))) == []


def test_a_message_ends() -> None:
    """What only a message told of ends by a word of recovery, by a board that shows the contrary, or after a day."""
    down = ("Stale Heartbeat: GridStrategy", "no heartbeat for more than 2 minutes")
    shift = Shift()
    assert keys(shift.look(board(), down)) == ["Stale Heartbeat STRATEGY_ID=GridStrategy"]
    assert keys(shift.look(board(later(minutes=2)))) != [], "too early to contradict"
    assert keys(shift.look(board(later(minutes=4)))) == []
    shift = Shift()
    shift.look(board(), down)
    ended = shift.look(
        board(later(minutes=1)),
        ("Stale Heartbeat: GridStrategy recovered", "no longer stale"),
    )
    assert keys(ended) == []
    shift = Shift()
    shift.look(board(), ("Position stuck: GridStrategy", "open"))
    assert keys(shift.look(board(later(minutes=60 * 23)))) == ["Position Stuck STRATEGY_ID=GridStrategy"]
    assert keys(shift.look(board(later(minutes=60 * 25)))) == []


async def test_close_what_only_a_message_told() -> None:
    """A person ends what nothing else can; what is still seen cannot be closed."""
    shift = Shift()
    shift.look(board(alarms=[firing(NAT_ALARM)]), ("Position stuck: GridStrategy", "open"))
    with pytest.raises(ConsoleError, match="still seen by cloudwatch"):
        await shift.list.close("NAT Instance Down", "jm", "fine")
    await shift.list.close("Position Stuck STRATEGY_ID=GridStrategy", "jm", "closed at the exchange")
    assert keys(shift.list.alerts) == keys(shift.look(board(later(seconds=30), alarms=[firing(NAT_ALARM)])))
    assert keys(shift.list.alerts) == ["NAT Instance Down"]
    assert shift.journal.entries[-1].text == "closed at the exchange"


async def test_acknowledged_until_resolved() -> None:
    """An acknowledgement has an owner and a note, is journalled first, and ends by itself on recovery."""
    shift = Shift()
    shift.look(board(alarms=[firing(NAT_ALARM)]))
    await shift.list.acknowledge("NAT Instance Down", "jm", "on it")
    alert = shift.one("NAT Instance Down")
    assert alert.state is Lifecycle.ACKNOWLEDGED
    assert alert.acknowledged is not None
    assert (alert.acknowledged.owner, alert.acknowledged.note) == ("jm", "on it")
    assert [entry.kind for entry in shift.journal.entries] == [Kind.ACKNOWLEDGE]
    shift.look(board(later(minutes=1)))
    assert shift.one("NAT Instance Down").state is Lifecycle.RESOLVED
    assert shift.one("NAT Instance Down").acknowledged is None
    await shift.list.keep()
    assert [entry.kind for entry in shift.journal.entries] == [Kind.ACKNOWLEDGE, Kind.RESOLVE]
    assert shift.look(board(later(minutes=17))) == ()
    with pytest.raises(ConsoleError, match="not firing"):
        await shift.list.acknowledge("NAT Instance Down", "jm")


async def test_loud_when_it_worsens() -> None:
    """More of the same ends an acknowledgement: it fires again, marked, and is announced."""
    shift = Shift()
    for minutes in (0, 1, 2):
        shift.look(board(later(minutes=minutes), services=[service("backend-api", 3, 2)]))
    key = "Service Unhealthy SERVICE=backend-api"
    await shift.list.acknowledge(key, "jm")
    quiet = shift.look(board(later(minutes=3), services=[service("backend-api", 3, 2)]))
    worse = shift.look(board(later(minutes=4), services=[service("backend-api", 3, 0)]))
    assert shift.one(key).state is Lifecycle.FIRING
    assert [alert.key for alert in loud(quiet, worse)] == [key]
    assert shift.one(key).worsened
    again = await shift.list.acknowledge(key, "jm")
    assert not again[0].worsened


async def test_muted_with_an_end() -> None:
    """A mute needs a reason and an end within a day; it ends by itself, and the alert is announced then."""
    shift = Shift()
    shift.look(board(alarms=[firing(NAT_ALARM)]))
    for until, reason in ((later(minutes=30), " "), (later(minutes=-1), "x"), (later(minutes=60 * 25), "x")):
        with pytest.raises(ConsoleError):
            await shift.list.mute("NAT Instance Down", "jm", until, reason)
    assert shift.journal.entries == []
    muted = await shift.list.mute("NAT Instance Down", "jm", later(minutes=30), "planned work")
    assert muted[0].state is Lifecycle.MUTED
    assert [(name, mute.owner) for name, mute in shift.list.mutes] == [("NAT Instance Down", "jm")]
    ended = shift.look(board(later(minutes=31), alarms=[firing(NAT_ALARM)]))
    assert ended[0].state is Lifecycle.FIRING
    assert loud(muted, ended) == ended
    assert shift.list.mutes == ()


def test_cloudwatch_mutes_count() -> None:
    """An alert is silent while a rule of CloudWatch's own silences all of its alarms."""
    shift = Shift()
    rule = Mute("ana", later(minutes=20), "release", native=True)
    shift.look(board(alarms=[firing(NAT_ALARM), firing("tradai-prod-nat-instance-down")]))
    assert [alert.state for alert in shift.list.know_mute_rules({NAT_ALARM: rule})] == [Lifecycle.FIRING]
    both = shift.list.know_mute_rules({NAT_ALARM: rule, "tradai-prod-nat-instance-down": rule})
    assert [(alert.state, alert.muted) for alert in both] == [(Lifecycle.MUTED, rule)]
    assert len(shift.list.mutes) == 2


async def test_not_kept_is_not_done() -> None:
    """An acknowledgement that the journal refuses has not happened; one that waits in its memory has."""
    shift = Shift()
    shift.look(board(alarms=[firing(NAT_ALARM)]))
    shift.journal.refuses = JournalError("the disk is full")
    with pytest.raises(JournalError):
        await shift.list.acknowledge("NAT Instance Down", "jm")
    assert shift.list.alerts[0].state is Lifecycle.FIRING
    shift.journal.refuses = JournalDelayed("later")
    assert (await shift.list.acknowledge("NAT Instance Down", "jm"))[0].state is Lifecycle.ACKNOWLEDGED


async def test_an_earlier_run_is_remembered() -> None:
    """After a restart the same alert has the same owner, mutes and notes; one that began anew has not."""
    first = Shift()
    first.look(board(alarms=[firing(NAT_ALARM), firing(STALE)]))
    await first.list.acknowledge("NAT Instance Down", "jm", "on it")
    await first.list.acknowledge("Stale Heartbeat", "jm")
    await first.list.note("NAT Instance Down", "jm", "asked AWS")
    await first.list.mute("ECS Memory High SERVICE=mlflow", "ana", later(minutes=90), "known leak")

    def restarted(stale_since: float) -> Shift:
        shift = Shift()
        shift.clock.at = later(minutes=20)
        shift.list.restore(first.journal.entries)
        shift.look(
            board(
                later(minutes=40), alarms=[firing(NAT_ALARM), firing(STALE, since=later(minutes=stale_since))]
            )
        )
        return shift

    shift = restarted(stale_since=35)
    assert shift.one("NAT Instance Down").acknowledged == first.one("NAT Instance Down").acknowledged
    assert shift.one("Stale Heartbeat").state is Lifecycle.FIRING
    assert shift.list.notes("NAT Instance Down") == ("jm: asked AWS",)
    assert [name for name, _ in shift.list.mutes] == ["ECS Memory High SERVICE=mlflow"]


def test_flaps() -> None:
    """Each beginning of the last day is on the strip, those before this console's start from the alarm's history."""
    shift = Shift()
    for minutes in (0, 20, 40):
        shift.look(board(later(minutes=minutes), nat=[replace(NAT, verdict=NatVerdict.DOWN)]))
        alerts = shift.look(board(later(minutes=minutes + 5), nat=[replace(NAT, verdict=NatVerdict.DOWN)]))
        assert len(alerts[0].flaps) == minutes / 20 + 1
        shift.look(board(later(minutes=minutes + 10)))
    assert shift.one("NAT Instance Down").flaps == (later(), later(minutes=20), later(minutes=40))
    history = firing("tradai-prod-backend-api-unhealthy")
    seen = Shift().look(board(alarms=[replace(history, history=ALARMS[0].history)]))
    assert seen[0].flaps == (ago(minutes=12),)


def test_order() -> None:
    """Unacknowledged before acknowledged, then the most severe, then the oldest; equal boards give equal lists."""
    names = [
        "tradai-prod-api-latency-high",
        "tradai-prod-position-stuck",
        NAT_ALARM,
        "tradai-prod-rds-failover",
    ]
    alarms = [firing(name, since=ago(minutes=n)) for n, name in enumerate(names)]
    one, other = Shift().look(board(alarms=alarms)), Shift().look(board(alarms=alarms[::-1]))
    assert one == other
    assert [alert.alert for alert in one] == [
        "Position Stuck", "Database Failover", "NAT Instance Down", "High API Latency",
    ]  # fmt: skip


async def test_without_a_journal() -> None:
    """The list works where nothing is kept."""
    bare = AlertList(LIBRARY, PLATFORM, Hands())
    bare.update(board(alarms=[firing(NAT_ALARM)]))
    assert (await bare.acknowledge("NAT Instance Down", "jm"))[0].state is Lifecycle.ACKNOWLEDGED


def test_a_long_list_is_quick() -> None:
    """With 5,000 alarms of which 500 fire, a look takes well under the interval of any source."""
    alarms = [firing(f"team-{n}-queue-late") for n in range(450)]
    alarms += [firing(f"tradai-prod-s{n}-unhealthy") for n in range(50)]
    alarms += [firing(f"calm-{n}", state=AlarmState.OK) for n in range(4_500)]
    shift, here = Shift(), board(alarms=alarms)
    assert len(shift.look(here)) == 500
    started = time.perf_counter()
    shift.look(here)
    assert time.perf_counter() - started < 5
    assert timedelta(0) == shift.clock.at - NOW
