"""Time on the simulated platform, and what is to happen when.

Speed compresses durations and never moves stamps: at speed 10 a task that takes 30 s to start takes 3 s of
real time, and its `startedAt` is the real time at which it started. So a client beside the server, which has
only the machine's clock, sees ages and never a time to come. `advance` (tests) moves both.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time as _time
from collections.abc import Callable
from datetime import UTC, datetime

_LOG = logging.getLogger(__name__)

Event = Callable[[], None]


class Clock:
    """The platform's clock with its timeline of events to come. Thread-safe."""

    def __init__(self, speed: float = 1.0, *, running: bool = True, start: float | None = None) -> None:
        self._speed = speed
        self._running = running
        self._lock = threading.RLock()
        self._turn = threading.RLock()
        self._zero = _time.monotonic()
        self._wall = (_time.time() if start is None else start) - self._zero
        self._frozen = self._zero
        self._moved = 0.0
        self._due: list[tuple[float, int, Event]] = []
        self._order = itertools.count()

    @property
    def speed(self) -> float:
        """Simulated seconds a real second."""
        return self._speed

    @property
    def running(self) -> bool:
        """Whether it moves by itself."""
        return self._running

    def elapsed(self) -> float:
        """Simulated seconds since the clock began. Durations are measured in these."""
        with self._lock:
            return (self._monotonic() - self._zero) * self._speed + self._moved

    def time(self) -> float:
        """The stamp of this moment, seconds since 1970."""
        with self._lock:
            return self._monotonic() + self._wall + self._moved

    def now(self) -> datetime:
        """The stamp of this moment, UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def after(self, seconds: float, event: Event) -> None:
        """Let the event happen in so many simulated seconds."""
        with self._lock:
            heapq.heappush(self._due, (self.elapsed() + max(0.0, seconds), next(self._order), event))

    def every(self, seconds: float, event: Event) -> None:
        """Let the event happen again and again, until the clock is cleared."""

        def again() -> None:
            self.after(seconds, again)
            event()

        self.after(seconds, again)

    def run_due(self) -> None:
        """Let everything happen whose time has come, in order. An event that fails is logged and stops nothing."""
        self._run_until(self.elapsed())

    def advance(self, seconds: float) -> None:
        """Move on by so many simulated seconds, each event happening at its own time."""
        with self._turn:
            target = self.elapsed() + seconds
            self._run_until(target, stepping=True)
            with self._lock:
                self._moved += max(0.0, target - self.elapsed())

    @property
    def idle(self) -> bool:
        """Whether nothing is to happen any more."""
        with self._lock:
            return not self._due

    def run_out(self, limit_s: float) -> None:
        """Let everything happen that is to happen within so many simulated seconds, and stop at the last of it."""
        with self._turn:
            self._run_until(self.elapsed() + limit_s, stepping=True)

    def clear(self) -> None:
        """Forget every event to come."""
        with self._lock:
            self._due.clear()

    def set_stamp(self, stamp: float) -> None:
        """Let this moment's stamp be this one. Events to come are due by elapsed time, which goes on untouched."""
        with self._lock:
            self._wall += stamp - self.time()

    def set_speed(self, speed: float) -> None:
        """From now on, so many simulated seconds a real second."""
        with self._lock:
            gone = self.elapsed()
            stamp_ahead = self._moved
            self._zero = self._monotonic()
            self._speed = speed
            # `elapsed` goes on from where it was; what `advance` added to the stamps stays added to them.
            self._wall += stamp_ahead - gone
            self._moved = gone

    def _monotonic(self) -> float:
        return _time.monotonic() if self._running else self._frozen

    def _run_until(self, target: float, *, stepping: bool = False) -> None:
        with self._turn:
            while (event := self._next(target, stepping)) is not None:
                try:
                    event()
                except Exception:  # noqa: BLE001 - one event must not end the platform
                    _LOG.exception("an event of the simulated platform failed")

    def _next(self, target: float, stepping: bool) -> Event | None:
        with self._lock:
            if not self._due or self._due[0][0] > target:
                return None
            due, _, event = heapq.heappop(self._due)
            if stepping:
                self._moved += max(0.0, due - self.elapsed())
            return event


class Ticker:
    """The thread that lets a running clock's events happen, four times a real second and oftener when fast."""

    def __init__(self, clock: Clock, interval_s: float = 0.25) -> None:
        self._clock = clock
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="platform-ticker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the event that is happening."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s / max(1.0, min(5.0, self._clock.speed))):
            self._clock.run_due()
