"""Values from outside stay values: brackets are drawn literally wherever they are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import sample
from tests.kit.hostile import payloads
from tests.screens.console import BoardConsole, settle, shown
from tradai_console.models.alarm import AlarmState
from tradai_console.models.alert import Acknowledgement, Lifecycle
from tradai_console.models.board import Board
from tradai_console.models.identity import Identity
from tradai_console.text import plain

HOSTILE = plain("[bold]x[/nope] \x1b]52;c;aGk=\x07 \u202eabc [/] [red")


def poisoned(word: str) -> Board:
    """A board in which every text of every source is that word."""
    board = replace(sample.BOARD, identity=Identity("123456789012", word, "eu-central-1"))
    board = board.having(
        "alarms",
        sample.snapshot(
            (
                sample.alarm(
                    word,
                    AlarmState.ALARM,
                    reason=word,
                    description=word,
                    dimensions=((word, word),),
                    metric=word,
                    namespace=word,
                ),
            )
        ),
    )
    service = replace(
        sample.SERVICES[0],
        service=word,
        name=word,
        cluster=word,
        task_definition=word,
        rollout_reason=word,
        tasks=(
            sample.stopped(
                word, 1, stopped_reason=word, container_reason=word, exit_code=None, stop_code=word
            ),
        ),
    )
    board = board.having("services", sample.snapshot((service,), error=word))
    board = board.having(
        "databases", sample.snapshot((replace(sample.DATABASES[0], id=word, status=word, az=word),))
    )
    board = board.having(
        "nat", sample.snapshot((replace(sample.NAT, instance_id=word, why=word, public_ip=word),))
    )
    run = sample.execution(word, word, "FAILED", 3, 1, failed_state=word, error=word, cause=word)
    board = board.having("workflows", sample.snapshot((run,)))
    session = replace(
        sample.SESSIONS[0], strategy_id=word, status=word, model_name=word, attributes=((word, word),)
    )
    alert = replace(
        sample.ALERTS[0],
        key=word,
        alert=word,
        reason=word,
        variables={"SERVICE": word},
        alarms=(word,),
        acknowledged=Acknowledgement(word, sample.NOW, word),
        state=Lifecycle.ACKNOWLEDGED,
    )
    return replace(board.having("trading", sample.snapshot((session,))), alerts=(alert,))  # fmt: skip


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=str)
async def test_brackets_are_drawn_literally_in_every_place(size: tuple[int, int]) -> None:
    """Each pane, each detail, the toast of a copy, the filter: the name stands there as it is, nothing ends."""
    app = BoardConsole(poisoned(HOSTILE))
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        for digit in range(1, 8):
            await pilot.press(str(digit), "y")
            await settle(pilot)
            assert "[bold]x[/nope]" in shown(app), digit
            await pilot.press("enter")
            await settle(pilot)
            if digit not in (1, 4):
                assert "[bold]x[/nope]" in shown(app).splitlines()[1], digit
            await pilot.press("m", "right_square_bracket", "y", "escape")
        await pilot.press("7", "slash", *"[bold]x[/", "enter")
        await settle(pilot)
        assert "[bold]x[/" in shown(app)


@pytest.mark.parametrize(
    "word", payloads()[:: max(1, len(payloads()) // 40)], ids=lambda word: ascii(word)[:24]
)
async def test_no_payload_ends_the_console(word: str) -> None:
    """Hostile texts of every class pass through all panes; no control sign is on the screen."""
    app = BoardConsole(poisoned(plain(word)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        text = shown(app)
        await pilot.press("enter")
        await settle(pilot)
        text += shown(app)
    assert all(sign.isprintable() or sign == "\n" for sign in text)
