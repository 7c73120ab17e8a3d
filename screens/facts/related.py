"""Which alarms belong to a thing."""

from __future__ import annotations

from screens.facts.facts import Related
from screens.widgets.line import Line
from tradai_console.models.board import Board

MOST = 9
"""As many as there are digits to open them with."""


def related_alarms(board: Board, values: set[str], *parts: str) -> tuple[Related, ...]:
    """Alarms over one of these dimension values, or with one of these parts in their names; firing ones first."""
    alarms = [
        alarm
        for alarm in board.alarms.items
        if values & {value for _, value in alarm.dimensions}
        or any(part in f"{alarm.name}-" for part in parts)
    ]
    alarms.sort(key=lambda alarm: (not alarm.firing, alarm.name))
    return tuple(
        Related(
            "alarms",
            a.name,
            Line.of("alarm ", (a.name, "bad" if a.firing else "plain"), (f"  {a.state.value}", "dim")),
        )
        for a in alarms[:MOST]
    )
