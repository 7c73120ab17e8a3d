"""The Trail screen under the keys of an engineer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from screens.trail import TrailScreen
from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tests.screens.logs import SERVICES, Logs, line, traceback_of
from tradai_console.log_jobs import FollowTrail, LeaveLog, NextPortion, SearchWide
from tradai_console.messages import JobAnswered, TrailRequested
from tradai_console.models.clue import clues_of
from tradai_console.models.log import LogLine, LogNote
from tradai_console.models.log_feed import GroupReading, LogPortion
from tradai_console.models.snapshot import State
from tradai_console.models.trail import Scan, Trail, TrailEvent

LARGE, SMALL = (120, 40), (80, 24)
JOB, TRACE = "bt-7f3a", "7b1c2d3e-0000-4000-8000-000000000001"
WHOLE = Trail(JOB, (JOB, TRACE), whole=True)
TASKS = clues_of(sample.SERVICES[0], sample.BOARD)
Row = LogLine | LogNote | TrailEvent


def piece(number: float, kind: str, service: str, words: str, **more: object) -> TrailEvent:
    """Something that AWS tells, so many seconds into the story."""
    at_ms = line(0).time_ms + int(number * 1_000)
    return TrailEvent(kind, f"{kind}/{number}", at_ms, service, words, **more)  # type: ignore[arg-type]


def story() -> list[Row]:
    """A backtest over three services, a state row, an execution and a task, which dies."""
    failed = line(28, f"out of memory job_id={JOB}", level="ERROR", service="strategy")
    return [
        line(0, f"POST /api/v1/backtests job_id={JOB} trace_id={TRACE}"),
        piece(0, "state", "workflow-state", "PENDING"),
        line(
            1,
            f"launching {JOB}",
            service="backtest-consumer",
            group="/aws/lambda/tradai-backtest-consumer-prod",
        ),
        piece(1.2, "execution", "backtest", "execution started"),
        piece(1.3, "execution", "backtest", "state entered", minor=True),
        line(3, f"3 candles missing for {JOB}", service="data-collection", level="WARNING"),
        piece(4, "task", "strategy", "task started"),
        failed,
        *traceback_of(failed, "Traceback (most recent call last):", "MemoryError: cannot allocate 812 MiB"),
        piece(29, "task", "strategy", "task stopped: exit 137", level="ERROR"),
        piece(29.5, "execution", "backtest", "RunBacktest failed: States.TaskFailed", level="ERROR"),
        piece(30, "state", "workflow-state", "FAILED", level="ERROR"),
    ]


async def opened(pilot: Pilot[None], wanted: str = JOB) -> TrailScreen:
    """Open the trail of an id as any screen does; the engine follows it."""
    await settle(pilot)
    pilot.app.post_message(TrailRequested(wanted))
    logs = Logs(pilot)
    await logs.until(lambda: bool(logs.asked(FollowTrail)))
    screen = pilot.app.screen
    assert isinstance(screen, TrailScreen)
    screen.post_message(JobAnswered(logs.asked(FollowTrail)[-1]))
    await logs.until(lambda: bool(logs.asked(NextPortion)))
    return screen


async def come(pilot: Pilot[None], screen: TrailScreen, rows: Sequence[Row], trail: Trail = WHOLE) -> None:
    """The next portion comes."""
    logs = Logs(pilot)
    job = logs.asked(NextPortion)[-1]
    asked = len(logs.asked(NextPortion))
    groups = (GroupReading(SERVICES, State.LIVE),)
    screen.panel.post_message(JobAnswered(job, LogPortion(job.got + 1, tuple(rows), 0, groups, None, trail)))
    await logs.until(lambda: len(logs.asked(NextPortion)) > asked)
    screen.panel.status()
    await pilot.pause()
    screen.panel.view.paint()
    await pilot.pause()


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=str)
async def test_the_whole_story_in_one_order(size: tuple[int, int]) -> None:
    """Lines, executions, rows and tasks by time; the way through the services, silences, and what failed first."""
    app = BoardConsole()
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        await come(pilot, screen, story()[::-1])
        assert screen.panel.view.current is not None
        assert screen.panel.view.current.text == f"out of memory job_id={JOB}"
        text = shown(app)
        assert "Trail  bt-7f3a  10 pieces of 6 services over 30s  live" in text
        assert " → +1.0 s " in text
        assert "✗ first error" in text
        assert "⋮ 24s later" in text
        assert "state entered" not in text
        assert [row.text for row in screen.panel.shown.rows][-3:] == [
            "task stopped: exit 137", "RunBacktest failed: States.TaskFailed", "FAILED",
        ]  # fmt: skip
        await pilot.press("g", "1")
        await settle(pilot)
        assert screen.panel.view.current is not None
        assert screen.panel.view.current.text == f"out of memory job_id={JOB}"
        assert any(
            "✗" in row and "out of memory" in row and "ERROR" in row for row in shown(app).splitlines()
        )


async def test_it_goes_on_live_and_says_what_it_does() -> None:
    """While it reads it says what; then it is live, and what comes stands at its end."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        reading = Trail(
            JOB, (JOB,), doing="reading 3 of 9 groups", unread=("grant logs:FilterLogEvents on x",)
        )
        await come(pilot, screen, story()[:2], reading)
        assert "reading 3 of 9 groups" in shown(app)
        assert "! grant logs:FilterLogEvents on x" in shown(app)
        running = replace(WHOLE, running=True)
        await come(pilot, screen, story()[2:4], running)
        assert "live, still running" in shown(app)
        await come(pilot, screen, [line(60, f"tried again {JOB}")], running)
        assert screen.panel.view.current is not None
        assert screen.panel.view.current.text == f"tried again {JOB}"
        assert "ids bt-7f3a" in shown(app)


async def test_an_id_of_which_nothing_is_known() -> None:
    """It says where it has looked; an id that cannot be one is refused in a sentence."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, "bt-0000")
        logs = Logs(pilot)
        await logs.until(lambda: "looking for bt-0000" in shown(app))
        await come(pilot, screen, (), Trail("bt-0000", ("bt-0000",), whole=True))
        await logs.until(lambda: "nothing is known of bt-0000 in prod" in shown(app))
        screen.post_message(JobAnswered(logs.asked(FollowTrail)[-1], None, "that is no id"))
        await logs.until(lambda: "not followed: that is no id" in shown(app))


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        pytest.param(("5", "x"), sample.EXECUTIONS[2].arn, id="an execution of the Shift screen"),
        pytest.param(("6", "g", "enter", "x"), "GridStrategy", id="a session's details"),
        pytest.param(("3", "x", *"bt-1", "enter"), "bt-1", id="typed where nothing has an id"),
        pytest.param(("6", "g", "x"), "GridStrategy", id="a trading session"),
        pytest.param(("2", "g", "x", "2"), TASKS[1].value, id="a service's second task, by its digit"),
        pytest.param(("colon", *"trail bt-[/x]7", "enter"), "bt-[/x]7", id="typed in the palette"),
    ],
)
async def test_x_tells_a_story_from_any_screen(keys: tuple[str, ...], wanted: str) -> None:
    """Of the selected thing's id, or of one that is typed; esc ends the reading and goes back."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        logs = Logs(pilot)
        await logs.until(lambda: bool(logs.asked(FollowTrail)))
        assert logs.asked(FollowTrail)[0].wanted == wanted
        await pilot.press("escape")
        await logs.until(lambda: bool(logs.asked(LeaveLog)))
        assert not isinstance(app.screen, TrailScreen)


async def test_x_in_a_line_opens_the_story_of_its_id() -> None:
    """From a log line to the story of the id in it, and from there to another's, each one level back."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        logs = Logs(pilot)
        await logs.open()
        await logs.come([line(1, f"job_id={JOB} started")])
        await logs.press("x")
        await logs.until(lambda: bool(logs.asked(FollowTrail)))
        assert logs.asked(FollowTrail)[0].wanted == JOB
        assert len(app.screen_stack) == 3
        await logs.press("escape")
        assert app.screen is logs.screen


async def test_a_wide_search_shows_what_it_costs_first() -> None:
    """`W` asks with bytes and dollars; esc asks nothing of the engine, enter does. Before the amount is known it waits. An id
    of this story opens no other."""
    app = BoardConsole()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        screen = await opened(pilot)
        logs = Logs(pilot)
        await logs.press("W")
        await logs.until(lambda: "Not yet" in shown(app))
        scan = Scan(19, 84_300_000_000, 3_210_000_000, 0.016)
        await come(pilot, screen, story(), replace(WHOLE, scan=scan))
        await logs.press("W")
        assert "3.21 GB of 84.30 GB in 19 groups" in shown(app)
        assert "$0.02" in shown(app)
        await logs.press("escape")
        assert logs.asked(SearchWide) == []
        await logs.press("W", "enter")
        assert [one.key for one in logs.asked(SearchWide)] == [logs.asked(FollowTrail)[0].key]
        await logs.press("x")
        await logs.until(lambda: f"{JOB} belongs to this" in shown(app))
        assert len(logs.asked(FollowTrail)) == 1


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=["trail", "trail-small"])
def test_trail_screen(snap_compare: Callable[..., bool], size: tuple[int, int]) -> None:
    """The story as it looks."""

    async def prepare(pilot: Pilot[None]) -> None:
        screen = await opened(pilot)
        await come(
            pilot,
            screen,
            story(),
            Trail(JOB, (JOB, TRACE), whole=True, unread=("grant logs:FilterLogEvents on x",)),
        )
        await pilot.press("1")
        await settle(pilot)
        screen.panel.view.paint()
        await pilot.pause()

    assert snap_compare(BoardConsole(), terminal_size=size, run_before=prepare)
