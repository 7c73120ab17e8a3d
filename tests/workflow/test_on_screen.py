"""From a typed id to the true cause on the screen, over the engine's own desk and a real door, by keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from textual import on
from textual.pilot import Pilot

from screens.payload import PayloadScreen
from screens.widgets.outline import OutlineView
from screens.workflow import WorkflowScreen
from tests import sample
from tests.probes.conftest import Platform
from tests.screens.console import BoardConsole, settle, shown
from tests.workflow.conftest import Opened
from tests.workflow.test_true_cause import CASES, Case
from tradai_console.errors import ConsoleError
from tradai_console.messages import JobAnswered, JobRequested, NewsArrived
from tradai_console.models.workflow import Workflow
from tradai_console.news import WorkflowTold
from tradai_console.workflow.desk import Workflows

pytestmark = pytest.mark.xdist_group("workflow")

SMALL, LARGE = (80, 24), (120, 40)
WITHIN_S = 60.0
"""Longer is a hang."""


@dataclass(frozen=True)
class Desk:
    """As much of the desk as jobs about workflows ask of it."""

    workflows: Workflows


class DeskConsole(BoardConsole):
    """A console whose jobs are carried out on the test's own loop."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.desk = Desk(Workflows(opened.context, lambda: (), self._told))
        self._door = opened.context.door
        self._tasks: set[asyncio.Task[None]] = set()

    def _told(self, workflow: Workflow) -> None:
        self.post_message(NewsArrived(WorkflowTold(workflow)))

    @on(JobRequested)
    def _carry(self, message: JobRequested) -> None:
        task = asyncio.get_running_loop().create_task(self._answer_to(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer_to(self, message: JobRequested) -> None:
        result: Any = None
        error: str | None = None
        try:
            result = await message.job.carry(self._door, self.desk)  # type: ignore[arg-type]
        except ConsoleError as refused:
            error = str(refused)
        message.asker.post_message(JobAnswered(message.job, result, error))


@pytest.fixture
async def console(opened: Opened) -> AsyncIterator[DeskConsole]:
    """`async with console.run_test() as pilot: ...`"""
    app = DeskConsole(opened)
    yield app
    app.desk.workflows.close_all()


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait for it to be on the screen."""
    app = pilot.app
    assert isinstance(app, BoardConsole)
    try:
        async with asyncio.timeout(WITHIN_S):
            while not true():
                await pilot.pause(0.02)
    except TimeoutError:
        raise AssertionError(f"it did not come on the screen:\n{shown(app)}") from None


async def open_by_keys(pilot: Pilot[None], wanted: str) -> None:
    """An execution from its pane, a job without one by its id."""
    app = pilot.app
    assert isinstance(app, BoardConsole)
    if not wanted.startswith("arn:"):
        await type_job(pilot, wanted)
        return
    machine = wanted.split(":")[-2].removeprefix("tradai-").removesuffix("-workflow-prod")
    known = replace(sample.execution(machine, "x", "SUCCEEDED", 9, 1), arn=wanted, name=wanted.split(":")[-1])
    await settle(pilot, sample.BOARD.having("workflows", sample.snapshot((known,))))
    await pilot.press("5", "enter")
    await until(pilot, lambda: isinstance(app.screen, WorkflowScreen))


async def type_job(pilot: Pilot[None], wanted: str) -> None:
    """`:job ID`, and enter."""
    await pilot.press("colon")
    await pilot.pause()
    await pilot.press(*"job", "space", *wanted)
    await until(pilot, lambda: f"Open the workflow of {wanted}"[:40] in shown(pilot.app))  # type: ignore[arg-type]
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, WorkflowScreen))


def top(app: BoardConsole) -> str:
    """The first line under the frame, with those it goes on in."""
    return " ".join(line.removeprefix(" ‹").strip() for line in shown(app).splitlines()[1:5])


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=name.replace(" ", "-")) for name, case in CASES.items()]
)
async def test_the_screen_names_the_true_cause_in_its_first_line(
    platform: Platform, console: DeskConsole, case: Case
) -> None:
    """enter in the pane, or `:job ID`: which state, why, and what its status hides stands on top.

    The culprit is under the cursor.
    """
    wanted = case.find(platform)
    async with console.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await open_by_keys(pilot, wanted)
        await until(pilot, lambda: all(words in top(console) for words in case.says))
        assert "▲" in shown(console).splitlines()[1]
        if case.state is not None:
            await until(pilot, lambda: "◀ cause" in shown(console))
            current = console.screen.query_one(OutlineView).current
            assert current is not None
            assert (current.name, current.culprit) == (case.state, True)


async def test_the_failed_task_its_log_and_its_input_are_keys_away(
    platform: Platform, console: DeskConsole
) -> None:
    """On a small screen: the log of the task that was killed, the machine's drawing, the input of the state, whole."""
    wanted = CASES["a task killed for its memory"].find(platform).rpartition(":")[2]
    async with console.run_test(size=SMALL) as pilot:
        await settle(pilot)
        await type_job(pilot, wanted)
        await until(pilot, lambda: "RunBacktest failed: out of memory" in top(console))
        await pilot.press("l")
        await until(pilot, lambda: "by its stream" in shown(console))
        await pilot.press("v")
        await until(pilot, lambda: "! RunBacktest" in shown(console) and "┅" in shown(console))
        await pilot.press("i")
        await until(
            pilot, lambda: isinstance(console.screen, PayloadScreen) and '"job_id": ' in shown(console)
        )
        await pilot.press("escape", "h")
        await until(pilot, lambda: "ExecutionStarted" in shown(console))
