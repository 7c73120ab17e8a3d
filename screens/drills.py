"""Choosing a drill, and what is shown of drills: a sentence, the list, the card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from screens.drill_card import DrillCardScreen
from screens.widgets.line import Line
from screens.widgets.live_list import LiveList
from screens.widgets.words import minutes_of
from tradai_console.messages import DrillAnswered
from tradai_console.models.drill import DrillCard, Rehearsal

RANDOM = Rehearsal("random", "any of them", "nobody says which: as at night")


class RehearsalList(LiveList[Rehearsal]):
    """The drills, a line each; those of one alert stand together."""

    header_height = 1

    def key_of(self, item: Rehearsal) -> str:
        return item.name

    def draw_header(self, width: int) -> Sequence[Line]:
        return (Line.of((_columns("drill", "alert", "what it looks like", "runs  best", width), "dim")),)

    def draw(self, item: Rehearsal, width: int) -> Sequence[Line]:
        done = f"{item.runs:>3}  {minutes_of(item.best_s):>5}" if item.runs else ""
        row = _columns(item.name, item.alert, item.line, done, width)
        name, rest = row[:_NAME], row[_NAME:]
        return (Line.of((name, "good" if item.best_s is not None else "strong"), rest),)


_NAME, _ALERT, _DONE = 26, 27, 11


def _columns(name: str, alert: str, line: str, done: str, width: int) -> str:
    room = width - _NAME - _ALERT - _DONE
    middle = f"{alert:<{_ALERT}}" if room >= 16 else ""
    room = width - _NAME - len(middle) - _DONE - 1
    told = line if len(line) <= room else line[: max(0, room - 1)] + "…"
    return f"{name:<{_NAME}}{middle}{told:<{room}} {done:<{_DONE}}"


class DrillsScreen(ModalScreen[str | None]):
    """Which drill? Returns its name, or None."""

    CSS_PATH = "drills.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "choose(False)", show=False),
        Binding("enter", "choose(True)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "move(10)", show=False),
        Binding("pageup,ctrl+u", "move(-10)", show=False),
    ]

    def __init__(self, rehearsals: tuple[Rehearsal, ...]) -> None:
        super().__init__()
        self._rehearsals = rehearsals

    def compose(self) -> ComposeResult:
        yield RehearsalList(id="rehearsals")

    def on_mount(self) -> None:
        rehearsals = self.query_one(RehearsalList)
        rehearsals.border_title = "Drills"
        rehearsals.border_subtitle = "enter begins it · esc closes"
        ordered = sorted(self._rehearsals, key=lambda one: (one.alert, one.name))
        rehearsals.show((RANDOM, *ordered))
        rehearsals.focus()

    def action_move(self, steps: int) -> None:
        self.query_one(RehearsalList).move(steps)

    def action_choose(self, chosen: bool) -> None:
        current = self.query_one(RehearsalList).current
        self.dismiss(current.name if chosen and current else None)


def show_drill_news(app: App[None], news: DrillAnswered, begin: Callable[[str], None]) -> None:
    """Show what came of drills."""
    if news.error is not None:
        app.notify(news.error, title="Drills", severity="warning", markup=False, timeout=8)
    elif isinstance(news.result, str):
        app.notify(news.result, title="Drills", markup=False, timeout=8)
    elif isinstance(news.result, DrillCard):
        _show_card(app, news.result)
    else:
        app.push_screen(DrillsScreen(news.result), lambda name: begin(name) if name else None)


def _show_card(app: App[None], card: DrillCard) -> None:
    """A card never covers a question that is being answered."""
    if isinstance(app.screen, ModalScreen):
        app.notify(
            "The drill is over; `:` drill card shows how it went.", title="Drills", markup=False, timeout=20
        )
    else:
        app.push_screen(DrillCardScreen(card))
