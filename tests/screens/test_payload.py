"""A payload in the viewer: opened, folded, searched, copied; hostile texts stay texts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from screens.payload import PayloadScreen
from screens.widgets.payload_view import PayloadView
from screens.workflow import WorkflowScreen
from tests import sample_workflow
from tests.kit.hostile import payloads
from tests.screens.console import BoardConsole, settle, shown
from tests.screens.opened import answer, asked, opened
from tradai_console.text import lines as safe_lines
from tradai_console.workflow_jobs import KeepExcerpt, ReadPayload

GIANT = json.dumps(
    {"job": "bt-7f3a", "pairs": [{"pair": f"P{n}/USDT", "ok": True} for n in range(5_000)]}, indent=2
)


@asynccontextmanager
async def reading(
    lines: Sequence[str], size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[BoardConsole, Pilot[None]]]:
    """The input of the state that failed, with these lines."""
    async with opened(sample_workflow.FAILED, size) as (app, pilot):
        await pilot.press("i")
        await settle(pilot)
        job = asked(app, ReadPayload)[-1]
        assert "reading …" in shown(app)
        await answer(pilot, job, sample_workflow.text(job.payload, *lines))
        yield app, pilot


async def test_a_giant_payload_is_opened_folded_and_unfolds_by_key() -> None:
    """20,000 lines open as a few; enter opens one, `-` folds all again."""
    async with reading(GIANT.splitlines()) as (app, pilot):
        assert '"pairs": [ … 20,001 lines ]'.replace(",", "") in shown(app).replace(",", "")
        await pilot.press("j", "j", "enter")
        await settle(pilot)
        assert '"pair": "P0/USDT"' in shown(app)
        await pilot.press("minus")
        await settle(pilot)
        assert '"pair": "P0/USDT"' not in shown(app)
        await pilot.press("j", "enter")
        await settle(pilot)
        assert "opens nothing" in shown(app)


async def test_words_are_found_behind_folds_and_n_goes_round() -> None:
    """`/` finds as it is typed, `n` and `N` go from one to the next, how many is said, esc leaves the search first."""
    async with reading(GIANT.splitlines()) as (app, pilot):
        await pilot.press("slash", *"p4711", "enter")
        await settle(pilot)
        assert '"pair": "P4711/USDT"' in shown(app)
        assert "1 of 1 lines" in shown(app)
        await pilot.press("slash", *["backspace"] * 5, *"p47", "enter", "n", "n", "N")
        await settle(pilot)
        assert "of 111 lines" in shown(app)
        await pilot.press("escape")
        assert isinstance(app.screen, PayloadScreen)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, WorkflowScreen)


async def test_what_is_not_there_is_said() -> None:
    """0 of 0, and the place is kept."""
    async with reading(GIANT.splitlines()) as (app, pilot):
        await pilot.press("slash", *"nosuch", "enter", "n")
        await settle(pilot)
        assert "0 of 0 lines" in shown(app)
        assert app.screen.query_one(PayloadView).number == 0


async def test_long_lines_are_wrapped_or_run_out_to_the_right() -> None:
    """Wrapped, the end of a long line is on the screen; unwrapped it is scrolled to."""
    async with reading([f'"{"x" * 280}THE END"'], (80, 24)) as (app, pilot):
        assert "THE END" in shown(app)
        await pilot.press("w")
        await settle(pilot)
        assert "THE END" not in shown(app)
        await pilot.press(*["right"] * 16)
        await settle(pilot)
        assert "THE END" in shown(app)


async def test_copies_what_is_shown() -> None:
    """`y` copies the whole text, folded or not; `Y` the line under the cursor."""
    async with reading(GIANT.splitlines()) as (app, pilot):
        await pilot.press("y", "j", "Y")
        assert app.copied == [GIANT, '"job": "bt-7f3a",']


async def test_only_a_chosen_line_reaches_the_journal() -> None:
    """Reading, searching and copying write nothing down; `J` and enter hand over the line under the cursor alone."""
    async with reading(GIANT.splitlines()) as (app, pilot):
        await pilot.press("slash", *"p47", "enter", "y", "plus", "g", "j")
        assert not asked(app, KeepExcerpt)
        await pilot.press("J", "escape")
        assert not asked(app, KeepExcerpt)
        await pilot.press("J", "enter")
        await settle(pilot)
        key = sample_workflow.FAILED.key
        assert asked(app, KeepExcerpt) == [KeepExcerpt(key, "RunBacktest, input", '"job": "bt-7f3a",')]


async def test_an_error_stands_where_the_text_would() -> None:
    """A text that cannot be read says why, and is asked for no second time by itself."""
    async with opened(sample_workflow.FAILED) as (app, pilot):
        await pilot.press("i")
        await settle(pilot)
        job = asked(app, ReadPayload)[-1]
        await answer(pilot, job, error="AWS gives no input for this")
        assert "AWS gives no input for this" in shown(app)
        await pilot.press("tab", "shift+tab")
        assert len([one for one in asked(app, ReadPayload) if one == job]) == 1


@pytest.mark.parametrize(
    "word", payloads()[:: max(1, len(payloads()) // 12)], ids=lambda word: ascii(word)[:24]
)
async def test_no_text_commands_the_terminal(word: str) -> None:
    """Whatever a payload holds is drawn as signs that can be seen; every key still works."""
    async with reading(safe_lines(f'"[/x] {word}"\n"[bold"'), (80, 24)) as (app, pilot):
        text = shown(app)
        assert "[/x]" in text
        assert all(sign.isprintable() or sign == "\n" for sign in text)
        await pilot.press("w", "slash", *"[/x", "enter", "n", "plus", "minus", "G", "escape", "escape")
        await settle(pilot)
        assert isinstance(app.screen, WorkflowScreen)
