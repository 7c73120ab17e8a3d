"""Jobs started again, and rows of workflow state set right: only as the platform's own rules allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.operations.conftest import Desk
from tradai_console.models.evidence import Verdict

pytestmark = pytest.mark.xdist_group("operations")

TABLE = "tradai-workflow-state-prod"


def put(desk: Desk, job: str, status: str, arn: str | None = None) -> None:
    item: dict[str, Any] = {"job_id": {"S": job}, "status": {"S": status}}
    item["execution_arn"] = {"S": arn} if arn else {"NULL": True}
    desk.scene.aws("dynamodb").put_item(TableName=TABLE, Item=item)


def row(desk: Desk, job: str) -> dict[str, Any]:
    answer = desk.scene.aws("dynamodb").get_item(TableName=TABLE, Key={"job_id": {"S": job}})
    return dict(answer["Item"])


def started(desk: Desk, name: str, given: str = "{}") -> str:
    answer = desk.scene.aws("stepfunctions").start_execution(
        stateMachineArn=desk.scene.world.cast.machine_arn("backtest"), name=name, input=given
    )
    return str(answer["executionArn"])


async def test_start_again_takes_the_input_and_keeps_none_of_it(desk: Desk) -> None:
    """The new execution has the old one's input, under a name of its own; neither plan nor journal has it."""
    given = json.dumps({"job_id": "bt-twice", "strategy_name": "Pascal", "note": "hunter22x"})
    arn = started(desk, "bt-twice", given)
    assert "stop it first" in str((await desk.plan("workflow.start_again", execution=arn)).refused)
    states = desk.scene.aws("stepfunctions")
    states.stop_execution(executionArn=arn)
    put(desk, "bt-twice", "failed", arn)
    plan = await desk.plan("workflow.start_again", execution=arn)
    assert plan.refused is None
    assert "hunter22x" not in repr(plan)
    assert '--input "$INPUT"' in plan.aws_line
    assert any("RUNNING is refused from there" in one for one in plan.warnings)
    evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.OK
    new = states.describe_execution(executionArn=plan.expects["execution"])
    assert (new["status"], new["input"]) == ("RUNNING", given)
    assert "hunter22x" not in repr(await desk.entries())


async def test_a_stuck_row_is_set_right_in_its_own_spelling(desk: Desk) -> None:
    """PENDING without an execution may become FAILED; the row keeps its lower case, and says who did it."""
    put(desk, "bt-lost", "pending")
    plan = await desk.plan("workflow.set_row", job="bt-lost", status="FAILED")
    assert "--condition-expression" in plan.aws_line
    evidence = await desk.do(plan)
    assert evidence.line == "the row of bt-lost says failed"
    now = row(desk, "bt-lost")
    assert now["error"]["M"]["Error"]["S"] == "SetOnCall"
    assert "completed_at" in now


@pytest.mark.parametrize(
    ("status", "wanted", "why"),
    [
        ("completed", "FAILED", "may only be written from PENDING or RUNNING"),
        ("FAILED", "RUNNING", "may only be written from PENDING"),
        ("failed", "FAILED", "already"),
        ("pending", "COMPLETED", "may only be written from RUNNING"),
        ("running", "COMPLETED", "needs an execution that SUCCEEDED"),
        ("pending", "RUNNING", "no execution that runs"),
        ("exploded", "FAILED", "no status of the platform"),
    ],
)
async def test_only_the_documented_transitions(desk: Desk, status: str, wanted: str, why: str) -> None:
    """What update-status would refuse is refused here, with the reason; so is what would be a lie."""
    put(desk, "bt-rules", status)
    plan = await desk.plan("workflow.set_row", job="bt-rules", status=wanted)
    assert why in str(plan.refused)


async def test_a_row_whose_execution_runs_is_left_alone(desk: Desk) -> None:
    """The execution writes it itself; once it is over the row may be set."""
    arn = started(desk, "bt-busy")
    put(desk, "bt-busy", "RUNNING", arn)
    refused = (await desk.plan("workflow.set_row", job="bt-busy", status="CANCELLED")).refused
    assert "stop it with workflow.stop first" in str(refused)
    desk.scene.aws("stepfunctions").stop_execution(executionArn=arn)
    evidence = await desk.do(await desk.plan("workflow.set_row", job="bt-busy", status="CANCELLED"))
    assert evidence.line == "the row of bt-busy says CANCELLED"


async def test_a_row_that_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    """The condition holds the row to what the plan had seen: another writer wins, and that is said."""
    put(desk, "bt-race", "running")
    plan = await desk.plan("workflow.set_row", job="bt-race", status="FAILED")
    put(desk, "bt-race", "completed")
    evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.BAD
    assert "AWS refused it" in evidence.line
    assert row(desk, "bt-race")["status"]["S"] == "completed"
