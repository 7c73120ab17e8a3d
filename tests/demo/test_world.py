"""The platform in the local AWS is the platform of the documents: read back with boto3, as the console would."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from tradai_console.demo import behaviour, crowd
from tradai_console.demo.cast import CHECKED, FUNCTIONS, SERVICES, draw_cast
from tradai_console.demo.clients import Clients
from tradai_console.demo.server import serve_in_thread
from tradai_console.demo.world import World, build
from tradai_console.demo.world.jobs import draw_past

pytestmark = pytest.mark.xdist_group("demo-world")  # one server's state a process: in order, on one worker


@contextmanager
def empty_account() -> Iterator[str]:
    """A server with nothing in it."""
    url, stop = serve_in_thread()
    try:
        request = urllib.request.Request(f"{url}/moto-api/reset", method="POST")
        urllib.request.urlopen(request, timeout=10).close()
        yield url
    finally:
        stop()


@pytest.fixture(scope="module")
def endpoint_url() -> Iterator[str]:
    with empty_account() as url:
        yield url


@pytest.fixture(scope="module")
def world(endpoint_url: str) -> World:
    return build(endpoint_url, env="prod", seed=1)


@pytest.fixture(scope="module")
def aws(endpoint_url: str) -> Iterator[Clients]:
    clients = Clients(endpoint_url)
    yield clients
    clients.close()


# What each alert of the response matrix is found by; 6, 11 and 12 are raised by people, 12 also by a count.
_MATRIX = {
    "Service Unhealthy": (r"tradai-prod-backend-api-unhealthy", "ServiceHealthy"),
    "Lambda Errors": (r"tradai-prod-lambda-health-check-errors", "Errors"),
    "Model Drift Detected": (r"tradai-prod-drift-moderate", "MaxPSI"),
    "Significant Drift": (r"tradai-prod-drift-significant", "MaxPSI"),
    "Stale Heartbeat": (r"tradai-prod-heartbeat-stale", "StaleHeartbeats"),
    "NAT Instance Down": (r"tradai-prod-nat-unhealthy", "StatusCheckFailed"),
    "RDS Connectivity": (r"tradai-prod-rds-connectivity", "DatabaseConnections"),
    "Database Failover": (r"tradai-prod-rds-failover", "MatchedEvents"),
    "Connection Pool Exhausted": (r"tradai-prod-rds-connections-high", "DatabaseConnections"),
    "Unauthorized Access": (r"tradai-prod-unauthorized-api-calls", "UnauthorizedApiCalls"),
    "High API Latency": (r"tradai-prod-api-latency-high", "TargetResponseTime"),
    "ECS Memory High": (r"tradai-prod-backend-api-memory-high", "MemoryUtilization"),
    "Lambda Timeouts": (r"tradai-prod-lambda-.*-duration-high", "Duration"),
    "Workflow Stuck/Failed": (r"tradai-prod-retraining-workflow-failed", "ExecutionsFailed"),
}


@pytest.mark.parametrize("alert", _MATRIX)
def test_every_alert_that_a_metric_can_find_has_an_alarm(world: World, aws: Clients, alert: str) -> None:
    """Each alert of the matrix that can have an alarm has one, on its metric, that notifies the alerts topic."""
    name, metric = _MATRIX[alert]
    alarms = aws("cloudwatch").get_paginator("describe_alarms").paginate().build_full_result()["MetricAlarms"]
    found = [alarm for alarm in alarms if re.fullmatch(name, alarm["AlarmName"])]
    assert found
    assert all(alarm["MetricName"] == metric for alarm in found)
    assert all(world.cast.alerts_arn in alarm["AlarmActions"] for alarm in found)


def test_no_secret_was_changed_with_the_demo(aws: Clients, world: World) -> None:
    """Keys that seem to have been changed a moment before an alert would be the first suspect of every incident."""
    now = behaviour.clock().now()
    for name in (world.cast.platform.secrets.exchange_keys, f"tradai/{world.cast.env}/rds"):
        changed = aws("secretsmanager").describe_secret(SecretId=name)["LastChangedDate"]
        assert (now - changed).days >= 8


def test_all_alarms_are_ok_but_one_long_without_data(world: World, aws: Clients) -> None:
    """The demo begins in peace: one composite alarm, one with its actions off, one that never had data."""
    answer = aws("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100)
    alarms = answer["MetricAlarms"] + answer["CompositeAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == set(world.alarms)
    assert 25 <= len(alarms) <= 45
    assert [one["AlarmName"] for one in alarms if one["StateValue"] != "OK"] == [
        "tradai-prod-waf-blocked-requests"
    ]
    assert [one["AlarmName"] for one in alarms if not one["ActionsEnabled"]] == [
        "tradai-prod-mlflow-memory-high"
    ]
    assert len(answer["CompositeAlarms"]) == 1


def test_services_run_what_they_should(world: World, aws: Clients) -> None:
    """Every service has its desired tasks, healthy, a settled deployment, and a stream for each task."""
    cluster = world.cast.platform.cluster
    names = [world.cast.service_name(spec.name) for spec in SERVICES]
    for service in aws("ecs").describe_services(cluster=cluster, services=names)["services"]:
        short = world.cast.platform.service_of(service["serviceName"])
        assert service["runningCount"] == service["desiredCount"] == world.cast.desired(short)
        assert [one["rolloutState"] for one in service["deployments"]] == ["COMPLETED"]
    backend = world.tasks["backend-api"]
    streams = _streams(aws, world.cast.platform.log_groups.services)
    assert {f"backend-api/backend-api/{task}" for task in backend} <= streams


def _streams(aws: Clients, group: str) -> set[str]:
    pages = aws("logs").get_paginator("describe_log_streams").paginate(logGroupName=group)
    return {stream["logStreamName"] for page in pages for stream in page["logStreams"]}


def test_tables_have_the_keys_and_indexes_of_the_platform(world: World, aws: Clients) -> None:
    """Twelve tables; workflow-state answers by status and by trace id, in both spellings of the status."""
    assert len(aws("dynamodb").list_tables()["TableNames"]) == 12
    table = world.cast.platform.tables.workflow_state

    def by_status(status: str) -> int:
        answer = aws("dynamodb").query(
            TableName=table,
            IndexName="status-created_at-index",
            KeyConditionExpression="#status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}},
        )
        return int(answer["Count"])

    assert by_status("failed") >= 3
    assert by_status("completed") > by_status("COMPLETED") > 0
    assert by_status("running") == 2
    job = draw_past(world.cast, datetime.now(UTC))[0]
    answer = aws("dynamodb").query(
        TableName=table,
        IndexName="trace_id-index",
        KeyConditionExpression="trace_id = :trace",
        ExpressionAttributeValues={":trace": {"S": job.trace_id}},
    )
    assert [row["job_id"]["S"] for row in answer["Items"]] == [job.job_id]


def test_sessions_have_recent_heartbeats(world: World, aws: Clients) -> None:
    """PascalStrategy, RadStrategy and two more; all that run have beaten within two minutes."""
    rows = aws("dynamodb").scan(TableName=world.cast.platform.tables.trading_state)["Items"]
    assert {"PascalStrategy", "RadStrategy"} < {row["strategy_id"]["S"] for row in rows}
    assert sorted(row["status"]["S"] for row in rows) == ["paused", "running", "running", "running"]
    for row in rows:
        beat = datetime.fromisoformat(row["last_heartbeat"]["S"].replace("Z", "+00:00"))
        assert abs((behaviour.clock().now() - beat).total_seconds()) < 120


def test_the_way_out_leads_over_the_nat_instance(world: World, aws: Clients) -> None:
    """The private default route goes to the group's one instance, which forwards and has the static address."""
    names = world.cast.platform.nat
    tables = aws("ec2").describe_route_tables(
        Filters=[{"Name": "tag:Name", "Values": [names.route_table_tag_name]}]
    )
    default = [
        one for one in tables["RouteTables"][0]["Routes"] if one.get("DestinationCidrBlock") == "0.0.0.0/0"
    ]
    assert [route["InstanceId"] for route in default] == [world.nat.instance]
    answer = aws("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": [names.tag_name]}])
    instance = answer["Reservations"][0]["Instances"][0]
    assert (instance["InstanceId"], instance["InstanceType"]) == (world.nat.instance, "t4g.nano")
    assert instance["SourceDestCheck"] is False
    assert instance["PublicIpAddress"] == world.nat.address


def test_machines_have_the_documented_states(world: World, aws: Clients) -> None:
    """Twelve states of backtest, thirteen of retraining, and the catches that make a failure SUCCEED."""
    states = aws("stepfunctions")
    backtest = json.loads(
        states.describe_state_machine(stateMachineArn=world.cast.machine_arn("backtest"))["definition"]
    )
    retraining = json.loads(
        states.describe_state_machine(stateMachineArn=world.cast.machine_arn("retraining"))["definition"]
    )
    assert (len(backtest["States"]), backtest["TimeoutSeconds"]) == (12, 7200)
    assert {"HandleTimeout", "CleanupResources", "UpdateStatusFailed"} < backtest["States"].keys()
    assert (len(retraining["States"]), retraining["TimeoutSeconds"]) == (13, 10800)
    for name in ("CheckRetrainingNeeded", "RunRetraining", "CompareModels", "PromoteModel"):
        assert [one["Next"] for one in retraining["States"][name]["Catch"]] == ["NotifyFailure"]


def test_past_executions_show_each_kind_of_end(world: World, aws: Clients) -> None:
    """Succeeded, failed and running backtests; retrainings that SUCCEEDED though their training failed, their
    configuration was refused, or their model was none."""
    states = aws("stepfunctions")
    backtests = states.list_executions(stateMachineArn=world.cast.machine_arn("backtest"))["executions"]
    assert {one["status"] for one in backtests} == {"SUCCEEDED", "FAILED", "RUNNING"}
    retrainings = states.list_executions(stateMachineArn=world.cast.machine_arn("retraining"))["executions"]
    assert {one["status"] for one in retrainings} == {"SUCCEEDED"}
    caught = []
    for one in retrainings:
        events = states.get_execution_history(executionArn=one["executionArn"])["events"]
        entered = [
            event["stateEnteredEventDetails"]["name"]
            for event in events
            if "stateEnteredEventDetails" in event
        ]
        caught += [one["name"]] if "NotifyFailure" in entered else []
    assert len(caught) == 3


def test_a_task_that_died_left_its_row_behind(world: World, aws: Clients) -> None:
    """One row says running, names no execution, and its task was killed half an hour ago: ECS still knows it."""
    rows = aws("dynamodb").query(
        TableName="tradai-workflow-state-prod",
        IndexName="status-created_at-index",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "running"}},
    )["Items"]
    (row,) = [one for one in rows if "execution_arn" not in one]
    answer = aws("ecs").describe_tasks(cluster="tradai-prod", tasks=[row["ecs_task_arn"]["S"]])
    (task,) = answer["tasks"]
    assert (task["lastStatus"], task["containers"][0]["exitCode"]) == ("STOPPED", 137)
    lines = aws("logs").get_log_events(
        logGroupName=world.cast.platform.log_groups.tasks,
        logStreamName=f"strategy/strategy/{row['ecs_task_arn']['S'].rsplit('/', 1)[1]}",
    )["events"]
    assert row["job_id"]["S"] in lines[-1]["message"]


def test_one_pair_stopped_the_old_sync_twice(world: World, aws: Clients) -> None:
    """Of the data syncs the newest went well; before it one pair had no candles, and one was never let through."""
    found = aws("stepfunctions").list_executions(stateMachineArn=world.cast.machine_arn(world.cast.data_sync))
    assert [one["status"] for one in found["executions"]] == ["SUCCEEDED", "FAILED", "FAILED", "SUCCEEDED"]


def test_database_and_functions(world: World, aws: Clients) -> None:
    """PostgreSQL 15.13 on db.t4g.micro in two zones; every function with its limits."""
    instance = aws("rds").describe_db_instances(DBInstanceIdentifier="tradai-prod")["DBInstances"][0]
    assert (instance["EngineVersion"], instance["DBInstanceClass"]) == ("15.13", "db.t4g.micro")
    assert instance["MultiAZ"] is True
    for spec in FUNCTIONS:
        found = aws("lambda").get_function_configuration(FunctionName=world.cast.platform.function(spec.name))
        assert (found["Timeout"], found["MemorySize"]) == (spec.timeout_s, spec.memory_mib)


def test_an_hour_of_metrics_is_there(world: World, aws: Clients) -> None:
    """What the panes draw has points for the whole last hour, in small-platform numbers."""
    now = behaviour.clock().now().timestamp()

    def points(namespace: str, metric: str, **dimensions: str) -> list[float]:
        answer = aws("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=datetime.fromtimestamp(now - 3600, UTC),
            EndTime=datetime.fromtimestamp(now, UTC),
            Period=60,
            Statistics=["Maximum"],
        )
        return [point["Maximum"] for point in answer["Datapoints"]]

    connections = points("AWS/RDS", "DatabaseConnections", DBInstanceIdentifier="tradai-prod")
    assert len(connections) > 50
    assert all(5 < count < 40 for count in connections)
    assert len(points("AWS/EC2", "NetworkOut", InstanceId=world.nat.instance)) > 50
    memory = points(
        "AWS/ECS", "MemoryUtilization", ClusterName="tradai-prod", ServiceName="tradai-mlflow-prod"
    )
    assert all(40 < percent < 80 for percent in memory)
    for service in CHECKED:
        assert set(points("TradAI/prod", "ServiceHealthy", service=service)) == {1.0}


def test_lines_are_in_the_formats_of_the_platform(world: World, aws: Clients) -> None:
    """The platform's own format, access lines, a traceback as single events, and some JSON."""
    groups = world.cast.platform.log_groups
    pages = aws("logs").get_paginator("filter_log_events").paginate(logGroupName=groups.services)
    lines = [event["message"] for page in pages for event in page["events"]]
    assert any(
        re.match(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\]\[[\w.]+\]\[INFO\] - ", line) for line in lines
    )
    assert any(line.startswith("INFO:     10.0.") for line in lines)
    assert "Traceback (most recent call last):" in lines
    assert any(line.startswith("{") and "correlation_id" in json.loads(line) for line in lines)


def test_the_console_has_a_queue_that_hears_the_topic(world: World, aws: Clients) -> None:
    """What is published to the alerts topic arrives, and nothing was there before."""
    sqs = aws("sqs")
    assert "Messages" not in sqs.receive_message(QueueUrl=world.queue_url)
    aws("sns").publish(TopicArn=world.cast.alerts_arn, Subject="hello", Message="world")
    body = json.loads(sqs.receive_message(QueueUrl=world.queue_url, WaitTimeSeconds=2)["Messages"][0]["Body"])
    assert (body["Subject"], body["Message"]) == ("hello", "world")


def test_the_same_seed_draws_the_same_names() -> None:
    """Two draws of a seed agree in every name and id; another seed differs."""
    now = datetime(2026, 4, 27, 8, tzinfo=UTC)

    def names(seed: int) -> tuple[object, ...]:
        cast = draw_cast("prod", seed)
        return cast.strategies, cast.users, draw_past(cast, now)

    assert names(1) == names(1)
    assert names(1) != names(2)


def test_dev_runs_everything_on_one_host() -> None:
    """dev has a cluster without services, one tagged instance, a database in one zone, and no trading tasks."""
    with empty_account() as url:
        world, aws = build(url, env="dev", seed=1), Clients(url)
        assert aws("ecs").list_services(cluster="tradai-dev")["serviceArns"] == []
        found = aws("ec2").describe_instances(
            Filters=[{"Name": "tag:Name", "Values": ["tradai-consolidated-dev"]}]
        )
        assert [one["InstanceId"] for one in found["Reservations"][0]["Instances"]] == [world.host]
        assert aws("rds").describe_db_instances()["DBInstances"][0]["MultiAZ"] is False
        assert world.tasks == {}
        names = {spec for spec in world.alarms if "memory" in spec}
        assert names == {"tradai-dev-host-memory-high"}


def test_a_crowd_fills_the_account() -> None:
    """The benchmark's account has as much of everything as was asked for, some of it firing."""
    with empty_account() as url:
        crowd.fill(url, alarms=300, services=4, tasks=20, databases=3, executions=40, machines=4)
        aws = Clients(url)
        alarms = (
            aws("cloudwatch").get_paginator("describe_alarms").paginate().build_full_result()["MetricAlarms"]
        )
        assert len(alarms) == 300
        assert sum(alarm["StateValue"] == "ALARM" for alarm in alarms) == 3
        behaviour.clock().advance(60)
        assert len(aws("ecs").list_tasks(cluster="tradai-bench")["taskArns"]) == 20
        assert len(aws("rds").describe_db_instances()["DBInstances"]) == 3
        machines = aws("stepfunctions").list_state_machines()["stateMachines"]
        counts = [
            len(aws("stepfunctions").list_executions(stateMachineArn=one["stateMachineArn"])["executions"])
            for one in machines
        ]
        assert counts == [10, 10, 10, 10]
