"""Clocks that a test owns."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)


class LeapClock:
    """Whoever sleeps moves the time at once: minutes pass in no time."""

    def __init__(self) -> None:
        self.gone_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.gone_s)

    def now_ms(self) -> int:
        """`now`, in milliseconds since 1970."""
        return START_MS + int(self.gone_s * 1000)

    def monotonic(self) -> float:
        return self.gone_s

    async def sleep(self, seconds: float) -> None:
        self.gone_s += max(0.0, seconds)
        await asyncio.sleep(0)


class FastClock(LeapClock):
    """Time that goes by itself, so many times faster than ours."""

    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def now_ms(self) -> int:
        return START_MS + int(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)
