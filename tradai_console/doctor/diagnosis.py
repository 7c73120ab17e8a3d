"""The whole examination, printed as it goes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from tradai_console.aws.door import Door
from tradai_console.clock import SystemClock
from tradai_console.doctor.account import look_at_credentials, look_at_meter
from tradai_console.doctor.alarms import look_at_matches, look_at_wakefulness
from tradai_console.doctor.finding import Finding, Verdict, bad, note, some
from tradai_console.doctor.names import look_at_board, look_at_names
from tradai_console.doctor.permissions import look_at_permissions, unasked
from tradai_console.doctor.surroundings import look_at_configuration, look_at_terminal
from tradai_console.engine import Watch
from tradai_console.errors import ConsoleError, SettingsError
from tradai_console.models.board import Board
from tradai_console.platform import Platform, load_platform
from tradai_console.runbook.library import Library, load_library
from tradai_console.settings import Settings

CALL_S: Final = 5.0
"""Each call's deadline: a service that hangs must not hold up the others for long."""

READING_S: Final = 15.0
GROUP_S: Final = 45.0
"""A group of checks that has not ended by then is given up."""

MARKS: Final = {Verdict.WELL: "✓", Verdict.NOTE: "!", Verdict.BAD: "✗"}
PLAIN_MARKS: Final = {Verdict.WELL: "ok", Verdict.NOTE: "! ", Verdict.BAD: "x "}


def print_diagnosis(settings: Settings) -> int:
    """Examine everything and print what was found. 0: nothing must be mended; 1: something must."""
    report = _Report()
    platform, library = _beginnings(settings, report)
    if platform is not None:
        asyncio.run(_examine(settings, platform, library, report))
    report.close()
    return 1 if report.count[Verdict.BAD] else 0


def _beginnings(settings: Settings, report: _Report) -> tuple[Platform | None, Library]:
    library = load_library(settings.runbooks)
    report.add("Console", look_at_configuration(settings, library))
    report.add("Terminal", look_at_terminal())
    try:
        return load_platform(settings.env, settings.platform), library
    except SettingsError as error:
        report.add("Names", [bad(str(error), "Mend it in the configuration file.")])
        return None, library


async def _examine(settings: Settings, platform: Platform, library: Library, report: _Report) -> None:
    try:
        async with Door(settings, deadline_s=CALL_S) as door:
            found, usable = await look_at_credentials(door)
            report.add("Account", [*found, *look_at_meter(door.meter(), SystemClock().now())])
            if usable:
                await _look_inside(door, settings, platform, library, report)
    except ConsoleError as error:
        report.add("Account", [bad(str(error), "Mend the AWS configuration, then run this again.")])


async def _look_inside(
    door: Door, settings: Settings, platform: Platform, library: Library, report: _Report
) -> None:
    watch = Watch(door, platform, settings, SystemClock())
    try:
        async with asyncio.timeout(READING_S):
            await watch.read_once()
    except TimeoutError:
        pass  # what has not been read says so
    board = watch.board
    account = board.identity.account if board.identity else "*"
    report.add("Names", look_at_board(board, platform, watch.workflows.machines))
    report.add("", await _bounded("names", lambda: look_at_names(door, platform, settings)))
    report.add("Alarms and runbooks", _alarms(board, settings, platform, library))
    report.add(
        "Permissions", await _bounded("permissions", lambda: look_at_permissions(door, platform, account))
    )
    report.add(
        "", [note(f"not tried, as they cost money, take messages or need an id: {some(unasked(), 20)}")]
    )


def _alarms(board: Board, settings: Settings, platform: Platform, library: Library) -> list[Finding]:
    if not board.alarms.state.trusted:
        return [note("the alarms could not be read, so nothing is known about them")]
    alarms = board.alarms.items
    return [*look_at_matches(alarms, library, platform, settings), *look_at_wakefulness(alarms)]


async def _bounded(about: str, look: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    """The findings of a group of checks, or that it failed: never an exception."""
    try:
        async with asyncio.timeout(GROUP_S):
            return await look()
    except TimeoutError:
        return [bad(f"{about}: no answer in {GROUP_S:.0f} s", "Run this again when AWS answers faster.")]
    except ConsoleError as error:
        return [bad(f"{about}: {error}", "Mend that, then run this again.")]


class _Report:
    """Prints findings under their headings, and counts them."""

    def __init__(self) -> None:
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf8")
        self._marks = MARKS if utf8 else PLAIN_MARKS
        self.count = dict.fromkeys(Verdict, 0)

    def add(self, heading: str, findings: Iterable[Finding]) -> None:
        """Print the findings; without a heading they belong to those before."""
        if heading:
            self._say(f"{heading}")
        for finding in findings:
            self.count[finding.verdict] += 1
            self._say(f"  {self._marks[finding.verdict]} {finding.words}")
            if finding.advice:
                self._say(f"      {finding.advice}")

    def close(self) -> None:
        """The last line: how it stands."""
        broken, noted = self.count[Verdict.BAD], self.count[Verdict.NOTE]
        self._say("")
        if broken:
            self._say(f"{broken} to mend, {noted} worth knowing")
        else:
            self._say(f"nothing to mend, {noted} worth knowing")

    def _say(self, line: str) -> None:
        print(line, flush=True)  # noqa: T201
