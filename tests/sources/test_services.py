"""The services pane's source: services, tasks, what stopped, and the one host of dev and staging."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny
from tests.sources.conftest import HandClock, image_of, says
from tests.sources.spoilt import BAD, spoils
from tradai_console.aws.door import Door
from tradai_console.errors import Denied, NotFound
from tradai_console.platform import Platform, load_platform
from tradai_console.sources.services import ServiceSource, other_cluster, parse_service
from tradai_console.sources.tasks import TaskMemory, parse_task

ARN = "arn:aws:ecs:eu-central-1:123456789012"
AT = 1_767_236_400.0
TASK: dict[str, Any] = {
    "taskArn": f"{ARN}:task/tradai-prod/aaaa",
    "lastStatus": "STOPPED",
    "desiredStatus": "STOPPED",
    "healthStatus": "UNHEALTHY",
    "stoppedReason": "Essential container in task exited",
    "stopCode": "EssentialContainerExited",
    "startedAt": AT,
    "stoppedAt": AT + 600,
    "taskDefinitionArn": f"{ARN}:task-definition/tradai-backend-api-prod:42",
    "availabilityZone": "eu-central-1a",
    "capacityProviderName": "FARGATE_SPOT",
    "launchType": "FARGATE",
    "group": "service:tradai-backend-api-prod",
    "attachments": [{"type": "eni", "details": [{"name": "privateIPv4Address", "value": "10.0.11.7"}]}],
    "containers": [
        {"name": "sidecar", "exitCode": 0},
        {"name": "api", "exitCode": 137, "reason": "OutOfMemoryError: container killed due to memory usage"},
    ],
}
SERVICE: dict[str, Any] = {
    "serviceName": "tradai-backend-api-prod",
    "serviceArn": f"{ARN}:service/tradai-prod/tradai-backend-api-prod",
    "status": "ACTIVE",
    "desiredCount": 2,
    "runningCount": 1,
    "pendingCount": 1,
    "taskDefinition": f"{ARN}:task-definition/tradai-backend-api-prod:42",
    "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    "loadBalancers": [{"targetGroupArn": "arn:tg", "containerName": "api"}],
    "deployments": [
        {
            "id": "ecs-svc/2",
            "status": "PRIMARY",
            "rolloutState": "FAILED",
            "rolloutStateReason": "circuit breaker",
            "taskDefinition": "x/y:42",
            "desiredCount": 2,
            "runningCount": 1,
            "pendingCount": 1,
            "failedTasks": 3,
            "createdAt": AT,
            "updatedAt": AT,
        },
        {"id": "ecs-svc/1", "status": "ACTIVE", "rolloutState": "COMPLETED"},
    ],
    "events": [
        {"id": "1", "createdAt": AT, "message": "old"},
        {"id": "2", "createdAt": AT + 9, "message": "new"},
    ],
}


def dated(raw: Any) -> Any:
    """The structure with moments as the client hands them over."""
    if isinstance(raw, float):
        return datetime.fromtimestamp(raw, UTC)
    if isinstance(raw, Mapping):
        return {key: dated(value) for key, value in raw.items()}
    return [dated(one) for one in raw] if isinstance(raw, list) else raw


def make(boto: Any, *names: str, cluster: str = "tradai-prod") -> Any:
    ecs = boto("ecs")
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(
        family="any", containerDefinitions=[{"name": "c", "image": "i", "memory": 64}]
    )
    for name in names:
        ecs.create_service(cluster=cluster, serviceName=name, taskDefinition="any", desiredCount=1)
    return ecs


def with_tasks(line: FaultProxy, running: list[Any], stopped: list[Any]) -> None:
    """The line answers with these tasks."""
    known = {raw["taskArn"]: raw for raw in [*running, *stopped]}
    of = {"RUNNING": running, "STOPPED": stopped}
    line.clear("ecs")
    listed = says(lambda asked: {"taskArns": [raw["taskArn"] for raw in of[asked["desiredStatus"]]]})
    line.inject(listed, "ecs", "ListTasks")
    told = says(lambda asked: {"tasks": [known[arn] for arn in asked["tasks"]], "failures": []})
    line.inject(told, "ecs", "DescribeTasks")


async def test_services_stand_in_the_platforms_order(
    door: Door, boto: Any, clock: HandClock, platform: Platform
) -> None:
    """The platform file's order, then strangers by name; more than one lot of ten is read."""
    names = ["zeta", *[f"foreign-{n:02}" for n in range(10)], "tradai-mlflow-prod", "tradai-backend-api-prod"]
    make(boto, *names)
    reading = await ServiceSource(door, platform, clock).read()
    found = [one.service for one in reading.items]
    assert found == ["backend-api", "mlflow", *[f"foreign-{n:02}" for n in range(10)], "zeta"]
    assert reading.items[0].desired == 1
    assert reading.items[0].cluster == "tradai-prod"
    assert reading.notes == ()


async def test_a_stopped_task_outlives_aws(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """The reason a task stopped is still there when AWS has forgotten it, marked so, and gone after half a
    day."""
    make(boto, "tradai-backend-api-prod")
    running = {
        **TASK,
        "taskArn": f"{ARN}:task/tradai-prod/bbbb",
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
    }
    for key in ("stoppedAt", "stoppedReason", "containers"):
        running.pop(key)
    loose = {
        **running,
        "taskArn": f"{ARN}:task/tradai-prod/cccc",
        "group": "family:tradai-strategy-generic-prod",
    }
    with_tasks(line, [running, loose], [TASK])
    source = ServiceSource(door, platform, clock)
    clock.at = datetime.fromtimestamp(AT + 700, UTC)
    (service,) = (await source.read()).items
    assert service.tasks is not None
    assert [(task.id, task.purged) for task in service.tasks] == [("bbbb", False), ("aaaa", False)]
    assert service.tasks[1].out_of_memory
    assert [task.id for task in source.loose_tasks] == ["cccc"]
    with_tasks(line, [running], [])
    (service,) = (await source.read()).items
    assert [(task.id, task.purged) for task in service.tasks or ()] == [("bbbb", False), ("aaaa", True)]
    clock.move(13 * 3600)
    (service,) = (await source.read()).items
    assert [task.id for task in service.tasks or ()] == ["bbbb"]


async def test_tasks_that_cannot_be_read_are_none(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """Denied tasks leave the services standing, say which permission is missing, and are not zero tasks."""
    make(boto, "tradai-backend-api-prod")
    with line.fault(deny(), "ecs", "ListTasks"):
        reading = await ServiceSource(door, platform, clock).read()
    assert reading.items[0].tasks is None
    assert "ecs:ListTasks" in reading.notes[0]
    with line.fault(deny(), "ecs", "DescribeServices"), pytest.raises(Denied):
        await ServiceSource(door, platform, clock).read()


async def test_a_crowd_is_read_only_where_something_is_short(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """Above 500 tasks only those of services that run too few are asked for, and the others say unknown."""
    make(boto, "tradai-backend-api-prod", "tradai-mlflow-prod")
    big = {**SERVICE, "serviceName": "tradai-mlflow-prod", "desiredCount": 600, "runningCount": 600}
    line.inject(says({"services": [SERVICE, big], "failures": []}), "ecs", "DescribeServices")
    line.inject(
        says(lambda asked: {"taskArns": [] if asked.get("serviceName") else ["no"]}), "ecs", "ListTasks"
    )
    reading = await ServiceSource(door, platform, clock).read()
    assert [(one.service, one.tasks) for one in reading.items] == [("backend-api", ()), ("mlflow", None)]
    assert "500" in reading.notes[0]


async def test_another_cluster_stands_in(door: Door, boto: Any, clock: HandClock, platform: Platform) -> None:
    """Where the named cluster is missing, the only one that has its prefix and the environment is taken."""
    make(boto, "tradai-mlflow-prod", cluster="tradai-main-prod")
    source = ServiceSource(door, platform, clock)
    for _ in range(2):
        assert [(one.service, one.cluster) for one in (await source.read()).items] == [
            ("mlflow", "tradai-main-prod")
        ]


async def test_no_cluster_at_all_is_said(door: Door, clock: HandClock, platform: Platform) -> None:
    """A missing cluster is an error with the names that are there, not an empty pane."""
    with pytest.raises(NotFound, match="tradai-prod"):
        await ServiceSource(door, platform, clock).read()


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        pytest.param(["tradai-main-prod", "tradai-dev"], "tradai-main-prod", id="one fits"),
        pytest.param(["tradai-a-prod", "tradai-b-prod"], None, id="two fit"),
        pytest.param(["other-prod"], None, id="none fits"),
    ],
)
def test_which_cluster_may_stand_in(platform: Platform, names: list[str], chosen: str | None) -> None:
    """Only an unmistakable one."""
    if chosen is None:
        with pytest.raises(NotFound):
            other_cluster(names, platform)
    else:
        assert other_cluster(names, platform) == chosen


async def test_dev_shows_its_host(door: Door, boto: Any, clock: HandClock) -> None:
    """In dev the instance that runs everything is a row, beside what ECS has, also where there is no
    cluster."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "tradai-consolidated-dev"}]}]
    ec2 = boto("ec2")
    made = ec2.run_instances(ImageId=image_of(ec2), MinCount=1, MaxCount=1, TagSpecifications=tags)
    platform = load_platform("dev")
    (row,) = (await ServiceSource(door, platform, clock).read()).items
    assert row.host is not None
    assert (row.service, row.name, row.tasks, row.desired) == ("host", "tradai-consolidated-dev", None, None)
    assert (row.host.instance_id, row.host.state) == (made["Instances"][0]["InstanceId"], "running")
    assert row.host.status_checks == "ok"
    make(boto, "tradai-mlflow-dev", cluster="tradai-dev")
    assert [one.service for one in (await ServiceSource(door, platform, clock).read()).items] == [
        "host",
        "mlflow",
    ]


def test_a_service_in_full(platform: Platform) -> None:
    """Counts, rollouts, events newest first."""
    service = parse_service(dated(SERVICE), "tradai-prod", platform)
    assert service is not None
    assert (service.service, service.desired, service.running, service.short) == ("backend-api", 2, 1, True)
    assert (service.rollout, service.rollout_reason) == ("FAILED", "circuit breaker")
    assert (service.launch, service.task_definition) == ("FARGATE_SPOT", "tradai-backend-api-prod:42")
    assert [event.message for event in service.events] == ["new", "old"]
    assert service.rollouts[0].failed == 3
    assert service.target_groups == ("arn:tg",)


def test_a_task_in_full() -> None:
    """The container that failed tells the exit code and the reason."""
    task = parse_task(dated(TASK))
    assert task is not None
    assert (task.id, task.exit_code, task.out_of_memory) == ("aaaa", 137, True)
    assert (task.private_ip, task.capacity, task.az) == ("10.0.11.7", "FARGATE_SPOT", "eu-central-1a")
    assert (task.task_definition, task.stop_code) == (
        "tradai-backend-api-prod:42",
        "EssentialContainerExited",
    )


@pytest.mark.parametrize("value", BAD)
def test_no_field_is_taken_for_granted(platform: Platform, value: object) -> None:
    """Any field of a task or service, inner ones included, may be absent or of another kind."""
    for whole, parse in ((TASK, parse_task), (SERVICE, lambda raw: parse_service(raw, "c", platform))):
        for spoilt, key in spoils(dated(whole), value):
            assert parse(spoilt) is not None or key in ("taskArn", "serviceName")


def test_memory_is_bounded(clock: HandClock) -> None:
    """Of a service that restarts for hours the newest fifty stops are kept."""
    memory = TaskMemory(clock)
    for n in range(200):
        task = parse_task(dated({**TASK, "taskArn": f"task/{n:03}", "stoppedAt": AT + n}))
        assert task is not None
        clock.at = datetime.fromtimestamp(AT + n, UTC)
        memory.keep([task], [task.arn])
    kept = memory.joined([])
    assert len(kept) == 50
    assert kept[0].id == "199"
    assert [task.purged for task in kept[:2]] == [False, True]
