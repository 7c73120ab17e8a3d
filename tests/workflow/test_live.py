"""Executions that go on while they are looked at, that are inside others, and answers that do not come."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
import requests

from tests.probes.conftest import Platform
from tests.workflow.conftest import Machine, Opened
from tests.workflow.histories import CHILD, LAMBDA, entered, history, line
from tradai_console.demo import behaviour
from tradai_console.demo.behaviour import stepfunctions as levers
from tradai_console.demo.behaviour.executions import Outcome
from tradai_console.demo.story.levers import Plan, outcomes
from tradai_console.errors import ConsoleError, Throttled
from tradai_console.models.evidence import Verdict
from tradai_console.models.workflow import CauseKind, Workflow
from tradai_console.workflow import run
from tradai_console.workflow.history import History

pytestmark = pytest.mark.xdist_group("workflow")

STARTED = line(0, "ExecutionStarted", input="{}")
TWO_STEPS = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Second"},
        "Second": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "tradai-update-status-prod", "Payload.$": "$"},
            "End": True,
        },
    },
}


def loaded(machine: Machine, name: str, status: str, *lines: Any, **more: Any) -> str:
    """An execution with this history, which ended a minute ago."""
    now = behaviour.clock().now().timestamp()
    events = history(*lines, began=behaviour.clock().now(), step_s=1.0)
    arn = machine.arn("inner", TWO_STEPS)
    return levers.load(arn, name, status, events, started_at=now - 100, stopped_at=now - 60, **more)


FAILED = (
    STARTED,
    entered(0, "Task", "Second"),
    line(2, "TaskScheduled", **LAMBDA),
    line(3, "TaskFailed", **LAMBDA, error="ValueError", cause="NaN in row 7"),
    line(4, "ExecutionFailed", error="ValueError", cause="NaN in row 7"),
)


async def test_a_child_executions_failure_is_bubbled_up(machine: Machine, opened: Opened) -> None:
    """The outer execution only knows that its child FAILED; its first line says which state of the child, and why."""
    inner = loaded(machine, "the-child", "FAILED", *FAILED, error="ValueError", cause="NaN in row 7")
    told = json.dumps(
        {"ExecutionArn": inner, "Status": "FAILED", "Error": "ValueError", "Cause": "NaN in row 7"}
    )
    outer = loaded(
        machine,
        "the-parent",
        "FAILED",
        STARTED,
        entered(0, "Task", "RunInner"),
        line(2, "TaskScheduled", **CHILD),
        line(3, "TaskSubmitted", **CHILD, output=json.dumps({"ExecutionArn": inner})),
        line(4, "TaskFailed", **CHILD, error="States.TaskFailed", cause=told),
        line(5, "ExecutionFailed", error="States.TaskFailed", cause=told),
    )
    found = await opened.whole(outer, lambda one: any(row.type == "Child" for row in one.states))
    assert (
        found.cause.line == "Second failed: ValueError: NaN in row 7, in the-child, which RunInner waited for"
    )
    assert found.cause.where == ("RunInner", "the-child", "Second")
    (marked,) = [row for row in found.states if row.culprit]
    assert (marked.id, marked.name, marked.depth) == (found.cause.visit, "Second", 2)
    assert [row.name for row in found.states][:2] == ["RunInner", "inner the-child"]


async def test_a_distributed_maps_failed_item_is_bubbled_up(machine: Machine, opened: Opened) -> None:
    """The items of a distributed Map are executions of their own: the failed one is found and folded in."""
    run = "arn:aws:states:eu-central-1:123456789012:mapRun:inner/Each:9c9d"
    loaded(machine, "item-ok", "SUCCEEDED", *FAILED[:3], map_run=run)
    loaded(machine, "item-bad", "FAILED", *FAILED, map_run=run)
    outer = loaded(
        machine,
        "the-map",
        "FAILED",
        STARTED,
        entered(0, "Map", "Each"),
        line(2, "MapRunStarted", mapRunArn=run),
        line(3, "MapRunFailed", error="States.ExceedToleratedFailureThreshold", cause="1 of 2 items failed"),
        line(
            4, "ExecutionFailed", error="States.ExceedToleratedFailureThreshold", cause="1 of 2 items failed"
        ),
    )
    found = await opened.whole(outer, lambda one: any(row.type == "Child" for row in one.states))
    assert found.cause.line == "Second failed: ValueError: NaN in row 7, in item-bad, which Each waited for"
    assert [row.name for row in found.states if row.type == "Child"] == ["inner item-bad"]


@pytest.fixture
def running(platform: Platform, machine: Machine) -> Callable[[str, Outcome], str]:
    """`running("name", Outcome(...))`: an execution whose second state goes so."""

    def start(name: str, second: Outcome) -> str:
        arn = machine.arn("steps", TWO_STEPS)
        levers.set_outcome("steps", "First", Outcome(1.0, {"ok": True}), execution=name)
        levers.set_outcome("steps", "Second", second, execution=name)
        started = levers.start(arn, {"job": name}, name=name)
        platform.advance(5)
        return started

    return start


async def test_a_running_execution_is_followed_to_its_end(
    platform: Platform, opened: Opened, running: Callable[[str, Outcome], str]
) -> None:
    """What happens after it was opened is told without being asked for."""
    first = await opened.desk.open(running("followed", Outcome(60.0, error="KeyError", cause="'close'")))
    assert isinstance(first, Workflow)
    assert (first.cause.kind, first.cause.state) == (CauseKind.RUNNING, "Second")
    platform.advance(120)
    opened.desk.at(first.key).refresh()
    told = await opened.whole(
        first.key, lambda one: one.execution is not None and one.execution.status == "FAILED"
    )
    assert told.cause.line == "Second failed: KeyError: 'close'"
    assert not told.progress.live


async def test_a_redrive_is_followed_too(
    platform: Platform, opened: Opened, running: Callable[[str, Outcome], str]
) -> None:
    """An ended execution that somebody redrives comes to life again, in the state that failed, and is told so."""
    arn = running("again", Outcome(1.0, error="KeyError", cause="'close'", attempts_failing=1))
    platform.advance(10)
    told = await opened.whole(arn)
    assert told.cause.state == "Second"
    assert [one.possible for one in told.offers if one.action == "workflow.redrive"] == [True]
    levers.set_outcome("steps", "Second", Outcome(1.0, {"ok": True}), execution="again")
    platform.client("stepfunctions").redrive_execution(executionArn=arn)
    platform.advance(30)
    opened.desk.at(arn).refresh()
    told = await opened.whole(
        arn, lambda one: one.execution is not None and one.execution.status == "SUCCEEDED"
    )
    assert (told.redrives, told.cause.verdict) == (1, Verdict.OK)
    second = told.states[-1]
    assert (second.name, second.tries) == ("Second", 2)


async def test_secrets_are_not_shown(
    platform: Platform, opened: Opened, running: Callable[[str, Outcome], str]
) -> None:
    """Neither among the facts, nor in the events, nor in the text that is opened whole."""
    secret = "hunter2-hunter2-hunter2"
    arn = running(
        "secrets", Outcome(1.0, {"db": {"password": secret}, "url": f"postgresql://tradai:{secret}@rds/x"})
    )
    platform.advance(10)
    told = await opened.whole(arn)
    last = told.states[-1]
    assert last.output is not None
    whole = await opened.desk.at(arn).payload(last.output)
    assert secret in whole.text
    assert "password" in " ".join(whole.lines)
    assert secret not in repr((told, whole.lines, opened.desk.at(arn).events(0, 100)))


async def test_payloads_and_events_are_given_when_asked_for(
    platform: Platform, opened: Opened, running: Callable[[str, Outcome], str]
) -> None:
    """Inputs are references until somebody opens them; events come in portions; a fold that is none says so."""
    arn = running("payloads", Outcome(1.0, {"rows": list(range(500))}))
    platform.advance(10)
    told = await opened.whole(arn)
    assert told.input is not None
    here = opened.desk.at(arn)
    whole_input = await here.payload(told.input)
    assert whole_input.text == '{"job": "payloads"}'
    assert whole_input.lines == ("{", '  "job": "payloads"', "}")
    last = told.states[-1]
    assert last.output is not None
    whole = await here.payload(last.output)
    assert len(whole.lines) > 500
    assert (last.output.size, last.output.preview[-1]) == (len(whole.text), "…")
    events = here.events(0, 100)
    assert [one.id for one in events] == list(range(1, told.progress.read + 1))
    assert {one.state for one in events} >= {None, "First", "Second"}
    assert here.events(2, 3) == events[2:5]
    with pytest.raises(ConsoleError, match="told otherwise"):
        here.unfolded(-1)


def test_histories_have_no_field_that_aws_has_not(platform: Platform) -> None:
    """What the local AWS answers is read by name through the service's own model: each field stands in it."""
    shape: Any = botocore.session.get_session().get_service_model("stepfunctions").shape_for("HistoryEvent")
    states = platform.client("stepfunctions")
    seen = set()
    for one in states.list_state_machines()["stateMachines"]:
        for execution in states.list_executions(stateMachineArn=one["stateMachineArn"])["executions"]:
            answer = requests.post(
                platform.url,
                json={"executionArn": execution["executionArn"], "maxResults": 1000},
                headers={
                    "X-Amz-Target": "AWSStepFunctions.GetExecutionHistory",
                    "Content-Type": "application/x-amz-json-1.0",
                    "Authorization": "AWS4-HMAC-SHA256 Credential=demo/20260101/eu-central-1/states/aws4_request",
                },
                timeout=10,
            )
            for event in answer.json()["events"]:
                seen.add(event["type"])
                for key, value in event.items():
                    assert key in shape.members
                    if isinstance(value, dict):
                        assert set(value) <= set(shape.members[key].members), (event["type"], value)
    assert seen >= {
        "TaskTimedOut",
        "MapIterationFailed",
        "MapIterationAborted",
        "TaskStateAborted",
        "TaskFailed",
    }


async def test_a_history_that_cannot_be_read_is_said_and_read_later(
    machine: Machine, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What DescribeExecution says is told at once; the history comes when AWS gives it."""
    arn = loaded(machine, "unreadable", "FAILED", *FAILED, error="ValueError", cause="NaN in row 7")
    ends = History.ends
    refused: list[History] = []

    async def refuse(history: History) -> Any:
        if not refused:
            refused.append(history)
            raise Throttled("states:GetExecutionHistory: Rate exceeded")
        return await ends(history)

    monkeypatch.setattr(History, "ends", refuse)
    monkeypatch.setattr(run, "FOLLOW_S", 0.05)
    first = await opened.desk.open(arn)
    assert isinstance(first, Workflow)
    assert first.cause.line == "FAILED: ValueError: NaN in row 7"
    assert (first.progress.whole, first.progress.read) == (False, 0)
    assert "Rate exceeded" in str(first.progress.error)
    told = await opened.whole(arn)
    assert told.cause.line == "Second failed: ValueError: NaN in row 7"
    assert told.progress.error is None


async def test_a_job_that_is_picked_up_at_last_becomes_its_execution(
    platform: Platform, machine: Machine, opened: Opened
) -> None:
    """Opened without an execution, then started: the row names it, and it is told under the same key."""
    created = behaviour.clock().now().isoformat()
    row = {"job_id": {"S": "bt-late"}, "status": {"S": "pending"}, "created_at": {"S": created}}
    platform.put("tradai-workflow-state-prod", row)
    told = await opened.whole("job:bt-late")
    assert (told.execution, told.cause.verdict) == (None, Verdict.OK)
    arn = loaded(machine, "late-one", "FAILED", *FAILED)
    platform.put("tradai-workflow-state-prod", {**row, "execution_arn": {"S": arn}})
    opened.desk.at(told.key).refresh()
    told = await opened.whole("job:bt-late", lambda one: one.execution is not None)
    assert told.cause.state == "Second"
    assert told.joined.row is not None


async def test_an_invalid_backtest_names_the_validation(platform: Platform, opened: Opened) -> None:
    """The function answered 200 with valid=false: no state failed, and the first line says what was wrong with it."""
    how = outcomes(Outcome, 3, "backtest", "bt-invalid", Plan(60.0, "invalid"))
    machine = platform.world.cast.machine_arn("backtest")
    given = {"job_id": "bt-invalid", "trace_id": "t", "strategy_name": "Pascal"}
    began = behaviour.clock().now().timestamp() - 40 * 3600
    arn = levers.rehearse(machine, began, given, name="bt-invalid", outcomes=how)
    told = await opened.whole(arn)
    assert told.cause.line.startswith("ValidateStrategy refused it: ")
    assert "unknown parameter 'roi_table'" in told.cause.line
    assert told.cause.line.endswith("CheckValidation led to UpdateStatusFailed")
    (invoked,) = told.joined.invocations
    assert "answered valid=false" in invoked.told
