"""The NAT pane's source: one verdict from instance, route, group and address."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny
from tests.sources.conftest import HandClock, image_of
from tests.sources.spoilt import BAD, spoils
from tradai_console.aws.door import Door
from tradai_console.errors import Denied
from tradai_console.models.nat import NatVerdict
from tradai_console.platform import Platform
from tradai_console.sources.instances import Instance, parse_checks, parse_instance
from tradai_console.sources.nat import (
    NatSource,
    follow_gateway,
    follow_interface,
    parse_activities,
    parse_group,
    parse_routes,
)
from tradai_console.sources.nat_verdict import Group, NatFacts, Route, choose_instance, judge_nat

TAG = "tradai-nat-prod"
FINE = Instance("i-1", "running", source_dest_check=False, interfaces=("eni-1",))
STOPPED = replace(FINE, state="stopped")
TO_IT = Route("rtb-1", "i-1", "active")
GROUP = Group("nat-group", 1, in_service=("i-1",))
HEALTHY = NatFacts(TAG, (FINE,), (TO_IT,), "ok", GROUP)


def facts(**changes: Any) -> NatFacts:
    return replace(HEALTHY, **changes)


@pytest.mark.parametrize(
    ("known", "verdict", "said"),
    [
        pytest.param(HEALTHY, "healthy", "i-1", id="all well"),
        pytest.param(
            facts(routes=(replace(TO_IT, target="eni-1"),)), "healthy", "i-1", id="by its interface"
        ),
        pytest.param(facts(group=None), "healthy", "i-1", id="group not read"),
        pytest.param(facts(checks=None), "healthy", "i-1", id="checks not read"),
        pytest.param(facts(checks="initializing"), "healthy", "i-1", id="checks not done yet"),
        pytest.param(facts(checks="insufficient-data"), "healthy", "i-1", id="checks without data"),
        pytest.param(
            facts(instances=(replace(FINE, source_dest_check=None),)), "healthy", "", id="flag not read"
        ),
        pytest.param(facts(routes=(replace(TO_IT, state=None),)), "healthy", "", id="route state not said"),
        pytest.param(facts(checks="impaired"), "impaired", "status checks", id="checks fail"),
        pytest.param(
            facts(instances=(replace(FINE, source_dest_check=True),)), "impaired", "Source/dest", id="flag on"
        ),
        pytest.param(
            facts(checks="impaired", routes=(Route("rtb-1", None),)),
            "impaired",
            "checks",
            id="not fine, astray",
        ),
        pytest.param(
            facts(routes=(Route("rtb-1", None),)), "misrouted", "no default route", id="route absent"
        ),
        pytest.param(
            facts(routes=(Route("rtb-1", "i-9", "active", "gone"),)),
            "misrouted",
            "i-9, which is gone",
            id="dead",
        ),
        pytest.param(
            facts(routes=(Route("rtb-1", "i-9", "active"),)), "misrouted", "leads to i-9", id="another"
        ),
        pytest.param(
            facts(routes=(replace(TO_IT, state="blackhole"),)), "misrouted", "Black hole", id="blackhole"
        ),
        pytest.param(
            facts(routes=(Route("rtb-1", "igw-1", "active"),)), "misrouted", "igw-1", id="internet gateway"
        ),
        pytest.param(
            facts(routes=(TO_IT, Route("rtb-2", None))), "misrouted", "rtb-2", id="one of two tables"
        ),
        pytest.param(
            facts(instances=(FINE, Instance("i-2", "stopped")), routes=(Route("rtb-1", "i-2", "active"),)),
            "misrouted",
            "i-2, which is stopped",
            id="to the old one",
        ),
        pytest.param(
            facts(routes=(Route("rtb-1", "i-9"),), group=Group("g", 1, pending=("i-1",))),
            "replacing",
            "just been launched",
            id="launched, route follows",
        ),
        pytest.param(
            facts(instances=(replace(FINE, source_dest_check=True),), group=Group("g", 1, pending=("i-1",))),
            "replacing",
            "just been launched",
            id="launched, flag follows",
        ),
        pytest.param(
            facts(routes=(Route("rtb-1", "i-9", "blackhole", "gone"),)),
            "misrouted",
            "Black hole: the route leads to i-9, which is gone, in rtb-1; the NAT instance i-1 is fine.",
            id="what is wrong comes first",
        ),
        pytest.param(
            facts(instances=(STOPPED,)), "down", "is stopped, and its group nat-group has not", id="stopped"
        ),
        pytest.param(
            facts(instances=(STOPPED,), group=None), "down", "is stopped.", id="stopped, no group read"
        ),
        pytest.param(
            facts(instances=(replace(FINE, state="stopping"),), group=None), "down", "stopping", id="stopping"
        ),
        pytest.param(
            facts(instances=(replace(FINE, state="terminated"),), group=None), "down", "gone", id="terminated"
        ),
        pytest.param(facts(instances=(), group=None), "down", "No instance", id="none, route stands"),
        pytest.param(
            facts(instances=(), group=Group("g", 0, activity_running=True)),
            "down",
            "set to run none",
            id="scaled to none",
        ),
        pytest.param(
            facts(instances=(), group=Group("g", 1, activity="Failed: no capacity", activity_failed=True)),
            "down",
            "no capacity",
            id="group fails",
        ),
        pytest.param(facts(instances=(), group=Group("g", 1)), "down", "not launching", id="group idle"),
        pytest.param(
            facts(instances=(STOPPED,), group=Group("g", 1, activity_running=True)),
            "replacing",
            "wait",
            id="activity",
        ),
        pytest.param(
            facts(instances=(), group=Group("g", 1, pending=("i-2",))), "replacing", "launching", id="pending"
        ),
        pytest.param(
            facts(instances=(replace(FINE, state="pending"),), group=None),
            "replacing",
            "starting",
            id="starting",
        ),
        pytest.param(facts(routes=(Route("rtb-1", "nat-1", "active"),)), "gateway", "nat-1", id="gateway"),
        pytest.param(
            facts(instances=(STOPPED,), routes=(Route("rtb-1", "nat-1", "active", "available"),)),
            "gateway",
            "nat-1",
            id="gateway, instance stopped",
        ),
        pytest.param(
            facts(routes=(Route("rtb-1", "nat-1", "active", "deleted"),)),
            "misrouted",
            "deleted",
            id="gateway deleted",
        ),
        pytest.param(
            facts(instances=(STOPPED,), group=None, routes=(Route("rtb-1", "nat-1", "blackhole"),)),
            "down",
            "stopped",
            id="gateway lost, instance stopped",
        ),
        pytest.param(facts(instances=None), "unknown", "could not be read", id="instances not read"),
        pytest.param(facts(routes=None), "unknown", "route table could not be read", id="routes not read"),
        pytest.param(facts(routes=()), "unknown", "was not found", id="no such table"),
        pytest.param(NatFacts(TAG, (), ()), "unknown", "neither", id="nothing is there"),
        pytest.param(
            facts(routes=(), instances=(STOPPED,), group=None), "down", "stopped", id="stopped, no table"
        ),
    ],
)
def test_the_verdict(known: NatFacts, verdict: str, said: str) -> None:
    """Each state of the way out has its word and one sentence that says why."""
    found, why = judge_nat(known)
    assert found.value == verdict
    assert said in why
    assert why.count("\n") == 0


def test_lack_of_data_never_worsens() -> None:
    """Whatever side question fails, a healthy way out does not turn into an alert."""
    for gap in ({"checks": None}, {"group": None}, {"checks": None, "group": None}):
        assert judge_nat(facts(**gap))[0] is NatVerdict.HEALTHY


def test_which_instance_is_meant() -> None:
    """Running before stopped, then where the route leads, then what the group counts on."""
    by_hand = Instance("i-2", "running")
    assert choose_instance(facts(instances=(STOPPED, by_hand))) == by_hand
    assert choose_instance(facts(instances=(FINE, by_hand), routes=(Route("r", "i-2"),))) == by_hand
    assert choose_instance(facts(instances=(by_hand, FINE), routes=())) == FINE


@pytest.fixture
def world(boto: Any) -> dict[str, Any]:
    """A NAT instance with its address, and the private table that leads to it."""
    ec2 = boto("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    image = image_of(ec2)

    def launch(name: str) -> str:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
        made = ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, TagSpecifications=tags
        )
        instance = str(made["Instances"][0]["InstanceId"])
        ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
        return instance

    instance = launch(TAG)
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(InstanceId=instance, AllocationId=address["AllocationId"])
    tags = [{"ResourceType": "route-table", "Tags": [{"Key": "Name", "Value": "tradai-private-rt-prod"}]}]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", InstanceId=instance)
    return {
        "ec2": ec2,
        "instance": instance,
        "table": table,
        "ip": address["PublicIp"],
        "subnet": subnet,
        "launch": launch,
    }


async def verdict(door: Door, platform: Platform, clock: HandClock) -> str:
    reading = await NatSource(door, platform, clock).read()
    assert reading.notes == ()
    return reading.items[0].verdict.value


async def test_on_the_wire(door: Door, platform: Platform, clock: HandClock, world: dict[str, Any]) -> None:
    """Each thing that is done to the way out in AWS shows in the next reading, and so does its cure."""
    ec2, instance, table = world["ec2"], world["instance"], world["table"]
    (nat,) = (await NatSource(door, platform, clock).read()).items
    assert nat.verdict is NatVerdict.HEALTHY
    assert (nat.instance_id, nat.route_target, nat.route_state) == (instance, instance, "active")
    assert (nat.public_ip, nat.elastic, nat.status_checks) == (world["ip"], True, "ok")
    assert (nat.source_dest_check, nat.asg_name) == (False, None)
    ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": True})
    assert await verdict(door, platform, clock) == "impaired"
    ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    other = world["launch"]("somebody-else")
    ec2.replace_route(**route, InstanceId=other)
    assert await verdict(door, platform, clock) == "misrouted"
    ec2.delete_route(**route)
    assert await verdict(door, platform, clock) == "misrouted"
    interfaces = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0][
        "NetworkInterfaces"
    ]
    ec2.create_route(**route, NetworkInterfaceId=interfaces[0]["NetworkInterfaceId"])
    assert await verdict(door, platform, clock) == "healthy"
    ec2.stop_instances(InstanceIds=[instance])
    assert await verdict(door, platform, clock) == "down"
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=world["subnet"], AllocationId=address)["NatGateway"][
        "NatGatewayId"
    ]
    ec2.replace_route(**route, NatGatewayId=gateway)
    assert await verdict(door, platform, clock) == "gateway"
    ec2.delete_route(**route)
    ec2.terminate_instances(InstanceIds=[instance])
    assert await verdict(door, platform, clock) == "down"


async def test_its_group_on_the_wire(
    door: Door, boto: Any, platform: Platform, clock: HandClock, world: dict[str, Any]
) -> None:
    """The group that holds the instance is found among others, with what it counts on."""
    autoscaling = boto("autoscaling")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="lc",
        ImageId=image_of(world["ec2"]),
        InstanceType="t4g.nano",
    )
    for name, size in (("aaa-other", 0), ("nat-group", 0)):
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchConfigurationName="lc",
            MinSize=0,
            MaxSize=1,
            DesiredCapacity=size,
            VPCZoneIdentifier=world["subnet"],
        )
    autoscaling.attach_instances(AutoScalingGroupName="nat-group", InstanceIds=[world["instance"]])
    reading = await NatSource(door, platform, clock).read()
    nat = reading.items[0]
    assert (nat.verdict.value, nat.asg_name, nat.asg_desired, nat.asg_in_service) == (
        "healthy",
        "nat-group",
        1,
        1,
    )
    assert reading.notes == ()


async def test_side_questions_may_fail(
    door: Door, platform: Platform, clock: HandClock, world: dict[str, Any], line: FaultProxy
) -> None:
    """Without the group, the checks and the address the verdict stands, and each lack is named."""
    for service, operation in (
        ("autoscaling", "DescribeAutoScalingGroups"),
        ("ec2", "DescribeInstanceStatus"),
        ("ec2", "DescribeAddresses"),
    ):
        line.inject(deny(), service, operation)
    reading = await NatSource(door, platform, clock).read()
    nat = reading.items[0]
    assert (nat.verdict.value, nat.status_checks, nat.elastic, nat.asg_desired) == (
        "healthy",
        None,
        None,
        None,
    )
    assert len(reading.notes) == 3
    line.clear()
    with line.fault(deny(), "ec2", "DescribeRouteTables"), pytest.raises(Denied):
        await NatSource(door, platform, clock).read()


AT = datetime(2026, 1, 1, 3, tzinfo=UTC)
INSTANCE: dict[str, Any] = {
    "InstanceId": "i-1",
    "State": {"Code": 16, "Name": "running"},
    "InstanceType": "t4g.nano",
    "LaunchTime": AT,
    "Placement": {"AvailabilityZone": "eu-central-1a"},
    "PrivateIpAddress": "10.0.1.9",
    "PublicIpAddress": "3.3.3.3",
    "NetworkInterfaces": [
        {"NetworkInterfaceId": "eni-1", "SourceDestCheck": False, "Attachment": {"DeviceIndex": 0}},
    ],
}
TABLE: dict[str, Any] = {
    "RouteTableId": "rtb-1",
    "Routes": [
        {
            "DestinationCidrBlock": "0.0.0.0/0",
            "InstanceId": "i-1",
            "NetworkInterfaceId": "eni-1",
            "State": "active",
        },
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
    ],
}
ASG: dict[str, Any] = {
    "AutoScalingGroupName": "g",
    "DesiredCapacity": 1,
    "Instances": [{"InstanceId": "i-1", "LifecycleState": "InService", "HealthStatus": "Healthy"}],
    "Tags": [{"Key": "Name", "Value": TAG}],
}
ACTIVITY: dict[str, Any] = {
    "StartTime": AT,
    "StatusCode": "Failed",
    "Description": "Launching a new EC2 instance.",
    "StatusMessage": "no capacity",
}


def test_the_facts_in_full() -> None:
    """Each answer becomes the facts that the verdict needs."""
    instance = parse_instance(INSTANCE)
    assert instance is not None
    assert (instance.source_dest_check, instance.interfaces, instance.az) == (
        False,
        ("eni-1",),
        "eu-central-1a",
    )
    assert parse_routes([TABLE], [instance]) == (Route("rtb-1", "i-1", "active"),)
    group = parse_group([{"AutoScalingGroupName": "other"}, ASG], TAG, [])
    assert group == Group("g", 1, ("i-1",))
    group = parse_activities(group, [ACTIVITY])
    assert group.activity_failed
    assert group.activity == "03:00:00Z Failed: Launching a new EC2 instance. no capacity"
    waiting = {**ASG["Instances"][0], "LifecycleState": "Pending:Wait"}
    launching = parse_group([{**ASG, "Instances": [waiting]}], TAG, [])
    assert launching is not None
    assert launching.launching


def test_a_foreign_interface_is_followed() -> None:
    """A route to an interface leads to the instance that has it; one that is gone is said to be."""
    route = Route("rtb-1", "eni-9", "active")
    answer = {"NetworkInterfaces": [{"Attachment": {"InstanceId": "i-9"}, "Status": "in-use"}]}
    assert follow_interface(route, answer).target == "i-9"
    assert follow_interface(route, {"NetworkInterfaces": []}).target_state == "gone"
    assert (
        follow_interface(route, {"NetworkInterfaces": [{"Status": "available"}]}).target_state == "available"
    )
    assert follow_interface(route, {}) == route
    assert follow_gateway(route, {"NatGateways": [{"State": "deleted"}]}).target_state == "deleted"


@pytest.mark.parametrize(
    ("instance", "system", "word"),
    [
        ("ok", "ok", "ok"),
        ("ok", "impaired", "impaired"),
        ("initializing", "ok", "initializing"),
        ("x", "y", None),
    ],
)
def test_the_worst_check_counts(instance: str, system: str, word: str | None) -> None:
    """Either check may fail."""
    assert (
        parse_checks([{"InstanceStatus": {"Status": instance}, "SystemStatus": {"Status": system}}]) == word
    )


@pytest.mark.parametrize("value", BAD)
def test_no_field_is_taken_for_granted(value: object) -> None:
    """Any field, inner ones included, may be absent or of another kind."""
    for spoilt, key in spoils(INSTANCE, value):
        assert parse_instance(spoilt) is not None or key == "InstanceId"
    for spoilt, _ in spoils(TABLE, value):
        assert len(parse_routes([spoilt], [FINE])) <= 1
    for spoilt, _ in spoils(ASG, value):
        parse_group([spoilt], TAG, ["i-1"])
    for spoilt, _ in spoils(ACTIVITY, value):
        assert parse_activities(GROUP, [spoilt]).name == "nat-group"
