"""Another size for a service's tasks: a new revision of its task definition, and its deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.operations.context import ActionContext
from tradai_console.operations.plan import Call, Cannot, Draft, Kept, Plan
from tradai_console.operations.services import find_service
from tradai_console.operations.services import look as look_service
from tradai_console.sources import fields

_KEPT: Final = (
    "family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes",
    "placementConstraints", "requiresCompatibilities", "cpu", "memory", "pidMode", "ipcMode", "proxyConfiguration",
    "ephemeralStorage", "runtimePlatform",
)  # fmt: skip
"""What a revision is registered with; the rest of a description AWS adds itself."""

_SIZES: Final[Mapping[int, range]] = {
    256: range(512, 2_049, 512),
    512: range(1_024, 4_097, 1_024),
    1_024: range(2_048, 8_193, 1_024),
    2_048: range(4_096, 16_385, 1_024),
    4_096: range(8_192, 30_721, 1_024),
    8_192: range(16_384, 61_441, 4_096),
    16_384: range(32_768, 122_881, 8_192),
}
"""Memory (MiB) that Fargate allows with each CPU (units)."""


async def resize(arguments: Mapping[str, str], context: ActionContext) -> Draft:
    """`ecs:RegisterTaskDefinition`, then `ecs:UpdateService` with the new revision.

    What runs on demand has no service: its next task takes the newest revision by itself.
    """
    family = context.platform.on_demand.get(arguments["service"])
    if family is not None:
        return await _resize_on_demand(family, arguments, context)
    found = await find_service(context, arguments["service"])
    name = str(found["serviceName"])
    ecs = await context.door.client("ecs")
    running = fields.last_part(str(found["taskDefinition"]))
    answer = await ecs.describe_task_definition(taskDefinition=running, include=["TAGS"])
    old = answer["taskDefinition"]
    cpu, memory = _wanted(arguments, old, name)
    new = _revision(answer, cpu, memory)
    register = Call(
        "ecs",
        "RegisterTaskDefinition",
        new,
        keeps=("TASK_DEFINITION", ("taskDefinition", "taskDefinitionArn")),
    )
    deploy = {"cluster": context.platform.cluster, "service": name, "taskDefinition": Kept("TASK_DEFINITION")}
    return Draft(
        title=f"Give tasks of {name} {memory} MiB and {cpu} CPU units (now {old.get('memory')} and {old.get('cpu')})",
        resource=name,
        calls=(register, Call("ecs", "UpdateService", deploy)),
        cost="New tasks start before old ones stop: 2 to 3 minutes; each hour costs in proportion to the size.",
        warnings=(
            "The next deployment from the infrastructure's code brings the old size back: change it there too.",
        ),
        expects={"service": name},
    )


async def _resize_on_demand(family: str, arguments: Mapping[str, str], context: ActionContext) -> Draft:
    ecs = await context.door.client("ecs")
    answer = await ecs.describe_task_definition(taskDefinition=family, include=["TAGS"])
    old = answer["taskDefinition"]
    cpu, memory = _wanted(arguments, old, family)
    now = f"now {old.get('memory')} and {old.get('cpu')}"
    return Draft(
        title=f"Give the next tasks of {family} {memory} MiB and {cpu} CPU units ({now})",
        resource=family,
        calls=(Call("ecs", "RegisterTaskDefinition", _revision(answer, cpu, memory)),),
        cost="Nothing runs anew: the next task takes it. Each hour costs in proportion to the size.",
        warnings=(
            "The next deployment from the infrastructure's code brings the old size back: change it there too.",
        ),
        expects={"family": family, "memory": str(memory)},
    )


async def look(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The service, or the family's newest revision (`ecs:DescribeTaskDefinition`), as ECS shows it now."""
    family = plan.expects.get("family")
    if family is None:
        return await look_service(plan, context, answers)
    ecs = await context.door.client("ecs")
    found = (await ecs.describe_task_definition(taskDefinition=family))["taskDefinition"]
    newest = fields.last_part(str(found["taskDefinitionArn"]))
    line = f"{newest} has {found.get('memory')} MiB and {found.get('cpu')} CPU units; the next task takes it"
    good = str(found.get("memory")) == plan.expects["memory"]
    return Evidence(Verdict.OK if good else Verdict.BAD, line)


def _revision(answer: Mapping[str, Any], cpu: int, memory: int) -> dict[str, Any]:
    """What a revision like this one, of another size, is registered with."""
    old = answer["taskDefinition"]
    new = {key: old[key] for key in _KEPT if old.get(key)}
    new |= {"cpu": str(cpu), "memory": str(memory)}
    new["containerDefinitions"] = [_fitted(one, cpu, memory, old) for one in old["containerDefinitions"]]
    return new | ({"tags": answer["tags"]} if answer.get("tags") else {})


def _wanted(arguments: Mapping[str, str], old: Mapping[str, Any], name: str) -> tuple[int, int]:
    now = (fields.whole(old.get("cpu")) or 0, fields.whole(old.get("memory")) or 0)
    wanted = (int(arguments.get("cpu", now[0])), int(arguments.get("memory", now[1])))
    if wanted == now:
        raise Cannot(
            f"{name} has {now[1]} MiB and {now[0]} CPU units already: name another memory or cpu", name
        )
    allowed = _SIZES.get(wanted[0])
    if allowed is None:
        raise Cannot(f"Fargate has no {wanted[0]} CPU units: {', '.join(map(str, _SIZES))}", name)
    if wanted[1] not in allowed:
        raise Cannot(
            f"with {wanted[0]} CPU units Fargate gives {allowed[0]} to {allowed[-1]} MiB in steps of {allowed.step}",
            name,
        )
    return wanted


def _fitted(container: Mapping[str, Any], cpu: int, memory: int, old: Mapping[str, Any]) -> dict[str, Any]:
    """The container; its own limits follow the task's where they were as large, or no longer fit."""
    new = dict(container)
    for key, wanted in (("cpu", cpu), ("memory", memory), ("memoryReservation", memory)):
        own = fields.whole(container.get(key))
        if own and (
            own > wanted or own == fields.whole(old.get("memory" if key.startswith("memory") else "cpu"))
        ):
            new[key] = wanted
    return new
