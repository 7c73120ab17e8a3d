"""The story moves everything that the console shows, from causes that can be seen."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tradai_console.demo import behaviour
from tradai_console.demo.behaviour import cloudwatch, logs
from tradai_console.demo.cast import FUNCTIONS, Cast, draw_cast
from tradai_console.demo.clients import Clients
from tradai_console.demo.server import serve_in_thread
from tradai_console.demo.story import Exchange, Story
from tradai_console.demo.world import build

pytestmark = pytest.mark.xdist_group("demo-story")


class Played:
    """A platform whose story has been played for five minutes."""

    def __init__(self, url: str) -> None:
        self.world = build(url, env="prod", seed=1)
        self.aws = Clients(url)
        self.transitions: list[tuple[float, str, str]] = []
        began = behaviour.clock().elapsed()
        cloudwatch.watch(
            lambda name, _old, new: self.transitions.append((behaviour.clock().elapsed() - began, name, new))
        )
        self.story = Story(url, env="prod", seed=1)
        self.before = self.look()
        self.story.step(300)

    def look(self) -> dict[str, object]:
        """One figure of each source."""
        tables = self.world.cast.platform.tables
        rows = self.aws("dynamodb").scan(TableName=tables.trading_state)["Items"]
        jobs = self.aws("dynamodb").scan(TableName=tables.workflow_state)["Items"]
        states = self.aws("stepfunctions")
        executions = states.list_executions(stateMachineArn=self.world.cast.machine_arn("backtest"))[
            "executions"
        ]
        return {
            "heartbeats": {row["strategy_id"]["S"]: row["last_heartbeat"]["S"] for row in rows},
            "jobs": {row["job_id"]["S"]: row["status"]["S"] for row in jobs},
            "executions": {one["name"]: one["status"] for one in executions},
            "connections": self.count("AWS/RDS", "DatabaseConnections", DBInstanceIdentifier="tradai-prod"),
            "nat": self.count("AWS/EC2", "NetworkOut", InstanceId=self.world.nat.instance),
            "health": self.count("TradAI/prod", "ServiceHealthy", service="mlflow"),
            "errors": self.count("AWS/Lambda", "Duration", FunctionName="tradai-health-check-prod"),
        }

    def count(self, namespace: str, metric: str, **dimensions: str) -> float:
        """How many values of a metric there are."""
        now = behaviour.clock().now()
        answer = self.aws("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now.replace(year=now.year - 1),
            EndTime=now,
            Period=86_400,
            Statistics=["SampleCount"],
        )
        return float(sum(point["SampleCount"] for point in answer["Datapoints"]))

    def way_out(self) -> bool:
        """Whether traffic gets out, as the story sees it."""
        return self.story.facts.nat_ok

    def lines(self, group: str, text: str) -> list[tuple[str, str]]:
        """Stream and message of every line of the group with this text in it."""
        return [(event["logStreamName"], event["message"]) for event in self._events(group, text)]

    def events(self, group: str, text: str) -> list[tuple[float, str]]:
        """The same, each with its time instead of its stream: seconds since 1970."""
        return [(event["timestamp"] / 1000, event["message"]) for event in self._events(group, text)]

    def _events(self, group: str, text: str) -> list[dict[str, Any]]:
        pages = self.aws("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, filterPattern=f'"{text}"')
        return [event for page in found for event in page["events"]]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    url, stop = serve_in_thread()
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=10).close()
    one = Played(url)
    yield one
    one.story.stop()
    stop()


@pytest.mark.parametrize(
    "source", ["heartbeats", "jobs", "executions", "connections", "nat", "health", "errors"]
)
def test_every_source_moves(played: Played, source: str) -> None:
    """Five minutes later each pane has something new to show."""
    assert played.look()[source] != played.before[source]


def test_running_sessions_beat_and_paused_ones_do_not(played: Played) -> None:
    """Heartbeats are younger than half a minute for what runs; a paused session stands still."""
    after, before = played.look()["heartbeats"], played.before["heartbeats"]
    assert isinstance(after, dict)
    assert isinstance(before, dict)
    moved = {name for name in after if after[name] != before[name]}
    assert moved == {one.name for one in played.world.cast.strategies if one.status == "running"}


def test_the_first_alert_fires_soon_and_resolves(played: Played) -> None:
    """A newcomer sees an alarm fire within 40 s and end within five minutes, by its own rule."""
    at, name, state = played.transitions[0]
    assert state == "ALARM"
    assert 10 <= at <= 40
    assert [one for one in played.transitions if one[1] == name and one[2] == "OK"]
    history = played.aws("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")
    assert any("Threshold Crossed" in one["HistoryData"] for one in history["AlarmHistoryItems"])


def test_a_request_crosses_three_services(played: Played) -> None:
    """One X-Correlation-ID is found in the logs of backend, strategy service and data collection."""
    group = played.world.cast.platform.log_groups.services
    asked = [
        message
        for stream, message in played.lines(group, "preview of")
        if stream.startswith("strategy-service")
    ]
    found = re.search(r"correlation_id=(\S+)", asked[-1])
    assert found is not None
    services = {stream.split("/")[0] for stream, _ in played.lines(group, found[1])}
    assert services == {"backend-api", "strategy-service", "data-collection"}


def test_a_job_crosses_the_platform(played: Played) -> None:
    """A job's ids join the request over three services, the consumer, the execution, the task's own stream and the row."""
    groups = played.world.cast.platform.log_groups
    jobs = {
        row["job_id"]["S"]: row
        for row in played.aws("dynamodb").scan(TableName=played.world.cast.platform.tables.workflow_state)[
            "Items"
        ]
    }
    accepted = [message for _, message in played.lines(groups.services, "accepted for")]
    found = re.search(r"job_id=(\S+) trace_id=(\S+) correlation_id=(\S+)", accepted[0])
    assert found is not None
    row = jobs[found[1]]
    assert row["trace_id"]["S"] == found[2]
    services = {stream.split("/")[0] for stream, _ in played.lines(groups.services, found[3])}
    assert services == {"backend-api", "strategy-service", "data-collection"}
    assert played.lines(played.world.cast.platform.lambda_group("backtest-consumer"), found[2])
    task = row["ecs_task_arn"]["S"].rsplit("/", 1)[1]
    assert {stream for stream, _ in played.lines(groups.tasks, found[1])} == {f"strategy/strategy/{task}"}
    events = played.aws("stepfunctions").get_execution_history(executionArn=row["execution_arn"]["S"])[
        "events"
    ]
    assert any(task in event.get("taskSubmittedEventDetails", {}).get("output", "") for event in events)
    entered = {
        event["stateEnteredEventDetails"]["name"]: event["timestamp"].timestamp()
        for event in events
        if event["type"] == "TaskStateEntered"
    }
    said = played.events(played.world.cast.platform.lambda_group("validate-strategy"), found[1])
    assert [at >= entered["ValidateStrategy"] for at, _ in said] == [True]


def test_what_ran_before_the_story_ends_in_it(played: Played) -> None:
    """The execution that the world left running is followed to its end, row and all."""
    before = played.before["jobs"]
    assert isinstance(before, dict)
    running = [
        name
        for name, status in before.items()
        if status in ("running", "pending") and name in _executions(played)
    ]
    after = played.look()["jobs"]
    assert isinstance(after, dict)
    assert [after[name] for name in running] == ["completed"]


def _executions(played: Played) -> set[str]:
    found = played.before["executions"]
    assert isinstance(found, dict)
    return set(found)


def test_an_operator_changes_what_happens_next(played: Played) -> None:
    """A session that is paused beats no more; a route that leads nowhere stops the exchange, the right one brings it back."""
    story, aws = played.story, played.aws
    aws("dynamodb").update_item(
        TableName=played.world.cast.platform.tables.trading_state,
        Key={"strategy_id": {"S": "PascalStrategy"}},
        UpdateExpression="SET #status = :paused",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":paused": {"S": "paused"}},
    )
    table = played.world.network.private_route_table
    aws("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    story.step(30)
    assert story.facts.sessions["PascalStrategy"] == "paused"
    assert not played.way_out()
    flows = played.lines(played.world.cast.platform.log_groups.flow, "eni-0")
    assert [line.split()[-6:] for _, line in flows if " 3 180 " in line], "attempts that nobody answers"
    assert not [line for _, line in flows if "REJECT" in line], "a lost route is no rule that refuses"
    aws("ec2").create_route(
        RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", InstanceId=played.world.nat.instance
    )
    story.step(10)
    assert played.way_out()


def test_a_replaced_nat_instance_takes_over_the_way_out(played: Played) -> None:
    """The instance is terminated: its group launches another, address and route follow, traffic flows again."""
    story, aws, old = played.story, played.aws, played.story.facts.nat_instance
    aws("ec2").terminate_instances(InstanceIds=[old])
    story.step(20)
    assert not played.way_out()
    story.step(240)
    assert played.way_out()
    assert story.facts.nat_instance not in (None, old)


def test_a_stalling_storage_shows_in_the_latency(played: Played) -> None:
    """The database's reads and writes take a millisecond or two, and seconds while its storage stalls."""

    def latency() -> float:
        now = behaviour.clock().now()
        answer = played.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/RDS",
            MetricName="WriteLatency",
            Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "tradai-prod"}],
            StartTime=now - timedelta(minutes=3),
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
        return float(max(point["Maximum"] for point in answer["Datapoints"]))

    assert latency() < 0.01
    played.story.conditions.storage_stall_s = 3.0
    played.story.step(70)
    played.story.conditions.storage_stall_s = 0.0
    assert 3.0 < latency() < 3.1


def test_nothing_is_written_ahead_of_its_time(played: Played) -> None:
    """A call that will time out in ten seconds says so in ten seconds: no line is younger than the clock."""
    story, clock = played.story, behaviour.clock()
    story.conditions.exchange = Exchange.DOWN
    group, ahead = played.world.cast.platform.log_groups.services, []
    began = clock.time()
    for _ in range(30):
        story.step(1)
        ahead += [at for at in _stamps(played.story.cast) if at > clock.time()]
    story.conditions.exchange = Exchange.OK
    assert not ahead
    assert [at for at, _ in played.events(group, "RequestTimeout") if at > began + 9]


def _stamps(cast: Cast) -> list[float]:
    """When each line of the platform is said to have been written, seconds since 1970."""
    groups = cast.platform.log_groups
    names = [groups.services, groups.tasks, groups.flow, groups.cloudtrail]
    names += [cast.platform.lambda_group(spec.name) for spec in FUNCTIONS]
    found = [logs.events_of(cast.account, cast.region, name) for name in names]
    return [event.timestamp / 1000 for events in found for _, event in events]


def test_the_scheduler_says_success_and_does_nothing_in_its_cooldown(played: Played) -> None:
    """Without force a model that was just retrained is skipped; with force an execution runs."""
    table = played.world.cast.platform.tables.retraining_state
    played.aws("dynamodb").update_item(
        TableName=table,
        Key={"model_name": {"S": "RadStrategy"}},
        UpdateExpression="SET last_retrained = :now",
        ExpressionAttributeValues={":now": {"S": behaviour.clock().now().isoformat()}},
    )

    def invoke(*, force: bool) -> dict[str, str]:
        payload = json.dumps({"models": [{"name": "RadStrategy"}], "force": force})
        name = played.world.cast.platform.function("retraining-scheduler")
        answer = json.loads(played.aws("lambda").invoke(FunctionName=name, Payload=payload)["Payload"].read())
        assert answer["success"] is True
        result: dict[str, str] = answer["results"][0]
        return result

    assert invoke(force=False)["reason"] == "recently_retrained"
    started = invoke(force=True)
    described = played.aws("stepfunctions").describe_execution(executionArn=started["execution_arn"])
    assert described["status"] == "RUNNING"


def test_the_same_seed_tells_the_same_story() -> None:
    """Two stories of a seed write the same lines in the same order; another seed tells another."""
    from tradai_console.demo.story.conditions import Conditions, Facts
    from tradai_console.demo.story.stage import FixedTime, Stage, Turns
    from tradai_console.demo.story.traffic import grumbles, requests

    def told(seed: int) -> list[str]:
        cast, clock, lines = draw_cast("prod", seed), FixedTime(1_777_000_000.0), []
        facts = Facts(tasks=dict.fromkeys(("backend-api", "strategy-service", "data-collection"), ("t1",)))

        class Kept(Stage):
            def say(self, stream: tuple[str, str], line: str, at: float) -> None:
                lines.append(line)

        stage = Kept(Clients("http://127.0.0.1:9"), cast, clock, Conditions(), facts)
        turns = Turns()
        turns.enter("requests", requests(stage), 0.0)
        turns.enter("grumbles", grumbles(stage), 0.0)
        for _ in range(200):
            clock.gone += 1.0
            turns.run_until(clock.gone)
        return lines

    first = told(1)
    assert first == told(1)
    assert first != told(2)
    assert len(first) > 300
