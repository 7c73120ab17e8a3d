"""The database: rebooted, failed over to its other zone, or let in again from the tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext, Raw
from tradai_console.operations.plan import Call, Cannot, Draft, Plan
from tradai_console.operations.services import find_service
from tradai_console.sources import fields
from tradai_console.sources.instances import read_instances

Arguments = Mapping[str, str]

_POSTGRES = 5_432


async def reboot(arguments: Arguments, context: ActionContext) -> Draft:
    """`rds:RebootDBInstance` in its zone."""
    found = await _available(arguments, context)
    name = str(found["DBInstanceIdentifier"])
    warnings = ["Every connection breaks; MLflow and what asks it fail meanwhile."]
    if fields.flag(found.get("MultiAZ")):
        warnings.append("It is Multi-AZ: rds.failover is away for no longer, and leaves the zone too.")
    return _draft(name, "Reboot", False, tuple(warnings), found)


async def failover(arguments: Arguments, context: ActionContext) -> Draft:
    """`rds:RebootDBInstance` with failover; Multi-AZ only."""
    found = await _available(arguments, context)
    name = str(found["DBInstanceIdentifier"])
    if not fields.flag(found.get("MultiAZ")):
        raise Cannot(f"{name} is not Multi-AZ: there is no other zone to fail over to; use rds.reboot", name)
    return _draft(
        name, "Fail over", True, ("Every connection breaks; clients must resolve its name anew.",), found
    )


async def repair_security_group(arguments: Arguments, context: ActionContext) -> Draft:
    """`ec2:AuthorizeSecurityGroupIngress`: the tasks' group may reach the database's port."""
    found = await _instance(arguments, context)
    name = str(found["DBInstanceIdentifier"])
    groups = [
        group
        for one in fields.rows(found, "VpcSecurityGroups")
        if (group := fields.name(one, "VpcSecurityGroupId"))
    ]
    if not groups:
        raise Cannot(f"{name} is in no security group that is shown", name)
    port = fields.whole(fields.inner(found, "Endpoint").get("Port")) or _POSTGRES
    tasks = await _task_groups(context)
    lacking = [group for group in tasks if not await _lets_in(context, groups, group, port)]
    if not lacking:
        raise Cannot(
            f"{', '.join(tasks)} may reach port {port} of {name} already: what is wrong is elsewhere", name
        )
    rule = {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "UserIdGroupPairs": [{"GroupId": one} for one in lacking],
    }
    parameters = {"GroupId": groups[0], "IpPermissions": [rule]}
    return Draft(
        title=f"Let {', '.join(lacking)} reach port {port} of {name} again, in {groups[0]}",
        resource=groups[0],
        calls=(Call("ec2", "AuthorizeSecurityGroupIngress", parameters),),
        cost="At once, without an interruption.",
        warnings=(
            "Somebody took the rule away: find out who and why (cloudtrail.events) before it is closed again.",
        ),
        expects={"groups": " ".join(groups), "tasks": " ".join(lacking), "port": str(port)},
    )


async def look(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The instance now."""
    found = await _instance({"database": plan.resource}, context)
    status, zone = (
        fields.name(found, "DBInstanceStatus") or "unknown",
        fields.name(found, "AvailabilityZone") or "unknown",
    )
    began = bool(answers)
    line = f"{plan.resource}: {status}, zone {zone} (was {plan.expects['zone']})"
    if status == "available" and zone == plan.expects["zone"] and began:
        line += "; AWS took the order, and shows it a moment later"
    verdict = Verdict.OK if began and status in ("available", "rebooting", "modifying") else Verdict.WARN
    return Evidence(verdict, line)


async def look_group(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """Whether the tasks' groups are let in now."""
    del answers
    groups, port = plan.expects["groups"].split(), int(plan.expects["port"])
    shut = [one for one in plan.expects["tasks"].split() if not await _lets_in(context, groups, one, port)]
    if shut:
        return Evidence(Verdict.BAD, f"{', '.join(shut)} may still not reach port {port} of {plan.resource}")
    rows = tuple(Row("may reach it", one) for one in plan.expects["tasks"].split())
    return Evidence(Verdict.OK, f"{plan.resource} lets {plan.expects['tasks']} in on port {port}", rows)


def _draft(name: str, verb: str, force: bool, warnings: tuple[str, ...], found: Raw) -> Draft:
    parameters = {"DBInstanceIdentifier": name, "ForceFailover": force}
    zone = fields.name(found, "AvailabilityZone") or "unknown"
    return Draft(
        title=f"{verb} {name} (in {zone})",
        resource=name,
        calls=(Call("rds", "RebootDBInstance", parameters),),
        cost="1 to 2 minutes without the database.",
        warnings=warnings,
        destroys=True,
        expects={"zone": zone},
    )


async def _available(arguments: Arguments, context: ActionContext) -> Raw:
    found = await _instance(arguments, context)
    status, name = fields.name(found, "DBInstanceStatus"), str(found["DBInstanceIdentifier"])
    if status != "available":
        raise Cannot(
            f"{name} is {status}: RDS takes this order only of an available instance; wait, and look again",
            name,
        )
    return found


async def _instance(arguments: Arguments, context: ActionContext) -> Raw:
    name = arguments.get("database", context.platform.database)
    rds = await context.door.client("rds")
    found = fields.rows(await rds.describe_db_instances(DBInstanceIdentifier=name), "DBInstances")
    if not found:
        raise Cannot(f"there is no database {name}", name)
    return found[0]


async def _task_groups(context: ActionContext) -> list[str]:
    """The security groups of what asks the database: MLflow's tasks, else the one host's."""
    try:
        service = await find_service(context, "mlflow")
        network = fields.inner(fields.inner(service, "networkConfiguration"), "awsvpcConfiguration")
        groups = list(fields.words(network, "securityGroups"))
    except Cannot:
        groups = await _host_groups(context)
    if not groups:
        raise Cannot("which security groups the tasks are in is not shown: look at the service mlflow")
    return groups


async def _host_groups(context: ActionContext) -> list[str]:
    ec2 = await context.door.client("ec2")
    hosts = [
        one.id for one in await read_instances(ec2, context.platform.host.tag_name) if one.state == "running"
    ]
    if not hosts:
        return []
    answer = await ec2.describe_instances(InstanceIds=hosts[:1])
    raws = [raw for one in fields.rows(answer, "Reservations") for raw in fields.rows(one, "Instances")]
    return [
        group
        for raw in raws
        for one in fields.rows(raw, "SecurityGroups")
        if (group := fields.name(one, "GroupId"))
    ]


async def _lets_in(context: ActionContext, groups: list[str], source: str, port: int) -> bool:
    ec2 = await context.door.client("ec2")
    answer = await ec2.describe_security_groups(GroupIds=groups)
    rules = [
        rule for one in fields.rows(answer, "SecurityGroups") for rule in fields.rows(one, "IpPermissions")
    ]
    return any(_covers(rule, port) and _names(rule, source) for rule in rules)


def _covers(rule: Raw, port: int) -> bool:
    if rule.get("IpProtocol") == "-1":
        return True
    first, last = fields.whole(rule.get("FromPort")), fields.whole(rule.get("ToPort"))
    return (
        rule.get("IpProtocol") in ("tcp", "6")
        and first is not None
        and last is not None
        and first <= port <= last
    )


def _names(rule: Raw, source: str) -> bool:
    return any(fields.name(pair, "GroupId") == source for pair in fields.rows(rule, "UserIdGroupPairs"))
