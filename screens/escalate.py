"""Escalating: the ladder with its clock, and the letter, which may be changed before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, TextArea

from screens.facts.facts import Section
from screens.facts.ladder import ladder_line
from screens.widgets.facts_view import FactsView
from screens.widgets.line import Line
from tradai_console.models.alert import Alert
from tradai_console.models.oncall import Letter


class EscalateScreen(ModalScreen[Letter | None]):
    """Returns the letter as it stands when the operator goes on, or None."""

    CSS_PATH = "escalate.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("ctrl+j", "go_on", show=False),
    ]

    def __init__(
        self, alert: Alert, letters: Sequence[Letter], level: str, now: datetime, *, sends: bool
    ) -> None:
        """`sends`: what comes after; otherwise the letter is only copied."""
        super().__init__()
        self._alert = alert
        self._letters = {letter.level: letter for letter in letters}
        self._level = level if level in self._letters else next(iter(self._letters))
        self._now = now
        self._sends = sends
        self._given_back = False

    def compose(self) -> ComposeResult:
        letter = self._letters[self._level]
        with Vertical(id="escalate"):
            yield FactsView()
            yield Input(self._level, id="level", max_length=2, compact=True)
            yield Input(letter.subject, id="subject", compact=True)
            yield TextArea(letter.text, id="text", compact=True, tab_behavior="focus")

    def on_mount(self) -> None:
        does = "enter goes on" if self._sends else "read-only: enter copies it"
        hint = Line.of((f"{does} · tab next field · esc goes back", "dim"))
        self.query_one(FactsView).show((Section("Ladder", (ladder_line(self._alert, self._now), hint)),))
        self.query_one("#escalate", Vertical).border_title = Content(f"Escalate {self._alert.alert}")
        self.query_one("#level", Input).focus()

    @on(Input.Changed, "#level")
    def _another_level(self, event: Input.Changed) -> None:
        """The words for another level, where nobody has changed them."""
        level = event.value.strip().upper()
        if level not in self._letters or level == self._level:
            return
        old, new = self._letters[self._level], self._letters[level]
        subject, text = self.query_one("#subject", Input), self.query_one("#text", TextArea)
        if subject.value == old.subject:
            subject.value = new.subject
        if text.text == old.text:
            text.text = new.text
        self._level = level

    @on(Input.Submitted)
    def action_go_on(self) -> None:
        if self._given_back or not self.is_active:  # enter was hit twice
            return
        level = self.query_one("#level", Input).value.strip().upper()
        if level not in self._letters:
            self.notify(f"A level is one of {', '.join(self._letters)}.", severity="warning", markup=False)
            return
        subject = self.query_one("#subject", Input).value.strip()
        text = self.query_one("#text", TextArea).text.strip()
        if not subject or not text:
            self.notify(
                "Subject and text must say something; esc goes back.", severity="warning", markup=False
            )
            return
        self._given_back = True
        self.dismiss(replace(self._letters[level], subject=subject, text=text))

    def action_back(self) -> None:
        if not self._given_back and self.is_active:
            self._given_back = True
            self.dismiss(None)
