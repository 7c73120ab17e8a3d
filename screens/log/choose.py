"""What can be followed: everything, each service, each log group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from screens.widgets.line import Line
from screens.widgets.live_list import LiveList
from tradai_console.models.log_feed import LogsAbout


class ChoiceList(LiveList[LogsAbout]):
    """A line each."""

    def key_of(self, item: LogsAbout) -> str:
        return f"{item.kind} {item.key}"

    def draw(self, item: LogsAbout, width: int) -> Sequence[Line]:
        del width
        kind = {"": "all groups", "service": "service", "group": "log group"}[item.kind]
        return (Line.of((f"{kind:<11}", "dim"), item.name or "everything"),)


class ChooseScreen(ModalScreen[LogsAbout | None]):
    """Asks which log to follow. Returns it, or None."""

    CSS_PATH = "choose.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,l", "leave", show=False),
        Binding("enter", "take", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "move(10)", show=False),
        Binding("pageup,ctrl+u", "move(-10)", show=False),
    ]

    def __init__(self, services: Sequence[str], groups: Sequence[str]) -> None:
        super().__init__()
        self._choices = (
            LogsAbout(),
            *(LogsAbout("service", name, name) for name in dict.fromkeys(services)),
            *(LogsAbout("group", name, name) for name in groups),
        )

    def compose(self) -> ComposeResult:
        yield ChoiceList(id="choices")

    def on_mount(self) -> None:
        choices = self.query_one(ChoiceList)
        choices.border_title = Content("Follow")
        choices.border_subtitle = Content("enter follows it · esc goes back")
        choices.show(self._choices)
        choices.styles.height = len(self._choices) + 2
        choices.focus()

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_take(self) -> None:
        self.dismiss(self.query_one(ChoiceList).current)

    def action_move(self, steps: int) -> None:
        self.query_one(ChoiceList).move(steps)
