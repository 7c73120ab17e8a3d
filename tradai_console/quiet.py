"""The garbage collector, kept from stopping the world while keys are pressed.

A full collection while a big answer is parsed stops every thread for up to a tenth of a second. So what start-up
made is taken out of its sight, the young generations are collected rarely, and full collections wait for a quiet
moment: no key for a while.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

YOUNG_EVERY: Final = 50_000
"""Allocations between two collections of the youngest generation."""

QUIET_S: Final = 2.0
"""No key for so long: a moment is quiet."""

FULL_EVERY_S: Final = 60.0
SWITCH_S: Final = 0.001
"""How long a thread may hold the interpreter when another waits."""


def collect_rarely() -> None:
    """Collect the young generations rarely from now on, and all of them almost never: start-up makes little waste.

    Imports and the models of AWS's services are all objects that stay; looking through them is a tenth of start-up.
    """
    gc.set_threshold(YOUNG_EVERY, 20, 1_000_000)


class QuietCollector:
    """Collects in quiet moments. Times are seconds on one monotonic clock of the caller's."""

    def __init__(self) -> None:
        self._last_full: float | None = None

    def begin(self) -> None:
        """Take all that start-up made out of the collector's sight. Call it when start-up is over."""
        gc.collect()
        gc.freeze()
        collect_rarely()
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
