"""A Watch on a thread of its own, as the engine has one, with short deadlines: for tests of what it lives through."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tradai_console.aws.door import Door
from tradai_console.clock import Clock, SystemClock
from tradai_console.engine import Watch
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.snapshot import Snapshot, State
from tradai_console.platform import load_platform
from tradai_console.settings import Settings

STEP_S: Final = 0.01
REGION: Final = "eu-central-1"
DEADLINE_S: Final = 0.6
"""Of one call, where the console's own is 10 s."""

FAST: Final = {
    "alarms": 0.5, "services": 0.5, "databases": 1.0, "nat": 0.5, "workflows": 0.5, "trading": 0.5, "figures": 0.5,
}  # fmt: skip
"""Seconds; RDS allows an account no more than one DescribeDBInstances in each."""


def settings_for(url: str | None, **given: Any) -> Settings:
    """Settings of a console that may use the whole quota of the AWS at this address."""
    known = {"env": "prod", "region": REGION, "endpoint_url": url, "quota_share": 1.0, "spend_usd": 0.0}
    return Settings(**known | given)


class LeapingClock:
    """The machine's clock, which a test can set forward: whoever sleeps by it wakes as if the time had passed."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def now(self) -> datetime:
        """The wall clock, UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead_s)

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic() + self._ahead_s

    async def sleep(self, seconds: float) -> None:
        """Wait that long, leaps counted."""
        ends = self.monotonic() + seconds
        while (left := ends - self.monotonic()) > 0:  # noqa: ASYNC110  # the test moves it from another thread
            await asyncio.sleep(min(STEP_S, left))

    def leap(self, seconds: float) -> None:
        """So much time has passed."""
        self._ahead_s += seconds


class Watched:
    """The running watch, seen from the test's thread."""

    def __init__(self, settings: Settings, clock: Clock | None = None, **door: Any) -> None:
        self._settings = settings
        self.clock: Clock = clock or SystemClock()
        self._door = {"deadline_s": DEADLINE_S, "attempts": 1, "probe_s": 0.3, "poll_s": 0.1} | door
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="watched")
        self._loop: asyncio.AbstractEventLoop
        self._main: asyncio.Task[Any]
        self.watch: Watch
        self.door: Door
        self.longest_s = 0.0
        """The longest that one call has taken so far, seconds."""

    @property
    def board(self) -> Board:
        """The newest board."""
        return self.watch.board

    def snapshot(self, name: str) -> Snapshot[Any]:
        """The newest snapshot of that source."""
        found: Snapshot[Any] = getattr(self.board, name)
        return found

    def state(self, name: str) -> State:
        """The word that the pane carries at this moment."""
        return self.snapshot(name).state_at(self.clock.monotonic())

    def read_since(self, name: str, moment: float) -> bool:
        """Whether a good reading of that source has come after this moment of the clock's `monotonic`."""
        taken = self.snapshot(name).taken_monotonic
        return taken is not None and taken > moment

    def states(self) -> dict[str, State]:
        """The words of all six panes."""
        return {name: self.state(name) for name in SOURCES}

    def all_live(self) -> bool:
        """Whether every pane shows today's truth."""
        return all(state.trusted for state in self.states().values())

    def do(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Have it done on the watch's loop."""

        async def run() -> Any:
            return await work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(60)

    def start(self) -> None:
        """Start watching; returns when the door is open."""
        self._thread.start()
        assert self._ready.wait(60)

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join(60)
        assert not self._thread.is_alive()

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        self._main = task
        platform = load_platform(self._settings.env, self._settings.platform)
        try:
            async with Door(self._settings, self.clock, **self._door) as self.door:
                self.watch = Watch(self.door, platform, self._settings, self.clock)
                self._ready.set()
                await self.watch.run()
        except asyncio.CancelledError:
            return


@contextmanager
def watching(settings: Settings, clock: Clock | None = None, **door: Any) -> Iterator[Watched]:
    """A watch for as long as the block lasts."""
    watched = Watched(settings, clock, **door)
    watched.start()
    try:
        yield watched
    finally:
        watched.stop()


def until(true: Callable[[], object], within_s: float, why: Callable[[], object] = lambda: "") -> float:
    """Wait for it; how long that took, seconds. AssertionError with `why()` if it does not come true."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {why()}"
        time.sleep(0.01)
    return time.monotonic() - began
