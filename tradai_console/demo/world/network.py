"""The VPC: three tiers of subnets, route tables, security groups, endpoints, and the NAT instance with its group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tradai_console.demo.cast import Cast
from tradai_console.demo.clients import Clients

_AMI = "ami-0c0d1bd8b3c1c4f0e"

_SUBNETS = {
    "public-a": ("10.0.1.0/24", "a"),
    "public-b": ("10.0.2.0/24", "b"),
    "private-a": ("10.0.11.0/24", "a"),
    "private-b": ("10.0.12.0/24", "b"),
    "database-a": ("10.0.21.0/24", "a"),
    "database-b": ("10.0.22.0/24", "b"),
}

_INTERFACE_ENDPOINTS = (
    "ecr.api", "ecr.dkr", "sts", "secretsmanager", "logs", "ssm", "sqs", "monitoring", "states",
)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """The ids that EC2 gave."""

    vpc: str
    subnets: dict[str, str]
    """`public-a` ... `database-b`."""
    groups: dict[str, str]
    """Security groups: `alb`, `ecs`, `lambda`, `rds`, `nat`."""
    private_route_table: str


@dataclass(frozen=True)
class Nat:
    """The way out."""

    instance: str
    address: str
    """The Elastic IP."""
    allocation: str


def _tags(kind: str, name: str, env: str) -> list[dict[str, Any]]:
    tags = [("Name", name), ("Environment", env), ("Project", "tradai")]
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags]}]


def build_network(aws: Clients, cast: Cast) -> Network:
    """`ec2:CreateVpc` and what hangs on it, without the way out."""
    ec2, env = aws("ec2"), cast.env
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=_tags("vpc", f"tradai-vpc-{env}", env))[
        "Vpc"
    ]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = {
        name: ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=cidr,
            AvailabilityZone=f"{cast.region}{zone}",
            TagSpecifications=_tags("subnet", f"tradai-{name}-{env}", env),
        )["Subnet"]["SubnetId"]
        for name, (cidr, zone) in _SUBNETS.items()
    }
    private = _route_tables(ec2, cast, vpc, subnets)
    groups = {name: _security_group(ec2, cast, vpc, name) for name in ("alb", "ecs", "lambda", "rds", "nat")}
    _allow(ec2, groups)
    _endpoints(ec2, cast, vpc, subnets, private)
    return Network(vpc, subnets, groups, private)


def _route_tables(ec2: Any, cast: Cast, vpc: str, subnets: dict[str, str]) -> str:
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    tables: dict[str, str] = {}
    names = {"public": f"tradai-public-rt-{cast.env}", "private": cast.platform.nat.route_table_tag_name}
    for tier, name in names.items():
        answer = ec2.create_route_table(VpcId=vpc, TagSpecifications=_tags("route-table", name, cast.env))
        tables[tier] = answer["RouteTable"]["RouteTableId"]
        for zone in "ab":
            ec2.associate_route_table(RouteTableId=tables[tier], SubnetId=subnets[f"{tier}-{zone}"])
    ec2.create_route(RouteTableId=tables["public"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    return tables["private"]


def _security_group(ec2: Any, cast: Cast, vpc: str, name: str) -> str:
    full = f"tradai-{name}-sg-{cast.env}"
    answer = ec2.create_security_group(
        GroupName=full,
        Description=f"{name} of TradAI {cast.env}",
        VpcId=vpc,
        TagSpecifications=_tags("security-group", full, cast.env),
    )
    return str(answer["GroupId"])


def _allow(ec2: Any, groups: dict[str, str]) -> None:
    """The rules that matter when someone asks why a connection fails."""

    def rule(to: str, ports: tuple[int, int], source: str) -> None:
        permission: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": ports[0], "ToPort": ports[1]}
        if source in groups:
            permission["UserIdGroupPairs"] = [{"GroupId": groups[source]}]
        else:
            permission["IpRanges"] = [{"CidrIp": source}]
        ec2.authorize_security_group_ingress(GroupId=groups[to], IpPermissions=[permission])

    rule("alb", (80, 80), "0.0.0.0/0")
    rule("ecs", (5000, 8005), "alb")
    rule("ecs", (5000, 8005), "ecs")
    rule("rds", (5432, 5432), "ecs")
    rule("nat", (0, 65535), "10.0.0.0/16")


def _endpoints(ec2: Any, cast: Cast, vpc: str, subnets: dict[str, str], route_table: str) -> None:
    for name in ("s3", "dynamodb"):
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=f"com.amazonaws.{cast.region}.{name}",
            VpcEndpointType="Gateway",
            RouteTableIds=[route_table],
        )
    for name in _INTERFACE_ENDPOINTS:
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=f"com.amazonaws.{cast.region}.{name}",
            VpcEndpointType="Interface",
            SubnetIds=[subnets["private-a"], subnets["private-b"]],
        )


def build_nat(aws: Clients, cast: Cast, network: Network) -> Nat:
    """The NAT instance: launched by its group of one, an Elastic IP on it, the private default route to it."""
    ec2, scaling = aws("ec2"), aws("autoscaling")
    template = f"tradai-nat-lt-{cast.env}"
    ec2.create_launch_template(
        LaunchTemplateName=template,
        LaunchTemplateData={
            "ImageId": _AMI,
            "InstanceType": "t4g.nano",
            "SecurityGroupIds": [network.groups["nat"]],
            "MetadataOptions": {"HttpTokens": "required"},
            "Monitoring": {"Enabled": True},
        },
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=cast.nat_group,
        MinSize=1,
        MaxSize=1,
        DesiredCapacity=1,
        HealthCheckType="EC2",
        LaunchTemplate={"LaunchTemplateName": template, "Version": "$Latest"},
        VPCZoneIdentifier=network.subnets["public-a"],
        Tags=[{"Key": "Name", "Value": cast.platform.nat.tag_name, "PropagateAtLaunch": True}],
    )
    scaling.put_lifecycle_hook(
        LifecycleHookName=f"tradai-nat-launch-{cast.env}",
        AutoScalingGroupName=cast.nat_group,
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        HeartbeatTimeout=300,
        DefaultResult="CONTINUE",
    )
    groups = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[cast.nat_group])["AutoScalingGroups"]
    instance = groups[0]["Instances"][0]["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    address = ec2.allocate_address(
        Domain="vpc", TagSpecifications=_tags("elastic-ip", f"tradai-nat-eip-{cast.env}", cast.env)
    )
    ec2.associate_address(InstanceId=instance, AllocationId=address["AllocationId"])
    ec2.create_route(
        RouteTableId=network.private_route_table, DestinationCidrBlock="0.0.0.0/0", InstanceId=instance
    )
    return Nat(instance, address["PublicIp"], address["AllocationId"])


def build_host(aws: Clients, cast: Cast, network: Network) -> str:
    """The one instance that runs every service in dev and staging; its id."""
    answer = aws("ec2").run_instances(
        ImageId=_AMI,
        InstanceType="t3.small",
        MinCount=1,
        MaxCount=1,
        SubnetId=network.subnets["private-a"],
        SecurityGroupIds=[network.groups["ecs"]],
        TagSpecifications=_tags("instance", cast.platform.host.tag_name, cast.env),
    )
    return str(answer["Instances"][0]["InstanceId"])
