"""A workflow opened by whatever names it, told whole."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest

from tests.probes.conftest import Platform
from tests.workflow.conftest import Opened
from tradai_console.errors import ConsoleError
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.evidence import Verdict
from tradai_console.models.workflow import Candidates, CauseKind, Outcome

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


async def test_a_task_leads_to_the_job_it_works_for(platform: Platform, opened: Opened) -> None:
    """By its ARN and by its bare id, as both stand in alerts and logs; a service's task is none of a workflow's."""
    items = platform.client("dynamodb").scan(TableName="tradai-workflow-state-prod")["Items"]
    running = [
        one for one in items if one["status"]["S"] == "running" and "S" in one.get("execution_arn", {})
    ]
    execution = running[0]["execution_arn"]["S"]
    told = await opened.whole(execution, lambda one: bool(one.joined.tasks))
    for wanted in (told.joined.tasks[0].arn, told.joined.tasks[0].arn.rsplit("/", 1)[1]):
        assert getattr(await opened.desk.open(wanted), "key", None) == execution
    service = platform.client("ecs").list_tasks(cluster="tradai-prod", family="tradai-mlflow-prod")[
        "taskArns"
    ]
    with pytest.raises(ConsoleError, match="names no job"):
        await opened.desk.open(service[0])


async def test_a_trace_of_several_jobs_is_a_choice(platform: Platform, opened: Opened) -> None:
    """Where an id leads to more than one, they are told, the newest first, and one of them can be opened."""
    rows = [
        {"job_id": {"S": f"bt-traced-{number}"}, "trace_id": {"S": "one-trace"}, "status": {"S": "pending"}}
        for number in range(2)
    ]
    for row in rows:
        platform.put("tradai-workflow-state-prod", row)
    found = await opened.desk.open("one-trace")
    assert isinstance(found, Candidates)
    assert sorted(found.jobs) == ["bt-traced-0", "bt-traced-1"]
    one = await opened.desk.open(f"job:{found.jobs[0]}")
    assert getattr(one, "key", None) == f"job:{found.jobs[0]}"


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("arn:aws:states:eu-central-1:123456789012:express:m:n:1", "express"),
        ("arn:aws:s3:::bucket", "names no execution"),
        ("two words", "no id of an execution"),
        ("job:bt-nobody", "there is no job bt-nobody"),
        (
            "arn:aws:states:eu-central-1:123456789012:execution:tradai-backtest-workflow-prod:gone",
            "does not know",
        ),
    ],
)
async def test_what_cannot_be_opened_says_why(opened: Opened, wanted: str, why: str) -> None:
    """One sentence that a person can act on; and nothing stays open behind it."""
    with pytest.raises(ConsoleError, match=why):
        await opened.desk.open(wanted)
    with pytest.raises(ConsoleError, match="not open"):
        opened.desk.at(wanted)


async def test_an_alert_leads_to_its_execution(platform: Platform, opened: Opened) -> None:
    """By the alert's key; what is done there is done for that alert."""
    execution = ended(platform, "backtest", "FAILED")["executionArn"]
    alert = Alert(
        "k", "Workflow Stuck/Failed", "high", Lifecycle.FIRING, opened.context.now, "failed", "debug-workflows", "w",
        variables={"MACHINE": "backtest", "EXECUTION": execution},
    )  # fmt: skip
    opened.alerts.append(alert)
    found = await opened.desk.open("k")
    assert getattr(found, "key", None) == execution
    assert opened.desk.alert_of(execution) == "k"
    opened.alerts[:] = [replace(alert, key="other", variables={})]
    with pytest.raises(ConsoleError, match="names no execution and no job"):
        await opened.desk.open("other")
