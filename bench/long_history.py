"""An execution with the longest history that there is, as a child: `python -m bench.long_history`. See `workflow`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, Final

import boto3

from tradai_console.demo.behaviour import stepfunctions as levers
from tradai_console.demo.server import environ, serve_in_thread

EVENTS: Final = 25_000
MACHINE: Final = "tradai-data-sync-workflow-bench"
_REGION: Final = "eu-central-1"
_DEFINITION: Final = {
    "StartAt": "FetchPage",
    "States": {
        "FetchPage": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "More"},
        "More": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.more", "BooleanEquals": True, "Next": "FetchPage"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
_ASKED: Final = json.dumps(
    {"FunctionName": "tradai-data-collection-proxy-bench", "Payload": {"pair": "BTC/USDT"}}
)
_DATA: Final = json.dumps({"pair": "BTC/USDT", "timeframe": "5m", "cursor": "c" * 200, "more": True})


def history(began: float) -> Iterator[dict[str, Any]]:
    """A state that fetches page after page until one fails: seven events a page."""
    number = 1
    told = {"resourceType": "lambda", "resource": "invoke"}
    yield {
        "id": 1, "previousEventId": 0, "timestamp": began, "type": "ExecutionStarted",
        "executionStartedEventDetails": {"input": _DATA, "inputDetails": {"truncated": False}},
    }  # fmt: skip
    before = 0
    for kind, name in (("PassStateEntered", "Prepare"), ("PassStateExited", "Prepare")) * 2:
        number += 1
        part = "stateEnteredEventDetails" if kind.endswith("Entered") else "stateExitedEventDetails"
        yield {
            "id": number,
            "previousEventId": before,
            "timestamp": began,
            "type": kind,
            part: {"name": name},
        }
        before = number
    cycle = (
        ("TaskStateEntered", "stateEnteredEventDetails", {"name": "FetchPage", "input": _DATA}),
        ("TaskScheduled", "taskScheduledEventDetails", {**told, "region": _REGION, "parameters": _ASKED}),
        ("TaskStarted", "taskStartedEventDetails", told),
        ("TaskSucceeded", "taskSucceededEventDetails", {**told, "output": _DATA}),
        ("TaskStateExited", "stateExitedEventDetails", {"name": "FetchPage", "output": _DATA}),
        ("ChoiceStateEntered", "stateEnteredEventDetails", {"name": "More", "input": _DATA}),
        ("ChoiceStateExited", "stateExitedEventDetails", {"name": "More", "output": _DATA}),
    )
    wrong = {
        "error": "DataNotAvailableError",
        "cause": '{"errorMessage":"no candles","errorType":"DataNotAvailableError"}',
    }
    while True:
        for kind, name, details in cycle:
            number += 1
            at = began + number * 0.2
            failing = number == EVENTS - 1
            if failing:
                kind, name, details = "TaskFailed", "taskFailedEventDetails", {**told, **wrong}
            yield {"id": number, "previousEventId": before, "timestamp": at, "type": kind, name: details}
            before = number
            if failing:
                yield {
                    "id": EVENTS, "previousEventId": before, "timestamp": at, "type": "ExecutionFailed",
                    "executionFailedEventDetails": wrong,
                }  # fmt: skip
                return


def main() -> None:
    """Serve until standard input ends."""
    url, stop = serve_in_thread(ticking=True)
    given = environ(url)
    states: Any = boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name=_REGION,
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
    )
    made = states.create_state_machine(
        name=MACHINE, definition=json.dumps(_DEFINITION), roleArn="arn:aws:iam::123456789012:role/bench"
    )
    began = 1_700_000_000.0
    events = [*history(began)]
    arn = levers.load(
        made["stateMachineArn"], "long", "FAILED", events, started_at=began, stopped_at=events[-1]["timestamp"],
        given=_DATA,
    )  # fmt: skip
    print(json.dumps({"url": url, "arn": arn, "events": len(events)}), flush=True)
    sys.stdin.read()
    stop()


if __name__ == "__main__":
    main()
