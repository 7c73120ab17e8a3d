"""A row of the tail as one line of text: for a program (JSON) or for a person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tradai_console.models.log import LogLine, LogNote, moment, utc

_RESET: Final = "\x1b[0m"
_DIM: Final = "\x1b[2m"
_LEVELS: Final = {
    "DEBUG": "\x1b[2m",
    "WARNING": "\x1b[33m",
    "ERROR": "\x1b[31m",
    "CRITICAL": "\x1b[1;31m",
}
_SERVICES: Final = tuple(f"\x1b[{number}m" for number in (36, 35, 34, 32, 96, 95, 94, 92))
_WIDTH: Final = 18
_LOGGER_WIDTH: Final = 40


@dataclass(frozen=True)
class Look:
    """How rows are written for a person."""

    colour: bool = False
    local_time: bool = False


def as_json_line(row: LogLine | LogNote) -> str:
    """One object. A line has the same keys always, and `part_of` where it continues another; what is no line has `kind`."""
    return json.dumps(_note(row) if isinstance(row, LogNote) else line_fields(row), ensure_ascii=False)


def line_fields(line: LogLine) -> dict[str, Any]:
    """The line as `tail --json` gives it."""
    fields: dict[str, Any] = {
        "time": utc(line.time),
        "ingested_at": utc(line.ingested_at),
        "group": line.group,
        "stream": line.stream,
        "service": line.service,
        "level": line.level,
        "logger": line.logger,
        "message": line.message,
        "event_id": line.event_id,
        "ids": list(line.ids),
        "late": line.late,
    }
    return fields if line.part_of is None else fields | {"part_of": line.part_of}


def as_text_line(row: LogLine | LogNote, look: Look) -> str:
    """Time, service, level and message in columns; parts of a traceback are set in under their line."""
    if isinstance(row, LogNote):
        return painted(f"--- {row.kind}: {row.words}", _DIM, look)
    second = f"{row.time.astimezone():%Y-%m-%d %H:%M:%S}" if look.local_time else _second(row.time_ms // 1000)
    clock = f"{second}.{row.time_ms % 1000:03d}{'' if look.local_time else 'Z'}"
    service = _service(row.service, look)
    if row.part_of is not None:
        return f"{clock} {service} {'':<8} {painted('| ' + row.text, _LEVELS.get(row.level or '', ''), look)}"
    level = _level(row.level, look)
    logger = painted(f"{row.logger[-_LOGGER_WIDTH:]} ", _DIM, look) if row.logger else ""
    late = painted(" (late)", _DIM, look) if row.late else ""
    return f"{clock} {service} {level} {logger}{row.message}{late}"


@lru_cache(maxsize=512)
def _service(service: str, look: Look) -> str:
    return painted(f"{service[:_WIDTH]:<{_WIDTH}}", colour_of(service), look)


@lru_cache(maxsize=64)
def _level(level: str | None, look: Look) -> str:
    return painted(f"{level or '':<8}", _LEVELS.get(level or "", ""), look)


@lru_cache(maxsize=512)
def _second(since_1970: int) -> str:
    """Date and time to the second, UTC: a log has many lines of each."""
    return f"{moment(since_1970 * 1000):%Y-%m-%d %H:%M:%S}"


def _note(note: LogNote) -> dict[str, Any]:
    return {
        "kind": note.kind,
        "time": utc(note.time),
        "until": None if note.until_ms is None else utc(LogNote("gap", note.until_ms, "", "").time),
        "group": note.group or None,
        "message": note.words,
    }


def colour_of(service: str) -> str:
    """The service's colour, the same in every command."""
    return _SERVICES[sum(service.encode("utf-8", "surrogatepass")) % len(_SERVICES)]


def colour_of_level(level: str | None) -> str:
    """The colour of what is wrong; empty for what is not."""
    return _LEVELS.get(level or "", "")


def painted(text: str, colour: str, look: Look) -> str:
    """The text in this colour, where colour is wanted."""
    return f"{colour}{text}{_RESET}" if look.colour and colour else text
