"""What the pieces of a trail tell together."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from tradai_console.models.log import LogLine
from tradai_console.models.trail import Piece, TrailEvent, in_story_order, summarise


def line(time_ms: int, service: str, level: str | None = "INFO", part_of: str | None = None) -> LogLine:
    """A line of this service."""
    name = f"{service}/{time_ms}"
    return LogLine(name, time_ms, None, "/g", "s/1", service, level, None, "said", "said", part_of=part_of)


def event(time_ms: int, service: str, level: str | None = None, *, minor: bool = False) -> TrailEvent:
    """Something that AWS tells."""
    return TrailEvent("execution", f"e/{time_ms}/{minor}", time_ms, service, "happened", level, minor)


def test_hops_gaps_and_the_first_error() -> None:
    """Each change of service is a hop with the silence before it; the first error is found in the order of time."""
    pieces: list[Piece] = [
        line(100, "backend-api"),
        line(90, "backend-api"),
        event(2_100, "backtest"),
        event(2_050, "backtest", minor=True),
        line(9_000, "strategy", "ERROR", part_of="x"),
        line(8_000, "strategy", "ERROR"),
        line(8_500, "backend-api", "CRITICAL"),
    ]
    told = summarise(in_story_order(pieces))
    assert told.services == ("backend-api", "backtest", "strategy")
    assert [(one.source, one.target, one.gap_ms) for one in told.hops] == [
        ("backend-api", "backtest", 2_000),
        ("backtest", "strategy", 5_900),
        ("strategy", "backend-api", 500),
        ("backend-api", "strategy", 500),
    ]
    assert told.first_error is not None
    assert told.first_error.time_ms == 8_000
    assert told.silence is not None
    assert told.silence.gap_ms == 5_900
    assert (told.pieces, told.began_ms, told.lasted_ms) == (7, 90, 8_910)


@pytest.mark.parametrize("pieces", [[], [event(5, "backtest", minor=True)]])
def test_nothing_to_tell(pieces: list[Piece]) -> None:
    """A trail of nothing, or of bookkeeping alone, has no service and no error."""
    told = summarise(pieces)
    assert (told.services, told.hops, told.first_error, told.lasted_ms) == ((), (), None, 0)


def test_a_line_stands_after_what_caused_it() -> None:
    """In one millisecond AWS's events come first, the tenth after the ninth; lines stand by their numbers."""
    first, second = line(7, "a"), line(7, "b")
    ninth, tenth = (replace(event(7, "m"), event_id=f"arn/{number}") for number in (9, 10))
    assert in_story_order([second, tenth, first, ninth]) == [ninth, tenth, first, second]


def test_pieces_can_be_sent_and_kept_in_sets() -> None:
    """They cross from the engine's process, and a row inside does not hinder."""
    one = TrailEvent("state", "s/1", 1, "workflow-state", "accepted bt-0123456789ab", row={"job_id": "bt-1"})
    assert pickle.loads(pickle.dumps(one)) == one
    assert {one: 1}[one] == 1
    assert one.ids == ("bt-0123456789ab",)
