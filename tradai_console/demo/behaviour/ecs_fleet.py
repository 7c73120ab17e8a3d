"""ECS's services and tasks as they are, and what becomes of them by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends

from tradai_console.demo.behaviour import ids
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Refused
from tradai_console.demo.behaviour.ecs_services import Deployment, Scheduler, Service
from tradai_console.demo.behaviour.ecs_tasks import FORGOTTEN_AFTER_S, Fate, Life, Task

_ZONES = ("eu-central-1a", "eu-central-1b")


@dataclass(frozen=True)
class Bound:
    """A fate, and whom it overtakes."""

    fate: Fate
    revision: str | None
    deployments: frozenset[str] | None
    memory_below: int | None

    def holds(self, task: Task) -> bool:
        """Whether it overtakes this task."""
        name = task.definition.arn.rsplit("/", 1)[1]
        if self.revision is not None and self.revision not in (name, task.definition.arn):
            return False
        if self.deployments is not None and task.deployment not in self.deployments:
            return False
        return self.memory_below is None or _memory(task) < self.memory_below


class Fleet:
    """Every service and task, and what is going to overtake them."""

    clock: Clock
    scheduler: Scheduler

    def begin(self, clock: Clock) -> None:
        """Begin at nothing, in this clock's time."""
        self.clock = clock
        self.tasks: dict[str, Task] = {}
        self.lives: dict[str, Life] = {}
        self.services: dict[str, Service] = {}
        self.fates: dict[str, Bound] = {}
        self.watchers: list[Callable[[Task], None]] = []
        self.launched = 0
        self.scheduler = Scheduler(clock, tasks_of, _launch_for, stop)


lock = threading.RLock()
"""Held by whoever reads or changes the fleet."""

fleet = Fleet()


def run_task(
    account: str,
    region: str,
    *,
    cluster: str,
    definition: str,
    started_by: str | None = None,
    group: str | None = None,
    overrides: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
    settings: dict[str, Any] | None = None,
) -> Task:
    """Start one task that no service owns. Raises Refused where cluster or task definition is not there."""
    with lock:
        backend = ecs_backends[account][region]
        found = backend.describe_task_definition(definition)
        task = _new_task(
            backend,
            backend._get_cluster(cluster),
            found,
            group or f"family:{found.family}",
            settings or {},
            tags or [],
        )
        task.started_by = started_by
        task.overrides = overrides or {}
        enter(task)
        return task


def look_after_all() -> None:
    """One look at every service."""
    with lock:
        for service in fleet.services.values():
            fleet.scheduler.reconcile(service)


def tasks_of(service: Service) -> list[Task]:
    """Every task of the service that is not forgotten."""
    group = f"service:{service.name}"
    return [
        task
        for task in fleet.tasks.values()
        if task.group == group and task.cluster_arn == service.cluster_arn
    ]


def _launch_for(service: Service, deployment: Deployment) -> Task:
    region, account = service.arn.split(":")[3:5]
    backend = ecs_backends[account][region]
    cluster = backend._get_cluster(service.cluster_arn)
    tags = service.tags if service.setting("propagateTags") == "SERVICE" else []
    task = _new_task(
        backend, cluster, deployment.definition, f"service:{service.name}", service.settings, list(tags)
    )
    task.deployment = deployment.id
    task.started_by = deployment.id
    enter(task)
    return task


def _new_task(
    backend: Any,
    cluster: Any,
    definition: Any,
    group: str,
    settings: dict[str, Any],
    tags: list[dict[str, str]],
) -> Task:
    fleet.launched += 1
    number = fleet.launched
    network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    subnets = network.get("subnets") or []
    subnet = subnets[number % len(subnets)] if subnets else None
    zone, address = _place(backend, subnet, number)
    strategy = settings.get("capacityProviderStrategy") or []
    overrides = {key: value for key, value in (settings.get("overrides") or {}).items() if value is not None}
    card = _interface(backend, subnet, address, network.get("securityGroups") or [])
    name = ids.hexadecimal("task", cluster.name, group)
    task = Task(
        arn=f"arn:aws:ecs:{backend.region_name}:{backend.account_id}:task/{cluster.name}/{name}",
        cluster_arn=cluster.arn,
        definition=definition,
        group=group,
        started_by=None,
        created_at=fleet.clock.time(),
        az=zone,
        subnet=subnet,
        private_ip=address,
        capacity_provider=strategy[0].get("capacityProvider") if strategy else None,
        overrides=overrides,
        tags=list(tags),
        execute_command=bool(settings.get("enableExecuteCommand", False)),
    )
    if card is not None:
        task.eni, task.private_ip = str(card.id), str(card.private_ip_address)
    return task


def _interface(backend: Any, subnet: str | None, wish: str, groups: list[str]) -> Any:
    """The task's own network interface in EC2, where its subnet is there; at this address or the next free one."""
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    found = next((zone[subnet] for zone in ec2.subnets.values() if subnet in zone), None)
    if found is None:
        return None
    network, _, last = wish.rpartition(".")
    taken = {str(card.private_ip_address) for card in list(ec2.enis.values())}
    places = (f"{network}.{(int(last) + more) % 230 + 20}" for more in range(230))
    address = next((place for place in places if place not in taken), "")
    return ec2.create_network_interface(found, address, group_ids=groups or None, description="ECS task")


def _place(backend: Any, subnet: str | None, number: int) -> tuple[str, str]:
    found = None
    if subnet is not None:
        ec2 = ec2_backends[backend.account_id][backend.region_name]
        found = next((zone[subnet] for zone in ec2.subnets.values() if subnet in zone), None)
    if found is None:
        return _ZONES[number % 2], f"10.0.{11 + number % 2}.{20 + number // 2 % 200}"
    first = str(found.cidr_block).split("/", 1)[0].rsplit(".", 1)[0]
    return str(found.availability_zone), f"{first}.{20 + number % 200}"


def enter(task: Task) -> None:
    """Let a new task begin its life."""
    fleet.tasks[task.arn] = task
    life = Life(task, fleet.clock, lock, _changed)
    fleet.lives[task.arn] = life
    life.launch(fate_of(task), lambda: fate_of(task))
    _announce(task)


def _changed(task: Task) -> None:
    if task.last_status == "STOPPED":
        fleet.clock.after(FORGOTTEN_AFTER_S, lambda: _forget(task.arn))
    just_ended = task.stopping_at is not None and task.last_status in ("DEACTIVATING", "DEPROVISIONING")
    service = next((one for one in fleet.services.values() if one.name == task.service), None)
    if service is not None and just_ended and not task.mourned:
        task.mourned = True
        fleet.scheduler.died(service, task)
    _announce(task)


def _announce(task: Task) -> None:
    for hear in fleet.watchers:
        fleet.clock.after(0.0, lambda hear=hear: hear(task))  # type: ignore[misc]


def _forget(arn: str) -> None:
    with lock:
        region, account = arn.split(":")[3:5]
        gone = fleet.tasks.get(arn)
        ec2_backends[account][region].enis.pop(gone.eni if gone is not None else "", None)
        fleet.tasks.pop(arn, None)
        fleet.lives.pop(arn, None)


def stop(task: Task, stop_code: str, reason: str, exit_code: int | None) -> None:
    """Tell it to stop."""
    fleet.lives[task.arn].end(stop_code, reason, exit_code)


def fate_of(task: Task) -> Fate | None:
    """What is going to overtake this task, if anything."""
    for owner in (task.service, task.definition.family):
        bound = fleet.fates.get(owner) if owner else None
        if bound is not None and bound.holds(task):
            return bound.fate
    return None


def _memory(task: Task) -> int:
    told = task.definition.memory or sum(
        int(one.get("memory") or 0) for one in task.definition.container_definitions
    )
    return int(told or 0)


def find_task(name: str) -> Task:
    """The task of this ARN or id. Raises Refused."""
    key = name.rsplit("/", 1)[-1]
    found = next((task for task in fleet.tasks.values() if task.id == key), None)
    if found is None:
        raise Refused("InvalidParameterException", "The referenced task was not found.")
    return found
