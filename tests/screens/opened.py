"""A workflow opened in a console without an engine: the test answers for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from textual.pilot import Pilot

from tests import sample
from tests.screens.console import BoardConsole, settle
from tradai_console.jobs import Job
from tradai_console.messages import JobAnswered, NewsArrived, OpenRequested
from tradai_console.models.workflow import Workflow
from tradai_console.news import WorkflowTold
from tradai_console.workflow_jobs import OpenWorkflow

T = TypeVar("T")


@asynccontextmanager
async def opened(
    workflow: Workflow, size: tuple[int, int] = (120, 40), **settings: Any
) -> AsyncIterator[tuple[BoardConsole, Pilot[None]]]:
    """The Workflow screen on this execution."""
    app = BoardConsole(sample.BOARD, **settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        app.post_message(OpenRequested("workflows", workflow.key))
        await settle(pilot)
        await answer(pilot, OpenWorkflow(workflow.key), workflow)
        yield app, pilot


async def answer(pilot: Pilot[None], job: Job, result: Any = None, error: str | None = None) -> None:
    """The engine answers the screen on top."""
    pilot.app.screen.post_message(JobAnswered(job, result, error))
    await settle(pilot)


async def told(pilot: Pilot[None], workflow: Workflow) -> None:
    """The engine has news of it."""
    pilot.app.post_message(NewsArrived(WorkflowTold(workflow)))
    await settle(pilot)


def asked(app: BoardConsole, kind: type[T]) -> list[T]:
    """What was asked of the engine, of this kind."""
    return [job for job in app.asked if isinstance(job, kind)]
