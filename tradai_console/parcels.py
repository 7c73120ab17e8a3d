"""News as they are sent from the engine's process to the interface's: as what has changed.

Five thousand alarms of which one is new are one alarm and five thousand small numbers. New items go ahead in
portions, so that the interface never unpacks for long at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from tradai_console.models.snapshot import Snapshot
from tradai_console.news import News, SnapshotTaken

PORTION: Final = 100
"""Items that are unpacked in one go."""


@dataclass(frozen=True)
class Portion:
    """Items of a source that the other side does not have yet."""

    source: str
    items: tuple[Any, ...]


@dataclass(frozen=True)
class Delta:
    """A snapshot whose items are named by where the other side finds them."""

    source: str
    snapshot: Snapshot[Any]
    """Without its items."""
    places: tuple[int, ...] | None
    """For each item: its place among those of the last snapshot, or -1 - its place among the new ones; None: as before."""


class Packer:
    """The sending side's memory of what the other side has."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[Any, ...]] = {}

    def pack(self, news: News) -> Iterator[Any]:
        """What to send for these news, in order."""
        if not isinstance(news, SnapshotTaken):
            yield news
            return
        source, items = news.source, news.snapshot.items
        bare = replace(news.snapshot, items=())
        before = self._sent.get(source, ())
        if items is before:
            yield Delta(source, bare, None)
            return
        known = {_identity(item): place for place, item in enumerate(before)}
        places, new = [], []
        for item in items:
            place = known.get(_identity(item), -1)
            if place < 0 or before[place] != item:
                new.append(item)
                place = -len(new)
            places.append(place)
        for start in range(0, len(new), PORTION):
            yield Portion(source, tuple(new[start : start + PORTION]))
        if places == [*range(len(before))]:
            yield Delta(source, bare, None)  # read anew and nothing is new: the other side keeps what it has
            return
        self._sent[source] = items
        yield Delta(source, bare, tuple(places))


class Unpacker:
    """The receiving side's memory of the same."""

    def __init__(self) -> None:
        self._items: dict[str, tuple[Any, ...]] = {}
        self._new: dict[str, list[Any]] = {}

    def unpack(self, received: Any) -> News | None:
        """The news, whole; None while only a part of them is here."""
        if isinstance(received, Portion):
            self._new.setdefault(received.source, []).extend(received.items)
            return None
        if not isinstance(received, Delta):
            return received  # type: ignore[no-any-return]
        before = self._items.get(received.source, ())
        if received.places is not None:
            new = self._new.pop(received.source, [])
            before = tuple([before[place] if place >= 0 else new[-1 - place] for place in received.places])
            self._items[received.source] = before
        return SnapshotTaken(received.source, replace(received.snapshot, items=before))


def _identity(item: Any) -> Any:
    """What an item is known by: its ARN, else its first field. Never more than a string or a small frozen value."""
    arn = getattr(item, "arn", None)
    return arn or next(iter(vars(item).values()), None)
