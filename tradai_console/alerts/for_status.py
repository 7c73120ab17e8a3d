"""The alerts of one look: what `status` reports, where there is no earlier reading to compare with. Pure."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from tradai_console.alerts.finding import ONE_LOOK, History
from tradai_console.alerts.guide import Guide
from tradai_console.alerts.merge import merge
from tradai_console.alerts.order import in_order
from tradai_console.alerts.rules import findings
from tradai_console.alerts.storm import grouped
from tradai_console.alerts.witness import of_alarms, of_findings
from tradai_console.clock import SystemClock
from tradai_console.models.alert import Alert
from tradai_console.models.board import Board
from tradai_console.platform import Platform
from tradai_console.runbook.library import Library, load_library


def alerts_of(
    board: Board,
    platform: Platform,
    env: str,
    *,
    library: Library | None = None,
    now: datetime | None = None,
    monotonic: float | None = None,
) -> tuple[Alert, ...]:
    """Every alert that one reading of everything shows, most severe first.

    A service that runs less than desired counts unless it is being rolled out; a heartbeat counts once it is
    older than two minutes. `now` and `monotonic`: the moment of looking, by default this one.
    """
    books = library or _shipped()
    return seen_by(
        Guide(books.alerts(), platform, books.documents(), env), board, now=now, monotonic=monotonic
    )


def seen_by(
    guide: Guide, board: Board, *, now: datetime | None = None, monotonic: float | None = None
) -> tuple[Alert, ...]:
    """The same with a guide at hand."""
    clock = SystemClock()
    found, _ = findings(
        board,
        History(),
        guide.platform,
        now or clock.now(),
        clock.monotonic() if monotonic is None else monotonic,
        patience=ONE_LOOK,
    )
    witnesses = [*of_alarms(board.alarms.items, guide), *of_findings(found, guide)]
    sightings, _ = merge(witnesses, {}, board)
    return in_order(grouped(sighting.alert for sighting in sightings))


@cache
def _shipped() -> Library:
    return load_library()
