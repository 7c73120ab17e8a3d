"""The path told from a history by `previousEventId` alone, and the culprit found in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.workflow.histories import CHILD, ECS, LAMBDA, entered, history, judged, left, line, shape, tree_of
from tradai_console.models.evidence import Verdict
from tradai_console.models.workflow import CauseKind, Outcome
from tradai_console.workflow.outline import Marks, Outline

STARTED = line(0, "ExecutionStarted", input="{}")


def test_branches_mixed_in_time_stand_apart() -> None:
    """Two branches run side by side, one of them with a Map inside: each event goes where its chain began."""
    tree = tree_of(
        history(
            STARTED,
            entered(0, "Parallel", "Both"),
            line(2, "ParallelStateStarted"),
            entered(3, "Task", "Left"),
            entered(3, "Map", "Each"),
            line(4, "TaskScheduled", **LAMBDA),
            line(5, "MapStateStarted", length=2),
            line(7, "MapIterationStarted", name="Each", index=0),
            line(7, "MapIterationStarted", name="Each", index=1),
            entered(8, "Pass", "Item"),
            entered(9, "Pass", "Item"),
            line(6, "TaskSucceeded", **LAMBDA, output="{}"),
            left(11, "Pass", "Item"),
            left(10, "Pass", "Item"),
            left(12, "Task", "Left"),
            line(13, "MapIterationSucceeded", name="Each", index=1),
            line(14, "MapIterationSucceeded", name="Each", index=0),
            line(17, "MapStateSucceeded"),
            left(18, "Map", "Each"),
            line(19, "ParallelStateSucceeded"),
            left(20, "Parallel", "Both"),
            line(21, "ExecutionSucceeded", output="{}"),
        )
    )
    assert shape(tree) == [
        "Both succeeded",
        "  branch 1 succeeded",
        "    Left succeeded",
        "  branch 2 succeeded",
        "    Each succeeded",
        "      item 0 succeeded",
        "        Item succeeded",
        "      item 1 succeeded",
        "        Item succeeded",
    ]


def test_a_failed_branch_cuts_its_sibling_off() -> None:
    """The branch that failed is the cause; the other one was aborted, and is none."""
    found, cause = judged(
        history(
            STARTED,
            entered(0, "Parallel", "Both"),
            line(2, "ParallelStateStarted"),
            entered(3, "Task", "Left"),
            entered(3, "Task", "Right"),
            line(4, "TaskScheduled", **LAMBDA),
            line(5, "TaskScheduled", **LAMBDA),
            line(6, "TaskFailed", **LAMBDA, error="KeyError", cause="'close'"),
            line(7, "TaskStateAborted"),
            line(8, "ParallelStateFailed"),
            line(10, "ExecutionFailed", error="KeyError", cause="'close'"),
        ),
        "FAILED",
    )
    assert found is not None
    assert shape(tree_of(history())) == []
    assert (found.node.name, found.outer.name, found.caught) == ("Left", "Both", False)
    assert cause.line == "Left (in Both) failed: KeyError: 'close'"


def test_retries_are_told_from_the_failure_that_counts() -> None:
    """Three attempts failed differently: the last one is the cause, and all of them are there."""
    events = history(
        STARTED,
        entered(0, "Task", "Train"),
        line(2, "TaskScheduled", **ECS),
        line(3, "TaskFailed", **ECS, error="States.TaskFailed", cause="Spot Task was interrupted"),
        line(4, "TaskScheduled", **ECS),
        line(5, "TaskTimedOut", **ECS, error="States.Timeout"),
        line(6, "TaskScheduled", **ECS),
        line(7, "TaskFailed", **ECS, error="States.TaskFailed", cause="exit 1"),
        line(8, "ExecutionFailed", error="States.TaskFailed", cause="exit 1"),
    )
    _, cause = judged(events, "FAILED")
    assert (cause.tries, cause.line) == (3, "Train failed on each of 3 attempts: exit 1")
    (row,) = Outline(Marks()).of(tree_of(events).roots)
    assert [one.outcome for one in row.attempts] == [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.FAILED]
    assert row.outcome is Outcome.FAILED


HANDLED = {
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Task",
            "Next": "Finish",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tidy"}],
        },
        "Finish": {"Type": "Pass", "End": True},
        "Tidy": {"Type": "Task", "Next": "Tell"},
        "Tell": {"Type": "Task", "Next": "Broken"},
        "Broken": {"Type": "Fail"},
    },
}
WORK_FAILED = (
    STARTED,
    entered(0, "Task", "Work"),
    line(2, "TaskScheduled", **LAMBDA),
    line(3, "TaskFailed", **LAMBDA, error="MemoryError", cause=""),
    left(4, "Task", "Work"),
    entered(5, "Task", "Tidy"),
    line(6, "TaskScheduled", **LAMBDA),
)


def test_the_handlers_end_is_not_the_cause() -> None:
    """A Fail state only ends what a Catch has led to: the cause is what was caught."""
    events = history(
        *WORK_FAILED,
        line(7, "TaskSucceeded", **LAMBDA, output="{}"),
        left(8, "Task", "Tidy"),
        entered(9, "Task", "Tell"),
        line(10, "TaskScheduled", **LAMBDA),
        line(11, "TaskSucceeded", **LAMBDA, output="{}"),
        left(12, "Task", "Tell"),
        entered(13, "Fail", "Broken"),
        line(14, "ExecutionFailed", error="Told", cause="see the message"),
    )
    for definition in (HANDLED, None):
        _, cause = judged(events, "FAILED", definition)
        assert (cause.kind, cause.state, cause.caught) == (CauseKind.MEMORY, "Work", True)
        assert cause.line == "Work failed: out of memory (MemoryError); Tidy took over"


def test_a_handler_that_fails_itself_is_told_second() -> None:
    """The tidying failed too, and ended the execution: the first line still names the work."""
    events = history(
        *WORK_FAILED,
        line(7, "TaskFailed", **LAMBDA, error="AccessDenied", cause="not authorized to stop tasks"),
        line(8, "ExecutionFailed", error="AccessDenied", cause="not authorized to stop tasks"),
    )
    _, cause = judged(events, "FAILED", HANDLED)
    assert cause.state == "Work"
    assert "Tidy, which was to deal with it, failed as well" in cause.line


def test_a_failure_after_which_it_went_on_is_a_warning() -> None:
    """A Catch that leads back to the good way: the run is well, and says what it has outlived."""
    definition: dict[str, Any] = {
        "StartAt": "Fetch",
        "States": {
            "Fetch": {
                "Type": "Task",
                "Next": "Use",
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Use"}],
            },
            "Use": {"Type": "Pass", "End": True},
        },
    }
    events = history(
        STARTED,
        entered(0, "Task", "Fetch"),
        line(2, "TaskScheduled", **LAMBDA),
        line(3, "TaskFailed", **LAMBDA, error="Timeout", cause="no answer"),
        left(4, "Task", "Fetch"),
        entered(5, "Pass", "Use"),
        left(6, "Pass", "Use"),
        line(7, "ExecutionSucceeded", output="{}"),
    )
    _, cause = judged(events, "SUCCEEDED", definition)
    assert cause.verdict is Verdict.WARN
    assert cause.line == "Fetch failed: Timeout: no answer; it was caught and went on with Use"


def test_what_was_caught_before_anything_was_called_is_in_the_output() -> None:
    """Parameters that could not be made leave no event of failure: only the Catch's output tells."""
    events = history(
        STARTED,
        entered(0, "Task", "Work"),
        left(2, "Task", "Work", {"error": {"Error": "States.ParameterPathFailure", "Cause": "no $.pair"}}),
        entered(3, "Fail", "Broken"),
        line(4, "ExecutionFailed"),
    )
    _, cause = judged(events, "FAILED", HANDLED)
    assert (cause.kind, cause.state) == (CauseKind.DEFINITION, "Work")
    assert "States.ParameterPathFailure" in str(cause.error)


@pytest.mark.parametrize("linked", [True, False])
def test_the_whole_execution_ran_out_of_time(linked: bool) -> None:
    """Nothing failed: the execution's own limit ended it, and the line says where it was and for how long."""
    events = history(
        STARTED,
        entered(0, "Pass", "Begin"),
        left(2, "Pass", "Begin"),
        entered(3, "Task", "Wait for it"),
        line(4, "TaskScheduled", **ECS),
        line(5 if linked else 0, "ExecutionTimedOut"),
    )
    found, cause = judged(events, "TIMED_OUT", limit_s=7200.0)
    assert found is not None
    assert (cause.kind, cause.state, cause.error) == (CauseKind.TIMEOUT, "Wait for it", "States.Timeout")
    assert cause.line == "The whole execution ran past its time limit of 2 h; it was in Wait for it for 20 s"


@pytest.mark.parametrize("told", [True, False])
def test_somebody_stopped_it(told: bool) -> None:
    """By whom and why, where they said so; with or without an event for the state that was cut off."""
    more = (line(4, "TaskStateAborted"),) if told else ()
    events = history(
        STARTED,
        entered(0, "Task", "Train"),
        line(2, "TaskScheduled", **ECS),
        line(3, "TaskStarted", **ECS),
        *more,
        line(0, "ExecutionAborted", error="StoppedOnCall", cause="stopped by jm on call"),
    )
    _, cause = judged(events, "ABORTED")
    assert (cause.verdict, cause.kind, cause.state) == (Verdict.WARN, CauseKind.STOPPED, "Train")
    assert cause.line.startswith("Stopped while in Train for ")
    assert cause.line.endswith("StoppedOnCall: stopped by jm on call")


def test_an_expression_that_cannot_be_evaluated_names_its_state() -> None:
    """JSONata's own event of failure has the state and the place in it."""
    events = history(
        STARTED,
        entered(0, "Pass", "Shape"),
        line(
            2,
            "EvaluationFailed",
            error="States.QueryEvaluationError",
            cause="T2001",
            location="Output",
            state="Shape",
        ),
        line(3, "ExecutionFailed", error="States.QueryEvaluationError", cause="T2001"),
    )
    _, cause = judged(events, "FAILED")
    assert (cause.kind, cause.state) == (CauseKind.DEFINITION, "Shape")


def test_a_choice_that_fits_no_way_names_itself() -> None:
    """Nothing but the execution's own end tells of it: its error and cause are the state's."""
    events = history(
        STARTED,
        entered(0, "Choice", "Which"),
        line(2, "ExecutionFailed", error="States.NoChoiceMatched", cause="no rule fits"),
    )
    _, cause = judged(events, "FAILED")
    assert (cause.kind, cause.state) == (CauseKind.DEFINITION, "Which")
    assert "no rule fits" in cause.line


def test_a_redriven_execution_goes_on_in_the_state_that_failed() -> None:
    """One state, two attempts, of which the second one is after the redrive; what failed before is past."""
    events = history(
        STARTED,
        entered(0, "Task", "Train"),
        line(2, "TaskScheduled", **ECS),
        line(3, "TaskFailed", **ECS, error="States.TaskFailed", cause="exit 1"),
        line(4, "ExecutionFailed", error="States.TaskFailed", cause="exit 1"),
        line(5, "ExecutionRedriven", redriveCount=1),
        line(6, "TaskScheduled", **ECS),
        line(7, "TaskSucceeded", **ECS, output="{}"),
        left(8, "Task", "Train"),
        line(9, "ExecutionSucceeded", output="{}"),
    )
    tree = tree_of(events)
    assert shape(tree) == ["Train succeeded"]
    assert (tree.redrives, [one.outcome.value for one in tree.roots[0].tries]) == (1, ["failed", "succeeded"])
    _, cause = judged(events, "SUCCEEDED")
    assert cause.verdict is Verdict.OK
    running, _ = judged(events[:7], "RUNNING")
    assert running is None


def test_the_last_page_alone_tells_the_end() -> None:
    """Of a long history only the newest events are there: the state that failed is named all the same."""
    events = history(
        *[STARTED] * 50,
        left(49, "Task", "Before"),
        entered(51, "Task", "Last"),
        line(52, "TaskScheduled", **LAMBDA),
        line(53, "TaskFailed", **LAMBDA, error="ValueError", cause="NaN"),
        line(54, "ExecutionFailed", error="ValueError", cause="NaN"),
    )[50:]
    _, cause = judged(events, "FAILED")
    assert cause.line == "Last failed: ValueError: NaN"


def test_a_machine_that_runs_is_told_by_where_it_is() -> None:
    """State, attempt, how long, what is usual, and what the attempt before failed with."""
    events = history(
        STARTED,
        entered(0, "Task", "Train"),
        line(2, "TaskScheduled", **ECS),
        line(3, "TaskFailed", **ECS, error="States.TaskFailed", cause="Spot Task was interrupted"),
        line(4, "TaskScheduled", **ECS),
    )
    _, cause = judged(events, "RUNNING", usual={"Train": 40.0})
    assert cause.verdict is Verdict.WARN
    assert cause.line == (
        "In Train for 5 m, attempt 2, usually 40 s, the attempt before failed: Spot Task was interrupted"
    )


def test_a_child_names_itself_where_it_was_submitted() -> None:
    """The execution that a state waits for is known from its submission on."""
    arn = "arn:aws:states:eu-central-1:123456789012:execution:inner:one"
    tree = tree_of(
        history(
            STARTED,
            entered(0, "Task", "Run it"),
            line(2, "TaskScheduled", **CHILD, parameters=json.dumps({"StateMachineArn": f"{arn}x"})),
            line(3, "TaskSubmitted", **CHILD, output=json.dumps({"ExecutionArn": arn})),
        )
    )
    (row,) = Outline(Marks()).of(tree.roots)
    assert row.attempts[0].child_arn == arn
