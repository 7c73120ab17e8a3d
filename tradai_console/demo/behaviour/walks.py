"""The states of a machine, each walked by a generator that yields what it waits for: `Sleep`, `Do`, `Join`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tradai_console.demo.behaviour.asl import (
    StateError,
    choose,
    choose_input,
    choose_output,
    fill,
    look,
    matches,
    place,
    retry_delay,
)
from tradai_console.demo.behaviour.dispatch import seconds, stamp
from tradai_console.demo.behaviour.executions import Execution, Integrations
from tradai_console.demo.behaviour.walk_tasks import TaskSteps
from tradai_console.demo.behaviour.walk_waits import KEEP, Failed, Join, Sleep, Walk, text_of

_ABORTED = frozenset(
    {"TaskStateAborted", "WaitStateAborted", "MapStateAborted", "ParallelStateAborted", "MapIterationAborted"}
)
"""What AWS has events for."""


class Steps:
    """Walks the states of one execution: what each does, retries, catches, branches."""

    def __init__(self, execution: Execution, world: Integrations) -> None:
        self._execution = execution
        self._turn = execution.turn
        self._tasks = TaskSteps(execution, world)

    def states(
        self,
        machine: Mapping[str, Any],
        name: str,
        data: Any,
        previous: int,
        extra: Mapping[str, Any],
        *,
        top: bool = False,
        again: bool = False,
    ) -> Walk:
        """From this state to the machine's end: its output, and the last event."""
        while True:
            state = machine["States"][name]
            if top:
                self._execution.reached = (name, data)
            context = self._context(name, extra)
            skip_entered, again = again and state["Type"] == "Task", False
            kind = state["Type"]
            if not skip_entered:
                previous = self._execution.note(
                    f"{kind}StateEntered", previous, name=name, input=text_of(data), inputDetails=KEEP
                )
            try:
                output, previous, chosen = yield from self._state(name, state, data, previous, context, extra)
            except StateError as error:
                raise Failed(error, previous) from None
            except GeneratorExit:
                self._cut_off(f"{kind}StateAborted", previous)
                raise
            if kind == "Fail":
                raise Failed(output, previous)
            previous = self._execution.note(
                f"{kind}StateExited", previous, name=name, output=text_of(output), outputDetails=KEEP
            )
            if chosen is None and (state.get("End") or kind == "Succeed"):
                return output, previous
            name, data = chosen or state["Next"], output

    def _state(
        self,
        name: str,
        state: Mapping[str, Any],
        data: Any,
        previous: int,
        context: Mapping[str, Any],
        extra: Mapping[str, Any],
    ) -> Walk:
        kind = state["Type"]
        if kind == "Pass":
            result = state.get("Result", choose_input(state, data, context))
            return choose_output(state, data, result, context), previous, None
        if kind == "Succeed":
            return choose_output(state, data, choose_input(state, data, context), context), previous, None
        if kind == "Fail":
            error = (
                look(state["ErrorPath"], data, context) if "ErrorPath" in state else state.get("Error", "")
            )
            cause = (
                look(state["CausePath"], data, context) if "CausePath" in state else state.get("Cause", "")
            )
            return StateError(str(error), str(cause)), previous, None
        if kind == "Choice":
            chosen = choose(state, choose_input(state, data, context), context)
            return data, previous, chosen
        if kind == "Wait":
            yield Sleep(self._wait_s(state, data, context))
            return data, previous, None
        return (yield from self._attempts(name, state, data, previous, context, extra))

    def _attempts(
        self,
        name: str,
        state: Mapping[str, Any],
        data: Any,
        previous: int,
        context: Mapping[str, Any],
        extra: Mapping[str, Any],
    ) -> Walk:
        bodies = {"Task": self._tasks.task, "Map": self._map, "Parallel": self._parallel}
        counts: dict[int, int] = {}
        attempt = 0
        while True:
            try:
                chosen = choose_input(state, data, context) if state["Type"] != "Map" else data
                body = bodies[state["Type"]](name, state, chosen, previous, {**context, **extra}, attempt)
                result, previous = yield from body
                return choose_output(state, data, result, context), previous, None
            except Failed as failed:
                error, previous = failed.error, failed.event
            except StateError as raised:
                error = raised
            delay = retry_delay(state.get("Retry") or [], counts, error.error)
            if delay is not None:
                attempt += 1
                yield Sleep(delay)
                continue
            for rule in state.get("Catch") or ():
                if matches(rule["ErrorEquals"], error.error):
                    told = {"Error": error.error, "Cause": error.cause}
                    return place(data, rule.get("ResultPath", "$"), told), previous, str(rule["Next"])
            raise Failed(error, previous)

    def _parallel(
        self,
        name: str,
        state: Mapping[str, Any],
        data: Any,
        previous: int,
        context: Mapping[str, Any],
        attempt: int,
    ) -> Walk:
        del name, attempt
        previous = self._execution.note("ParallelStateStarted", previous)
        walks = tuple(self.states(one, one["StartAt"], data, previous, context) for one in state["Branches"])
        how, found = yield Join(walks, 0)
        if how == "failed":
            previous = self._execution.note("ParallelStateFailed", found.event)
            raise Failed(found.error, previous)
        previous = self._execution.note(
            "ParallelStateSucceeded", max((last for _, last in found), default=previous)
        )
        return [output for output, _ in found], previous

    def _map(
        self,
        name: str,
        state: Mapping[str, Any],
        data: Any,
        previous: int,
        context: Mapping[str, Any],
        attempt: int,
    ) -> Walk:
        del attempt
        chosen = data if state.get("InputPath", "$") == "$" else look(state["InputPath"], data, context)
        items = look(state.get("ItemsPath", "$"), chosen, context)
        if not isinstance(items, list):
            raise StateError("States.Runtime", f"The items of {name} are not an array")
        inner = state.get("ItemProcessor") or state["Iterator"]
        note = self._execution.note
        started = note("MapStateStarted", previous, length=len(items))

        def iteration(number: int, item: Any) -> Walk:
            here = {**context, "Map": {"Item": {"Index": number, "Value": item}}}
            template = state.get("ItemSelector", state.get("Parameters"))
            given = fill(template, chosen, here) if template is not None else item
            first = note("MapIterationStarted", started, name=name, index=number)
            try:
                output, last = yield from self.states(
                    inner, inner["StartAt"], given, first, {"Map": here["Map"]}
                )
            except Failed as failed:
                last = note("MapIterationFailed", failed.event, name=name, index=number)
                raise Failed(failed.error, last) from None
            except GeneratorExit:
                self._cut_off("MapIterationAborted", first, name=name, index=number)
                raise
            return output, note("MapIterationSucceeded", last, name=name, index=number)

        how, found = yield Join(
            tuple(iteration(number, item) for number, item in enumerate(items)),
            int(state.get("MaxConcurrency", 0)),
        )
        if how == "failed":
            raise Failed(found.error, note("MapStateFailed", found.event))
        return [output for output, _ in found], note(
            "MapStateSucceeded", max((last for _, last in found), default=started)
        )

    def _cut_off(self, kind: str, previous: int, **details: Any) -> None:
        """Another branch or item failed. A walk that is only thrown away, with its execution, leaves no trace."""
        execution = self._execution
        if execution.status == "RUNNING" and execution.turn == self._turn and kind in _ABORTED:
            execution.note(kind, max(previous, execution.newest_of(previous)), **details)

    def _context(self, state: str, extra: Mapping[str, Any]) -> dict[str, Any]:
        execution = self._execution
        now = f"{stamp(execution.clock.time()):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        started = f"{stamp(execution.started_at):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        return {
            "Execution": {
                "Id": execution.arn,
                "Input": json.loads(execution.input),
                "Name": execution.name,
                "RoleArn": execution.role,
                "StartTime": started,
                "RedriveCount": execution.redrives,
            },
            "State": {"Name": state, "EnteredTime": now, "RetryCount": 0},
            "StateMachine": {"Id": execution.machine_arn, "Name": execution.machine},
            **extra,
        }

    def _wait_s(self, state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> float:
        if "Seconds" in state:
            return float(state["Seconds"])
        if "SecondsPath" in state:
            return float(look(state["SecondsPath"], data, context))
        text = state["Timestamp"] if "Timestamp" in state else look(state["TimestampPath"], data, context)
        return max(0.0, (seconds(text) or 0.0) - self._execution.clock.time())
