"""Which state failed: histories as Step Functions writes them, and what is told of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sources.spoilt import BAD, spoils
from tradai_console.sources.failures import Failure, covers, parse_cause, parse_current, parse_failure

Event = dict[str, Any]


def event(number: int, before: int, kind: str, name: str | None = None, **details: Any) -> Event:
    """One event; `name` for states entered and left, `details` for what failed."""
    made: Event = {"id": number, "previousEventId": before, "type": kind}
    if kind.endswith("StateEntered"):
        made["stateEnteredEventDetails"] = {"name": name}
    elif kind.endswith("StateExited"):
        made["stateExitedEventDetails"] = {"name": name}
    elif details:
        made[f"{kind[0].lower()}{kind[1:]}EventDetails"] = details
    return made


OOM = json.dumps(
    {
        "Containers": [
            {"Name": "log-router", "ExitCode": 0},
            {"Name": "strategy", "ExitCode": 137, "Reason": "OutOfMemoryError: container killed"},
        ],
        "StopCode": "EssentialContainerExited",
        "StoppedReason": "Essential container in task exited",
    }
)
START = event(1, 0, "ExecutionStarted")
TASK_FAILS = [
    START,
    event(2, 0, "PassStateEntered", "NormalizeInput"),
    event(3, 2, "PassStateExited", "NormalizeInput"),
    event(4, 3, "TaskStateEntered", "RunRetraining"),
    event(5, 4, "TaskScheduled"),
    event(6, 5, "TaskStarted"),
    event(7, 6, "TaskSubmitted"),
    event(8, 7, "TaskFailed", error="States.TaskFailed", cause=OOM),
]
CAUGHT = [
    *TASK_FAILS,
    event(9, 8, "TaskStateExited", "RunRetraining"),
    event(10, 9, "TaskStateEntered", "NotifyFailure"),
    event(11, 10, "LambdaFunctionScheduled"),
    event(12, 11, "LambdaFunctionSucceeded"),
    event(13, 12, "TaskStateExited", "NotifyFailure"),
]
DECIDED = [
    START,
    event(2, 0, "TaskStateEntered", "CheckRetrainingNeeded"),
    event(3, 2, "TaskStateExited", "CheckRetrainingNeeded"),
    event(4, 3, "ChoiceStateEntered", "Evaluate"),
    event(5, 4, "ChoiceStateExited", "Evaluate"),
    event(6, 5, "PassStateEntered", "HandleInvalidModel"),
    event(7, 6, "PassStateExited", "HandleInvalidModel"),
    event(8, 7, "TaskStateEntered", "NotifyFailure"),
    event(9, 8, "TaskStateExited", "NotifyFailure"),
]
RETRIED = [
    START,
    event(2, 0, "TaskStateEntered", "Check"),
    event(3, 2, "LambdaFunctionScheduled"),
    event(4, 3, "LambdaFunctionFailed", error="TooManyRequests", cause="first attempt"),
    event(5, 4, "LambdaFunctionScheduled"),
]
MAPPED = [
    START,
    event(2, 0, "MapStateEntered", "EachPair"),
    event(3, 2, "MapStateStarted"),
    event(4, 3, "MapIterationStarted"),
    event(5, 4, "TaskStateEntered", "Fetch"),
    event(6, 5, "TaskScheduled"),
    event(7, 6, "TaskFailed", error="Timeout", cause="exchange silent"),
    event(8, 7, "MapIterationFailed"),
    event(9, 8, "MapStateFailed"),
]
WHOLE = "OutOfMemoryError: container killed, exit 137"


@pytest.mark.parametrize(
    ("events", "failure"),
    [
        pytest.param(
            [*TASK_FAILS, event(9, 8, "ExecutionFailed", error="States.TaskFailed", cause=OOM)],
            Failure("RunRetraining", "States.TaskFailed", WHOLE, False),
            id="a task of ECS",
        ),
        pytest.param(
            [*TASK_FAILS, event(9, 0, "ExecutionFailed", error="States.TaskFailed", cause=OOM)],
            Failure("RunRetraining", "States.TaskFailed", WHOLE, False),
            id="the last event is not linked",
        ),
        pytest.param(
            [*CAUGHT, event(14, 13, "ExecutionSucceeded")],
            Failure("RunRetraining", "States.TaskFailed", WHOLE, True),
            id="caught, ended well",
        ),
        pytest.param(
            [
                *CAUGHT,
                event(14, 13, "FailStateEntered", "Failed"),
                event(15, 14, "ExecutionFailed", error="E", cause="c"),
            ],
            Failure("RunRetraining", "States.TaskFailed", WHOLE, False),
            id="caught, the handler ends in a Fail state",
        ),
        pytest.param(
            [
                *CAUGHT[:11],
                event(12, 11, "LambdaFunctionFailed", error="E2", cause="c2"),
                event(13, 12, "ExecutionFailed"),
            ],
            Failure("NotifyFailure", "E2", "c2", False),
            id="caught, then the handler itself fails",
        ),
        pytest.param(
            [
                START,
                event(2, 0, "FailStateEntered", "Reject"),
                event(3, 2, "ExecutionFailed", error="Bad", cause="input"),
            ],
            Failure("Reject", "Bad", "input", False),
            id="a Fail state",
        ),
        pytest.param(
            [
                *RETRIED,
                event(
                    6,
                    5,
                    "LambdaFunctionFailed",
                    error="ValueError",
                    cause='{"errorMessage": "no data", "errorType": "ValueError"}',
                ),
                event(7, 6, "ExecutionFailed", error="ValueError"),
            ],
            Failure("Check", "ValueError", "ValueError: no data", False),
            id="the last attempt counts",
        ),
        pytest.param(
            [
                *RETRIED,
                event(6, 5, "LambdaFunctionSucceeded"),
                event(7, 6, "TaskStateExited", "Check"),
                event(8, 7, "ExecutionSucceeded"),
            ],
            None,
            id="a retry survived",
        ),
        pytest.param(
            [*MAPPED, event(10, 9, "ExecutionFailed", error="Timeout", cause="exchange silent")],
            Failure("Fetch", "Timeout", "exchange silent", False),
            id="inside a Map",
        ),
        pytest.param(
            [*MAPPED, event(10, 9, "MapStateExited", "EachPair"), event(11, 10, "ExecutionSucceeded")],
            Failure("Fetch", "Timeout", "exchange silent", True),
            id="a Map, caught",
        ),
        pytest.param(
            [
                START,
                event(2, 0, "TaskStateEntered", "Wait"),
                event(3, 2, "ActivityScheduled"),
                event(4, 3, "ActivityTimedOut", error="States.Timeout"),
                event(5, 4, "ExecutionFailed", error="States.Timeout"),
            ],
            Failure("Wait", "States.Timeout", None, False),
            id="an activity timed out",
        ),
        pytest.param(
            [*TASK_FAILS[:7], event(8, 0, "ExecutionTimedOut")],
            Failure("RunRetraining", "States.Timeout", None, False),
            id="the execution timed out",
        ),
        pytest.param(
            [*TASK_FAILS[:7], event(8, 0, "ExecutionAborted", error="Operator", cause="stuck")],
            Failure("RunRetraining", "Operator", "stuck", False),
            id="aborted",
        ),
        pytest.param(
            [START, event(2, 1, "ExecutionFailed", error="States.Runtime", cause="bad path")],
            Failure(None, "States.Runtime", "bad path", False),
            id="no state at all",
        ),
        pytest.param(TASK_FAILS, None, id="not ended"),
        pytest.param([], None, id="empty"),
    ],
)
def test_the_state_that_failed(events: list[Event], failure: Failure | None) -> None:
    """The failure that nothing survived, in whatever order the events come."""
    assert parse_failure(events) == failure
    assert parse_failure(list(reversed(events))) == failure


@pytest.mark.parametrize(
    ("events", "state"),
    [
        pytest.param(TASK_FAILS[:7], "RunRetraining", id="in a task"),
        pytest.param(TASK_FAILS[:3], None, id="between two"),
        pytest.param(CAUGHT[9:12], "NotifyFailure", id="only the newest events"),
        pytest.param(MAPPED[:6], "Fetch", id="inside a Map"),
        pytest.param([], None, id="empty"),
    ],
)
def test_the_state_it_is_in(events: list[Event], state: str | None) -> None:
    """The newest state entered and not left."""
    assert parse_current(events) == state


def test_how_much_of_a_history_is_needed() -> None:
    """A failure that ended it is told by the newest events; whether one was caught only by all of them."""
    failed = [*TASK_FAILS, event(9, 8, "ExecutionFailed")]
    assert covers(failed[3:])
    assert not covers(failed[5:])
    assert covers([*CAUGHT, event(14, 13, "ExecutionSucceeded")])
    assert not covers([*CAUGHT[5:], event(14, 13, "ExecutionSucceeded")])


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        pytest.param(OOM, WHOLE, id="task"),
        pytest.param(
            '{"StoppedReason": "CannotPullContainerError: no such image"}',
            "CannotPullContainerError: no such image",
            id="no container",
        ),
        pytest.param(
            '{"Containers": [{"ExitCode": 1}], "StoppedReason": "Essential container in task exited"}',
            "exit 1",
            id="exit code",
        ),
        pytest.param('{"errorMessage": "m", "errorType": "T", "trace": ["secret"]}', "T: m", id="function"),
        pytest.param(
            '{"Failures": [{"Reason": "RESOURCE:MEMORY"}], "Tasks": []}',
            "ECS could not start the task: RESOURCE:MEMORY",
            id="not started",
        ),
        pytest.param(OOM[:-9], WHOLE, id="task, cut"),
        pytest.param('{"errorMessage": "m", "errorType": "T", "trace": ["sec', "T: m", id="function, cut"),
        pytest.param('{"a": 1}', '{"a": 1}', id="other JSON"),
        pytest.param("{broken", "{broken", id="no JSON"),
        pytest.param("plain words", "plain words", id="words"),
        pytest.param("", None, id="nothing"),
        pytest.param(None, None, id="absent"),
        pytest.param("x\x1b[2Jy", "x␛[2Jy", id="hostile"),
    ],
)
def test_a_cause_in_words(cause: str | None, told: str | None) -> None:
    """JSON of a task or a function is summarised, cut JSON too, all else stands, made safe."""
    assert parse_cause(cause) == told


@pytest.mark.parametrize("value", BAD)
def test_no_field_is_taken_for_granted(value: object) -> None:
    """Any field of any event may be absent or of another kind."""
    events = [*CAUGHT, event(14, 13, "FailStateEntered", "F"), event(15, 14, "ExecutionFailed", error="E")]
    for index, one in enumerate(events):
        for spoilt, _ in spoils(one, value):
            story = [*events[:index], spoilt, *events[index + 1 :]]
            parse_failure(story)
            parse_current(story)
            covers(story)


def test_a_circle_ends() -> None:
    """Events that point at each other do not hold up the reading."""
    circle = [
        event(1, 2, "TaskFailed"),
        event(2, 1, "TaskScheduled"),
        event(3, 2, "ExecutionFailed", error="E"),
    ]
    assert parse_failure(circle) == Failure(None, "E", None, False)


def test_a_decision_against_it_is_no_success() -> None:
    """Nothing failed, and a choice led to failure's own states: told as caught, as long as they were its end."""
    ended = [*DECIDED, event(10, 9, "ExecutionSucceeded")]
    told = Failure("CheckRetrainingNeeded", "refused", "Evaluate led to HandleInvalidModel", True)
    assert parse_failure(ended) == told
    back = [
        *DECIDED,
        event(10, 9, "PassStateEntered", "Goes on"),
        event(11, 10, "PassStateExited", "Goes on"),
        event(12, 11, "ExecutionSucceeded"),
    ]
    assert parse_failure(back) is None
