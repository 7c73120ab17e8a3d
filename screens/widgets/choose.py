"""One of several: a modal list with a heading. The default is to choose nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from screens.widgets.line import Line
from screens.widgets.live_list import LiveList


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen."""

    key: str
    line: Line
    refused: str = ""
    """Why it cannot be chosen now; empty if it can."""


class ChoiceList(LiveList[Choice]):
    """The choices, a line each."""

    def __init__(self) -> None:
        super().__init__(id="choices")

    def key_of(self, item: Choice) -> str:
        return item.key

    def draw(self, item: Choice, width: int) -> Sequence[Line]:
        del width
        return (item.line,)

    def draw_empty(self, width: int) -> Sequence[Line]:
        del width
        return (Line.of(("nothing to choose from", "dim")),)


class ChooseScreen(ModalScreen[str | None]):
    """Returns the key of what was chosen, or None if the operator went back."""

    CSS_PATH = "choose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "choose_none", show=False),
        Binding("enter", "choose", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "move(10)", show=False),
        Binding("pageup,ctrl+u", "move(-10)", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        yield ChoiceList()

    def on_mount(self) -> None:
        found = self.query_one(ChoiceList)
        found.border_title = Content(self._title)
        found.border_subtitle = Content("enter takes it · esc takes none")
        found.styles.height = min(20, max(1, len(self._choices))) + 2
        found.show(self._choices)
        possible = next((one.key for one in self._choices if not one.refused), None)
        if possible is not None:
            found.select(possible)
        found.focus()

    def action_move(self, steps: int) -> None:
        self.query_one(ChoiceList).move(steps)

    def action_choose(self) -> None:
        current = self.query_one(ChoiceList).current
        if current is not None and current.refused:
            self.notify(current.refused, severity="warning", markup=False, timeout=5)
            return
        self.dismiss(current.key if current else None)

    def action_choose_none(self) -> None:
        self.dismiss(None)
