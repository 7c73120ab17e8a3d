"""The workflows pane's source: within the scarcest quota, failed states named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny
from tests.sources.conftest import START, HandClock, says
from tests.sources.spoilt import BAD, spoils
from tests.sources.test_failures import CAUGHT, TASK_FAILS, event
from tradai_console.aws.door import Door
from tradai_console.errors import Denied
from tradai_console.models.execution import Machine
from tradai_console.platform import Platform
from tradai_console.sources.workflows import WorkflowSource, parse_execution, parse_machine

AT = START.timestamp()
DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
ROLE = "arn:aws:iam::123456789012:role/any"


def machines(boto: Any, *names: str) -> Any:
    states = boto("stepfunctions")
    for name in names:
        states.create_state_machine(name=name, definition=DEFINITION, roleArn=ROLE)
    return states


def raw(name: str, status: str, started: float, stopped: float | None = None) -> dict[str, Any]:
    made = {"executionArn": f"arn:aws:states:e:{name}", "name": name, "status": status, "startDate": started}
    return made if stopped is None else {**made, "stopDate": stopped}


async def test_newest_first_with_the_state_that_failed(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """Failed, caught and running executions each say their state; an ended history is read only once."""
    machines(boto, "tradai-retraining-workflow-prod")
    executions = [
        raw("old", "SUCCEEDED", AT - 3 * 86_400, AT - 3 * 86_400 + 60),
        raw("failed", "FAILED", AT - 600, AT - 300),
        raw("caught", "SUCCEEDED", AT - 500, AT - 200),
        raw("running", "RUNNING", AT - 100),
    ]
    histories = {
        "failed": [*TASK_FAILS, event(9, 8, "ExecutionFailed")],
        "caught": [*CAUGHT, event(14, 13, "ExecutionSucceeded")],
        "running": TASK_FAILS[:6],
    }
    line.inject(says({"executions": executions}), "states", "ListExecutions")
    told = says(lambda asked: {"events": histories[asked["executionArn"].rpartition(":")[2]][::-1]})
    line.inject(told, "states", "GetExecutionHistory")
    source = WorkflowSource(door, platform, clock)
    for _ in range(2):
        reading = await source.read()
        assert reading.notes == ()
        running, caught, failed, old = reading.items
        assert (running.machine, running.name, running.current_state) == (
            "retraining",
            "running",
            "RunRetraining",
        )
        assert (caught.status, caught.caught, caught.failed_state) == ("SUCCEEDED", True, "RunRetraining")
        assert (failed.failed, failed.caught, failed.cause) == (
            True,
            False,
            "OutOfMemoryError: container killed, exit 137",
        )
        assert (old.name, old.failed) == ("old", False)
        clock.move(60)
    assert line.count("states", "GetExecutionHistory") == 2 + 1 + 1


async def test_a_stuck_execution_is_not_pushed_out_of_sight(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """One that runs on while a hundred newer ones come and go stays in the pane until it ends."""
    machines(boto, "tradai-backtest-workflow-prod")
    stuck = raw("stuck", "RUNNING", AT - 9_000)
    crowd = [raw(f"n{n}", "SUCCEEDED", AT - n, AT) for n in range(100)]
    answers = iter([[stuck, *crowd[1:]], crowd])
    line.inject(says(lambda asked: {"executions": next(answers)}), "states", "ListExecutions")
    line.inject(says({**stuck, "status": "TIMED_OUT", "stopDate": AT}), "states", "DescribeExecution")
    line.inject(says({"events": []}), "states", "GetExecutionHistory")
    source = WorkflowSource(door, platform, clock)
    assert (await source.read()).items[-1].status == "RUNNING"
    clock.move(60)
    last = (await source.read()).items[-1]
    assert (last.name, last.status) == ("stuck", "TIMED_OUT")


async def test_on_the_wire_as_it_is(door: Door, boto: Any, clock: HandClock, platform: Platform) -> None:
    """Executions of the local AWS are shown, foreign machines under their own names."""
    states = machines(boto, "tradai-backtest-workflow-prod", "somebody-elses")
    for one in states.list_state_machines()["stateMachines"]:
        states.start_execution(stateMachineArn=one["stateMachineArn"], name=f"run-{one['name']}")
    source = WorkflowSource(door, platform, clock)
    reading = await source.read()
    assert {one.machine for one in reading.items} == {"backtest", "somebody-elses"}
    assert [one.machine for one in source.machines] == ["backtest", "somebody-elses"]


async def test_the_budget_holds_and_nobody_is_forgotten(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """Ten lists at first, then six a minute; every machine has its turn; those not yet listed are counted
    aloud."""
    machines(boto, *[f"machine-{n:02}" for n in range(25)])
    source = WorkflowSource(door, platform, clock)
    reading = await source.read()
    assert line.count("states", "ListExecutions") == 10
    assert "15 of 25" in reading.notes[0]
    for _ in range(3):
        clock.move(60)
        line.forget_calls()
        reading = await source.read()
        assert line.count("states", "ListExecutions") <= 6
        assert line.count("states", "ListStateMachines") == 0
    assert reading.notes == ()


async def test_what_moves_comes_first(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """The machine somebody looks at, and those whose metric moved, are listed before the others."""
    machines(boto, *[f"machine-{n:02}" for n in range(20)])
    asked: list[str] = []

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request["stateMachineArn"].rpartition(":")[2])
        return {"executions": []}

    line.inject(says(answer), "states", "ListExecutions")
    source = WorkflowSource(door, platform, clock)
    await source.read()
    asked.clear()
    by_name = {one.name: one.arn for one in source.machines}
    source.focus(by_name["machine-03"])
    source.moved([by_name["machine-05"]])
    clock.move(20)
    await source.read()
    assert sorted(asked) == ["machine-03", "machine-05"]


async def test_histories_may_be_denied(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """Without the right to histories the executions stand, the permission is named, and is not asked for
    again soon."""
    machines(boto, "tradai-retraining-workflow-prod")
    line.inject(says({"executions": [raw("failed", "FAILED", AT, AT + 1)]}), "states", "ListExecutions")
    line.inject(deny(), "states", "GetExecutionHistory")
    source = WorkflowSource(door, platform, clock)
    for _ in range(3):
        reading = await source.read()
        assert (reading.items[0].failed, reading.items[0].failed_state) == (True, None)
        assert "states:GetExecutionHistory" in reading.notes[0]
        clock.move(60)
    assert line.count("states", "GetExecutionHistory") == 1


async def test_executions_that_cannot_be_read_are_an_error(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """If no machine answers the reading fails; if one of several does not, it is named and keeps what was
    known."""
    machines(boto, "a", "b")
    source = WorkflowSource(door, platform, clock)
    with line.fault(deny(), "states", "ListExecutions"), pytest.raises(Denied):
        await source.read()
    clock.move(60)
    with line.fault(deny(), "states", "ListExecutions", times=1):
        assert "states:ListExecutions" in (await source.read()).notes[0]


MACHINE = Machine("arn:m", "tradai-backtest-workflow-prod", "backtest")


@pytest.mark.parametrize("value", BAD)
def test_no_field_is_taken_for_granted(platform: Platform, value: object) -> None:
    """Any field may be absent or of another kind."""
    whole = {**raw("x", "FAILED", AT, AT), "startDate": START, "stopDate": START}
    for spoilt, key in spoils(whole, value):
        assert parse_execution(spoilt, MACHINE) is not None or key in ("executionArn", "startDate")
    for spoilt, key in spoils({"stateMachineArn": "arn:m", "name": "m", "type": "STANDARD"}, value):
        assert parse_machine(spoilt, platform) is not None or key == "stateMachineArn"
    assert parse_machine({"stateMachineArn": "arn:m", "type": "EXPRESS"}, platform) is None
