"""The same truth for any client: what the console has read, beside what boto3 reads at the same moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from tests.incidents.night import Night
from tradai_console.demo.server import environ
from tradai_console.status import document


def read_by_the_console(night: Night) -> dict[str, Any]:
    """The parts of `status --json` that AWS says in so many words."""
    told = document(
        night.board, (), night.settings.env, "eu-central-1", night.clock.now(), night.clock.monotonic()
    )
    items = {name: source["items"] for name, source in told["sources"].items()}
    return {
        "alarms": {one["name"]: one["state"] for one in items["alarms"]},
        "services": {
            one["name"]: (one["desired"], one["running"], one["pending"], one["rollout"])
            for one in items["services"]
            if one["desired"] is not None
        },
        "tasks": {
            task["id"]: (task["status"], task["health"])
            for one in items["services"]
            for task in one["tasks"]
            if task["status"] != "STOPPED"
        },
        "databases": {one["id"]: (one["status"], one["multi_az"], one["az"]) for one in items["databases"]},
        "nat": [
            (one["instance_id"], one["instance_state"], one["route_target"], one["route_state"], one["source_dest_check"])
            for one in items["nat"]
        ],
        "running": sorted(
            one["execution_arn"] for one in items["workflows"] if one["status"] == "RUNNING"
        ),
        "trading": {one["strategy_id"]: one["status"] for one in items["trading"]},
    }  # fmt: skip


def read_by_boto3(night: Night) -> dict[str, Any]:
    """The same, with a script as anybody would write it."""
    aws, cast = night.aws, night.world.cast
    cluster = cast.platform.cluster
    ecs = aws("ecs")
    names = ecs.list_services(cluster=cluster, maxResults=100)["serviceArns"]
    services = ecs.describe_services(cluster=cluster, services=names)["services"]
    tasks = [
        task
        for status in ("RUNNING", "STOPPED")
        for arns in [ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]]
        if arns
        for task in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
        if task["group"].startswith("service:") and task["lastStatus"] != "STOPPED"
    ]
    rows = aws("dynamodb").scan(TableName=cast.platform.tables.trading_state)["Items"]
    databases = aws("rds").describe_db_instances()["DBInstances"]
    pages = (
        aws("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    )
    alarms = [alarm for page in pages for kind in ("MetricAlarms", "CompositeAlarms") for alarm in page[kind]]
    return {
        "alarms": {one["AlarmName"]: one["StateValue"] for one in alarms},
        "services": {
            one["serviceName"]: (
                one["desiredCount"],
                one["runningCount"],
                one["pendingCount"],
                one["deployments"][0]["rolloutState"],
            )
            for one in services
        },
        "tasks": {
            task["taskArn"].rsplit("/", 1)[1]: (task["lastStatus"], task["healthStatus"]) for task in tasks
        },
        "databases": {
            one["DBInstanceIdentifier"]: (one["DBInstanceStatus"], one["MultiAZ"], one["AvailabilityZone"])
            for one in databases
        },
        "nat": [_way_out(night)],
        "running": sorted(_running(night)),
        "trading": {row["strategy_id"]["S"]: row["status"]["S"] for row in rows},
    }


def _way_out(night: Night) -> tuple[Any, ...]:
    names, ec2 = night.world.cast.platform.nat, night.aws("ec2")
    tables = ec2.describe_route_tables(
        Filters=[{"Name": "tag:Name", "Values": [names.route_table_tag_name]}]
    )["RouteTables"]
    default = next(
        route
        for table in tables
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    )
    found = [
        one
        for group in ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [names.tag_name]}])[
            "Reservations"
        ]
        for one in group["Instances"]
    ]
    newest = max(found, key=lambda one: (one["State"]["Name"] in ("running", "pending"), one["LaunchTime"]))
    return (
        newest["InstanceId"],
        newest["State"]["Name"],
        default.get("InstanceId"),
        default["State"],
        newest["SourceDestCheck"],
    )


def _running(night: Night) -> list[str]:
    states = night.aws("stepfunctions")
    return [
        one["executionArn"]
        for machine in ("backtest", "retraining")
        for one in states.list_executions(
            stateMachineArn=night.world.cast.machine_arn(machine), statusFilter="RUNNING"
        )["executions"]
    ]


def firing_by_the_command_line(night: Night) -> list[str]:
    """The alarms that fire, as `aws cloudwatch describe-alarms` prints them."""
    words = ["cloudwatch", "describe-alarms", "--state-value", "ALARM", "--query", "MetricAlarms[].AlarmName"]
    done = subprocess.run(
        [sys.executable, "-m", "awscli", *words],
        env={**os.environ, **environ(night.aws.endpoint_url)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return sorted(json.loads(done.stdout))


def firing_by_the_console(night: Night) -> list[str]:
    """The same from `status --json`."""
    return sorted(name for name, state in read_by_the_console(night)["alarms"].items() if state == "ALARM")


def assert_same_truth(night: Night, stage: str) -> None:
    """Console and script agree; the night stands still meanwhile."""
    console, script = read_by_the_console(night), read_by_boto3(night)
    for name, told in script.items():
        assert console[name] == told, f"{stage}: {name}"
