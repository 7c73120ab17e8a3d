"""What the interface follows of the logs: what is asked for, and what comes back, a portion at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tradai_console.models.log import LogLine, LogNote
from tradai_console.models.snapshot import State
from tradai_console.models.trail import Trail, TrailEvent

SINCE_S: Final = 900.0
"""How much of the past is read before a log is followed, where nothing else is asked for."""


PORTION: Final = 500
"""Rows that are handed over in one go: a few milliseconds to unpack."""


@dataclass(frozen=True)
class LogsAbout:
    """Whose log is wanted."""

    kind: str = ""
    """A source of the board (`services`, `workflows`, ...), `alerts`, `service` (by its short name), `group` (by its
    full name), or empty: every group of the environment."""
    key: str = ""
    """Its identity there."""
    name: str = ""
    """What the screen calls it."""
    since_s: float = SINCE_S
    """How far back the reading begins, seconds."""


@dataclass(frozen=True)
class GroupReading:
    """How the reading of one followed group goes."""

    group: str
    state: State
    error: str | None = None
    """Why it cannot be read at present."""
    live: bool = False
    """Whether Live Tail brings its lines."""


@dataclass(frozen=True)
class LogPortion:
    """The next rows of an open log. The reading side keeps it until the one after it is asked for."""

    number: int
    """Counts from 1: naming it when the next is asked for says that it has arrived."""
    rows: tuple[LogLine | LogNote | TrailEvent, ...]
    passed_over: int
    """Lines so far that were let go because nobody took them in time: the oldest that waited."""
    groups: tuple[GroupReading, ...]
    places: str | None = None
    """Where else the lines of this environment are, and how to reach them; None: nowhere else that is known."""
    trail: Trail | None = None
    """Of a trail: how far it is; None: this is no trail."""
