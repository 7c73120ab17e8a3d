"""What a thing on the board leads to in the logs: how far back its log goes, and the story of which of its ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen, Screen

from screens.widgets.ask import ask
from screens.widgets.line import Line
from screens.widgets.live_list import LiveList
from screens.widgets.question import Question
from tradai_console.messages import TrailRequested
from tradai_console.models.clue import MOST, Clue
from tradai_console.models.log_feed import LogsAbout

MOST_BACK_S: Final = 12 * 3_600.0
"""A log is read no further back by itself."""

BEFORE_S: Final = 60.0


def reaching_back(about: LogsAbout, item: Any, now: datetime) -> LogsAbout:
    """The log of something that has begun is read from a minute before that on, within reason."""
    began = getattr(item, "started_at", None)
    if began is None:
        return about
    back_s = (now - began).total_seconds() + BEFORE_S
    return replace(about, since_s=min(MOST_BACK_S, max(about.since_s, back_s)))


def tell_story(screen: Screen[Any], clues: Sequence[Clue]) -> None:
    """Open the story of that id; of several one is chosen, and where there is none, one is asked for."""
    if len(clues) == 1:
        screen.post_message(TrailRequested(clues[0].value))
    elif clues:
        screen.app.push_screen(StoriesScreen(clues), lambda clue: _open(screen, clue))
    else:
        question = Question(
            "The story of which id?", (), "a correlation id, trace id, job, execution or task"
        )
        ask(screen, question, lambda typed: screen.post_message(TrailRequested(typed)))


def _open(screen: Screen[Any], clue: Clue | None) -> None:
    if clue is not None:
        screen.post_message(TrailRequested(clue.value))


class ClueList(LiveList[Clue]):
    """A line each: digit, id, what it is."""

    def key_of(self, item: Clue) -> str:
        return item.value

    def draw(self, item: Clue, width: int) -> Sequence[Line]:
        del width
        digit = next(n for n, one in enumerate(self.items, start=1) if one.value == item.value)
        name = item.value.rpartition(":")[2] if item.value.startswith("arn:") else item.value
        return (Line.of((f"{digit} ", "key"), (f"{name:<34}", "accent"), (f" {item.words}", "dim")),)


class StoriesScreen(ModalScreen[Clue | None]):
    """Which story? Returns its clue, or None."""

    CSS_PATH = "stories.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,x", "leave", show=False),
        Binding("enter", "take", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        *(Binding(str(n), f"choose({n})", show=False) for n in range(1, MOST + 1)),
    ]

    def __init__(self, clues: Sequence[Clue]) -> None:
        super().__init__()
        self._clues = tuple(clues)

    def compose(self) -> ComposeResult:
        yield ClueList(id="choices")

    def on_mount(self) -> None:
        choices = self.query_one(ClueList)
        choices.border_title = Content("Whose story?")
        choices.border_subtitle = Content(f"1-{len(self._clues)} or enter · esc goes back")
        choices.show(self._clues)
        choices.styles.height = len(self._clues) + 2
        choices.focus()

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_take(self) -> None:
        self.dismiss(self.query_one(ClueList).current)

    def action_choose(self, digit: int) -> None:
        if digit <= len(self._clues):
            self.dismiss(self._clues[digit - 1])

    def action_move(self, steps: int) -> None:
        self.query_one(ClueList).move(steps)
