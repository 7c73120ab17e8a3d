"""The list of all executions: failed and caught first, kept to a machine, a state, a time."""

from __future__ import annotations

import pytest

from screens.executions import ExecutionsScreen
from screens.panes.executions import ExecutionsPane
from screens.shift import ShiftScreen
from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tests.screens.opened import asked
from tradai_console.models.board import Board
from tradai_console.workflow_jobs import OpenWorkflow

LARGE, SMALL = (120, 40), (80, 24)


def names(app: BoardConsole) -> list[str]:
    return [item.name for item in app.screen.query_one(ExecutionsPane).items]


async def test_machines_are_counted_and_failures_come_first() -> None:
    """A record a machine with its rate and what it usually takes; failed and caught ones on top of the list."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("5", "w")
        await settle(pilot)
        text = shown(app)
        assert " 33% " in text
        assert "1 good  1 failed  1 caught" in text
        assert "100% " in text
        assert "usually 5m42s" in text
        assert names(app)[:3] == ["rt-PascalStrategy-0312", "rt-RadStrategy-0300", "bt-7f3a"]


@pytest.mark.parametrize(
    ("keys", "left", "words"),
    [
        pytest.param(
            ("m",), ["rt-PascalStrategy-0312", "rt-RadStrategy-0300", "rt-PascalStrategy-0200"], "retraining ·", id="machine",
        ),
        pytest.param(("m", "m"), ["bt-7f3a", "bt-7f39", "bt-7f38"], "backtest ·", id="next machine"),
        pytest.param(("f",), ["rt-PascalStrategy-0312", "rt-RadStrategy-0300"], "failed and caught", id="failed"),
        pytest.param(("f", "f"), ["rt-RadStrategy-0300"], "caught only", id="caught"),
        pytest.param(("f", "f", "f"), ["bt-7f3a"], "running", id="running"),
        pytest.param(
            ("t",), ["rt-PascalStrategy-0312", "rt-RadStrategy-0300", "bt-7f3a", "bt-7f39", "bt-7f38"], "last hour", id="time",
        ),
        pytest.param(("m", "m", "f", "f", "f", "f", "t"), ["bt-7f39", "bt-7f38"], "good · last hour", id="all three"),
    ],
)  # fmt: skip
async def test_kept_to_a_machine_a_state_a_time(keys: tuple[str, ...], left: list[str], words: str) -> None:
    """Each key keeps to the next value; what is kept stands in the heading."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("5", "w", *keys)
        await settle(pilot)
        assert names(app) == left
        assert words in shown(app).splitlines()[1]


async def test_every_filter_goes_round() -> None:
    """After the last value comes all again."""
    app = BoardConsole()
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press("5", "w", *"mmm", *"fffff", *"ttttt")
        await settle(pilot)
        assert len(names(app)) == len(sample.EXECUTIONS)
        assert "all machines · any state · any time" in shown(app)


async def test_words_filter_and_esc_takes_one_step_at_a_time() -> None:
    """`/` keeps what has the words; letters typed there are no keys; esc clears, then goes back."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("5", "w", "slash", *"nosuch", "enter")
        await settle(pilot)
        assert names(app) == []
        await pilot.press("slash", *["backspace"] * 6, *"caught", "enter")
        await settle(pilot)
        assert names(app) == ["rt-RadStrategy-0300"]
        await pilot.press("escape")
        assert len(names(app)) == 6
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ShiftScreen)


async def test_enter_opens_the_selected_one_and_esc_comes_back_to_it() -> None:
    """The cursor stays where it was."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("5", "w", "g", "j", "y", "enter")
        await settle(pilot)
        assert asked(app, OpenWorkflow) == [OpenWorkflow(sample.EXECUTIONS[1].arn)]
        assert app.copied == ["rt-RadStrategy-0300"]
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ExecutionsScreen)
        current = app.screen.query_one(ExecutionsPane).current
        assert current is not None
        assert current.name == "rt-RadStrategy-0300"


async def test_nothing_to_open_says_so() -> None:
    """An empty list opens nothing and ends nothing."""
    app = BoardConsole(Board())
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("5", "w", "enter", "m", "s", "S", "G", "ctrl+d")
        await settle(pilot)
        assert "There is no execution to open" in shown(app)
