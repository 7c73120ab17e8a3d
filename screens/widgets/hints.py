"""The last line: at most eight keys, in the order of the next likely act, read from the table of actions."""

from __future__ import annotations

from collections.abc import Mapping

from textual.reactive import reactive

from screens.widgets.drawn import LineBar
from screens.widgets.line import Line
from tradai_console.actions import scope
from tradai_console.actions.action import Action

MOST = 9
_SIGNS = {
    "question_mark": "?", "colon": ":", "slash": "/", "escape": "esc", "left_square_bracket": "[",
    "right_square_bracket": "]", "at": "@", "exclamation_mark": "!", "asterisk": "*", "space": "space",
    "plus": "+", "minus": "-",
}  # fmt: skip


def key_sign(key: str) -> str:
    """A key as people write it: `/` for `slash`."""
    return _SIGNS.get(key, key)


class KeyHints(LineBar):
    """The keys of the screen it stands on."""

    keymap: reactive[Mapping[str, str]] = reactive(dict)
    """The user's own keys, by action id."""

    def __init__(self, *scopes: str) -> None:
        super().__init__(id="hints")
        self._shown: tuple[Action, ...] = ()
        self.speak_for(*scopes)

    def speak_for(self, *scopes: str) -> None:
        """Tell the keys of these scopes from now on."""
        shown = sorted(
            (action for action in scope(*scopes) if action.footer), key=lambda action: action.footer
        )
        self._shown = tuple(shown[:MOST])
        self.refresh()

    def lines(self, width: int) -> tuple[Line, ...]:
        line = Line.of(" ")
        for action in self._shown:
            key = key_sign(self.keymap.get(action.id, action.keys).split(",")[0])
            more = Line.of((key, "key"), (f" {action.label}", "dim"), "   " if width >= 100 else "  ")
            if line.width + more.width > width:
                break
            line = Line.of(line, more)
        return (line,)
