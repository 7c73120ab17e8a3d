"""ECS: services that keep their tasks, tasks that live, deployments that roll.

AWS launches, replaces and forgets tasks by itself, answers ListTasks by service, family and status, and never
changes a task because somebody looks at it. moto has no running task, ignores the service's name and moves a
task towards its end at each DescribeTasks. Clusters and task definitions stay moto's; services and tasks are
ours.

Levers (same process): `set_fate`, `clear_fate`, `end_task`, `watch`, `tasks`.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends

from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, stamp
from tradai_console.demo.behaviour.ecs_services import Deployment, Scheduler, Service, describe
from tradai_console.demo.behaviour.ecs_tasks import FORGOTTEN_AFTER_S, Fate, Life, Task

__all__ = ["Fate", "Task", "clear_fate", "end_task", "run_task", "set_fate", "tasks", "watch"]

_ZONES = ("eu-central-1a", "eu-central-1b")
_KEPT_SETTINGS = (
    "launchType",
    "capacityProviderStrategy",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "enableExecuteCommand",
    "enableECSManagedTags",
    "propagateTags",
    "platformVersion",
    "roleArn",
)
_NEW_DEPLOYMENT = ("networkConfiguration", "capacityProviderStrategy", "platformVersion")


@dataclass(frozen=True)
class _Bound:
    fate: Fate
    revision: str | None
    deployments: frozenset[str] | None
    memory_below: int | None

    def holds(self, task: Task) -> bool:
        name = task.definition.arn.rsplit("/", 1)[1]
        if self.revision is not None and self.revision not in (name, task.definition.arn):
            return False
        if self.deployments is not None and task.deployment not in self.deployments:
            return False
        return self.memory_below is None or _memory(task) < self.memory_below


class _State:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.tasks: dict[str, Task] = {}
        self.lives: dict[str, Life] = {}
        self.services: dict[str, Service] = {}
        self.fates: dict[str, _Bound] = {}
        self.watchers: list[Callable[[Task], None]] = []
        self.launched = 0
        self.scheduler = Scheduler(clock, _tasks_of, _launch_for, _end)


_lock = threading.RLock()
_state: _State


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _state
    with _lock:
        _state = _State(clock)
        clock.every(1.0, _look_after_all)


# --- levers -----------------------------------------------------------------------------------------------


def set_fate(
    owner: str,
    fate: Fate,
    *,
    revision: str | None = None,
    until_redeployed: bool = False,
    memory_below: int | None = None,
    running_too: bool = True,
) -> None:
    """From now on the tasks of this service (its name) or family end so, each time, until it no longer holds.

    `revision` (`family:7` or the ARN) binds it to one task definition; `until_redeployed` to the deployments
    there are now; `memory_below` (MiB) to task definitions with less memory. Without any of them it holds
    until `clear_fate`. `running_too` lets it overtake the tasks that run already, counted from now.
    """
    with _lock:
        service = next((one for one in _state.services.values() if one.name == owner), None)
        bound = frozenset(one.id for one in service.deployments) if until_redeployed and service else None
        _state.fates[owner] = _Bound(fate, revision, bound, memory_below)
        if running_too and not fate.before_start:
            for task in list(_state.tasks.values()):
                if task.live and task.last_status == "RUNNING" and _fate_of(task) is fate:
                    _state.lives[task.arn].doom(fate)


def clear_fate(owner: str) -> None:
    """Tasks of this service or family launched from now on live; those whose end has begun to count still end."""
    with _lock:
        _state.fates.pop(owner, None)


def end_task(
    task: str,
    exit_code: int | None = 0,
    *,
    reason: str = "Essential container in task exited",
    stop_code: str = "EssentialContainerExited",
    container_reason: str | None = None,
) -> None:
    """End one task (ARN or id) now, as if its container had exited."""
    with _lock:
        _state.lives[_find(task).arn].end(stop_code, reason, exit_code, container_reason)


def watch(hear: Callable[[Task], None]) -> None:
    """Hear of every change of every task's status or health, soon after it, with no lock held."""
    with _lock:
        _state.watchers.append(hear)


def tasks(owner: str | None = None) -> list[Task]:
    """The tasks of a service (its name) or family, or all of them. Read them, do not change them."""
    with _lock:
        return [
            one
            for one in _state.tasks.values()
            if owner is None or owner in (one.service, one.definition.family)
        ]


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
    with _lock:
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
        _begin(task)
        return task


# --- operations -------------------------------------------------------------------------------------------


@operation("ecs", "CreateService")
def _create_service(call: Call) -> dict[str, Any]:
    with _lock:
        backend = _backend(call)
        cluster = backend._get_cluster(call.get("cluster", "default"))
        definition = backend.describe_task_definition(call.get("taskDefinition", ""))
        name = call.params["serviceName"]
        arn = f"arn:aws:ecs:{call.region}:{call.account}:service/{cluster.name}/{name}"
        old = _state.services.get(arn)
        if old is not None and old.status == "ACTIVE":
            raise Refused("InvalidParameterException", "Creation of service was not idempotent.")
        service = Service(
            name=name,
            arn=arn,
            cluster_arn=cluster.arn,
            definition=definition,
            desired=int(call.get("desiredCount", 0)),
            created_at=_state.clock.time(),
            settings={key: call.params[key] for key in _KEPT_SETTINGS if call.params.get(key) is not None},
            tags=call.get("tags", []),
        )
        _state.services[arn] = service
        _state.scheduler.deploy(service)
        _state.scheduler.reconcile(service)
        return {"service": describe(service, _tasks_of(service), tags=True)}


@operation("ecs", "UpdateService")
def _update_service(call: Call) -> dict[str, Any]:
    with _lock:
        service = _service(call, call.params["service"])
        if service.status != "ACTIVE":
            raise Refused("ServiceNotActiveException", "Service was not ACTIVE.")
        anew = bool(call.get("forceNewDeployment", False))
        if call.get("taskDefinition"):
            definition = _backend(call).describe_task_definition(call.params["taskDefinition"])
            anew = anew or definition.arn != service.definition.arn
            service.definition = definition
        for key in _KEPT_SETTINGS:
            if call.params.get(key) is not None:
                anew = anew or (key in _NEW_DEPLOYMENT and service.settings.get(key) != call.params[key])
                service.settings[key] = call.params[key]
        if call.params.get("desiredCount") is not None:
            service.desired = int(call.params["desiredCount"])
            service.steady = False
        if anew:
            _state.scheduler.deploy(service)
        _state.scheduler.reconcile(service)
        return {"service": describe(service, _tasks_of(service), tags=False)}


@operation("ecs", "DeleteService")
def _delete_service(call: Call) -> dict[str, Any]:
    with _lock:
        service = _service(call, call.params["service"])
        if service.desired > 0 and not call.get("force", False):
            raise Refused(
                "InvalidParameterException", "The service cannot be stopped while it is scaled above 0."
            )
        service.status, service.desired = "INACTIVE", 0
        for task in _tasks_of(service):
            _end(task, "ServiceSchedulerInitiated", "Service deleted", 0)
        return {"service": describe(service, _tasks_of(service), tags=False)}


@operation("ecs", "DescribeServices")
def _describe_services(call: Call) -> dict[str, Any]:
    with _lock:
        cluster = _backend(call)._get_cluster(call.get("cluster", "default"))
        wanted = call.get("services", [])
        if len(wanted) > 10:
            raise Refused("InvalidParameterException", "Services cannot have more than 10 elements.")
        found, missing = [], []
        for name in wanted:
            arn = f"arn:aws:ecs:{call.region}:{call.account}:service/{cluster.name}/{name.rsplit('/', 1)[-1]}"
            service = _state.services.get(arn)
            if service is None:
                missing.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(describe(service, _tasks_of(service), tags="TAGS" in call.get("include", [])))
        return {"services": found, "failures": missing}


@operation("ecs", "ListServices")
def _list_services(call: Call) -> dict[str, Any]:
    with _lock:
        cluster = _backend(call)._get_cluster(call.get("cluster", "default"))
        found = sorted(
            one.arn
            for one in _state.services.values()
            if one.cluster_arn == cluster.arn and one.status == "ACTIVE"
        )
        return _page("serviceArns", found, call, default=10)


@operation("ecs", "ListTasks")
def _list_tasks(call: Call) -> dict[str, Any]:
    with _lock:
        cluster = _backend(call)._get_cluster(call.get("cluster", "default"))
        if call.get("serviceName") and not any(
            one.name == call.params["serviceName"].rsplit("/", 1)[-1] for one in _state.services.values()
        ):
            raise Refused("ServiceNotFoundException", "Service not found.")
        wanted = {
            "desired_status": call.get("desiredStatus", "RUNNING"),
            "service": call.get("serviceName", "").rsplit("/", 1)[-1] or None,
            "started_by": call.get("startedBy"),
            "launch_type": call.get("launchType"),
        }
        found = [
            task.arn
            for task in _state.tasks.values()
            if task.cluster_arn == cluster.arn
            and all(value is None or getattr(task, key) == value for key, value in wanted.items())
            and call.get("family") in (None, task.definition.family)
        ]
        return _page("taskArns", found, call, default=100)


@operation("ecs", "DescribeTasks")
def _describe_tasks(call: Call) -> dict[str, Any]:
    with _lock:
        cluster = _backend(call)._get_cluster(call.get("cluster", "default"))
        if not call.get("tasks"):
            raise Refused("InvalidParameterException", "Tasks cannot be empty.")
        found, missing = [], []
        for name in call.params["tasks"]:
            arn = f"arn:aws:ecs:{call.region}:{call.account}:task/{cluster.name}/{name.rsplit('/', 1)[-1]}"
            task = _state.tasks.get(arn)
            if task is None:
                missing.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(task.describe(tags="TAGS" in call.get("include", [])))
        return {"tasks": found, "failures": missing}


@operation("ecs", "RunTask")
def _run_task(call: Call) -> dict[str, Any]:
    with _lock:
        started = [
            run_task(
                call.account,
                call.region,
                cluster=call.get("cluster", "default"),
                definition=call.params["taskDefinition"],
                started_by=call.get("startedBy"),
                group=call.get("group"),
                overrides=call.get("overrides"),
                tags=call.get("tags"),
                settings=call.params,
            )
            for _ in range(int(call.get("count", 1)))
        ]
        return {"tasks": [task.describe(tags=True) for task in started], "failures": []}


@operation("ecs", "StopTask")
def _stop_task(call: Call) -> dict[str, Any]:
    with _lock:
        task = _find(call.params["task"])
        _end(task, "UserInitiated", call.get("reason", "Task stopped by user"), 143)
        return {"task": task.describe(tags=False)}


@operation("ecs", "DescribeClusters")
def _describe_clusters(call: Call) -> dict[str, Any]:
    with _lock:
        backend = _backend(call)
        found, missing = [], []
        for name in call.get("clusters", ["default"]):
            cluster = backend.clusters.get(name.rsplit("/", 1)[-1])
            if cluster is None:
                arn = f"arn:aws:ecs:{call.region}:{call.account}:cluster/{name.rsplit('/', 1)[-1]}"
                missing.append({"arn": arn, "reason": "MISSING"})
                continue
            mine = [task for task in _state.tasks.values() if task.cluster_arn == cluster.arn]
            services = [one for one in _state.services.values() if one.cluster_arn == cluster.arn]
            found.append(
                {
                    "clusterArn": cluster.arn,
                    "clusterName": cluster.name,
                    "status": cluster.status,
                    "registeredContainerInstancesCount": 0,
                    "runningTasksCount": sum(task.last_status == "RUNNING" for task in mine),
                    "pendingTasksCount": sum(
                        task.last_status in ("PROVISIONING", "PENDING") for task in mine
                    ),
                    "activeServicesCount": sum(one.status == "ACTIVE" for one in services),
                    "statistics": [],
                    "tags": cluster.tags or [],
                    "settings": cluster.settings or [],
                    "capacityProviders": cluster.capacity_providers or [],
                    "defaultCapacityProviderStrategy": cluster.default_capacity_provider_strategy or [],
                }
            )
        return {"clusters": found, "failures": missing}


@operation("ecs", "ListServiceDeployments")
def _list_service_deployments(call: Call) -> dict[str, Any]:
    states = {"COMPLETED": "SUCCESSFUL", "IN_PROGRESS": "IN_PROGRESS", "FAILED": "STOPPED"}
    with _lock:
        service = _service(call, call.params["service"])
        return {
            "serviceDeployments": [
                {
                    "serviceDeploymentArn": f"{service.arn.replace(':service/', ':service-deployment/')}/{one.id[8:]}",
                    "serviceArn": service.arn,
                    "clusterArn": service.cluster_arn,
                    "status": states[one.state],
                    "statusReason": one.reason,
                    "createdAt": stamp(one.created_at),
                    "startedAt": stamp(one.created_at),
                }
                for one in service.deployments
            ]
        }


@operation("ecs", "ExecuteCommand")
def _execute_command(call: Call) -> dict[str, Any]:
    with _lock:
        task = _find(call.params["task"])
        if task.last_status != "RUNNING" or not task.execute_command:
            raise Refused(
                "InvalidParameterException",
                "The execute command failed because execute command was not enabled when the task was run "
                "or the execute command agent isn't running.",
            )
        session = f"ecs-execute-command-{uuid.uuid4().hex[:17]}"
        return {
            "clusterArn": task.cluster_arn,
            "taskArn": task.arn,
            "containerName": call.get("container", task.definition.container_definitions[0]["name"]),
            "interactive": call.get("interactive", False),
            "session": {
                "sessionId": session,
                "streamUrl": f"wss://localhost/{session}",
                "tokenValue": "demo",
            },
        }


@operation("ecs", "ListTagsForResource")
def _list_tags(call: Call) -> Any:
    with _lock:
        owner = _tagged(call.params["resourceArn"])
        return call.moto() if owner is None else {"tags": owner.tags}


@operation("ecs", "TagResource")
def _tag(call: Call) -> Any:
    with _lock:
        owner = _tagged(call.params["resourceArn"])
        if owner is None:
            return call.moto()
        new = {tag["key"]: tag["value"] for tag in [*owner.tags, *call.get("tags", [])]}
        owner.tags[:] = [{"key": key, "value": value} for key, value in new.items()]
        return {}


@operation("ecs", "UntagResource")
def _untag(call: Call) -> Any:
    with _lock:
        owner = _tagged(call.params["resourceArn"])
        if owner is None:
            return call.moto()
        owner.tags[:] = [tag for tag in owner.tags if tag["key"] not in call.get("tagKeys", [])]
        return {}


# --- inside -----------------------------------------------------------------------------------------------


def _look_after_all() -> None:
    with _lock:
        for service in _state.services.values():
            _state.scheduler.reconcile(service)


def _tasks_of(service: Service) -> list[Task]:
    group = f"service:{service.name}"
    return [
        task
        for task in _state.tasks.values()
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
    _begin(task)
    return task


def _new_task(
    backend: Any,
    cluster: Any,
    definition: Any,
    group: str,
    settings: dict[str, Any],
    tags: list[dict[str, str]],
) -> Task:
    _state.launched += 1
    number = _state.launched
    network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    subnets = network.get("subnets") or []
    subnet = subnets[number % len(subnets)] if subnets else None
    zone, address = _place(backend, subnet, number)
    strategy = settings.get("capacityProviderStrategy") or []
    overrides = {key: value for key, value in (settings.get("overrides") or {}).items() if value is not None}
    return Task(
        arn=f"arn:aws:ecs:{backend.region_name}:{backend.account_id}:task/{cluster.name}/{uuid.uuid4().hex}",
        cluster_arn=cluster.arn,
        definition=definition,
        group=group,
        started_by=None,
        created_at=_state.clock.time(),
        az=zone,
        subnet=subnet,
        private_ip=address,
        capacity_provider=strategy[0].get("capacityProvider") if strategy else None,
        overrides=overrides,
        tags=list(tags),
        execute_command=bool(settings.get("enableExecuteCommand", False)),
    )


def _place(backend: Any, subnet: str | None, number: int) -> tuple[str, str]:
    found = None
    if subnet is not None:
        ec2 = ec2_backends[backend.account_id][backend.region_name]
        found = next((zone[subnet] for zone in ec2.subnets.values() if subnet in zone), None)
    if found is None:
        return _ZONES[number % 2], f"10.0.{11 + number % 2}.{20 + number // 2 % 200}"
    first = str(found.cidr_block).split("/", 1)[0].rsplit(".", 1)[0]
    return str(found.availability_zone), f"{first}.{20 + number % 200}"


def _begin(task: Task) -> None:
    _state.tasks[task.arn] = task
    life = Life(task, _state.clock, _lock, _changed)
    _state.lives[task.arn] = life
    life.launch(_fate_of(task), lambda: _fate_of(task))
    _announce(task)


def _changed(task: Task) -> None:
    if task.last_status == "STOPPED":
        _state.clock.after(FORGOTTEN_AFTER_S, lambda: _forget(task.arn))
    just_ended = task.stopping_at is not None and task.last_status in ("DEACTIVATING", "DEPROVISIONING")
    service = next((one for one in _state.services.values() if one.name == task.service), None)
    if service is not None and just_ended and not task.mourned:
        task.mourned = True
        _state.scheduler.died(service, task)
    _announce(task)


def _announce(task: Task) -> None:
    for hear in _state.watchers:
        _state.clock.after(0.0, lambda hear=hear: hear(task))  # type: ignore[misc]


def _forget(arn: str) -> None:
    with _lock:
        _state.tasks.pop(arn, None)
        _state.lives.pop(arn, None)


def _end(task: Task, stop_code: str, reason: str, exit_code: int | None) -> None:
    _state.lives[task.arn].end(stop_code, reason, exit_code)


def _fate_of(task: Task) -> Fate | None:
    for owner in (task.service, task.definition.family):
        bound = _state.fates.get(owner) if owner else None
        if bound is not None and bound.holds(task):
            return bound.fate
    return None


def _memory(task: Task) -> int:
    told = task.definition.memory or sum(
        int(one.get("memory") or 0) for one in task.definition.container_definitions
    )
    return int(told or 0)


def _find(name: str) -> Task:
    key = name.rsplit("/", 1)[-1]
    found = next((task for task in _state.tasks.values() if task.id == key), None)
    if found is None:
        raise Refused("InvalidParameterException", "The referenced task was not found.")
    return found


def _service(call: Call, name: str) -> Service:
    cluster = _backend(call)._get_cluster(
        call.get("cluster", name.split("/")[-2] if name.count("/") > 1 else "default")
    )
    arn = f"arn:aws:ecs:{call.region}:{call.account}:service/{cluster.name}/{name.rsplit('/', 1)[-1]}"
    if arn not in _state.services:
        raise Refused("ServiceNotFoundException", "Service not found.")
    return _state.services[arn]


def _tagged(arn: str) -> Task | Service | None:
    return _state.tasks.get(arn) or _state.services.get(arn)


def _backend(call: Call) -> Any:
    return ecs_backends[call.account][call.region]


def _page(key: str, found: list[str], call: Call, *, default: int) -> dict[str, Any]:
    start = int(call.get("nextToken", 0))
    end = start + int(call.get("maxResults", default))
    told: dict[str, Any] = {key: found[start:end]}
    return {**told, "nextToken": str(end)} if end < len(found) else told
