"""What an execution asks of the world: an ECS task, a function, a message; or, in the past, nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.sns.models import sns_backends

from tradai_console.demo.behaviour import ecs, functions
from tradai_console.demo.behaviour.asl import StateError
from tradai_console.demo.behaviour.executions import EcsRun, Execution, Outcome, new_arn

Lever = Outcome | Callable[[Any], Outcome]
Performer = Callable[[Mapping[str, Any]], Any]


class Real:
    """Integrations of an execution that runs: tasks are ECS's, functions are Lambda's."""

    def __init__(
        self, outcomes: Mapping[tuple[str, str, str | None], Lever], performers: Mapping[str, Performer]
    ) -> None:
        self._outcomes = outcomes
        self._performers = performers

    def outcome(self, execution: Execution, state: str, data: Any) -> Outcome | None:
        """The lever set for this state, if any."""
        found = self._outcomes.get((execution.machine, state, execution.name))
        found = found or self._outcomes.get((execution.machine, state, None))
        return found(data) if callable(found) else found

    def start_task(self, execution: Execution, parameters: Mapping[str, Any]) -> EcsRun:
        """Start an ECS task."""
        region, account = execution.arn.split(":")[3:5]
        given = _camel(parameters)
        try:
            task = ecs.run_task(
                account,
                region,
                cluster=given.get("cluster", "default"),
                definition=given["taskDefinition"],
                started_by="AWS Step Functions",
                overrides=given.get("overrides"),
                tags=given.get("tags"),
                settings=given,
            )
        except Exception as error:  # noqa: BLE001 - any refusal of ECS is the state's error
            raise StateError(f"ECS.{type(error).__name__}", str(error)) from None
        return _Run(task)

    def call(self, action: str, parameters: Mapping[str, Any]) -> Any:
        """Do an integration's work."""
        performer = self._performers.get(action)
        if performer is not None:
            return performer(parameters)
        if action.startswith("lambda:invoke"):
            return _invoke(parameters)
        if action == "sns:publish":
            region, account = str(parameters["TopicArn"]).split(":")[3:5]
            message = parameters.get("Message", "")
            text = message if isinstance(message, str) else json.dumps(message)
            sent = sns_backends[account][region].publish(
                text, arn=parameters["TopicArn"], subject=parameters.get("Subject")
            )
            return {"MessageId": sent}
        return {}


class Rehearsal:
    """Integrations of an execution in the past: nothing is done, everything goes as the outcomes say."""

    def __init__(self, outcomes: Mapping[str, Lever]) -> None:
        self._outcomes = outcomes

    def outcome(self, execution: Execution, state: str, data: Any) -> Outcome | None:
        """The lever set for this state, if any."""
        del execution
        found = self._outcomes.get(state, Outcome())
        return found(data) if callable(found) else found

    def start_task(self, execution: Execution, parameters: Mapping[str, Any]) -> EcsRun:
        """Start an ECS task."""
        return _PastRun(execution, parameters)

    def call(self, action: str, parameters: Mapping[str, Any]) -> Any:
        """Do an integration's work."""
        del parameters
        return (
            {"ExecutedVersion": "$LATEST", "Payload": {}, "StatusCode": 200}
            if action == "lambda:invoke"
            else {}
        )


class _Run:
    """A task that ECS runs."""

    def __init__(self, task: ecs.Task) -> None:
        self._task = task

    def submitted(self) -> dict[str, Any]:
        return {"Failures": [], "Tasks": [_pascal(self._task.describe(tags=True))]}

    def running(self) -> bool:
        return self._task.started_at is not None

    def stopped(self) -> bool:
        return self._task.last_status == "STOPPED"

    def end(self, exit_code: int, container_reason: str | None) -> None:
        ecs.end_task(self._task.arn, exit_code, container_reason=container_reason)

    def abort(self) -> None:
        # A platform that was emptied has forgotten its tasks; the walks of its executions end later.
        if self._task.live and ecs.knows(self._task.arn):
            ecs.end_task(
                self._task.arn, 143, reason="Task stopped by AWS Step Functions", stop_code="UserInitiated"
            )

    def result(self) -> tuple[bool, dict[str, Any]]:
        return self._task.exit_code == 0, _pascal(self._task.describe(tags=True))


class _PastRun:
    """A task that is long forgotten."""

    def __init__(self, execution: Execution, parameters: Mapping[str, Any]) -> None:
        self._execution = execution
        self._code: int | None = None
        self._reason: str | None = None
        region, account = execution.arn.split(":")[3:5]
        cluster = str(parameters.get("Cluster", "default")).rsplit("/", 1)[-1]
        number = new_arn(execution.arn, None)[1].replace("-", "")
        self._told: dict[str, Any] = {
            "TaskArn": f"arn:aws:ecs:{region}:{account}:task/{cluster}/{number}",
            "ClusterArn": f"arn:aws:ecs:{region}:{account}:cluster/{cluster}",
            "TaskDefinitionArn": parameters.get("TaskDefinition", ""),
            "Tags": parameters.get("Tags", []),
            "LaunchType": "FARGATE",
            "CreatedAt": int(execution.clock.time() * 1000),
        }
        overrides = parameters.get("Overrides", {}).get("ContainerOverrides") or [{"Name": "strategy"}]
        self._container = overrides[0].get("Name", "strategy")

    def submitted(self) -> dict[str, Any]:
        return {
            "Failures": [],
            "Tasks": [{**self._told, "LastStatus": "PROVISIONING", "DesiredStatus": "RUNNING"}],
        }

    def running(self) -> bool:
        return True

    def stopped(self) -> bool:
        return self._code is not None

    def end(self, exit_code: int, container_reason: str | None) -> None:
        self._code, self._reason = exit_code, container_reason

    def abort(self) -> None:
        self._code = 143

    def result(self) -> tuple[bool, dict[str, Any]]:
        container = {"Name": self._container, "ExitCode": self._code, "LastStatus": "STOPPED"}
        told = {
            **self._told,
            "Containers": [{**container, "Reason": self._reason} if self._reason else container],
            "DesiredStatus": "STOPPED",
            "LastStatus": "STOPPED",
            "StopCode": "EssentialContainerExited",
            "StoppedReason": "Essential container in task exited",
            "StartedAt": self._told["CreatedAt"] + 9_000,
            "StoppedAt": int(self._execution.clock.time() * 1000),
        }
        return self._code == 0, told


def _invoke(parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        told = functions.invoke(str(parameters["FunctionName"]), parameters.get("Payload"))
    except functions.FunctionError as error:
        cause = {"errorMessage": error.message, "errorType": error.kind, "stackTrace": []}
        raise StateError(error.kind, json.dumps(cause)) from None
    return {"ExecutedVersion": "$LATEST", "Payload": told, "StatusCode": 200}


def _camel(value: Any) -> Any:
    """Keys as ECS's own API spells them: states spell them with a capital."""
    if isinstance(value, Mapping):
        return {f"{key[0].lower()}{key[1:]}": _camel(inner) for key, inner in value.items()}
    return [_camel(one) for one in value] if isinstance(value, list) else value


def _pascal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {f"{key[0].upper()}{key[1:]}": _pascal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_pascal(one) for one in value]
    return int(value.timestamp() * 1000) if hasattr(value, "timestamp") else value
