"""The garbage collector, kept from stopping the world while keys are pressed.

A full collection while a big answer is parsed stops every thread for up to a tenth of a second. So what start-up
made is taken out of its sight, the young generations are collected a little at a time, and full collections wait for a
quiet moment: no key for a while.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

AT_FIRST: Final = 50_000, 20
LATER: Final = 5_000, 200
"""Allocations between two collections of the youngest generation, and how many of these come between two of the
next. At first few, for what start-up makes stays; then small ones: one of fifty thousand objects stops everything for
25 ms, and a key is expected in less."""

ALMOST_NEVER: Final = 1_000_000

QUIET_S: Final = 2.0
"""No key for so long: a moment is quiet."""

FULL_EVERY_S: Final = 60.0
SWITCH_S: Final = 0.001
"""How long a thread may hold the interpreter when another waits."""


def collect_rarely() -> None:
    """Collect the young generations rarely from now on, and all of them almost never: start-up makes little waste.

    Imports and the models of AWS's services are all objects that stay; looking through them is a tenth of start-up.
    """
    gc.set_threshold(*AT_FIRST, ALMOST_NEVER)


class QuietCollector:
    """Collects in quiet moments. Times are seconds on one monotonic clock of the caller's."""

    def __init__(self) -> None:
        self._last_full: float | None = None

    def begin(self) -> None:
        """Take all that start-up made out of the collector's sight. Call it when start-up is over."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*LATER, ALMOST_NEVER)
        sys.setswitchinterval(SWITCH_S)

    def mind(self, now: float, last_key: float) -> bool:
        """Collect everything if the moment is quiet and it is time; whether it did."""
        if self._last_full is None:
            self._last_full = now
        if now - last_key < QUIET_S or now - self._last_full < FULL_EVERY_S:
            return False
        gc.collect()
        self._last_full = now
        return True
