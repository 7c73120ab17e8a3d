"""Rows of a log for screens that are tested without AWS, and the engine's part of the talk about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from textual.events import Paste
from textual.pilot import Pilot

from screens.log.panel import LogPanel
from screens.logs import LogsScreen
from tests import sample
from tests.screens.console import BoardConsole
from tradai_console.jobs import Job
from tradai_console.log_jobs import FollowLog, NextPortion
from tradai_console.messages import JobAnswered, LogsRequested
from tradai_console.models.log import LogLine, LogNote, milliseconds
from tradai_console.models.log_feed import GroupReading, LogPortion, LogsAbout
from tradai_console.models.snapshot import State

SERVICES, HEALTH = "/ecs/tradai/prod/services", "/aws/lambda/tradai-health-check-prod"
NOW_MS = milliseconds(sample.NOW)
LIVE = (GroupReading(SERVICES, State.LIVE), GroupReading(HEALTH, State.LIVE))
J = TypeVar("J", bound=Job)


def line(
    number: int, text: str = "", *, level: str | None = "INFO", service: str = "backend-api", **more: Any
) -> LogLine:
    """A line so many seconds after five minutes ago; numbers name it."""
    at_ms = NOW_MS - 300_000 + number * 1_000
    said = text or f"line {number}"
    given: dict[str, Any] = {
        "event_id": f"e{number}", "time_ms": at_ms, "ingested_ms": at_ms + 400, "group": SERVICES,
        "stream": f"{service}/{service}/0ab", "service": service, "level": level,
        "logger": "backend.BacktestService", "message": said, "text": said,
    }  # fmt: skip
    return LogLine(**(given | more))


def traceback_of(head: LogLine, *lines: str) -> list[LogLine]:
    """The lines that explain it."""
    return [
        LogLine(
            f"{head.event_id}.{n}", head.time_ms + n, None, head.group, head.stream, head.service,
            head.level, head.logger, text, text, part_of=head.event_id,
        )
        for n, text in enumerate(lines, start=1)
    ]  # fmt: skip


def a_night() -> list[LogLine | LogNote]:
    """Five minutes of three services with an error, its traceback, a late line, and what the reading has to say."""
    rows: list[LogLine | LogNote] = []
    for number in range(280):
        service = ("backend-api", "strategy-service", "mlflow")[number % 3]
        job, trace = f"bt-{number:04x}", f"7b1c2d3e-0000-4000-8000-{number:012x}"
        words = f"GET /api/v1/backtests/{job} answered 200 in {number % 7 + 3} ms trace_id={trace}"
        rows.append(line(number, words, service=service, level="DEBUG" if number % 11 == 5 else "INFO"))
    failed = line(281, "backtest failed job_id=bt-7f3a: out of memory", level="ERROR")
    rows += [
        failed,
        *traceback_of(
            failed,
            "Traceback (most recent call last):",
            '  File "/app/run.py", line 120, in run',
            "MemoryError: cannot allocate 812 MiB",
        ),
    ]
    rows.append(line(282, "retrying once more", level="WARNING", service="strategy-service"))
    rows.append(line(240, "this came late", event_id="late", late=True, service="mlflow"))
    rows.append(
        LogNote(
            "gap",
            NOW_MS - 15_000,
            SERVICES,
            f"{SERVICES} was not read for 12 s from here: lines may be missing",
            NOW_MS - 3_000,
        )
    )
    rows.append(
        LogNote(
            "reconnect", NOW_MS - 3_000, SERVICES, f"{SERVICES} is read again after 12 s; nothing is missing"
        )
    )
    return rows


class Logs:
    """A Logs screen, and an engine that says what the test wants it to say."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot
        app = pilot.app
        assert isinstance(app, BoardConsole)
        self.app: BoardConsole = app
        self._portion = 0

    async def open(self, about: LogsAbout = LogsAbout("services", "x", "backend-api")) -> LogsScreen:  # noqa: B008
        """Open the screen; the engine follows two groups."""
        self.app.post_message(LogsRequested(about))
        await self.until(lambda: bool(self.asked(FollowLog)))
        await self.answer(self.asked(FollowLog)[-1], (SERVICES, HEALTH))
        return self.screen

    @property
    def screen(self) -> LogsScreen:
        screen = next(screen for screen in self.app.screen_stack if isinstance(screen, LogsScreen))
        assert isinstance(screen, LogsScreen)
        return screen

    @property
    def panel(self) -> LogPanel:
        return self.screen.panel

    def asked(self, kind: type[J]) -> list[J]:
        return [job for job in self.app.asked if isinstance(job, kind)]

    async def answer(self, job: Job, result: Any, error: str | None = None) -> None:
        """What the engine says to the screen."""
        self.screen.post_message(JobAnswered(job, result, error))
        await self.pilot.pause()

    async def come(
        self,
        rows: Sequence[LogLine | LogNote] = (),
        *,
        passed_over: int = 0,
        groups: tuple[GroupReading, ...] = LIVE,
        places: str | None = None,
    ) -> None:
        """The portion that the panel has asked for comes; wait until it is painted and the next is asked for."""
        self._portion += 1
        number = self._portion
        await self.until(lambda: any(job.got == number - 1 for job in self.asked(NextPortion)))
        job = next(job for job in self.asked(NextPortion) if job.got == number - 1)
        self.panel.post_message(
            JobAnswered(job, LogPortion(number, tuple(rows), passed_over, groups, places))
        )
        await self.until(lambda: any(job.got == number for job in self.asked(NextPortion)))
        self.panel.view.paint()
        self.panel.status()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Put a text into the field that has the focus, as a paste does: quicker than its letters."""
        field = self.app.focused
        assert field is not None
        field.post_message(Paste(text))
        await self.pilot.pause()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for it, as long as it takes within reason."""
        for _ in range(500):
            if true():
                return
            await self.pilot.pause(0.01)
        raise AssertionError("it never came true")
