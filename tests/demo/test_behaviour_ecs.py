"""ECS behaves: services keep their tasks, deployments roll, tasks end as their fate says."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.demo.conftest import Aws
from tradai_console.demo.behaviour import ecs as levers
from tradai_console.demo.behaviour import targets
from tradai_console.demo.behaviour.ecs import Fate

CLUSTER = "tradai-prod"
NAME = "tradai-backend-api-prod"


def register(aws: Aws, memory: str = "1024", family: str = "backend") -> str:
    answer = aws.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="512",
        memory=memory,
        containerDefinitions=[
            {"name": "backend", "image": "tradai/backend:1", "healthCheck": {"command": ["CMD", "true"]}}
        ],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


@pytest.fixture
def service(aws: Aws) -> str:
    aws.client("ecs").create_cluster(clusterName=CLUSTER)
    register(aws)
    aws.client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=NAME,
        taskDefinition="backend",
        desiredCount=2,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        tags=[{"key": "env", "value": "prod"}],
        propagateTags="SERVICE",
    )
    return NAME


def described(aws: Aws) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("ecs").describe_services(cluster=CLUSTER, services=[NAME])["services"][
        0
    ]
    return found


def task_arns(aws: Aws, **more: Any) -> list[str]:
    found: list[str] = aws.client("ecs").list_tasks(cluster=CLUSTER, serviceName=NAME, **more)["taskArns"]
    return found


def tasks(aws: Aws, arns: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.client("ecs").describe_tasks(
        cluster=CLUSTER, tasks=arns, include=["TAGS"]
    )["tasks"]
    return found


def test_service_starts_its_tasks(aws: Aws, service: str) -> None:
    """A new service's tasks pass through PROVISIONING and PENDING, run, turn healthy; its deployment completes."""
    first = described(aws)
    assert (first["runningCount"], first["pendingCount"]) == (0, 2)
    assert {one["lastStatus"] for one in tasks(aws, task_arns(aws))} == {"PROVISIONING"}
    aws.advance(30)
    found = described(aws)
    assert (found["runningCount"], found["pendingCount"]) == (2, 0)
    assert [one["rolloutState"] for one in found["deployments"]] == ["COMPLETED"]
    task = tasks(aws, task_arns(aws))[0]
    assert (task["lastStatus"], task["healthStatus"], task["capacityProviderName"]) == (
        "RUNNING",
        "HEALTHY",
        "FARGATE_SPOT",
    )
    assert task["startedAt"] > task["createdAt"]
    assert task["tags"] == [{"key": "env", "value": "prod"}]
    assert task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"].startswith("10.")


def test_looking_changes_nothing(aws: Aws, service: str) -> None:
    """Describing a task any number of times leaves it running."""
    aws.advance(30)
    arns = task_arns(aws)
    for _ in range(6):
        tasks(aws, arns)
    assert {one["lastStatus"] for one in tasks(aws, arns)} == {"RUNNING"}


def test_stopped_task_is_told_replaced_and_forgotten(aws: Aws, service: str) -> None:
    """StopTask gives code, reason and exit code; the service replaces the task; an hour later it is forgotten."""
    aws.advance(30)
    arns = task_arns(aws)
    aws.client("ecs").stop_task(cluster=CLUSTER, task=arns[0], reason="by hand")
    aws.advance(6)
    stopped = tasks(aws, [arns[0]])[0]
    assert (stopped["lastStatus"], stopped["stopCode"], stopped["stoppedReason"]) == (
        "STOPPED",
        "UserInitiated",
        "by hand",
    )
    assert stopped["containers"][0]["exitCode"] == 143
    assert stopped["stoppedAt"] > stopped["startedAt"]
    aws.advance(30)
    assert described(aws)["runningCount"] == 2
    assert task_arns(aws, desiredStatus="STOPPED") == [arns[0]]
    assert any("has started 1 tasks" in one["message"] for one in described(aws)["events"])
    aws.advance(3700)
    answer = aws.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[arns[0]])
    assert answer["failures"][0]["reason"] == "MISSING"


def test_forced_deployment_replaces_every_task(aws: Aws, service: str) -> None:
    """A forced deployment is PRIMARY and IN_PROGRESS beside the ACTIVE one, then COMPLETED with all tasks new."""
    aws.advance(30)
    old = set(task_arns(aws))
    aws.client("ecs").update_service(cluster=CLUSTER, service=NAME, forceNewDeployment=True)
    assert [(one["status"], one["rolloutState"]) for one in described(aws)["deployments"]] == [
        ("PRIMARY", "IN_PROGRESS"),
        ("ACTIVE", "COMPLETED"),
    ]
    aws.advance(60)
    found = described(aws)
    assert [(one["status"], one["rolloutState"]) for one in found["deployments"]] == [
        ("PRIMARY", "COMPLETED")
    ]
    assert found["runningCount"] == 2
    assert not old & set(task_arns(aws))
    assert found["events"][0]["message"].endswith("has reached a steady state.")


def test_scaling(aws: Aws, service: str) -> None:
    """The desired count is followed up and down without a new deployment."""
    aws.advance(30)
    before = described(aws)["deployments"][0]["id"]
    for count in (3, 1):
        aws.client("ecs").update_service(cluster=CLUSTER, service=NAME, desiredCount=count)
        aws.advance(40)
        assert described(aws)["runningCount"] == count
    assert described(aws)["deployments"][0]["id"] == before


def test_out_of_memory_until_enough_memory(aws: Aws, service: str) -> None:
    """A memory fate kills task after task, a forced deployment does not help, more memory cures it."""
    aws.advance(30)
    levers.set_fate(NAME, Fate.out_of_memory(20), memory_below=2048)
    aws.advance(25)
    stopped = tasks(aws, task_arns(aws, desiredStatus="STOPPED"))
    assert {one["containers"][0]["exitCode"] for one in stopped} == {137}
    assert all("OutOfMemoryError" in one["containers"][0]["reason"] for one in stopped)
    aws.client("ecs").update_service(cluster=CLUSTER, service=NAME, forceNewDeployment=True)
    aws.advance(200)
    assert any("unable to consistently start tasks" in one["message"] for one in described(aws)["events"])
    aws.client("ecs").update_service(cluster=CLUSTER, service=NAME, taskDefinition=register(aws, "2048"))
    aws.advance(300)
    found = described(aws)
    assert (found["runningCount"], found["deployments"][0]["rolloutState"]) == (2, "COMPLETED")


def test_fate_until_redeployed(aws: Aws, service: str) -> None:
    """A fate that holds until redeployed is cured by a forced deployment and by nothing else."""
    aws.advance(30)
    levers.set_fate(NAME, Fate.exits(1, 5), until_redeployed=True)
    aws.advance(120)
    assert described(aws)["runningCount"] < 2 or task_arns(aws, desiredStatus="STOPPED")
    aws.client("ecs").update_service(cluster=CLUSTER, service=NAME, forceNewDeployment=True)
    aws.advance(200)
    steady = set(task_arns(aws))
    aws.advance(300)
    assert set(task_arns(aws)) == steady
    assert described(aws)["runningCount"] == 2


def test_unhealthy_task_is_replaced(aws: Aws, service: str) -> None:
    """A task that fails its health check is UNHEALTHY, told in the events, and replaced."""
    aws.advance(30)
    old = set(task_arns(aws))
    levers.set_fate(NAME, Fate.fails_health_check(5), until_redeployed=True)
    levers.clear_fate(NAME)
    aws.advance(60)
    assert any("failed container health checks" in one["message"] for one in described(aws)["events"])
    assert not old & set(task_arns(aws))
    assert described(aws)["runningCount"] == 2


def test_circuit_breaker_rolls_back(aws: Aws, service: str) -> None:
    """A deployment whose tasks never start FAILS, and the last good task definition comes back."""
    aws.advance(30)
    good = described(aws)["taskDefinition"]
    bad = register(aws)
    levers.set_fate(NAME, Fate.cannot_pull("tradai/backend:nope"), revision=bad)
    aws.client("ecs").update_service(
        cluster=CLUSTER,
        service=NAME,
        taskDefinition=bad,
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )
    aws.advance(400)
    found = described(aws)
    assert found["taskDefinition"] == good
    assert found["runningCount"] == 2
    assert any("deployment failed: tasks failed to start" in one["message"] for one in found["events"])
    stopped = tasks(aws, task_arns(aws, desiredStatus="STOPPED"))
    assert any(one["stopCode"] == "TaskFailedToStart" for one in stopped)


def test_run_task_runs_until_told(aws: Aws, service: str) -> None:
    """A task that no service owns carries its tags and runs until it is ended; nothing replaces it."""
    register(aws, family="tradai-strategy-generic-prod")
    ecs = aws.client("ecs")
    answer = ecs.run_task(
        cluster=CLUSTER,
        taskDefinition="tradai-strategy-generic-prod",
        tags=[{"key": "job_id", "value": "bt-1"}],
        launchType="FARGATE",
        startedBy="test",
    )
    arn = answer["tasks"][0]["taskArn"]
    aws.advance(500)
    assert ecs.list_tasks(cluster=CLUSTER, family="tradai-strategy-generic-prod")["taskArns"] == [arn]
    assert tasks(aws, [arn])[0]["tags"] == [{"key": "job_id", "value": "bt-1"}]
    levers.end_task(arn, 3)
    aws.advance(6)
    ended = tasks(aws, [arn])[0]
    assert (ended["stopCode"], ended["containers"][0]["exitCode"]) == ("EssentialContainerExited", 3)
    assert ecs.list_tasks(cluster=CLUSTER, family="tradai-strategy-generic-prod")["taskArns"] == []


def test_lists_page_and_errors_are_aws_own(aws: Aws, service: str) -> None:
    """Lists page by token; what is not there is answered with AWS's own error codes."""
    ecs = aws.client("ecs")
    first = ecs.list_tasks(cluster=CLUSTER, maxResults=1)
    second = ecs.list_tasks(cluster=CLUSTER, maxResults=1, nextToken=first["nextToken"])
    assert len({*first["taskArns"], *second["taskArns"]}) == 2
    assert "nextToken" not in second
    with pytest.raises(ClientError) as caught:
        ecs.update_service(cluster=CLUSTER, service="nobody")
    assert caught.value.response["Error"]["Code"] == "ServiceNotFoundException"
    with pytest.raises(ClientError) as caught:
        ecs.list_tasks(cluster="nowhere")
    assert caught.value.response["Error"]["Code"] == "ClusterNotFoundException"


def test_clusters_and_deployments_are_counted(aws: Aws, service: str) -> None:
    """A cluster's counts are those of its tasks, a service's deployments are listed, tags follow TagResource."""
    aws.advance(30)
    ecs = aws.client("ecs")
    cluster = ecs.describe_clusters(clusters=[CLUSTER])["clusters"][0]
    assert (cluster["runningTasksCount"], cluster["pendingTasksCount"], cluster["activeServicesCount"]) == (
        2,
        0,
        1,
    )
    listed = ecs.list_service_deployments(cluster=CLUSTER, service=NAME)["serviceDeployments"]
    assert [one["status"] for one in listed] == ["SUCCESSFUL"]
    arn = task_arns(aws)[0]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "env", "value": "x"}, {"key": "job_id", "value": "1"}])
    ecs.untag_resource(resourceArn=arn, tagKeys=["job_id"])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "env", "value": "x"}]


def test_deleted_service_ends_its_tasks(aws: Aws, service: str) -> None:
    """A service is only deleted by force while it has tasks; then they stop and nothing replaces them."""
    aws.advance(30)
    ecs = aws.client("ecs")
    with pytest.raises(ClientError) as caught:
        ecs.delete_service(cluster=CLUSTER, service=NAME)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    ecs.delete_service(cluster=CLUSTER, service=NAME, force=True)
    aws.advance(60)
    assert ecs.list_tasks(cluster=CLUSTER)["taskArns"] == []
    assert described(aws)["status"] == "INACTIVE"
    assert ecs.list_services(cluster=CLUSTER)["serviceArns"] == []


def test_watchers_hear_of_every_change(aws: Aws, service: str) -> None:
    """Whoever watches hears of each status of a task in its order, and may call AWS from there."""
    seen: list[str] = []

    def hear(task: levers.Task) -> None:
        aws.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[task.arn])
        seen.append(task.last_status)

    levers.watch(hear)
    aws.client("ecs").update_service(cluster=CLUSTER, service=NAME, desiredCount=3)
    aws.advance(30)
    assert seen.count("RUNNING") >= 3
    assert seen.index("PENDING") < seen.index("RUNNING")


def test_targets_are_the_tasks_of_the_service(aws: Aws) -> None:
    """Registered from their start, healthy soon after, ill when they answer badly, draining when they go."""
    elb, ecs = aws.client("elbv2"), aws.client("ecs")
    ec2 = aws.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = elb.create_target_group(Name="backend", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    ecs.create_cluster(clusterName=CLUSTER)
    register(aws)
    balancer = {"targetGroupArn": arn, "containerName": "backend", "containerPort": 8000}
    ecs.create_service(
        cluster=CLUSTER, serviceName=NAME, taskDefinition="backend", desiredCount=2, loadBalancers=[balancer]
    )

    def states() -> list[str]:
        told = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return [one["TargetHealth"]["State"] for one in told]

    assert states() == []
    aws.advance(120)
    assert states() == ["healthy", "healthy"]
    targets.ask_health(lambda name: name != NAME)
    assert states() == ["unhealthy", "unhealthy"]
    targets.ask_health(lambda _name: True)
    ecs.stop_task(cluster=CLUSTER, task=task_arns(aws)[0])
    aws.advance(2)
    assert sorted(states()) == ["draining", "healthy"]
