"""Lines that try to break the log: columns stay straight, nothing is parsed, nothing is lost."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from screens.log.rows import Look, drawn
from screens.widgets.line import Line, folded, split_at, without_beginning
from tests.kit.hostile import payloads
from tests.screens.console import BoardConsole, settle, shown
from tests.screens.logs import Logs, line, traceback_of
from tradai_console.text import plain

WIDE = (
    "表示テスト",
    "한국어 로그",
    "e\u0301\u0302 n\u0303 g\u0308",
    "👩‍👩‍👧 👍🏽 🇩🇪",
    "שלום עולם",
    "مرحبا",
    "A\u200bB\u2060C",
    "ｆｕｌｌ",
)
HOSTILE = (*WIDE, *payloads()[:: len(payloads()) // 60])


@pytest.mark.parametrize("width", [20, 21, 57, 80])
def test_nothing_is_lost_or_too_wide_when_a_line_is_folded(width: int) -> None:
    """Folded lines together are the text, each within the width, marks with their letters."""
    for word in HOSTILE:
        text = plain(f"begin {word} " * 7)
        lines = folded(Line.of((text, "plain")), width)
        assert "".join(one.plain for one in lines) == text
        assert max(one.width for one in lines) <= width
        assert all(cell_len(one.plain[0]) > 0 for one in lines if one.plain)


@pytest.mark.parametrize("cells", [1, 2, 3, 7, 30])
def test_what_is_out_of_sight_to_the_left_takes_its_cells_with_it(cells: int) -> None:
    """Whatever stands there, the rest begins that many cells earlier: half a wide character is a space."""
    for word in HOSTILE:
        whole = Line.of((plain(word), "plain"), ("|end of the line, far enough to the right", "dim"))
        assert without_beginning(whole, cells).width == max(0, whole.width - cells)
        first, rest = split_at(whole.plain, cells)
        assert first + rest == whole.plain


def test_every_kind_of_line_fits_its_columns() -> None:
    """Message and columns stand where they stand for plain words, wrapped or not."""
    for wrap in (False, True):
        look = Look(width=80, wrap=wrap)
        for number, word in enumerate(HOSTILE):
            row = line(number, plain(word) or "-", logger=plain(word, 30))
            lines = drawn(row, look, traceback_of(row, plain(word), plain(word * 40)), opened=True)
            assert lines[0].plain[3:16].strip() == f"03:07:{7 + number:02}.000" or number > 52
            assert all(one.fit(80).width == 80 for one in lines)


async def test_hostile_lines_leave_the_screen_straight() -> None:
    """A page of them: every border is in its column, every time in its own, each sign can be printed."""
    app = BoardConsole()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        logs = Logs(pilot)
        await logs.open()
        for begin in range(0, len(HOSTILE), 28):
            rows = [
                line(begin + number, plain(f"[red]{word}[/] {word}"))
                for number, word in enumerate(HOSTILE[begin : begin + 28])
            ]
            await logs.come(rows)
            await logs.press("w")
            strips = app.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {120}
            for row in shown(app).splitlines()[5:-2]:
                assert row[0] == "│"
                assert cell_len(row) == 120
                assert row.endswith("│")
                assert row.isprintable()
            for number, _ in enumerate(HOSTILE[begin : begin + 28]):
                stamp = logs.panel.shown.rows[begin + number].time_ms // 1000 % 60
                assert f":{stamp:02}.000" in shown(app)
            assert "[red]" in shown(app)
