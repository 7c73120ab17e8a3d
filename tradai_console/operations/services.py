"""Changes of ECS services and tasks: new tasks, another number of them, an earlier revision, one stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext, Raw
from tradai_console.operations.plan import Call, Cannot, Draft, Plan
from tradai_console.probes.ecs_usage import revision_before
from tradai_console.sources import fields
from tradai_console.sources.instances import read_instances
from tradai_console.sources.pages import everything

Arguments = Mapping[str, str]

TRADES: Final = frozenset({"live-trading", "dry-run-trading"})
"""Services whose tasks hold a trading session."""

USUAL: Final = {"backend-api": 2}
"""What a service runs in production, where it is more than one."""

_MOST_TASKS: Final = 20
_TYPED: Final = 8
"""So much of a task's id is typed to confirm: nobody types 32 hexadecimal digits at night without a slip."""


async def force_deployment(arguments: Arguments, context: ActionContext) -> Draft:
    """`ecs:UpdateService` with a new deployment of the same revision."""
    found = await find_service(context, arguments["service"])
    name, desired = str(found["serviceName"]), fields.whole(found.get("desiredCount")) or 0
    if desired == 0:
        raise Cannot(f"{name} wants 0 tasks: there is nothing to replace; scale it with ecs.scale", name)
    return Draft(
        title=f"Replace every task of {name} ({desired} of revision {_revision(found)})",
        resource=name,
        calls=(Call("ecs", "UpdateService", {**_target(context, name), "forceNewDeployment": True}),),
        cost="New tasks start before old ones stop: no gap, 2 to 3 minutes with twice the tasks.",
        warnings=(*_rolling(found), *_trading(context, name)),
        expects={"service": name, "new_deployment": _primary_id(found), "desired": str(desired)},
    )


async def scale(arguments: Arguments, context: ActionContext) -> Draft:
    """`ecs:UpdateService` with another desired count."""
    found = await find_service(context, arguments["service"])
    name, now, wanted = (
        str(found["serviceName"]),
        fields.whole(found.get("desiredCount")),
        int(arguments["desired"]),
    )
    short = context.platform.service_of(name)
    if wanted == now:
        raise Cannot(f"{name} wants {now} already: to replace its tasks use ecs.force_deployment", name)
    if wanted > _MOST_TASKS:
        raise Cannot(f"{wanted} tasks of {name} look like a slip: at most {_MOST_TASKS} from here", name)
    warnings = [*_rolling(found)]
    usual = USUAL.get(short, 1) if context.settings.env == "prod" else 1
    if wanted == 0:
        warnings.append(
            f"With 0 tasks {short} is away altogether, until it is scaled to {max(usual, now or 0)} again."
        )
    elif wanted < usual:
        warnings.append(
            f"{short} runs {usual} tasks in production: {wanted} leaves no second one when one fails."
        )
    if short in TRADES and wanted > 1 and wanted > (now or 0):
        warnings.append("Two tasks that trade one strategy may both place its orders: is this what you want?")
    return Draft(
        title=f"Scale {name} from {now} to {wanted}",
        resource=name,
        calls=(Call("ecs", "UpdateService", {**_target(context, name), "desiredCount": wanted}),),
        cost="Tasks are added in 1 to 2 minutes; those taken away get 30 s to end.",
        warnings=(*warnings, *(_trading(context, name) if wanted < (now or 0) else ())),
        destroys=wanted == 0,
        expects={"service": name, "desired": str(wanted)},
    )


async def roll_back(arguments: Arguments, context: ActionContext) -> Draft:
    """`ecs:UpdateService` with an earlier revision: the one named, else the one before the running one.

    Only while a deployment is under way does ECS itself name the revision before; after it, the family's list does.
    """
    found = await find_service(context, arguments["service"])
    name, running = str(found["serviceName"]), _revision(found)
    target = arguments.get("task_definition")
    earlier = await (
        _named_revision(context, name, running, target) if target else _before(context, found, name)
    )
    return Draft(
        title=f"Roll {name} back from {running} to {earlier}",
        resource=name,
        calls=(Call("ecs", "UpdateService", {**_target(context, name), "taskDefinition": earlier}),),
        cost="New tasks start before old ones stop: 2 to 3 minutes.",
        warnings=(
            "If the newer release changed the database's schema the older one may not understand it.",
            *_trading(context, name),
        ),
        expects={"service": name, "task_definition": earlier},
    )


async def stop_task(arguments: Arguments, context: ActionContext) -> Draft:
    """`ecs:StopTask`."""
    ecs = await context.door.client("ecs")
    task = await find_task(context, ecs, arguments["task"])
    task_id, group = fields.last_part(str(task["taskArn"])), str(task.get("group", ""))
    if fields.name(task, "lastStatus") == "STOPPED":
        raise Cannot(f"task {task_id} is stopped already: {fields.text(task, 'stoppedReason', 300)}", task_id)
    if group.startswith("service:"):
        after = f"Its service {group.removeprefix('service:')} starts another one in 1 to 2 minutes."
    else:
        after = "It belongs to no service: nothing starts it again, and a workflow that waits for it fails."
    reason = arguments.get("reason", f"stopped by {context.operator} on call")
    call = Call(
        "ecs",
        "StopTask",
        {"cluster": context.platform.cluster, "task": str(task["taskArn"]), "reason": reason[:255]},
    )
    return Draft(
        title=f"Stop task {task_id} of {group.removeprefix('service:') or 'no service'}",
        resource=task_id,
        calls=(call,),
        cost="It gets 30 s to end, then it is killed.",
        warnings=(after, *_trading(context, group.removeprefix("service:"))),
        type_name=typed_for(task_id),
        destroys=not group.startswith("service:"),
        expects={"task": str(task["taskArn"])},
    )


async def look(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The service as ECS shows it now (`ecs:DescribeServices`), beside what was asked for."""
    del answers
    found = await find_service(context, plan.expects["service"])
    desired, running = fields.whole(found.get("desiredCount")), fields.whole(found.get("runningCount"))
    primary = _primary(found)
    missed = []
    if "desired" in plan.expects and str(desired) != plan.expects["desired"]:
        missed.append(f"desired is {desired}, not {plan.expects['desired']}")
    if "task_definition" in plan.expects and _revision(found) != plan.expects["task_definition"]:
        missed.append(f"the revision is {_revision(found)}, not {plan.expects['task_definition']}")
    if plan.expects.get("new_deployment") and fields.name(primary, "id") == plan.expects["new_deployment"]:
        missed.append("no new deployment began")
    rollout = fields.name(primary, "rolloutState") or "unknown"
    state = f"{plan.expects['service']}: revision {_revision(found)}, running {running} of {desired}, rollout {rollout}"
    verdict = Verdict.BAD if missed or rollout == "FAILED" else Verdict.OK
    events = [Row("event", fields.text(event, "message", 400)) for event in fields.rows(found, "events")[:3]]
    return Evidence(verdict, f"{'; '.join(missed)}. {state}" if missed else state, tuple(events))


async def look_task(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The task as ECS shows it now (`ecs:DescribeTasks`)."""
    del answers
    ecs = await context.door.client("ecs")
    task = await find_task(context, ecs, plan.expects["task"])
    status, wanted = fields.name(task, "lastStatus"), fields.name(task, "desiredStatus")
    verdict = Verdict.OK if wanted == "STOPPED" else Verdict.BAD
    return Evidence(
        verdict,
        f"task {plan.resource}: {status}, to be {wanted}. {fields.text(task, 'stoppedReason', 300)}".strip(),
    )


async def find_service(context: ActionContext, name: str) -> Raw:
    """The service of this name, short or whole (`ecs:DescribeServices`). Raises Cannot with a way that there is."""
    ecs = await context.door.client("ecs")
    platform = context.platform
    short = platform.service_of(name)
    aliases = [other for other, real in platform.service_aliases.items() if real == short]
    names = dict.fromkeys(
        [name, *(platform.service_name.replace("{service}", one) for one in (short, *aliases))]
    )
    try:
        answer = await ecs.describe_services(cluster=platform.cluster, services=list(names)[:10])
    except NotFound:
        answer = {}
    active = [one for one in fields.rows(answer, "services") if fields.name(one, "status") == "ACTIVE"]
    for wanted in names:
        for one in active:
            if one.get("serviceName") == wanted:
                return one
    raise Cannot(await _no_service(context, ecs, short), name)


def typed_for(task_id: str) -> str:
    """What is typed to confirm a change of this task: its first signs, as every list shows it."""
    return task_id[:_TYPED]


async def find_task(context: ActionContext, ecs: Any, task: str) -> Raw:
    """The task of this id or ARN (`ecs:DescribeTasks`). Raises Cannot."""
    answer = await ecs.describe_tasks(cluster=context.platform.cluster, tasks=[task])
    found = fields.rows(answer, "tasks")
    if not found:
        raise Cannot(
            f"there is no task {task} in {context.platform.cluster}; ECS forgets stopped ones after an hour",
            task,
        )
    return found[0]


async def _no_service(context: ActionContext, ecs: Any, short: str) -> str:
    host = context.platform.host
    ec2 = await context.door.client("ec2")
    running = [one for one in await read_instances(ec2, host.tag_name) if one.state == "running"]
    if running:
        return (
            f"{short} is no ECS service in {context.settings.env}: every service runs on the instance {running[0].id}. "
            f"Reach it with `aws ssm start-session --target {running[0].id}`, then in {host.folder}: "
            f"sudo docker-compose restart {short}"
        )
    try:
        arns = await everything(
            ecs.list_services, "serviceArns", cursor="nextToken", cluster=context.platform.cluster
        )
    except NotFound:
        arns = []
    known = ", ".join(sorted(fields.last_part(str(arn)) for arn in arns)[:12])
    return f"there is no service {short} in cluster {context.platform.cluster}; there is: {known or 'none'}"


async def _before(context: ActionContext, found: Raw, name: str) -> str:
    running = _revision(found)
    for deployment in fields.rows(found, "deployments"):
        other = fields.last_part(str(deployment.get("taskDefinition", "")))
        if fields.name(deployment, "status") != "PRIMARY" and other and other != running:
            return other
    family = running.rpartition(":")[0]
    ecs = await context.door.client("ecs")
    answer = await ecs.list_task_definitions(
        familyPrefix=family, status="ACTIVE", sort="DESC", maxResults=100
    )
    names = [fields.last_part(str(arn)) for arn in answer.get("taskDefinitionArns", [])]
    if earlier := revision_before(running, names):
        return earlier
    raise Cannot(
        f"{running} has no earlier revision that is still registered: deploy a good image instead", name
    )


async def _named_revision(context: ActionContext, name: str, running: str, target: str) -> str:
    family = running.rpartition(":")[0]
    if target.partition(":")[0] != family:
        raise Cannot(f"{target} is of another family than {name}, which runs {running}", name)
    ecs = await context.door.client("ecs")
    described = (await ecs.describe_task_definition(taskDefinition=target))["taskDefinition"]
    if fields.name(described, "status") != "ACTIVE":
        raise Cannot(f"{target} is deregistered: choose one that is ACTIVE", name)
    whole = fields.last_part(str(described["taskDefinitionArn"]))
    if whole == running:
        raise Cannot(f"{name} runs {running} already", name)
    return whole


def _target(context: ActionContext, name: str) -> dict[str, Any]:
    return {"cluster": context.platform.cluster, "service": name}


def _revision(found: Raw) -> str:
    return fields.last_part(str(found.get("taskDefinition", "")))


def _primary(found: Raw) -> Raw:
    return next(
        (one for one in fields.rows(found, "deployments") if fields.name(one, "status") == "PRIMARY"), {}
    )


def _primary_id(found: Raw) -> str:
    return fields.name(_primary(found), "id") or ""


def _rolling(found: Raw) -> tuple[str, ...]:
    if (
        fields.name(_primary(found), "rolloutState") == "IN_PROGRESS"
        and len(fields.rows(found, "deployments")) > 1
    ):
        return ("A deployment is under way already: this one replaces it.",)
    return ()


def _trading(context: ActionContext, name: str) -> tuple[str, ...]:
    if context.platform.service_of(name) not in TRADES:
        return ()
    return ("Its sessions stop and start again (up to 2 minutes): open positions are not watched meanwhile.",)
