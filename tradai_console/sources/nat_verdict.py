"""What can be said about the way out to the internet, from the facts alone. Pure: see the table in its test.

Lack of data never makes a verdict worse: what was not read is not held against the instance.
"""

from __future__ import annotations

from dataclasses import dataclass

from tradai_console.models.nat import NatVerdict
from tradai_console.sources.instances import Instance

_GATEWAY_LOST = frozenset({"deleting", "deleted", "failed"})
_FAILING = frozenset({"impaired"})
_GONE = frozenset({"shutting-down", "terminated"})


@dataclass(frozen=True)
class Route:
    """Where a private route table's 0.0.0.0/0 leads."""

    table: str
    target: str | None
    """An instance, interface or gateway id; None: the table has no default route."""
    state: str | None = None
    """`active` or `blackhole`."""
    target_state: str | None = None
    """Of a target that is not one of ours: an interface's or a gateway's own state; None if not read."""


@dataclass(frozen=True)
class Group:
    """The Auto Scaling group of the NAT instance."""

    name: str
    desired: int | None = None
    in_service: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    """Instances being launched, lifecycle hooks included."""
    activity: str | None = None
    """The newest scaling activity, in words."""
    activity_running: bool = False
    activity_failed: bool = False

    @property
    def launching(self) -> bool:
        """Whether another instance is on its way."""
        return self.desired != 0 and (self.activity_running or bool(self.pending))


@dataclass(frozen=True)
class NatFacts:
    """Everything that was read; None for what was not."""

    tag: str
    instances: tuple[Instance, ...] | None = None
    routes: tuple[Route, ...] | None = None
    checks: str | None = None
    """The chosen instance's status checks."""
    group: Group | None = None


def choose_instance(facts: NatFacts) -> Instance | None:
    """Which of the tagged instances is meant: a live one that the route leads to, else one its group counts
    on, else the liveliest, else the newest."""
    targets = {route.target for route in facts.routes or ()}
    counted = set(facts.group.in_service) if facts.group else set()
    rank = {"running": 0, "pending": 1, "stopping": 2, "stopped": 3, "shutting-down": 4, "terminated": 5}

    def place(one: Instance) -> tuple[int, bool, bool]:
        return rank.get(one.state, 3), one.id not in targets, one.id not in counted

    return min(facts.instances or (), key=place, default=None)


def choose_route(facts: NatFacts) -> Route | None:
    """The route that decides: where several tables carry the tag, the first that does not lead where it
    should."""
    instance = choose_instance(facts)
    routes = facts.routes or ()
    wrong = (one for one in routes if not _by_gateway(one) and not _leads_to(one, instance))
    return next(wrong, routes[0] if routes else None)


def judge_nat(facts: NatFacts) -> tuple[NatVerdict, str]:
    """The verdict, and the fact that decided it in one sentence."""
    route, instance = choose_route(facts), choose_instance(facts)
    if route is not None and _by_gateway(route):
        return NatVerdict.GATEWAY, f"The private default route leads to the NAT gateway {route.target}."
    if facts.instances is None:
        return NatVerdict.UNKNOWN, "The NAT instance could not be read."
    if instance is None and not facts.routes:
        return (
            NatVerdict.UNKNOWN,
            f"There is neither an instance tagged {facts.tag} nor its private route table.",
        )
    if instance is None or instance.state not in ("running", ""):
        return _without_instance(facts, instance)
    return _with_instance(facts, instance, route)


def _without_instance(facts: NatFacts, instance: Instance | None) -> tuple[NatVerdict, str]:
    if instance is None:
        fact = f"No instance tagged {facts.tag} exists"
    elif instance.state in _GONE:
        ended = "gone" if instance.state == "terminated" else "being terminated"
        fact = f"The NAT instance {instance.id} is {ended}"
    else:
        fact = f"The NAT instance {instance.id} is {instance.state}"
    group = facts.group
    if instance is not None and instance.state == "pending":
        return NatVerdict.REPLACING, f"The NAT instance {instance.id} is starting; wait for it and its route."
    if group is None:
        return NatVerdict.DOWN, f"{fact}."
    if group.launching:
        return (
            NatVerdict.REPLACING,
            f"{fact}; its group {group.name} is launching another: wait 2 to 3 minutes.",
        )
    if group.activity_failed:
        return NatVerdict.DOWN, f"{fact}, and its group {group.name} failed to replace it: {group.activity}"
    if group.desired == 0:
        return NatVerdict.DOWN, f"{fact}, and its group {group.name} is set to run none."
    if instance is not None and instance.id in group.in_service:
        return NatVerdict.DOWN, f"{fact}, and its group {group.name} has not noticed yet."
    return NatVerdict.DOWN, f"{fact}, and its group {group.name} is not launching another."


def _with_instance(facts: NatFacts, instance: Instance, route: Route | None) -> tuple[NatVerdict, str]:
    if facts.checks in _FAILING:
        return NatVerdict.IMPAIRED, f"The NAT instance {instance.id} runs but fails its status checks."
    well = route is not None and _leads_to(route, instance) and instance.source_dest_check is not True
    if facts.group is not None and instance.id in facts.group.pending and not well:
        # Its start script turns the check off, and its group's function moves the route: both are to come.
        return (
            NatVerdict.REPLACING,
            f"{instance.id} has just been launched; its settings and its route follow within 2 to 3 minutes.",
        )
    if instance.source_dest_check is True:
        return (
            NatVerdict.IMPAIRED,
            f"Source/dest check is on at {instance.id}, so it drops what it should forward.",
        )
    if facts.routes is None:
        return (
            NatVerdict.UNKNOWN,
            f"The NAT instance {instance.id} is fine; the route table could not be read.",
        )
    if route is None:
        return (
            NatVerdict.UNKNOWN,
            f"The NAT instance {instance.id} is fine; its private route table was not found.",
        )
    if _leads_to(route, instance):
        return NatVerdict.HEALTHY, f"The private default route leads to {instance.id}, which is fine."
    return NatVerdict.MISROUTED, f"{_astray(facts, route)}; the NAT instance {instance.id} is fine."


def _astray(facts: NatFacts, route: Route) -> str:
    """What is wrong with the route, in words; first what a narrow line has room for."""
    if route.target is None:
        return f"There is no default route in {route.table}"
    known = next((one for one in facts.instances or () if one.id == route.target), None)
    state = known.state if known else route.target_state
    told = f"{route.target}, which is {state}" if state else str(route.target)
    if route.state == "blackhole":
        return f"Black hole: the route leads to {told}, in {route.table}"
    return f"The route leads to {told}, in {route.table}"


def _by_gateway(route: Route) -> bool:
    return (
        route.target is not None
        and route.target.startswith("nat-")
        and route.state != "blackhole"
        and route.target_state not in _GATEWAY_LOST
    )


def _leads_to(route: Route, instance: Instance | None) -> bool:
    if instance is None or route.target is None or route.state == "blackhole":
        return False
    return route.target == instance.id or route.target in instance.interfaces
