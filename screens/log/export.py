"""Rows that leave the console: onto the clipboard, bounded, or into a file, a portion at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from screens.log.ring import Row
from tradai_console.log_jobs import SaveRows

CLIPBOARD: Final = 8_192
"""Bytes that are sent to the terminal's clipboard at the most."""

PORTION: Final = 500
"""Rows that go over to the engine in one go."""


def copied(rows: Sequence[Row]) -> tuple[str, str]:
    """The rows as text for the clipboard, whole lines as far as they have room, and the words that say what it is."""
    kept: list[str] = []
    room = CLIPBOARD
    for row in rows:
        line = row.text.encode("utf-8")
        if len(line) + 1 > room:
            break
        kept.append(row.text)
        room -= len(line) + 1
    if not kept and rows:  # one line that is longer than all the room
        kept = [rows[0].text.encode("utf-8")[:CLIPBOARD].decode("utf-8", "ignore")]
    text = "\n".join(kept)
    size = len(text.encode("utf-8"))
    what = f"{len(kept)} of {len(rows)} lines, {size:,} bytes" if len(rows) > 1 else f"{size:,} bytes"
    begin = text.partition("\n")[0]
    begin = begin if len(begin) <= 60 else f"{begin[:59]}…"
    return text, f"Sent to the terminal's clipboard: {what}: {begin}"


class Export:
    """Rows on their way to a file, which the engine writes."""

    def __init__(self, name: str, rows: Sequence[Any]) -> None:
        self._name = name
        self._rows = rows
        self.written = 0
        """Rows that have been sent."""

    @property
    def done(self) -> bool:
        """Whether all have been sent."""
        return self.written >= len(self._rows)

    def next(self, path: Path | None) -> SaveRows:
        """The job that writes the next portion; `path` is where the ones before went."""
        portion = tuple(self._rows[self.written : self.written + PORTION])
        self.written += len(portion)
        return SaveRows(self._name, portion, path)
