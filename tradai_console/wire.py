"""News and jobs between the interface's process and the engine's, over a socket that only the two of them hold.

Snapshots are sent as what has changed: five thousand alarms of which one is new are one alarm and five thousand
small numbers. New items go ahead in portions, so that the interface never unpacks for long at a time.
"""

from __future__ import annotations

import contextlib
import pickle
import socket
import threading
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


class Wire:
    """One end of the socket. `send` may be called from any thread, `receive` from one."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._file = end.makefile("rb", buffering=1 << 16)
        self._turn = threading.Lock()

    def send(self, value: Any) -> None:
        """Send it. Raises OSError if the other end is gone."""
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        with self._turn:
            self._socket.sendall(data)

    def receive(self) -> Any:
        """The next value. Raises EOFError or OSError if the other end is gone."""
        # Only the two processes hold this socket, and both are this program: what comes is what was sent.
        return pickle.load(self._file)  # noqa: S301

    def close(self) -> None:
        """Hang up; the other end is told by the end of its file."""
        with contextlib.suppress(OSError):  # the other end was quicker
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _identity(item: Any) -> Any:
    """What an item is known by: its ARN, else its first field. Never more than a string or a small frozen value."""
    arn = getattr(item, "arn", None)
    return arn or next(iter(vars(item).values()), None)
