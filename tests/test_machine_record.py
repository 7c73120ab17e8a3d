"""How a machine has done lately, counted from the board."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tradai_console.models.execution import Execution
from tradai_console.models.machine_record import records

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)


def _run(number: int, status: str, hours: float, took_s: float = 100.0, *, caught: bool = False) -> Execution:
    began = NOW - timedelta(hours=hours)
    ended = None if status == "RUNNING" else began + timedelta(seconds=took_s)
    return Execution(
        "backtest", "arn:machine", f"arn:{number}", f"bt-{number}", status, began, ended, caught=caught
    )


def test_a_caught_failure_is_no_success() -> None:
    """SUCCEEDED with a caught failure counts as caught, and the rate is of those that ended in the last day."""
    found = [
        _run(1, "SUCCEEDED", 1, 100),
        _run(2, "SUCCEEDED", 2, 30, caught=True),
        _run(3, "FAILED", 3),
        _run(4, "RUNNING", 0.1),
        _run(5, "SUCCEEDED", 40, 300),
    ]
    (one,) = records(found, NOW)
    assert (one.running, one.succeeded, one.caught, one.failed) == (1, 1, 1, 1)
    assert one.success_rate == 1 / 3
    assert one.usual_s == 200.0


def test_nothing_ended_is_no_rate() -> None:
    """Where nothing has ended there is no rate and no usual duration: unknown, not zero."""
    (one,) = records([replace(_run(1, "RUNNING", 0.1), machine="retraining")], NOW)
    assert (one.success_rate, one.usual_s) == (None, None)
