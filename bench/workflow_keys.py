"""Keys on the screens of the longest execution, until they are drawn: `python -m bench.workflow_keys` prints milliseconds."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from textual.pilot import Pilot

from bench.long_history import EVENTS
from screens.history import HistoryScreen
from screens.widgets.event_list import KEPT_PAGES, PAGE
from screens.workflow import WorkflowScreen
from tradai_console.app import ConsoleApp
from tradai_console.messages import JobAnswered, ScreenRequested
from tradai_console.models.evidence import Verdict
from tradai_console.models.workflow import (
    CauseKind,
    Event,
    Outcome,
    Progress,
    StateVisit,
    TrueCause,
    Workflow,
)
from tradai_console.settings import Settings
from tradai_console.workflow_jobs import OpenWorkflow, ReadEvents

SIZE: Final = (200, 60)
ROWS: Final = 400
"""As many as one told execution has."""
PRESSED: Final = 50
PAINTED_S: Final = 0.05
"""Textual draws what has changed at its own pace: by then it has."""
_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """The median of a line down in the path, and of a page down in the history."""
    print(json.dumps(asyncio.run(_measured())))


async def _measured() -> dict[str, float]:
    app = ConsoleApp(Settings(env="prod"))
    told = _workflow()
    async with app.run_test(size=SIZE) as pilot:
        app.post_message(ScreenRequested(WorkflowScreen(Settings(env="prod"), told.key)))
        await pilot.pause()
        app.screen.post_message(JobAnswered(OpenWorkflow(told.key), told))
        await pilot.pause()
        gc.collect()
        gc.freeze()
        path_ms = await _pressed(pilot, "j")
        app.post_message(ScreenRequested(HistoryScreen(Settings(env="prod"), told)))
        await pilot.pause()
        for start in range(0, KEPT_PAGES * PAGE, PAGE):
            page = tuple([_event(number) for number in range(start + 1, start + PAGE + 1)])
            app.screen.post_message(JobAnswered(ReadEvents(told.key, start, PAGE), page))
        await pilot.pause()
        history_ms = await _pressed(pilot, "ctrl+d")
    return {"path_ms": path_ms, "history_ms": history_ms}


async def _pressed(pilot: Pilot[None], key: str) -> float:
    """How long a press takes until its picture stands, the median, milliseconds of this process's time."""
    took = []
    for _ in range(PRESSED):
        began = time.process_time()
        await pilot.press(key)
        await pilot.pause(PAINTED_S)
        took.append((time.process_time() - began) * 1000)
    return sorted(took)[len(took) // 2]


def _workflow() -> Workflow:
    states = tuple([_visit(number) for number in range(1, ROWS + 1)])
    cause = TrueCause(Verdict.BAD, CauseKind.ERROR, "State 1 failed", "State 1", 1)
    return Workflow("arn", "sync long", cause, states=states, progress=Progress(EVENTS, EVENTS, whole=True))


def _visit(number: int) -> StateVisit:
    entered = _BEGAN + timedelta(seconds=number)
    left = entered + timedelta(seconds=1)
    return StateVisit(number, f"State {number}", "Task", 0, None, Outcome.SUCCEEDED, entered, left)


def _event(number: int) -> Event:
    at = _BEGAN + timedelta(milliseconds=number)
    return Event(number, number - 1, at, "TaskStateEntered", True, 1, "State 1", f"event {number}")


if __name__ == "__main__":
    main()
