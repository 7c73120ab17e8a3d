"""A big account for the benchmark: thousands of alarms, many services, databases and executions, built fast.

In the server's process the alarms go in by its back end in bulk; the rest goes through the public API.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from tradai_console.demo.cast import Cast, dice, draw_cast
from tradai_console.demo.clients import Clients, together
from tradai_console.demo.inside import behaviour

_FINE = "Threshold Crossed: 1 datapoint [12.0] was not greater than the threshold (80.0)."


@dataclass(frozen=True)
class Crowd:
    """How much of everything there is now."""

    alarms: int
    services: int
    tasks: int
    databases: int
    machines: int
    executions: int


def fill(
    endpoint_url: str,
    *,
    alarms: int = 5_000,
    services: int = 40,
    tasks: int = 200,
    databases: int = 20,
    executions: int = 1_000,
    machines: int = 10,
    env: str = "bench",
) -> Crowd:
    """Fill the account of this endpoint; about one alarm in a hundred fires."""
    cast, aws = draw_cast(env, 1), Clients(endpoint_url)
    together(
        [
            lambda: _alarms(aws, cast, alarms),
            lambda: _services(aws, cast, services, tasks),
            lambda: _databases(aws, cast, databases),
            lambda: _executions(aws, cast, machines, executions),
            lambda: _tables(aws, cast),
        ],
        threads=4,
    )
    aws.close()
    return Crowd(alarms, services, tasks, databases, machines, executions)


def _alarms(aws: Clients, cast: Cast, count: int) -> None:
    cloudwatch = aws("cloudwatch")
    kinds = ("memory-high", "errors", "latency-high", "unhealthy", "cpu-high")
    requests = [
        {
            "AlarmName": f"tradai-{cast.env}-service-{number // 5:04d}-{kinds[number % 5]}",
            "AlarmDescription": "one of many",
            "Namespace": cast.namespace,
            "MetricName": "Load",
            "Dimensions": [{"Name": "number", "Value": str(number)}],
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 80.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "ignore",
        }
        for number in range(count)
    ]
    server = behaviour("cloudwatch")
    if server is not None:
        # Thousands of requests would take longer than a benchmark may.
        server.load(requests, reason=_FINE, account=cast.account, region=cast.region)
    else:
        for request in requests:
            cloudwatch.put_metric_alarm(**request)
    for number in range(0, count, 100):
        name = f"tradai-{cast.env}-service-{number // 5:04d}-{kinds[number % 5]}"
        cloudwatch.set_alarm_state(
            AlarmName=name,
            StateValue="ALARM",
            StateReason="Threshold Crossed: 1 datapoint [91.0] was greater than the threshold (80.0).",
        )


def _services(aws: Clients, cast: Cast, count: int, tasks: int) -> None:
    ecs, cluster = aws("ecs"), cast.platform.cluster
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(
        family=f"tradai-many-{cast.env}",
        cpu="256",
        memory="512",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[{"name": "main", "image": "many:1", "essential": True}],
    )
    for number in range(count):
        share = tasks // count + (number < tasks % count)
        ecs.create_service(
            cluster=cluster,
            serviceName=cast.service_name(f"service-{number:03d}"),
            taskDefinition=f"tradai-many-{cast.env}",
            desiredCount=share,
            launchType="FARGATE",
            networkConfiguration={
                "awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d"], "assignPublicIp": "DISABLED"}
            },
        )


def _databases(aws: Clients, cast: Cast, count: int) -> None:
    for number in range(count):
        aws("rds").create_db_instance(
            DBInstanceIdentifier=cast.platform.database if number == 0 else f"tradai-{cast.env}-{number:02d}",
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            EngineVersion="15.13",
            MasterUsername="bench",
            MasterUserPassword="not-a-real-password",
            AllocatedStorage=20,
        )


def _executions(aws: Clients, cast: Cast, machines: int, count: int) -> None:
    """Past ones where the server can rehearse them, else started now; one in twenty has failed."""
    states, server = aws("stepfunctions"), behaviour("stepfunctions")
    names = [*cast.platform.machines.values()][:machines]
    names += [f"tradai-many-{number:02d}-{cast.env}" for number in range(machines - len(names))]
    definition = {
        "StartAt": "Work",
        "States": {
            "Work": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "work"},
                "End": True,
            }
        },
    }  # fmt: skip
    arns = [
        states.create_state_machine(
            name=name,
            definition=json.dumps(definition),
            roleArn=f"arn:aws:iam::{cast.account}:role/tradai-bench",
        )["stateMachineArn"]
        for name in names
    ]
    rng, now = dice("crowd"), time.time()
    for number in range(count):
        arn, name = arns[number % len(arns)], f"run-{number:05d}"
        if server is None:
            states.start_execution(stateMachineArn=arn, name=name, input="{}")
            continue
        outcome = _outcome(server, rng.uniform(20, 400), failed=number % 20 == 7)
        server.rehearse(arn, now - 60.0 * number - 500, {}, name=name, outcomes={"Work": outcome})


def _outcome(server: Any, seconds: float, *, failed: bool) -> Any:
    if failed:
        return server.Outcome(seconds=seconds, error="States.TaskFailed", cause="exit code 1")
    return server.Outcome(seconds=seconds, output={"ok": True})


def _tables(aws: Clients, cast: Cast) -> None:
    from tradai_console.demo.world.state import build_tables

    build_tables(aws, cast)
