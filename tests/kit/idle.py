"""A work-around for Textual's way to wait in tests: it sleeps until the process uses no processor.

`Pilot.press` and `Pilot.pause` sleep twentieths of a second, twice a key, and up to a whole one while any thread of the
process works: beside a local AWS that is always. Here the loop that the app lives on is asked: it is idle when nothing
is ready to run and no timer is about to end.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import textual.app
import textual.pilot

SOON_S: Final = 0.02
"""A timer that ends within this time belongs to what is going on: the next refresh, a call after it."""

PATIENCE_S: Final = 30.0
"""What is not over by then never will be: a spinner that turns quicker than `SOON_S`."""

LONG_S: Final = 1.0
"""An app that has ended may leave its screen's clock running: after so long it is asked whether there still is one."""

_TURNS: Final = 3
"""So often in a row the loop must be found idle: a message may wake one that sleeps on its queue."""


async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = PATIENCE_S) -> None:
    """Return when the running loop has nothing to do, at the latest after `max_sleep`, seconds."""
    loop: Any = asyncio.get_running_loop()
    began, turns = loop.time(), 0
    while turns < _TURNS and loop.time() - began < max_sleep:
        await asyncio.sleep(0)
        due = _next_timer(loop)
        if loop._ready:
            turns = 0
        elif due is not None:
            if loop.time() - began > LONG_S and not _app_runs():
                return
            turns = 0
            await asyncio.sleep(max(0.0, due - loop.time()))
        else:
            turns += 1
    await asyncio.sleep(max(0.0, min_sleep - (loop.time() - began)))


def _next_timer(loop: Any) -> float | None:
    """When the first of the timers ends that end soon."""
    soon = loop.time() + SOON_S
    return min(
        (timer._when for timer in loop._scheduled if not timer._cancelled and timer._when < soon),
        default=None,
    )


def _app_runs() -> bool:
    """Whether an app under test has not ended yet. The name of its task is Textual's."""
    return any(task.get_name().startswith("run_test ") for task in asyncio.all_tasks())


def wait_by_the_loop() -> None:
    """From now on Textual waits like this. Doing it again changes nothing."""
    setattr(textual.pilot, "wait_for_idle", wait_for_idle)  # noqa: B010 - mypy holds functions to be constant
    setattr(textual.app, "wait_for_idle", wait_for_idle)  # noqa: B010
