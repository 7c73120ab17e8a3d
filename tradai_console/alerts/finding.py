"""What the console finds by itself, and what it must remember from one reading to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from tradai_console.alerts.kinds import About, about, key_of
from tradai_console.models.board import Board
from tradai_console.models.figure import Metric, Series
from tradai_console.models.snapshot import Snapshot
from tradai_console.platform import Platform
from tradai_console.runbook.variables import accepts
from tradai_console.text import plain

NEWS: Final = timedelta(minutes=5)
"""A metric whose newest point is older says nothing about now."""


@dataclass(frozen=True)
class Finding:
    """One thing that a rule of the console holds against the platform."""

    kind: str
    about: About
    variables: Mapping[str, str] = field(hash=False)
    """Only values that a runbook may use; `about` keeps the others too, to tell things apart."""
    reason: str
    since: datetime | None
    """None: it was so at the first look."""
    level: int = 0
    """How bad, to be compared with an earlier finding of the same key: more is worse."""
    rule: str = ""

    @property
    def key(self) -> str:
        return key_of(self.kind, self.about)


def finding(
    kind: str, reason: str, since: datetime | None, *, level: int = 0, **variables: str | None
) -> Finding:
    """A finding from variables as they were read; None for those that are not known."""
    told = {name: plain(value, 512) for name, value in variables.items() if value}
    usable = {name: value for name, value in told.items() if accepts(name, value)}
    return Finding(kind, about(kind, told), usable, plain(reason, 1_024), since, level)


@dataclass(frozen=True)
class Unclear:
    """Nothing can be said about this key at present: an earlier finding stands, a new one is not made."""

    key: str


Said: TypeAlias = Finding | Unclear


@dataclass(frozen=True)
class Streak:
    """So many readings in a row have said the same."""

    readings: int
    since: datetime
    """When the first of them was taken."""
    taken_at: datetime
    """When the last of them was taken: the same reading, seen again, does not count twice."""


@dataclass(frozen=True)
class History:
    """What earlier readings said: handed to the rules, and taken from them, at each look."""

    findings: tuple[Finding, ...] = ()
    streaks: Mapping[tuple[str, str], Streak] = field(default_factory=dict)
    """By rule and key."""


@dataclass(frozen=True)
class Patience:
    """How often a thing must be seen before it is called wrong."""

    short_readings: int = 3
    """Readings in a row with fewer tasks running than desired."""
    stale_readings: int = 2
    """Readings in a row with an old heartbeat, as the platform's own check counts."""
    in_rollout: bool = True
    """Whether a service that is being rolled out counts too."""


ONE_LOOK: Final = Patience(short_readings=1, stale_readings=1, in_rollout=False)
"""For a single reading, which has no earlier one to be compared with."""


@dataclass
class View:
    """The board as the rules see it. Lives for one look; the streaks it grows go into the next history."""

    board: Board
    platform: Platform
    now: datetime
    monotonic: float
    patience: Patience
    timeouts_s: Mapping[str, float]
    """Of Lambda functions, by full name, seconds, where they are known."""
    earlier: Mapping[tuple[str, str], Streak]
    streaks: dict[tuple[str, str], Streak] = field(default_factory=dict)

    def trusts(self, source: str) -> bool:
        """Whether what the board says of this source is today's truth."""
        return self.snapshot(source).state_at(self.monotonic).trusted

    def snapshot(self, source: str) -> Snapshot[Any]:
        found: Snapshot[Any] = getattr(self.board, source)
        return found

    def streak(self, rule: str, key: str, source: str) -> Streak:
        """Count this reading of the source as one more that says so."""
        taken_at = self.snapshot(source).taken_at or self.now
        before = self.earlier.get((rule, key))
        if before is None:
            streak = Streak(1, taken_at, taken_at)
        elif before.taken_at == taken_at:
            streak = before
        else:
            streak = Streak(before.readings + 1, before.since, taken_at)
        self.streaks[rule, key] = streak
        return streak

    def series(self, metric: Metric) -> Series | None:
        """The metric's course, if it says anything about now."""
        series = self.board.series.get(metric)
        return series if series is not None and series.times and self.now - series.times[-1] <= NEWS else None


@dataclass(frozen=True)
class Rule:
    """One rule of the console's own."""

    name: str
    sources: tuple[str, ...]
    """Readings of the board without which it has nothing to say."""
    judge: Callable[[View], Iterator[Said]]


def since_at_least(series: Series, limit: float) -> datetime:
    """Since when the newest points have all been at the limit or above it."""
    since = series.times[-1]
    for at, value in zip(reversed(series.times), reversed(series.values), strict=True):
        if value < limit:
            break
        since = at
    return since
