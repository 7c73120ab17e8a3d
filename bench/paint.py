"""When a program in a terminal has painted: told from the bytes that come out, for drawing them would take longer."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench.places import ROOT, BenchError
from tests.kit.terminal import Terminal

COLUMNS: Final = 120
ROWS: Final = 40
WAIT_S: Final = 0.02
KEY_S: Final = 5.0
"""A key whose change has not come out by then has none."""

LOOKS_S: Final = (0.2, 0.2, 0.4, 0.4, 0.8, 0.8, 1.6, 1.6)
"""How long to look for the cursor at each attempt, after each of two keys."""

BORDER: Final = "╰".encode()
_MOVE: Final = re.compile(rb"\x1b\[(\d+);\d+H")
_BACKGROUND: Final = re.compile(rb"48;2;\d+;\d+;\d+")


def opened(command: Sequence[str], env: Mapping[str, str]) -> Terminal:
    """The program in a terminal of `COLUMNS` x `ROWS`."""
    return Terminal(command, columns=COLUMNS, rows=ROWS, env=env, cwd=ROOT)


def seconds_to(
    terminal: Terminal, painted: Callable[[bytes], bool], began: float, timeout_s: float, *, since: int = 0
) -> float:
    """Seconds from `began` (`time.perf_counter()`) until the bytes after `since` fulfil `painted`. Raises BenchError."""
    # An answer may have been read while the key was written: what is there already is looked at first.
    while not painted(bytes(terminal.raw[since:])):
        terminal.read(WAIT_S)
        if time.perf_counter() - began > timeout_s:
            raise BenchError(f"not painted within {timeout_s:.0f} s; the screen:\n{terminal.text}")
    return time.perf_counter() - began


def borders(count: int) -> Callable[[bytes], bool]:
    """Whether that many boxes have been drawn down to their lower corner."""
    return lambda raw: raw.count(BORDER) >= count


def coloured_rows(data: bytes) -> dict[bytes, set[int]]:
    """In which rows of the screen each background colour was painted."""
    found: dict[bytes, set[int]] = {}
    parts = _MOVE.split(data)
    for row, text in zip(parts[1::2], parts[2::2], strict=True):
        for colour in _BACKGROUND.findall(text):
            found.setdefault(colour, set()).add(int(row))
    return found


def cursor_colour(down: bytes, up: bytes) -> tuple[bytes, int, int]:
    """The cursor's background colour and its rows after `j` and after `k`, from what each key had painted.

    Raises ValueError where no colour was in one row after the one, and in another after the other.
    """
    below, above = coloured_rows(down), coloured_rows(up)
    for colour in below.keys() & above.keys():
        low, high = below[colour], above[colour]
        # The colour of the row that the cursor leaves moves too, but the other way.
        if len(low) == len(high) == 1 and min(low) > min(high):
            return colour, min(low), min(high)
    raise ValueError("no cursor was seen to move")


class Cursor:
    """A list's cursor that `j` and `k` move to and fro, and how long each move takes to be seen."""

    def __init__(self, terminal: Terminal) -> None:
        """Find the cursor of the list that has the focus. Raises BenchError if it does not move."""
        self._terminal = terminal
        for wait_s in LOOKS_S:
            try:
                down, up = self._painted("j", wait_s), self._painted("k", wait_s)
                self._colour, self._low, self._high = cursor_colour(down, up)
                # On a busy machine a key's paint can come so late that it is taken for the next one's.
                self.latencies(4, random.Random(0), patience_s=wait_s)
                return
            except (ValueError, BenchError):
                continue
        raise BenchError(f"no cursor moves on this screen:\n{terminal.text}")

    def latencies(self, keys: int, rng: random.Random, patience_s: float = KEY_S) -> list[float]:
        """Press so many keys at uneven moments; milliseconds of each from the key to the cursor in its new row."""
        found = []
        for number in range(keys):
            down = number % 2 == 0
            self.rest(rng.uniform(0.02, 0.07))
            since, began = len(self._terminal.raw), time.perf_counter()
            self._terminal.send(b"j" if down else b"k")
            row = self._low if down else self._high
            found.append(seconds_to(self._terminal, self._at(row), began, patience_s, since=since) * 1000)
        return found

    def rest(self, for_s: float) -> None:
        """Press nothing for so long, and read what comes."""
        end = time.perf_counter() + for_s
        while (left := end - time.perf_counter()) > 0:
            self._terminal.read(left)

    def _at(self, row: int) -> Callable[[bytes], bool]:
        return lambda data: row in coloured_rows(data).get(self._colour, ())

    def _painted(self, key: str, wait_s: float) -> bytes:
        self.rest(wait_s)
        since = len(self._terminal.raw)
        self._terminal.press(key)
        self.rest(wait_s)
        return bytes(self._terminal.raw[since:])
