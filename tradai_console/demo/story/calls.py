"""The functions that a state machine calls: each invocation's lines, under the request id that the history has."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from tradai_console.demo.behaviour.executions import request_id
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.stage import Stage

FUNCTION_OF = {
    "ValidateStrategy": "validate-strategy",
    "EnsureData": "data-collection-proxy",
    "UpdateStatusRunning": "update-status",
    "UpdateStatusCompleted": "update-status",
    "UpdateStatusFailed": "update-status",
    "NotifyCompletion": "notify-completion",
    "NotifyFailure": "notify-completion",
    "CleanupResources": "cleanup-resources",
    "CheckRetrainingNeeded": "check-retraining-needed",
    "CompareModels": "compare-models",
    "PromoteModel": "promote-model",
    "FetchCandles": "data-collection-proxy",
}
"""Which function each state of the machines calls."""

_GOOD = frozenset({"TaskSucceeded", "LambdaFunctionSucceeded"})
_BAD = frozenset({"TaskFailed", "TaskTimedOut", "LambdaFunctionFailed", "LambdaFunctionTimedOut"})


@dataclass
class Calls:
    """What has been told of one execution's calls."""

    states: dict[int, str] = field(default_factory=dict)
    """Event to the state that it belongs to."""
    asked: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Event to the event that scheduled its call, and when that was."""


def follow_call(
    stage: Stage,
    calls: Calls,
    event: dict[str, Any],
    arn: str,
    about: str,
    rng: random.Random,
    *,
    measured: bool = True,
) -> None:
    """One more event: where it ends a call, that invocation is told whole. `about`: the ids its lines carry."""
    number, before, at = event["id"], event["previousEventId"], event["timestamp"].timestamp()
    entered = event.get("stateEnteredEventDetails")
    calls.states[number] = entered["name"] if entered else calls.states.get(before, "")
    begun = event["type"].endswith("Scheduled")
    calls.asked[number] = (number, at) if begun else calls.asked.get(before, (0, at))
    function = FUNCTION_OF.get(calls.states[number])
    if function is None or event["type"] not in _GOOD | _BAD:
        return
    scheduled, since = calls.asked[number]
    good = event["type"] in _GOOD
    run_function(
        stage,
        rng,
        function,
        [_words(about, calls.states[number])] if good else [],
        at=since + 0.03,
        failed=None if good else _failed_words(event),
        request=request_id(arn, scheduled),
        took_ms=max(2.0, (at - since) * 1000 - 60),
        measured=measured,
    )


def _failed_words(event: dict[str, Any]) -> str:
    """`DataNotAvailableError: no candles ...`, as the function's own log has it."""
    details: dict[str, Any] = next(
        (value for key, value in event.items() if key.endswith("EventDetails")), {}
    )
    error, cause = str(details.get("error", "Error")), str(details.get("cause", ""))
    try:
        told = json.loads(cause)
    except ValueError:
        return f"{error}: {cause}"
    return f"{error}: {told.get('errorMessage', cause)}" if isinstance(told, dict) else f"{error}: {cause}"


def _words(about: str, state: str) -> tuple[str, str, str]:
    said = {
        "ValidateStrategy": ("validate_strategy.Validator", "INFO", "valid=true"),
        "EnsureData": ("data_proxy.Proxy", "INFO", "ensure-data: no gaps left"),
        "UpdateStatusRunning": ("update_status.Writer", "INFO", "PENDING -> RUNNING updated=true"),
        "UpdateStatusCompleted": ("update_status.Writer", "INFO", "RUNNING -> COMPLETED updated=true"),
        "UpdateStatusFailed": ("update_status.Writer", "WARNING", "RUNNING -> FAILED updated=true"),
        "NotifyCompletion": ("notify.Publisher", "INFO", "notification sent severity=INFO"),
        "NotifyFailure": ("notify.Publisher", "WARNING", "notification sent severity=ERROR"),
        "CleanupResources": ("cleanup.Cleaner", "INFO", "0 tasks left to stop"),
        "CheckRetrainingNeeded": (
            "retraining_check.Decider",
            "INFO",
            "decision=needs_retraining reason=interval",
        ),
        "CompareModels": ("compare_models.Comparer", "INFO", "challenger compared with champion, 4 metrics"),
        "FetchCandles": ("data_proxy.Proxy", "INFO", "fetch_ohlcv: candles stored"),
        "PromoteModel": (
            "promote_model.Promoter",
            "INFO",
            "Staging -> Production, previous version archived",
        ),
    }
    logger, level, message = said[state]
    return logger, level, f"{message} {about}"
