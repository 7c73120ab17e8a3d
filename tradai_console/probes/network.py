"""Who may reach whom: `rds.security_groups`, `vpc.endpoints`."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.service import Task
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.databases import database_id, read_database
from tradai_console.probes.places import find_service
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import counted, listed
from tradai_console.sources import fields
from tradai_console.sources.instances import read_instances
from tradai_console.sources.pages import Raw, everything
from tradai_console.sources.reading import secondary
from tradai_console.sources.services import choose_host
from tradai_console.sources.tasks import TaskMemory, read_tasks

CLIENT: Final = "mlflow"
"""The one service that uses the database."""
HTTPS: Final = 443
POSTGRES: Final = 5432


@dataclass(frozen=True)
class Callers:
    """Who has to reach the database."""

    name: str
    groups: tuple[str, ...]
    addresses: tuple[str, ...] = ()


@probe("rds.security_groups")
async def security_groups(context: ProbeContext, given: Given) -> Evidence:
    """`ec2:DescribeSecurityGroups` of the database, beside the groups that the tasks of MLflow are in."""
    database, callers = await asyncio.gather(
        read_database(context, database_id(context, given)), _callers(context)
    )
    if callers is None or not callers.groups:
        line = (
            f"It could not be told in which security groups {CLIENT} runs, so nothing can be said of its way."
        )
        return Evidence(Verdict.UNKNOWN, line)
    if not database.security_groups:
        return Evidence(Verdict.UNKNOWN, f"RDS does not tell the security groups of {database.id}.")
    ec2 = await context.client("ec2")
    wanted = list(dict.fromkeys([*database.security_groups, *callers.groups]))
    raws = await everything(ec2.describe_security_groups, "SecurityGroups", GroupIds=wanted)
    port = database.port or POSTGRES
    own = [raw for raw in raws if raw.get("GroupId") in database.security_groups]
    theirs = [raw for raw in raws if raw.get("GroupId") in callers.groups]
    return judge_path(database.id, port, own, theirs, callers)


async def _callers(context: ProbeContext) -> Callers | None:
    found = await find_service(context, CLIENT)
    if found is None:
        return await _host_caller(context)
    places = [found.raw, *fields.rows(found.raw, "deployments")]
    settings = [
        fields.inner(fields.inner(one, "networkConfiguration"), "awsvpcConfiguration") for one in places
    ]
    groups = next((words for one in settings if (words := fields.words(one, "securityGroups"))), ())
    ecs = await context.client("ecs")
    asked = read_tasks(ecs, found.cluster, TaskMemory(context.clock), [found.service.name])
    nobody: list[Task] = []
    tasks = await secondary(asked, nobody, [], "tasks")
    addresses = [task.private_ip for task in tasks if task.private_ip and task.stopped_at is None]
    return Callers(CLIENT, groups, tuple(addresses))


async def _host_caller(context: ProbeContext) -> Callers | None:
    ec2 = await context.client("ec2")
    host = choose_host(await read_instances(ec2, context.platform.host.tag_name))
    if host is None:
        return None
    answer = await ec2.describe_instances(InstanceIds=[host.id])
    raws = [raw for one in fields.rows(answer, "Reservations") for raw in fields.rows(one, "Instances")]
    groups = [fields.text(one, "GroupId", 40) for raw in raws for one in fields.rows(raw, "SecurityGroups")]
    return Callers(f"the host {host.id}", tuple(groups), (host.private_ip,) if host.private_ip else ())


def judge_path(
    database: str, port: int, own: Sequence[Raw], theirs: Sequence[Raw], callers: Callers
) -> Evidence:
    """Do the rules of both sides let the callers reach the port?"""
    rules = [rule for raw in own for rule in fields.rows(raw, "IpPermissions") if covers(rule, port)]
    rows = [Row(f"in {fields.text(raw, 'GroupId', 40)}", _told(rule, port), _opens_word(rule, callers))
            for raw in own for rule in fields.rows(raw, "IpPermissions")]  # fmt: skip
    opened = [opens(rule, callers) for rule in rules]
    way_out = [covers(rule, port) for raw in theirs for rule in fields.rows(raw, "IpPermissionsEgress")]
    rows += [
        Row(
            "caller",
            f"{callers.name} in {listed(callers.groups)}, {listed(callers.addresses) or 'no address'}",
        )
    ]
    rows += [Row("way out of the caller", f"port {port} {'open' if any(way_out) else 'closed'}",
                 Verdict.OK if any(way_out) else Verdict.BAD)] if theirs else []  # fmt: skip
    if theirs and not any(way_out):
        line = (
            f"The security group of {callers.name} lets nothing out to port {port}: {listed(callers.groups)}."
        )
        return Evidence(Verdict.BAD, line, tuple(rows))
    if True in opened:
        if not theirs:
            return Evidence(
                Verdict.UNKNOWN, f"{database} lets {callers.name} in; its way out was not found.", tuple(rows)
            )
        return Evidence(Verdict.OK, f"{callers.name} may reach port {port} of {database}.", tuple(rows))
    if None in opened:
        line = f"Port {port} of {database} has rules of addresses that cannot be held against {callers.name} here."
        return Evidence(Verdict.UNKNOWN, line, tuple(rows))
    groups = listed([fields.text(raw, "GroupId", 40) for raw in own]) or "its security groups"
    why = "has no rule for the port" if not rules else "has no rule for it"
    line = f"{callers.name} cannot reach port {port} of {database}: {groups} {why} (caller in {listed(callers.groups)})."
    return Evidence(Verdict.BAD, line, tuple(rows))


def covers(rule: Raw, port: int) -> bool:
    """Whether a rule is about this TCP port."""
    if fields.text(rule, "IpProtocol", 8) == "-1":
        return True
    low, high = fields.whole(rule.get("FromPort")), fields.whole(rule.get("ToPort"))
    return rule.get("IpProtocol") == "tcp" and low is not None and high is not None and low <= port <= high


def opens(rule: Raw, callers: Callers) -> bool | None:
    """Whether the rule lets the callers in; None where that cannot be told from here (a prefix list, or
    addresses while those of the callers are unknown)."""
    sources = {fields.text(one, "GroupId", 40) for one in fields.rows(rule, "UserIdGroupPairs")}
    if sources & set(callers.groups):
        return True
    ranges = [fields.text(one, "CidrIp", 40) for one in fields.rows(rule, "IpRanges")]
    networks = [one for text in ranges if (one := network_of(text)) is not None]
    if any(one.prefixlen == 0 for one in networks):
        return True
    known = [
        ipaddress.ip_address(address) for address in callers.addresses if network_of(address) is not None
    ]
    if known and networks:
        return all(any(address in network for network in networks) for address in known)
    return None if networks or fields.rows(rule, "PrefixListIds") else False


def network_of(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network or address that the text names; None if it names none."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _opens_word(rule: Raw, callers: Callers) -> Verdict:
    return {True: Verdict.OK, False: Verdict.OK, None: Verdict.UNKNOWN}[opens(rule, callers)]


def _told(rule: Raw, port: int) -> str:
    sources = [fields.text(one, "GroupId", 40) for one in fields.rows(rule, "UserIdGroupPairs")]
    sources += [fields.text(one, "CidrIp", 40) for one in fields.rows(rule, "IpRanges")]
    low, high = rule.get("FromPort", "all"), rule.get("ToPort", "all")
    ports = f"{low}" if low == high else f"{low}-{high}"
    covered = "" if covers(rule, port) else " (another port)"
    return f"{fields.text(rule, 'IpProtocol', 8)} {ports} from {listed(sources, 5) or 'nobody'}{covered}"


@probe("vpc.endpoints")
async def endpoints(context: ProbeContext, given: Given) -> Evidence:
    """`ec2:DescribeVpcEndpoints`, and the rules of the groups in front of the interface endpoints."""
    del given
    ec2 = await context.client("ec2")
    raws = await everything(ec2.describe_vpc_endpoints, "VpcEndpoints")
    ids = sorted({fields.text(one, "GroupId", 40) for raw in raws for one in fields.rows(raw, "Groups")})
    groups: list[Raw] | None = []
    if ids:
        asked = everything(ec2.describe_security_groups, "SecurityGroups", GroupIds=ids)
        nothing: list[Raw] | None = None
        groups = await secondary(asked, nothing, [], "security groups")
    return judge_endpoints(raws, groups)


def judge_endpoints(raws: Sequence[Raw], groups: Sequence[Raw] | None) -> Evidence:
    """Is each endpoint available, and does its group let HTTPS in? `groups` None: not read."""
    if not raws:
        line = "There is no VPC endpoint in this region: calls to AWS go out through the NAT, and end when it does."
        return Evidence(Verdict.WARN, line)
    shut = (
        None
        if groups is None
        else {fields.text(one, "GroupId", 40) for one in groups if not _lets_in(one, HTTPS)}
    )
    judged: list[tuple[str, Verdict, str]] = []
    for raw in sorted(raws, key=lambda one: fields.text(one, "ServiceName", 120)):
        name = fields.text(raw, "ServiceName", 120).split(".", 3)[-1]
        state = (fields.name(raw, "State") or "unknown").lower()
        own = [fields.text(one, "GroupId", 40) for one in fields.rows(raw, "Groups")]
        grade = {"available": Verdict.OK, "unknown": Verdict.UNKNOWN}.get(
            state, Verdict.WARN if state.startswith("pending") else Verdict.BAD
        )
        told = f"{fields.text(raw, 'VpcEndpointType', 20)} {state}"
        if own and shut is None:
            grade, told = (
                (Verdict.UNKNOWN if grade is Verdict.OK else grade),
                f"{told}, its groups could not be read",
            )
        elif own and shut is not None and set(own) <= shut:
            grade, told = Verdict.BAD, f"{told}, but {listed(own)} lets no HTTPS in"
        if fields.text(raw, "VpcEndpointType", 20) == "Gateway" and not fields.words(raw, "RouteTableIds"):
            grade, told = Verdict.WARN, f"{told}, in no route table"
        judged.append((name, grade, f"{told}{' in ' + ', '.join(own) if own else ''}"))
    judged.sort(key=lambda one: one[1] is Verdict.OK)
    rows = tuple([Row(name, told, grade) for name, grade, told in judged])
    wrong = [one for one in judged if one[1] in (Verdict.BAD, Verdict.WARN)]
    if wrong:
        worst_one = next((one for one in wrong if one[1] is Verdict.BAD), wrong[0])
        line = f"{len(wrong)} of {counted(len(judged), 'VPC endpoint')} in trouble: {worst_one[0]} is {worst_one[2]}."
        return Evidence(worst_one[1], line, rows)
    if any(one[1] is Verdict.UNKNOWN for one in judged):
        return Evidence(
            Verdict.UNKNOWN,
            f"All {len(judged)} VPC endpoints are there; their groups could not be read.",
            rows,
        )
    return Evidence(Verdict.OK, f"All {len(judged)} VPC endpoints are available.", rows)


def _lets_in(group: Raw, port: int) -> bool:
    return any(covers(rule, port) for rule in fields.rows(group, "IpPermissions"))
