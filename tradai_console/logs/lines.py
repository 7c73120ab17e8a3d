"""A log event read into a `LogLine`: the formats of the platform, of Lambda, and of what runs beside them.

The text is made safe first and parsed then, so that no part of a line can be less safe than the whole. A format
that is not known stays whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tradai_console.logs.event import Event
from tradai_console.models.log import LogLine
from tradai_console.text import plain

LIMIT: Final = 16_384
"""Characters of a line that are kept; the rest is counted in its end, `+N bytes`."""

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
"""Least to worst."""

_LARGEST_JSON: Final = 1_048_576
_ALIASES: Final[Mapping[str, str]] = {
    **{level: level for level in LEVELS},
    "TRACE": "DEBUG",
    "VERBOSE": "DEBUG",
    "NOTICE": "INFO",
    "INFORMATION": "INFO",
    "WARN": "WARNING",
    "ERR": "ERROR",
    "EXCEPTION": "CRITICAL",
    "FATAL": "CRITICAL",
    "PANIC": "CRITICAL",
    "ALERT": "CRITICAL",
    "EMERGENCY": "CRITICAL",
}
_STAMP: Final = r"\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?"
_LEVEL: Final = r"(?P<level>[A-Z]{3,11})"
_REST: Final = r"(?P<message>.*)"

# The platform's own: [time][module.Class][LEVEL] - message
_PLATFORM: Final = re.compile(r"\[[^\]]*\]\[([^\]]*)\]\[([A-Z]{3,11})\] - (.*)")
_BRACKETED: Final = (
    # gunicorn's own: [time] [pid] [LEVEL] message
    re.compile(rf"\[{_STAMP}\] \[\d+\] \[{_LEVEL}\] {_REST}"),
    # Lambda's Python runtime: [LEVEL] time request-id message
    re.compile(rf"\[{_LEVEL}\] +{_STAMP} +(?P<request>[0-9a-f-]{{36}}) +{_REST}"),
    # What a Lambda function did not catch: [ERROR] ValueError: ...
    re.compile(rf"\[{_LEVEL}\] {_REST}"),
)
_DATED: Final = (
    # Freqtrade: time - logger - LEVEL - message
    re.compile(rf"{_STAMP} - (?P<logger>[\w.\-]+) - {_LEVEL} - {_REST}"),
    # MLflow: time LEVEL logger: message
    re.compile(rf"{_STAMP} {_LEVEL} (?P<logger>[\w.\-]+): {_REST}"),
    re.compile(rf"{_STAMP} +\[?{_LEVEL}\]?:? +{_REST}"),
    # Lambda: time request-id Task timed out after 60.00 seconds
    re.compile(rf"{_STAMP} (?P<request>[0-9a-f-]{{36}}) (?P<message>Task timed out .*)"),
)
_WORDED: Final = (
    # uvicorn: LEVEL:     message
    re.compile(rf"{_LEVEL}: +{_REST}"),
    re.compile(rf"{_LEVEL} +\[(?P<logger>[\w.\-]+)\] {_REST}"),
)
_ACCESS: Final = re.compile(r'[\d.a-fA-F:]+ - (?:\S+ \[[^\]]+\] )?"[A-Z]+ \S+ HTTP/[\d.]+" \d{3}')
_DIED: Final = re.compile(
    r"Task timed out after|^RequestId: \S+ (?:Error:|Process exited)|Status: (?:timeout|error)|Runtime exited"
)
_LAMBDA: Final = re.compile(r"(?:START|END|REPORT|RequestId:|INIT_START|INIT_REPORT|EXTENSION) ?")
_TEXT_KEYS: Final = ("message", "msg", "event", "log", "errorMessage")
_LEVEL_KEYS: Final = ("level", "levelname", "severity", "log_level", "lvl")
_LOGGER_KEYS: Final = ("logger", "name", "logger_name", "module")
_TIME_KEYS: Final = ("timestamp", "time", "asctime", "ts", "@timestamp")


class _Read(NamedTuple):
    level: str | None
    logger: str | None
    message: str


def read_line(event: Event, service: str, *, late: bool = False) -> LogLine:
    """The event as a line. Never raises: whatever the text is, it comes out whole and safe."""
    raw = event.message
    # Most lines are drawn as they are; that is seen here, without a call.
    text = raw if raw.isascii() and raw.isprintable() and len(raw) <= LIMIT else plain(raw, LIMIT)
    level, logger, message = _read(text, raw)
    return LogLine(
        event.id, event.time_ms, event.ingested_ms, event.group, event.stream, service,
        level, logger, message, text, late,
    )  # fmt: skip


def level_of(word: object) -> str | None:
    """A level's name in our five words; None for what is no level."""
    return _ALIASES.get(str(word).upper()) if word is not None else None


def _read(text: str, raw: str) -> _Read:
    first = text[:1]
    if first == "[":
        # Most lines are of this format: it has a way of its own, at half the cost.
        match = _PLATFORM.match(text)
        level = _ALIASES.get(match[2]) if match is not None else None
        if match is not None and level is not None:
            return _Read(level, match[1] or None, match[3])
        return _by_pattern(text, _BRACKETED)
    if first == "{":
        return _structured(text, raw)
    if first.isdigit():
        return _by_pattern(text, _DATED)
    if first.isupper():
        return _worded(text)
    return _Read(None, None, text)


def _by_pattern(text: str, patterns: tuple[re.Pattern[str], ...]) -> _Read:
    for pattern in patterns:
        match = pattern.match(text)
        if match is None:
            continue
        parts = match.groupdict()
        if "level" not in parts:  # a timeout's line names none, and is an error all the same
            return _Read("ERROR", None, text)
        level = _ALIASES.get(parts["level"])
        if level is None:
            continue
        message = parts["message"]
        if parts.get("request"):
            message = f"{message} request_id={parts['request']}"
        return _Read(level, parts.get("logger") or None, message)
    return _Read(None, "access" if _ACCESS.match(text) else None, text)


def _worded(text: str) -> _Read:
    if _LAMBDA.match(text):
        return _Read("ERROR" if _DIED.search(text) else None, None, text)
    found = _by_pattern(text, _WORDED)
    if found.level is not None and found.logger is None and _ACCESS.match(found.message):
        return found._replace(logger="access")
    return found


def _structured(text: str, raw: str) -> _Read:
    """A JSON line: its message, then the fields that have no place of their own."""
    if len(raw) > _LARGEST_JSON:
        return _Read(None, None, text)
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        return _Read(None, None, text)
    if not isinstance(fields, dict):
        return _Read(None, None, text)
    said = _taken(fields, _TEXT_KEYS)
    if said is None:
        # A record without a message, as CloudTrail's: the whole of it is what it says.
        return _Read(level_of(_peeked(fields, _LEVEL_KEYS)), None, text)
    level, logger = level_of(_taken(fields, _LEVEL_KEYS)), _taken(fields, _LOGGER_KEYS)
    _taken(fields, _TIME_KEYS)
    rest = (f"{name}={_value(value)}" for name, value in fields.items())
    message = plain(" ".join([_value(said), *rest]), LIMIT)
    return _Read(level, plain(logger, 200) or None, message)


def _peeked(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _taken(fields: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The first of these fields that is there, taken out."""
    name = next((name for name in names if fields.get(name) is not None), None)
    return None if name is None else fields.pop(name)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
