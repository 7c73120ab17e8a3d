"""The operations of ECS that are ours: services and tasks, asked for and changed."""

from __future__ import annotations

import uuid
from typing import Any

from moto.ecs.models import ecs_backends

from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, stamp
from tradai_console.demo.behaviour.ecs_fleet import find_task, fleet, lock, run_task, stop, tasks_of
from tradai_console.demo.behaviour.ecs_services import Service, describe
from tradai_console.demo.behaviour.ecs_tasks import Task

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


@operation("ecs", "CreateService")
def _create_service(call: Call) -> dict[str, Any]:
    with lock:
        backend = _backend(call)
        cluster = backend._get_cluster(call.get("cluster", "default"))
        definition = backend.describe_task_definition(call.get("taskDefinition", ""))
        name = call.params["serviceName"]
        arn = f"arn:aws:ecs:{call.region}:{call.account}:service/{cluster.name}/{name}"
        old = fleet.services.get(arn)
        if old is not None and old.status == "ACTIVE":
            raise Refused("InvalidParameterException", "Creation of service was not idempotent.")
        service = Service(
            name=name,
            arn=arn,
            cluster_arn=cluster.arn,
            definition=definition,
            desired=int(call.get("desiredCount", 0)),
            created_at=fleet.clock.time(),
            settings={key: call.params[key] for key in _KEPT_SETTINGS if call.params.get(key) is not None},
            tags=call.get("tags", []),
        )
        fleet.services[arn] = service
        fleet.scheduler.deploy(service)
        fleet.scheduler.reconcile(service)
        return {"service": describe(service, tasks_of(service), tags=True)}


@operation("ecs", "UpdateService")
def _update_service(call: Call) -> dict[str, Any]:
    with lock:
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
            fleet.scheduler.deploy(service)
        fleet.scheduler.reconcile(service)
        return {"service": describe(service, tasks_of(service), tags=False)}


@operation("ecs", "DeleteService")
def _delete_service(call: Call) -> dict[str, Any]:
    with lock:
        service = _service(call, call.params["service"])
        if service.desired > 0 and not call.get("force", False):
            raise Refused(
                "InvalidParameterException", "The service cannot be stopped while it is scaled above 0."
            )
        service.status, service.desired = "INACTIVE", 0
        for task in tasks_of(service):
            stop(task, "ServiceSchedulerInitiated", "Service deleted", 0)
        return {"service": describe(service, tasks_of(service), tags=False)}


@operation("ecs", "DescribeServices")
def _describe_services(call: Call) -> dict[str, Any]:
    with lock:
        cluster = _backend(call)._get_cluster(call.get("cluster", "default"))
        wanted = call.get("services", [])
        if len(wanted) > 10:
            raise Refused("InvalidParameterException", "Services cannot have more than 10 elements.")
        found, missing = [], []
        for name in wanted:
            arn = f"arn:aws:ecs:{call.region}:{call.account}:service/{cluster.name}/{name.rsplit('/', 1)[-1]}"
            service = fleet.services.get(arn)
            if service is None:
                missing.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(describe(service, tasks_of(service), tags="TAGS" in call.get("include", [])))
        return {"services": found, "failures": missing}


@operation("ecs", "ListServices")
def _list_services(call: Call) -> dict[str, Any]:
    with lock:
        cluster = _backend(call)._get_cluster(call.get("cluster", "default"))
        found = sorted(
            one.arn
            for one in fleet.services.values()
            if one.cluster_arn == cluster.arn and one.status == "ACTIVE"
        )
        return _page("serviceArns", found, call, default=10)


@operation("ecs", "ListTasks")
def _list_tasks(call: Call) -> dict[str, Any]:
    with lock:
        cluster = _backend(call)._get_cluster(call.get("cluster", "default"))
        if call.get("serviceName") and not any(
            one.name == call.params["serviceName"].rsplit("/", 1)[-1] for one in fleet.services.values()
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
            for task in fleet.tasks.values()
            if task.cluster_arn == cluster.arn
            and all(value is None or getattr(task, key) == value for key, value in wanted.items())
            and call.get("family") in (None, task.definition.family)
        ]
        return _page("taskArns", found, call, default=100)


@operation("ecs", "DescribeTasks")
def _describe_tasks(call: Call) -> dict[str, Any]:
    with lock:
        cluster = _backend(call)._get_cluster(call.get("cluster", "default"))
        if not call.get("tasks"):
            raise Refused("InvalidParameterException", "Tasks cannot be empty.")
        found, missing = [], []
        for name in call.params["tasks"]:
            arn = f"arn:aws:ecs:{call.region}:{call.account}:task/{cluster.name}/{name.rsplit('/', 1)[-1]}"
            task = fleet.tasks.get(arn)
            if task is None:
                missing.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(task.describe(tags="TAGS" in call.get("include", [])))
        return {"tasks": found, "failures": missing}


@operation("ecs", "RunTask")
def _run_task(call: Call) -> dict[str, Any]:
    with lock:
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
    with lock:
        task = find_task(call.params["task"])
        stop(task, "UserInitiated", call.get("reason", "Task stopped by user"), 143)
        return {"task": task.describe(tags=False)}


@operation("ecs", "DescribeClusters")
def _describe_clusters(call: Call) -> dict[str, Any]:
    with lock:
        backend = _backend(call)
        found, missing = [], []
        for name in call.get("clusters", ["default"]):
            cluster = backend.clusters.get(name.rsplit("/", 1)[-1])
            if cluster is None:
                arn = f"arn:aws:ecs:{call.region}:{call.account}:cluster/{name.rsplit('/', 1)[-1]}"
                missing.append({"arn": arn, "reason": "MISSING"})
                continue
            mine = [task for task in fleet.tasks.values() if task.cluster_arn == cluster.arn]
            services = [one for one in fleet.services.values() if one.cluster_arn == cluster.arn]
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
    with lock:
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
    with lock:
        task = find_task(call.params["task"])
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
    with lock:
        owner = _tagged(call.params["resourceArn"])
        return call.moto() if owner is None else {"tags": owner.tags}


@operation("ecs", "TagResource")
def _tag(call: Call) -> Any:
    with lock:
        owner = _tagged(call.params["resourceArn"])
        if owner is None:
            return call.moto()
        new = {tag["key"]: tag["value"] for tag in [*owner.tags, *call.get("tags", [])]}
        owner.tags[:] = [{"key": key, "value": value} for key, value in new.items()]
        return {}


@operation("ecs", "UntagResource")
def _untag(call: Call) -> Any:
    with lock:
        owner = _tagged(call.params["resourceArn"])
        if owner is None:
            return call.moto()
        owner.tags[:] = [tag for tag in owner.tags if tag["key"] not in call.get("tagKeys", [])]
        return {}


def _service(call: Call, name: str) -> Service:
    cluster = _backend(call)._get_cluster(
        call.get("cluster", name.split("/")[-2] if name.count("/") > 1 else "default")
    )
    arn = f"arn:aws:ecs:{call.region}:{call.account}:service/{cluster.name}/{name.rsplit('/', 1)[-1]}"
    if arn not in fleet.services:
        raise Refused("ServiceNotFoundException", "Service not found.")
    return fleet.services[arn]


def _tagged(arn: str) -> Task | Service | None:
    return fleet.tasks.get(arn) or fleet.services.get(arn)


def _backend(call: Call) -> Any:
    return ecs_backends[call.account][call.region]


def _page(key: str, found: list[str], call: Call, *, default: int) -> dict[str, Any]:
    start = int(call.get("nextToken", 0))
    end = start + int(call.get("maxResults", default))
    told: dict[str, Any] = {key: found[start:end]}
    return {**told, "nextToken": str(end)} if end < len(found) else told
