"""ECS: cluster, task definitions, services behind the load balancer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tradai_console.demo.cast import SERVICES, Cast, ServiceSpec, dice, draw_hex
from tradai_console.demo.clients import Clients
from tradai_console.demo.world.network import Network


@dataclass(frozen=True)
class Balancer:
    """The names of the load balancer's parts, as CloudWatch's dimensions spell them."""

    name: str
    """`app/tradai-prod/<id>`."""
    target_groups: dict[str, str]
    """Service to `targetgroup/tradai-backend-prod/<id>`."""
    target_group_arns: dict[str, str]


def build_balancer(aws: Clients, cast: Cast, network: Network) -> Balancer:
    """The application load balancer with a target group for each service that is reached from outside."""
    elb = aws("elbv2")
    made = elb.create_load_balancer(
        Name=f"tradai-{cast.env}",
        Subnets=[network.subnets["public-a"], network.subnets["public-b"]],
        SecurityGroups=[network.groups["alb"]],
        Scheme="internet-facing",
        Type="application",
    )["LoadBalancers"][0]
    arns: dict[str, str] = {}
    for spec in SERVICES:
        if spec.target_group is not None:
            arns[spec.name] = elb.create_target_group(
                Name=f"tradai-{spec.target_group}-{cast.env}",
                Protocol="HTTP",
                Port=spec.port,
                VpcId=network.vpc,
                TargetType="ip",
                HealthCheckPath=spec.health_path,
                HealthCheckIntervalSeconds=30,
            )["TargetGroups"][0]["TargetGroupArn"]
    _listener(elb, made["LoadBalancerArn"], arns)
    return Balancer(
        name=made["LoadBalancerArn"].split(":loadbalancer/")[1],
        target_groups={service: arn.split(":")[5] for service, arn in arns.items()},
        target_group_arns=arns,
    )


def _listener(elb: Any, balancer: str, arns: dict[str, str]) -> None:
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arns["backend-api"]}],
    )["Listeners"][0]["ListenerArn"]
    paths = [spec for spec in SERVICES if spec.alb_path]
    for place, spec in enumerate(sorted(paths, key=lambda one: one.name == "backend-api"), start=1):
        elb.create_rule(
            ListenerArn=listener,
            Priority=10 * place,
            Conditions=[{"Field": "path-pattern", "Values": [spec.alb_path]}],
            Actions=[{"Type": "forward", "TargetGroupArn": arns[spec.name]}],
        )


def build_cluster(aws: Clients, cast: Cast) -> None:
    """The cluster and every task definition; two revisions of the backend's, so that there is one to go back to."""
    ecs = aws("ecs")
    ecs.create_cluster(
        clusterName=cast.platform.cluster,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=[{"key": "Environment", "value": cast.env}],
    )
    for spec in SERVICES:
        revisions = 2 if spec.name in ("backend-api", "strategy-service", "live-trading") else 1
        for back in reversed(range(revisions)):
            ecs.register_task_definition(**_definition(cast, spec, back))
    ecs.register_task_definition(**_strategy_definition(cast))


def _definition(cast: Cast, spec: ServiceSpec, back: int) -> dict[str, Any]:
    image = {"backend-api": "backend"}.get(spec.name, spec.name)
    build = draw_hex(dice(cast.seed, "image", spec.name, back), 7)
    container: dict[str, Any] = {
        "name": spec.name,
        "image": f"{cast.account}.dkr.ecr.{cast.region}.amazonaws.com/tradai/{image}:{build}",
        "essential": True,
        "portMappings": [{"containerPort": spec.port, "protocol": "tcp"}],
        "environment": [
            {"name": "ENVIRONMENT", "value": cast.env},
            {"name": "SERVICE_NAME", "value": spec.name},
            {"name": "LOG_LEVEL", "value": "INFO"},
        ],
        "healthCheck": {
            "command": ["CMD-SHELL", f"curl -fsS http://localhost:{spec.port}{spec.health_path} || exit 1"],
            "interval": 30,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 120 if spec.name.endswith("trading") else 30,
        },
        "logConfiguration": _log_configuration(cast, spec.group, spec.stream_prefix),
    }
    return _fargate(cast, f"tradai-{spec.name}-{cast.env}", spec.cpu, spec.memory_mib, container)


def _strategy_definition(cast: Cast) -> dict[str, Any]:
    """The task that backtests and trains."""
    container: dict[str, Any] = {
        "name": "strategy",
        "image": f"{cast.account}.dkr.ecr.{cast.region}.amazonaws.com/tradai/strategy:{cast.version}",
        "essential": True,
        "environment": [
            {"name": "ENVIRONMENT", "value": cast.env},
            {"name": "TRADING_MODE", "value": "backtest"},
        ],
        "logConfiguration": _log_configuration(cast, "tasks", "strategy"),
    }
    return _fargate(cast, f"tradai-strategy-generic-{cast.env}", 1024, 2048, container)


def _log_configuration(cast: Cast, group: str, prefix: str) -> dict[str, Any]:
    groups = cast.platform.log_groups
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": groups.services if group == "services" else groups.tasks,
            "awslogs-region": cast.region,
            "awslogs-stream-prefix": prefix,
        },
    }


def _fargate(cast: Cast, family: str, cpu: int, memory_mib: int, container: dict[str, Any]) -> dict[str, Any]:
    return {
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": str(cpu),
        "memory": str(memory_mib),
        "executionRoleArn": f"arn:aws:iam::{cast.account}:role/tradai-ecs-execution-{cast.env}",
        "taskRoleArn": f"arn:aws:iam::{cast.account}:role/tradai-ecs-task-{cast.env}",
        "containerDefinitions": [container],
    }


def build_services(aws: Clients, cast: Cast, network: Network, balancer: Balancer) -> None:
    """One ECS service for each long-running service (`ecs:CreateService`); prod only."""
    ecs = aws("ecs")
    for spec in SERVICES:
        provider = "FARGATE_SPOT" if spec.spot else "FARGATE"
        arguments: dict[str, Any] = {
            "cluster": cast.platform.cluster,
            "serviceName": cast.service_name(spec.name),
            "taskDefinition": f"tradai-{spec.name}-{cast.env}",
            "desiredCount": cast.desired(spec.name),
            "capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}],
            "networkConfiguration": network_configuration(network),
            "enableExecuteCommand": True,
            "propagateTags": "SERVICE",
            "tags": [{"key": "Environment", "value": cast.env}, {"key": "service", "value": spec.name}],
        }
        if spec.name in balancer.target_group_arns:
            arguments["loadBalancers"] = [
                {
                    "targetGroupArn": balancer.target_group_arns[spec.name],
                    "containerName": spec.name,
                    "containerPort": spec.port,
                }
            ]
            arguments["healthCheckGracePeriodSeconds"] = 60
        ecs.create_service(**arguments)


def network_configuration(network: Network) -> dict[str, Any]:
    """Where Fargate tasks are put."""
    return {
        "awsvpcConfiguration": {
            "subnets": [network.subnets["private-a"], network.subnets["private-b"]],
            "securityGroups": [network.groups["ecs"]],
            "assignPublicIp": "DISABLED",
        }
    }


def read_tasks(aws: Clients, cast: Cast) -> dict[str, tuple[str, ...]]:
    """The ids of the running tasks of each service, oldest first (`ecs:ListTasks`)."""
    if not cast.fargate:
        return {}
    return {
        spec.name: tuple(
            arn.rsplit("/", 1)[1]
            for arn in aws("ecs").list_tasks(
                cluster=cast.platform.cluster,
                serviceName=cast.service_name(spec.name),
                desiredStatus="RUNNING",
            )["taskArns"]
        )
        for spec in SERVICES
    }
