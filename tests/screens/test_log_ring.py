"""The ring and what is shown of it: order, each row once, bounds, tracebacks, filters, errors, the histogram."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from screens.log.needle import NOTHING, Needle
from screens.log.ring import LogRing, Row
from screens.log.shown import Lens, Shown, is_error
from tests.screens.logs import line, traceback_of
from tradai_console.models.log import LogLine, LogNote


def texts(rows: Sequence[Row]) -> list[str]:
    return [row.text for row in rows]


def test_late_lines_go_in_their_place_and_no_line_comes_twice() -> None:
    """Whatever the order of arrival, and however often a line comes: by time, once; equal times as they came."""
    ring = LogRing()
    ring.take([line(1), line(5), line(9)])
    ring.take([line(3), line(9), line(1)])
    ring.take([line(5, "second of its moment", event_id="other")])
    assert texts(ring.rows) == ["line 1", "line 3", "line 5", "second of its moment", "line 9"]
    assert ring.count == 5


def test_bounds_in_lines_and_in_bytes() -> None:
    """The oldest fall out and are counted, by number and by size; what fell out may come again as new."""
    ring = LogRing(most=100)
    ring.take([line(number) for number in range(1_000)])
    assert (ring.count, ring.dropped, ring.rows[0].text) == (100, 900, "line 900")
    small = LogRing(most_bytes=200_000)
    small.take([line(number, "x" * 10_000) for number in range(100)])
    assert small.bytes <= 200_000
    assert small.count + small.dropped == 100
    assert 1 <= small.count < 20


def test_a_traceback_stays_with_its_line() -> None:
    """Its lines are no rows; others of the same moments do not come between; it leaves with its line."""
    ring = LogRing(most=8)
    head = line(1, "failed", level="ERROR")
    parts = traceback_of(head, "Traceback (most recent call last):", "  File x", "KeyError: 'x'")
    between = line(0, "another service", time_ms=head.time_ms + 1, event_id="between", service="mlflow")
    ring.take([head, parts[0], between, *parts[1:]])
    assert texts(ring.rows) == ["failed", "another service"]
    assert texts(ring.parts_of(head)) == texts(parts)
    ring.take([line(number) for number in range(10, 16)])
    assert head not in ring.rows
    assert ring.parts_of(head) == ()
    assert ring.count <= 8


def test_a_part_whose_line_is_not_here_stands_alone() -> None:
    """The ring begins in the middle of a traceback: nothing is lost, and it is no error of its own."""
    part = traceback_of(line(1, level="ERROR"), "  File x")[0]
    ring = LogRing()
    ring.take([part])
    assert ring.rows == [part]
    assert not is_error(part)


def test_standing_still_buffers_within_bounds() -> None:
    """What comes waits, counted; beyond the bound the oldest go, counted too; then all of it is taken in."""
    ring = LogRing()
    ring.take([line(1)])
    ring.stand()
    ring.take([line(number) for number in range(2, 25_002)])
    assert texts(ring.rows) == ["line 1"]
    assert (len(ring.waiting), ring.waiting_dropped) == (20_000, 5_000)
    taken = ring.go_on()
    assert len(taken.newer) == 20_000
    assert (ring.count, ring.dropped, len(ring.waiting)) == (20_001, 5_000, 0)


@pytest.mark.parametrize(
    ("lens", "expected"),
    [
        pytest.param(Lens(), ["one", "Two", "failed", "a gap", "four"], id="everything"),
        pytest.param(Lens(least=2), ["failed", "a gap"], id="warnings and worse; notes stay"),
        pytest.param(
            Lens(least=1), ["one", "failed", "a gap", "four"], id="no debug; lines without a level stay"
        ),
        pytest.param(Lens(keep=Needle("tw")), ["Two", "a gap"], id="keep: capitals do not count"),
        pytest.param(Lens(keep=Needle("tW")), ["a gap"], id="keep: capitals count where one is typed"),
        pytest.param(Lens(keep=Needle("one|four")), ["one", "a gap", "four"], id="keep: either"),
        pytest.param(Lens(keep=Needle("keyerror")), ["failed", "a gap"], id="keep: found in the traceback"),
        pytest.param(
            Lens(keep=Needle("mlflow")), ["four", "a gap"][::-1], id="keep: the name of the service"
        ),
        pytest.param(
            Lens(drop=Needle("one|keyerror")), ["Two", "a gap", "four"], id="drop: text or traceback"
        ),
        pytest.param(Lens(1, Needle("ne|our|ailed"), Needle("four|fail")), ["one", "a gap"], id="all three"),
    ],
)
@pytest.mark.parametrize("one_by_one", [False, True], ids=["at once", "row by row"])
def test_filters(lens: Lens, expected: list[str], one_by_one: bool) -> None:
    """The same rows pass whether the filter comes after them or before; no filter hides a gap."""
    head = line(3, "failed", level="ERROR")
    rows: list[Row] = [
        line(1, "one"), line(2, "Two", level="DEBUG"), head, *traceback_of(head, "Traceback", "KeyError: 'x'"),
        LogNote("gap", line(4).time_ms, "/g", "a gap"), line(5, "four", level=None, service="mlflow"),
    ]  # fmt: skip
    ring = LogRing()
    shown = Shown(ring)
    if one_by_one:
        shown.lens = lens
        for row in rows:
            shown.keep_up(ring.take([row]))
    else:
        shown.keep_up(ring.take(rows))
        shown.lens = lens
    assert texts(shown.rows) == expected


def test_what_is_shown_keeps_up_with_the_ring() -> None:
    """Over many portions with late lines, tracebacks and lines that fall out: always as if looked through anew."""
    rng = random.Random(5)
    ring = LogRing(most=200)
    lenses = [Lens(), Lens(least=2), Lens(keep=Needle("7")), Lens(drop=Needle("3"))]
    views = [Shown(ring) for _ in lenses]
    for view, lens in zip(views, lenses, strict=True):
        view.lens = lens
    number = 0
    for _ in range(150):
        portion: list[LogLine] = []
        for _ in range(rng.randrange(1, 12)):
            number += 1
            at = number - (rng.randrange(40) if rng.random() < 0.3 else 0)
            head = line(
                at, f"line {number}", event_id=f"n{number}", level=rng.choice(["INFO", "ERROR", "WARNING"])
            )
            portion.append(head)
            if rng.random() < 0.2:
                portion += traceback_of(head, "Traceback", f"Error {number}7")
        rng.shuffle(portion)
        taken = ring.take(portion)
        for view, lens in zip(views, lenses, strict=True):
            view.keep_up(taken)
            assert view.rows == lens.passing(ring.rows, ring)
            assert view.errors == [row for row in view.rows if is_error(row)]


def test_finding_and_stepping_from_error_to_error() -> None:
    """Places of a text, and the nearest error before and after, where there is one."""
    ring = LogRing()
    shown = Shown(ring)
    shown.keep_up(ring.take([line(n, level="ERROR" if n in (3, 6) else "INFO") for n in range(9)]))
    assert shown.places(Needle("LINE 3")) == []
    assert shown.places(Needle("line 3|line 5")) == [3, 5]
    assert (shown.nearest_error(0, 1), shown.nearest_error(3, 1), shown.nearest_error(6, 1)) == (3, 6, None)
    assert (shown.nearest_error(8, -1), shown.nearest_error(6, -1), shown.nearest_error(3, -1)) == (
        6,
        3,
        None,
    )


def test_the_histogram_counts_every_line_once() -> None:
    """Its bars add up to the lines and the errors, whatever their number."""
    ring = LogRing()
    shown = Shown(ring)
    shown.keep_up(ring.take([line(n * n, level="ERROR" if n % 5 == 0 else "INFO") for n in range(40)]))
    for bars in (1, 7, 80, 400):
        lines, errors, begin, end = shown.counts(bars)
        assert (len(lines), sum(lines), sum(errors)) == (bars, 40, 8)
        assert (begin, end) == (ring.rows[0].time_ms, ring.rows[-1].time_ms + 1)
    assert Shown(LogRing()).counts(10) == ([], [], 0, 0)


def test_nothing_is_found_nowhere() -> None:
    """An empty text keeps nothing back and colours nothing."""
    assert not NOTHING
    assert not Needle("||")
    assert NOTHING.spans("abc") == []
    assert Needle("İ|ab").spans("xİAB") == [(1, 2)]
