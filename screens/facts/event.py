"""One event of a history: a line in the list, every field below it."""

from __future__ import annotations

from screens.facts.facts import Section, pair
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import UNKNOWN, day_stamp, stamp
from tradai_console.models.workflow import Event

_BAD = ("Failed", "TimedOut", "Aborted")


def event_line(event: Event, *, local: bool) -> Line:
    """Number, time, type, state, what it says."""
    bad = event.type.endswith(_BAD)
    at = UNKNOWN if event.at is None else f"{stamp(event.at, local=local)}.{event.at.microsecond // 1000:03}"
    return Line.of(
        (f"{event.id:>6} ", "dim"),
        (f"{at} ", "dim"),
        (f"{event.type:<27} ", "bad" if bad else "info" if event.known else "warn"),
        (f"{event.state or ''}  ", "strong"),
        (event.line, "bad" if bad else "plain"),
    )


def event_sections(event: Event, moment: Moment) -> tuple[Section, ...]:
    """Every field of the event, nothing left out."""
    lines = [
        pair(
            "type", Line.of((event.type, "strong"), ("" if event.known else "  new to this console", "warn"))
        ),
        pair("at", day_stamp(event.at, local=moment.local)),
        pair("follows", str(event.previous_id)),
        pair("state", event.state or "the execution's own"),
    ]
    details = Section("Details", tuple(pair(name, value) for name, value in event.details))
    return (Section("Event", tuple(lines)), *((details,) if details.lines else ()))


def event_text(event: Event) -> str:
    """The event as lines for the clipboard."""
    head = (
        f"{event.id} {event.at.isoformat() if event.at else UNKNOWN} {event.type} follows {event.previous_id}"
    )
    return "\n".join([head, *(f"{name}: {value}" for name, value in event.details)])
