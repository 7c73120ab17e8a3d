"""Whose turn it is to be read while a trail is live: the quota is one call a second. Pure, but for its memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from tradai_console.trail.search import Place

NEAR_S: Final = 2.0
"""Between two readings of the services' and the tasks' groups."""

OWN_S: Final = 4.0
"""The same of a log that is the story's own; its lines that hold an id come with its group's."""

KNOWN_S: Final = 8.0
"""The same of another group that has lines of the story: a function's, which few of them are in."""

FAR_S: Final = 40.0
"""The same of a group that has none so far."""

LOOK_BACK_MS: Final = 60_000
WIDE_BACK_MS: Final = 600_000
WIDE_EVERY: Final = 12
"""Each so-many-th reading of a group looks back further, for lines that come late."""


class Turns:
    """Who was read when."""

    def __init__(self, near: Collection[str], began: float) -> None:
        """`near`: the groups that are read most often. `began`: when all of them had been read, for the past."""
        self._near = frozenset(near)
        self._began = began
        self._read_at: dict[str, float] = {}
        self._count: dict[str, int] = {}

    def is_due(self, name: str, now: float) -> bool:
        """Whether a log of the story's own is to be read again; it has been from now on, then."""
        if now - self._read_at.get(name, self._began) < OWN_S:
            return False
        self._read_at[name] = now
        return True

    def next(self, places: Sequence[Place], now: float) -> Place | None:
        """The group that has waited longest for what it is due; it has been read from now on. None: nobody is due."""
        waited = {
            one.name: (now - self._read_at.get(one.name, self._began)) / self._interval_s(one)
            for one in places
        }
        due = [one for one in places if waited[one.name] >= 1]
        chosen = max(due, key=lambda one: waited[one.name], default=None)
        if chosen is not None:
            self._read_at[chosen.name] = now
            self._count[chosen.name] = self._count.get(chosen.name, 0) + 1
        return chosen

    def look_back_ms(self, place: Place) -> int:
        """How long before the last reading this one begins."""
        return WIDE_BACK_MS if self._count.get(place.name, 0) % WIDE_EVERY == 0 else LOOK_BACK_MS

    def _interval_s(self, place: Place) -> float:
        if place.hopeless:
            return FAR_S
        return NEAR_S if place.name in self._near else KNOWN_S if place.hits else FAR_S
