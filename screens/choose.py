"""Choosing one of several things: a list in a modal. Used for open incidents, mutes and runbooks."""

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
    """One line of the list."""

    key: str
    line: Line


class ChoiceList(LiveList[Choice]):
    """The choices, a line each."""

    def key_of(self, item: Choice) -> str:
        return item.key

    def draw(self, item: Choice, width: int) -> Sequence[Line]:
        return (item.line.fit(width),)


class ChooseScreen(ModalScreen[str | None]):
    """Which one? Returns its key, or None if the operator went back."""

    CSS_PATH = "choose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "choose(False)", show=False),
        Binding("enter", "choose(True)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "move(10)", show=False),
        Binding("pageup,ctrl+u", "move(-10)", show=False),
    ]

    def __init__(self, title: str, does: str, choices: Sequence[Choice]) -> None:
        """`does`: what enter does to the chosen one."""
        super().__init__()
        self._title = title
        self._does = does
        self._choices = tuple(choices)

    def compose(self) -> ComposeResult:
        yield ChoiceList(id="choices")

    def on_mount(self) -> None:
        choices = self.query_one(ChoiceList)
        choices.border_title = Content(self._title)
        choices.border_subtitle = Content(f"enter {self._does} · esc closes")
        choices.styles.height = min(len(self._choices), 24) + 2
        choices.show(self._choices)
        choices.focus()

    def action_move(self, steps: int) -> None:
        self.query_one(ChoiceList).move(steps)

    def action_choose(self, chosen: bool) -> None:
        current = self.query_one(ChoiceList).current
        self.dismiss(current.key if chosen and current else None)
