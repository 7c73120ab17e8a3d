"""Many groups in one order of time. Pure: no clock, no call."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable
from operator import attrgetter
from typing import Final

from tradai_console.logs.event import Event

GRACE_MS: Final = 2_000
"""Streams of one group arrive in no strict order: what is behind by less than this is not called late."""

_TIME: Final = attrgetter("time_ms")


class Merge:
    """Holds back what another reader may still come before, and releases the rest in the order of time.

    A reader that has come to its end, or that fails, is closed: it holds nothing back any more. Held at most is
    one page of each reader, if always the one that is furthest behind is read next.
    """

    def __init__(self, keys: Iterable[Hashable]) -> None:
        self._upto: dict[Hashable, int | None] = dict.fromkeys(keys)
        self._held: list[Event] = []

    @property
    def held(self) -> int:
        """How many events wait."""
        return len(self._held)

    def push(self, key: Hashable, events: list[Event]) -> None:
        """A reader's next events, in its order of time; of its last millisecond more may follow."""
        if not events:
            return
        self._held += events
        if key in self._upto:
            self._upto[key] = max(self._upto[key] or 0, events[-1].time_ms)

    def close(self, key: Hashable) -> None:
        """Nothing more comes from this reader, or nobody waits for it."""
        self._upto.pop(key, None)

    def laggard(self) -> Hashable | None:
        """The open reader that is furthest behind: the one to read next. None if all are closed."""
        if not self._upto:
            return None
        return min(self._upto, key=lambda key: self._upto[key] or 0)

    def release(self) -> list[Event]:
        """What no open reader can come before any more, in the order of time; equal times in their order of arrival."""
        if not self._upto:
            return self.release_all()
        self._held.sort(key=_TIME)
        bound = min(upto or 0 for upto in self._upto.values())
        place = bisect_left(self._held, bound, key=_TIME)
        ready, self._held = self._held[:place], self._held[place:]
        return ready

    def release_all(self) -> list[Event]:
        """Whatever is held, in the order of time."""
        ready, self._held = sorted(self._held, key=_TIME), []
        return ready


def in_order(events: Iterable[Event]) -> list[Event]:
    """By time; equal times in their order of arrival."""
    return sorted(events, key=_TIME)


class Lateness:
    """Which lines come after newer ones of their group."""

    def __init__(self) -> None:
        self._newest: dict[str, int] = {}

    def bound(self, group: str) -> int:
        """Events of the group before this moment are late."""
        return self._newest.get(group, GRACE_MS) - GRACE_MS

    def delivered(self, events: Iterable[Event]) -> None:
        """These are on screen now."""
        for event in events:
            if event.time_ms > self._newest.get(event.group, 0):
                self._newest[event.group] = event.time_ms
