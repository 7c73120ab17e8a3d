"""The Detail screen: everything about one thing, its metric and what belongs to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from screens.detail import DetailScreen
from screens.facts.facts import Section
from screens.widgets.facts_view import wrapped
from screens.widgets.line import Line
from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tradai_console.jobs import ReadWindow
from tradai_console.messages import JobAnswered
from tradai_console.models import wanted
from tradai_console.models.snapshot import State

LARGE = (120, 40)


@pytest.mark.parametrize(
    ("digit", "words"),
    [
        pytest.param(
            "7", ("Average > 80.00", "3 of 3 periods of", "MemoryUtilization", "Related"), id="alarm"
        ),
        pytest.param(
            "2",
            ("out of memory ×3", "OutOfMemoryError", "tradai-backend-api-prod:42", "limit 80"),
            id="service",
        ),
        pytest.param(
            "3", ("19 of 81 (estimated", "standby in", "Finished DB Instance backup"), id="database"
        ),
        pytest.param(
            "4", ("its checks pass", "rtb-0a1b2c3d", "tradai-nat-asg-prod", "2 to 3 minutes"), id="nat"
        ),
        pytest.param("6", ("6m ago", "overall psi", "0.310", "over backtest results"), id="session"),
    ],
)
async def test_everything_known_is_there(digit: str, words: tuple[str, ...]) -> None:
    """enter on the first line of each pane opens the thing with its telling facts."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press(digit, "g", "enter")
        await settle(pilot)
        assert isinstance(app.screen, DetailScreen)
        text = shown(app)
        for word in words:
            assert word in text, word
        await pilot.press("escape")
        assert not isinstance(app.screen, DetailScreen)


async def test_related_thing_is_one_key_away_and_back() -> None:
    """A digit opens the related thing; esc goes back one level each time."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("2", "enter")
        await settle(pilot)
        await pilot.press("1")
        await settle(pilot)
        assert "tradai-prod-backend-api-unhealthy" in shown(app).splitlines()[1]
        await pilot.press("escape")
        await settle(pilot)
        assert "backend-api" in shown(app).splitlines()[1]
        assert "1 of 2 tasks run" in shown(app)


async def test_it_goes_on_living() -> None:
    """A new board changes what is shown, and a thing that vanishes is shown as last seen, saying so."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("3", "enter")
        stopped = (replace(sample.DATABASES[0], status="rebooting"),)
        await settle(pilot, sample.BOARD.having("databases", sample.snapshot(stopped)))
        assert "rebooting" in shown(app)
        await settle(pilot, sample.BOARD.having("databases", sample.snapshot(())))
        assert "gone: this is what was last seen" in shown(app)
        assert "rebooting" in shown(app)


async def test_state_of_the_source_is_said() -> None:
    """What is shown from a failed source carries the state word and the reason."""
    failed = sample.snapshot(
        sample.DATABASES, 90, state=State.DENIED, error="rds:DescribeDBInstances is not allowed"
    )
    app = BoardConsole(sample.BOARD.having("databases", failed))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("3", "enter")
        await settle(pilot)
        assert "denied 1m" in shown(app)
        assert "rds:DescribeDBInstances is not allowed" in shown(app)


async def test_windows_and_metrics_change_by_key() -> None:
    """`]` and `[` change the window, `m` the metric; an answer for the window is drawn, a refusal said."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("3", "enter")
        await settle(pilot)
        assert "last 3 h" in shown(app)
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "last 12 h" in shown(app)
        metric = wanted.database_connections("tradai-prod")
        app.screen.post_message(
            JobAnswered(ReadWindow(metric, 12.0), sample.series(metric, 70.0, 71.0, 72.0))
        )
        await settle(pilot)
        assert "connections  72   limit 64.8" in shown(app)
        app.screen.post_message(
            JobAnswered(ReadWindow(metric, 12.0), error="cloudwatch:GetMetricData is not allowed")
        )
        await settle(pilot)
        assert "cloudwatch:GetMetricData is not allowed" in shown(app)
        await pilot.press("m")
        await settle(pilot)
        assert "processor" in shown(app)


async def test_facts_that_have_no_room_are_scrolled_to() -> None:
    """On a small terminal `j` and page down bring the later facts into view, `k` the first ones again."""
    app = BoardConsole()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("7", "g", "j", "enter")
        await settle(pilot)
        first = shown(app)
        assert "History" not in first
        await pilot.press("ctrl+d", "ctrl+d", "j")
        await settle(pilot)
        assert "Alarm updated from OK to ALARM" in shown(app)
        await pilot.press("ctrl+u", "ctrl+u", "k")
        await settle(pilot)
        assert shown(app) == first


async def test_small_terminal_shows_facts_and_metric() -> None:
    """At 80x24 the facts stand over the metric."""
    app = BoardConsole()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2", "enter")
        await settle(pilot)
        text = shown(app)
    assert "out of memory ×3" in text
    assert "limit 80" in text


@pytest.mark.parametrize("width", range(8, 70))
def test_wrapping_loses_nothing(width: int) -> None:
    """Whatever the width, every word of a fact is there, no line is wider, and it ends."""
    fact = Line.of(
        ("name".ljust(18), "dim"), "some words and arn:aws:ecs:eu-central-1:1:service/a ", ("and more", "bad")
    )
    lines = Section("x", tuple(wrapped(fact, width))).lines
    assert all(line.width <= width for line in lines)
    assert "".join(line.plain for line in lines).replace(" ", "") == fact.plain.replace(" ", "")
