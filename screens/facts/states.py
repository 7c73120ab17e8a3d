"""How the states of an execution are marked, the same in the outline, in the graph and in lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tradai_console.models.workflow import Outcome, StateVisit

OUTCOMES: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.RUNNING: ("◐", "info"),
    Outcome.SUCCEEDED: ("✓", "good"),
    Outcome.CAUGHT: ("!", "warn"),
    Outcome.FAILED: ("✗", "bad"),
    Outcome.TIMED_OUT: ("✗", "bad"),
    Outcome.ABORTED: ("■", "warn"),
    Outcome.UNKNOWN: ("?", "dim"),
}
"""Sign and style; the sign tells without the colour."""

NOT_REACHED: Final = ("·", "dim")
_WORST: Final = (
    Outcome.RUNNING,
    Outcome.FAILED,
    Outcome.TIMED_OUT,
    Outcome.CAUGHT,
    Outcome.ABORTED,
    Outcome.UNKNOWN,
    Outcome.SUCCEEDED,
)


def outcomes(visits: Iterable[StateVisit]) -> dict[str, Outcome]:
    """How each state went, by name: of several visits what needs somebody most."""
    found: dict[str, Outcome] = {}
    for visit in visits:
        known = found.get(visit.name)
        if known is None or _WORST.index(visit.outcome) < _WORST.index(known):
            found[visit.name] = visit.outcome
    return found
