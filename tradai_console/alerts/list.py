"""The one list of alerts. It lives in the engine and has one owner: nothing here is called from two threads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from tradai_console.alerts import lifecycle
from tradai_console.alerts.composite import Spoken, speaking_for_parts
from tradai_console.alerts.finding import History
from tradai_console.alerts.guide import Guide
from tradai_console.alerts.heard import Heard, hear, remaining
from tradai_console.alerts.kinds import key_of
from tradai_console.alerts.lifecycle import Ledger
from tradai_console.alerts.merge import Places, merge
from tradai_console.alerts.order import in_order
from tradai_console.alerts.recovered import recovered
from tradai_console.alerts.remembered import Past, remembered
from tradai_console.alerts.rules import findings
from tradai_console.alerts.storm import grouped
from tradai_console.alerts.witness import Witness, message_id, of_alarms, of_findings, of_heard
from tradai_console.clock import Clock
from tradai_console.errors import ConsoleError
from tradai_console.journal.base import Entry, JournalDelayed, Kind
from tradai_console.models.alarm import Alarm
from tradai_console.models.alert import Acknowledgement, Alert, Lifecycle, Mute
from tradai_console.models.board import Board
from tradai_console.platform import Platform
from tradai_console.runbook.library import Library
from tradai_console.sources.channel import Message
from tradai_console.text import plain

NOTE_LIMIT: Final = 4_000

_SETTLING: Final = timedelta(minutes=5)


class Keeper(Protocol):
    """What the list needs of the journal."""

    async def write(self, entry: Entry) -> Entry:
        """Keep it. Raises JournalDelayed where it waits in memory, JournalError where it is lost."""


class AlertList:
    """Three finders' statements as one list, and what people have done about it."""

    def __init__(
        self,
        library: Library,
        platform: Platform,
        clock: Clock,
        *,
        journal: Keeper | None = None,
        timeouts_s: Mapping[str, float] = {},
    ) -> None:
        self.alerts: tuple[Alert, ...] = ()
        """The list as it was last given."""
        self.timeouts_s = timeouts_s
        """Of Lambda functions, by full name, seconds, where they are known."""
        self._guide = Guide.of(library, platform)
        self._platform = platform
        self._clock = clock
        self._journal = journal
        self._ledger = Ledger()
        self._history = History()
        self._places: Places = {}
        self._heard: tuple[Heard, ...] = ()
        self._firing: frozenset[str] = frozenset()
        self._spoken: Spoken = {}
        self._native: Mapping[str, Mute] = {}
        self._past = Past()
        self._restored_at: datetime | None = None
        self._notes: dict[str, tuple[str, ...]] = {}
        self._incidents: set[str] = set()
        self._due: list[Entry] = []

    def update(self, board: Board, messages: Iterable[Message] = ()) -> tuple[Alert, ...]:
        """The list by what is known now: on every new reading, on every message, and now and then without either.

        Reads nothing and waits for nothing. What a source that cannot be read said last, still counts.
        """
        now = self._clock.now()
        witnesses = self._witnesses(board, messages, now)
        sightings, self._places = merge(witnesses, self._places, board)
        before = self._ledger
        self._ledger = self._resumed(lifecycle.advance(before, sightings, now))
        self._tell_journal(before, now)
        return self._listed()

    def _witnesses(self, board: Board, messages: Iterable[Message], now: datetime) -> list[Witness]:
        monotonic = self._clock.monotonic()
        found, self._history = findings(
            board, self._history, self._platform, now, monotonic, timeouts_s=self.timeouts_s
        )
        new = [hear(message, self._guide, now) for message in messages]
        alarms = _seen_alarms(board, monotonic) if new or self._heard else {}
        still = remaining(self._heard, new, alarms, now)
        self._heard = tuple(one for one in still if not recovered(one, board, monotonic))
        of_cloudwatch = list(of_alarms(board.alarms.items, self._guide, self._heard, self._firing))
        self._firing = frozenset(one.alarm for one in of_cloudwatch if one.alarm is not None)
        said = [*of_cloudwatch, *of_heard(self._heard), *of_findings(found, self._guide)]
        witnesses, self._spoken = speaking_for_parts(said, board.alarms.items, self._guide, self._spoken, now)
        return witnesses

    async def acknowledge(self, key: str, owner: str, note: str = "") -> tuple[Alert, ...]:
        """Somebody has it. Raises ConsoleError if it is not open, JournalError if it could not be kept."""
        taken = Acknowledgement(plain(owner, 128), self._clock.now(), plain(note, NOTE_LIMIT))
        lifecycle.acknowledge(self._ledger, key, taken)
        await self._write(Kind.ACKNOWLEDGE, key, owner, note)
        if self._is_open(key):  # it may have resolved while the journal wrote
            self._ledger = lifecycle.acknowledge(self._ledger, key, taken)
        return self._listed()

    async def release(self, key: str, owner: str) -> tuple[Alert, ...]:
        """Nobody has it any more. Raises as `acknowledge` does."""
        lifecycle.release(self._ledger, key)
        await self._write(Kind.RELEASE, key, owner, "")
        if self._is_open(key):
            self._ledger = lifecycle.release(self._ledger, key)
        return self._listed()

    async def mute(self, key: str, owner: str, until: datetime, reason: str) -> tuple[Alert, ...]:
        """Silence it until then. Raises ConsoleError without a reason or an end within 24 h; JournalError."""
        silence = Mute(plain(owner, 128), until, plain(reason, NOTE_LIMIT))
        lifecycle.mute(self._ledger, key, silence, self._clock.now())
        await self._write(Kind.MUTE, key, owner, reason, until=until.isoformat())
        self._ledger = replace(self._ledger, mutes={**self._ledger.mutes, key: silence})
        return self._listed()

    async def unmute(self, key: str, owner: str) -> tuple[Alert, ...]:
        """End a silence of the console's own. Raises ConsoleError if there is none; JournalError."""
        lifecycle.unmute(self._ledger, key)
        await self._write(Kind.UNMUTE, key, owner, "")
        if key in self._ledger.mutes:
            self._ledger = lifecycle.unmute(self._ledger, key)
        return self._listed()

    async def note(self, key: str, owner: str, text: str) -> tuple[Alert, ...]:
        """Write something down about it, firing or not. Raises JournalError if it could not be kept."""
        await self._write(Kind.NOTE, key, owner, text)
        self._notes[key] = (*self._notes.get(key, ()), plain(f"{owner}: {text}", NOTE_LIMIT))
        return self._listed()

    async def close(self, key: str, owner: str, reason: str) -> tuple[Alert, ...]:
        """Call an alert over that only messages told of: nothing else ever will.

        Raises ConsoleError while an alarm or the console itself still sees it.
        """
        course = self._ledger.courses.get(key)
        if course is None or not self._is_open(key):
            raise ConsoleError(f"{key} is not firing any more")
        others = [finder for finder in course.sighting.alert.found_by if finder != "sns"]
        if others:
            raise ConsoleError(f"{key} is still seen by {' and '.join(others)}: mute it, or mend its cause")
        await self._write(Kind.RESOLVE, key, owner, reason)
        self._heard = tuple(one for one in self._heard if not self._tells_of(one, key))
        self._incidents.discard(key)
        kept = [
            one.sighting for name, one in self._ledger.courses.items() if self._is_open(name) and name != key
        ]
        self._ledger = lifecycle.advance(self._ledger, kept, self._clock.now())
        return self._listed()

    def _tells_of(self, one: Heard, key: str) -> bool:
        kind, about = self._places.get(message_id(one), (one.kind, one.about))
        return key_of(kind, about) == key

    def opened(self, key: str) -> None:
        """Somebody walks through it: its end is to be journalled."""
        self._incidents.add(key)

    def notes(self, key: str) -> tuple[str, ...]:
        """What was written down about it, oldest first."""
        return self._notes.get(key, ())

    @property
    def mutes(self) -> tuple[tuple[str, Mute], ...]:
        """Every silence that holds: an alert's key or an alarm's name, with owner and end; the first to end first."""
        now = self._clock.now()
        all_of_them = [*self._ledger.mutes.items(), *self._native.items()]
        return tuple(
            sorted(
                ((name, mute) for name, mute in all_of_them if mute.until > now),
                key=lambda pair: (pair[1].until, pair[0]),
            )
        )

    def know_mute_rules(self, by_alarm: Mapping[str, Mute]) -> tuple[Alert, ...]:
        """CloudWatch's own silences, by alarm (`mute_rules.by_alarm`), as they were last read."""
        self._native = dict(by_alarm)
        return self._listed()

    def use_library(self, library: Library) -> None:
        """Lead by another library from the next look on."""
        self._guide = Guide.of(library, self._platform)

    def restore(self, entries: Iterable[Entry]) -> None:
        """Take up what an earlier run was told, from the journal, oldest entry first; before the first look."""
        self._restored_at = self._clock.now()
        self._past = remembered(entries, self._restored_at)
        self._notes = dict(self._past.notes)
        self._incidents |= set(self._past.acknowledged)
        self._ledger = replace(self._ledger, mutes={**self._past.mutes, **self._ledger.mutes})

    async def keep(self) -> None:
        """Write into the journal what happened by itself: recoveries, acknowledgements that ended."""
        while self._due and self._journal is not None:
            with suppress(JournalDelayed):
                await self._journal.write(self._due[0])
            self._due.pop(0)

    def _listed(self) -> tuple[Alert, ...]:
        now = self._clock.now()
        self.alerts = in_order(grouped(lifecycle.alerts_in(self._ledger, now, self._native)))
        return self.alerts

    def _is_open(self, key: str) -> bool:
        course = self._ledger.courses.get(key)
        return course is not None and course.resolved_at is None

    def _resumed(self, ledger: Ledger) -> Ledger:
        """An alert that still fires as it did when it was acknowledged in an earlier run, is acknowledged."""
        for key, taken in self._past.acknowledged.items():
            course = ledger.courses.get(key)
            if course is None or course.resolved_at is not None:
                continue
            self._past = self._past.without(key)
            if course.began_at <= taken.at or self._just_restored(course.began_at):
                ledger = lifecycle.acknowledge(ledger, key, taken)
        return ledger

    def _just_restored(self, began_at: datetime) -> bool:
        """Whether a beginning is only our own first sight after a restart: the rules need some readings to see."""
        return self._restored_at is not None and timedelta() <= began_at - self._restored_at <= _SETTLING

    def _tell_journal(self, before: Ledger, now: datetime) -> None:
        if self._journal is None:
            return
        for key, course in self._ledger.courses.items():
            old = before.courses.get(key)
            if old is None or old.resolved_at is not None:
                continue
            if course.resolved_at is not None and (key in self._incidents or old.acknowledged):
                self._incidents.discard(key)
                self._due.append(Entry(Kind.RESOLVE, now, "console", key, text="nobody sees it any more"))
            elif course.resolved_at is None and old.acknowledged and not course.acknowledged:
                self._due.append(Entry(Kind.RELEASE, now, "console", key, text="it got worse"))

    async def _write(self, kind: Kind, key: str, owner: str, text: str, **data: str) -> None:
        """What a person did is shown as done once it is kept, and not before."""
        self._incidents.add(key)
        if self._journal is None:
            return
        course = self._ledger.courses.get(key)
        entry = Entry(
            kind,
            self._clock.now(),
            plain(owner, 128),
            key,
            runbook=course.sighting.alert.runbook if course else None,
            section=course.sighting.alert.section if course else None,
            text=plain(text, NOTE_LIMIT),
            data=data,
        )
        with suppress(JournalDelayed):  # it waits in memory, and the journal says so by itself
            await self._journal.write(entry)


def loud(before: Iterable[Alert], after: Iterable[Alert]) -> tuple[Alert, ...]:
    """What is to be announced: alerts that fire now and did not at the last look, or got worse since."""
    old = {alert.key: alert for alert in before}
    return tuple(
        alert
        for alert in after
        if alert.state is Lifecycle.FIRING
        and (
            alert.key not in old
            or old[alert.key].state in (Lifecycle.RESOLVED, Lifecycle.MUTED)
            or (alert.worsened and not old[alert.key].worsened)
        )
    )


def _seen_alarms(board: Board, monotonic: float) -> dict[str, Alarm]:
    """The alarms by name, if what is known of them is today's truth."""
    if not board.alarms.state_at(monotonic).trusted:
        return {}
    return {alarm.name: alarm for alarm in board.alarms.items}
