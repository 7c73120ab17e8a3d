"""The letter of an escalation and the list of mutes as they look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from screens.choose import Choice, ChooseScreen
from screens.escalate import EscalateScreen
from screens.widgets.line import Line
from tests import sample
from tests.screens.console import BoardConsole
from tests.screens.test_alert_keys import ALERT, LETTERS
from tests.screens.test_incident import opened

Compare = Callable[..., bool]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["large", "small"])
def test_letter(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The ladder with its clock, then level, subject and text."""

    async def write(pilot: Pilot[None]) -> None:
        await opened(pilot)
        now = sample.NOW + timedelta(minutes=1)
        await pilot.app.push_screen(EscalateScreen(ALERT, LETTERS, "L2", now, sends=True))
        pilot.app.cursor_blink = False  # type: ignore[attr-defined]
        await pilot.pause()

    assert snap_compare(BoardConsole(allow_changes=True), terminal_size=size, run_before=write)


def test_mutes(snap_compare: Compare) -> None:
    """A line a silence, in the middle of what it is about."""

    async def show(pilot: Pilot[None]) -> None:
        await opened(pilot)
        lines = [
            Line.of((name, "strong"), "  jm  known deployment")
            for name in ("Lambda Errors", "ECS Memory High")
        ]
        choices = [Choice(str(number), line) for number, line in enumerate(lines)]
        await pilot.app.push_screen(ChooseScreen("Mutes", "ends it", choices))
        await pilot.pause()

    assert snap_compare(BoardConsole(), terminal_size=(120, 40), run_before=show)
