"""A screen that is covered: nothing is painted for it, and all of it is there when it is seen again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.screen import Screen

from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tradai_console.models.board import Board

LARGE = (120, 40)
NEW_NAME = "newly-named"


def changed() -> Board:
    """The sample's board with another name in a pane."""
    first, *others = sample.SERVICES
    return sample.BOARD.having("services", sample.snapshot((replace(first, service=NEW_NAME), *others)))


@pytest.mark.parametrize(
    ("key", "seen"),
    [("l", False), ("question_mark", True)],
    ids=["by a screen", "by a modal that lets it through"],
)
async def test_what_cannot_be_seen_is_not_painted(
    key: str, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """News for the panes are painted under the help, not under the Logs screen; back on the Shift screen they are there."""
    painted: list[Screen[object]] = []
    paint = Screen._compositor_refresh

    def watched(screen: Screen[object]) -> None:
        painted.append(screen)
        paint(screen)

    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        shift = app.screen
        await pilot.press(key)
        await settle(pilot)
        await pilot.pause(0.3)
        assert shift.is_current is seen
        monkeypatch.setattr(Screen, "_compositor_refresh", watched)
        app.board = changed()
        await pilot.pause(0.3)
        assert (shift in painted) is seen
        await pilot.press("escape")
        await settle(pilot)
        assert NEW_NAME in shown(app)


async def test_a_covered_screen_takes_the_new_size() -> None:
    """A terminal that is made smaller while another screen is on top: the panes fit it afterwards."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        await pilot.resize_terminal(80, 24)
        await pilot.press("escape")
        await settle(pilot)
        rows = shown(app).splitlines()
        assert len(rows) == 24
        assert max(map(len, rows)) <= 80
        assert app.screen.query_one("#panes").size.width == 80
