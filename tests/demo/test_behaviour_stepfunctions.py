"""Step Functions behaves: executions run by their definition and leave AWS's own history."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.demo.conftest import Aws
from tradai_console.demo.behaviour import functions
from tradai_console.demo.behaviour import stepfunctions as levers
from tradai_console.demo.behaviour.stepfunctions import Outcome

NAME = "tradai-retraining-workflow-prod"
LAMBDA = "arn:aws:states:::lambda:invoke"
DEFINITION: dict[str, Any] = {
    "StartAt": "Check",
    "TimeoutSeconds": 10800,
    "States": {
        "Check": {
            "Type": "Task",
            "Resource": LAMBDA,
            "Parameters": {"FunctionName": "check", "Payload.$": "$"},
            "ResultSelector": {"decision.$": "$.Payload.decision"},
            "ResultPath": "$.check",
            "Next": "Decide",
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "NotifyFailure"}],
        },
        "Decide": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.check.decision", "StringEquals": "needs_retraining", "Next": "RunRetraining"}
            ],
            "Default": "Skip",
        },
        "RunRetraining": {
            "Type": "Task",
            "Resource": "arn:aws:states:::ecs:runTask.sync",
            "Parameters": {
                "Cluster": "tradai-prod",
                "TaskDefinition": "tradai-strategy-generic-prod",
                "LaunchType": "FARGATE",
                "Tags": [{"Key": "job_id", "Value.$": "$.job_id"}],
                "Overrides": {"ContainerOverrides": [{"Name": "strategy"}]},
            },
            "ResultPath": None,
            "Retry": [{"ErrorEquals": ["ECS.ServerException"], "IntervalSeconds": 2, "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "NotifyFailure"}],
            "Next": "Pause",
        },
        "Pause": {"Type": "Wait", "Seconds": 5, "Next": "Each"},
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.pairs",
            "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}},
            "ResultPath": "$.each",
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "Result": 1, "End": True}}},
                {"StartAt": "Right", "States": {"Right": {"Type": "Pass", "Result": 2, "End": True}}},
            ],
            "ResultPath": "$.both",
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
        "Skip": {"Type": "Succeed"},
        "NotifyFailure": {"Type": "Fail", "Error": "RetrainingFailed", "CausePath": "$.error.Cause"},
    },
}
INPUT = {"job_id": "rt-1", "pairs": ["BTC/USDT", "ETH/USDT"]}


def make(aws: Aws, definition: dict[str, Any] = DEFINITION, name: str = NAME) -> str:
    aws.client("ecs").create_cluster(clusterName="tradai-prod")
    aws.client("ecs").register_task_definition(
        family="tradai-strategy-generic-prod",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="1024",
        memory="2048",
        containerDefinitions=[{"name": "strategy", "image": "tradai/strategy:1"}],
    )
    answer = aws.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/states"
    )
    return str(answer["stateMachineArn"])


def begin(aws: Aws, machine: str, **more: Any) -> str:
    answer = aws.client("stepfunctions").start_execution(
        stateMachineArn=machine, input=json.dumps(INPUT), **more
    )
    return str(answer["executionArn"])


def status(aws: Aws, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("stepfunctions").describe_execution(executionArn=arn)
    return found


def history(aws: Aws, arn: str) -> list[dict[str, Any]]:
    pages = aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]


def kinds(aws: Aws, arn: str) -> list[str]:
    return [event["type"] for event in history(aws, arn)]


def test_good_execution(aws: Aws) -> None:
    """Every kind of state runs in its order, with a true ECS task, and each event follows an earlier one."""
    machine = make(aws)
    levers.set_outcome(NAME, "Check", Outcome(2, {"decision": "needs_retraining"}))
    levers.set_outcome(NAME, "RunRetraining", Outcome(339))
    arn = begin(aws, machine)
    aws.advance(60)
    assert status(aws, arn)["status"] == "RUNNING"
    assert kinds(aws, arn)[-1] == "TaskSubmitted"
    ecs = aws.client("ecs")
    running = ecs.list_tasks(cluster="tradai-prod", startedBy="AWS Step Functions")["taskArns"]
    task = ecs.describe_tasks(cluster="tradai-prod", tasks=running, include=["TAGS"])["tasks"][0]
    assert task["tags"] == [{"key": "job_id", "value": "rt-1"}]
    aws.advance(340)
    found = status(aws, arn)
    assert found["status"] == "SUCCEEDED"
    assert json.loads(found["output"])["both"] == [1, 2]
    assert json.loads(found["output"])["each"] == INPUT["pairs"]
    events = history(aws, arn)
    assert [one["id"] for one in events] == list(range(1, len(events) + 1))
    assert all(0 <= one["previousEventId"] < one["id"] for one in events)
    assert [one["type"] for one in events][:9] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ChoiceStateEntered",
        "ChoiceStateExited",
        "TaskStateEntered",
    ]
    for kind in ("WaitStateExited", "MapIterationSucceeded", "MapStateSucceeded", "ParallelStateSucceeded"):
        assert kind in kinds(aws, arn)
    assert events[-1]["type"] == "ExecutionSucceeded"
    assert events[1]["stateEnteredEventDetails"]["name"] == "Check"


def test_killed_task_is_caught(aws: Aws) -> None:
    """A task killed for its memory gives TaskFailed with the task as its cause, and the Catch takes over."""
    machine = make(aws)
    levers.set_outcome(NAME, "Check", Outcome(1, {"decision": "needs_retraining"}))
    reason = "OutOfMemoryError: Container killed due to memory usage"
    levers.set_outcome(NAME, "RunRetraining", Outcome(60, exit_code=137, container_reason=reason))
    arn = begin(aws, machine)
    aws.advance(120)
    found = status(aws, arn)
    assert (found["status"], found["error"]) == ("FAILED", "RetrainingFailed")
    failed = next(one for one in history(aws, arn) if one["type"] == "TaskFailed")["taskFailedEventDetails"]
    assert failed["error"] == "States.TaskFailed"
    container = json.loads(failed["cause"])["Containers"][0]
    assert (container["ExitCode"], container["Reason"]) == (137, reason)
    assert kinds(aws, arn)[-2:] == ["FailStateEntered", "ExecutionFailed"]


def test_function_answers_and_fails(aws: Aws) -> None:
    """Without a lever a function's own response is the result, and its error the state's error."""
    machine = make(aws)
    functions.set_response("check", lambda payload: {"decision": "no", "seen": payload["job_id"]})
    arn = begin(aws, machine)
    aws.advance(10)
    assert status(aws, arn)["status"] == "SUCCEEDED"
    functions.set_fault("check", functions.Fault("ConnectionError", "mlflow is down"))
    arn = begin(aws, machine)
    aws.advance(10)
    assert status(aws, arn)["status"] == "FAILED"
    failed = next(one for one in history(aws, arn) if one["type"] == "TaskFailed")["taskFailedEventDetails"]
    assert failed["error"] == "ConnectionError"


def test_retries_wait_and_end(aws: Aws) -> None:
    """A retried state is scheduled again after its interval; attempts that fail are counted."""
    machine = make(
        aws,
        {
            "StartAt": "Try",
            "States": {
                "Try": {
                    "Type": "Task",
                    "Resource": "arn:aws:lambda:eu-central-1:123456789012:function:try",
                    "Retry": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "IntervalSeconds": 10,
                            "MaxAttempts": 2,
                            "BackoffRate": 2,
                        }
                    ],
                    "End": True,
                }
            },
        },
    )
    levers.set_outcome(NAME, "Try", Outcome(1, error="Boom", attempts_failing=2, output={"ok": True}))
    arn = begin(aws, machine)
    aws.advance(20)
    assert kinds(aws, arn).count("LambdaFunctionFailed") == 2
    assert status(aws, arn)["status"] == "RUNNING"
    aws.advance(20)
    found = status(aws, arn)
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"ok": True})


def test_timeouts(aws: Aws) -> None:
    """A state's timeout fails the state, a machine's timeout the execution; its ECS task is stopped with it."""
    machine = make(aws, {**DEFINITION, "TimeoutSeconds": 100})
    levers.set_outcome(NAME, "Check", Outcome(1, {"decision": "needs_retraining"}))
    levers.set_outcome(NAME, "RunRetraining", Outcome(forever=True))
    arn = begin(aws, machine)
    aws.advance(110)
    assert status(aws, arn)["status"] == "TIMED_OUT"
    assert kinds(aws, arn)[-1] == "ExecutionTimedOut"
    assert aws.client("ecs").list_tasks(cluster="tradai-prod")["taskArns"] == []
    task = {
        "Type": "Task",
        "Resource": LAMBDA,
        "TimeoutSeconds": 5,
        "End": True,
        "Parameters": {"FunctionName": "x"},
    }
    other = make(aws, {"StartAt": "T", "States": {"T": task}}, "other")
    levers.set_outcome("other", "T", Outcome(60))
    arn = begin(aws, other)
    aws.advance(10)
    found = status(aws, arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.Timeout")
    assert "TaskTimedOut" in kinds(aws, arn)


def test_stop_and_redrive(aws: Aws) -> None:
    """A stopped execution is ABORTED and can be redriven from where it was; a good one can not."""
    machine = make(aws)
    states = aws.client("stepfunctions")
    levers.set_outcome(NAME, "Check", Outcome(1, {"decision": "needs_retraining"}))
    levers.set_outcome(NAME, "RunRetraining", Outcome(forever=True))
    arn = begin(aws, machine)
    aws.advance(30)
    states.stop_execution(executionArn=arn, error="Stopped", cause="by hand")
    found = status(aws, arn)
    assert (found["status"], found["cause"], found["redriveStatus"]) == ("ABORTED", "by hand", "REDRIVABLE")
    levers.set_outcome(NAME, "RunRetraining", Outcome(5))
    states.redrive_execution(executionArn=arn)
    assert status(aws, arn)["status"] == "RUNNING"
    aws.advance(60)
    found = status(aws, arn)
    assert (found["status"], found["redriveCount"], found["redriveStatus"]) == (
        "SUCCEEDED",
        1,
        "NOT_REDRIVABLE",
    )
    assert kinds(aws, arn).count("ExecutionRedriven") == 1
    with pytest.raises(ClientError) as caught:
        states.redrive_execution(executionArn=arn)
    assert caught.value.response["Error"]["Code"] == "ExecutionNotRedrivable"


def test_lists_newest_first(aws: Aws) -> None:
    """ListExecutions filters by status, pages, and has the newest first."""
    machine = make(aws)
    states = aws.client("stepfunctions")
    levers.set_outcome(NAME, "Check", Outcome(1, error="Boom"))
    for number in range(5):
        begin(aws, machine, name=f"e{number}")
        aws.advance(5)
    first = states.list_executions(stateMachineArn=machine, statusFilter="FAILED", maxResults=3)
    assert [one["name"] for one in first["executions"]] == ["e4", "e3", "e2"]
    rest = states.list_executions(stateMachineArn=machine, maxResults=3, nextToken=first["nextToken"])
    assert [one["name"] for one in rest["executions"]] == ["e1", "e0"]
    assert states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"] == []
    with pytest.raises(ClientError) as caught:
        begin(aws, machine, name="e0")
    assert caught.value.response["Error"]["Code"] == "ExecutionAlreadyExists"


def test_history_pages_both_ways(aws: Aws) -> None:
    """A history of 25,000 events pages forwards and backwards and can leave its data out."""
    machine = make(aws)
    now = aws.clock.time()
    events = [
        {"timestamp": now - 100, "type": "PassStateEntered", "id": n, "previousEventId": n - 1,
         "stateEnteredEventDetails": {"name": "P", "input": "{}"}}
        for n in range(1, 25_001)
    ]  # fmt: skip
    arn = levers.load(
        machine, "long", "FAILED", events, started_at=now - 100, stopped_at=now, error="E", cause="C"
    )
    states = aws.client("stepfunctions")
    newest = states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1000)
    assert [newest["events"][0]["id"], len(newest["events"])] == [25_000, 1000]
    bare = states.get_execution_history(executionArn=arn, maxResults=1, includeExecutionData=False)["events"][
        0
    ]
    assert bare["stateEnteredEventDetails"] == {"name": "P"}
    assert status(aws, arn)["error"] == "E"


def test_rehearsed_execution_is_in_the_past(aws: Aws) -> None:
    """A rehearsed execution is over at once, with its events where they belong in time, and leaves no task."""
    machine = make(aws)
    began = aws.clock.time() - 86_400
    outcomes = {"Check": Outcome(1, {"decision": "needs_retraining"}), "RunRetraining": Outcome(339)}
    arn = levers.rehearse(machine, began, INPUT, outcomes=outcomes)
    found = status(aws, arn)
    assert found["status"] == "SUCCEEDED"
    assert abs(found["startDate"].timestamp() - began) < 1
    assert 340 < (found["stopDate"] - found["startDate"]).total_seconds() < 360
    assert aws.client("ecs").list_tasks(cluster="tradai-prod")["taskArns"] == []
