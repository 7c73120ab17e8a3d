"""ECS's service scheduler: keeps each service's tasks at its desired count, and rolls deployments.

AWS replaces what dies, starts new tasks before it drains old ones (minimum 100 %, maximum 200 % unless told
otherwise), waits longer between launches when tasks keep dying, and gives a deployment up when its circuit
breaker is on. moto's services only have numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tradai_console.demo.behaviour import ids
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import stamp
from tradai_console.demo.behaviour.ecs_tasks import Task

_SHORT_LIFE_S = 90.0
_BACKOFF_S = (0.0, 0.0, 5.0, 10.0, 20.0, 40.0, 60.0)
_EVENTS_KEPT = 100


@dataclass
class Deployment:
    """One deployment of a service."""

    definition: Any
    desired: int
    created_at: float
    updated_at: float
    id: str = field(default_factory=lambda: f"ecs-svc/{int(ids.hexadecimal('deployment'), 16) % 10**19:019d}")
    status: str = "PRIMARY"
    state: str = "IN_PROGRESS"
    reason: str = ""
    failed: int = 0

    def __post_init__(self) -> None:
        self.reason = self.reason or f"ECS deployment {self.id} in progress."


@dataclass
class Service:
    """One service, its deployments and its own event list."""

    name: str
    arn: str
    cluster_arn: str
    definition: Any
    desired: int
    created_at: float
    settings: dict[str, Any]
    """What the client gave and DescribeServices gives back: network, load balancers, deployment configuration."""
    tags: list[dict[str, str]]
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    short_lives: int = 0
    not_before: float = 0.0
    steady: bool = False
    last_good: Any = None
    """The task definition of the deployment that completed last."""

    @property
    def primary(self) -> Deployment:
        """The newest deployment."""
        return self.deployments[0]

    def setting(self, name: str, default: Any = None) -> Any:
        """One of the client's settings."""
        value = self.settings.get(name)
        return default if value is None else value


class Scheduler:
    """Looks after one service at a time. Every method is called with the module's lock held."""

    def __init__(
        self,
        clock: Clock,
        tasks_of: Callable[[Service], list[Task]],
        launch: Callable[[Service, Deployment], Task],
        end: Callable[[Task, str, str, int | None], None],
    ) -> None:
        self._clock = clock
        self._tasks_of = tasks_of
        self._launch = launch
        self._end = end

    def deploy(self, service: Service, *, reason: str = "") -> Deployment:
        """A new PRIMARY deployment of the service's task definition; the others become ACTIVE."""
        now = self._clock.time()
        for old in service.deployments:
            old.status, old.updated_at = "ACTIVE", now
        deployment = Deployment(service.definition, service.desired, now, now, reason=reason)
        service.deployments.insert(0, deployment)
        service.steady = False
        service.short_lives, service.not_before = 0, 0.0
        return deployment

    def died(self, service: Service, task: Task) -> None:
        """A task of the service ended, by itself or told to."""
        deployment = next((one for one in service.deployments if one.id == task.deployment), None)
        told = task.stop_code in ("ServiceSchedulerInitiated", "UserInitiated") and task.health != "UNHEALTHY"
        if told:
            return
        lived = self._clock.time() - (task.started_at or self._clock.time())
        service.short_lives = service.short_lives + 1 if lived < _SHORT_LIFE_S else 0
        wait = _BACKOFF_S[min(service.short_lives, len(_BACKOFF_S) - 1)]
        service.not_before = self._clock.elapsed() + wait
        if deployment is not None and deployment.state == "IN_PROGRESS":
            deployment.failed += 1
        if service.short_lives == 4:
            self.tell(
                service,
                f"(service {service.name}) is unable to consistently start tasks successfully. "
                "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
            )

    def reconcile(self, service: Service) -> None:
        """One look: stop the unhealthy, launch what is missing, drain what is old, judge the deployment."""
        if service.status == "INACTIVE":
            return
        self._stop_unhealthy(service)
        self._judge(service)
        self._launch_missing(service)
        self._drain(service)
        self._complete(service)

    def tell(self, service: Service, message: str) -> None:
        """Add a line to the service's event list, newest first."""
        service.events.insert(
            0, {"id": ids.unique("event", service.name), "createdAt": self._clock.now(), "message": message}
        )
        del service.events[_EVENTS_KEPT:]

    def _stop_unhealthy(self, service: Service) -> None:
        for task in self._live(service):
            if task.health == "UNHEALTHY":
                self.tell(
                    service, f"(service {service.name}) (task {task.id}) failed container health checks."
                )
                self._end(task, "ServiceSchedulerInitiated", "Task failed container health checks", 137)

    def _judge(self, service: Service) -> None:
        breaker = service.setting("deploymentConfiguration", {}).get("deploymentCircuitBreaker") or {}
        primary = service.primary
        threshold = max(3, min(200, math.ceil(service.desired * 0.5)))
        if not breaker.get("enable") or primary.state != "IN_PROGRESS" or primary.failed < threshold:
            return
        primary.state, primary.updated_at = "FAILED", self._clock.time()
        primary.reason = "ECS deployment circuit breaker: tasks failed to start."
        self.tell(
            service,
            f"(service {service.name}) (deployment {primary.id}) deployment failed: tasks failed to start.",
        )
        if (
            breaker.get("rollback")
            and service.last_good is not None
            and service.last_good is not primary.definition
        ):
            service.definition = service.last_good
            earlier = next(
                (one.id for one in service.deployments[1:] if one.definition is service.last_good), primary.id
            )
            self.tell(service, f"(service {service.name}) rolling back to deployment {earlier}.")
            self.deploy(
                service, reason=f"ECS deployment circuit breaker: rolling back to deploymentId {earlier}."
            )

    def _launch_missing(self, service: Service) -> None:
        primary = service.primary
        if primary.state == "FAILED" or self._clock.elapsed() < service.not_before:
            return
        live = self._live(service)
        mine = [task for task in live if task.deployment == primary.id]
        most = math.floor(service.desired * self._percent(service, "maximumPercent", 200) / 100)
        room = max(most, 1 if service.desired else 0) - len(live)
        missing = min(service.desired - len(mine), room)
        started = [self._launch(service, primary) for _ in range(max(0, missing))]
        if started:
            service.steady = False
            names = " ".join(f"(task {task.id})" for task in started)
            self.tell(service, f"(service {service.name}) has started {len(started)} tasks: {names}.")

    def _drain(self, service: Service) -> None:
        live = self._live(service)
        old = [task for task in live if task.deployment != service.primary.id]
        new = [task for task in live if task.deployment == service.primary.id]
        least = math.ceil(service.desired * self._percent(service, "minimumHealthyPercent", 100) / 100)
        ready = sum(task.ready for task in live)
        stopped = []
        for task in sorted(old, key=lambda one: one.ready):
            if (
                not task.ready
                and sum(one.ready for one in new) < service.desired
                and service.primary.state != "FAILED"
            ):
                continue
            if task.ready and ready - 1 < least:
                break
            ready -= task.ready
            stopped.append(task)
        stopped += sorted(new, key=lambda one: one.ready)[: max(0, len(new) - service.desired)]
        for task in stopped:
            reason = f"Scaling activity initiated by (deployment {task.deployment})"
            self._end(task, "ServiceSchedulerInitiated", reason, 0)
        if stopped:
            names = " ".join(f"(task {task.id})" for task in stopped)
            self.tell(service, f"(service {service.name}) has stopped {len(stopped)} running tasks: {names}.")

    def _complete(self, service: Service) -> None:
        primary, tasks = service.primary, self._tasks_of(service)
        ready = sum(task.ready for task in tasks if task.deployment == primary.id)
        gone = {one.id for one in service.deployments[1:]} - {
            task.deployment for task in tasks if task.last_status != "STOPPED"
        }
        settled = ready == service.desired and len(gone) == len(service.deployments) - 1
        if primary.state != "FAILED" and settled:
            service.deployments = [primary]
            if primary.state == "IN_PROGRESS":
                primary.state, primary.updated_at = "COMPLETED", self._clock.time()
                primary.reason = f"ECS deployment {primary.id} completed."
                service.last_good = primary.definition
                self.tell(
                    service, f"(service {service.name}) (deployment {primary.id}) deployment completed."
                )
        if settled and not service.steady:
            service.steady = True
            self.tell(service, f"(service {service.name}) has reached a steady state.")

    def _live(self, service: Service) -> list[Task]:
        return [task for task in self._tasks_of(service) if task.live]

    @staticmethod
    def _percent(service: Service, name: str, default: int) -> int:
        return int(service.setting("deploymentConfiguration", {}).get(name) or default)


def describe(service: Service, tasks: list[Task], *, tags: bool) -> dict[str, Any]:
    """What DescribeServices answers."""
    waiting = ("PROVISIONING", "PENDING", "ACTIVATING")
    told = {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster_arn,
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": sum(task.last_status == "RUNNING" for task in tasks),
        "pendingCount": sum(task.last_status in waiting and task.live for task in tasks),
        "taskDefinition": service.definition.arn,
        "createdAt": stamp(service.created_at),
        "createdBy": f"{service.arn.split(':service/')[0].replace(':ecs:', ':iam:')}:role/deployer",
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "events": list(service.events),
        "deployments": [_describe(service, one, tasks) for one in service.deployments],
        "placementConstraints": [],
        "placementStrategy": [],
        "loadBalancers": [],
        "serviceRegistries": [],
        "propagateTags": "NONE",
        "enableECSManagedTags": False,
        "enableExecuteCommand": False,
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
        **service.settings,
    }
    if tags:
        told["tags"] = service.tags
    return told


def _describe(service: Service, deployment: Deployment, tasks: list[Task]) -> dict[str, Any]:
    mine = [task for task in tasks if task.deployment == deployment.id]
    told = {
        "id": deployment.id,
        "status": deployment.status,
        "taskDefinition": deployment.definition.arn,
        "desiredCount": service.desired if deployment.status == "PRIMARY" else 0,
        "runningCount": sum(task.last_status == "RUNNING" for task in mine),
        "pendingCount": sum(task.last_status in ("PROVISIONING", "PENDING") and task.live for task in mine),
        "failedTasks": deployment.failed,
        "createdAt": stamp(deployment.created_at),
        "updatedAt": stamp(deployment.updated_at),
        "rolloutState": deployment.state,
        "rolloutStateReason": deployment.reason,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
    }
    for name in ("launchType", "capacityProviderStrategy", "networkConfiguration"):
        if service.settings.get(name):
            told[name] = service.settings[name]
    return told
