"""The help: every key that works on the screen below, and enter runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen

from screens.bindings import listening
from screens.widgets.hints import key_sign
from screens.widgets.line import Line
from screens.widgets.live_list import LiveList
from tradai_console.actions.action import Action


class ActionList(LiveList[Action]):
    """The actions, a line each."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__(id="actions")
        self._keys = keys

    def key_of(self, item: Action) -> str:
        return item.id

    def draw(self, item: Action, width: int) -> Sequence[Line]:
        del width
        keys = " ".join(key_sign(key) for key in self._keys.get(item.id, item.keys).split(",") if key)
        shown = Line.of((keys or "palette", "key")).fit(18)
        return (Line.of(shown, item.help, (f"  {item.id}", "dim")),)


class HelpScreen(ModalScreen[str | None]):
    """What can be done here. Returns the Textual action to run on the screen below, or None."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss_none", show=False),
        Binding("enter", "run", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "move(10)", show=False),
        Binding("pageup,ctrl+u", "move(-10)", show=False),
    ]

    def __init__(self, below: Screen[Any], keys: Mapping[str, str]) -> None:
        super().__init__()
        self._actions = listening(below)
        self._keys = keys

    def compose(self) -> ComposeResult:
        yield ActionList(self._keys)

    def on_mount(self) -> None:
        actions = self.query_one(ActionList)
        actions.border_title = "Keys"
        actions.border_subtitle = "enter runs it · esc closes"
        actions.show(self._actions)
        actions.focus()

    def action_move(self, steps: int) -> None:
        self.query_one(ActionList).move(steps)

    def action_run(self) -> None:
        current = self.query_one(ActionList).current
        self.dismiss(current.call if current else None)

    def action_dismiss_none(self) -> None:
        self.dismiss(None)
