"""The way out to the internet, joined into one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NatVerdict(StrEnum):
    """What can be said about the way out, worst last but for `unknown`."""

    HEALTHY = "healthy"
    GATEWAY = "gateway"
    """The route goes to a managed NAT gateway: it works, and costs."""
    REPLACING = "replacing"
    """The group is launching another instance: wait."""
    IMPAIRED = "impaired"
    """Failing status checks, or source/dest check is on."""
    MISROUTED = "misrouted"
    """The instance is fine, the default route does not lead to it."""
    DOWN = "down"
    """Stopped or gone, and nothing is replacing it."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Nat:
    """The NAT instance, its group, its address and the private default route (EC2, Auto Scaling)."""

    verdict: NatVerdict
    why: str
    """The verdict in words, with the fact that decided it."""
    instance_id: str | None = None
    instance_state: str | None = None
    instance_type: str | None = None
    launched_at: datetime | None = None
    az: str | None = None
    status_checks: str | None = None
    """`ok`, `impaired`, `initializing`, `insufficient-data`; None if not read."""
    source_dest_check: bool | None = None
    network_interface: str | None = None
    route_table: str | None = None
    route_target: str | None = None
    """What 0.0.0.0/0 leads to: an instance, interface or gateway id; None if there is no such route."""
    route_state: str | None = None
    """`active` or `blackhole`."""
    asg_name: str | None = None
    asg_desired: int | None = None
    asg_in_service: int | None = None
    asg_activity: str | None = None
    """The newest scaling activity, in words."""
    public_ip: str | None = None
    elastic: bool | None = None
    """Whether the public address is an Elastic IP."""
    gateway_id: str | None = None
    others: tuple[str, ...] = ()
    """Further instances with the tag of the NAT: launched by hand, or on their way out."""
