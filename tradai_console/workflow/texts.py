"""Long texts of a history, kept small: twenty-five thousand events may each carry a quarter of a megabyte.

What stands in an event is its beginning; the whole is kept compressed up to a bound, and read again beyond it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tradai_console.workflow.events import LONG, HistoryEvent

LONGEST: Final = 16_384
"""Characters of a text that stay in its event: any ARN that is looked for stands in them."""
KEPT: Final = 48 * 2**20
"""Bytes of compressed texts that one open workflow keeps."""


class Texts:
    """The long texts of one history."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._kept: dict[tuple[int, str], bytes] = {}
        self.size = 0
        """Bytes that are kept."""

    def shortened(self, events: Iterable[HistoryEvent]) -> list[HistoryEvent]:
        """The events with what is too long for them taken out."""
        return [self._shortened(one) for one in events]

    def text(self, event: HistoryEvent, part: str) -> str | None:
        """The text, whole; None where it was not kept, and has to be read again."""
        if part not in event.lengths:
            value = event.details.get(part)
            return value if isinstance(value, str) else ""
        kept = self._kept.get((event.id, part))
        return zlib.decompress(kept).decode("utf-8", "surrogatepass") if kept is not None else None

    def _shortened(self, event: HistoryEvent) -> HistoryEvent:
        long = {
            part: value
            for part, value in event.details.items()
            if part in LONG and isinstance(value, str) and len(value) > LONGEST
        }
        if not long:
            return event
        for part, value in long.items():
            self._keep(event.id, part, value)
        details = {**event.details, **{part: value[:LONGEST] for part, value in long.items()}}
        return replace(event, details=details, lengths={part: len(value) for part, value in long.items()})

    def _keep(self, number: int, part: str, value: str) -> None:
        if self.size >= self._most or (number, part) in self._kept:
            return
        packed = zlib.compress(value.encode("utf-8", "surrogatepass"), 1)
        self._kept[number, part] = packed
        self.size += len(packed)
