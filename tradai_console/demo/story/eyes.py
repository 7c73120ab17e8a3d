"""What the story sees of AWS: what an operator does there changes what happens next."""

from __future__ import annotations

from typing import Any

from tradai_console.demo.cast import SERVICES
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.stage import Actor, Stage

LOOK_EVERY_S = 5.0


def eyes(stage: Stage) -> Actor:
    """Look again and again."""
    while True:
        look(stage)
        yield LOOK_EVERY_S


def look(stage: Stage) -> None:
    """Read tasks, the way out, session rows, the database and the queues into `stage.facts`."""
    if behaviour() is None:
        out = ask(stage)
    else:
        from tradai_console.demo.story.glance import glance  # needs the server's tables in this process

        out = glance(stage)
    stage.facts.reach(out=out, after_s=LOOK_EVERY_S)


def ask(stage: Stage) -> bool:
    """The look through the API; whether traffic gets out."""
    _tasks(stage)
    _sessions(stage)
    _database(stage)
    _queues(stage)
    return _way_out(stage)


def _tasks(stage: Stage) -> None:
    cast = stage.cast
    if not cast.fargate:
        return
    ecs, cluster = stage.aws("ecs"), cast.platform.cluster
    arns: list[str] = ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"]
    described = ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"] if arns else []
    found: dict[str, list[tuple[float, str]]] = {spec.name: [] for spec in SERVICES}
    for task in described:
        service = cast.platform.service_of(task.get("group", "").removeprefix("service:"))
        if service in found and task["lastStatus"] == "RUNNING":
            started = task.get("startedAt")
            found[service].append(
                (started.timestamp() if started else 0.0, task["taskArn"].rsplit("/", 1)[1])
            )
    stage.facts.keep_tasks(found, cast.desired)


def _way_out(stage: Stage) -> bool:
    """An instance that runs, with a live default route to it, that forwards what is not its own."""
    ec2, facts, names = stage.aws("ec2"), stage.facts, stage.cast.platform.nat
    tables = ec2.describe_route_tables(Filters=[{"Name": "tag:Name", "Values": [names.route_table_tag_name]}])
    routes = [route for table in tables["RouteTables"] for route in table["Routes"]]
    default = next((route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"), None)
    answer = ec2.describe_instances(
        Filters=[
            {"Name": "tag:Name", "Values": [names.tag_name]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
    )
    instances = {one["InstanceId"]: one for group in answer["Reservations"] for one in group["Instances"]}
    facts.nat_instance = next(iter(instances), None)
    facts.nat_impaired = facts.nat_instance is not None and _impaired(ec2, facts.nat_instance)
    if default is None or default.get("State") == "blackhole":
        return False
    return bool(default.get("NatGatewayId")) or (_forwards(default, instances) and not facts.nat_impaired)


def _impaired(ec2: Any, instance: str) -> bool:
    answer = ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"]
    return any(
        "impaired" in (one["InstanceStatus"]["Status"], one["SystemStatus"]["Status"]) for one in answer
    )


def _forwards(route: dict[str, Any], instances: dict[str, Any]) -> bool:
    by_interface = {
        interface["NetworkInterfaceId"]: one
        for one in instances.values()
        for interface in one.get("NetworkInterfaces", ())
    }
    target = instances.get(route.get("InstanceId", "")) or by_interface.get(
        route.get("NetworkInterfaceId", "")
    )
    return target is not None and not target.get("SourceDestCheck", True)


def _sessions(stage: Stage) -> None:
    answer = stage.aws("dynamodb").scan(TableName=stage.cast.platform.tables.trading_state)
    stage.facts.sessions = {
        row["strategy_id"]["S"]: row.get("status", {}).get("S", "") for row in answer["Items"]
    }


def _database(stage: Stage) -> None:
    rds, name, facts = stage.aws("rds"), stage.cast.platform.database, stage.facts
    status = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceStatus"]
    facts.database_available = status in ("available", "backing-up", "modifying")
    events = rds.describe_events(SourceIdentifier=name, SourceType="db-instance", Duration=1440)["Events"]
    # One failover writes several events: the one that says it is complete is counted.
    told = [event["Message"].lower() for event in events]
    facts.count_failovers(sum("failover" in message and "completed" in message for message in told))


def _queues(stage: Stage) -> None:
    sqs = stage.aws("sqs")
    for queue in (stage.cast.backtest_queue, stage.cast.backtest_dlq):
        attributes = sqs.get_queue_attributes(
            QueueUrl=queue_url(stage, queue), AttributeNames=["ApproximateNumberOfMessages"]
        )
        stage.facts.waiting[queue] = int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def queue_url(stage: Stage, queue: str) -> str:
    """The queue's URL on this endpoint."""
    return f"{stage.aws.endpoint_url}/{stage.cast.account}/{queue}"
