"""The table of actions holds together, and `keys.toml` can move every one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.detail import DetailScreen
from screens.executions import ExecutionsScreen
from screens.history import HistoryScreen
from screens.incident import IncidentScreen
from screens.log.panel import LogPanel
from screens.logs import LogsScreen
from screens.payload import PayloadScreen
from screens.shift import ShiftScreen
from screens.trail import TrailScreen
from screens.workflow import WorkflowScreen
from tests.screens.console import BoardConsole, settle, shown
from tradai_console.actions import ACTIONS, TOGETHER, scope
from tradai_console.actions.keymap import read_keys
from tradai_console.app import ConsoleApp
from tradai_console.errors import SettingsError

SCREENS = {
    "shift": ShiftScreen,
    "pane": ShiftScreen,
    "alert": ShiftScreen,
    "detail": DetailScreen,
    "incident": IncidentScreen,
    "workflow": WorkflowScreen,
    "executions": ExecutionsScreen,
    "history": HistoryScreen,
    "payload": PayloadScreen,
    "logs": LogsScreen,
    "trail": TrailScreen,
    "log": LogPanel,
    "console": ConsoleApp,
    "drill": ConsoleApp,
}


def test_ids_are_unique() -> None:
    """An id names one action for ever."""
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_is_carried_out_by_its_screen(action: object) -> None:
    """Behind each row stands a method of the screen it belongs to."""
    from tradai_console.actions.action import Action

    assert isinstance(action, Action)
    name = action.call.partition("(")[0].removeprefix("app.")
    assert hasattr(SCREENS[action.scope], f"action_{name}"), action.call


def test_no_key_is_taken_twice() -> None:
    """The shipped keys are free of conflicts: an empty file is accepted."""
    for scopes in TOGETHER:
        keys = [key for action in scope(*scopes) for key in action.keys.split(",") if key]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('"pane.zom" = "f"', "'pane.zom' is no action", id="unknown id"),
        pytest.param('"pane.zoom" = 3', "pane.zoom = 3", id="no key"),
        pytest.param('"pane.zoom" = "r"', "'r' is the key of both", id="taken"),
        pytest.param('"pane.zoom" = ', "cannot be read", id="no toml"),
    ],
)
def test_bad_keys_get_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    """What is wrong in keys.toml is named with the file."""
    path = tmp_path / "keys.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"keys\.toml") as caught:
        read_keys(path)
    assert words in str(caught.value)


async def test_a_key_is_moved(tmp_path: Path) -> None:
    """A key from keys.toml works, the old one no longer does, and the footer and the help show the new one."""
    path = tmp_path / "keys.toml"
    path.write_text('[pane]\nzoom = "f"\n', encoding="utf-8")
    app = BoardConsole(keys=read_keys(path))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "f zoom" in shown(app).splitlines()[-1]
        await pilot.press("2", "z")
        assert not app.screen.has_class("-zoomed")
        await pilot.press("f")
        assert app.screen.has_class("-zoomed")
        await pilot.press("question_mark")
        await settle(pilot)
        assert "f                 Give the pane" in shown(app)


async def test_help_runs_its_entries() -> None:
    """enter in the help does what the entry says, on the screen below."""
    app = BoardConsole()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await settle(pilot)
        listed = [action.id for action in scope("shift", "pane")]
        await pilot.press(*["j"] * listed.index("shift.trading"), "enter")
        await settle(pilot)
        assert isinstance(app.screen, ShiftScreen)
        assert app.screen.pane.digit == 6


async def test_palette_finds_an_action_by_its_words() -> None:
    """`:` and ctrl+p open the same palette; a word of the help finds the action, enter runs it."""
    for key in ("colon", "ctrl+p"):
        app = BoardConsole()
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            await pilot.press("2", key)
            await pilot.pause(0.2)
            await pilot.press(*"zoom")
            await pilot.pause(0.5)
            await pilot.press("enter")
            await pilot.pause(0.2)
            assert app.screen.has_class("-zoomed"), key


async def test_what_works_everywhere_runs_from_the_palette() -> None:
    """The console's own actions have no screen of theirs: chosen in the palette they are run all the same."""
    app = BoardConsole()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        before = app.moment.local
        await pilot.press("colon")
        await settle(pilot)
        await pilot.press(*"console.local")
        await app.workers.wait_for_complete()
        await settle(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        await settle(pilot)
        assert app.moment.local is not before


async def test_themes_go_round() -> None:
    """The theme action visits each theme of ours and comes back."""
    app = BoardConsole()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        seen = [app.theme]
        for _ in range(4):
            app.action_next_theme()
            seen.append(app.theme)
        assert seen[0] == seen[-1] == "tradai"
        assert len(set(seen)) == 4
