"""Keys that are hit twice or held: a thing is opened once, and there is always a way back."""

from __future__ import annotations

import asyncio

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from screens.detail import DetailScreen
from screens.log.panel import LogPanel
from screens.logs import LogsScreen
from screens.shift import ShiftScreen
from screens.stacking import DEEPEST, TOO_DEEP
from screens.widgets.ask import AskScreen
from screens.widgets.question import Question
from tests.screens.console import BoardConsole, settle
from tradai_console.messages import OpenRequested

LARGE = (120, 40)


async def hit(pilot: Pilot[None], key: str, times: int = 2) -> None:
    """The key so often, faster than anything is made."""
    for _ in range(times):
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))
    await settle(pilot)
    await settle(pilot)


def stack(pilot: Pilot[None]) -> list[str]:
    return [type(one).__name__ for one in pilot.app.screen_stack]


@pytest.mark.parametrize(
    ("pane", "key", "opened"),
    [("2", "enter", DetailScreen), ("2", "l", LogsScreen), ("1", "a", AskScreen), ("1", "m", AskScreen)],
)
async def test_a_key_that_is_hit_twice_opens_once(pane: str, key: str, opened: type) -> None:
    """One screen over the Shift screen, and one esc leads back."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press(pane)
        await hit(pilot, key, 4)
        assert stack(pilot) == ["ShiftScreen", opened.__name__]
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ShiftScreen)


async def test_one_question_at_a_time() -> None:
    """A second question of the kind is not put over the first, and an answer leaves the one that was asked."""
    app = BoardConsole()
    answers: list[str | None] = []
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        for name in ("first", "second"):
            app.push_screen(AskScreen(Question(name, (), "say it")), answers.append)
        await settle(pilot)
        assert stack(pilot) == ["ShiftScreen", "AskScreen"]
        await pilot.press(*"word", "enter")
        await settle(pilot)
        assert stack(pilot) == ["ShiftScreen"]
    assert answers == ["word"]


async def test_a_screen_that_is_covered_is_not_left() -> None:
    """A key that was meant for it before it was covered takes away neither it nor what covers it, and it works again."""
    app = BoardConsole()
    answers: list[str | None] = []
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        question = AskScreen(Question("covered", (), "say it"))
        app.push_screen(question, answers.append)
        await settle(pilot)
        await app.run_action("app.help")
        await settle(pilot)
        assert not question.is_active
        question.action_back()
        await settle(pilot)
        assert stack(pilot) == ["ShiftScreen", "AskScreen", "HelpScreen"]
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press(*"word", "enter")
        await settle(pilot)
        assert stack(pilot) == ["ShiftScreen"]
    assert answers == ["word"]


async def test_there_is_an_end_to_opening() -> None:
    """So many screens and no more; it says what to do, and the way back is whole."""
    app = BoardConsole()
    said: list[str] = []
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        app.notify = lambda message, **_: said.append(message)  # type: ignore[method-assign]
        for number in range(DEEPEST + 3):
            key = app.board.services.items[number % 2].arn or ""
            app.post_message(OpenRequested("services", key))
            await settle(pilot)
        assert len(app.screen_stack) == DEEPEST
        assert said == [TOO_DEEP] * 4
        async with asyncio.timeout(60):
            while not isinstance(app.screen, ShiftScreen):
                await pilot.press("escape")
                await settle(pilot)


@pytest.mark.parametrize("opening", [(), ("l",)], ids=["the filter", "a log's search"])
async def test_a_field_is_opened_again_at_once(opening: tuple[str, ...]) -> None:
    """`/` and esc in turns, faster than a field is taken away: in the end there is one, and it filters."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press(*opening)
        await settle(pilot)
        screen = app.screen
        for action in ("filter", "back") * 3 if not opening else ():
            await screen.run_action(action)
        if opening:
            panel = screen.query_one(LogPanel)
            for _ in range(3):
                panel.action_search()
                panel.back()
            panel.action_search()
        else:
            await screen.run_action("filter")
        await settle(pilot)
        assert len(screen.query(Input)) == 1
        await pilot.press(*"back", "escape")
        await settle(pilot)
        assert not screen.query(Input)
