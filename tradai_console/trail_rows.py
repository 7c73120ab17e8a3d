"""A trail as lines of text: for a program (JSON), or for a person, as a story with its hops and silences."""

from __future__ import annotations

import json
from typing import Any, Final

from tradai_console.models.log import LogLine, LogNote, utc
from tradai_console.models.trail import SILENT_MS, Piece, Summary, TrailEvent, summarise
from tradai_console.probes.wording import counted, span
from tradai_console.tail_rows import Look, colour_of, colour_of_level, line_fields, painted
from tradai_console.trail.story import Row

_BOLD: Final = "\x1b[1m"
_DIM: Final = "\x1b[2m"
_RED: Final = "\x1b[1;31m"
_WIDTH: Final = 20
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def as_json_piece(piece: Piece, *, first_error: bool = False) -> str:
    """One object: the keys of `tail --json`, `kind`, and what belongs to the kind; `first_error` on the one that is."""
    fields = piece_fields(piece) | ({"first_error": True} if first_error else {})
    return json.dumps(fields, ensure_ascii=False)


def piece_fields(piece: Piece) -> dict[str, Any]:
    """The piece as `trail --json` gives it."""
    if isinstance(piece, LogLine):
        return {"kind": "log", **line_fields(piece)}
    fields: dict[str, Any] = {
        "kind": piece.kind,
        "time": utc(piece.time),
        "ingested_at": None,
        "group": None,
        "stream": None,
        "service": piece.service,
        "level": piece.level,
        "logger": None,
        "message": piece.words,
        "event_id": piece.event_id,
        "ids": list(piece.ids),
        "late": False,
        "status": piece.status,
    }
    if piece.kind == "execution":
        return fields | {
            "execution_arn": piece.execution_arn,
            "state_name": piece.state_name,
            "minor": piece.minor,
        }
    if piece.kind == "task":
        return fields | {"task_id": piece.task_id}
    return fields | {"table": piece.table, "row": None if piece.row is None else dict(piece.row)}


def letters(services: tuple[str, ...], known: dict[str, str]) -> dict[str, str]:
    """A letter for each service: of its own name if it is free, else any; those that are known keep theirs."""
    given = dict(known)
    for service in services:
        if service in given:
            continue
        own = [sign.upper() for sign in service if sign.isascii() and sign.isalpha()]
        free = [sign for sign in [*own, *_LETTERS] if sign not in given.values()]
        given[service] = free[0] if free else "*"
    return given


def told(wanted: str, summary: Summary) -> str:
    """The trail in one line: how long, how many services, where it failed."""
    if not summary.pieces:
        return f"{wanted}: nothing was found"
    lasted = summary.lasted_ms / 1000
    took = span(lasted) if lasted >= 10 else f"{lasted:.1f} s"
    words = f"{wanted}: {counted(summary.pieces, 'piece')} of {counted(len(summary.services), 'service')} in {took}"
    if summary.first_error is None:
        return f"{words}, no error"
    first = summary.first_error
    return f"{words}, first error in {first.service} at {first.time:%H:%M:%S}Z: {_said(first)[:160]}"


class StoryText:
    """Writes pieces for a person; remembers what it wrote last, for the hops and silences."""

    def __init__(self, wanted: str, look: Look) -> None:
        self._wanted = wanted
        self._look = look
        self._letters: dict[str, str] = {}
        self._before: Piece | None = None
        self._errors = 0

    def head(self, pieces: list[Piece]) -> list[str]:
        """What stands above a story that is told from its beginning."""
        summary = summarise(pieces)
        self._letters = letters(summary.services, {})
        colour = _RED if summary.first_error is not None else _BOLD
        return [painted(told(self._wanted, summary), colour, self._look)]

    def lines(self, piece: Piece, *, first_error: bool) -> list[str]:
        """The piece, and above it the silence before it, if there was one. Bookkeeping is left out."""
        if isinstance(piece, TrailEvent) and piece.minor:
            return []
        before, self._before = self._before, piece
        self._letters = letters((piece.service,), self._letters)
        written = [*self._day(before, piece), *self._silence(before, piece)]
        hop = ">" if before is not None and before.service != piece.service else " "
        mark = painted("first error ", _RED, self._look) if first_error else ""
        letter = painted(f"{self._letters[piece.service]} ", colour_of(piece.service), self._look)
        name = painted(f"{piece.service[:_WIDTH]:<{_WIDTH}}", colour_of(piece.service), self._look)
        level = painted(f"{_level(piece):<8}", colour_of_level(piece.level), self._look)
        behind = before is not None and piece.time_ms < before.time_ms
        late = painted(" (late)", _DIM, self._look) if behind else ""
        written.append(f"{self._clock(piece)} {hop} {letter}{name} {level} {mark}{self._words(piece)}{late}")
        return written

    def _words(self, piece: Piece) -> str:
        if isinstance(piece, TrailEvent):
            return painted(piece.words, colour_of_level(piece.level) or _BOLD, self._look)
        if piece.part_of is not None:
            return painted(f"| {piece.text}", colour_of_level(piece.level), self._look)
        logger = painted(f"{piece.logger} ", _DIM, self._look) if piece.logger else ""
        return f"{logger}{piece.message}"

    def _clock(self, piece: Piece) -> str:
        moment = piece.time.astimezone() if self._look.local_time else piece.time
        zone = "" if self._look.local_time else "Z"
        return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}{zone}"

    def _day(self, before: Piece | None, piece: Piece) -> list[str]:
        here, there = (self._date(one) for one in (piece, before))
        return [] if here == there else [painted(f"--- {here}", _DIM, self._look)]

    def _date(self, piece: Piece | None) -> str:
        if piece is None:
            return ""
        return f"{(piece.time.astimezone() if self._look.local_time else piece.time):%Y-%m-%d}"

    def _silence(self, before: Piece | None, piece: Piece) -> list[str]:
        if before is None or piece.time_ms - before.time_ms < SILENT_MS:
            return []
        seconds = (piece.time_ms - before.time_ms) / 1000
        return [painted(f"{'':13} . {span(seconds)} of silence", _DIM, self._look)]


def note_line(note: LogNote, *, as_json: bool, look: Look) -> str | None:
    """A row of standard output for a hole in the story; other notes are for standard error alone."""
    from tradai_console.tail_rows import as_json_line, as_text_line

    if note.kind not in ("gap", "sampled"):
        return None
    return as_json_line(note) if as_json else as_text_line(note, look)


def is_piece(row: Row) -> bool:
    """Whether the row is of the story, and no note about its reading."""
    return not isinstance(row, LogNote)


def _level(piece: Piece) -> str:
    """The level; where AWS tells that all is well, whose word it is."""
    return piece.level or ("" if isinstance(piece, LogLine) else piece.kind)


def _said(piece: Piece) -> str:
    return piece.words if isinstance(piece, TrailEvent) else piece.message
