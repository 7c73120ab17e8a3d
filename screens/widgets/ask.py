"""Questions: a modal with a heading, what is at stake, and one field. The default is to do nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Paste
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from screens.facts.facts import Section
from screens.widgets.facts_view import FactsView
from screens.widgets.line import Line
from screens.widgets.question import Question

_WIDEST: Final = 100
"""As in the style sheet."""
_BORDER: Final = 6


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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        """What is asked."""
        self._given_back = False

    def compose(self) -> ComposeResult:
        with Vertical(id="ask"):
            yield FactsView()
            yield Static(self._hint(), id="hint", markup=False)
            kind = TypedInput if self.question.must_be is not None else Input
            yield kind(self.question.given, id="answer", password=self.question.secret, compact=True)

    def on_mount(self) -> None:
        question = self.question
        facts = self.query_one(FactsView)
        box = self.query_one("#ask", Vertical)
        box.border_title = Content(question.title)
        sections = (*self._whole_title(), *question.sections)
        facts.show(sections)
        facts.display = bool(sections)
        self.query_one("#answer", Input).focus()

    def _whole_title(self) -> tuple[Section, ...]:
        """The title once more where the border would cut it: its end tells where a change leads."""
        title = self.question.title
        room = min(_WIDEST, self.app.size.width * 9 // 10) - _BORDER
        return (Section("What is done", (Line.of(title),)),) if cell_len(title) > room else ()

    def _hint(self) -> Content:
        """What the field is for and how to answer. Beside the facts, not among them: those scroll, this stands."""
        must_be = self.question.must_be
        how = f"type {must_be} and press enter; esc does nothing" if must_be else "enter; esc goes back"
        return Content.assemble((self.question.label, "bold $primary"), "\n", (how, "$text-muted"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self._given_back or not self.is_active:  # enter was hit twice
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

    def action_page(self, by: int) -> None:
        """The facts scroll while the field has the keys."""
        facts = self.query_one(FactsView)
        facts.scroll_relative(y=by * max(1, facts.size.height - 2), animate=False)

    def _refuse(self, why: str) -> None:
        self.notify(why, severity="warning", markup=False, timeout=4)

    def action_back(self) -> None:
        if not self._given_back and self.is_active:
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
