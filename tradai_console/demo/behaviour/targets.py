"""Elastic Load Balancing: the targets of a group are the tasks of the service that names it.

ECS registers a task with its service's target groups when it runs, and drains it when it ends. moto's groups stay
empty. What the balancer finds when it asks for a target's health is the story's to say: `ask_health`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, operation
from tradai_console.demo.behaviour.ecs_fleet import fleet, lock, tasks_of
from tradai_console.demo.behaviour.ecs_tasks import Task

__all__ = ["ask_health"]

_FAILED = {
    "State": "unhealthy",
    "Reason": "Target.ResponseCodeMismatch",
    "Description": "Health checks failed with these codes: [503]",
}
_ENDING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING")

Well = Callable[[str], bool]
_well: Well = lambda _service: True  # noqa: E731


def reset(clock: Clock) -> None:
    """Every service answers again."""
    del clock
    ask_health(lambda _service: True)


def ask_health(well: Well) -> None:
    """From now on this says whether the service of that name answers the balancer's health checks."""
    global _well
    _well = well


@operation("elbv2", "DescribeTargetHealth")
def _describe_target_health(call: Call) -> Any:
    group = str(call.get("TargetGroupArn", ""))
    with lock:
        owned = [
            (service, int(one.get("containerPort") or 80))
            for service in fleet.services.values()
            for one in service.setting("loadBalancers", [])
            if one.get("targetGroupArn") == group
        ]
        found = [
            _described(task, port, well=_well(service.name))
            for service, port in owned
            for task in tasks_of(service)
            if task.last_status == "RUNNING" or task.last_status in _ENDING
        ]
    return {"TargetHealthDescriptions": found} if owned else call.moto()


def _described(task: Task, port: int, *, well: bool) -> dict[str, Any]:
    return {
        "Target": {"Id": task.private_ip, "Port": port, "AvailabilityZone": task.az},
        "HealthCheckPort": str(port),
        "TargetHealth": _health(task, well=well),
    }


def _health(task: Task, *, well: bool) -> dict[str, str]:
    if task.last_status in _ENDING or not task.live:
        return {
            "State": "draining",
            "Reason": "Target.DeregistrationInProgress",
            "Description": "Target deregistration is in progress",
        }
    if not well or task.health == "UNHEALTHY":
        return _FAILED
    if not task.ready:
        return {
            "State": "initial",
            "Reason": "Elb.InitialHealthChecking",
            "Description": "Initial health checks in progress",
        }
    return {"State": "healthy"}
