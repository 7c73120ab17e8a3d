"""When a probe may answer with what a pane has read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import sample
from tradai_console.clock import SystemClock
from tradai_console.models.board import Board
from tradai_console.platform import load_platform
from tradai_console.probes.context import ProbeContext


class At(SystemClock):
    """A clock that stands."""

    def monotonic(self) -> float:
        return 1_000.0


@pytest.mark.parametrize(
    ("read_at", "changed_at", "answers"),
    [(995.0, None, True), (995.0, 990.0, True), (995.0, 994.0, False), (700.0, None, False)],
)
def test_what_was_read_before_a_change_is_no_answer(
    read_at: float, changed_at: float | None, answers: bool
) -> None:
    """Young and read since the last change made from here: only then it says as much as AWS would."""
    door: Any = None
    context = ProbeContext(door, load_platform("prod"), Board, At(), "prod", changed_at=changed_at)
    read = replace(sample.BOARD.workflows, taken_monotonic=read_at, took_s=2.0)
    assert context.answers(read, 120.0) is answers
