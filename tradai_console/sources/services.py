"""The services pane: the cluster's services with their tasks, and the one host that runs all in dev and
staging.

Tasks are listed for the whole cluster, not for each service: they name their service themselves, and ECS's
quota is by call. AWS forgets a stopped task within the hour; its reason is kept here for half a shift
(`sources.tasks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tradai_console.clock import Clock
from tradai_console.errors import NotFound
from tradai_console.models.service import Host, Rollout, Service, ServiceEvent, Task
from tradai_console.platform import Platform
from tradai_console.sources import fields
from tradai_console.sources.instances import Instance, read_checks, read_instances
from tradai_console.sources.pages import Raw, every_word, in_lots, listed
from tradai_console.sources.reading import Clients, Reading, secondary, together
from tradai_console.sources.tasks import TaskMemory, read_tasks
from tradai_console.text import plain

EVENTS = 50
"""Events kept of each service; AWS gives up to a hundred."""
MANY_TASKS = 500
"""Above this only the tasks of services that run fewer than they should are read."""
SHORT_SERVICES = 10
CLUSTER_S = 600.0
"""How long another cluster than the platform file's is taken for the right one."""


class ServiceSource:
    """Reads services and tasks again and again, and remembers what stopped."""

    def __init__(self, door: Clients, platform: Platform, clock: Clock) -> None:
        self._door = door
        self._platform = platform
        self._clock = clock
        self._memory = TaskMemory(clock)
        self._stand_in: tuple[str, float] | None = None
        self.loose_tasks: tuple[Task, ...] = ()
        """Tasks that no service owns: on-demand backtests and trainings, as of the last reading."""

    async def read(self) -> Reading[Service]:
        """Every service in the platform's order. Raises AwsError if the services could not be read."""
        ecs = await self._door.client("ecs")
        notes: list[str] = []
        missing: NotFound | None = None
        services: list[Service] = []
        try:
            cluster, arns = await self._listed_services(ecs)
            services = await self._services(ecs, cluster, arns, notes)
            services = await self._with_tasks(ecs, cluster, services, notes)
        except NotFound as error:
            missing = error
        hosts = await self._hosts(notes) if not services or self._platform.env != "prod" else []
        if missing is not None:
            if not hosts:
                raise missing
            notes.append(str(missing))
        return Reading((*hosts, *in_platform_order(services, self._platform)), tuple(notes))

    async def _listed_services(self, ecs: Any) -> tuple[str, list[str]]:
        """The cluster that is there, and the ARNs of its services."""
        name = self._platform.cluster
        if self._stand_in is not None and self._clock.monotonic() < self._stand_in[1]:
            name = self._stand_in[0]
        try:
            return name, await _service_arns(ecs, name)
        except NotFound:
            self._stand_in = None
        found = await every_word(ecs.list_clusters, "clusterArns")
        name = other_cluster([fields.last_part(arn) for arn in found], self._platform)
        arns = await _service_arns(ecs, name)
        self._stand_in = (name, self._clock.monotonic() + CLUSTER_S)
        return name, arns

    async def _services(self, ecs: Any, cluster: str, arns: Sequence[str], notes: list[str]) -> list[Service]:
        answers = await together(
            ecs.describe_services(cluster=cluster, services=list(lot)) for lot in in_lots(arns, 10)
        )
        failures = [row for answer in answers for row in fields.rows(answer, "failures")]
        # A service may be deleted between the two calls: that one is MISSING, and no news.
        notes += [
            f"service {fields.last_part(fields.text(one, 'arn'))}: {fields.text(one, 'reason')}"
            for one in failures
            if one.get("reason") != "MISSING"
        ]
        found = [
            parse_service(raw, cluster, self._platform) for one in answers for raw in listed(one, "services")
        ]
        return [service for service in found if service is not None]

    async def _with_tasks(
        self, ecs: Any, cluster: str, services: list[Service], notes: list[str]
    ) -> list[Service]:
        many = sum((one.running or 0) + (one.pending or 0) for one in services) > MANY_TASKS
        short = [one for one in services if one.short][:SHORT_SERVICES] if many else services
        of_services = [one.name for one in short] if many else None
        tasks = await secondary(read_tasks(ecs, cluster, self._memory, of_services), None, notes, "tasks")
        if tasks is None:
            return [replace(service, tasks=None) for service in services]
        groups, self.loose_tasks = by_service(self._memory.joined(tasks), services)
        if not many:
            return [replace(service, tasks=groups[service.name]) for service in services]
        notes.append(
            f"tasks: more than {MANY_TASKS} run, so only those of services that run too few are read"
        )
        read = {one.name for one in short}
        return [replace(one, tasks=groups[one.name] if one.name in read else None) for one in services]

    async def _hosts(self, notes: list[str]) -> list[Service]:
        async def ask() -> list[Service]:
            ec2 = await self._door.client("ec2")
            found = await read_instances(ec2, self._platform.host.tag_name)
            instance = choose_host(found)
            if instance is None:
                return []
            checks = await secondary(read_checks(ec2, instance.id), None, notes, "status checks of the host")
            return [host_service(instance, checks, self._platform)]

        return await secondary(ask(), [], notes, "host")


async def _service_arns(ecs: Any, cluster: str) -> list[str]:
    return await every_word(ecs.list_services, "serviceArns", cluster=cluster, maxResults=100)


def other_cluster(names: Sequence[str], platform: Platform) -> str:
    """The one cluster that may stand in for the platform file's: its name has the platform's prefix and the
    environment.

    Raises NotFound naming what there is, if there is none or more than one.
    """
    prefix = platform.cluster.partition(platform.env)[0].strip("-_/ ")
    fitting = [name for name in names if prefix in name and platform.env in name]
    if len(fitting) == 1:
        return fitting[0]
    there = ", ".join(sorted(plain(name, fields.NAME_LIMIT) for name in names)[:10]) or "none"
    raise NotFound(
        f"there is no ECS cluster {platform.cluster} (clusters here: {there}); set platform.cluster"
    )


def parse_service(raw: Raw, cluster: str, platform: Platform) -> Service | None:
    """One service without its tasks; None for one without a name, or that is deleted."""
    name = fields.name(raw, "serviceName")
    if name is None or raw.get("status") == "INACTIVE":
        return None
    rollouts = tuple([_rollout(one) for one in fields.rows(raw, "deployments")])
    primary = next((one for one in rollouts if one.status == "PRIMARY"), None)
    events = [
        ServiceEvent(at, fields.text(one, "message"))
        for one in fields.rows(raw, "events")
        if (at := fields.moment(one.get("createdAt"))) is not None
    ]
    groups = [fields.name(one, "targetGroupArn") for one in fields.rows(raw, "loadBalancers")]
    return Service(
        service=platform.service_of(name),
        name=name,
        cluster=cluster,
        arn=fields.text(raw, "serviceArn", fields.NAME_LIMIT),
        desired=fields.whole(raw.get("desiredCount")),
        running=fields.whole(raw.get("runningCount")),
        pending=fields.whole(raw.get("pendingCount")),
        rollout=primary.state or None if primary else None,
        rollout_reason=primary.reason if primary else "",
        task_definition=fields.last_part(fields.text(raw, "taskDefinition", fields.NAME_LIMIT)),
        launch=_launch(raw),
        tasks=None,
        rollouts=rollouts,
        events=tuple(sorted(events, key=lambda event: event.at, reverse=True)[:EVENTS]),
        target_groups=tuple([group for group in groups if group]),
    )


def _rollout(raw: Raw) -> Rollout:
    return Rollout(
        id=fields.text(raw, "id", fields.NAME_LIMIT),
        status=fields.text(raw, "status", 40),
        state=fields.text(raw, "rolloutState", 40),
        reason=fields.text(raw, "rolloutStateReason"),
        task_definition=fields.last_part(fields.text(raw, "taskDefinition", fields.NAME_LIMIT)),
        desired=fields.whole(raw.get("desiredCount")) or 0,
        running=fields.whole(raw.get("runningCount")) or 0,
        pending=fields.whole(raw.get("pendingCount")) or 0,
        failed=fields.whole(raw.get("failedTasks")) or 0,
        created_at=fields.moment(raw.get("createdAt")),
        updated_at=fields.moment(raw.get("updatedAt")),
    )


def _launch(raw: Raw) -> str | None:
    providers = [fields.name(one, "capacityProvider") for one in fields.rows(raw, "capacityProviderStrategy")]
    return ", ".join([one for one in providers if one]) or fields.name(raw, "launchType")


def by_service(
    tasks: Iterable[Task], services: Iterable[Service]
) -> tuple[Mapping[str, tuple[Task, ...]], tuple[Task, ...]]:
    """The tasks of each service by its name, and those that no service owns."""
    groups: dict[str, list[Task]] = {service.name: [] for service in services}
    loose: list[Task] = []
    for task in tasks:
        kind, _, owner = task.group.partition(":")
        if kind != "service":
            loose.append(task)
        elif owner in groups:
            groups[owner].append(task)
    return {name: tuple(found) for name, found in groups.items()}, tuple(loose)


def in_platform_order(services: Iterable[Service], platform: Platform) -> list[Service]:
    """As the platform file lists them; those it does not know follow by name."""
    place = {short: index for index, short in enumerate(platform.services)}
    return sorted(services, key=lambda one: (place.get(one.service, len(place)), one.service, one.name))


def choose_host(found: Iterable[Instance]) -> Instance | None:
    """The running one, else the newest that is not terminated, else the newest that was."""
    rank = {"running": 0, "pending": 1, "terminated": 3, "shutting-down": 3}
    return min(found, key=lambda one: rank.get(one.state, 2), default=None)


def host_service(instance: Instance, checks: str | None, platform: Platform) -> Service:
    """The host as a row of the pane: its containers are out of ECS's sight, so it has no counts and no
    tasks."""
    tag = platform.host.tag_name
    host = Host(
        name=tag,
        instance_id=instance.id,
        state=instance.state,
        status_checks=checks or "unknown",
        instance_type=instance.type or "",
        private_ip=instance.private_ip,
        launched_at=instance.launched_at,
    )
    return Service("host", tag, None, "", None, None, None, None, tasks=None, host=host)
