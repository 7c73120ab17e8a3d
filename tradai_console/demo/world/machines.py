"""The state machines, as Amazon States Language: the two of the platform, and the old one that syncs candles."""

from __future__ import annotations

import json
from typing import Any

from tradai_console.demo.cast import Cast
from tradai_console.demo.clients import Clients

State = dict[str, Any]

_RETRY: list[dict[str, Any]] = [
    {
        "ErrorEquals": [
            "Lambda.ServiceException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
        ],
        "IntervalSeconds": 1,
        "MaxAttempts": 3,
        "BackoffRate": 2,
    }
]


def build_machines(aws: Clients, cast: Cast, subnets: list[str], group: str) -> None:
    """`states:CreateStateMachine` for each."""
    definitions = {
        cast.platform.machines["backtest"]: backtest(cast, subnets, group),
        cast.platform.machines["retraining"]: retraining(cast, subnets, group),
        cast.data_sync: data_sync(cast),
    }
    for name, definition in definitions.items():
        aws("stepfunctions").create_state_machine(
            name=name,
            definition=json.dumps(definition),
            roleArn=f"arn:aws:iam::{cast.account}:role/tradai-stepfunctions-{cast.env}",
            type="STANDARD",
            tags=[{"key": "Environment", "value": cast.env}],
        )


def _function(cast: Cast, name: str, following: str | None, **more: Any) -> State:
    """A state that calls one of the platform's functions; what it answers is kept under its own name."""
    state: State = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": cast.platform.function(name), "Payload.$": "$"},
        "ResultPath": f"$.{name.replace('-', '_')}",
        "Retry": _RETRY,
    }
    state |= {"Next": following} if following else {"End": True}
    return state | more


def _task(cast: Cast, mode: str, subnets: list[str], group: str, following: str, **more: Any) -> State:
    """A state that runs the strategy container on Fargate and waits for its end."""
    names = {"JOB_ID": "$.job_id", "STRATEGY": "$.strategy_name"}
    if mode == "train":
        names = {"JOB_ID": "$$.Execution.Name", "STRATEGY": "$.model_name", "MODEL_NAME": "$.model_name"}
    environment: list[dict[str, str]] = [{"Name": "TRADING_MODE", "Value": mode}]
    environment += [{"Name": name, "Value.$": path} for name, path in names.items()]
    if mode == "backtest":
        environment.append({"Name": "TRACE_ID", "Value.$": "$.trace_id"})
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {
            "Cluster": cast.arn("ecs", f"cluster/{cast.platform.cluster}"),
            "TaskDefinition": f"tradai-strategy-generic-{cast.env}",
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "Subnets": subnets,
                    "SecurityGroups": [group],
                    "AssignPublicIp": "DISABLED",
                }
            },
            "Overrides": {"ContainerOverrides": [{"Name": "strategy", "Environment": environment}]},
        },
        "ResultPath": "$.task",
        "Next": following,
    } | more


def _catch(following: str, *errors: str) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(errors) or ["States.ALL"], "ResultPath": "$.error", "Next": following}]


def backtest(cast: Cast, subnets: list[str], group: str) -> State:
    """Version 11 of the backtest workflow: 12 states; a time-out goes over HandleTimeout, all else over CleanupResources."""
    failed = {"Catch": _catch("UpdateStatusFailed")}
    states: dict[str, State] = {
        "ValidateStrategy": _function(cast, "validate-strategy", "CheckValidation", **failed),
        "CheckValidation": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.validate_strategy.Payload.valid", "BooleanEquals": False, "Next": "UpdateStatusFailed"}
            ],
            "Default": "EnsureData",
        },
        "EnsureData": _function(cast, "data-collection-proxy", "UpdateStatusRunning", TimeoutSeconds=180, **failed),
        "UpdateStatusRunning": _function(cast, "update-status", "RunBacktest", **failed),
        "RunBacktest": _task(
            cast, "backtest", subnets, group, "UpdateStatusCompleted", TimeoutSeconds=5400,
            Catch=_catch("HandleTimeout", "States.Timeout") + _catch("CleanupResources"),
        ),
        "UpdateStatusCompleted": _function(cast, "update-status", "NotifyCompletion", **failed),
        "NotifyCompletion": _function(cast, "notify-completion", None),
        "HandleTimeout": {
            "Type": "Pass",
            "Result": {"Error": "States.Timeout", "Cause": "the backtest ran past its time limit"},
            "ResultPath": "$.error",
            "Next": "CleanupResources",
        },
        "CleanupResources": _function(cast, "cleanup-resources", "UpdateStatusFailed", **failed),
        "UpdateStatusFailed": _function(cast, "update-status", "NotifyFailure", Catch=_catch("NotifyFailure")),
        "NotifyFailure": _function(cast, "notify-completion", "BacktestFailed", Catch=_catch("BacktestFailed")),
        "BacktestFailed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
    }  # fmt: skip
    return {
        "Comment": "Backtest workflow v11",
        "StartAt": "ValidateStrategy",
        "TimeoutSeconds": int(cast.platform.machine_timeouts_s["backtest"]),
        "States": states,
    }


def retraining(cast: Cast, subnets: list[str], group: str) -> State:
    """The retraining workflow: 13 states. A caught failure is notified and the execution SUCCEEDS."""
    caught = {"Catch": _catch("NotifyFailure")}
    decision = "$.check_retraining_needed.Payload.decision"
    states: dict[str, State] = {
        "NormalizeInput": {"Type": "Pass", "Next": "CheckRetrainingNeeded"},
        "CheckRetrainingNeeded": _function(
            cast, "check-retraining-needed", "EvaluateRetrainingNeed", **caught
        ),
        "EvaluateRetrainingNeed": {
            "Type": "Choice",
            "Choices": [
                {"Variable": decision, "StringEquals": "needs_retraining", "Next": "RunRetraining"},
                {"Variable": decision, "StringEquals": "invalid_model", "Next": "HandleInvalidModel"},
            ],
            "Default": "SkipRetraining",
        },
        "RunRetraining": _task(cast, "train", subnets, group, "CompareModels", TimeoutSeconds=7200, **caught),
        "CompareModels": _function(cast, "compare-models", "DecidePromotion", **caught),
        "DecidePromotion": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.compare_models.Payload.decision",
                    "StringEquals": "PROMOTE",
                    "Next": "PromoteModel",
                }
            ],
            "Default": "KeepCurrentModel",
        },
        "PromoteModel": _function(cast, "promote-model", "UpdateRetrainingState", **caught),
        "KeepCurrentModel": {"Type": "Pass", "Next": "UpdateRetrainingState"},
        "UpdateRetrainingState": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Parameters": {
                "TableName": cast.platform.tables.retraining_state,
                "Key": {"model_name": {"S.$": "$.model_name"}},
                "UpdateExpression": "SET last_retrained = :now",
                "ExpressionAttributeValues": {":now": {"S.$": "$$.State.EnteredTime"}},
            },
            "ResultPath": "$.saved",
            "Next": "NotifyCompletion",
        },
        "NotifyCompletion": _function(cast, "notify-completion", None),
        "HandleInvalidModel": {
            "Type": "Pass",
            "Result": {"Error": "InvalidModel", "Cause": "the model is not in ALLOWED_MODELS"},
            "ResultPath": "$.error",
            "Next": "NotifyFailure",
        },
        "NotifyFailure": _function(cast, "notify-completion", None),
        "SkipRetraining": {"Type": "Succeed"},
    }
    return {
        "Comment": "Retraining workflow",
        "StartAt": "NormalizeInput",
        "TimeoutSeconds": int(cast.platform.machine_timeouts_s["retraining"]),
        "States": states,
    }


_BUSY = [{"ErrorEquals": ["ExchangeRateLimited"], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2}]
"""The exchange is asked again when it says that it was asked too often."""


def data_sync(cast: Cast) -> State:
    """The old sync of candles: each pair is an item of a Map; one that fails for good fails them all."""
    fetch = _function(cast, "data-collection-proxy", "CheckGaps", Retry=_RETRY + _BUSY, TimeoutSeconds=180)
    items: dict[str, State] = {
        "FetchCandles": fetch,
        "CheckGaps": {"Type": "Pass", "End": True},
    }
    states: dict[str, State] = {
        "SyncPairs": {
            "Type": "Map",
            "ItemsPath": "$.pairs",
            "ItemSelector": {"pair.$": "$$.Map.Item.Value", "timeframe.$": "$.timeframe"},
            "MaxConcurrency": 3,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "FetchCandles",
                "States": items,
            },
            "ResultPath": "$.synced",
            "Catch": _catch("NotifyFailure"),
            "Next": "NotifyCompletion",
        },
        "NotifyCompletion": _function(cast, "notify-completion", None),
        "NotifyFailure": _function(cast, "notify-completion", "SyncFailed", Catch=_catch("SyncFailed")),
        "SyncFailed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
    }
    return {"Comment": "Data sync workflow", "StartAt": "SyncPairs", "TimeoutSeconds": 3600, "States": states}
