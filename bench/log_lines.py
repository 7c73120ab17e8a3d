"""Lines as the platform's services write them, by number, and the group that they stand in."""

from __future__ import annotations

from typing import Final

GROUP: Final = "/ecs/tradai/bench/services"


def line_of(number: int) -> str:
    """One line; every fiftieth is an error."""
    level = "ERROR" if number % 50 == 7 else "INFO"
    return (
        f"[2026-01-01 03:12:07,123][backend.BacktestService][{level}] - POST /api/v1/backtests answered 202 in "
        f"{number % 90 + 3} ms job_id=bt-{number:08x} correlation_id=7b1c2d3e-0000-4000-8000-{number:012x}"
    )
