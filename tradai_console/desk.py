"""The desk: alerts, open incidents and the journal, on the engine's side. It has one owner, the engine's loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from tradai_console.alerts.list import AlertList, loud
from tradai_console.alerts.mute_rules import by_alarm, read_mute_rules
from tradai_console.aws.door import Door
from tradai_console.changing import Changing
from tradai_console.clock import Clock
from tradai_console.errors import AwsError, ConsoleError
from tradai_console.incident import Incident
from tradai_console.incident_run import SINCE, IncidentRun
from tradai_console.journal.base import Entry, Kind
from tradai_console.journal.sqlite import SqliteJournal, journal_file
from tradai_console.log_desk import LogDesk
from tradai_console.logs.readers import LogReaders
from tradai_console.models.alert import Alert
from tradai_console.models.board import Board
from tradai_console.news import AlertsListed, DeskNews, EngineFailed, IncidentChanged, WorkflowTold
from tradai_console.operations.escalation import MARK
from tradai_console.paths import login
from tradai_console.platform import Platform
from tradai_console.probes.context import ProbeContext
from tradai_console.runbook.library import Library, load_library
from tradai_console.settings import Settings
from tradai_console.sources.channel import Channel, Message
from tradai_console.workflow.desk import Workflows

REREAD_S: Final = 5.0
"""How often the runbooks' directory is looked at."""

MUTE_RULES_S: Final = 120.0
MEMORY: Final = timedelta(hours=24)
"""How far back the journal is read for what earlier runs were told."""


class Desk:
    """What happens between an alert and its end."""

    def __init__(
        self,
        door: Door,
        platform: Platform,
        settings: Settings,
        clock: Clock,
        board: Callable[[], Board],
        tell: Callable[[DeskNews | EngineFailed], None],
        *,
        journal_path: Path | None = None,
    ) -> None:
        self.operator = settings.operator or login()
        self._door = door
        self._platform = platform
        self._settings = settings
        self._clock = clock
        self._board = board
        self._tell = tell
        self._journal = SqliteJournal(journal_path or journal_file(settings), clock)
        self._channel = Channel(door, settings.alert_queue, clock)
        self._readers = LogReaders(door, clock)
        self.logs = LogDesk(door, platform, clock, self._readers, self._seen, lambda: self._library.alerts())
        """The logs that are followed on a screen."""
        self._library = Library({}, ())
        self._list: AlertList | None = None
        self._runs: dict[str, IncidentRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ready = asyncio.Event()
        self.changing = Changing(
            door, platform, settings, clock, self._journal, self.operator, self._runs.get, self.alert
        )
        self.workflows = Workflows(
            self._probes(),
            lambda: self._list.alerts if self._list is not None else (),
            lambda told: self._tell(WorkflowTold(told)),
        )

    async def run(self) -> None:
        """Keep the desk until cancelled."""
        async with self._journal, self.changing:
            self._library = await asyncio.to_thread(load_library, self._settings.runbooks)
            self._list = AlertList(self._library, self._platform, self._clock, journal=self._journal)
            self._list.restore(await self._journal.recent(since=self._clock.now() - MEMORY))
            self._ready.set()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._channel.run(self._hear), name="channel")
                    group.create_task(self._mind(), name="desk")
                    group.create_task(self._read_mute_rules(), name="mute rules")
            finally:
                for task in self._tasks.values():
                    task.cancel()
                self.workflows.close_all()
                await self.logs.close()
                await self._readers.close()

    def look(self, messages: Iterable[Message] = ()) -> None:
        """The board is new, or a message came: list the alerts anew."""
        if self._list is None:
            return
        before = self._list.alerts
        after = self._list.update(self._board(), messages)
        self._say(before, after)

    # What the operator asks for; each raises ConsoleError with a sentence

    async def open(self, key: str) -> Incident:
        """Open the alert's incident, or come back to it."""
        await self._ready.wait()
        if key not in self._runs:
            run = IncidentRun(
                self.alert(key),
                self._library,
                self._probes(),
                self._journal,
                self.operator,
                lambda incident: self._tell(IncidentChanged(incident)),
                lambda sources: self.logs.read(key, sources, SINCE),
            )
            self._runs[key] = run
            self._tasks[key] = asyncio.create_task(run.run(), name=f"incident {key}")
            self._tasks[key].add_done_callback(partial(self._ended, key))
        else:
            await self._runs[key].take_up()
        self.attend(key)
        if self._list is not None:
            self._list.opened(key)
        return await self._runs[key].begun()

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        """An incident whose work has broken off is opened anew the next time, and says so now."""
        self._tasks.pop(key, None)
        self._runs.pop(key, None)
        self.logs.leave(key)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            why = f"{type(error).__name__}: {error}"
            self._tell(
                EngineFailed(f"an incident is not kept up any more ({why}): leave it and open it again")
            )

    def attend(self, key: str | None) -> None:
        """Which open incident is looked at; None: none. The others keep what they know, and ask for nothing."""
        for other, run in self._runs.items():
            run.attend(other == key)

    def opened(self) -> tuple[Incident, ...]:
        """Every incident that was opened in this run, as it stands; the newest first."""
        return tuple(run.incident for run in reversed(self._runs.values()))

    def at(self, key: str) -> IncidentRun:
        """The running incident. Raises ConsoleError if it is not open."""
        if key not in self._runs:
            raise ConsoleError("this incident is not open any more: go back and open it again")
        return self._runs[key]

    def alert(self, key: str) -> Alert:
        """The alert as it stands. Raises ConsoleError if it is not in the list any more."""
        assert self._list is not None
        found = next((alert for alert in self._list.alerts if alert.key == key), None)
        if found is None:
            raise ConsoleError("this alert is not in the list any more")
        return found

    async def acknowledge(self, key: str, note: str) -> None:
        await self._change(lambda alerts: alerts.acknowledge(key, self.operator, note))

    async def release(self, key: str) -> None:
        await self._change(lambda alerts: alerts.release(key, self.operator))

    async def mute(self, key: str, minutes: float, reason: str) -> None:
        until = self._clock.now() + timedelta(minutes=minutes)
        await self._change(lambda alerts: alerts.mute(key, self.operator, until, reason))

    async def unmute(self, key: str) -> None:
        await self._change(lambda alerts: alerts.unmute(key, self.operator))

    async def note(self, key: str, text: str) -> None:
        await self._change(lambda alerts: alerts.note(key, self.operator, text))

    async def keep(self, text: str, incident: str | None) -> None:
        """Write something into the journal, for an alert by its key or for the shift."""
        await self._journal.write(Entry(Kind.NOTE, self._clock.now(), self.operator, incident, text=text))

    # Inside

    async def _hear(self, messages: tuple[Message, ...]) -> None:
        """Our own escalations come back over the topic: they are no alerts."""
        self.look([message for message in messages if MARK not in message.attributes])

    async def _mind(self) -> None:
        while True:
            await self._clock.sleep(REREAD_S)
            assert self._list is not None
            fresh = await asyncio.to_thread(self._library.reread)
            if fresh is not self._library:
                self._library = fresh
                self._list.use_library(fresh)
                for run in self._runs.values():
                    run.use_library(fresh)
            self.look()
            with contextlib.suppress(ConsoleError):
                await self._list.keep()

    async def _read_mute_rules(self) -> None:
        while True:
            with contextlib.suppress(AwsError):
                rules = await read_mute_rules(self._door, self._clock.now())
                if self._list is not None:
                    self._list.know_mute_rules(by_alarm(rules))
            await self._clock.sleep(MUTE_RULES_S)

    async def _change(self, change: Callable[[AlertList], object]) -> None:
        await self._ready.wait()
        assert self._list is not None
        before = self._list.alerts
        await change(self._list)  # type: ignore[misc]
        self._say(before, self._list.alerts)

    def _say(self, before: tuple[Alert, ...], after: tuple[Alert, ...]) -> None:
        announced = loud(before, after)
        if after != before or announced:
            self._tell(AlertsListed(after, announced))
        for alert in after:
            if alert.key in self._runs:
                self._runs[alert.key].renew(alert)

    def _seen(self) -> Board:
        """The board with the alerts on it."""
        return replace(self._board(), alerts=self._list.alerts if self._list is not None else ())

    def _probes(self) -> ProbeContext:
        return ProbeContext(self._door, self._platform, self._board, self._clock, self._settings.env)
