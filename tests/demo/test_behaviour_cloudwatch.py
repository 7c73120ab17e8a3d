"""CloudWatch behaves: alarms are judged, paged, told and remembered; percentiles, composites and mutes work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.demo.conftest import Aws
from tradai_console.demo.behaviour import cloudwatch as levers
from tradai_console.demo.behaviour.alarms import parse_rule
from tradai_console.demo.server import environ

NAMESPACE = "TradAI/Services"
DIMENSIONS = [{"Name": "service", "Value": "backend-api"}]


def put_alarm(aws: Aws, name: str, **more: Any) -> None:
    given: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": NAMESPACE,
        "MetricName": "Latency",
        "Dimensions": DIMENSIONS,
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 80.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        **more,
    }
    aws.client("cloudwatch").put_metric_alarm(
        **{key: value for key, value in given.items() if value is not None}
    )


def alarm(aws: Aws, name: str) -> dict[str, Any]:
    types = ["MetricAlarm", "CompositeAlarm"]
    found = aws.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=types)
    return dict([*found["MetricAlarms"], *found["CompositeAlarms"]][0])


def feed(aws: Aws, *values: float | None, name: str = "Latency") -> None:
    """One value a minute, None for a minute without one."""
    for value in values:
        if value is not None:
            levers.put(NAMESPACE, name, value, {"service": "backend-api"})
        aws.advance(60)


def queue(aws: Aws) -> tuple[str, str]:
    topic = aws.client("sns").create_topic(Name="tradai-alerts-prod")["TopicArn"]
    url = aws.client("sqs").create_queue(QueueName="channel")["QueueUrl"]
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, url


def received(aws: Aws, url: str) -> list[dict[str, Any]]:
    answer = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(json.loads(one["Body"])["Message"]) for one in answer.get("Messages", [])]


def test_alarm_fires_notifies_and_recovers(aws: Aws) -> None:
    """An alarm follows its metric, tells its topic in AWS's shape, and both changes are in its history."""
    topic, url = queue(aws)
    put_alarm(aws, "a", AlarmActions=[topic], OKActions=[topic])
    assert alarm(aws, "a")["StateValue"] == "INSUFFICIENT_DATA"
    feed(aws, 10, 10, 95, 97, 98)
    assert alarm(aws, "a")["StateValue"] == "ALARM"
    assert "Threshold Crossed: 2 out of the last 2 datapoints" in alarm(aws, "a")["StateReason"]
    first, second = received(aws, url)
    assert {first["NewStateValue"], second["NewStateValue"]} == {"OK", "ALARM"}
    fired = first if first["NewStateValue"] == "ALARM" else second
    assert fired["Trigger"]["Dimensions"] == [{"value": "backend-api", "name": "service"}]
    assert (fired["Trigger"]["Statistic"], fired["OldStateValue"]) == ("AVERAGE", "OK")
    feed(aws, 10, 10, 10)
    assert alarm(aws, "a")["StateValue"] == "OK"
    items = aws.client("cloudwatch").describe_alarm_history(AlarmName="a", HistoryItemType="StateUpdate")
    assert [one["HistorySummary"] for one in items["AlarmHistoryItems"]][:2] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
    ]
    data = json.loads(items["AlarmHistoryItems"][1]["HistoryData"])
    assert data["newState"]["stateValue"] == "ALARM"


@pytest.mark.parametrize(
    ("treat", "expected"),
    [
        pytest.param("missing", "INSUFFICIENT_DATA", id="missing"),
        pytest.param("ignore", "OK", id="ignore-keeps"),
        pytest.param("breaching", "ALARM", id="breaching"),
        pytest.param("notBreaching", "OK", id="not-breaching"),
    ],
)
def test_missing_data(aws: Aws, treat: str, expected: str) -> None:
    """What a metric that falls silent means is what the alarm says."""
    put_alarm(aws, "a", TreatMissingData=treat)
    feed(aws, 10, 10, 10)
    assert alarm(aws, "a")["StateValue"] == "OK"
    feed(aws, *[None] * 6)
    assert alarm(aws, "a")["StateValue"] == expected


def test_some_datapoints_of_many(aws: Aws) -> None:
    """M out of N: two breaches among the last three are enough, one is not."""
    put_alarm(aws, "a", EvaluationPeriods=3, DatapointsToAlarm=2)
    feed(aws, 90, 10, 10, 10, 90, 10)
    assert alarm(aws, "a")["StateValue"] == "OK"
    feed(aws, 90)
    assert alarm(aws, "a")["StateValue"] == "ALARM"


def test_percentile_alarm(aws: Aws) -> None:
    """An alarm on p99 sees the slow requests that an average hides."""
    put_alarm(aws, "p99", Statistic=None, ExtendedStatistic="p99", EvaluationPeriods=1)
    put_alarm(aws, "mean", EvaluationPeriods=1)
    for value in [1.0] * 95 + [500.0] * 5:
        levers.put(NAMESPACE, "Latency", value, {"service": "backend-api"})
    aws.advance(70)
    assert (alarm(aws, "p99")["StateValue"], alarm(aws, "mean")["StateValue"]) == ("ALARM", "OK")


def test_alarm_on_metric_math(aws: Aws) -> None:
    """An alarm on an expression is judged by what it comes to."""
    metrics = [
        {"Id": "r", "Expression": "e / n * 100", "ReturnData": True},
        *(
            {"Id": key, "ReturnData": False, "MetricStat": {"Stat": "Sum", "Period": 60, "Metric":
             {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": DIMENSIONS}}}
            for key, name in (("e", "Errors"), ("n", "Requests"))
        ),
    ]  # fmt: skip
    drop: dict[str, Any] = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
    put_alarm(aws, "ratio", **drop, Metrics=metrics, EvaluationPeriods=1, Threshold=50.0)
    levers.put(NAMESPACE, "Errors", 6, {"service": "backend-api"})
    levers.put(NAMESPACE, "Requests", 10, {"service": "backend-api"})
    aws.advance(70)
    assert alarm(aws, "ratio")["StateValue"] == "ALARM"


def test_speed_shortens_periods(aws: Aws) -> None:
    """At speed 10 an alarm with periods of a minute is judged by six-second periods of stamps."""
    aws.clock.set_speed(10)
    put_alarm(aws, "a", EvaluationPeriods=1)
    levers.put(NAMESPACE, "Latency", 99, {"service": "backend-api"})
    aws.advance(12)
    assert alarm(aws, "a")["StateValue"] == "ALARM"


def test_set_state_stamps_the_transition(aws: Aws) -> None:
    """SetAlarmState moves both stamps on a change and only one without; unknown alarms are refused."""
    put_alarm(aws, "a")
    cloudwatch = aws.client("cloudwatch")
    aws.advance(10)
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
    first = alarm(aws, "a")
    assert first["StateTransitionedTimestamp"] == first["StateUpdatedTimestamp"]
    aws.advance(10)
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="still")
    second = alarm(aws, "a")
    assert second["StateTransitionedTimestamp"] == first["StateTransitionedTimestamp"]
    assert second["StateUpdatedTimestamp"] > first["StateUpdatedTimestamp"]
    with pytest.raises(ClientError) as caught:
        cloudwatch.set_alarm_state(AlarmName="b", StateValue="OK", StateReason="")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_composite_alarm(aws: Aws) -> None:
    """A composite alarm follows its rule, and is only returned when its type is named."""
    put_alarm(aws, "nat")
    put_alarm(aws, "db")
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("nat") AND NOT OK("db")')
    assert alarm(aws, "both")["StateValue"] == "OK"
    cloudwatch.set_alarm_state(AlarmName="nat", StateValue="ALARM", StateReason="x")
    assert alarm(aws, "both")["StateValue"] == "ALARM"
    cloudwatch.set_alarm_state(AlarmName="db", StateValue="OK", StateReason="x")
    assert alarm(aws, "both")["StateValue"] == "OK"
    assert cloudwatch.describe_alarms()["CompositeAlarms"] == []
    children = cloudwatch.describe_alarms(ChildrenOfAlarmName="both")["MetricAlarms"]
    assert [one["AlarmName"] for one in children] == ["db", "nat"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param("ALARM(a) OR ALARM(b)", True, id="or"),
        pytest.param("ALARM(a) AND ALARM(b)", False, id="and"),
        pytest.param("NOT (ALARM(b) OR OK(a))", True, id="not-group"),
        pytest.param("TRUE AND ALARM(arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a)", True, id="arn"),
        pytest.param("ALARM(b) OR ALARM(a) AND FALSE", False, id="precedence"),
    ],
)
def test_composite_rules(rule: str, expected: bool) -> None:
    """AND binds before OR, names may be ARNs."""
    assert parse_rule(rule)[0]({"a": "ALARM", "b": "OK"}) is expected


def test_describe_pages_and_filters(aws: Aws) -> None:
    """DescribeAlarms pages by at most 100, in name order, and filters by prefix and state."""
    for number in range(120):
        put_alarm(aws, f"x-{number:03d}")
    put_alarm(aws, "y")
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName="x-007", StateValue="ALARM", StateReason="x")
    first = cloudwatch.describe_alarms(MaxRecords=100)
    assert len(first["MetricAlarms"]) == 100
    rest = cloudwatch.describe_alarms(MaxRecords=100, NextToken=first["NextToken"])
    assert [one["AlarmName"] for one in rest["MetricAlarms"]][-2:] == ["x-119", "y"]
    assert "NextToken" not in rest
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 50
    assert [one["AlarmName"] for one in cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]] == [
        "x-007"
    ]
    assert [one["AlarmName"] for one in cloudwatch.describe_alarms(AlarmNamePrefix="y")["MetricAlarms"]] == [
        "y"
    ]


def test_metric_data(aws: Aws) -> None:
    """GetMetricData answers percentiles and expressions in both orders and pages; GetMetricStatistics likewise."""
    cloudwatch = aws.client("cloudwatch")
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    base = now - timedelta(minutes=10 + now.minute % 5)  # at the start of a period of five minutes
    data = [
        {
            "MetricName": "Latency",
            "Dimensions": DIMENSIONS,
            "Timestamp": base + timedelta(minutes=minute),
            "Values": [1.0, 9.0],
            "Counts": [9.0, 1.0],
            "Unit": "Seconds",
        }
        for minute in range(5)
    ]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    metric = {"Namespace": NAMESPACE, "MetricName": "Latency", "Dimensions": DIMENSIONS}
    queries = [
        {"Id": stat, "MetricStat": {"Metric": metric, "Period": 60, "Stat": name}}
        for stat, name in (("a", "Average"), ("p", "p95"), ("n", "SampleCount"))
    ]
    queries.append({"Id": "twice", "Expression": "a * 2"})
    asked: dict[str, Any] = {
        "StartTime": base,
        "EndTime": base + timedelta(minutes=9),
        "MetricDataQueries": queries,
    }
    answer = {one["Id"]: one for one in cloudwatch.get_metric_data(**asked)["MetricDataResults"]}
    assert answer["a"]["Values"] == pytest.approx([1.8] * 5)
    assert answer["p"]["Values"][0] > 4
    assert answer["n"]["Values"] == [10.0] * 5
    assert answer["twice"]["Values"] == pytest.approx([3.6] * 5)
    assert answer["a"]["Timestamps"] == sorted(answer["a"]["Timestamps"], reverse=True)
    ascending = cloudwatch.get_metric_data(**asked, ScanBy="TimestampAscending")["MetricDataResults"][0]
    assert ascending["Timestamps"][0] == base
    pages = [cloudwatch.get_metric_data(**asked, MaxDatapoints=7)]
    while "NextToken" in pages[-1]:
        pages.append(cloudwatch.get_metric_data(**asked, MaxDatapoints=7, NextToken=pages[-1]["NextToken"]))
    assert sum(len(one["Values"]) for page in pages for one in page["MetricDataResults"]) == 20
    statistics = cloudwatch.get_metric_statistics(
        **metric, StartTime=base, EndTime=base + timedelta(minutes=9), Period=300, ExtendedStatistics=["p99"]
    )
    assert statistics["Datapoints"][0]["Unit"] == "Seconds"
    assert statistics["Datapoints"][0]["ExtendedStatistics"]["p99"] == 9.0
    plain = cloudwatch.get_metric_statistics(
        **metric,
        StartTime=base,
        EndTime=base + timedelta(minutes=9),
        Period=60,
        Statistics=["Maximum", "Sum"],
    )
    assert [one["Sum"] for one in plain["Datapoints"]] == [18.0] * 5
    assert cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"][0]["Dimensions"] == DIMENSIONS


def test_mute_rules(aws: Aws) -> None:
    """A muted alarm changes state and tells nobody; rules are listed by alarm and status, and expire."""
    topic, url = queue(aws)
    put_alarm(aws, "a", AlarmActions=[topic])
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_alarm_mute_rule(
        Name="night",
        Rule={"Schedule": {"Expression": f"at({aws.clock.now():%Y-%m-%dT%H:%M})", "Duration": "PT30M"}},
        MuteTargets={"AlarmNames": ["a"]},
    )
    found = cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="night")
    assert (found["Status"], found["MuteType"], found["Name"]) == ("ACTIVE", "ONE_TIME", "night")
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="x")
    aws.advance(1)
    assert received(aws, url) == []
    assert (
        len(cloudwatch.list_alarm_mute_rules(AlarmName="a", Statuses=["ACTIVE"])["AlarmMuteRuleSummaries"])
        == 1
    )
    assert cloudwatch.list_alarm_mute_rules(AlarmName="b")["AlarmMuteRuleSummaries"] == []
    aws.advance(1900)
    assert cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="night")["Status"] == "EXPIRED"
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="x")
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="x")
    aws.advance(1)
    assert [one["NewStateValue"] for one in received(aws, url)] == ["ALARM"]
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="night")
    with pytest.raises(ClientError) as caught:
        cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="night")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_tags(aws: Aws) -> None:
    """An alarm's tags are those it was given."""
    put_alarm(aws, "a", Tags=[{"Key": "runbook", "Value": "x"}])
    answer = aws.client("cloudwatch").list_tags_for_resource(ResourceARN=alarm(aws, "a")["AlarmArn"])
    assert answer["Tags"] == [{"Key": "runbook", "Value": "x"}]


def test_query_protocol(aws: Aws) -> None:
    """A client that speaks the older query protocol sees the same alarms."""
    put_alarm(aws, "a")
    session = boto3.session.Session(
        aws_access_key_id="demo", aws_secret_access_key="demo", region_name="eu-central-1"
    )
    # The models are shared by the whole process: what is made of this one must not stay in it.
    loader = session._session.get_component("data_loader")
    model = loader.load_service_model("cloudwatch", "service-2")
    saved = dict(model["metadata"])
    model["metadata"].update({"protocol": "query", "protocols": ["query"]})
    try:
        client = session.client("cloudwatch", endpoint_url=aws.endpoint_url)
        assert client.describe_alarms()["MetricAlarms"][0]["AlarmName"] == "a"
        with pytest.raises(ClientError) as caught:
            client.set_alarm_state(AlarmName="b", StateValue="OK", StateReason="")
        assert caught.value.response["Error"]["Code"] == "ResourceNotFound"
    finally:
        model["metadata"].clear()
        model["metadata"].update(saved)


def test_aws_command_line(aws: Aws) -> None:
    """The `aws` command sees what boto3 sees."""
    put_alarm(aws, "a")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "awscli",
            "cloudwatch",
            "describe-alarms",
            "--query",
            "MetricAlarms[].AlarmName",
        ],
        env={**os.environ, **environ(aws.endpoint_url)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert json.loads(done.stdout) == ["a"], done.stderr
