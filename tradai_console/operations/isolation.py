"""A task cut off from the network and kept for the evidence: its interface gets a group without any rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext
from tradai_console.operations.plan import Call, Cannot, Draft, Kept, Plan
from tradai_console.operations.services import find_task, typed_for
from tradai_console.sources import fields

_EVERYTHING = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


async def isolate_task(arguments: Mapping[str, str], context: ActionContext) -> Draft:
    """`ec2:ModifyNetworkInterfaceAttribute` with a group without rules, which is made if there is none."""
    ecs, ec2 = await context.door.client("ecs"), await context.door.client("ec2")
    task = await find_task(context, ecs, arguments["task"])
    task_id = fields.last_part(str(task["taskArn"]))
    if fields.name(task, "lastStatus") == "STOPPED":
        raise Cannot(f"task {task_id} is stopped already: it reaches nothing any more", task_id)
    interface = _interface(task)
    if interface is None:
        raise Cannot(
            f"task {task_id} has no network interface of its own: stop it with ecs.stop_task", task_id
        )
    filters = [{"Name": "network-interface-id", "Values": [interface]}]
    shown = fields.rows(await ec2.describe_network_interfaces(Filters=filters), "NetworkInterfaces")
    if not shown:
        raise Cannot(
            f"the network interface {interface} of task {task_id} is not shown: stop it with ecs.stop_task",
            task_id,
        )
    group, calls = await _group(context, ec2, str(shown[0].get("VpcId", "")), task_id)
    parameters = {"NetworkInterfaceId": interface, "Groups": [group]}
    before = ", ".join(fields.name(one, "GroupId") or "" for one in fields.rows(shown[0], "Groups"))
    warnings = [
        f"It is in {before or 'no group'} now: note it, for the way back.",
        "Connections that are open may live on for some minutes.",
        "Its health check will fail: its service then stops it. Keep its log, and take what memory shows at once.",
    ]
    if shown[0].get("RequesterManaged"):
        warnings.append(
            "AWS manages this interface itself and may refuse: then save the log and use ecs.stop_task."
        )
    return Draft(
        title=f"Cut task {task_id} off from the network",
        resource=task_id,
        calls=(*calls, Call("ec2", "ModifyNetworkInterfaceAttribute", parameters)),
        cost="The task answers nobody and reaches nothing; it runs on.",
        warnings=tuple(warnings),
        type_name=typed_for(task_id),
        destroys=True,
        expects={"interface": interface, "before": before},
    )


async def look(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The groups of its interface now, and their rules."""
    del answers
    ec2 = await context.door.client("ec2")
    filters = [{"Name": "network-interface-id", "Values": [plan.expects["interface"]]}]
    shown = fields.rows(await ec2.describe_network_interfaces(Filters=filters), "NetworkInterfaces")
    groups = [
        name for one in shown for row in fields.rows(one, "Groups") if (name := fields.name(row, "GroupId"))
    ]
    if not groups:
        return Evidence(Verdict.UNKNOWN, f"the interface {plan.expects['interface']} is not shown any more")
    rules = await ec2.describe_security_groups(GroupIds=groups)
    count = sum(_rules(one) for one in fields.rows(rules, "SecurityGroups"))
    rows = (Row("before", plan.expects["before"]), Row("now", ", ".join(groups)))
    if count:
        return Evidence(Verdict.BAD, f"its groups {', '.join(groups)} still have {count} rules", rows)
    return Evidence(Verdict.OK, f"task {plan.resource} is in {', '.join(groups)}, which allows nothing", rows)


async def _group(
    context: ActionContext, ec2: Any, vpc: str, task_id: str
) -> tuple[str | Kept, tuple[Call, ...]]:
    name = f"tradai-quarantine-{context.settings.env}"
    filters = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [vpc]}]
    found = fields.rows(await ec2.describe_security_groups(Filters=filters), "SecurityGroups")
    if found:
        if _rules(found[0]):
            raise Cannot(f"the group {name} has rules: take them out, then it isolates", task_id)
        return str(found[0]["GroupId"]), ()
    made = {"GroupName": name, "Description": "Allows nothing: tasks under suspicion", "VpcId": vpc}
    create = Call("ec2", "CreateSecurityGroup", made, keeps=("GROUP_ID", ("GroupId",)))
    empty = {"GroupId": Kept("GROUP_ID"), "IpPermissions": _EVERYTHING}
    return Kept("GROUP_ID"), (create, Call("ec2", "RevokeSecurityGroupEgress", empty))


def _interface(task: Mapping[str, Any]) -> str | None:
    for attachment in fields.rows(task, "attachments"):
        for detail in fields.rows(attachment, "details"):
            if detail.get("name") == "networkInterfaceId":
                return fields.name(detail, "value")
    return None


def _rules(group: Mapping[str, Any]) -> int:
    return len(fields.rows(group, "IpPermissions")) + len(fields.rows(group, "IpPermissionsEgress"))
