"""The logs and trails that are followed for the interface, on the engine's side: each has its relay, by a key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from tradai_console.aws.door import Door
from tradai_console.clock import Clock
from tradai_console.errors import AwsError, ConsoleError
from tradai_console.logs.about import sources_about
from tradai_console.logs.keep import keep_rows
from tradai_console.logs.places import existing_groups, host_words
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.relay import Relay, Row
from tradai_console.logs.services import Services
from tradai_console.logs.source import TailSource
from tradai_console.logs.tail import Tail
from tradai_console.models.board import Board
from tradai_console.models.log import LogNote, milliseconds
from tradai_console.models.log_feed import GroupReading, LogPortion, LogsAbout
from tradai_console.models.snapshot import State
from tradai_console.platform import Platform
from tradai_console.probes.context import ProbeContext
from tradai_console.runbook.model import AlertRule
from tradai_console.trail.run import TrailRun

GROUPS_KEPT_S: Final = 60.0
"""How long the list of groups that exist is believed."""


@dataclass
class _Open:
    """One log that is followed."""

    relay: Relay
    task: asyncio.Task[None]
    run: TrailRun | None = None
    """Where it is a trail."""


class LogDesk:
    """Opens, hands over and ends. Every method runs on the engine's loop."""

    def __init__(
        self,
        door: Door,
        platform: Platform,
        clock: Clock,
        readers: LogReaders,
        board: Callable[[], Board],
        rules: Callable[[], Sequence[AlertRule]],
    ) -> None:
        self._door = door
        self._platform = platform
        self._clock = clock
        self._readers = readers
        self._board = board
        self._rules = rules
        self._services = Services(platform)
        self._open: dict[str, _Open] = {}
        self._groups: tuple[float, tuple[str, ...]] | None = None

    async def follow(self, key: str, about: LogsAbout) -> tuple[TailSource, ...]:
        """Follow the log of something; what is read. Raises ConsoleError, AwsError."""
        groups = await self.existing()
        sources = sources_about(about, self._platform, self._board(), self._rules(), groups)
        self.read(key, sources, timedelta(seconds=about.since_s))
        return sources

    def read(self, key: str, sources: Iterable[TailSource], since: timedelta) -> None:
        """Follow these sources under that key; what was followed under it is ended."""
        self.leave(key)
        wanted = tuple(sources)
        begin = self._clock.now() - since
        tail = Tail(self._readers, wanted, since=begin, follow=True, ordered=False, services=self._services)
        relay = Relay(lambda: _readings(tail))
        task = asyncio.create_task(self._run(tail, relay), name=f"log {key}")
        self._open[key] = _Open(relay, task)

    def trail(self, key: str, wanted: str, since_s: float | None) -> None:
        """Follow an id under that key; what was followed under it is ended. Raises UnusableIdError."""
        self.leave(key)
        context = ProbeContext(self._door, self._platform, self._board, self._clock, self._platform.env)
        since = None if since_s is None else self._clock.now() - timedelta(seconds=since_s)
        run = TrailRun(wanted, context, self._readers, since=since)
        relay = Relay(lambda: _searched(run))
        task = asyncio.create_task(self._run_trail(run, relay), name=f"trail {key}")
        self._open[key] = _Open(relay, task, run)

    def search_wide(self, key: str) -> None:
        """Let the trail search everything at once. Raises ConsoleError if it is not open."""
        found = self._open.get(key)
        if found is None or found.run is None:
            raise ConsoleError("this trail is not followed any more")
        found.run.go_wide()

    async def next(self, key: str, got: int) -> LogPortion | None:
        """The portion after `got`; waits for it. None: it was left meanwhile. Raises ConsoleError if it is not open."""
        if key not in self._open:
            raise ConsoleError("this log is not followed any more")
        return await self._open[key].relay.next(got)

    def leave(self, key: str) -> None:
        """End the reading under that key, if there is one."""
        found = self._open.pop(key, None)
        if found is not None:
            found.task.cancel()
            found.relay.close()

    async def close(self) -> None:
        """End everything."""
        tasks = [one.task for one in self._open.values()]
        for key in [*self._open]:
            self.leave(key)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def existing(self) -> tuple[str, ...]:
        """The environment's groups (`logs:DescribeLogGroups`), remembered for a minute. Raises AwsError."""
        now = self._clock.monotonic()
        if self._groups is None or now - self._groups[0] > GROUPS_KEPT_S:
            self._groups = now, await existing_groups(self._door, self._platform)
        return self._groups[1]

    async def save(self, path: Path | None, rows: tuple[Row, ...], name: str) -> Path:
        """Write rows to a file, or to the end of one that was begun; its path. Raises ConsoleError."""
        return await asyncio.to_thread(keep_rows, path, rows, name, self._clock.now())

    async def _run(self, tail: Tail, relay: Relay) -> None:
        words = await host_words(self._door, self._platform)
        if words is not None:
            relay.places = words
            relay.say()
        try:
            async with aclosing(tail.batches()) as batches:
                watching = asyncio.create_task(self._watch(tail, relay), name="log states")
                try:
                    async for batch in batches:
                        relay.put(batch.rows)
                finally:
                    watching.cancel()
        except AwsError as error:  # a tail says its faults in notes: this is one that nobody thought of
            relay.put(
                (LogNote("state", milliseconds(self._clock.now()), "", f"the reading has ended: {error}"),)
            )

    async def _run_trail(self, run: TrailRun, relay: Relay) -> None:
        try:
            async with aclosing(run.portions(follow=True)) as portions:
                async for portion in portions:
                    relay.trail = portion.trail
                    relay.put(portion.rows)
        except AwsError as error:  # a trail says its faults in its notes: this is one that nobody thought of
            relay.put(
                (LogNote("state", milliseconds(self._clock.now()), "", f"the reading has ended: {error}"),)
            )

    async def _watch(self, tail: Tail, relay: Relay) -> None:
        """Say when the reading of a group goes better or worse, though no line comes."""
        before = _readings(tail)
        while True:
            await self._clock.sleep(1.0)
            now = _readings(tail)
            if now != before:
                before = now
                relay.say()


def _readings(tail: Tail) -> tuple[GroupReading, ...]:
    return tuple(GroupReading(group, one.state, one.error, one.live) for group, one in tail.states.items())


def _searched(run: TrailRun) -> tuple[GroupReading, ...]:
    return tuple(
        GroupReading(
            place.name,
            State(place.error.state) if place.error else State.LIVE if place.searched else State.LOADING,
            str(place.error) if place.error else None,
        )
        for place in run.ledger.places
    )
