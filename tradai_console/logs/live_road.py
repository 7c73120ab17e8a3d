"""Live Tail kept up beside the readings: begun again when it breaks, left alone where it is not allowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Final

from tradai_console.errors import AwsError, Denied, NotFound, SettingsError, Throttled
from tradai_console.logs.cursor import Cursor
from tradai_console.logs.event import Event
from tradai_console.logs.health import Health
from tradai_console.logs.live import RECONNECT_S, REFUSED_S, group_arns, live_session
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.source import Ask
from tradai_console.models.log import LogNote, NoteKind

SAMPLED_EVERY_S: Final = 10.0
"""Between two rows that say that Live Tail sends a part only."""

Deliver = Callable[[list[Event], tuple[LogNote, ...]], Awaitable[None]]


class LiveRoad:
    """One session after the other over the same groups, at most ten."""

    def __init__(
        self,
        readers: LogReaders,
        cursors: Mapping[Ask, Cursor],
        health: Health,
        deliver: Deliver,
        wake: Callable[[Ask], None],
    ) -> None:
        """`deliver` takes what is new; `wake` lets a group be read at once."""
        self._readers = readers
        self._clock = readers.clock
        self._cursors = cursors
        self._by_group = {ask.group: cursor for ask, cursor in cursors.items()}
        self._health = health
        self._deliver = deliver
        self._wake = wake
        self._attempt = 0
        self._sampled_at = -SAMPLED_EVERY_S

    async def run(self) -> None:
        """Keep a session up. Returns where there can be none: the readings then go on alone."""
        arns: dict[str, str] = {}
        while True:
            try:
                arns = arns or await group_arns(self._readers.door, tuple(self._by_group))
                await self._one_session(arns)
            except (Denied, NotFound, SettingsError) as error:
                await self._without(error)
                return
            except Throttled as error:
                await self._without(error)
                pause_s = REFUSED_S
            except AwsError as error:
                words = f"the live tail broke off ({error}); what it missed is read, and it is begun again"
                await self._deliver([], (self._note("reconnect", words),))
                pause_s = RECONNECT_S[min(self._attempt, len(RECONNECT_S) - 1)]
                self._attempt += 1
            await self._clock.sleep(pause_s)

    async def _one_session(self, arns: dict[str, str]) -> None:
        """Pass on what a session brings, until it breaks off: always by an AwsError."""
        begun = False
        try:
            session = live_session(self._readers.door, self._clock, arns, tuple(self._cursors))
            async with aclosing(session) as updates:
                async for update in updates:
                    if not begun:
                        begun, self._attempt = True, 0
                        self._is(on=True)
                    events = self._new_of(update.events)
                    notes = self._sampled() if update.sampled else ()
                    if events or notes:
                        await self._deliver(events, notes)
        finally:
            self._is(on=False)

    def _new_of(self, events: Iterable[Event]) -> list[Event]:
        apart: dict[str, list[Event]] = {}
        for event in events:
            if event.group in self._by_group:
                apart.setdefault(event.group, []).append(event)
        return [one for group, found in apart.items() for one in self._by_group[group].take_live(found)]

    def _is(self, *, on: bool) -> None:
        """Both when a session begins and when it ends the groups are read at once: that closes the hole between."""
        for ask, cursor in self._cursors.items():
            cursor.live = on
            self._health.live_is(ask, on=on)
            self._wake(ask)

    def _sampled(self) -> tuple[LogNote, ...]:
        """Say it now and then, and read what was left out."""
        now = self._clock.monotonic()
        if now - self._sampled_at < SAMPLED_EVERY_S:
            return ()
        self._sampled_at = now
        for ask in self._cursors:
            self._wake(ask)
        words = "Live Tail sends a part of the lines only: there are more than 500 a second; the rest follows by reading"
        return (self._note("sampled", words),)

    async def _without(self, error: Exception) -> None:
        words = f"no live tail: {error}; the groups are read every few seconds instead"
        await self._deliver([], (self._note("state", words),))

    def _note(self, kind: NoteKind, words: str) -> LogNote:
        return self._health.note(kind, words, next(iter(self._by_group)) if len(self._by_group) == 1 else "")
