"""Questions: a modal with a heading, what is at stake, and one field. The default is to do nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Paste
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from screens.facts.facts import Section
from screens.widgets.facts_view import FactsView
from screens.widgets.line import Line
from screens.widgets.question import Question


class TypedInput(Input):
    """A field that takes no pasted text: a name that confirms must be typed."""

    def _on_paste(self, event: Paste) -> None:
        event.prevent_default()
        event.stop()

    def action_paste(self) -> None:
        return


class AskScreen(ModalScreen[str | None]):
    """Asks one question. Returns the answer, or None if the operator went back."""

    CSS_PATH = "ask.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        """What is asked."""
        self._given_back = False

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield FactsView()
            kind = TypedInput if self.question.must_be is not None else Input
            yield kind(self.question.given, id="answer", password=self.question.secret, compact=True)

    def on_mount(self) -> None:
        question = self.question
        facts = self.query_one(FactsView)
        hint = (
            f"type {question.must_be} and press enter; esc does nothing"
            if question.must_be
            else "enter; esc goes back"
        )
        facts.show((*question.sections, Section(question.label, (Line.of((hint, "dim")),))))
        box = self.query_one("#ask", Vertical)
        box.border_title = Content(question.title)
        self.query_one("#answer", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self._given_back:  # enter was hit twice
            return
        answer = event.value.strip()
        question = self.question
        if question.must_be is not None and answer != question.must_be:
            self._refuse(f"That is not {question.must_be}: nothing was done.")
        elif not answer and not question.may_be_empty:
            self._refuse("Something must stand there; esc goes back.")
        else:
            self._given_back = True
            self.dismiss(answer)

    def _refuse(self, why: str) -> None:
        self.notify(why, severity="warning", markup=False, timeout=4)

    def action_back(self) -> None:
        if not self._given_back:
            self._given_back = True
            self.dismiss(None)


def ask(screen: Screen[Any], question: Question, then: Callable[[str], object]) -> None:
    """Ask the operator; `then` gets the answer, and is not called if the operator goes back."""

    def answered(answer: str | None) -> None:
        if answer is not None:
            then(answer)

    screen.app.push_screen(AskScreen(question), answered)


def say(screen: Screen[Any], text: str) -> None:
    """A word at the edge of the screen, for three seconds."""
    screen.notify(text, markup=False, timeout=3)
