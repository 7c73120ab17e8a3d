"""Which events have been delivered: bounded, by event id, and by content where Live Tail gives no id."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from tradai_console.logs.event import Event, print_of

MOST: Final = 200_000
"""Events that are remembered for one group."""


class Seen:
    """The delivered events of one group since `floor_ms`. What is older is not known: it must not be asked for again.

    An event may come by both roads, or by one of them only. Live Tail's events have no id, and equal lines of one
    millisecond are events of their own; so both roads count each content, and it is delivered as often as the road
    that saw more of it says.
    """

    def __init__(self, floor_ms: int, *, live: bool = False, most: int = MOST) -> None:
        self.floor_ms = floor_ms
        """From here on every delivered event is remembered."""
        self._live = live
        self._most = most
        self._count = 0
        # By second of the event, so that the oldest can be forgotten at once. Hashes: an id is 56 characters long.
        self._ids: dict[int, set[int]] = {}
        self._prints: dict[int, dict[int, list[int]]] = {}

    def __len__(self) -> int:
        return self._count

    def take_read(self, events: list[Event]) -> list[Event]:
        """Those of a reading's events that were not delivered before; they are now. Older ones than the floor fall out."""
        new: list[Event] = []
        floor, ids = self.floor_ms, self._ids
        for event in events:
            time_ms = event.time_ms
            if time_ms < floor:
                continue
            second = time_ms // 1000
            bucket = ids.get(second)
            if bucket is None:
                bucket = ids[second] = set()
            known = hash(event.id)
            if known in bucket:
                continue
            bucket.add(known)
            self._count += 1
            if not self._live or self._counts_more(event, 1):
                new.append(event)
        if self._count > self._most:
            self._forget_oldest()
        return new

    def take_live(self, events: list[Event]) -> list[Event]:
        """Those of Live Tail's events that were not delivered before; they are now."""
        return [event for event in events if event.time_ms < self.floor_ms or self._counts_more(event, 0)]

    def since(self, ms: int) -> int:
        """About how many events are remembered from that moment on."""
        first = ms // 1000
        return sum(len(bucket) for second, bucket in self._ids.items() if second >= first)

    def forget_before(self, ms: int) -> None:
        """Forget what is older: it will not be asked for again."""
        if ms <= self.floor_ms:
            return
        first = ms // 1000
        for second in [second for second in self._ids if second < first]:
            self._count -= len(self._ids.pop(second))
        for second in [second for second in self._prints if second < first]:
            del self._prints[second]
        self.floor_ms = max(self.floor_ms, first * 1000)

    def _counts_more(self, event: Event, road: int) -> bool:
        """Count this content on its road (0 live, 1 read); whether that makes one more of it than was delivered."""
        counts = self._prints.setdefault(event.time_ms // 1000, {}).setdefault(
            print_of(event.stream, event.time_ms, event.message), [0, 0]
        )
        counts[road] += 1
        return counts[road] > counts[1 - road]

    def _forget_oldest(self) -> None:
        """Down to nine tenths, oldest seconds first; the newest second always stays."""
        seconds = sorted(self._ids)
        left = self._count
        for second, following in pairwise(seconds):
            left -= len(self._ids[second])
            if left <= self._most * 9 // 10:
                self.forget_before(following * 1000)
                return
        self.forget_before(seconds[-1] * 1000)
