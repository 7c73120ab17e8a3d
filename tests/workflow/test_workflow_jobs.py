"""What the interface asks about an execution, carried out at the desk of the engine."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.probes.conftest import REGION, Platform, PlatformClock
from tradai_console.aws.door import Door
from tradai_console.desk import Desk
from tradai_console.errors import ConsoleError
from tradai_console.models.board import Board
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.models.workflow import Workflow
from tradai_console.news import DeskNews, EngineFailed, WorkflowTold
from tradai_console.operations.plan import Plan
from tradai_console.platform import load_platform
from tradai_console.settings import Settings
from tradai_console.workflow_jobs import (
    ActOnWorkflow,
    CloseWorkflow,
    OpenWorkflow,
    PlanWorkflow,
    ReadEvents,
    ReadLog,
    ReadPayload,
    RefreshWorkflow,
)

pytestmark = pytest.mark.xdist_group("workflow")


class Seat:
    """A desk, its door, and what it has told."""

    def __init__(self, door: Door, desk: Desk, news: list[DeskNews | EngineFailed]) -> None:
        self._door = door
        self._desk = desk
        self._news = news

    async def ask(self, job: Any) -> Any:
        """As the interface does: the job and its answer can be sent."""
        answer = await pickle.loads(pickle.dumps(job)).carry(self._door, self._desk)
        return pickle.loads(pickle.dumps(answer))

    async def told(self, key: str, good: Any) -> Workflow:
        async with asyncio.timeout(20):
            while True:
                told = [one.workflow for one in self._news if isinstance(one, WorkflowTold)]
                found = next((one for one in reversed(told) if one.key == key and good(one)), None)
                if found is not None:
                    return found
                await asyncio.sleep(0.02)


@pytest.fixture
async def seat(platform: Platform, tmp_path: Path) -> AsyncIterator[Seat]:
    settings = Settings(
        env="prod", region=REGION, endpoint_url=platform.url, quota_share=1, allow_changes=True, operator="jm"
    )
    news: list[DeskNews | EngineFailed] = []
    async with Door(settings) as door:
        desk = Desk(
            door, load_platform("prod"), settings, PlatformClock(), Board, news.append,
            journal_path=tmp_path / "journal.sqlite3",
        )  # fmt: skip
        running = asyncio.create_task(desk.run())
        yield Seat(door, desk, news)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_stuck_row_is_opened_mended_and_looked_at_anew(platform: Platform, seat: Seat) -> None:
    """From the id to the cure: open, plan what is offered, confirm, and the row says so without being asked for."""
    platform.put(
        "tradai-workflow-state-prod",
        {
            "job_id": {"S": "bt-mend"},
            "status": {"S": "PENDING"},
            "created_at": {"S": "2026-01-01T00:00:00Z"},
        },
    )
    found = await seat.ask(OpenWorkflow("bt-mend"))
    assert isinstance(found, Workflow)
    stuck = await seat.told(found.key, lambda one: bool(one.joined.stuck))
    (offer,) = [one for one in stuck.offers if one.action == "workflow.set_row"]
    plan = await seat.ask(PlanWorkflow(found.key, offer.action, offer.arguments))
    assert isinstance(plan, Plan)
    assert (plan.refused, plan.type_name) == (None, "bt-mend")
    evidence = await seat.ask(ActOnWorkflow(found.key, plan, "bt-mend"))
    assert isinstance(evidence, Evidence)
    assert evidence.verdict is Verdict.OK
    mended = await seat.told(found.key, lambda one: one.joined.row and one.joined.row.state == "FAILED")
    assert mended.joined.stuck == ()
    assert [one.possible for one in mended.offers if one.action == "workflow.set_row"] == [False]


async def test_what_is_behind_a_row_is_read_when_it_is_asked_for(platform: Platform, seat: Seat) -> None:
    """Events, texts and the log of any state; after closing nothing is there any more."""
    arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:tradai-backtest-workflow-prod"
    newest = platform.client("stepfunctions").list_executions(stateMachineArn=arn, statusFilter="FAILED")
    key = newest["executions"][0]["executionArn"]
    found = await seat.ask(OpenWorkflow(key))
    events = await seat.ask(ReadEvents(key, 0, 7))
    assert [one.id for one in events] == [1, 2, 3, 4, 5, 6, 7]
    given = await seat.ask(ReadPayload(key, found.input))
    assert any('"job_id"' in line for line in given.lines)
    checked = next(one for one in found.states if one.name == "ValidateStrategy")
    log = await seat.ask(ReadLog(key, checked.id))
    assert (log.matched_by, log.group) == ("request id", "/aws/lambda/tradai-validate-strategy-prod")
    await seat.ask(RefreshWorkflow(key))
    await seat.ask(CloseWorkflow(key))
    with pytest.raises(ConsoleError, match="not open any more"):
        await seat.ask(ReadEvents(key, 0))
