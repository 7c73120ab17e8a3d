"""One line of a log, safe to draw; and what a tail has to say between the lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

MOST_IDS: Final = 16
"""Ids that are taken from one line."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_UUID: Final = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_ID: Final = re.compile(
    r"(?P<arn>arn:aws[\w-]*:(?:states|ecs):[\w-]*:\d*:(?:execution|express|mapRun|task)[:/][\w:/.-]*[\w])"
    rf"|(?<![\w-])(?P<uuid>{_UUID})(?![\w-])"
    r"|(?<![\w-])(?P<job>(?:bt|job|rt|ho|train|backtest)-[\w-]*\d[\w-]*)"
    r"|(?<![\w-])(?P<task>[0-9a-f]{32})(?![\w-])"
    r"|(?P<xray>1-[0-9a-f]{8}-[0-9a-f]{24})"
    r"|(?:correlation[_-]?id|request[_-]?id|trace[_-]?id|job[_-]?id|run[_-]?id|execution(?:_name|_id)?)"
    r"[\"']?\s?[=:]\s?[\"']?(?P<named>[A-Za-z0-9][\w.:/@+-]{1,126}\w)",
    re.IGNORECASE,
)
_HINTS: Final = re.compile(r"-|id\b|[0-9a-f]{32}", re.IGNORECASE)

NoteKind = Literal["gap", "sampled", "reconnect", "state"]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log event (`logs:FilterLogEvents`, `logs:StartLiveTail`), read as far as its format is known."""

    event_id: str
    """CloudWatch's id of the event; `live:...` for one that Live Tail brought, which gives none."""
    time_ms: int
    """When the event happened, by its writer: milliseconds since 1970."""
    ingested_ms: int | None
    """When CloudWatch took it in; None if it did not say."""
    group: str
    stream: str
    service: str
    """Who wrote it: by the stream's prefix, or the function's name."""
    level: str | None
    """DEBUG, INFO, WARNING, ERROR or CRITICAL; None where the line has none. A part of a traceback has its line's."""
    logger: str | None
    message: str
    """What it says, without the parts that have a field of their own."""
    text: str
    """The whole line, made safe; a giant one is cut and ends in `+N bytes`."""
    late: bool = False
    """It came after newer lines of its group had been delivered."""
    part_of: str | None = None
    """The event id of the line that this one continues: a traceback's lines are events of their own."""

    @property
    def time(self) -> datetime:
        """`time_ms` as a moment, UTC."""
        return moment(self.time_ms)

    @property
    def ingested_at(self) -> datetime | None:
        """`ingested_ms` as a moment, UTC."""
        return None if self.ingested_ms is None else moment(self.ingested_ms)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that stand in the line, in their order: see `find_ids`."""
        return find_ids(self.text)

    def __reduce__(self) -> tuple[Any, ...]:
        """As its fields, in their order: half the time of what a dataclass with slots does by itself, and lines come
        over to the interface in tens of thousands."""
        return LogLine, (
            self.event_id, self.time_ms, self.ingested_ms, self.group, self.stream, self.service,
            self.level, self.logger, self.message, self.text, self.late, self.part_of,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogNote:
    """A row of a tail that is no log line: what happened to the reading itself."""

    kind: NoteKind
    """`gap`: lines may be missing here. `sampled`: AWS sent only a part. `reconnect`: the reading goes on and nothing
    is missing. `state`: why a group cannot be read at present."""
    time_ms: int
    """Where it stands among the lines."""
    group: str
    words: str
    """One sentence."""
    until_ms: int | None = None
    """The end of a gap."""

    @property
    def time(self) -> datetime:
        """`time_ms` as a moment, UTC."""
        return moment(self.time_ms)

    @property
    def event_id(self) -> str:
        """What it is known by: the same words about the same moment are said once."""
        return f"{self.kind}:{self.time_ms}:{self.group}:{self.words}"

    @property
    def text(self) -> str:
        """The same as `words`: what a line calls so."""
        return self.words

    @property
    def service(self) -> str:
        """Nobody's."""
        return ""

    @property
    def level(self) -> str | None:
        """It has none."""
        return None

    @property
    def ids(self) -> tuple[str, ...]:
        """It names none."""
        return ()


def moment(ms: int) -> datetime:
    """Milliseconds since 1970 as a moment, UTC. A stamp beyond the calendar is put at its end."""
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if ms > 0 else datetime.min.replace(tzinfo=UTC)


def milliseconds(when: datetime) -> int:
    """A moment as milliseconds since 1970, rounded down."""
    return (when - _EPOCH) // timedelta(milliseconds=1)


def utc(when: datetime | None) -> str | None:
    """ISO 8601 with milliseconds, ending in Z."""
    return None if when is None else when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def find_ids(text: str) -> tuple[str, ...]:
    """The ids in a text, each once: UUIDs, job ids, request and correlation ids, executions, tasks; at most 16.

    An execution's or a task's ARN brings its last part too, by which logs name it.
    """
    if _HINTS.search(text) is None:
        return ()
    found: dict[str, None] = {}
    for match in _ID.finditer(text):
        value = match[match.lastgroup or 0]
        if value.lower() in ("none", "null", "true", "false"):
            continue
        found[value] = None
        if match.lastgroup == "arn":
            found[re.split("[:/]", value)[-1]] = None
        if len(found) >= MOST_IDS:
            break
    return tuple(found)[:MOST_IDS]
