"""The Logs screen under the keys of an engineer, and the same log on the Incident screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.incident import IncidentScreen
from screens.log import rows, view
from screens.log.detail import LineScreen
from screens.log.panel import LogPanel
from screens.log.ring import Row
from screens.logs import LogsScreen
from screens.widgets.ask import AskScreen
from screens.widgets.line import Line
from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tests.screens.logs import HEALTH, NOW_MS, SERVICES, Logs, a_night, line
from tests.screens.test_incident import incident, opened
from tradai_console.log_jobs import FollowLog, FollowTrail, LeaveLog, ListGroups, NextPortion, SaveRows
from tradai_console.messages import IncidentOpened, JobAnswered
from tradai_console.models.board import Board
from tradai_console.models.log import LogNote
from tradai_console.models.log_feed import GroupReading, LogPortion, LogsAbout
from tradai_console.models.snapshot import State

LARGE, SMALL = (120, 40), (80, 24)


def cursor_text(panel: LogPanel) -> str:
    """What the line under the cursor says."""
    row = panel.view.current
    return row.text if row is not None else ""


def rows_shown(app: BoardConsole, *words: str) -> list[int]:
    """In which rows of the screen all of these stand."""
    return [n for n, row in enumerate(shown(app).splitlines()) if all(word in row for word in words)]


async def open_logs(pilot: Pilot[None], *, rows: bool = True) -> Logs:
    await settle(pilot)
    logs = Logs(pilot)
    await logs.open()
    if rows:
        await logs.come(a_night())
    return logs


@pytest.mark.parametrize(
    ("keys", "about"),
    [
        pytest.param(("2", "l"), LogsAbout("services", sample.SERVICES[0].arn or "", "backend-api"), id="a service"),
        pytest.param(("5", "l"), LogsAbout("workflows", sample.EXECUTIONS[2].arn, sample.EXECUTIONS[2].name), id="an execution"),
        pytest.param(("1", "l"), LogsAbout("alerts", sample.ALERTS[0].key, "Position Stuck PascalStrategy"), id="an alert"),
        pytest.param(("4", "enter", "l"), LogsAbout("nat", "nat", "i-0ab12cd34ef56ab78"), id="from the Detail screen"),
    ],
)  # fmt: skip
async def test_l_follows_what_the_cursor_is_on(keys: tuple[str, ...], about: LogsAbout) -> None:
    """From the Shift screen and from Detail `l` opens the log of that very thing; esc ends the reading and goes back."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        before = app.screen
        await pilot.press(*keys[:-1])
        await settle(pilot)
        below = app.screen
        await pilot.press(keys[-1])
        await settle(pilot)
        logs = Logs(pilot)
        asked = logs.asked(FollowLog)
        assert [(one.about.kind, one.about.key) for one in asked] == [(about.kind, about.key)]
        assert about.name.split()[0] in shown(app)
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is below
        assert [one.key for one in logs.asked(LeaveLog)] == [asked[0].key]
        assert isinstance(before, type(app.screen)) or keys[-2] == "enter"


async def test_nothing_on_the_board_means_every_log() -> None:
    """Where the cursor is on nothing `l` follows everything."""
    app = BoardConsole(Board())
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        assert Logs(pilot).asked(FollowLog)[0].about == LogsAbout()


async def test_groups_lines_and_notes_are_drawn_as_what_they_are() -> None:
    """Groups with their states, services with letters, lines in columns, folded tracebacks, gaps, what came late."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot, rows=False)
        denied = (
            GroupReading(SERVICES, State.LIVE),
            GroupReading(HEALTH, State.DENIED, "grant logs:FilterLogEvents"),
        )
        await logs.come(a_night(), groups=denied)
        text = shown(app)
        for words in (
            "✗ tradai-health-check-prod DENIED", f"● {SERVICES}", "B backend-api", "1 of 2 groups unread",
            "288 lines", "1 error", "▸ +3 lines  MemoryError: cannot allocate 812 MiB", "✂ gap", "↻ reconnect",
            "following · UTC",
        ):  # fmt: skip
            assert words in text, words
        assert rows_shown(app, "B ", "03:11:48.000", "ERROR", "BacktestService", "backtest failed")
        await logs.press("E", "k")
        assert logs.panel.view.index == len(logs.panel.shown.rows) - 5


async def test_it_follows_until_somebody_looks_at_something() -> None:
    """The newest line stays in view; a line that is read stays where it is, whatever comes; G follows again."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        await logs.come([line(299, "newest of all")])
        assert cursor_text(logs.panel) == "newest of all"
        await logs.press("k", "k", "k")
        reading = cursor_text(logs.panel)
        (place,) = rows_shown(app, "retrying once more")
        await logs.come([line(number, f"more {number}") for number in range(300, 400)])
        assert cursor_text(logs.panel) == reading
        assert rows_shown(app, "retrying once more") == [place]
        assert "G follows" in shown(app)
        await logs.press("G")
        assert cursor_text(logs.panel) == "more 399"
        assert "following" in shown(app)


@pytest.mark.parametrize("press", ["k", "G"])
async def test_a_key_is_answered_at_once_and_draws_nothing_again(
    press: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row under the cursor and what the border says of it are painted when the key is handled, in one go; after `G`,
    which may change every row, the border, and the rows with the next frame."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        if press == "G":
            await pilot.press("k")
        painted: list[str] = []
        drawings: list[str] = []
        show = LogPanel.answer

        def draw(row: Row, *given: Any, **more: Any) -> list[Line]:
            drawings.append(row.event_id)
            return rows.drawn(row, *given, **more)

        monkeypatch.setattr(view, "drawn", draw)

        def answer(panel: LogPanel) -> None:
            with monkeypatch.context() as patch:
                patch.setattr(
                    app, "_display", lambda _, update: painted.append(update.render_segments(app.console))
                )
                show(panel)

        monkeypatch.setattr(LogPanel, "answer", answer)
        await pilot.press(press)
        assert logs.panel.view.following is (press == "G")
        assert len(painted) == 1
        assert ("G follows" if press == "k" else "following") in painted[0]
        assert drawings == []
        if press == "k":
            assert cursor_text(logs.panel)[:40] in painted[0]
        else:
            await settle(pilot)
            assert cursor_text(logs.panel)[:40] in shown(app)


async def test_paused_it_stands_still_and_counts_what_waits() -> None:
    """p: nothing moves, what waits is counted; p again: it is all there, in order, and the end is followed."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        await logs.press("p")
        before = [row for row in shown(app).splitlines() if "BacktestService" in row]
        await logs.come([line(number, f"more {number}") for number in range(300, 400)])
        assert [row for row in shown(app).splitlines() if "BacktestService" in row] == before
        assert "standing still: 100 wait, p goes on" in shown(app)
        await logs.press("p")
        assert cursor_text(logs.panel) == "more 399"
        assert rows_shown(app, "more 399")


async def test_search_moves_and_hides_nothing() -> None:
    """/ goes to the text while it is typed, n and N go on and back and round, esc ends it; every line stays."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        count = len(logs.panel.shown.rows)
        await logs.press("g", "slash", *"BT-0100")
        assert "nowhere" in shown(app)
        await logs.press(*["backspace"] * 7, *"bt-010")
        assert "bt-0100" in cursor_text(logs.panel)
        await logs.press("enter", "n")
        assert "bt-0101" in cursor_text(logs.panel)
        assert "/bt-010 2 of 16" in shown(app)
        await logs.press("N", "N")
        assert "bt-010f" in cursor_text(logs.panel)
        assert len(logs.panel.shown.rows) == count
        await logs.press("escape")
        assert "/bt-010 " not in shown(app)
        assert isinstance(app.screen, LogsScreen)


async def test_esc_while_searching_goes_back_to_where_it_began() -> None:
    """A search that is given up leaves no trace."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        await logs.press("g", "j", "j")
        before = cursor_text(logs.panel)
        await logs.press("slash")
        await logs.type("retrying")
        assert "retrying" in cursor_text(logs.panel)
        await logs.press("escape")
        assert cursor_text(logs.panel) == before
        assert not app.screen.query(".prompt")


async def test_keep_drop_level_and_highlight() -> None:
    """f, F and L hide lines and say so, h colours, C shows everything again; the gap is always there."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        await logs.press("f")
        await logs.type("bt-001")
        await logs.press("enter")
        assert len(logs.panel.shown.rows) == 16 + 2
        assert "keep “bt-001” · 18 shown" in shown(app)
        await logs.press("F")
        await logs.type("bt-0011")
        await logs.press("enter")
        assert not rows_shown(app, "bt-0011 answered")
        assert rows_shown(app, "✂ gap")
        await logs.press("C", "L", "L", "L")
        assert "ERROR and worse · 3 shown" in shown(app)
        assert rows_shown(app, "MemoryError")
        await logs.press("L", "h")
        await logs.type("lock|latency")
        await logs.press("enter")
        assert len(logs.panel.shown.rows) == 285
        assert logs.panel.view.look.lit.text == "lock|latency"


async def test_no_line_passes() -> None:
    """A filter that lets nothing through says so, and how to be rid of it."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot, rows=False)
        await logs.come([line(1)])
        await logs.press("f")
        await logs.type("nothing like it")
        await logs.press("enter")
        assert "none of 1 lines passes the filters; C shows them all" in shown(app)


async def test_errors_marks_and_times() -> None:
    """e and E go from error to error, m sets a mark that u and U find, t and the brackets go by time."""
    app = BoardConsole()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        logs = await open_logs(pilot)
        await logs.press("g", "e")
        assert "backtest failed" in cursor_text(logs.panel)
        assert "standing" not in shown(app)
        await logs.press("m", "g", "u")
        assert "backtest failed" in cursor_text(logs.panel)
        assert rows_shown(app, "◆", "backtest failed")
        await logs.press("e")
        assert "No error after this line." in shown(app)
        await logs.press("t")
        await logs.type("03:09:00")
        await logs.press("enter")
        assert logs.panel.view.current is not None
        assert logs.panel.view.current.time_ms == NOW_MS - 187_000
        await logs.press("right_square_bracket")
        later = logs.panel.view.current.time_ms
        assert later > NOW_MS - 187_000
        await logs.press("left_square_bracket", "left_square_bracket")
        assert logs.panel.view.current.time_ms < later
        await logs.press("t")
        await logs.type("yesterday-ish")
        await logs.press("enter")
        assert "That is no time" in shown(app)


async def test_a_traceback_opens_and_closes() -> None:
    """enter unfolds it under its line, every line of it can be stood on; enter again folds it."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        await logs.press("E", "enter")
        (place,) = rows_shown(app, "backtest failed")
        assert rows_shown(app, "│ Traceback (most recent call last):") == [place + 1]
        assert rows_shown(app, "│ MemoryError") == [place + 3]
        await logs.press("j", "j", "j", "j")
        assert "retrying once more" in cursor_text(logs.panel)
        await logs.press("k", "enter")
        assert rows_shown(app, "▸ +3 lines")


async def test_everything_about_a_line_and_the_trail_of_an_id_in_it() -> None:
    """d shows its fields and its ids; a digit opens that id's story. x does so at once where there is one id."""
    app = BoardConsole()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        logs = await open_logs(pilot)
        await logs.press("slash")
        await logs.type("bt-0011")
        await logs.press("enter", "d")
        assert isinstance(app.screen, LineScreen)
        text = shown(app)
        trace = "7b1c2d3e-0000-4000-8000-000000000011"
        for words in ("group", SERVICES, "stream", "e17", "0.4 s later", "1 bt-0011", f"2 {trace}"):
            assert words in text, words
        await logs.press("2")
        await logs.until(lambda: [job.wanted for job in logs.asked(FollowTrail)] == [trace])
        await logs.press("escape", "e", "x")
        await logs.until(lambda: [job.wanted for job in logs.asked(FollowTrail)] == [trace, "bt-7f3a"])
        await logs.press("escape", "G", "k", "k", "x")
        assert "There is no id in this line." in shown(app)


async def test_copying_is_bounded_said_and_asked_where_it_has_line_ends() -> None:
    """y copies one line and says so; Y shows what several lines are first; 8 KiB is all that goes out."""
    app = BoardConsole()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        logs = await open_logs(pilot)
        await logs.press("E", "y")
        assert app.copied == ["backtest failed job_id=bt-7f3a: out of memory"]
        assert "Sent to the terminal's clipboard: 45 bytes" in shown(app)
        await logs.press("Y")
        assert isinstance(app.screen, AskScreen)
        assert "4 lines, with line ends between them" in shown(app)
        await logs.press("escape")
        assert len(app.copied) == 1
        await logs.press("Y", "enter")
        assert app.copied[1].splitlines()[1:] == [part.text for part in logs.panel.ring.parts_of(line(281))]
        await logs.come([line(500, "ä" * 16_000)])
        await logs.press("G", "y")
        assert len(app.copied[2].encode()) == 8_192


async def test_saving_goes_through_the_engine_in_portions() -> None:
    """S sends what is shown, tracebacks too, each row once; the path that the engine names is told."""
    app = BoardConsole()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        logs = await open_logs(pilot)
        await logs.come([line(number, f"more {number}") for number in range(300, 1_300)])
        await logs.press("S")
        path = Path("/home/x/logs/a.log")
        for number in range(3):
            await logs.until(lambda number=number: len(logs.asked(SaveRows)) == number + 1)  # type: ignore[misc]
            job = logs.asked(SaveRows)[number]
            assert job.path == (None if number == 0 else path)
            logs.panel.post_message(JobAnswered(job, path))
        await logs.until(lambda: "1,288 lines are in /home/x/logs/a.log" in shown(app))
        rows = [row for job in logs.asked(SaveRows) for row in job.rows]
        assert len(rows) == len({row.event_id for row in rows}) == 1_288
        assert max(len(job.rows) for job in logs.asked(SaveRows)) <= 500


async def test_wrapping_and_moving_sideways() -> None:
    """w wraps long lines under themselves with nothing lost; right and left move the messages, not the columns."""
    app = BoardConsole()
    words = " ".join(f"word{number:02}" for number in range(40))
    async with app.run_test(size=SMALL) as pilot:
        logs = await open_logs(pilot, rows=False)
        await logs.come([line(1, words)])
        assert "word39" not in shown(app)
        await logs.press("w")
        text = shown(app).replace("│", " ")
        found = "".join("".join(row.split()) for row in text.splitlines() if "word" in row)
        assert all(f"word{number:02}" in found for number in range(40))
        await logs.press("w", *["right"] * 13)
        assert "word39" in shown(app)
        assert rows_shown(app, "INFO")
        await logs.press(*["left"] * 13)
        assert "word00" in shown(app)


async def test_the_zone_can_be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """T shows local times on lines, histogram and title, and UTC again."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    import time

    time.tzset()
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        assert rows_shown(app, "03:11:48.000", "backtest failed")
        await logs.press("T")
        assert rows_shown(app, "12:11:48.000", "backtest failed")
        assert "· local" in shown(app)
        await logs.press("T")
        assert rows_shown(app, "03:11:48.000", "backtest failed")


async def test_drops_are_counted_on_screen() -> None:
    """Lines that the engine let go are a gap row and a count; those that fell out of the ring are counted, too."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot, rows=False)
        logs.panel.ring._most = 100
        await logs.come([line(number) for number in range(150)])
        await logs.come([line(number) for number in range(200, 210)], passed_over=1_234)
        text = shown(app)
        assert "1,234 lines before this were let go" in text
        assert "61 older ones dropped" in text
        assert "1,234 passed over" in text


async def test_other_things_can_be_followed_from_here() -> None:
    """l lists everything, services and groups; enter follows the chosen one in place of the one before."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        await logs.press("l")
        await logs.answer(logs.asked(ListGroups)[0], (SERVICES, HEALTH))
        await logs.press("j", "j", "enter")
        first, second = logs.asked(FollowLog)
        assert (second.about.kind, second.about.key) == ("service", "strategy-service")
        assert [job.key for job in logs.asked(LeaveLog)] == [first.key]
        await logs.press("s", *["backspace"] * 5, *"2h", "enter")
        assert logs.asked(FollowLog)[-1].about.since_s == 7_200


async def test_an_engine_that_is_started_again_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log that the engine knows nothing of any more is said to be unread, and followed anew."""
    monkeypatch.setattr("screens.logs.AGAIN_S", 0.3)
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot)
        job = logs.asked(NextPortion)[-1]
        logs.panel.post_message(JobAnswered(job, None, "the engine has stopped in the middle of it"))
        await logs.until(lambda: "the engine has stopped in the middle of it" in shown(app))
        await logs.until(lambda: len(logs.asked(FollowLog)) == 2)
        assert rows_shown(app, "backtest failed")


async def test_dev_says_where_its_logs_are() -> None:
    """An environment whose services run on a host is never just empty: where the lines are, and how to get there."""
    app = BoardConsole(env="dev")
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        logs = await open_logs(pilot, rows=False)
        words = "the services run on one host (i-0ab): reach them with `aws ssm start-session --target i-0ab`"
        await logs.come((), places=words, groups=(GroupReading(HEALTH, State.LIVE),))
        text = " ".join(row.strip(" │") for row in shown(app).splitlines())
        assert "no line: dev, backend-api, the last 15m" in text
        assert "aws ssm start-session" in text
        await logs.come([line(1)], places=words, groups=(GroupReading(HEALTH, State.LIVE),))
        assert "aws ssm start-session" not in shown(app)
        assert "more elsewhere: i" in shown(app)
        await logs.press("i")
        assert "Where lines are" in shown(app)


async def test_a_log_that_cannot_be_read_says_why() -> None:
    """No group, or an error of the engine: a sentence in the middle of the pane."""
    app = BoardConsole()
    async with app.run_test(size=SMALL) as pilot:
        await settle(pilot)
        await pilot.press("2", "l")
        logs = Logs(pilot)
        await logs.until(lambda: bool(logs.asked(FollowLog)))
        assert "looking for the log of prod, backend-api" in shown(app)
        await logs.answer(logs.asked(FollowLog)[0], None, "grant logs:DescribeLogGroups")
        await logs.until(lambda: "not read: grant logs:DescribeLogGroups" in shown(app))


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=str)
async def test_the_incident_screen_has_the_same_log_with_the_same_keys(size: tuple[int, int]) -> None:
    """With the focus on the log its keys are the log's, the footer tells them, and the walk's n and N are not meant."""
    app = BoardConsole()
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        panel = screen.query_one(LogPanel)
        jobs = [job for job in app.asked if isinstance(job, NextPortion)]
        assert [job.key for job in jobs] == [screen.key]
        panel.post_message(JobAnswered(jobs[0], LogPortion(1, tuple(a_night()), 0, ())))
        await settle(pilot)
        await pilot.press("tab", "tab")
        await settle(pilot)
        assert "/ search" in shown(app).splitlines()[-1]
        asked = len(app.asked)
        await pilot.press("slash", *"bt-00", "enter", "n", "N", "e")
        await settle(pilot)
        assert "backtest failed" in cursor_text(panel)
        assert not [job for job in app.asked[asked:] if not isinstance(job, NextPortion)]
        await pilot.press("escape")
        assert isinstance(app.screen, IncidentScreen)
        await pilot.press("tab")
        await settle(pilot)
        assert "n next" in shown(app).splitlines()[-1]


async def test_the_log_of_an_incident_is_kept_while_its_screen_is_closed() -> None:
    """Left and opened again it goes on after the last portion that arrived: none is asked for twice."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        first = next(job for job in app.asked if isinstance(job, NextPortion))
        screen.query_one(LogPanel).post_message(JobAnswered(first, LogPortion(1, tuple(a_night()), 0, ())))
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        app.post_message(IncidentOpened(incident()))
        await settle(pilot)
        assert [job for job in app.asked if isinstance(job, NextPortion)][-1].got == 1
        assert "288 lines" in shown(app)


async def test_help_lists_the_keys_of_the_log_first() -> None:
    """On the Incident screen, with the log in focus: the log's keys, and of the screen's those that still work."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot)
        await pilot.press("tab", "tab", "question_mark")
        await settle(pilot)
        text = shown(app)
        assert text.index("Look for a text") < text.index("The next place of what is looked for")
        assert "This step is done" not in text


async def test_rows_of_every_kind_are_drawn_by_one_function() -> None:
    """A piece of a story stands among the lines, with its sign, its words and its level's colour."""
    from tradai_console.models.trail import TrailEvent

    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        logs = await open_logs(pilot, rows=False)
        await logs.come([line(1)])
        piece = TrailEvent("execution", "x1", line(2).time_ms, "retraining", "RunRetraining failed", "ERROR")
        logs.panel.take([piece, LogNote("state", line(3).time_ms, "", "only so far")])
        logs.panel.view.paint()
        await pilot.pause()
        assert rows_shown(app, "exec", "RunRetraining failed")
        await logs.press("E")
        assert cursor_text(logs.panel) == "RunRetraining failed"
        await logs.press("d")
        assert "RunRetraining failed" in shown(app)
