"""The log as it looks, on its own screen and beside an incident."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from screens.log.panel import LogPanel
from tests.kit.hostile import payloads
from tests.screens.console import BoardConsole, settle
from tests.screens.logs import HEALTH, LIVE, NOW_MS, SERVICES, Logs, a_night, line
from tests.screens.test_incident import opened
from tests.screens.test_logs_hostile import WIDE
from tradai_console.log_jobs import NextPortion
from tradai_console.messages import JobAnswered
from tradai_console.models.log import LogLine, LogNote
from tradai_console.models.log_feed import GroupReading, LogPortion
from tradai_console.models.snapshot import State
from tradai_console.text import plain

LARGE, SMALL, HUGE = (120, 40), (80, 24), (200, 60)
Compare = Callable[..., bool]
DENIED = (LIVE[0], GroupReading(HEALTH, State.DENIED, "grant logs:FilterLogEvents on it"))
HOST = (
    "the services of dev run on one host, tradai-consolidated-dev (i-0ab12cd34ef56ab78, running): their container logs "
    "are there and not in CloudWatch. Reach them with `aws ssm start-session --target i-0ab12cd34ef56ab78`, then "
    "`sudo docker logs -f CONTAINER`, `docker-compose logs -f` in /opt/tradai, or `journalctl -u docker`"
)


def hostile() -> list[LogLine | LogNote]:
    """Wide, combining and commanding texts, with a note between them."""
    words = [*WIDE, *payloads()[:: len(payloads()) // 22]]
    rows: list[LogLine | LogNote] = [
        line(number, plain(f"[b]{word}[/x] {word}"), service=plain(word, 40))
        for number, word in enumerate(words)
    ]
    return [*rows, LogNote("gap", NOW_MS, SERVICES, plain("\x1b]0;x\x07 [/] lines may be missing"))]


@pytest.mark.parametrize(
    ("rows", "keys", "size", "more"),
    [
        pytest.param(a_night, (), LARGE, {"groups": DENIED}, id="logs"),
        pytest.param(a_night, ("E", "k", "k"), SMALL, {}, id="logs-small"),
        pytest.param(a_night, ("E", "enter", "m", "j"), HUGE, {}, id="logs-huge"),
        pytest.param(a_night, ("h", *"mlflow", "enter", "slash", *"200"), LARGE, {}, id="logs-searching"),
        pytest.param(a_night, ("L", "L", "E", "d"), LARGE, {}, id="logs-detail"),
        pytest.param(a_night, ("w", "p"), SMALL, {}, id="logs-wrapped-small"),
        pytest.param(hostile, (), LARGE, {}, id="logs-hostile"),
        pytest.param(list, (), SMALL, {"places": HOST, "groups": LIVE[1:]}, id="logs-dev-small"),
    ],
)  # fmt: skip
def test_logs_screen(
    snap_compare: Compare, rows: Callable[[], list[LogLine | LogNote]], keys: tuple[str, ...], size: tuple[int, int],
    more: dict[str, object],
) -> None:  # fmt: skip
    """The screen is what it was when somebody last looked at it and found it good."""

    async def prepare(pilot: Pilot[None]) -> None:
        pilot.app.cursor_blink = False  # type: ignore[attr-defined]
        await settle(pilot)
        logs = Logs(pilot)
        await logs.open()
        await logs.come(rows(), **more)  # type: ignore[arg-type]
        await logs.press(*keys)
        logs.panel.view.paint()
        logs.panel.status()
        await pilot.pause()

    assert snap_compare(
        BoardConsole(env="dev" if "places" in more else "prod"), terminal_size=size, run_before=prepare
    )


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=["incident-log", "incident-log-small"])
def test_log_of_an_incident(snap_compare: Compare, size: tuple[int, int]) -> None:
    """The log beside the walk, with the keys in it."""

    async def prepare(pilot: Pilot[None]) -> None:
        screen = await opened(pilot)
        app = pilot.app
        assert isinstance(app, BoardConsole)
        panel = screen.query_one(LogPanel)
        job = next(job for job in app.asked if isinstance(job, NextPortion))
        panel.post_message(JobAnswered(job, LogPortion(1, tuple(a_night()), 0, LIVE)))
        await pilot.press("tab", "tab", "E")
        await settle(pilot)
        panel.view.paint()
        panel.status()
        await pilot.pause()

    assert snap_compare(BoardConsole(), terminal_size=size, run_before=prepare)
