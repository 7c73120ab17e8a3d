"""Every screen as it looks: a change that nobody meant is seen here first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from tests import sample
from tests.screens.console import BoardConsole
from tests.screens.test_drills import CARD, REHEARSALS, Room
from tests.screens.test_hostile import HOSTILE, poisoned
from tradai_console.messages import DrillAnswered
from tradai_console.models.board import Board
from tradai_console.models.snapshot import State

LARGE, SMALL, HUGE = (120, 40), (80, 24), (200, 60)
Compare = Callable[..., bool]

FAILED = (
    sample.BOARD.having(
        "services", sample.snapshot(sample.SERVICES, 70, state=State.DENIED, error="grant ecs:ListServices")
    )
    .having(
        "databases",
        sample.snapshot(sample.DATABASES, 150, state=State.UNREACHABLE, error="no answer in 10 s"),
    )
    .having("nat", sample.snapshot((sample.NAT,), 90))
    .having(
        "workflows",
        sample.snapshot(sample.EXECUTIONS, 20, state=State.THROTTLED, error="AWS asks to slow down"),
    )
    .having(
        "trading",
        sample.snapshot(
            (), 0, taken_at=None, taken_monotonic=None, state=State.UNAVAILABLE, error="HTTP 503"
        ),
    )
)


@pytest.mark.parametrize(
    ("board", "keys", "size"),
    [
        pytest.param(sample.BOARD, (), LARGE, id="shift"),
        pytest.param(sample.BOARD, ("2",), SMALL, id="shift-small"),
        pytest.param(sample.BOARD, ("7",), HUGE, id="shift-huge"),
        pytest.param(Board(), (), LARGE, id="shift-loading"),
        pytest.param(FAILED, ("2",), LARGE, id="shift-failed"),
        pytest.param(FAILED, ("3",), SMALL, id="shift-failed-small"),
        pytest.param(poisoned(HOSTILE), (), LARGE, id="shift-hostile"),
        pytest.param(sample.BOARD, ("5", "z"), LARGE, id="zoomed"),
        pytest.param(sample.BOARD, ("7", "slash", *"nat"), LARGE, id="filtering"),
        pytest.param(sample.BOARD, ("2", "enter"), LARGE, id="detail-service"),
        pytest.param(sample.BOARD, ("7", "enter"), SMALL, id="detail-alarm-small"),
        pytest.param(sample.BOARD, ("4", "enter"), LARGE, id="detail-nat"),
        pytest.param(sample.BOARD, ("question_mark",), LARGE, id="help"),
    ],
)
def test_screen(snap_compare: Compare, board: Board, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    """The screen is what it was when somebody last looked at it and found it good."""
    assert snap_compare(BoardConsole(board), press=keys, terminal_size=size, run_before=_still)


async def _still(pilot: Pilot[None]) -> None:
    """A cursor that blinks would be in half of the pictures."""
    pilot.app.cursor_blink = False  # type: ignore[attr-defined]
    await pilot.pause()


@pytest.mark.parametrize(
    ("news", "size"),
    [
        pytest.param(CARD, LARGE, id="drill-card"),
        pytest.param(CARD, SMALL, id="drill-card-small"),
        pytest.param(REHEARSALS, SMALL, id="drills-small"),
    ],
)
def test_drill(snap_compare: Compare, news: object, size: tuple[int, int]) -> None:
    """The card and the list of drills, as they were found good."""

    async def show(pilot: Pilot[None]) -> None:
        await _still(pilot)
        pilot.app.post_message(DrillAnswered(news))
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(BoardConsole(drills=Room()), terminal_size=size, run_before=show)
