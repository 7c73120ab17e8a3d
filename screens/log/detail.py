"""Everything about one line of a log: its fields, its traceback, and the ids in it, each one key from its story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from screens.facts.facts import Section, pair
from screens.log.ring import Row
from screens.log.rows import shown_moment
from screens.widgets.facts_view import FactsView
from screens.widgets.line import Line
from tradai_console.models.log import LogLine

MOST_IDS = 9
"""Ids that have a digit."""

_SEEN = ("event_id", "time_ms", "kind", "service", "words", "level", "minor")


class LineScreen(ModalScreen[str | None]):
    """One row, whole. Returns the id whose story is wanted, or None."""

    CSS_PATH = "detail.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,d", "leave", show=False),
        Binding("x", "trail(1)", show=False),
        *(Binding(str(n), f"trail({n})", show=False) for n in range(1, MOST_IDS + 1)),
        Binding("y", "copy", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown,ctrl+d", "scroll(10)", show=False),
        Binding("pageup,ctrl+u", "scroll(-10)", show=False),
    ]

    def __init__(self, row: Row, parts: Sequence[LogLine], *, local: bool) -> None:
        super().__init__()
        self._row = row
        self._parts = parts
        self._local = local

    def compose(self) -> ComposeResult:
        yield FactsView()

    def on_mount(self) -> None:
        facts = self.query_one(FactsView)
        facts.border_title = Content("One line")
        trail = "1-9 the story of an id · " if self._row.ids else ""
        facts.border_subtitle = Content(f"{trail}y copies · esc goes back")
        facts.show(sections_of(self._row, self._parts, local=self._local))
        facts.focus()
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """As high as what it says."""
        facts = self.query_one(FactsView)
        facts.styles.height = facts.virtual_size.height + 2

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_trail(self, digit: int) -> None:
        ids = self._row.ids[:MOST_IDS]
        if digit <= len(ids):
            self.dismiss(ids[digit - 1])

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._row.text[:8_192])
        self.notify("Sent to the terminal's clipboard.", markup=False, timeout=3)

    def action_scroll(self, lines: int) -> None:
        self.query_one(FactsView).scroll_relative(y=lines, animate=False)


def sections_of(row: Row, parts: Sequence[LogLine], *, local: bool) -> tuple[Section, ...]:
    """What is known about the row."""
    found = [Section("It says", (Line.of(row.text),))]
    if parts:
        found.append(
            Section(f"Its traceback, {len(parts)} lines", tuple(Line.of(part.text) for part in parts))
        )
    if row.ids:
        lines = (Line.of((f"{n} ", "key"), one) for n, one in enumerate(row.ids[:MOST_IDS], start=1))
        found.append(Section("Ids in it: the digit tells the story", tuple(lines)))
    found.append(Section("Where it comes from", tuple(_facts(row, local=local))))
    return tuple(found)


def _facts(row: Row, *, local: bool) -> list[Line]:
    facts = [pair("time", _moment(row.time_ms, local=local)), pair("service", row.service or "?")]
    facts.append(pair("level", row.level or "it names none"))
    if not isinstance(row, LogLine):
        names = [name for name in getattr(row, "__slots__", ()) if name not in _SEEN]
        given = ((name, getattr(row, name)) for name in names)
        return [*facts, *(pair(name, str(value)) for name, value in given if value not in (None, "", ()))]
    if row.ingested_ms is not None:
        late = (
            f"  {(row.ingested_ms - row.time_ms) / 1000:.1f} s later" if row.ingested_ms > row.time_ms else ""
        )
        facts.append(pair("taken in", Line.of(_moment(row.ingested_ms, local=local), (late, "dim"))))
    facts += [
        pair("logger", row.logger or "it names none"),
        pair("group", row.group),
        pair("stream", row.stream),
        pair("event", row.event_id),
    ]
    if row.late:
        facts.append(pair("late", "it came after newer lines of its group had been shown"))
    if row.part_of:
        facts.append(pair("part of", row.part_of))
    return facts


def _moment(ms: int, *, local: bool) -> str:
    when = shown_moment(ms, local=local)
    return f"{when:%Y-%m-%d %H:%M:%S}.{ms % 1000:03} {when:%Z}".strip()
