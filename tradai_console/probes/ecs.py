"""Services and tasks: `ecs.service`, `ecs.tasks`, `ecs.task`, `ecs.stops`, `ecs.deployments`, `ecs.events`, `ecs.host`."""

from __future__ import annotations

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.service import Task
from tradai_console.probes import ecs_verdict as verdict
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.ecs_stops import judge_stops
from tradai_console.probes.places import Found, absent_service, find_service, reach_host, read_host
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago
from tradai_console.sources import fields
from tradai_console.sources.instances import Instance
from tradai_console.sources.tasks import TaskMemory, parse_task, read_tasks


@probe("ecs.service")
async def service(context: ProbeContext, given: Given) -> Evidence:
    """`ecs:DescribeServices`."""
    found = await find_service(context, given["service"])
    if found is None:
        return await absent_service(context, given["service"])
    return verdict.judge_service(found.service, context.now)


@probe("ecs.tasks")
async def tasks(context: ProbeContext, given: Given) -> Evidence:
    """`ecs:ListTasks`, `ecs:DescribeTasks`."""
    found = await find_service(context, given["service"])
    if found is None:
        return await absent_service(context, given["service"])
    return verdict.judge_tasks(found.service, await _tasks(context, found), context.now)


@probe("ecs.task")
async def task(context: ProbeContext, given: Given) -> Evidence:
    """`ecs:DescribeTasks`: one task, by its id, of whatever starts it."""
    ecs = await context.client("ecs")
    cluster = next(
        (one.cluster for one in context.board().services.items if one.cluster), context.platform.cluster
    )
    try:
        answer = await ecs.describe_tasks(cluster=cluster, tasks=[given["task"]])
    except NotFound:
        answer = {}
    raw = next(iter(fields.rows(answer, "tasks")), {})
    images = [fields.text(one, "image", 300) for one in fields.rows(raw, "containers")]
    found = parse_task(raw)
    service = context.platform.service_of(found.group.removeprefix("service:")) if found else ""
    return verdict.judge_task(given["task"], found, service, images, context.now)


@probe("ecs.stops")
async def stops(context: ProbeContext, given: Given) -> Evidence:
    """`ecs:ListTasks` and `ecs:DescribeTasks`, with what the board has seen stop before ECS forgot it."""
    found = await find_service(context, given["service"])
    if found is None:
        return await absent_service(context, given["service"])
    read = await _tasks(context, found)
    seen = {task.arn for task in read}
    known = [one for one in context.board().services.items if one.name == found.service.name]
    remembered = [
        task for one in known for task in one.tasks or () if task.arn not in seen and task.stopped_at
    ]
    return judge_stops(found.service.service, [*read, *remembered], given.minutes, context.now)


async def _tasks(context: ProbeContext, found: Found) -> list[Task]:
    ecs = await context.client("ecs")
    return await read_tasks(ecs, found.cluster, TaskMemory(context.clock), [found.service.name])


@probe("ecs.deployments")
async def deployments(context: ProbeContext, given: Given) -> Evidence:
    """`ecs:DescribeServices`."""
    found = await find_service(context, given["service"])
    if found is None:
        return await absent_service(context, given["service"])
    return verdict.judge_deployments(found.service, context.now)


@probe("ecs.events")
async def events(context: ProbeContext, given: Given) -> Evidence:
    """`ecs:DescribeServices`."""
    found = await find_service(context, given["service"])
    if found is None:
        return await absent_service(context, given["service"])
    return verdict.judge_events(found.service.service, found.service.events, given.limit, context.now)


@probe("ecs.host")
async def host(context: ProbeContext, given: Given) -> Evidence:
    """`ec2:DescribeInstances`, `ec2:DescribeInstanceStatus`."""
    del given
    instance, checks = await read_host(context)
    return judge_host(instance, checks, context)


def judge_host(instance: Instance | None, checks: str | None, context: ProbeContext) -> Evidence:
    """Is the host up?"""
    tag = context.platform.host.tag_name
    if instance is None:
        if context.runs_on_host:
            return Evidence(
                Verdict.BAD, f"There is no instance tagged {tag}, and it should run every service."
            )
        return Evidence(Verdict.OK, f"There is no instance tagged {tag}: here services run on ECS.")
    rows = [Row("instance", f"{instance.id} {instance.type or ''} {instance.az or ''}".strip())]
    rows.append(Row("launched", ago(instance.launched_at, context.now)))
    rows.append(Row("address", instance.private_ip or "none"))
    up = instance.state == "running"
    if up:
        rows += reach_host(context, instance.id, "SERVICE")
    if not up:
        grade = Verdict.WARN if instance.state == "pending" else Verdict.BAD
        return Evidence(grade, f"The host {instance.id} is {instance.state}: no service runs.", tuple(rows))
    grade = {"ok": Verdict.OK, "impaired": Verdict.BAD, "initializing": Verdict.WARN}.get(
        checks or "", Verdict.UNKNOWN
    )
    return Evidence(grade, f"The host {instance.id} runs, status checks {checks or 'unknown'}.", tuple(rows))
