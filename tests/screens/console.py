"""A console without an engine, on a board of plain values and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from textual import on
from textual.pilot import Pilot

from tests import sample
from tradai_console.app import ConsoleApp
from tradai_console.jobs import Job
from tradai_console.messages import JobRequested
from tradai_console.models.board import Board
from tradai_console.models.drill import Drills
from tradai_console.settings import Settings


class StandingClock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return sample.NOW + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return sample.MONOTONIC + self.passed_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class BoardConsole(ConsoleApp):
    """The console, given its board instead of reading one. Requests of screens are kept."""

    def __init__(
        self,
        board: Board = sample.BOARD,
        *,
        keys: Mapping[str, str] | None = None,
        drills: Drills | None = None,
        **settings: Any,
    ) -> None:
        self.standing = StandingClock()
        chosen = Settings(env=settings.pop("env", "prod"), **settings)
        super().__init__(chosen, keys=keys, clock=self.standing, drills=drills)
        self._given = board
        self.copied: list[str] = []
        self.asked: list[Job] = []
        """What screens asked of the engine, in order."""

    def on_mount(self) -> None:
        self._tick()
        self.board = self._given
        if self._drills is not None:
            self._drills.listen(self._hear_of_drill)

    @on(JobRequested)
    def _remember(self, message: JobRequested) -> None:
        self.asked.append(message.job)

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)


async def settle(pilot: Pilot[None], board: Board | None = None) -> None:
    """Let everything that was asked for happen; with a board, show that one first."""
    app = pilot.app
    assert isinstance(app, BoardConsole)
    if board is not None:
        app.board = board
    app._tick()
    await pilot.pause()


def shown(app: ConsoleApp) -> str:
    """What is on the screen, line by line, as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
