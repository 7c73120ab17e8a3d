"""EC2 instances, as the services pane (the one host of dev and staging) and the NAT pane need them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, everything

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_WORST_FIRST = ("impaired", "insufficient-data", "initializing", "ok")


@dataclass(frozen=True)
class Instance:
    """One instance (`ec2:DescribeInstances`)."""

    id: str
    state: str
    """`pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`; empty if AWS did not
    say."""
    type: str | None = None
    launched_at: datetime | None = None
    az: str | None = None
    private_ip: str | None = None
    public_ip: str | None = None
    source_dest_check: bool | None = None
    interfaces: tuple[str, ...] = ()
    """Its network interfaces, the primary one first."""

    @property
    def age_key(self) -> datetime:
        """For sorting: when it was launched, long ago if nobody knows."""
        return self.launched_at or _LONG_AGO


async def read_instances(ec2: Any, tag_name: str) -> list[Instance]:
    """Every instance whose Name tag is this, in whatever state, newest first."""
    filters = [{"Name": "tag:Name", "Values": [tag_name]}]
    reservations = await everything(ec2.describe_instances, "Reservations", Filters=filters)
    found = [parse_instance(raw) for one in reservations for raw in fields.rows(one, "Instances")]
    return sorted([one for one in found if one is not None], key=lambda one: one.age_key, reverse=True)


def parse_instance(raw: Raw) -> Instance | None:
    """One instance; None for one without an id."""
    instance_id = fields.name(raw, "InstanceId")
    if instance_id is None:
        return None
    interfaces = sorted(fields.rows(raw, "NetworkInterfaces"), key=_device_index)
    return Instance(
        id=instance_id,
        state=fields.name(fields.inner(raw, "State"), "Name") or "",
        type=fields.name(raw, "InstanceType"),
        launched_at=fields.moment(raw.get("LaunchTime")),
        az=fields.name(fields.inner(raw, "Placement"), "AvailabilityZone"),
        private_ip=fields.name(raw, "PrivateIpAddress"),
        public_ip=fields.name(raw, "PublicIpAddress"),
        source_dest_check=_source_dest_check(raw, interfaces),
        interfaces=tuple([found for one in interfaces if (found := fields.name(one, "NetworkInterfaceId"))]),
    )


def _device_index(interface: Raw) -> int:
    return fields.whole(fields.inner(interface, "Attachment").get("DeviceIndex")) or 0


def _source_dest_check(raw: Raw, interfaces: Iterable[Raw]) -> bool | None:
    """The instance's own flag is its primary interface's."""
    own = fields.flag(raw.get("SourceDestCheck"))
    return (
        own
        if own is not None
        else next((fields.flag(one.get("SourceDestCheck")) for one in interfaces), None)
    )


async def read_checks(ec2: Any, instance_id: str) -> str | None:
    """The status checks of an instance in one word (`ec2:DescribeInstanceStatus`); None if AWS has none of
    it."""
    statuses = await everything(
        ec2.describe_instance_status, "InstanceStatuses", InstanceIds=[instance_id], IncludeAllInstances=True
    )
    return parse_checks(statuses)


def parse_checks(statuses: Iterable[Raw]) -> str | None:
    """The worst of the instance's, the system's and the volumes' checks: `impaired`, `insufficient-data`,
    `initializing`, `ok`; None where none applies, as of a stopped instance."""
    words = {
        fields.name(fields.inner(status, key), "Status")
        for status in statuses
        for key in ("InstanceStatus", "SystemStatus", "AttachedEbsStatus")
    }
    return next((word for word in _WORST_FIRST if word in words), None)
