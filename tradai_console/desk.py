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

from tradai_console.alerts.escalation import letters
from tradai_console.alerts.list import AlertList, loud
from tradai_console.alerts.mute_rules import MuteRule, by_alarm, read_mute_rules
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
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.board import Board
from tradai_console.models.evidence import GRAVEST
from tradai_console.models.oncall import KnownMute, Letter, OpenIncident, SectionName
from tradai_console.news import (
    AlertsListed,
    DeskNews,
    EngineFailed,
    IncidentChanged,
    RunbooksListed,
    WorkflowTold,
)
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
        self._rules: tuple[MuteRule, ...] = ()
        self._by_hand: dict[str, Alert] = {}
        """What stands for an alert where a section was opened without one."""
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
            self._tell_sections()
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

    def opened(self) -> tuple[OpenIncident, ...]:
        """Every incident that was opened in this run, the newest first."""
        return tuple(
            OpenIncident(run.incident.alert, run.incident.here.title if run.incident.here else "")
            for run in reversed(self._runs.values())
        )

    async def open_section(self, runbook: str, anchor: str) -> Incident:
        """Walk through a section without an alert. Raises ConsoleError if the library has none."""
        section = self._library.section(runbook, anchor)
        if section is None:
            raise ConsoleError(f"no runbook section {runbook}#{anchor} is in the library")
        by_hand = Alert(
            f"runbook {runbook}#{section.anchor}", section.title, "info", Lifecycle.FIRING, None,
            "opened by hand: no alert leads here now", runbook, section.anchor,
        )  # fmt: skip
        self._by_hand[by_hand.key] = by_hand
        return await self.open(by_hand.key)

    def letters(self, key: str) -> tuple[Letter, ...]:
        """An escalation to each level of the ladder, from the facts on screen."""
        alert, run = self.alert(key), self._runs.get(key)
        said = run.incident.evidence.values() if run is not None else ()
        known = tuple(one.line for one in sorted(said, key=lambda one: GRAVEST.index(one.verdict)))
        notes = (*known, *(self._list.notes(key) if self._list is not None else ()))
        related = [one for one in self._listed if key in (one.because_of, one.key) and one.key != key]
        return letters(
            alert, self._board(), notes, env=self._settings.env, now=self._clock.now(), related=related
        )

    def at(self, key: str) -> IncidentRun:
        """The running incident. Raises ConsoleError if it is not open."""
        if key not in self._runs:
            raise ConsoleError("this incident is not open any more: go back and open it again")
        return self._runs[key]

    def alert(self, key: str) -> Alert:
        """The alert as it stands. Raises ConsoleError if it is not in the list any more."""
        found = next((alert for alert in self._listed if alert.key == key), self._by_hand.get(key))
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

    def mutes(self) -> tuple[KnownMute, ...]:
        """Every silence that holds: this console's, and CloudWatch's own rules, whoever made them."""
        own = self._list.mutes if self._list is not None else ()
        words = {alert.key: alert.alert for alert in self._listed}
        rules = (KnownMute(rule.name, ", ".join(rule.alarms), rule.mute) for rule in self._rules)
        return (*(KnownMute(key, words.get(key, key), mute) for key, mute in own if not mute.native), *rules)

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
                self._tell_sections()
                for run in self._runs.values():
                    run.use_library(fresh)
            self.look()
            with contextlib.suppress(ConsoleError):
                await self._list.keep()

    async def _read_mute_rules(self) -> None:
        while True:
            with contextlib.suppress(AwsError):
                self._rules = await read_mute_rules(self._door, self._clock.now())
                if self._list is not None:
                    self._list.know_mute_rules(by_alarm(self._rules))
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

    @property
    def _listed(self) -> tuple[Alert, ...]:
        return self._list.alerts if self._list is not None else ()

    def _seen(self) -> Board:
        """The board with the alerts on it."""
        return replace(self._board(), alerts=self._listed)

    def _tell_sections(self) -> None:
        """What there is to be opened by hand."""
        books = sorted(self._library.runbooks.values(), key=lambda book: book.title)
        self._tell(
            RunbooksListed(
                tuple(
                    SectionName(book.name, section.anchor, f"{book.title} › {section.title}")
                    for book in books
                    for section in book.sections
                )
            )
        )

    def _probes(self) -> ProbeContext:
        return ProbeContext(self._door, self._platform, self._board, self._clock, self._settings.env)
