"""The states of a machine, each walked by a generator that yields what it waits for: `Sleep`, `Do`, `Join`."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
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
from tradai_console.demo.behaviour.executions import Execution, Integrations, Outcome

Walk = Generator[Any, Any, Any]
_NEVER_S = 10.0**9
_KEEP = {"truncated": False}


@dataclass(frozen=True)
class Sleep:
    """Wait so many simulated seconds."""

    seconds: float


@dataclass(frozen=True)
class Do:
    """Call this with no lock held, and go on with what it returns or raises."""

    call: Callable[[], Any]


@dataclass(frozen=True)
class Join:
    """Walk these side by side; go on when all have ended or one has failed."""

    walks: tuple[Walk, ...]
    at_once: int


class Failed(Exception):
    """A state failed for good; the event that says so."""

    def __init__(self, error: StateError, event: int) -> None:
        super().__init__(error.error)
        self.error = error
        self.event = event


class _TimedOut(Exception):
    pass


class Steps:
    """Walks the states of one execution: what each does, retries, catches, branches."""

    def __init__(self, execution: Execution, world: Integrations) -> None:
        self._execution = execution
        self._world = world

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
                    f"{kind}StateEntered", previous, name=name, input=text_of(data), inputDetails=_KEEP
                )
            try:
                output, previous, chosen = yield from self._state(name, state, data, previous, context, extra)
            except StateError as error:
                raise Failed(error, previous) from None
            if kind == "Fail":
                raise Failed(output, previous)
            previous = self._execution.note(
                f"{kind}StateExited", previous, name=name, output=text_of(output), outputDetails=_KEEP
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
        bodies = {"Task": self._task, "Map": self._map, "Parallel": self._parallel}
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

    def _task(
        self,
        name: str,
        state: Mapping[str, Any],
        parameters: Any,
        previous: int,
        context: Mapping[str, Any],
        attempt: int,
    ) -> Walk:
        resource = str(state["Resource"])
        lever = self._world.outcome(self._execution, name, parameters)
        limit = self._limit_s(state, parameters, context)
        if ":function:" in resource and ":states:::" not in resource:
            return (yield from self._function(resource, lever, parameters, previous, attempt, limit))
        service, action = _split_resource(resource)
        told = {"resourceType": service, "resource": action}
        previous = self._execution.note(
            "TaskScheduled",
            previous,
            **told,
            region=self._execution.arn.split(":")[3],
            parameters=text_of(parameters),
            timeoutInSeconds=int(limit) if limit is not None else None,
        )
        previous = self._execution.note("TaskStarted", previous, **told)
        try:
            if action.endswith(".sync") and service == "ecs":
                return (yield from self._ecs(lever, parameters, previous, told, attempt, limit))
            result = yield from self._work(f"{service}:{action}", lever, parameters, attempt, limit)
        except _TimedOut:
            previous = self._execution.note("TaskTimedOut", previous, **told, error="States.Timeout")
            raise Failed(StateError("States.Timeout", ""), previous) from None
        except StateError as error:
            previous = self._execution.note(
                "TaskFailed", previous, **told, error=error.error, cause=error.cause
            )
            raise Failed(error, previous) from None
        previous = self._execution.note(
            "TaskSucceeded", previous, **told, output=text_of(result), outputDetails=_KEEP
        )
        return result, previous

    def _function(
        self,
        arn: str,
        lever: Outcome | None,
        parameters: Any,
        previous: int,
        attempt: int,
        limit: float | None,
    ) -> Walk:
        note = self._execution.note
        previous = note(
            "LambdaFunctionScheduled", previous, resource=arn, input=text_of(parameters), inputDetails=_KEEP
        )
        previous = note("LambdaFunctionStarted", previous)
        try:
            asked = {"FunctionName": arn, "Payload": parameters}
            result = yield from self._work("lambda:invoke", lever, asked, attempt, limit)
        except _TimedOut:
            previous = note("LambdaFunctionTimedOut", previous, error="States.Timeout")
            raise Failed(StateError("States.Timeout", ""), previous) from None
        except StateError as error:
            previous = note("LambdaFunctionFailed", previous, error=error.error, cause=error.cause)
            raise Failed(error, previous) from None
        if isinstance(result, Mapping) and set(result) >= {"Payload", "StatusCode"}:
            result = result["Payload"]
        previous = note("LambdaFunctionSucceeded", previous, output=text_of(result), outputDetails=_KEEP)
        return result, previous

    def _work(
        self, action: str, lever: Outcome | None, parameters: Any, attempt: int, limit: float | None
    ) -> Walk:
        takes = _NEVER_S if lever and lever.forever else (lever.seconds if lever else 0.5)
        if limit is not None and takes > limit:
            yield Sleep(limit)
            raise _TimedOut
        yield Sleep(takes)
        if lever is not None and lever.fails(attempt):
            raise StateError(lever.error or "States.TaskFailed", lever.cause)
        if lever is not None and lever.output is not None:
            if action == "lambda:invoke":
                return {"ExecutedVersion": "$LATEST", "Payload": lever.output, "StatusCode": 200}
            return lever.output
        result = yield Do(lambda: self._world.call(action, parameters))
        return result

    def _ecs(
        self,
        lever: Outcome | None,
        parameters: Any,
        previous: int,
        told: Mapping[str, str],
        attempt: int,
        limit: float | None,
    ) -> Walk:
        run = yield Do(lambda: self._world.start_task(self._execution, parameters))
        self._execution.runs.append(run)
        note, begun = self._execution.note, self._execution.clock.elapsed()
        previous = note(
            "TaskSubmitted", previous, **told, output=text_of(run.submitted()), outputDetails=_KEEP
        )
        ends_at: float | None = None
        while not run.stopped():
            now = self._execution.clock.elapsed()
            if limit is not None and now - begun >= limit:
                run.abort()
                raise _TimedOut
            if ends_at is None and run.running():
                ends_at = _NEVER_S if lever and lever.forever else now + (lever.seconds if lever else 30.0)
            if ends_at is not None and now >= ends_at:
                bad = lever is not None and lever.fails(attempt)
                code = (lever.exit_code if lever and lever.exit_code is not None else 1) if bad else 0
                run.end(code, lever.container_reason if lever and bad else None)
            yield Sleep(1.0 if ends_at is None else max(0.5, min(5.0, ends_at - now)))
        self._execution.runs.remove(run)
        good, task = run.result()
        if not good:
            error = lever.error if lever and lever.error else "States.TaskFailed"
            cause = lever.cause if lever and lever.cause else text_of(task)
            previous = note("TaskFailed", previous, **told, error=error, cause=cause)
            raise Failed(StateError(error, cause), previous)
        previous = note("TaskSucceeded", previous, **told, output=text_of(task), outputDetails=_KEEP)
        result = lever.output if lever and lever.output is not None else task
        return result, previous

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

    @staticmethod
    def _limit_s(state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> float | None:
        if "TimeoutSecondsPath" in state:
            return float(look(state["TimeoutSecondsPath"], data, context))
        return float(state["TimeoutSeconds"]) if "TimeoutSeconds" in state else None


def _split_resource(resource: str) -> tuple[str, str]:
    """`arn:aws:states:::ecs:runTask.sync` is of `ecs`, and called `runTask.sync`."""
    parts = resource.split(":")
    return (parts[5], ":".join(parts[6:])) if len(parts) > 6 else (resource, "")


def text_of(value: Any) -> str:
    """A value as histories carry it."""
    return json.dumps(value, separators=(",", ":"), default=str)
