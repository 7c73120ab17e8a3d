"""What a journal is, whoever keeps it: entries that are only ever added, and what is read from them.

An entry is made by the console with an id of its own, so that writing it twice leaves it once; the journal
gives it its number. What changes AWS leaves an intent before and a result after; an intent without a result is
found at the next start and told as interrupted.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from tradai_console.errors import JournalError


class Kind(StrEnum):
    """What an entry says happened."""

    OPEN = "open"
    """An incident began: its alert was opened or acknowledged for the first time."""
    RESOLVE = "resolve"
    ACKNOWLEDGE = "acknowledge"
    RELEASE = "release"
    """An acknowledgement was taken back, or ended because it got worse."""
    MUTE = "mute"
    UNMUTE = "unmute"
    ESCALATE = "escalate"
    HANDOVER = "handover"
    NOTE = "note"
    PLACE = "place"
    """The walk stands at this step."""
    VARIABLE = "variable"
    """A variable was filled in: `data` has `name` and `value`."""
    TICK = "tick"
    """A box of the step was ticked: `data["tick"]` is its index from 0."""
    UNTICK = "untick"
    DONE = "done"
    """The step is done, by hand or because its condition held."""
    SKIP = "skip"
    """The step was left out; the text says why."""
    OUTPUT = "output"
    """What a command or a probe said."""
    INTENT = "intent"
    """A change is about to be made."""
    RESULT = "result"
    """How it ended: `data["intent"]` is the intent's id."""
    INTERRUPTED = "interrupted"
    """Nobody knows how it ended: the console that began it is gone."""
    TRUST = "trust"
    """Somebody trusts a runbook's commands."""
    DRILL = "drill"
    """A drill ended: the text is its name, `data` its card."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened."""

    kind: Kind
    at: datetime
    """UTC."""
    operator: str
    incident: str | None = None
    """Key of the alert it belongs to; None: to the shift."""
    runbook: str | None = None
    section: str | None = None
    """Anchor of the section."""
    step: str | None = None
    """Anchor of the step."""
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """JSON values only. Secrets are taken out before it is kept."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Made by who writes it: the same id is the same entry."""
    number: int = 0
    """Given by the journal, from 1, without gaps. 0: not kept yet."""


@dataclass(frozen=True)
class Incident:
    """One incident as a list shows it."""

    key: str
    first_at: datetime
    last_at: datetime
    entries: int
    title: str
    """The text of its `open` entry, else of its first one."""
    resolved: bool
    runbook: str | None
    section: str | None


@dataclass(frozen=True)
class Place:
    """A step of a runbook."""

    runbook: str
    section: str
    step: str


@dataclass(frozen=True)
class Progress:
    """How far an incident's walk is: all that is needed to go on with it."""

    at: Place | None = None
    """Where it stands; None: nobody has begun."""
    ticks: frozenset[tuple[Place, int]] = frozenset()
    done: frozenset[Place] = frozenset()
    skipped: Mapping[Place, str] = field(default_factory=dict, hash=False)
    """With the reason."""
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What was filled in by hand."""
    outputs: Mapping[Place, tuple[Entry, ...]] = field(default_factory=dict, hash=False)
    notes: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Damage:
    """A place where the chain of entries does not hold."""

    number: int
    message: str


class JournalDelayed(JournalError):
    """The entry waits in memory and is written as soon as the journal can be: it is not safe yet."""


class Journal(Protocol):
    """Where entries are kept."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot be written at the moment, in one sentence; None: it can."""

    @property
    def reports(self) -> tuple[str, ...]:
        """What the start found and did: a file moved aside, changes that were interrupted."""

    @property
    def waiting(self) -> int:
        """Entries that wait in memory."""

    async def write(self, entry: Entry, *, spool: bool = True) -> Entry:
        """Keep it; returns it with its number once it is on disk, and not before.

        Raises JournalDelayed where it waits in memory instead. With `spool=False` it is not kept waiting: then
        JournalError means that nothing was and nothing will be written. An intent is written so.
        """

    async def entries(self, incident: str) -> tuple[Entry, ...]:
        """Every entry of an incident, oldest first, those in memory included (number 0)."""

    async def recent(self, *, since: datetime | None = None, most: int = 1_000) -> tuple[Entry, ...]:
        """The newest entries of all incidents, oldest first."""

    async def incidents(self) -> tuple[Incident, ...]:
        """Every incident, the one with the newest entry first."""

    async def resume(self, incident: str) -> Progress:
        """Where the incident's walk stands."""

    async def verify(self) -> tuple[Damage, ...]:
        """Where entries were changed or taken out; none where all are as they were written."""
