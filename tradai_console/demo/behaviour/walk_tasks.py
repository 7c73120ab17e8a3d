"""What one Task state does: a function, an ECS task waited for, or another call, and its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradai_console.demo.behaviour.asl import StateError, look
from tradai_console.demo.behaviour.executions import EcsRun, Execution, Integrations, Outcome, request_id
from tradai_console.demo.behaviour.walk_waits import KEEP, Do, Failed, Sleep, Walk, text_of

_NEVER_S = 10.0**9


class _TimedOut(Exception):
    pass


class TaskSteps:
    """Walks the Task states of one execution."""

    def __init__(self, execution: Execution, world: Integrations) -> None:
        self._execution = execution
        self._world = world

    def task(
        self,
        name: str,
        state: Mapping[str, Any],
        parameters: Any,
        previous: int,
        context: Mapping[str, Any],
        attempt: int,
    ) -> Walk:
        """One attempt: its result, and the last event. Raises Failed."""
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
        asked = request_id(self._execution.arn, previous)
        previous = self._execution.note("TaskStarted", previous, **told)
        try:
            if action.endswith(".sync") and service == "ecs":
                return (yield from self._ecs(lever, parameters, previous, told, attempt, limit))
            result = yield from self._work(f"{service}:{action}", lever, parameters, attempt, limit, asked)
        except _TimedOut:
            previous = self._execution.note("TaskTimedOut", previous, **told, error="States.Timeout")
            raise Failed(StateError("States.Timeout", ""), previous) from None
        except StateError as error:
            previous = self._execution.note(
                "TaskFailed", previous, **told, error=error.error, cause=error.cause
            )
            raise Failed(error, previous) from None
        previous = self._execution.note(
            "TaskSucceeded", previous, **told, output=text_of(result), outputDetails=KEEP
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
            "LambdaFunctionScheduled", previous, resource=arn, input=text_of(parameters), inputDetails=KEEP
        )
        number = request_id(self._execution.arn, previous)
        previous = note("LambdaFunctionStarted", previous)
        try:
            asked = {"FunctionName": arn, "Payload": parameters}
            result = yield from self._work("lambda:invoke", lever, asked, attempt, limit, number)
        except _TimedOut:
            previous = note("LambdaFunctionTimedOut", previous, error="States.Timeout")
            raise Failed(StateError("States.Timeout", ""), previous) from None
        except StateError as error:
            previous = note("LambdaFunctionFailed", previous, error=error.error, cause=error.cause)
            raise Failed(error, previous) from None
        if isinstance(result, Mapping) and set(result) >= {"Payload", "StatusCode"}:
            result = result["Payload"]
        previous = note("LambdaFunctionSucceeded", previous, output=text_of(result), outputDetails=KEEP)
        return result, previous

    def _work(
        self,
        action: str,
        lever: Outcome | None,
        parameters: Any,
        attempt: int,
        limit: float | None,
        request: str,
    ) -> Walk:
        takes = _NEVER_S if lever and lever.forever else (lever.seconds if lever else 0.5)
        if limit is not None and takes > limit:
            yield Sleep(limit)
            raise _TimedOut
        yield Sleep(takes)
        if lever is not None and lever.fails(attempt):
            raise StateError(lever.error or "States.TaskFailed", lever.cause.replace("{request_id}", request))
        if lever is not None and lever.output is not None:
            if action == "lambda:invoke":
                return answered(
                    {"ExecutedVersion": "$LATEST", "Payload": lever.output, "StatusCode": 200}, request
                )
            return lever.output
        result = yield Do(lambda: self._world.call(action, parameters))
        return answered(result, request) if action == "lambda:invoke" else result

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
            "TaskSubmitted", previous, **told, output=text_of(run.submitted()), outputDetails=KEEP
        )
        try:
            yield from self._until_stopped(run, lever, attempt, limit, begun)
        except GeneratorExit:
            if (
                self._execution.status == "RUNNING"
            ):  # another branch failed; else the execution ends its tasks itself
                run.abort()
            raise
        self._execution.runs.remove(run)
        good, task = run.result()
        if not good:
            error = lever.error if lever and lever.error else "States.TaskFailed"
            cause = lever.cause if lever and lever.cause else text_of(task)
            previous = note("TaskFailed", previous, **told, error=error, cause=cause)
            raise Failed(StateError(error, cause), previous)
        previous = note("TaskSucceeded", previous, **told, output=text_of(task), outputDetails=KEEP)
        result = lever.output if lever and lever.output is not None else task
        return result, previous

    def _until_stopped(
        self, run: EcsRun, lever: Outcome | None, attempt: int, limit: float | None, begun: float
    ) -> Walk:
        """Wait for the task, and end it as the lever says."""
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

    @staticmethod
    def _limit_s(state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> float | None:
        if "TimeoutSecondsPath" in state:
            return float(look(state["TimeoutSecondsPath"], data, context))
        return float(state["TimeoutSeconds"]) if "TimeoutSeconds" in state else None


def answered(result: Mapping[str, Any], request: str) -> dict[str, Any]:
    """What `lambda:invoke` gives: the function's answer with the metadata of the call, its request id among it."""
    headers = {
        "Content-Type": "application/json",
        "X-Amz-Executed-Version": "$LATEST",
        "x-amzn-RequestId": request,
    }
    return {
        **result,
        "SdkHttpMetadata": {"HttpHeaders": headers, "HttpStatusCode": 200},
        "SdkResponseMetadata": {"RequestId": request},
    }


def _split_resource(resource: str) -> tuple[str, str]:
    """`arn:aws:states:::ecs:runTask.sync` is of `ecs`, and called `runTask.sync`."""
    parts = resource.split(":")
    return (parts[5], ":".join(parts[6:])) if len(parts) > 6 else (resource, "")
