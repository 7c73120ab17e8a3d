"""The screens of workflows as they look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests import sample, sample_workflow
from tests.screens.console import BoardConsole, settle
from tests.screens.opened import answer, asked
from tests.screens.test_hostile import HOSTILE
from tradai_console.messages import OpenRequested
from tradai_console.models.workflow import Workflow
from tradai_console.workflow_jobs import OpenWorkflow, ReadEvents, ReadPayload

LARGE, SMALL, HUGE = (120, 40), (80, 24), (200, 60)
Compare = Callable[..., bool]

FAILED = sample_workflow.FAILED
POISONED = replace(
    FAILED,
    title=HOSTILE,
    cause=replace(FAILED.cause, line=HOSTILE, way_out=(HOSTILE,), because=(HOSTILE,), survived=(HOSTILE,)),
    states=tuple(
        replace(visit, name=HOSTILE, error=HOSTILE, cause=HOSTILE) if visit.culprit else visit
        for visit in FAILED.states
    ),
    notes=(HOSTILE,),
    ids=((HOSTILE, HOSTILE),),
)


@pytest.mark.parametrize(
    ("workflow", "keys", "size"),
    [
        pytest.param(FAILED, (), LARGE, id="failed"),
        pytest.param(FAILED, (), HUGE, id="failed-huge"),
        pytest.param(FAILED, (), SMALL, id="failed-small"),
        pytest.param(sample_workflow.CAUGHT, ("v",), SMALL, id="caught-graph-small"),
        pytest.param(sample_workflow.CAUGHT, (), LARGE, id="caught"),
        pytest.param(sample_workflow.RUNNING, (), LARGE, id="running"),
        pytest.param(sample_workflow.STUCK, (), SMALL, id="stuck-small"),
        pytest.param(FAILED, ("A",), LARGE, id="act"),
        pytest.param(POISONED, (), LARGE, id="hostile"),
        pytest.param(FAILED, ("i", "payload", "slash", *"job"), LARGE, id="payload"),
        pytest.param(FAILED, ("h", "events", "j", "j"), LARGE, id="history"),
    ],
)
def test_workflow(
    snap_compare: Compare, workflow: Workflow, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    """The screen is what it was when somebody last looked at it and found it good."""

    async def open_it(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, BoardConsole)
        app.cursor_blink = False  # type: ignore[attr-defined]
        await settle(pilot)
        app.post_message(OpenRequested("workflows", workflow.key))
        await settle(pilot)
        await answer(pilot, OpenWorkflow(workflow.key), workflow)
        for key in keys:
            if key == "payload":
                job = asked(app, ReadPayload)[-1]
                lines = ("{", '  "job_id": "bt-7f3a",', '  "pairs": [', "    1,", "    true", "  ]", "}")
                await answer(pilot, job, sample_workflow.text(job.payload, *lines))
            elif key == "events":
                await answer(pilot, asked(app, ReadEvents)[-1], sample_workflow.EVENTS)
            else:
                await pilot.press(key)
                await settle(pilot)

    assert snap_compare(BoardConsole(), terminal_size=size, run_before=open_it)


@pytest.mark.parametrize(
    ("keys", "size"),
    [pytest.param(("5", "w"), LARGE, id="all"), pytest.param(("5", "w", "m", "f"), SMALL, id="all-small")],
)
def test_executions(snap_compare: Compare, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    """The list of all executions."""
    assert snap_compare(BoardConsole(sample.BOARD), press=keys, terminal_size=size)
