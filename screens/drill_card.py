"""The card at the end of a drill: how long each moment took, what led astray, and what really happened."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen

from screens.facts.drill import card_sections
from screens.widgets.facts_view import FactsView
from tradai_console.models.drill import DrillCard


class DrillCardScreen(ModalScreen[None]):
    """One run of one drill."""

    CSS_PATH = "drill_card.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss(None)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,ctrl+d,space", "scroll(10)", show=False),
        Binding("pageup,ctrl+u", "scroll(-10)", show=False),
    ]

    def __init__(self, card: DrillCard) -> None:
        super().__init__()
        self._card = card

    def compose(self) -> ComposeResult:
        yield FactsView()

    def on_mount(self) -> None:
        facts, card = self.query_one(FactsView), self._card
        speed = f" · speed {card.speed:g}" if card.speed != 1 else ""
        facts.border_title = Content.assemble(("Drill", "bold"), f" {card.drill} · {card.alert}")
        facts.border_subtitle = Content(f"{card.operator} · seed {card.seed}{speed} · esc closes")
        facts.focus()

    def on_resize(self, event: Resize) -> None:
        del event
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        facts = self.query_one(FactsView)
        facts.show(card_sections(self._card, facts.scrollable_content_region.width))

    def action_scroll(self, lines: int) -> None:
        self.query_one(FactsView).scroll_relative(y=lines, animate=False)
