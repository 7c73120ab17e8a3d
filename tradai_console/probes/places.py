"""Where on AWS a name of the platform is found: the service in its cluster, the host, the function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.service import Service
from tradai_console.platform import Platform
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.wording import ago, listed
from tradai_console.sources import fields
from tradai_console.sources.instances import Instance, read_checks, read_instances
from tradai_console.sources.pages import Raw, every_word
from tradai_console.sources.reading import secondary
from tradai_console.sources.services import choose_host, other_cluster, parse_service


@dataclass(frozen=True)
class Found:
    """A service as ECS has it."""

    raw: Raw
    service: Service
    cluster: str


async def find_service(context: ProbeContext, name: str) -> Found | None:
    """The service of this short or full name (`ecs:DescribeServices`); None if ECS has none of it.

    The name is tried as the board knows it, then as the platform file makes it, then among all that the
    cluster has.
    """
    ecs = await context.client("ecs")
    cluster, full = _known(context, name)
    try:
        found = await _described(ecs, context.platform, cluster, full)
    except NotFound:
        clusters = await every_word(ecs.list_clusters, "clusterArns")
        try:
            cluster = other_cluster([fields.last_part(arn) for arn in clusters], context.platform)
        except NotFound:
            return None
        found = await _described(ecs, context.platform, cluster, full)
    if found is not None:
        return found
    arns = await every_word(ecs.list_services, "serviceArns", cluster=cluster, maxResults=100)
    names = [fields.last_part(arn) for arn in arns]
    short = context.platform.service_of(name)
    other = next((one for one in names if context.platform.service_of(one) == short), None)
    return None if other is None else await _described(ecs, context.platform, cluster, other)


def _known(context: ProbeContext, name: str) -> tuple[str, str]:
    """The cluster and the full name, as far as nothing was asked."""
    platform = context.platform
    short = platform.service_of(name)
    for one in context.board().services.items:
        if one.cluster is not None and short in (one.service, one.name):
            return one.cluster, one.name
    cluster = next((one.cluster for one in context.board().services.items if one.cluster), platform.cluster)
    return cluster, platform.service_name.replace("{service}", short)


async def _described(ecs: Any, platform: Platform, cluster: str, name: str) -> Found | None:
    answer = await ecs.describe_services(cluster=cluster, services=[name])
    for raw in fields.rows(answer, "services"):
        service = parse_service(raw, cluster, platform)
        if service is not None:
            return Found(raw, service, cluster)
    return None


async def read_host(context: ProbeContext) -> tuple[Instance | None, str | None]:
    """The instance that runs every service in dev and staging, and its status checks."""
    ec2 = await context.client("ec2")
    instance = choose_host(await read_instances(ec2, context.platform.host.tag_name))
    if instance is None or instance.state == "terminated":
        return instance, None
    return instance, await secondary(read_checks(ec2, instance.id), None, [], "status checks")


async def absent_service(context: ProbeContext, name: str) -> Evidence:
    """What to say of a service that ECS does not have: the host runs it, or it is not there."""
    instance, checks = await read_host(context)
    if instance is None:
        there = listed([one.service for one in context.board().services.items if one.cluster], 6)
        known = f"; ECS has {there}" if there else ""
        return Evidence(
            Verdict.UNKNOWN,
            f"ECS has no service {name} in {context.platform.cluster}{known}. Is it named otherwise?",
        )
    return judge_on_host(name, instance, checks, context)


def judge_on_host(name: str, instance: Instance, checks: str | None, context: ProbeContext) -> Evidence:
    """The service runs on the host, out of ECS's sight: the host decides what can be said."""
    down = instance.state not in ("running", "pending", "") or checks == "impaired"
    state = f"{instance.state}{', checks ' + checks if checks else ''}"
    line = f"In {context.env} the host {instance.id} ({state}) runs {name} under docker-compose, out of ECS's sight"
    return Evidence(
        Verdict.BAD if down else Verdict.UNKNOWN,
        f"{line}: the host is what fails." if down else f"{line}: look there.",
        (
            Row("host", f"{instance.id} {state}", Verdict.BAD if down else Verdict.OK),
            Row("launched", ago(instance.launched_at, context.now)),
            *reach_host(context, instance.id, name),
        ),
    )


def reach_host(context: ProbeContext, instance_id: str, service: str) -> tuple[Row, ...]:
    """How to look at a container on the host, as commands."""
    return (
        Row("get there", f"aws ssm start-session --target {instance_id} --region {context.door.region}"),
        Row("containers", f"cd {context.platform.host.folder} && sudo docker-compose ps"),
        Row("its log", f"sudo docker logs --since 30m {service}"),
    )


def function_names(platform: Platform, name: str) -> tuple[str, ...]:
    """How the function may be called in Lambda, the likeliest first: its documents disagree on some."""
    prefix, _, suffix = platform.functions.name.partition("{name}")
    if name.startswith(prefix) and name.endswith(suffix):
        return (name,)
    old = {"trading-heartbeat-check": "heartbeat-check", "data-collection-proxy": "data-proxy"}
    names = [platform.function(name), f"{prefix}{name}", name]
    if name in old:
        names.append(platform.function(old[name]))
    return tuple(dict.fromkeys(names))


async def read_function(context: ProbeContext, name: str) -> Raw:
    """The function's configuration (`lambda:GetFunctionConfiguration`). Raises NotFound under the name of the
    platform file if it is there under no other."""
    client = await context.client("lambda")
    missing: NotFound | None = None
    for candidate in function_names(context.platform, name):
        try:
            answer: Raw = await client.get_function_configuration(FunctionName=candidate)
            return answer
        except NotFound as error:
            missing = missing or error
    raise NotFound(f"there is no function {context.platform.function(name)}") from missing


def short_function(platform: Platform, name: str) -> str:
    """`tradai-health-check-prod` is `health-check`."""
    prefix, _, suffix = platform.functions.name.partition("{name}")
    if name.startswith(prefix) and name.endswith(suffix) and len(name) > len(prefix) + len(suffix):
        return name[len(prefix) : len(name) - len(suffix)]
    return name
