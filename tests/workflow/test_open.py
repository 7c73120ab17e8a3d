"""A workflow opened by whatever names it, told whole."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from tests.probes.conftest import Platform
from tests.workflow.conftest import Opened
from tradai_console.errors import ConsoleError
from tradai_console.models.evidence import Verdict
from tradai_console.models.workflow import CauseKind, Outcome

pytestmark = pytest.mark.xdist_group("workflow")


def ended(platform: Platform, machine: str, status: str) -> dict[str, Any]:
    """The newest execution of a machine of the platform that ended so."""
    arn = f"arn:aws:states:eu-central-1:123456789012:stateMachine:tradai-{machine}-workflow-prod"
    answer = platform.client("stepfunctions").list_executions(stateMachineArn=arn, statusFilter=status)
    return dict(answer["executions"][0])


def row_of(platform: Platform, job_id: str) -> dict[str, Any]:
    answer = platform.client("dynamodb").get_item(
        TableName="tradai-workflow-state-prod", Key={"job_id": {"S": job_id}}
    )
    return dict(answer["Item"])


async def test_every_id_of_a_job_leads_to_its_execution(platform: Platform, opened: Opened) -> None:
    """ARN, name, job id, `job:` and trace id open the same execution."""
    execution = ended(platform, "backtest", "FAILED")
    row = row_of(platform, execution["name"])
    ids = [execution["executionArn"], execution["name"], f"job:{execution['name']}", row["trace_id"]["S"]]
    for wanted in ids:
        found = await opened.desk.open(wanted)
        assert getattr(found, "key", None) == execution["executionArn"]


async def test_a_failed_backtest_is_told_whole(platform: Platform, opened: Opened) -> None:
    """Cause, path, row, task, definition and the last good run stand in one value, which can be sent."""
    execution = ended(platform, "backtest", "FAILED")
    told = await opened.whole(execution["executionArn"], lambda one: one.good is not None)
    assert told.cause.verdict is Verdict.BAD
    assert told.cause.kind is CauseKind.MEMORY
    assert told.cause.line.startswith("RunBacktest failed: out of memory")
    culprit = next(one for one in told.states if one.culprit)
    assert (culprit.name, culprit.outcome, culprit.id) == ("RunBacktest", Outcome.CAUGHT, told.cause.visit)
    assert [one.name for one in told.states if one.after_failure][-1] == "BacktestFailed"
    assert told.joined.row is not None
    assert told.joined.row.verdict is Verdict.OK
    assert told.graph is not None
    assert [node.name for node in told.graph.nodes if node.culprit] == ["RunBacktest"]
    assert told.difference is not None
    assert "UpdateStatusCompleted" in told.difference.line
    assert pickle.loads(pickle.dumps(told)) == told


async def test_what_nobody_knows_is_said(opened: Opened) -> None:
    """An id that leads nowhere is answered with where it was looked for."""
    with pytest.raises(ConsoleError, match="no execution of any machine, no job and no trace id"):
        await opened.desk.open("bt-nobody")
