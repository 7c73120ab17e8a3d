"""Auto Scaling: a group that keeps its size, slowly, and writes down what it does.

AWS notices a dead instance after a while, launches another, holds it in its lifecycle hook, and tells each
step in the group's activities. moto replaces at once, in the middle of TerminateInstances, and has no
activities. Groups and instances stay moto's; the looking after and the activities are ours.

Levers (same process): `set_timing`, `on_launch`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, autoscaling_backends

from tradai_console.demo.behaviour import ec2, ids
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, stamp

__all__ = ["Timing", "on_launch", "set_timing"]

_LOOK_EVERY_S = 5.0
_GONE = ("terminated", "shutting-down", "stopped", "stopping")
_CHECK = "an EC2 health check indicating it has been terminated or stopped"


@dataclass(frozen=True)
class Timing:
    """How long a replacement takes, simulated seconds. Together with the hook's work about two minutes."""

    notice_s: float = 30.0
    """From the end of an instance until the group notices it."""
    boot_s: float = 30.0
    """From the launch until the lifecycle hook is entered."""
    hook_s: float = 45.0
    """In the hook, until what `on_launch` named has been called and the instance goes into service."""
    impaired_s: float = 120.0
    """For how long status checks may fail."""


@dataclass
class _Activity:
    group: str
    group_arn: str
    description: str
    cause: str
    started_at: float
    instance: str | None = None
    ended_at: float | None = None
    status: str = "InProgress"
    progress: int = 30
    id: str = field(default_factory=lambda: ids.unique("activity"))


class _State:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.activities: list[_Activity] = []
        self.timings: dict[str, Timing] = {}
        self.callbacks: dict[str, list[Callable[[str, str], None]]] = {}
        self.noticed: dict[str, float] = {}
        self.known: set[str] = set()
        self.hooks: dict[str, tuple[Any, Any]] = {}


_lock = threading.RLock()
_state: _State


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _state
    with _lock:
        _state = _State(clock)
        # moto's TerminateInstances replaces at once through this; our own looking after does it in its time.
        setattr(AutoScalingBackend, "notify_terminate_instances", _leave_alone)  # noqa: B010
        clock.every(_LOOK_EVERY_S, _look_after_all)


# --- levers -----------------------------------------------------------------------------------------------


def set_timing(group: str, timing: Timing) -> None:
    """How long replacements in this group take."""
    with _lock:
        _state.timings[group] = timing


def on_launch(group: str, call: Callable[[str, str], None]) -> None:
    """Call this with group and instance id at the end of each launch's lifecycle hook, with no lock held.

    What `update-nat-routes` and an instance's user data do: attach the address, rewrite the route. The
    instance goes into service afterwards.
    """
    with _lock:
        _state.callbacks.setdefault(group, []).append(call)


# --- operations -------------------------------------------------------------------------------------------


@operation("autoscaling", "CreateAutoScalingGroup")
def _create_auto_scaling_group(call: Call) -> Any:
    answer = call.moto()
    with _lock:
        _note_first_launches(call.account, call.region)
    return answer


@operation("autoscaling", "DescribeScalingActivities")
def _describe_scaling_activities(call: Call) -> dict[str, Any]:
    wanted = set(call.get("ActivityIds", []))
    with _lock:
        _note_first_launches(call.account, call.region)
        found = [
            _shown(one)
            for one in _newest_first()
            if call.get("AutoScalingGroupName") in (None, one.group) and (not wanted or one.id in wanted)
        ]
    start = int(call.get("NextToken", 0))
    end = start + int(call.get("MaxRecords", 100))
    told: dict[str, Any] = {"Activities": found[start:end]}
    return {**told, "NextToken": str(end)} if end < len(found) else told


@operation("autoscaling", "CompleteLifecycleAction")
def _complete_lifecycle_action(call: Call) -> dict[str, Any]:
    with _lock:
        waiting = _state.hooks.get(call.get("InstanceId", ""))
        if waiting is None:
            raise Refused(
                "ValidationError",
                "No active Lifecycle Action found with instance ID " + call.get("InstanceId", ""),
            )
        _into_service(*waiting)
        return {}


@operation("autoscaling", "RecordLifecycleActionHeartbeat")
def _record_heartbeat(call: Call) -> dict[str, Any]:
    del call
    return {}


@operation("autoscaling", "TerminateInstanceInAutoScalingGroup")
def _terminate(call: Call) -> dict[str, Any]:
    with _lock:
        name = call.params["InstanceId"]
        for group in _groups(call.account, call.region):
            for one in group.instance_states:
                if one.instance.id == name:
                    if call.get("ShouldDecrementDesiredCapacity"):
                        group.desired_capacity -= 1
                    cause = (
                        f"At {_now():%Y-%m-%dT%H:%M:%SZ} instance {name} was taken out of service "
                        "in response to a user request."
                    )
                    return {"Activity": _shown(_take_out(group, one, cause))}
        raise Refused(
            "ValidationError", f"Instance Id not found - No managed instance found for instance ID: {name}"
        )


# --- inside -----------------------------------------------------------------------------------------------


def _leave_alone(backend: Any, instance_ids: list[str]) -> None:
    del backend, instance_ids


def _look_after_all() -> None:
    with _lock:
        for account, regions in list(autoscaling_backends.items()):
            for region in list(regions):
                _note_first_launches(account, region)
                for group in _groups(account, region):
                    _look_after(group)


def _look_after(group: Any) -> None:
    suspended = {one["ProcessName"] for one in group.suspended_processes}
    timing = _timing(group)
    if "ReplaceUnhealthy" not in suspended and "HealthCheck" not in suspended:
        for one in list(group.instance_states):
            why = _unwell(one, timing)
            if why is None:
                _state.noticed.pop(one.instance.id, None)
            elif (
                _state.clock.elapsed() - _state.noticed.setdefault(one.instance.id, _state.clock.elapsed())
                >= timing.notice_s
            ):
                one.health_status = "Unhealthy"
                cause = f"At {_now():%Y-%m-%dT%H:%M:%SZ} an instance was taken out of service in response to {why}."
                _take_out(group, one, cause)
    missing = int(group.desired_capacity or 0) - len(group.instance_states)
    if missing > 0 and "Launch" not in suspended:
        for _ in range(missing):
            _launch(group, timing)


def _unwell(one: Any, timing: Timing) -> str | None:
    if str(one.instance._state.name) in _GONE:
        return _CHECK
    if one.health_status != "Healthy":
        return "a user health-check"
    failing = ec2.impaired_for(one.instance.id)
    if failing is not None and failing * _state.clock.speed >= timing.impaired_s:
        return "an EC2 instance status checks failure"
    return None


def _take_out(group: Any, one: Any, cause: str) -> _Activity:
    name = one.instance.id
    activity = _note(group, f"Terminating EC2 instance: {name}", cause, name)
    group.instance_states = [other for other in group.instance_states if other.instance.id != name]
    _state.noticed.pop(name, None)
    if str(one.instance._state.name) not in ("terminated", "shutting-down"):
        ec2.terminate(group.account_id, group.region, name)
    _state.clock.after(ec2.TERMINATE_S, lambda: _finish(activity))
    return activity


def _launch(group: Any, timing: Timing) -> None:
    before = {one.instance.id for one in group.instance_states}
    group.replace_autoscaling_group_instances(1, group.get_propagated_tags())
    new = next(one for one in group.instance_states if one.instance.id not in before)
    name = new.instance.id
    _state.known.add(name)
    ec2.begin(name)
    _launched_now(new)
    new.lifecycle_state = "Pending"
    cause = (
        f"At {_now():%Y-%m-%dT%H:%M:%SZ} an instance was launched in response to an unhealthy instance "
        "needing to be replaced."
    )
    activity = _note(group, f"Launching a new EC2 instance: {name}", cause, name)
    _state.clock.after(timing.boot_s, lambda: _enter_hook(group, new, activity, timing))


def _enter_hook(group: Any, new: Any, activity: _Activity, timing: Timing) -> None:
    with _lock:
        if new not in group.instance_states:
            activity.status = "Cancelled"
            return
        new.lifecycle_state, activity.status, activity.progress = "Pending:Wait", "MidLifecycleAction", 60
        _state.hooks[new.instance.id] = (new, activity)
    _state.clock.after(timing.hook_s, lambda: _leave_hook(group, new, activity))


def _leave_hook(group: Any, new: Any, activity: _Activity) -> None:
    try:
        for call in _state.callbacks.get(group.name, []):
            call(group.name, new.instance.id)
    finally:
        with _lock:
            _into_service(new, activity)


def _into_service(new: Any, activity: _Activity) -> None:
    _state.hooks.pop(new.instance.id, None)
    new.lifecycle_state = "InService"
    _finish(activity)


def _finish(activity: _Activity) -> None:
    if activity.ended_at is None:
        activity.status, activity.progress, activity.ended_at = "Successful", 100, _state.clock.time()


def _note(group: Any, description: str, cause: str, instance: str) -> _Activity:
    activity = _Activity(group.name, group.arn, description, cause, _state.clock.time(), instance)
    _state.activities.append(activity)
    return activity


def _note_first_launches(account: str, region: str) -> None:
    """The instances that moto launched by itself, when the group was made or its capacity raised."""
    for group in _groups(account, region):
        for one in group.instance_states:
            if one.instance.id not in _state.known:
                _state.known.add(one.instance.id)
                _launched_now(one)
                cause = (
                    f"At {_now():%Y-%m-%dT%H:%M:%SZ} an instance was started in response to a difference between "
                    "desired and actual capacity."
                )
                _finish(
                    _note(group, f"Launching a new EC2 instance: {one.instance.id}", cause, one.instance.id)
                )


def _launched_now(one: Any) -> None:
    """By the platform's clock, which may be in the past or fast; moto takes the machine's."""
    one.instance.launch_time = datetime.fromtimestamp(_state.clock.time(), UTC).replace(tzinfo=None)


def _newest_first() -> list[_Activity]:
    numbered = sorted(enumerate(_state.activities), key=lambda one: (one[1].started_at, one[0]), reverse=True)
    return [activity for _, activity in numbered]


def _shown(one: _Activity) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ActivityId": one.id,
        "AutoScalingGroupName": one.group,
        "AutoScalingGroupARN": one.group_arn,
        "Description": one.description,
        "Cause": one.cause,
        "StartTime": stamp(one.started_at),
        "StatusCode": one.status,
        "Progress": one.progress,
        "Details": "{}",
    }
    return {**told, "EndTime": stamp(one.ended_at)} if one.ended_at is not None else told


def _groups(account: str, region: str) -> list[Any]:
    return list(autoscaling_backends[account][region].autoscaling_groups.values())


def _timing(group: Any) -> Timing:
    return _state.timings.get(group.name, Timing())


def _now() -> Any:
    return _state.clock.now()
