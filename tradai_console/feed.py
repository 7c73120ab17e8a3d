"""The feed: one poller for every source, and the board they keep.

A failed reading is an answer too: it is published with the last good items, and the loop goes on, slower.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Generic, TypeVar

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, ConsoleError
from tradai_console.models.snapshot import SLOW_AFTER_S, Snapshot, State
from tradai_console.sources.reading import Source

T = TypeVar("T")

READING_S: Final = 15.0
"""A reading that has not ended by then is given up."""

UNREACHABLE_RETRY_S: Final = 8.0
"""How soon a source that cannot be reached is tried again, at the latest."""

WIDEST_S: Final = 300.0
"""Throttling widens an interval no further than this."""

DENIED_WIDEST_S: Final = 600.0
"""A permission that stays refused is asked for no more often than this."""

CALM_AFTER: Final = 3
"""Good readings in a row after which a throttled source is read at its own pace again."""


class Poller(Generic[T]):
    """Reads one source for ever, and publishes a Snapshot after each reading.

    One reading at a time; the next is planned when the last has ended, so that readings never pile up.
    """

    def __init__(
        self,
        name: str,
        source: Source[T],
        *,
        interval_s: float,
        publish: Callable[[str, Snapshot[T]], None],
        clock: Clock,
        jitter: Callable[[], float] = lambda: random.uniform(0.95, 1.05),
    ) -> None:
        self.name = name
        self.snapshot: Snapshot[T] = Snapshot(interval_s=interval_s)
        self._source = source
        self._interval_s = interval_s
        self._publish = publish
        self._clock = clock
        self._jitter = jitter
        self._reading = asyncio.Lock()
        self._wake = asyncio.Event()
        self._widening = 1.0
        self._good_in_a_row = 0
        self._denials = 0
        self.attention = 1.0
        """Above 1 nobody looks: the interval is stretched so many times."""

    async def run(self) -> None:
        """Read, publish, wait; until cancelled."""
        while True:
            if not self.snapshot.paused:
                await self.poll_once()
            await self._rest()

    async def poll_once(self) -> None:
        """One reading, whatever it brings."""
        async with self._reading:
            started = self._clock.monotonic()
            try:
                async with asyncio.timeout(READING_S):
                    reading = await self._source.read()
            except TimeoutError:
                self._fail(State.UNREACHABLE, f"no answer in {READING_S:.0f} s")
            except AwsError as error:
                self._fail(State(error.state), str(error))
            except ConsoleError as error:
                self._fail(State.UNAVAILABLE, str(error))
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) is None or task.cancelling():
                    raise
                # Somebody ended what we were waiting for, not us.
                self._fail(State.UNREACHABLE, "the reading was broken off")
            except Exception as error:  # noqa: BLE001  # a pane must outlive every answer AWS can think of
                self._fail(State.UNAVAILABLE, f"the answer could not be understood ({type(error).__name__})")
            else:
                took = self._clock.monotonic() - started
                self._succeed(reading.items, "; ".join(reading.notes) or None, took)
        self._tell()

    def refresh(self) -> None:
        """Read now; if a reading is under way, again when it has ended."""
        self._wake.set()

    def pause(self, paused: bool) -> None:
        """Stop reading, or go on; what is shown stays, and grows old."""
        if paused != self.snapshot.paused:
            self.snapshot = replace(self.snapshot, paused=paused, next_monotonic=None)
            self._tell()
            if not paused:
                self.refresh()

    @property
    def interval_s(self) -> float:
        """Seconds until the next reading, as things stand."""
        state = self.snapshot.state
        own = self._interval_s * self.attention
        if state is State.UNREACHABLE:  # asking into the void burdens nobody, and it may be back any moment
            return min(own, UNREACHABLE_RETRY_S)
        if state is State.THROTTLED or self._widening > 1:
            return min(own * self._widening, max(own, WIDEST_S))
        if state is State.DENIED:
            return min(own * 2.0 ** min(self._denials, 10), max(own, DENIED_WIDEST_S))
        if state is State.UNAVAILABLE:
            return min(own, UNREACHABLE_RETRY_S)
        return own

    def _succeed(self, items: tuple[T, ...], notes: str | None, took_s: float) -> None:
        self._denials = 0
        self._good_in_a_row += 1
        if self._good_in_a_row >= CALM_AFTER:
            self._widening = 1.0
        self.snapshot = replace(
            self.snapshot,
            items=items,
            taken_at=self._clock.now(),
            taken_monotonic=self._clock.monotonic(),
            state=State.SLOW if took_s > SLOW_AFTER_S else State.LIVE,
            error=notes,
            took_s=took_s,
        )

    def _fail(self, state: State, why: str) -> None:
        self._denials = self._denials + 1 if state is State.DENIED else 0
        self._good_in_a_row = 0
        if state is State.THROTTLED:
            self._widening = min(self._widening * 2, WIDEST_S / min(self._interval_s, WIDEST_S))
        self.snapshot = replace(self.snapshot, state=state, error=why)

    async def _rest(self) -> None:
        pause_s = self.interval_s * self._jitter()
        planned = None if self.snapshot.paused else self._clock.monotonic() + pause_s
        self.snapshot = replace(self.snapshot, next_monotonic=planned)
        self._tell()
        waiting = asyncio.create_task(self._wake.wait())
        sleeping = asyncio.create_task(self._clock.sleep(pause_s))
        try:
            await asyncio.wait({waiting, sleeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            sleeping.cancel()
        self._wake.clear()

    def _tell(self) -> None:
        # Staleness is judged by the pace that was promised: stretched while nobody looks or AWS throttles.
        paced = self._interval_s * max(self.attention, self._widening)
        self.snapshot = replace(self.snapshot, interval_s=paced)
        self._publish(self.name, self.snapshot)


class Feed:
    """All pollers together, steered from one place."""

    def __init__(self, pollers: Mapping[str, Poller[Any]]) -> None:
        self.pollers = dict(pollers)

    def refresh(self, name: str | None = None) -> None:
        """Read one source now, or all."""
        for poller in self._of(name):
            poller.refresh()

    def pause(self, paused: bool, name: str | None = None) -> None:
        """Stop one source, or all; or let them go on."""
        for poller in self._of(name):
            poller.pause(paused)

    def attend(self, stretch: float) -> None:
        """Stretch all intervals so many times; 1 is the usual pace, and coming back to it reads at once."""
        for poller in self.pollers.values():
            returning = stretch < poller.attention
            poller.attention = stretch
            if returning:
                poller.refresh()

    def _of(self, name: str | None) -> tuple[Poller[Any], ...]:
        return tuple(self.pollers.values()) if name is None else (self.pollers[name],)
