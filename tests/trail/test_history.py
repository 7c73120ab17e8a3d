"""An execution's history as pieces: what failed, what was tried again, what a task became."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tradai_console.trail.history import called_functions, history_pieces, submitted_tasks

ARN = "arn:aws:states:eu-central-1:123456789012:execution:m:bt-1"
TASK = "arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/17cedd2d2e944d759945974a59b90119"
BEGAN = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)


def event(number: int, before: int, kind: str, **details: Any) -> dict[str, Any]:
    """An event, a second after the one before it."""
    known = {
        "id": number,
        "previousEventId": before,
        "type": kind,
        "timestamp": BEGAN + timedelta(seconds=number),
    }
    key = (
        "stateEnteredEventDetails" if kind.endswith("Entered")
        else "stateExitedEventDetails" if kind.endswith("Exited")
        else f"{kind[0].lower()}{kind[1:]}EventDetails"
    )  # fmt: skip
    return known | ({key: details} if details else {})


def a_history() -> list[dict[str, Any]]:
    """A function fails and is tried again; then a task is killed, a Catch takes over, and the execution fails."""
    told = {
        "TaskArn": TASK, "TaskDefinitionArn": "x/tradai-strategy-generic-prod:7", "LastStatus": "STOPPED",
        "CreatedAt": 1_767_236_410_000, "StartedAt": 1_767_236_411_000, "StoppedAt": 1_767_236_412_000,
        "Containers": [{"Name": "strategy", "ExitCode": 137, "Reason": "OutOfMemoryError: killed"}],
    }  # fmt: skip
    return [
        event(1, 0, "ExecutionStarted"),
        event(2, 1, "TaskStateEntered", name="EnsureData"),
        event(3, 2, "TaskScheduled"),
        event(4, 3, "TaskFailed", error="Lambda.TooManyRequestsException", cause="slow down"),
        event(5, 4, "TaskScheduled"),
        event(6, 5, "TaskSucceeded"),
        event(7, 6, "TaskStateExited", name="EnsureData"),
        event(8, 7, "TaskStateEntered", name="RunBacktest"),
        event(9, 8, "TaskScheduled"),
        event(10, 9, "TaskSubmitted", output=json.dumps({"Tasks": [told | {"LastStatus": "PROVISIONING"}]})),
        event(11, 10, "TaskFailed", error="States.TaskFailed", cause=json.dumps(told)),
        event(12, 11, "TaskStateExited", name="RunBacktest"),
        event(13, 12, "FailStateEntered", name="BacktestFailed"),
        event(14, 13, "ExecutionFailed", error="States.TaskFailed"),
    ]


def test_every_event_is_a_piece_with_its_state() -> None:
    """Each once, in order, whatever the order of the pages; each knows in which state it happened."""
    pieces = history_pieces(a_history()[::-1], ARN, "backtest")
    assert [one.event_id for one in pieces] == [f"{ARN}/{number}" for number in range(1, 15)]
    assert [one.state_name for one in pieces] == [
        None, *["EnsureData"] * 6, *["RunBacktest"] * 5, "BacktestFailed", None,
    ]  # fmt: skip
    shown = [one.words for one in pieces if not one.minor]
    assert shown == [
        "execution started",
        "entered EnsureData",
        "EnsureData failed: Lambda.TooManyRequestsException: slow down, tried again",
        "entered RunBacktest",
        "RunBacktest failed: States.TaskFailed: OutOfMemoryError: killed, exit 137",
        "entered BacktestFailed",
        "execution failed: States.TaskFailed",
    ]


def test_an_attempt_is_no_error() -> None:
    """What was tried again is a warning; what ended the state, and the execution, is an error."""
    levels = {one.words.split(":")[0]: one.level for one in history_pieces(a_history(), ARN, "backtest")}
    assert levels["EnsureData failed"] == "WARNING"
    assert levels["RunBacktest failed"] == "ERROR"
    assert levels["execution failed"] == "ERROR"
    assert levels["entered RunBacktest"] is None


def test_the_task_is_remembered_when_ecs_has_forgotten_it() -> None:
    """What Step Functions was told last, as DescribeTasks spells it; what it was not told of is no task."""
    (task,) = submitted_tasks(a_history()).values()
    assert (task["taskArn"], task["lastStatus"]) == (TASK, "STOPPED")
    assert task["stoppedAt"] == datetime.fromtimestamp(1_767_236_412, UTC)
    assert task["containers"][0]["exitCode"] == 137
    broken = [event(1, 0, "TaskSubmitted", output='{"TaskArn"'), event(2, 1, "TaskFailed", cause="no JSON")]
    assert submitted_tasks(broken) == {}


def test_the_functions_it_called() -> None:
    """By the old integration and the new one, by ARN, with a version and by name; what is none is left out."""
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:tradai-"
    events = [
        event(1, 0, "LambdaFunctionScheduled", resource=f"{arn}one-prod"),
        event(2, 1, "TaskScheduled", resourceType="lambda", parameters=json.dumps({"FunctionName": f"{arn}two-prod:7"})),
        event(3, 2, "TaskScheduled", resourceType="lambda", parameters='{"FunctionName": "tradai-three-prod"}'),
        event(4, 3, "TaskScheduled", resourceType="lambda", parameters=json.dumps({"FunctionName": f"{arn}one-prod"})),
        event(5, 4, "TaskScheduled", resourceType="lambda", parameters='{"FunctionName"'),
        event(6, 5, "TaskScheduled", resourceType="lambda", parameters='{"FunctionName": 7}'),
        event(7, 6, "TaskScheduled", resourceType="ecs", parameters='{"FunctionName": "no function"}'),
        event(8, 7, "LambdaFunctionScheduled"),
    ]  # fmt: skip
    assert called_functions(events) == ("tradai-one-prod", "tradai-two-prod", "tradai-three-prod")
