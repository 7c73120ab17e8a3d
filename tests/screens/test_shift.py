"""The Shift screen under the keys of an operator."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from screens.shift import ShiftScreen
from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tradai_console.messages import NewsArrived
from tradai_console.models.alarm import AlarmState
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.snapshot import Snapshot, State
from tradai_console.news import AlertsListed

LARGE, SMALL = (120, 40), (80, 24)


def shift(app: BoardConsole) -> ShiftScreen:
    screen = app.screen
    assert isinstance(screen, ShiftScreen)
    return screen


async def test_one_look_says_what_is_wrong() -> None:
    """Firing alarms, the service that is short, the failed run and the stale session are all on the first screen."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        text = shown(app)
    for words in (
        "2 firing · 1 acknowledged · 1 muted", "Service Unhealthy", "running 1 of 2", "ack jm", "muted 42m",
        "Position Stuck", "tradai-prod-backend-api-unhealthy", "out of memory ×3", "1 short of tasks", "19 of 81",
        "healthy  i-0ab12cd34ef56ab78", "RunRetraining", "caught CompareModels", "beat 6m", "psi 0.31 high",
        "6/6 live", "1234-5678-9012", "PROD", "read-only",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("digit", range(1, 8))
async def test_digit_goes_to_pane(digit: int) -> None:
    """Each digit gives its pane the keys, on a small screen too."""
    app = BoardConsole()
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press(str(digit))
        await settle(pilot)
        assert shift(app).pane.digit == digit
        assert f" {digit} {shift(app).pane.name_shown} " in shown(app)


async def test_tab_goes_round() -> None:
    """Tab visits all seven panes and comes back; shift+tab goes the other way."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        seen = []
        for _ in range(7):
            await pilot.press("tab")
            seen.append(shift(app).pane.digit)
        assert seen == [2, 3, 4, 5, 6, 7, 1]
        await pilot.press("shift+tab")
        assert shift(app).pane.digit == 7


async def test_cursor_stays_on_its_alarm() -> None:
    """A refresh that moves the selected alarm to another row takes the cursor with it."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("7", "G")
        chosen = shift(app).pane.cursor_key
        assert chosen == "tradai-prod-rds-failover"
        moved = tuple(
            replace(alarm, state=AlarmState.ALARM, since=sample.NOW) if alarm.name == chosen else alarm
            for alarm in sample.ALARMS
        )
        await settle(pilot, sample.BOARD.having("alarms", sample.snapshot(moved)))
        pane = shift(app).pane
        assert pane.key_of(pane.items[0]) == chosen, "it fires now and stands first"
        assert pane.cursor_key == chosen
        assert pane.current is pane.items[0]


async def test_arrows_move_the_cursor_where_the_list_is_longer_than_the_pane() -> None:
    """Arrows, page keys and home and end do what the letters do: no key scrolls the cursor out of sight."""
    many = tuple(sample.alarm(f"tradai-prod-{n:03}") for n in range(100))
    app = BoardConsole(sample.BOARD.having("alarms", sample.snapshot(many)))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("7", "home", "down", "down", "up")
        assert shift(app).pane.cursor_key == "tradai-prod-001"
        await pilot.press("pagedown", "pageup", "end")
        assert shift(app).pane.cursor_key == "tradai-prod-099"
        await settle(pilot)
        assert "tradai-prod-099" in shown(app)


async def test_filter_keeps_and_drops() -> None:
    """`/` keeps lines with the words and drops those after `!`; esc takes it back, one level at a time."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("7", "slash", *"prod !nat")
        await settle(pilot)
        assert "tradai-prod-nat-unhealthy" not in shown(app)
        assert "5 of 6" in shown(app)
        await pilot.press("enter")
        assert shift(app).pane.digit == 7
        await pilot.press("escape")
        await settle(pilot)
        assert "tradai-prod-nat-unhealthy" in shown(app)


async def test_letters_belong_to_the_filter_while_it_is_typed() -> None:
    """Words with z, s, p and digits in them do not zoom, sort, pause or change the pane."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("7", "slash", *"zsp12Rq")
        assert shift(app).pane.needle == "zsp12Rq"
        assert shift(app).pane.digit == 7
        assert not shift(app).has_class("-zoomed")


async def test_zoom_gives_the_screen_and_takes_it_back() -> None:
    """`z` shows one pane with column titles; again, or esc, shows all."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("2", "z")
        await settle(pilot)
        assert "memory %" in shown(app)
        assert "6 Trading" not in shown(app)
        await pilot.press("escape")
        await settle(pilot)
        assert "6 Trading" in shown(app)


async def test_sort_by_each_column_and_back() -> None:
    """`s` goes through the columns to the pane's own order again; the order is total."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("7")
        own = [alarm.name for alarm in shift(app).pane.items]
        await pilot.press("s", "s")
        assert [alarm.name for alarm in shift(app).pane.items] == sorted(own)
        await pilot.press("S")
        assert [alarm.name for alarm in shift(app).pane.items] == sorted(own, reverse=True)
        await pilot.press("S", "s", "s")
        assert [alarm.name for alarm in shift(app).pane.items] == own


@pytest.mark.parametrize(
    "state", [s for s in State if not s.trusted and s not in (State.LOADING, State.STALE)]
)
async def test_failed_source_says_so_and_keeps_its_items(state: State) -> None:
    """A pane whose source fails shows the word, the reason and how old its items are; the items stay."""
    failed = sample.snapshot(
        sample.SERVICES, 70, state=state, error="grant ecs:ListServices", next_monotonic=sample.MONOTONIC + 25
    )
    app = BoardConsole(sample.BOARD.having("services", failed))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        text = shown(app)
    assert re.search(rf"{state.value.upper()}(, data)? 1m", text)
    assert "grant ecs:ListServices" in text
    assert "again in 25s" in text
    assert "backend-api" in text
    assert "5/6 live" in text


async def test_time_alone_makes_a_pane_stale() -> None:
    """Nothing new for two intervals: the pane says STALE, and no source is called live."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        app.standing.passed_s = 600
        await settle(pilot)
        assert shown(app).count("STALE") == len(SOURCES) + 1  # the alerts strip tells of the alarms too
        assert "0/6 live" in shown(app)


async def test_a_new_alert_is_told_by_its_names() -> None:
    """The toast says which machine, not the ARN of its execution, which would fill it."""
    arn = "arn:aws:states:eu-central-1:123456789012:execution:tradai-backtest-workflow-prod:bt-1"
    named = {"EXECUTION": arn, "MACHINE": "backtest"}
    alert = replace(sample.ALERTS[0], key="new", alert="Workflow Stuck/Failed", variables=named)
    app = BoardConsole()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await settle(pilot)
        app.post_message(NewsArrived(AlertsListed((alert,), (alert,))))
        await settle(pilot)
        assert "Workflow Stuck/Failed backtest" in shown(app)
        assert "arn:aws" not in shown(app)


async def test_an_age_that_grows_a_sign_is_not_cut() -> None:
    """Nine seconds become ten while nothing new is read: the column makes room for it."""
    alert = replace(sample.ALERTS[0], since=sample.NOW - timedelta(seconds=9))
    app = BoardConsole(replace(sample.BOARD, alerts=(alert,)))
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        assert " 9s " in shown(app)
        app.standing.passed_s = 1
        await settle(pilot)
        assert " 10s " in shown(app)


async def test_heartbeat_turns_stale_while_nobody_reads() -> None:
    """A session that was beating is marked when two minutes have passed, without a new reading."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert "1 stale" in shown(app)
        app.standing.passed_s = 119
        await settle(pilot)
        assert "3 stale" in shown(app)


async def test_empty_loading_and_filtered_panes_have_their_own_words() -> None:
    """Nothing there, not read yet and nothing that matches are three different things."""
    app = BoardConsole(Board())
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert shown(app).count("reading …") == 7
        empty = Board()
        for name in SOURCES:
            empty = empty.having(name, sample.snapshot(()))
        await settle(pilot, empty)
        assert "✓ nothing is firing" in shown(app)
        assert "no services in this cluster" in shown(app)
        await settle(pilot, sample.BOARD)
        await pilot.press("7", "slash", *"nosuch", "enter")
        await settle(pilot)
        assert "nothing matches “nosuch”" in shown(app)


async def test_no_account_is_named_before_aws_named_it() -> None:
    """Until GetCallerIdentity has answered the frame says that the account is not known."""
    app = BoardConsole(replace(sample.BOARD, identity=None))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert "account ?" in shown(app)
        assert "1234-5678-9012" not in shown(app)


async def test_expired_login_is_said_once_for_all() -> None:
    """One line across the screen says that the login has expired and what to run."""
    words = "login expired: run aws sso login --profile tradai"
    meter = replace(sample.BOARD.meter, credentials_error=words)
    app = BoardConsole(replace(sample.BOARD, meter=meter))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert words in shown(app)
        assert "LOGIN EXPIRED" in shown(app)


async def test_login_that_ends_soon_is_counted_down() -> None:
    """The time left stands in the frame."""
    meter = replace(sample.BOARD.meter, credentials_until=sample.NOW + timedelta(minutes=9))
    app = BoardConsole(replace(sample.BOARD, meter=meter))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert "login 9m" in shown(app)


async def test_copy_takes_the_name_or_the_arn() -> None:
    """`y` copies the name, `Y` the ARN, of what the cursor is on."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("3", "y", "Y")
        assert app.copied == ["tradai-prod", "arn:aws:rds:eu-central-1:123456789012:db:tradai-prod"]


async def test_open_with_nothing_selected_says_so() -> None:
    """enter in an empty pane opens nothing and ends nothing."""
    app = BoardConsole(
        Board(alarms=Snapshot(taken_at=sample.NOW, taken_monotonic=sample.MONOTONIC, state=State.LIVE))
    )
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("enter", "y")
        await settle(pilot)
        assert "There is nothing to open" in shown(app)


async def test_ctrl_q_leaves_at_once() -> None:
    """ctrl+q ends the console from anywhere with exit code 0, a typed filter included."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("slash", "x", "ctrl+q")
        await pilot.pause()
    assert app.return_code in (0, None)


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (60, 16), (80, 24), (300, 90)], ids=str)
async def test_any_terminal_size_is_survived(size: tuple[int, int]) -> None:
    """No size ends the console, and resizing keeps the pane."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("5")
        await pilot.resize_terminal(*size)
        await settle(pilot)
        assert shift(app).pane.digit == 5
        await pilot.press("j", "z", "z", "tab")


async def test_a_second_repaints_lines_not_the_screen() -> None:
    """What the clock and a reading change is painted, and nothing else: a whole screen a second would hold keys up."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        app.standing.passed_s += 1
        app._tick()
        app.board = replace(app.board, alarms=replace(app.board.alarms, took_s=0.3))
        assert not shift(app)._repaint_required


async def test_a_crowd_is_arranged_between_keys() -> None:
    """Thousands of alarms are ordered in slices; all of them are there in the end, the firing ones first."""
    crowd = tuple(
        sample.alarm(f"a-{n:04}", AlarmState.ALARM if n % 100 == 0 else AlarmState.OK) for n in range(3_000)
    )
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        app.board = app.board.having("alarms", sample.snapshot(crowd))
        await app.workers.wait_for_complete()
        await settle(pilot)
        pane = shift(app).panes[-1]
        assert [alarm.firing for alarm in pane.items] == [True] * 30 + [False] * 2_970
        assert pane.troubles == 30
        await pilot.press("7", "slash", *"a-09")
        await app.workers.wait_for_complete()
        assert len(pane.items) == 100
