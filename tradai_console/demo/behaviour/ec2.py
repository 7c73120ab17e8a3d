"""EC2: routes that go dark, instances that take their time, status checks that can fail.

AWS shows a route whose target is stopped or gone as a blackhole, moves instances through pending, stopping
and shutting-down, takes a terminated instance's Elastic IP from it, and checks each running instance. moto's
routes are always active and its instances change at once.

Levers (same process): `set_impaired`, `state_of`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.route_tables import Route

from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, operation, stamp

__all__ = ["set_impaired", "state_of"]

STOP_S = 10.0
START_S = 8.0
TERMINATE_S = 10.0
INITIALIZING_S = 60.0
_DEAD = ("stopped", "stopping", "terminated", "shutting-down")


class _State:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.impaired: dict[str, tuple[str, float]] = {}
        self.begun: dict[str, float] = {}


_lock = threading.RLock()
_state: _State


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _state
    with _lock:
        _state = _State(clock)
        for name, found in (
            ("state", _route_state),
            ("instance_id", _route_instance),
            ("network_interface_id", _route_interface),
        ):
            setattr(Route, name, property(found))


# --- levers -----------------------------------------------------------------------------------------------


def set_impaired(instance_id: str, check: str | None = "instance") -> None:
    """Let the instance's `instance` or `system` status check fail from now on; None lets it pass again.

    Stopping and starting it cures a failed system check, as a new host does; a reboot cures an instance check.
    """
    with _lock:
        if check is None:
            _state.impaired.pop(instance_id, None)
        else:
            _state.impaired[instance_id] = (check, _state.clock.time())


def state_of(instance_id: str, *, account: str = "123456789012", region: str = "eu-central-1") -> str | None:
    """The instance's state, None if it was never there."""
    found = _instance(account, region, instance_id)
    return str(found._state.name) if found is not None else None


def impaired_for(instance_id: str) -> float | None:
    """For how many seconds of stamps the instance's checks have failed, None if they pass."""
    with _lock:
        found = _state.impaired.get(instance_id)
        return None if found is None else _state.clock.time() - found[1]


def begin(instance_id: str) -> None:
    """The instance has just been launched or started: its checks are initializing."""
    with _lock:
        _state.begun[instance_id] = _state.clock.elapsed()


def terminate(account: str, region: str, instance_id: str) -> None:
    """Terminate it as AWS does: through shutting-down, without its Elastic IP."""
    with _lock:
        backend = ec2_backends[account][region]
        _release_address(backend, instance_id)
        backend.terminate_instances([instance_id])
        _move(account, region, instance_id, ("shutting-down", 32), ("terminated", 48), TERMINATE_S)


# --- operations -------------------------------------------------------------------------------------------


@operation("ec2", "StopInstances")
def _stop_instances(call: Call) -> Any:
    with _lock:
        before = _names(call)
        answer = call.moto()
        for name in call.get("InstanceIds", []):
            if before.get(name) in ("running", "pending"):
                _move(call.account, call.region, name, ("stopping", 64), ("stopped", 80), STOP_S)
        return _corrected(answer, "stopped", "stopping", 80, 64)


@operation("ec2", "StartInstances")
def _start_instances(call: Call) -> Any:
    with _lock:
        before = _names(call)
        answer = call.moto()
        for name in call.get("InstanceIds", []):
            if before.get(name) == "stopped":
                if _state.impaired.get(name, ("",))[0] == "system":
                    _state.impaired.pop(name)
                _move(
                    call.account,
                    call.region,
                    name,
                    ("pending", 0),
                    ("running", 16),
                    START_S,
                    partial(begin, name),
                )
        return answer


@operation("ec2", "TerminateInstances")
def _terminate_instances(call: Call) -> Any:
    with _lock:
        before = _names(call)
        for name in call.get("InstanceIds", []):
            _release_address(ec2_backends[call.account][call.region], name)
        answer = call.moto()
        for name in call.get("InstanceIds", []):
            if before.get(name) not in (None, "terminated", "shutting-down"):
                _move(call.account, call.region, name, ("shutting-down", 32), ("terminated", 48), TERMINATE_S)
        return _corrected(answer, "terminated", "shutting-down", 48, 32)


@operation("ec2", "RebootInstances")
def _reboot_instances(call: Call) -> Any:
    with _lock:
        for name in call.get("InstanceIds", []):
            if _state.impaired.get(name, ("",))[0] == "instance":
                _state.impaired.pop(name)
            begin(name)
        return call.moto()


@operation("ec2", "DescribeInstanceStatus")
def _describe_instance_status(call: Call) -> dict[str, Any]:
    wanted = set(call.get("InstanceIds", []))
    filters = {one["Name"]: set(one.get("Values") or ()) for one in call.get("Filters", [])}
    with _lock:
        backend = ec2_backends[call.account][call.region]
        if wanted:
            backend.get_multi_instances_by_id(sorted(wanted))  # raises for one that is not there
        found = [
            _status(one)
            for one in backend.all_instances()
            if (not wanted or one.id in wanted)
            and (call.get("IncludeAllInstances") or one._state.name == "running")
        ]
    values: dict[str, Callable[[dict[str, Any]], str]] = {
        "instance-state-name": lambda one: str(one["InstanceState"]["Name"]),
        "instance-status.status": lambda one: str(one["InstanceStatus"]["Status"]),
        "system-status.status": lambda one: str(one["SystemStatus"]["Status"]),
    }
    shown = [
        one for one in found if all(key not in values or values[key](one) in v for key, v in filters.items())
    ]
    return {"InstanceStatuses": shown}


# --- inside -----------------------------------------------------------------------------------------------


def _status(instance: Any) -> dict[str, Any]:
    state = str(instance._state.name)
    failed = _state.impaired.get(instance.id)
    young = _state.clock.elapsed() - _state.begun.get(instance.id, -INITIALIZING_S) < INITIALIZING_S
    told: dict[str, Any] = {
        "InstanceId": instance.id,
        "AvailabilityZone": instance.placement.zone,
        "InstanceState": {"Code": instance._state.code, "Name": state},
        "Events": [],
    }
    for name, check in (("InstanceStatus", "instance"), ("SystemStatus", "system")):
        if state != "running":
            told[name] = {"Status": "not-applicable"}
        elif failed is not None and failed[0] == check:
            detail = {"Name": "reachability", "Status": "failed", "ImpairedSince": stamp(failed[1])}
            told[name] = {"Status": "impaired", "Details": [detail]}
        else:
            word = "initializing" if young else "ok"
            told[name] = {
                "Status": word,
                "Details": [{"Name": "reachability", "Status": "initializing" if young else "passed"}],
            }
    return told


def _move(
    account: str,
    region: str,
    name: str,
    first: tuple[str, int],
    last: tuple[str, int],
    seconds: float,
    then: Callable[[], None] | None = None,
) -> None:
    instance = _instance(account, region, name)
    if instance is None:
        return
    instance._state.name, instance._state.code = first

    def arrive() -> None:
        with _lock:
            if instance._state.name == first[0]:
                instance._state.name, instance._state.code = last
                if then is not None:
                    then()

    _state.clock.after(seconds, arrive)


def _release_address(backend: Any, name: str) -> None:
    for address in backend.addresses:
        if address.instance is not None and address.instance.id == name:
            address.instance = address.eni = address.association_id = None


def _corrected(answer: Any, old: str, new: str, old_code: int, new_code: int) -> Any:
    """moto's serialized answer with the state that AWS would name."""
    status, headers, body = answer
    text = body if isinstance(body, str) else body.decode()
    for first, last in (("<currentState>", "</currentState>"),):
        parts = text.split(first)
        fixed = [parts[0]]
        for part in parts[1:]:
            inner, end, rest = part.partition(last)
            inner = inner.replace(f">{old}<", f">{new}<").replace(f">{old_code}<", f">{new_code}<")
            fixed.append(inner + end + rest)
        text = first.join(fixed)
    return status, headers, text


def _names(call: Call) -> dict[str, str]:
    found = (_instance(call.account, call.region, name) for name in call.get("InstanceIds", []))
    return {one.id: str(one._state.name) for one in found if one is not None}


def _instance(account: str, region: str, name: str) -> Any:
    return next((one for one in ec2_backends[account][region].all_instances() if one.id == name), None)


def _target(route: Any) -> Any:
    if route.instance is not None:
        return route.instance
    return getattr(route.interface, "instance", None) if route.interface is not None else None


def _route_state(route: Any) -> str:
    target = _target(route)
    if target is not None and str(target._state.name) in _DEAD:
        return "blackhole"
    if route.interface is not None and target is None:
        known = route.interface.ec2_backend.enis
        return "active" if route.interface.id in known else "blackhole"
    if route.nat_gateway is not None and str(getattr(route.nat_gateway, "state", "available")) in (
        "deleted",
        "deleting",
        "failed",
    ):
        return "blackhole"
    return "active"


def _route_instance(route: Any) -> str | None:
    target = _target(route)
    return str(target.id) if target is not None else None


def _route_interface(route: Any) -> str | None:
    if route.interface is not None:
        return str(route.interface.id)
    cards = list(route.instance.nics.values()) if route.instance is not None else []
    return str(cards[0].id) if cards else None
