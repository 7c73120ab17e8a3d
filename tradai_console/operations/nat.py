"""The NAT instance: it belongs to a group of one, so it is never stopped or launched by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.nat import Nat, NatVerdict
from tradai_console.operations.context import ActionContext
from tradai_console.operations.plan import Call, Cannot, Draft, Plan
from tradai_console.sources import fields
from tradai_console.sources.nat import NatSource, parse_routes
from tradai_console.sources.nat_verdict import Route
from tradai_console.sources.pages import everything

Arguments = Mapping[str, str]

_DEFAULT = "0.0.0.0/0"


async def reboot(arguments: Arguments, context: ActionContext) -> Draft:
    """`ec2:RebootInstances`: the same host, the same address, the same route."""
    nat, instance = await _chosen(arguments, context)
    if nat.instance_state != "running":
        raise Cannot(
            f"{instance} is {nat.instance_state}: a reboot needs it running; use nat.replace", instance
        )
    return Draft(
        title=f"Reboot the NAT instance {instance}",
        resource=instance,
        calls=(Call("ec2", "RebootInstances", {"InstanceIds": [instance]}),),
        cost="About a minute without a way out: exchanges are not reached, AWS's own services are.",
        warnings=("A failing system check is the host's: a reboot does not cure it, nat.replace does.",),
        destroys=True,
    )


async def replace(arguments: Arguments, context: ActionContext) -> Draft:
    """`autoscaling:TerminateInstanceInAutoScalingGroup` without decrement: the group launches the next one."""
    nat, instance = await _chosen(arguments, context)
    if nat.verdict is NatVerdict.REPLACING:
        raise Cannot(
            f"the group is replacing it already ({nat.asg_activity or nat.why}): wait 2 to 3 minutes",
            instance,
        )
    if nat.asg_name is None:
        raise Cannot(
            f"{instance} is in no Auto Scaling group: nothing would replace it; use nat.reboot", instance
        )
    if not nat.asg_desired:
        raise Cannot(
            f"the group {nat.asg_name} wants {nat.asg_desired} instances: nothing would replace it", instance
        )
    members = await _members(context, nat.asg_name)
    if instance not in members:
        raise Cannot(
            f"{instance} is not of the group {nat.asg_name} any more: wait for its next one", instance
        )
    if members[instance] != "InService":
        raise Cannot(
            f"the group is replacing it already: {instance} is {members[instance]}; wait 2 to 3 minutes",
            instance,
        )
    warnings = [
        "Its address and the route are put over by user data and update-nat-routes: look at both afterwards."
    ]
    if nat.verdict is NatVerdict.HEALTHY:
        warnings.insert(
            0, "Everything about it looks healthy: replacing it makes an outage of 2 to 3 minutes."
        )
    parameters = {"InstanceId": instance, "ShouldDecrementDesiredCapacity": False}
    return Draft(
        title=f"Let {nat.asg_name} replace the NAT instance {instance}",
        resource=instance,
        calls=(Call("autoscaling", "TerminateInstanceInAutoScalingGroup", parameters),),
        cost="2 to 3 minutes without a way out: exchanges are not reached, AWS's own services are.",
        warnings=tuple(warnings),
        destroys=True,
    )


async def repair_route(arguments: Arguments, context: ActionContext) -> Draft:
    """`ec2:ReplaceRoute` (or CreateRoute) to the one instance that the group has in service."""
    del arguments
    nat = await _read(context)
    ec2 = await context.door.client("ec2")
    instance = await _in_service(context, nat)
    wrong = [
        route
        for route in await _routes(context, ec2, instance)
        if (route.target, route.state) != (instance, "active")
    ]
    if nat.verdict is NatVerdict.GATEWAY:
        raise Cannot(
            f"the default route leads to the NAT gateway {nat.gateway_id}: that is as it should be", instance
        )
    if not wrong:
        raise Cannot(f"the default route leads to {instance} already: what is wrong is elsewhere", instance)
    return Draft(
        title=f"Point the private default route at {instance}",
        resource=wrong[0].table,
        calls=tuple(_route_call(route, instance) for route in wrong),
        cost="At once; open connections break.",
        warnings=tuple(
            f"{route.table} leads to {route.target or 'nothing'} ({route.state or 'no route'}) now."
            for route in wrong
        ),
        expects={"instance": instance},
    )


async def source_dest_check_off(arguments: Arguments, context: ActionContext) -> Draft:
    """`ec2:ModifyInstanceAttribute`: an attribute of the instance, no option of its launch."""
    nat, instance = await _chosen(arguments, context)
    if nat.source_dest_check is False:
        raise Cannot(f"source/dest check of {instance} is off already", instance)
    parameters = {"InstanceId": instance, "SourceDestCheck": {"Value": False}}
    return Draft(
        title=f"Turn source/dest check of {instance} off",
        resource=instance,
        calls=(Call("ec2", "ModifyInstanceAttribute", parameters),),
        cost="At once, without an interruption.",
        warnings=("If the group launched it so, its launch template or user data is wrong: mend it there.",),
    )


async def look_instance(
    plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]
) -> Evidence:
    """The way out after a reboot."""
    del answers
    nat = await _read(context)
    good = nat.instance_id == plan.resource and nat.instance_state == "running"
    line = (
        f"{nat.instance_id}: {nat.instance_state}, checks {nat.status_checks or 'not known yet'}; {nat.why}"
    )
    return Evidence(Verdict.OK if good else Verdict.WARN, line, _rows(nat))


async def look_replaced(
    plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]
) -> Evidence:
    """The group after its instance was ended."""
    del answers
    nat = await _read(context)
    members = await _members(context, nat.asg_name) if nat.asg_name else {}
    if members.get(plan.resource) == "InService":
        return Evidence(Verdict.BAD, f"{plan.resource} is still in service in {nat.asg_name}", _rows(nat))
    new = (
        ", ".join(f"{name} {state}" for name, state in members.items() if name != plan.resource) or "none yet"
    )
    line = f"{plan.resource} leaves the group; the next one: {new}. Look again in 2 to 3 minutes"
    return Evidence(Verdict.OK, line, _rows(nat))


async def look_route(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The default routes now."""
    del answers
    ec2 = await context.door.client("ec2")
    instance = plan.expects["instance"]
    routes = await _routes(context, ec2, instance)
    wrong = [route for route in routes if (route.target, route.state) != (instance, "active")]
    rows = tuple(Row(route.table, f"{route.target} {route.state}") for route in routes)
    if wrong:
        return Evidence(
            Verdict.BAD, f"{wrong[0].table} leads to {wrong[0].target or 'nothing'}, not to {instance}", rows
        )
    return Evidence(Verdict.OK, f"the default route leads to {instance} and is active", rows)


async def look_check(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The attribute now."""
    del answers
    nat = await _read(context)
    told = {True: "on", False: "off", None: "not known"}[nat.source_dest_check]
    good = nat.source_dest_check is False
    return Evidence(
        Verdict.OK if good else Verdict.BAD, f"source/dest check of {plan.resource} is {told}", _rows(nat)
    )


async def _read(context: ActionContext) -> Nat:
    reading = await NatSource(context.door, context.platform, context.clock).read()
    return reading.items[0]


async def _chosen(arguments: Arguments, context: ActionContext) -> tuple[Nat, str]:
    """The NAT, and the instance that is meant. Another instance than the NAT's is refused."""
    nat = await _read(context)
    wanted = arguments.get("instance", nat.instance_id)
    if nat.instance_id is None or wanted is None:
        raise Cannot(f"there is no instance tagged {context.platform.nat.tag_name}: {nat.why}", wanted or "")
    if wanted != nat.instance_id:
        raise Cannot(f"{wanted} is not the NAT instance: that is {nat.instance_id}", wanted)
    return nat, nat.instance_id


async def _members(context: ActionContext, group: str) -> dict[str, str]:
    autoscaling = await context.door.client("autoscaling")
    answer = await autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    held = [
        one for found in fields.rows(answer, "AutoScalingGroups") for one in fields.rows(found, "Instances")
    ]
    return {str(one.get("InstanceId")): fields.text(one, "LifecycleState", 40) for one in held}


async def _in_service(context: ActionContext, nat: Nat) -> str:
    members = await _members(context, nat.asg_name) if nat.asg_name else {}
    serving = [name for name, state in members.items() if state == "InService"]
    if len(serving) == 1:
        return serving[0]
    if serving:
        raise Cannot(
            f"{nat.asg_name} has {len(serving)} instances in service: which one is meant is not clear"
        )
    if nat.asg_name is None and nat.instance_id and nat.instance_state == "running":
        return nat.instance_id
    raise Cannot(f"no NAT instance is in service: {nat.why}. Wait for the group's next one, 2 to 3 minutes")


async def _routes(context: ActionContext, ec2: Any, instance: str) -> tuple[Route, ...]:
    filters = [{"Name": "tag:Name", "Values": [context.platform.nat.route_table_tag_name]}]
    tables = await everything(ec2.describe_route_tables, "RouteTables", Filters=filters)
    routes = parse_routes(tables, ())
    if not routes:
        raise Cannot(f"there is no route table tagged {context.platform.nat.route_table_tag_name}", instance)
    return routes


def _route_call(route: Route, instance: str) -> Call:
    operation = "CreateRoute" if route.target is None and route.state is None else "ReplaceRoute"
    parameters = {"RouteTableId": route.table, "DestinationCidrBlock": _DEFAULT, "InstanceId": instance}
    return Call("ec2", operation, parameters)


def _rows(nat: Nat) -> tuple[Row, ...]:
    facts = {"verdict": nat.verdict.value, "route": f"{nat.route_target} {nat.route_state}", "address": nat.public_ip,
             "activity": nat.asg_activity}  # fmt: skip
    return tuple(Row(name, str(value)) for name, value in facts.items() if value)
