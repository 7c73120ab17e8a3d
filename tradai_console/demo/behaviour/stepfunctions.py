"""Step Functions: executions that run, with the history AWS would leave.

moto answers canned histories, or runs them without our tasks; RedriveExecution is absent. State machines stay
moto's; executions are ours: an interpreter on the simulated clock (`walker.py`), in which each Task state
goes as a lever says. An `ecs:runTask.sync` state starts a task that ECS's behaviours run.

Levers (same process): `set_outcome`, `clear_outcome`, `set_performer`, `start`, `rehearse`, `load`, `watch`.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.stepfunctions.models import stepfunctions_backends

from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, seconds, stamp
from tradai_console.demo.behaviour.executions import Execution, Outcome, new_arn
from tradai_console.demo.behaviour.integrations import Lever, Performer, Real, Rehearsal
from tradai_console.demo.behaviour.walker import Walker

__all__ = [
    "Outcome",
    "clear_outcome",
    "load",
    "rehearse",
    "set_outcome",
    "set_performer",
    "start",
    "watch",
]

_MOST_EVENTS = 25_000
_UNKNOWN_MACHINE = "State Machine Does Not Exist: '{}'"


class _State:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.executions: dict[str, Execution] = {}
        self.walkers: dict[str, Walker] = {}
        self.outcomes: dict[tuple[str, str, str | None], Lever] = {}
        self.performers: dict[str, Performer] = {}
        self.watchers: list[Callable[[Execution], None]] = []


_lock = threading.RLock()
_state: _State


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _state
    with _lock:
        _state = _State(clock)


# --- levers -----------------------------------------------------------------------------------------------


def set_outcome(machine: str, state: str, outcome: Lever, *, execution: str | None = None) -> None:
    """Let this Task state of the machine (its name) go so: an Outcome, or what makes one of the state's input.

    With `execution` (a name) only in that execution.
    """
    with _lock:
        _state.outcomes[machine, state, execution] = outcome


def clear_outcome(machine: str, state: str, *, execution: str | None = None) -> None:
    """Let the state go by itself again."""
    with _lock:
        _state.outcomes.pop((machine, state, execution), None)


def set_performer(action: str, performer: Performer) -> None:
    """Let this do the work of an integration (`dynamodb:updateItem`, `sqs:sendMessage`): parameters in, result out.

    It is called with no lock held and may use any AWS client. To fail it raises asl.StateError.
    """
    with _lock:
        _state.performers[action] = performer


def start(machine_arn: str, given: Any = None, *, name: str | None = None) -> str:
    """Start an execution now; its ARN."""
    with _lock:
        return _begin(machine_arn, json.dumps(given if given is not None else {}), name).arn


def rehearse(
    machine_arn: str,
    started_at: float,
    given: Any = None,
    *,
    name: str | None = None,
    outcomes: Mapping[str, Lever] | None = None,
    limit_s: float = 86_400.0,
) -> str:
    """Put an execution into the past: begun at `started_at` (seconds since 1970), gone as the outcomes say; its ARN.

    It is over at once, leaves no ECS task, calls no function, and touches nothing else. One that would last
    longer than `limit_s` stays RUNNING as it is then.
    """
    with _lock:
        execution = _new(machine_arn, json.dumps(given if given is not None else {}), name)
        execution.clock = Clock(running=False, start=started_at)
        execution.started_at = started_at
        _state.executions[execution.arn] = execution
        walker = Walker(execution, Rehearsal(outcomes or {}), _lock, lambda _: None)
        _state.walkers[execution.arn] = walker
        walker.start()
        execution.clock.run_out(limit_s)
        execution.clock = _state.clock
        return execution.arn


def load(
    machine_arn: str,
    name: str,
    status: str,
    events: Sequence[Mapping[str, Any]],
    *,
    started_at: float,
    stopped_at: float | None = None,
    given: str = "{}",
    output: str | None = None,
    error: str | None = None,
    cause: str | None = None,
    map_run: str | None = None,
) -> str:
    """Put an execution there with exactly this history (events as GetExecutionHistory answers them); its ARN.

    `map_run`: the ARN of the Map run that it is an item of.
    """
    arn, name = new_arn(machine_arn, name)
    execution = Execution(
        arn,
        machine_arn,
        name,
        "arn:aws:iam::123456789012:role/demo",
        {"StartAt": "", "States": {}},
        given,
        started_at,
        _state.clock,
    )
    execution.status, execution.stopped_at = status, stopped_at
    execution.output, execution.error, execution.cause = output, error, cause
    execution.map_run = map_run
    for event in events:
        at = seconds(event["timestamp"])
        execution.events.append({**event, "timestamp": stamp(started_at if at is None else at)})
    with _lock:
        _state.executions[arn] = execution
    return arn


def watch(hear: Callable[[Execution], None]) -> None:
    """Hear of every execution that has ended, soon after, with no lock held."""
    with _lock:
        _state.watchers.append(hear)


# --- operations -------------------------------------------------------------------------------------------


@operation("stepfunctions", "StartExecution")
def _start_execution(call: Call) -> dict[str, Any]:
    given = call.get("input", "{}")
    try:
        json.loads(given)
    except ValueError:
        raise Refused(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{given[:80]}'"
        ) from None
    with _lock:
        machine = call.params["stateMachineArn"]
        arn, _ = new_arn(machine, call.get("name") or "-")
        old = _state.executions.get(arn) if call.get("name") else None
        if old is not None and (old.status != "RUNNING" or old.input != given):
            raise Refused("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        execution = old or _begin(machine, given, call.get("name"))
        return {"executionArn": execution.arn, "startDate": stamp(execution.started_at)}


@operation("stepfunctions", "StopExecution")
def _stop_execution(call: Call) -> dict[str, Any]:
    with _lock:
        execution = _find(call)
        if execution.status == "RUNNING":
            _walker(execution).abort(call.params.get("error"), call.params.get("cause"))
        return {"stopDate": stamp(execution.stopped_at or _state.clock.time())}


@operation("stepfunctions", "RedriveExecution")
def _redrive_execution(call: Call) -> dict[str, Any]:
    with _lock:
        execution = _find(call)
        status, why = _redrivable(execution)
        if status != "REDRIVABLE":
            raise Refused("ExecutionNotRedrivable", why or "Execution cannot be redriven")
        now = _state.clock.time()
        execution.status, execution.stopped_at, execution.redriven_at = "RUNNING", None, now
        execution.error = execution.cause = None
        execution.redrives += 1
        execution.runs.clear()
        walker = Walker(execution, _real(), _lock, _over)
        _state.walkers[execution.arn] = walker
        walker.redrive()
        return {"redriveDate": stamp(now)}


@operation("stepfunctions", "DescribeExecution")
def _describe_execution(call: Call) -> dict[str, Any]:
    with _lock:
        execution = _find(call)
        told = _summary(execution)
        told |= {"input": execution.input, "inputDetails": {"included": True}}
        if execution.output is not None:
            told |= {"output": execution.output, "outputDetails": {"included": True}}
        for name, value in (("error", execution.error), ("cause", execution.cause)):
            if value is not None:
                told[name] = value
        status, why = _redrivable(execution)
        told["redriveStatus"] = status
        return {**told, "redriveStatusReason": why} if why else told


@operation("stepfunctions", "ListExecutions")
def _list_executions(call: Call) -> dict[str, Any]:
    wanted, redriven = call.get("statusFilter"), call.get("redriveFilter")
    with _lock:
        machine, map_run = call.get("stateMachineArn"), call.get("mapRunArn")
        if map_run is None:
            _machine(machine)
        found = [
            one
            for one in _state.executions.values()
            if (one.map_run == map_run if map_run else one.machine_arn == machine and one.map_run is None)
            and wanted in (None, one.status)
            and (redriven is None or (redriven == "REDRIVEN") is bool(one.redrives))
        ]
        found.sort(key=lambda one: one.started_at, reverse=True)
        return _page("executions", found, call, _summary)


@operation("stepfunctions", "GetExecutionHistory")
def _get_execution_history(call: Call) -> dict[str, Any]:
    with _lock:
        events = list(_find(call).events)
    if call.get("reverseOrder", False):
        events.reverse()
    return _page(
        "events", events, call, lambda one: one if call.get("includeExecutionData", True) else _bare(one)
    )


@operation("stepfunctions", "DescribeStateMachineForExecution")
def _describe_machine_for_execution(call: Call) -> dict[str, Any]:
    with _lock:
        execution = _find(call)
        machine = _machine(execution.machine_arn)
        return {
            "stateMachineArn": execution.machine_arn,
            "name": execution.machine,
            "definition": machine.definition,
            "roleArn": machine.roleArn,
            "updateDate": stamp(execution.started_at),
        }


@operation("stepfunctions", "ListMapRuns")
def _list_map_runs(call: Call) -> dict[str, Any]:
    with _lock:
        _find(call)
    return {"mapRuns": []}


# --- inside -----------------------------------------------------------------------------------------------


def _begin(machine_arn: str, given: str, name: str | None) -> Execution:
    execution = _new(machine_arn, given, name)
    _state.executions[execution.arn] = execution
    walker = Walker(execution, _real(), _lock, _over)
    _state.walkers[execution.arn] = walker
    walker.start()
    return execution


def _new(machine_arn: str, given: str, name: str | None) -> Execution:
    machine = _machine(machine_arn)
    arn, name = new_arn(machine_arn, name)
    definition = json.loads(machine.definition)
    return Execution(
        arn, machine_arn, name, machine.roleArn, definition, given, _state.clock.time(), _state.clock
    )


def _real() -> Real:
    return Real(_state.outcomes, _state.performers)


def _walker(execution: Execution) -> Walker:
    return _state.walkers.get(execution.arn) or Walker(execution, _real(), _lock, _over)


def _over(execution: Execution) -> None:
    for hear in _state.watchers:
        _state.clock.after(0.0, lambda hear=hear: hear(execution))  # type: ignore[misc]


def _redrivable(execution: Execution) -> tuple[str, str | None]:
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return "NOT_REDRIVABLE", f"Execution is {execution.status} and cannot be redriven"
    if len(execution.events) >= _MOST_EVENTS - 1:
        return "NOT_REDRIVABLE", "Execution history event limit exceeded"
    if not execution.definition["States"]:
        return "NOT_REDRIVABLE", "Execution was started before the launch of RedriveExecution"
    if _state.clock.time() - (execution.stopped_at or 0.0) > 14 * 86_400:
        return "NOT_REDRIVABLE", "Execution's redrivable period exceeded"
    return "REDRIVABLE", None


def _summary(execution: Execution) -> dict[str, Any]:
    told: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": stamp(execution.started_at),
        "redriveCount": execution.redrives,
    }
    if execution.map_run is not None:
        told["mapRunArn"] = execution.map_run
    if execution.stopped_at is not None:
        told["stopDate"] = stamp(execution.stopped_at)
    if execution.redriven_at is not None:
        told["redriveDate"] = stamp(execution.redriven_at)
    return told


def _bare(event: Mapping[str, Any]) -> dict[str, Any]:
    hidden = ("input", "output", "parameters", "inputDetails", "outputDetails")
    return {
        name: {key: inner for key, inner in value.items() if key not in hidden}
        if isinstance(value, Mapping)
        else value
        for name, value in event.items()
    }


def _page(name: str, found: list[Any], call: Call, shown: Callable[[Any], Any]) -> dict[str, Any]:
    most = int(call.get("maxResults", 0)) or 100
    try:
        start = int(base64.b64decode(call.get("nextToken", "")) or b"0")
    except ValueError:
        raise Refused("InvalidToken", "Invalid Token") from None
    end = start + min(most, 1000)
    told: dict[str, Any] = {name: [shown(one) for one in found[start:end]]}
    return {**told, "nextToken": base64.b64encode(str(end).encode()).decode()} if end < len(found) else told


def _find(call: Call) -> Execution:
    arn = call.params["executionArn"]
    if arn not in _state.executions:
        raise Refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return _state.executions[arn]


def _machine(arn: str) -> Any:
    region, account = arn.split(":")[3:5] if arn.count(":") >= 6 else ("", "")
    machines = stepfunctions_backends[account][region].state_machines if region else []
    found = next((one for one in machines if one.arn == arn), None)
    if found is None:
        raise Refused("StateMachineDoesNotExist", _UNKNOWN_MACHINE.format(arn))
    return found
