"""The NAT pane: the instance, its group, its address and the private default route, joined into one verdict.

The instance and the route are asked for first and decide whether the reading is good; the rest are side
questions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tradai_console.clock import Clock
from tradai_console.models.nat import Nat
from tradai_console.platform import Platform
from tradai_console.sources import fields
from tradai_console.sources.instances import Instance, read_checks, read_instances
from tradai_console.sources.nat_verdict import (
    Group,
    NatFacts,
    Route,
    choose_instance,
    choose_route,
    judge_nat,
)
from tradai_console.sources.pages import Raw, everything, listed
from tradai_console.sources.reading import Clients, Reading, secondary

_RUNNING = frozenset(
    {
        "PendingSpotBidPlacement", "WaitingForSpotInstanceRequestId", "WaitingForSpotInstanceId",
        "WaitingForInstanceId", "PreInService", "InProgress", "WaitingForELBConnectionDraining",
        "MidLifecycleAction", "WaitingForInstanceWarmup", "WaitingForConnectionDraining",
    }
)  # fmt: skip
"""What `StatusCode` an activity has while it goes on."""

_TARGETS = (
    "InstanceId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "GatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)
"""Where a route can lead; an instance's route names its interface too, and the instance says more."""


class NatSource:
    """Reads the way out again and again."""

    def __init__(self, door: Clients, platform: Platform, clock: Clock) -> None:  # noqa: ARG002  # one shape for all sources
        self._door = door
        self._names = platform.nat

    async def read(self) -> Reading[Nat]:
        """One item, whatever was found. Raises AwsError if the instances or the routes could not be read."""
        ec2 = await self._door.client("ec2")
        notes: list[str] = []
        instances, tables, groups = await asyncio.gather(
            read_instances(ec2, self._names.tag_name),
            self._route_tables(ec2),
            secondary(self._groups(), [], notes, "Auto Scaling group"),
        )
        routes = parse_routes(tables, instances)
        group = parse_group(groups, self._names.tag_name, [one.id for one in instances])
        facts = NatFacts(self._names.tag_name, tuple(instances), routes, None, group)
        chosen = choose_instance(facts)
        instance_id = chosen.id if chosen is not None and chosen.state != "terminated" else None
        checks, group, routes, address = await asyncio.gather(
            _if(instance_id, lambda one: secondary(read_checks(ec2, one), None, notes, "NAT status checks")),
            self._with_activity(group, notes),
            self._resolved(ec2, routes, instances, notes),
            _if(instance_id, lambda one: secondary(_address(ec2, one), None, notes, "NAT address")),
        )
        facts = replace(facts, checks=checks, group=group, routes=routes)
        return Reading((join_nat(facts, address),), tuple(notes))

    async def _route_tables(self, ec2: Any) -> list[Raw]:
        filters = [{"Name": "tag:Name", "Values": [self._names.route_table_tag_name]}]
        return await everything(ec2.describe_route_tables, "RouteTables", Filters=filters)

    async def _groups(self) -> list[Raw]:
        autoscaling = await self._door.client("autoscaling")
        return await everything(autoscaling.describe_auto_scaling_groups, "AutoScalingGroups", MaxRecords=100)

    async def _with_activity(self, group: Group | None, notes: list[str]) -> Group | None:
        if group is None:
            return None
        autoscaling = await self._door.client("autoscaling")
        asked = autoscaling.describe_scaling_activities(AutoScalingGroupName=group.name, MaxRecords=10)
        answer = await secondary(asked, {}, notes, "scaling activities")
        return parse_activities(group, fields.rows(answer, "Activities"))

    async def _resolved(
        self, ec2: Any, routes: tuple[Route, ...], instances: Iterable[Instance], notes: list[str]
    ) -> tuple[Route, ...]:
        """The routes with foreign interfaces followed to their instances, and gateways with their state."""
        own = {one.id for one in instances}

        async def resolve(route: Route) -> Route:
            target = route.target or ""
            if target.startswith("eni-"):
                asked = ec2.describe_network_interfaces(
                    Filters=[{"Name": "network-interface-id", "Values": [target]}]
                )
                return follow_interface(route, await secondary(asked, {}, notes, f"interface {target}"))
            if target.startswith("nat-"):
                asked = ec2.describe_nat_gateways(Filters=[{"Name": "nat-gateway-id", "Values": [target]}])
                return follow_gateway(route, await secondary(asked, {}, notes, f"NAT gateway {target}"))
            if target.startswith("i-") and target not in own:
                asked = ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [target]}])
                return follow_instance(route, await secondary(asked, {}, notes, f"instance {target}"))
            return route

        return tuple(await asyncio.gather(*[resolve(route) for route in routes]))


async def _if(instance_id: str | None, question: Any) -> Any:
    return None if instance_id is None else await question(instance_id)


async def _address(ec2: Any, instance_id: str) -> list[Raw]:
    answer = await ec2.describe_addresses(Filters=[{"Name": "instance-id", "Values": [instance_id]}])
    return listed(answer, "Addresses")


def join_nat(facts: NatFacts, addresses: list[Raw] | None) -> Nat:
    """The item of the pane: the verdict and the facts behind it. `addresses` None: not read."""
    verdict, why = judge_nat(facts)
    instance, route, group = choose_instance(facts), choose_route(facts), facts.group
    elastic = next((ip for one in addresses or () if (ip := fields.name(one, "PublicIp"))), None)
    others = [f"{one.id} {one.state}".strip() for one in facts.instances or () if one is not instance]
    return Nat(
        verdict=verdict,
        why=why,
        instance_id=instance.id if instance else None,
        instance_state=instance.state or None if instance else None,
        instance_type=instance.type if instance else None,
        launched_at=instance.launched_at if instance else None,
        az=instance.az if instance else None,
        status_checks=facts.checks,
        source_dest_check=instance.source_dest_check if instance else None,
        network_interface=next(iter(instance.interfaces), None) if instance else None,
        route_table=route.table if route else None,
        route_target=route.target if route else None,
        route_state=route.state if route else None,
        asg_name=group.name if group else None,
        asg_desired=group.desired if group else None,
        asg_in_service=len(group.in_service) if group else None,
        asg_activity=group.activity if group else None,
        public_ip=elastic or (instance.public_ip if instance else None),
        elastic=None if addresses is None else elastic is not None,
        gateway_id=route.target if route and (route.target or "").startswith("nat-") else None,
        others=tuple(others),
    )


def parse_routes(tables: Iterable[Raw], instances: Iterable[Instance]) -> tuple[Route, ...]:
    """The default route of each table. A route to an interface of one of the instances leads to that
    instance."""
    owner = {interface: one.id for one in instances for interface in one.interfaces}
    found: list[Route] = []
    for table in tables:
        table_id = fields.name(table, "RouteTableId")
        if table_id is None:
            continue
        raw = next(
            (one for one in fields.rows(table, "Routes") if one.get("DestinationCidrBlock") == "0.0.0.0/0"),
            None,
        )
        if raw is None:
            found.append(Route(table_id, None))
            continue
        target = next((name for key in _TARGETS if (name := fields.name(raw, key))), None)
        found.append(Route(table_id, owner.get(target or "", target), fields.name(raw, "State")))
    return tuple(found)


def follow_interface(route: Route, answer: Raw) -> Route:
    """The route with the instance that its interface is attached to; an interface that is gone or loose
    says so."""
    if "NetworkInterfaces" not in answer:
        return route
    raw = next(iter(fields.rows(answer, "NetworkInterfaces")), None)
    if raw is None:
        return replace(route, target_state="gone")
    attached = fields.name(fields.inner(raw, "Attachment"), "InstanceId")
    if attached is None:
        return replace(route, target_state=fields.name(raw, "Status"))
    return replace(route, target=attached)


def follow_gateway(route: Route, answer: Raw) -> Route:
    """The route with the state of its NAT gateway."""
    raw = next(iter(fields.rows(answer, "NatGateways")), None)
    return replace(route, target_state=fields.name(raw, "State")) if raw is not None else route


def follow_instance(route: Route, answer: Raw) -> Route:
    """The route with the state of the foreign instance it leads to; `gone` if there is none."""
    if "Reservations" not in answer:
        return route
    raws = [raw for one in fields.rows(answer, "Reservations") for raw in fields.rows(one, "Instances")]
    state = fields.name(fields.inner(raws[0], "State"), "Name") if raws else "gone"
    return replace(route, target_state=state)


def parse_group(groups: Iterable[Raw], tag_name: str, instance_ids: Iterable[str]) -> Group | None:
    """The group that holds one of the instances, else the one tagged with the instance's name."""
    wanted, by_tag = set(instance_ids), None
    for raw in groups:
        if fields.name(raw, "AutoScalingGroupName") is None:
            continue
        held = {fields.name(one, "InstanceId") for one in fields.rows(raw, "Instances")}
        if held & wanted:
            return _group(raw)
        if by_tag is None and fields.tag(raw, "Name") == tag_name:
            by_tag = raw
    return None if by_tag is None else _group(by_tag)


def _group(raw: Raw) -> Group:
    held = [
        (
            fields.name(one, "InstanceId"),
            fields.text(one, "LifecycleState", 40),
            fields.name(one, "HealthStatus"),
        )
        for one in fields.rows(raw, "Instances")
    ]
    return Group(
        name=fields.text(raw, "AutoScalingGroupName", fields.NAME_LIMIT),
        desired=fields.whole(raw.get("DesiredCapacity")),
        in_service=tuple([one for one, state, _ in held if one and state == "InService"]),
        pending=tuple([one for one, state, _ in held if one and state.startswith("Pending")]),
    )


def parse_activities(group: Group, activities: Iterable[Raw]) -> Group:
    """The group with its newest scaling activity (`autoscaling:DescribeScalingActivities`)."""
    dated = [(fields.moment(one.get("StartTime")), one) for one in activities]
    newest = max([(at, -index) for index, (at, _) in enumerate(dated) if at is not None], default=None)
    if newest is None:
        return group
    raw = dated[-newest[1]][1]
    code = fields.text(raw, "StatusCode", 40)
    words = [fields.text(raw, "Description", 400), fields.text(raw, "StatusMessage", 400)]
    at = newest[0].strftime("%H:%M:%SZ")
    return replace(
        group,
        activity=f"{at} {code}: {' '.join([word for word in words if word])}".strip(),
        activity_running=any(fields.name(one, "StatusCode") in _RUNNING for _, one in dated),
        activity_failed=code == "Failed",
    )
