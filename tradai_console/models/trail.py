"""The story of an id: the pieces of it that are no log lines, and what all of its pieces tell together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from tradai_console.models.log import LogLine, find_ids, moment

PieceKind = Literal["execution", "state", "task"]

SILENT_MS: Final = 5_000
"""A silence that is longer than this is shown between two pieces."""

_KINDS: Final = ("state", "execution", "task")
_ERRORS: Final = frozenset({"ERROR", "CRITICAL"})


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """Something that happened to what an id names, told by AWS and not by a log line. Its texts are safe to draw."""

    kind: PieceKind
    """`execution`: an event of a Step Functions history. `state`: what a table's row says. `task`: of an ECS task."""
    event_id: str
    """What it is known by: no other piece of the trail has it."""
    time_ms: int
    """When it happened: milliseconds since 1970."""
    service: str
    """Who it happened to: the machine's or the table's short name, the task's container."""
    words: str
    """What happened, on one line."""
    level: str | None = None
    """ERROR where something failed, WARNING where it went on all the same; else None."""
    minor: bool = False
    """Bookkeeping between two states: a program wants it, a person does not."""
    execution_arn: str | None = None
    state_name: str | None = None
    """The state of the machine that the event happened in."""
    status: str | None = None
    """Of the execution, the row or the task from this moment on, as AWS or the row spells it."""
    task_id: str | None = None
    table: str | None = None
    row: Mapping[str, Any] | None = field(default=None, hash=False)
    """The row as it was read; numbers are texts."""

    @property
    def time(self) -> datetime:
        """`time_ms` as a moment, UTC."""
        return moment(self.time_ms)

    @property
    def text(self) -> str:
        """The same as `words`: what a line of a log calls so."""
        return self.words

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that the piece names."""
        named = [one for one in (self.execution_arn, self.task_id) if one]
        return tuple(dict.fromkeys([*find_ids(self.words), *named]))


Piece: TypeAlias = LogLine | TrailEvent
"""A row of a trail, besides the notes."""


@dataclass(frozen=True)
class Hop:
    """From one service to the next."""

    source: str
    target: str
    time_ms: int
    """When the next one was first heard."""
    gap_ms: int
    """How long before that anybody was last heard."""


@dataclass(frozen=True)
class Summary:
    """What a trail tells as a whole."""

    pieces: int = 0
    services: tuple[str, ...] = ()
    """Who is in it, in the order in which they were first heard."""
    began_ms: int | None = None
    ended_ms: int | None = None
    hops: tuple[Hop, ...] = ()
    first_error: Piece | None = None
    """The first piece in which something failed."""
    silence: Hop | None = None
    """The longest silence; its source and target may be the same."""

    @property
    def lasted_ms(self) -> int:
        """From the first piece to the last."""
        return 0 if self.began_ms is None or self.ended_ms is None else self.ended_ms - self.began_ms


def story_order(piece: Piece) -> tuple[int, int, str]:
    """Where it stands: by time. What happened in one millisecond: what AWS tells before what was written about it, each
    by its number, so that the order does not depend on what was read first."""
    if isinstance(piece, LogLine):
        return piece.time_ms, len(_KINDS), piece.event_id
    return piece.time_ms, _KINDS.index(piece.kind), piece.event_id.rpartition("/")[2].rjust(12, "0")


def in_story_order(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces in their one order."""
    return sorted(pieces, key=story_order)


def is_error(piece: Piece) -> bool:
    """Whether something failed here. Of a traceback only its head counts."""
    return piece.level in _ERRORS and not (isinstance(piece, LogLine) and piece.part_of)


def summarise(pieces: Iterable[Piece]) -> Summary:
    """The summary of these pieces, which are in story order; what is minor is no hop."""
    services: dict[str, None] = {}
    hops: list[Hop] = []
    before: Piece | None = None
    first_error: Piece | None = None
    silence: Hop | None = None
    began: int | None = None
    number = 0
    for piece in pieces:
        number += 1
        began = piece.time_ms if began is None else began
        if first_error is None and is_error(piece):
            first_error = piece
        if isinstance(piece, TrailEvent) and piece.minor:
            continue
        services[piece.service] = None
        if before is not None:
            step = Hop(before.service, piece.service, piece.time_ms, piece.time_ms - before.time_ms)
            if step.source != step.target:
                hops.append(step)
            if silence is None or step.gap_ms > silence.gap_ms:
                silence = step
        before = piece
    ended = before.time_ms if before is not None else began
    return Summary(number, tuple(services), began, ended, tuple(hops), first_error, silence)


@dataclass(frozen=True)
class Scan:
    """What a search of everything by Logs Insights would read and cost."""

    groups: int
    stored_bytes: int
    """What these groups hold altogether."""
    bytes: int
    """What of it lies in the window, if it was written evenly."""
    usd: float


@dataclass(frozen=True)
class Trail:
    """A trail that is open, without its pieces, which come in portions."""

    wanted: str
    """The id that was asked for."""
    ids: tuple[str, ...] = ()
    """The ids that are followed, in the order in which they were found; the wanted one first."""
    since: datetime | None = None
    """How far back it was searched."""
    doing: str = ""
    """What it does at present, in words: `reading 3 of 9 groups`. Empty: nothing."""
    whole: bool = False
    """Whether the past is read as far as it could be: what comes now is live."""
    running: bool = False
    """Whether something of it still runs: an execution, a task, a job that is not over."""
    unread: tuple[str, ...] = ()
    """What could not be read or was left out, a sentence each."""
    scan: Scan | None = None
    """What a wide search would cost; None: not known yet, or not to be had."""
