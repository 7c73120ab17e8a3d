"""What a command says, line by line: bounded, without secrets, drawable. Its beginning and its end are kept.

The end is kept as bytes and read when it is asked for: a command that floods its output costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tradai_console.redact import Redactor
from tradai_console.text import plain

KEPT: Final = 256 * 1024
"""Characters of all lines; half for the beginning, half for the end."""
LINE: Final = 16 * 1024
"""Characters of one line."""
_HELD: Final = 64 * 1024
"""Bytes of a line that are looked at: a secret that begins in what is shown must be whole to be known."""
_END: Final = KEPT // 2


class Output:
    """Takes in chunks of bytes, cut anywhere."""

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self.size = 0
        """Bytes taken in."""
        self._tell = tell
        self._redactor = Redactor()
        self._part = bytearray()
        self._cut = 0
        self._first: list[str] = []
        self._first_size = 0
        self._end: bytearray | None = None
        self._dropped_lines = 0
        self._dropped_in_key = False

    def take(self, chunk: bytes) -> None:
        """The next bytes."""
        self.size += len(chunk)
        at = 0
        while self._end is None and (stop := chunk.find(b"\n", at)) >= 0:
            self._hold(chunk[at:stop])
            self._finish()
            at = stop + 1
        if self._end is None:
            self._hold(chunk[at:])
        else:
            self._append(chunk[at:])

    def lines(self) -> tuple[str, ...]:
        """Everything that is kept, with what is between left out and said so."""
        if self._end is None:
            if self._part or self._cut:
                self._finish()
            return tuple(self._first)
        raw = bytes(self._end[-_END:])
        dropped = self._dropped_lines + self._end[:-_END].count(b"\n")
        if dropped:
            whole = raw.find(b"\n") + 1  # the first line is cut, unless nothing else is there
            raw, dropped = (raw[whole:], dropped + 1) if 0 < whole < len(raw) else (raw, dropped)
        redactor = Redactor(self._dropped_in_key)
        said = raw.removesuffix(b"\n").split(b"\n") if raw else []
        shown = [_shown(redactor, line, 0) for line in said]
        kept: list[str] = []
        size = 0
        for line in reversed(shown):
            size += len(line) + 1
            if size > _END:
                break
            kept.append(line)
        dropped += len(shown) - len(kept)
        between = [f"… {dropped} lines left out …"] if dropped else []
        return (*self._first, *between, *reversed(kept))

    def _hold(self, piece: bytes) -> None:
        room = max(0, _HELD - len(self._part))
        self._part += piece[:room]
        self._cut += len(piece) - len(piece[:room])

    def _finish(self) -> None:
        raw, cut = bytes(self._part), self._cut
        self._part.clear()
        self._cut = 0
        line = _shown(self._redactor, raw, cut)
        if self._first_size + len(line) + 1 > KEPT // 2:
            self._end = bytearray()
            self._dropped_in_key = self._redactor.in_key
            self._append(raw + b"\n")
            if self._tell is not None:
                self._tell("… more; its end is shown when the command has ended …")
            return
        self._first.append(line)
        self._first_size += len(line) + 1
        if self._tell is not None:
            self._tell(line)

    def _append(self, chunk: bytes) -> None:
        assert self._end is not None
        self._end += chunk
        if len(self._end) <= 4 * _END:
            return
        dropped = bytes(self._end[:-_END])
        del self._end[:-_END]
        self._dropped_lines += dropped.count(b"\n")
        begin, end = dropped.rfind(b"-----BEGIN"), dropped.rfind(b"-----END")
        if begin >= 0 or end >= 0:
            self._dropped_in_key = begin > end


def _shown(redactor: Redactor, raw: bytes, cut: int) -> str:
    line = redactor.line(raw[:_HELD].removesuffix(b"\r").decode("utf-8", "backslashreplace"))
    cut += max(0, len(raw) - _HELD)
    shown = plain(line, LINE)
    return f"{shown[: LINE - 40]} +{cut} bytes" if cut else shown
