"""The alarms pane's source: every kind, every page, few calls."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny, server_error, status
from tests.sources.conftest import HandClock, says
from tradai_console.aws.door import Door
from tradai_console.errors import Denied, Unavailable
from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.platform import Platform
from tradai_console.sources.alarm_history import parse_history
from tradai_console.sources.alarms import AlarmSource, parse_alarm, parse_alarms
from tradai_console.sources.reading import Reading

AT = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
RAW: dict[str, Any] = {
    "AlarmName": "tradai-prod-backend-api-unhealthy",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:tradai-prod-backend-api-unhealthy",
    "AlarmDescription": "two checks failed",
    "AlarmConfigurationUpdatedTimestamp": AT,
    "ActionsEnabled": False,
    "OKActions": [],
    "AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod"],
    "StateValue": "ALARM",
    "StateReason": "Threshold Crossed",
    "StateReasonData": "{}",
    "StateUpdatedTimestamp": AT,
    "StateTransitionedTimestamp": datetime(2026, 1, 1, 2, 0, tzinfo=UTC),
    "MetricName": "ServiceHealthy",
    "Namespace": "TradAI",
    "Statistic": "Minimum",
    "Dimensions": [{"Name": "service", "Value": "backend-api"}, {"Name": "env", "Value": "prod"}],
    "Period": 120,
    "Unit": "Count",
    "EvaluationPeriods": 2,
    "DatapointsToAlarm": 2,
    "Threshold": 1.0,
    "ComparisonOperator": "LessThanThreshold",
    "TreatMissingData": "breaching",
}


def put(boto: Any, *names: str) -> Any:
    cloudwatch = boto("cloudwatch")
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="TradAI",
            MetricName="Beat",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="LessThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="fine")
    return cloudwatch


def states(reading: Reading[Alarm]) -> dict[str, str]:
    return {one.name: one.state.value for one in reading.items if not one.name.startswith("filler")}


@pytest.fixture
def crowd(boto: Any) -> None:
    """More alarms than one answer holds, so that not all are read each time."""
    put(boto, *[f"filler-{n}" for n in range(101)])


async def test_a_small_account_is_read_whole(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """What fits into one answer is read whole each time: a new alarm is seen at once, and each reading is one call."""
    put(boto, "a")
    source = AlarmSource(door, platform, clock)
    await source.read()
    put(boto, "new").delete_alarms(AlarmNames=["a"])
    clock.move(15)
    assert states(await source.read()) == {"new": "OK"}
    assert line.count("cloudwatch", "DescribeAlarms") == 2


@pytest.mark.usefixtures("crowd")
async def test_a_change_is_seen_between_two_sweeps(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """An alarm that fires, and one that recovers, are seen at the next reading, for one or two calls."""
    cloudwatch = put(boto, "a", "b")
    source = AlarmSource(door, platform, clock)
    assert states(await source.read()) == {"a": "OK", "b": "OK"}
    cloudwatch.set_alarm_state(AlarmName="b", StateValue="ALARM", StateReason="[/b] late")
    clock.move(15)
    line.forget_calls()
    reading = await source.read()
    assert states(reading) == {"a": "OK", "b": "ALARM"}
    assert [one.reason for one in reading.items if one.firing] == ["[/b] late"]
    assert line.count("cloudwatch", "DescribeAlarms") == 1
    cloudwatch.set_alarm_state(AlarmName="b", StateValue="OK", StateReason="well again")
    clock.move(15)
    line.forget_calls()
    assert states(await source.read()) == {"a": "OK", "b": "OK"}
    assert line.count("cloudwatch", "DescribeAlarms") == 2


@pytest.mark.usefixtures("crowd")
async def test_one_without_data_is_seen_within_a_minute_and_a_new_one_at_the_sweep(
    door: Door, boto: Any, clock: HandClock, platform: Platform
) -> None:
    """INSUFFICIENT_DATA is looked for each minute; what neither fires nor lacks data is found by the
    sweep."""
    cloudwatch = put(boto, "a")
    source = AlarmSource(door, platform, clock)
    await source.read()
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="INSUFFICIENT_DATA", StateReason="none")
    put(boto, "new")
    clock.move(15)
    assert states(await source.read()) == {"a": "OK"}
    clock.move(60)
    assert states(await source.read()) == {"a": "INSUFFICIENT_DATA"}
    clock.move(300)
    assert states(await source.read()) == {"a": "INSUFFICIENT_DATA", "new": "OK"}


@pytest.mark.usefixtures("crowd")
async def test_a_firing_alarm_that_is_deleted_goes(
    door: Door, boto: Any, clock: HandClock, platform: Platform
) -> None:
    """A deleted alarm does not fire for ever."""
    cloudwatch = put(boto, "a", "b")
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="x")
    source = AlarmSource(door, platform, clock)
    await source.read()
    cloudwatch.delete_alarms(AlarmNames=["a"])
    clock.move(15)
    assert states(await source.read()) == {"b": "OK"}


async def test_a_server_without_history_spoils_nothing_and_is_left_alone(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """No note, no failure, and for ten minutes no further question."""
    put(boto, "a").set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="x")
    source = AlarmSource(door, platform, clock)
    with line.fault(
        status(404, "UnknownOperationException"), service="cloudwatch", operation="DescribeAlarmHistory"
    ):
        reading = await source.read()
        assert (states(reading), reading.notes) == ({"a": "ALARM"}, ())
        asked = line.count("cloudwatch", "DescribeAlarmHistory")
        assert asked == 1
        clock.move(15)
        await source.read()
        assert line.count("cloudwatch", "DescribeAlarmHistory") == asked


async def test_denied_history_is_named(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """A missing permission for a side question is a note that names it, also while it is not asked again."""
    put(boto, "a").set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="x")
    source = AlarmSource(door, platform, clock)
    with line.fault(deny(), service="cloudwatch", operation="DescribeAlarmHistory"):
        for _ in range(2):
            reading = await source.read()
            assert ":DescribeAlarmHistory is not allowed" in "".join(reading.notes)
            clock.move(15)
        assert line.count("cloudwatch", "DescribeAlarmHistory") == 1


def alarms(*names: str, state: str = "OK") -> list[dict[str, Any]]:
    return [{"AlarmName": name, "StateValue": state, "StateUpdatedTimestamp": AT} for name in names]


async def test_all_pages_and_all_kinds(
    door: Door, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """Every page of every kind is read, and a token that comes again ends it instead of going round for ever."""
    first = {"MetricAlarms": alarms("b"), "CompositeAlarms": [], "LogAlarms": alarms("l"), "NextToken": "t"}
    again = {"MetricAlarms": [], "CompositeAlarms": alarms("c"), "LogAlarms": [], "NextToken": "t"}
    answers = iter([first, again])
    line.inject(says(lambda asked: next(answers)), "cloudwatch", "DescribeAlarms")
    reading = await AlarmSource(door, platform, clock).read()
    assert [(one.name, one.type) for one in reading.items] == [
        ("b", "metric"),
        ("c", "composite"),
        ("l", "log"),
    ]


async def test_history_of_what_changed_but_no_flood(
    door: Door, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """In a storm ten histories are read at a time until all are known, and none twice."""
    storm = alarms(*[f"a{n:02}" for n in range(25)], state="ALARM")
    line.inject(says({"MetricAlarms": storm, "CompositeAlarms": []}), "cloudwatch", "DescribeAlarms")
    change = {"Timestamp": AT, "HistoryItemType": "StateUpdate", "HistorySummary": "OK to ALARM"}
    line.inject(says({"AlarmHistoryItems": [change]}), "cloudwatch", "DescribeAlarmHistory")
    source = AlarmSource(door, platform, clock)
    known = []
    for _ in range(4):
        reading = await source.read()
        known.append(sum(bool(one.history) for one in reading.items))
        clock.move(15)
    assert known == [10, 20, 25, 25]
    assert line.count("cloudwatch", "DescribeAlarmHistory") == 25
    assert reading.notes == ()
    assert reading.items[0].history[0].summary == "OK to ALARM"


@pytest.mark.parametrize(("fault", "error"), [(deny(), Denied), (server_error(), Unavailable)])
async def test_no_alarms_read_is_an_error(
    door: Door, clock: HandClock, platform: Platform, line: FaultProxy, fault: Any, error: type[Exception]
) -> None:
    """A refused reading raises; it never answers that there are none."""
    with line.fault(fault, service="cloudwatch"), pytest.raises(error):
        await AlarmSource(door, platform, clock).read()


async def test_a_refused_kind_is_left_out(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """An endpoint that refuses log alarms is asked for the other two kinds."""
    put(boto, "a")
    source = AlarmSource(door, platform, clock)
    with line.fault(status(400, "InvalidParameterValue"), service="cloudwatch", times=1):
        assert states(await source.read()) == {"a": "OK"}


def test_every_field_is_kept() -> None:
    """A metric alarm as CloudWatch spells it."""
    alarm = parse_alarm(RAW, "metric")
    assert alarm is not None
    assert alarm.state is AlarmState.ALARM
    assert alarm.since == datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
    assert alarm.dimensions == (("env", "prod"), ("service", "backend-api"))
    assert (alarm.statistic, alarm.period_s, alarm.threshold) == ("Minimum", 120, 1.0)
    assert alarm.actions_enabled is False
    assert alarm.missing_data == "breaching"
    assert parse_alarm({**RAW, "StateTransitionedTimestamp": None}, "metric").since == AT  # type: ignore[union-attr]


@pytest.mark.parametrize("key", sorted(RAW))
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [None], "absent"])
def test_no_field_is_taken_for_granted(key: str, value: object) -> None:
    """Any field may be absent or of another kind: the alarm stays, unless it has no name."""
    raw = {name: kept for name, kept in RAW.items() if name != key}
    alarm = parse_alarm(raw if value == "absent" else {**raw, key: value}, "metric")
    assert alarm is not None or key == "AlarmName"


def test_the_three_kinds_and_a_metric_expression() -> None:
    """Composite and log alarms stand beside metric ones; an expression shows the first metric in it."""
    expression = {
        "AlarmName": "e",
        "StateValue": "OK",
        "Metrics": [
            {"Id": "e1", "Expression": "m1 / 2"},
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/RDS", "MetricName": "DatabaseConnections", "Dimensions": []},
                    "Period": 60,
                    "Stat": "p99",
                },
            },
        ],
    }
    answer = {
        "MetricAlarms": [expression],
        "CompositeAlarms": [{"AlarmName": "c", "AlarmRule": 'ALARM("e")', "StateValue": "ALARM"}],
        "LogAlarms": [{"AlarmName": "l", "StateValue": "OK"}],
    }
    first, second, third = parse_alarms(answer)
    assert (first.metric, first.statistic, first.period_s) == ("DatabaseConnections", "p99", 60)
    assert (second.type, second.rule, third.type) == ("composite", 'ALARM("e")', "log")
    with pytest.raises(Unavailable):
        parse_alarms({})


def test_history_is_newest_first_and_twenty_long() -> None:
    """Only dated state changes, the newest twenty."""
    items = [{"Timestamp": AT.replace(minute=n), "HistorySummary": f"{n}"} for n in range(30)]
    found = parse_history({"AlarmHistoryItems": [*items, {"HistorySummary": "undated"}]})
    assert [change.summary for change in found[:2]] == ["29", "28"]
    assert len(found) == 20


def test_five_thousand_alarms_are_parsed_quickly() -> None:
    """Parsing stands beside botocore's own work, which is several times larger."""
    raws = [{**RAW, "AlarmName": f"alarm-{n}"} for n in range(5_000)]
    best = 9.0
    for _ in range(3):
        started = time.process_time()
        assert len(parse_alarms({"MetricAlarms": raws})) == 5_000
        best = min(best, time.process_time() - started)
    print(f"{best * 1000:.0f} ms")
    assert best < 0.5
