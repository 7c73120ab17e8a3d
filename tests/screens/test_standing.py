"""Keys that come before their screen is made, and after the last one is gone."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import ScreenStackError
from textual.css.query import NoMatches
from textual.events import Key

from screens.choose import Choice, ChooseScreen
from screens.widgets.line import Line
from tests.screens.console import BoardConsole, settle
from tests.screens.test_incident import incident
from tradai_console.messages import IncidentOpened

HANG_S = 30.0


@pytest.mark.parametrize("key", ["down", "enter", "escape"])
async def test_a_key_waits_for_its_screen(key: str) -> None:
    """A key that was on its way when the screen was put in front: it does what it does there, once that is made."""
    choices = [Choice(name, Line.of(name)) for name in ("first", "second")]
    chosen: list[str | None] = []
    app = BoardConsole()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.push_screen(ChooseScreen("Which?", "takes it", choices), chosen.append)
        assert not app.screen.is_mounted
        with app._context():
            async with asyncio.timeout(HANG_S):
                assert await app._check_bindings(key)
        await settle(pilot)
        if key == "down":
            await pilot.press("enter")
        assert chosen == [{"down": "second", "enter": "first", "escape": None}[key]]


async def test_what_comes_while_all_is_taken_down_is_of_no_use() -> None:
    """Whoever goes on typing while the console ends gets no report of a defect; nor for what was being made then."""
    app = BoardConsole()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("l")
        app.exit()
        for key in (*"lkjx", "escape", "enter", "question_mark"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        app.post_message(IncidentOpened(incident()))
    for missed in (NoMatches("a widget"), ScreenStackError("no screen")):
        app._handle_exception(missed)
    assert app._exception is None
    assert app.return_code == 0


async def _missing_a_widget() -> None:
    app = BoardConsole()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app._handle_exception(NoMatches("a widget"))


async def test_a_defect_of_before_is_one() -> None:
    """A widget that is missed while the console runs ends it, and is told."""
    with pytest.raises(NoMatches):
        await _missing_a_widget()
