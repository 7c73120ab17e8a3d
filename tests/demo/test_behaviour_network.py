"""EC2 and Auto Scaling behave: dead targets blackhole routes, and a group heals itself in its own time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.demo.conftest import Aws
from tradai_console.demo.behaviour import autoscaling, ec2

GROUP = "tradai-nat-asg-prod"


class Nat:
    """A NAT instance in its group, with a default route and an address."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.ec2 = aws.client("ec2")
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="eu-central-1a")
        self.table = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        image = "ami-12c6146b"
        template = self.ec2.create_launch_template(
            LaunchTemplateName="nat", LaunchTemplateData={"ImageId": image, "InstanceType": "t4g.nano"}
        )
        aws.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            MinSize=1,
            MaxSize=1,
            DesiredCapacity=1,
            LaunchTemplate={"LaunchTemplateId": template["LaunchTemplate"]["LaunchTemplateId"]},
            VPCZoneIdentifier=subnet["Subnet"]["SubnetId"],
            Tags=[{"Key": "Name", "Value": "tradai-nat-prod", "PropagateAtLaunch": True}],
        )
        self.first = self.members()[0]["InstanceId"]
        self.ec2.create_route(
            RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", InstanceId=self.first
        )
        self.address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        self.ec2.associate_address(AllocationId=self.address, InstanceId=self.first)
        autoscaling.on_launch(GROUP, self.take_over)

    def take_over(self, group: str, instance: str) -> None:
        """What the platform's update-nat-routes and user data do, through ordinary calls."""
        assert group == GROUP
        self.ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
        self.ec2.associate_address(AllocationId=self.address, InstanceId=instance)
        self.ec2.replace_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", InstanceId=instance)

    def members(self) -> list[dict[str, Any]]:
        groups = self._aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        return list(groups["AutoScalingGroups"][0]["Instances"])

    def route(self) -> dict[str, Any]:
        routes = self.ec2.describe_route_tables(RouteTableIds=[self.table])["RouteTables"][0]["Routes"]
        return dict(next(one for one in routes if one.get("DestinationCidrBlock") == "0.0.0.0/0"))

    def state(self, instance: str) -> str:
        found = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        return str(found["State"]["Name"])

    def activities(self) -> list[dict[str, Any]]:
        answer = self._aws.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=GROUP)
        return list(answer["Activities"])


@pytest.fixture
def nat(aws: Aws) -> Nat:
    return Nat(aws)


def test_terminated_instance_is_replaced_in_time(aws: Aws, nat: Nat) -> None:
    """Its route goes dark, a minute later nothing is healed yet, then route and address are the successor's."""
    assert nat.route()["State"] == "active"
    assert nat.activities()[0]["StatusCode"] == "Successful"
    nat.ec2.terminate_instances(InstanceIds=[nat.first])
    assert nat.state(nat.first) == "shutting-down"
    assert nat.route()["State"] == "blackhole"
    assert nat.route()["InstanceId"] == nat.first
    aws.advance(70)
    assert nat.state(nat.first) == "terminated"
    newest = nat.activities()[0]
    assert newest["Description"].startswith("Launching a new EC2 instance: i-")
    assert newest["StatusCode"] in ("InProgress", "MidLifecycleAction")
    assert nat.route()["State"] == "blackhole"
    aws.advance(90)
    member = nat.members()[0]
    assert (member["LifecycleState"], member["HealthStatus"]) == ("InService", "Healthy")
    assert member["InstanceId"] != nat.first
    assert (nat.route()["InstanceId"], nat.route()["State"]) == (member["InstanceId"], "active")
    assert nat.activities()[0]["StatusCode"] == "Successful"
    assert "unhealthy instance needing to be replaced" in nat.activities()[0]["Cause"]
    held = nat.ec2.describe_addresses(AllocationIds=[nat.address])["Addresses"][0]
    assert held["InstanceId"] == member["InstanceId"]
    check = nat.ec2.describe_instance_attribute(InstanceId=member["InstanceId"], Attribute="sourceDestCheck")
    assert check["SourceDestCheck"]["Value"] is False


def test_stopped_instance_fights_its_group(aws: Aws, nat: Nat) -> None:
    """Stopping the instance passes through stopping, darkens the route, and makes the group replace it."""
    answer = nat.ec2.stop_instances(InstanceIds=[nat.first])
    assert answer["StoppingInstances"][0]["CurrentState"]["Name"] == "stopping"
    aws.advance(15)
    assert nat.state(nat.first) == "stopped"
    assert nat.route()["State"] == "blackhole"
    aws.advance(200)
    assert nat.state(nat.first) == "terminated"
    assert nat.members()[0]["InstanceId"] != nat.first
    assert any("Terminating EC2 instance" in one["Description"] for one in nat.activities())


def test_suspended_group_heals_nothing(aws: Aws, nat: Nat) -> None:
    """A group whose launches are suspended stays without an instance."""
    aws.client("autoscaling").suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    nat.ec2.terminate_instances(InstanceIds=[nat.first])
    aws.advance(600)
    assert nat.members() == []
    aws.client("autoscaling").resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    aws.advance(200)
    assert [one["LifecycleState"] for one in nat.members()] == ["InService"]


def test_status_checks(aws: Aws, nat: Nat) -> None:
    """An impaired instance says so in its status checks, and its group replaces it after a while."""
    ec2.set_impaired(nat.first, "system")
    found = nat.ec2.describe_instance_status(InstanceIds=[nat.first])["InstanceStatuses"][0]
    assert (found["SystemStatus"]["Status"], found["InstanceStatus"]["Status"]) == ("impaired", "ok")
    assert found["SystemStatus"]["Details"][0]["Status"] == "failed"
    aws.advance(400)
    assert nat.members()[0]["InstanceId"] != nat.first


def test_route_to_an_interface(aws: Aws, nat: Nat) -> None:
    """A route to the instance's interface names the instance and goes dark with it."""
    described = nat.ec2.describe_instances(InstanceIds=[nat.first])["Reservations"][0]["Instances"][0]
    card = described["NetworkInterfaces"][0]["NetworkInterfaceId"]
    nat.ec2.replace_route(RouteTableId=nat.table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=card)
    assert (nat.route()["NetworkInterfaceId"], nat.route()["InstanceId"]) == (card, nat.first)
    nat.ec2.stop_instances(InstanceIds=[nat.first])
    assert nat.route()["State"] == "blackhole"
