"""Time as the console sees it: handed in, so that tests and drills can own it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where every reading of the time comes from."""

    def now(self) -> datetime:
        """The wall clock, UTC: for stamps that people read."""

    def monotonic(self) -> float:
        """Seconds that only go forward: for ages, intervals and deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Wait that long by `monotonic`."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        # CLOCK_BOOTTIME goes on while a laptop sleeps, CLOCK_MONOTONIC does not: an age must not stand still.
        return time.clock_gettime(_BOOTTIME) if _BOOTTIME is not None else time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)
