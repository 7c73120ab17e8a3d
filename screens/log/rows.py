"""A row of a log as lines on the screen. `drawn` knows every kind of row; nothing else has to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from screens.log.needle import NOTHING, Needle
from screens.log.ring import Row
from screens.widgets.line import Line, Span, folded, without_beginning
from screens.widgets.words import exact_span
from tradai_console.models.log import LogLine, LogNote, moment
from tradai_console.models.trail import SILENT_MS

CLOSE: Final = 54
"""Below this width loggers are left out."""

NARROW: Final = 76
"""Below this width times have no milliseconds."""

WIDE: Final = 150
"""From this width on loggers stand there with their whole names."""

ROOMY: Final = 112
"""From this width on services stand there with their names."""

NAME: Final = 16
"""Cells of a service's name."""

MOST_FOLDS: Final = 400
"""Lines of one row at the most, wrapped; a giant line has its end cut off before."""

HUES: Final = 8
"""Colours of services: `hue0` to `hue7`."""

_SHORT: Final = {"WARNING": "WARN", "CRITICAL": "CRIT"}
_INK: Final = {"ERROR": "bad", "CRITICAL": "bad", "WARNING": "warn", "DEBUG": "dim"}
_LEVEL_INK: Final = {**_INK, "INFO": "dim"}
_NOTE: Final = {
    "gap": ("✂ gap", "bad"),
    "sampled": ("≈ sampled", "warn"),
    "reconnect": ("↻ reconnect", "good"),
}
_PIECE: Final = {"execution": "exec", "state": "row", "task": "task"}


@dataclass(frozen=True)
class Look:
    """How rows are drawn at present."""

    width: int = 80
    local: bool = False
    today: date | None = None
    """Rows of other days carry their date; None: all do."""
    dated: bool = False
    """Whether rows have a place for a date."""
    letters: Mapping[str, str] = field(default_factory=dict)
    """Each service's letter."""
    hues: Mapping[str, str] = field(default_factory=dict)
    """Each service's colour, as a style's name."""
    search: Needle = NOTHING
    lit: Needle = NOTHING
    wrap: bool = False
    story: bool = False
    """Whether silences between two rows are shown: this is the story of an id."""
    first_error: str = ""
    """The id of the row with which the trouble began."""
    offset: int = 0
    """Cells of the messages that are out of sight to the left."""


def drawn(
    row: Row, look: Look, parts: Sequence[LogLine] = (), *, opened: bool = False, marked: bool = False
) -> list[Line]:
    """The row's lines, at least one: itself, and its traceback, folded to one line unless it is opened."""
    match row:
        case LogNote():
            return _note(row, look)
        case LogLine():
            head, said = _head(row, look, marked=marked), _said(row, look)
        case _:  # a piece of a story: what AWS tells, and no line of a log
            sign = _PIECE.get(getattr(row, "kind", ""), "told")
            head, said = _head(row, look, marked=marked, sign=sign), _told(row, look)
    lines = _under(head, said, look)
    indent = Line.of(" " * head.width)
    if parts and opened:
        for part in parts:
            ink = "warn" if part.level == "WARNING" else "bad"
            lines += _under(indent, Line.of(("│ ", "dim"), _lit(part.text, ink, look)), look)
    elif parts:
        count = f"▸ +{len(parts)} line{'s' if len(parts) != 1 else ''}  "
        lines.append(Line.of(indent, (count, "key"), _lit(_gist(parts), "bad", look)))
    return lines


def _gist(parts: Sequence[LogLine]) -> str:
    """What a folded traceback comes to: its last line that is not set in, which names what was raised."""
    return next((part.text for part in reversed(parts) if not part.text.startswith(" ")), "")


def silence(row: Row, following: Row, look: Look) -> Line | None:
    """What stands between two pieces of a story where it was silent for long."""
    gap_s = (following.time_ms - row.time_ms) / 1000
    if (
        not look.story
        or gap_s * 1000 <= SILENT_MS
        or isinstance(row, LogNote)
        or isinstance(following, LogNote)
    ):
        return None
    return Line.of(("     ⋮ ", "dim"), (f"{exact_span(gap_s)} later", "warn"))


def letters_of(services: Sequence[str]) -> dict[str, str]:
    """A letter for each service, its own first one where that is free: told apart without colour."""
    found: dict[str, str] = {}
    for service in services:
        own = [sign for sign in service.upper() if sign.isascii() and sign.isalnum()]
        free = [
            sign for sign in (*own, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") if sign not in found.values()
        ]
        found[service] = free[0] if free else "?"
    return found


def shown_time(ms: int, look: Look) -> str:
    """The row's time of day, with its date where rows have a place for that."""
    when = shown_moment(ms, local=look.local)
    text = f"{when:%H:%M:%S}" if look.width < NARROW else f"{when:%H:%M:%S}.{ms % 1000:03}"
    if not look.dated:
        return text
    return f"{when:%m-%d} {text}" if when.date() != look.today else f"      {text}"


def shown_moment(ms: int, *, local: bool) -> datetime:
    """The moment in the zone that is shown. What is beyond the calendar stays in UTC."""
    when = moment(ms)
    if not local:
        return when
    try:
        return when.astimezone()
    except (OverflowError, ValueError):
        return when


def _head(row: Row, look: Look, *, marked: bool, sign: str = "") -> Line:
    """The columns before the message: mark, service, time, level."""
    service = row.service
    hue = look.hues.get(service, "dim")
    level = _SHORT.get(row.level or "", row.level or "")
    name = Line.of((service, hue)).fit(NAME) if look.width >= ROOMY else Line()
    return Line.of(
        ("✗", "bad") if row.event_id == look.first_error else ("◆" if marked else " ", "accent"),
        (look.letters.get(service, " "), hue),
        " ",
        (shown_time(row.time_ms, look), "dim"),
        " ",
        name,
        " " if name.spans else "",
        (f"{sign or level:<5}", _LEVEL_INK.get(row.level or "", "accent")),
        " ",
    )


def _said(row: LogLine, look: Look) -> Line:
    ink = _INK.get(row.level or "", "plain")
    logger = row.logger or ""
    if look.width < CLOSE:
        logger = ""
    elif look.width < WIDE:
        logger = logger.rpartition(".")[2]
    if row.part_of is not None:  # its head is out of sight
        return Line.of(("│ ", "dim"), _lit(row.text, ink, look))
    late = Line.of((" late", "accent")) if row.late else Line()
    return Line.of(_lit(logger, "dim", look), "  " if logger else "", _lit(row.message, ink, look), late)


def _told(row: Row, look: Look) -> Line:
    """A piece of a story that is no line of a log."""
    return _lit(row.text, _INK.get(row.level or "", "strong"), look)


def _note(note: LogNote, look: Look) -> list[Line]:
    sign, ink = _NOTE.get(note.kind, ("! reading", "warn"))
    lead = Line.of(("── ", "dim"), (shown_time(note.time_ms, look), "dim"), " ", (sign, ink), "  ")
    room = max(10, look.width - lead.width)
    first, *more = folded(Line.of((note.words, ink)), room)
    indent = Line.of(" " * lead.width)
    return [Line.of(lead, first), *(Line.of(indent, line) for line in more)]


def _under(head: Line, said: Line, look: Look) -> list[Line]:
    """The message beside its columns, on one line or wrapped under itself."""
    room = max(10, look.width - head.width)
    if not look.wrap:
        return [Line.of(head, without_beginning(said, look.offset) if look.offset else said)]
    first, *more = folded(said, room)[:MOST_FOLDS]
    indent = Line.of(" " * head.width)
    return [Line.of(head, first), *(Line.of(indent, line) for line in more)]


def _lit(text: str, ink: str, look: Look) -> Line:
    """The text with what is looked for in it made visible."""
    hits = [(*span, "hit") for span in look.search.spans(text)]
    hits += [(*span, "lit") for span in look.lit.spans(text)]
    if not hits:
        return Line.of((text, ink))
    spans: list[Span] = []
    at = 0
    for begin, end, style in sorted(hits):
        if begin < at:
            continue
        spans += [Span(text[at:begin], ink), Span(text[begin:end], style)]
        at = end
    spans.append(Span(text[at:], ink))
    return Line(tuple(span for span in spans if span.text))
