"""A toast whose time runs out while it is being made: it goes, and the interface goes on."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual.events import Mount
from textual.widgets._toast import Toast

from screens.toasts import LEAST_S, Note
from tests.screens.console import BoardConsole, settle

HANG_S = 30.0


@pytest.mark.parametrize("late_s", [0.0, 0.001, 3_600.0], ids=["just", "by a moment", "the clock was set"])
async def test_time_that_runs_out_while_a_toast_is_made(
    late_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Textual has looked and found time left; when the timer is set there is none."""
    app = BoardConsole()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        real = time.time
        monkeypatch.setattr(Note, "has_expired", False)
        monkeypatch.setattr("screens.toasts.time", lambda: real() + 5 + late_s)
        made: list[Toast] = []
        make = Toast._on_mount

        def mounted(toast: Toast, event: Mount) -> None:
            made.append(toast)
            make(toast, event)

        monkeypatch.setattr(Toast, "_on_mount", mounted)
        app.notify("said", timeout=5, markup=False)
        async with asyncio.timeout(HANG_S):
            while not made or app.screen.query(Toast):
                await pilot.pause(0.01)


def test_it_expires_when_it_should() -> None:
    """The moment that is left is for its timer alone."""
    note = Note("said", timeout=-1)
    assert note.has_expired
    assert note.time_left == LEAST_S
    assert not Note("said", timeout=5).has_expired
    assert 4 < Note("said", timeout=5).time_left <= 5
