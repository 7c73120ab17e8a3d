"""What one source knew at one moment, and how far that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class State(StrEnum):
    """The word a pane carries. All but LOADING are the contract of `status --json`."""

    LOADING = "loading"
    """No reading has ended yet."""
    LIVE = "live"
    """Good and young."""
    SLOW = "slow"
    """Good, but the answer came late."""
    STALE = "stale"
    """Good once; older than two intervals now."""
    DENIED = "denied"
    THROTTLED = "throttled"
    EXPIRED = "expired"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"

    @property
    def trusted(self) -> bool:
        """Whether what is shown under this word is today's truth."""
        return self in (State.LIVE, State.SLOW)


SLOW_AFTER_S = 5.0
"""A reading that took longer than this is shown as slow."""


@dataclass(frozen=True)
class Snapshot(Generic[T]):
    """Everything one source knew at one moment. A failed reading keeps the last good items."""

    items: tuple[T, ...] = ()
    taken_at: datetime | None = None
    """When the last good reading ended; None until the first."""
    taken_monotonic: float | None = None
    """The same on the monotonic clock, seconds: ages are reckoned from it."""
    state: State = State.LOADING
    """What the newest reading earned; `state_at` adds staleness."""
    error: str | None = None
    """Why the newest reading failed, or which secondary readings did; one sentence."""
    interval_s: float = 60.0
    """How often this source is read at present."""
    took_s: float | None = None
    """How long the newest reading took."""
    next_monotonic: float | None = None
    """When the next reading starts, on the monotonic clock; None while one runs or none is planned."""
    paused: bool = False
    """An operator stopped the reading of this pane."""

    def age_s(self, monotonic: float) -> float | None:
        """Seconds since the last good reading; None if there was none."""
        return None if self.taken_monotonic is None else max(0.0, monotonic - self.taken_monotonic)

    def state_at(self, monotonic: float) -> State:
        """The word to show at this moment: a good reading turns stale after two intervals."""
        age = self.age_s(monotonic)
        if self.state.trusted and age is not None and age > 2 * self.interval_s + (self.took_s or 0.0):
            return State.STALE
        return self.state
