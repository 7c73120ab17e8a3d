"""Tracebacks: each of their lines is an event of its own; here they are joined to the line they explain."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from tradai_console.models.log import LogLine

WINDOW_MS: Final = 1_000
"""A part follows the one before it within this time."""

MOST_PARTS: Final = 200
"""Lines of one traceback; what follows stands alone."""

_MOST_STREAMS: Final = 5_000

_BEGINS: Final = re.compile(
    r"(?:  \+ )?(?:Exception Group )?Traceback \(most recent call last\)|\s+at [\w.$<>]+\(|Caused by: |\s+File \"|\s+\S"
)
_TRACEBACK: Final = re.compile(r"(?:  \+ )?(?:Exception Group )?Traceback \(most recent call last\)")
_GOES_ON: Final = re.compile(
    r"\s|$|Traceback \(most recent|During handling of the above|The above exception was|Caused by: |\.\.\. \d+ more|"
    r"[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Timeout|Iteration|Group|Failed|Expired|Refused)\w*(?::|$| \()|"
    r"[a-z_]\w*(?:\.\w+)+(?:: |$)"
)


@dataclass
class _Block:
    """A traceback that may still go on."""

    head: LogLine
    level: str | None
    last_ms: int
    parts: int = 0


@dataclass
class _Stream:
    """What was last heard of one stream."""

    newest: LogLine
    block: _Block | None = None


class Joiner:
    """Finds the line that a line continues. Give it each stream's lines in their order."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, str], _Stream] = {}

    def join(self, line: LogLine) -> LogLine:
        """The line; as a part of an earlier one of its stream where it continues that, with that one's level."""
        key = (line.group, line.stream)
        known = self._streams.get(key)
        if line.level is None and line.logger is None:
            if known is not None and known.block is not None and _continues(known.block, line):
                return _part(known.block, line)
            if _BEGINS.match(line.text):
                return self._begin(key, known, line)
        if known is None:
            if len(self._streams) >= _MOST_STREAMS:
                self._streams.clear()
            self._streams[key] = _Stream(line)
        else:
            known.newest = line
        return line

    def _begin(self, key: tuple[str, str], known: _Stream | None, line: LogLine) -> LogLine:
        """A first part: of the newest line if that has just been, else a head itself."""
        block = known.block if known is not None else None
        if (
            known is not None
            and block is not None
            and block.head is known.newest
            and block.parts >= MOST_PARTS
        ):
            return line
        if known is not None and 0 <= line.time_ms - known.newest.time_ms <= WINDOW_MS:
            known.block = _Block(known.newest, known.newest.level, line.time_ms)
            return _part(known.block, line)
        if _TRACEBACK.match(line.text) is None:
            return line
        head = replace(line, level="ERROR")
        self._streams[key] = _Stream(head, _Block(head, head.level, head.time_ms))
        return head


def _continues(block: _Block, line: LogLine) -> bool:
    near = 0 <= line.time_ms - block.last_ms <= WINDOW_MS
    return near and block.parts < MOST_PARTS and _GOES_ON.match(line.text) is not None


def _part(block: _Block, line: LogLine) -> LogLine:
    block.last_ms = line.time_ms
    block.parts += 1
    level = block.level or ("ERROR" if _TRACEBACK.match(line.text) else None)
    block.level = level
    return replace(line, level=level, logger=block.head.logger, part_of=block.head.event_id)
