"""The Workflows screen: the executions of all machines, failed and caught first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from textual import on
from textual.app import ComposeResult
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Input

from screens.bindings import bindings
from screens.panes.executions import STATES, TIMES, ExecutionsPane
from screens.panes.workflows import machine_word
from screens.standing import stands
from screens.widgets.ask import say
from screens.widgets.frame import Frame, Notice
from screens.widgets.heading import Heading
from screens.widgets.hints import KeyHints
from screens.widgets.line import Line
from screens.widgets.machines_bar import MachinesBar
from screens.widgets.pane import Moment
from tradai_console.messages import OpenRequested, RefreshRequested
from tradai_console.models.board import Board
from tradai_console.models.machine_record import records
from tradai_console.settings import Settings

RECOUNT_S = 60.0
"""How often the passing of time alone has the machines counted anew."""

FILTER_HELP = "words to keep, !words to drop; enter keeps it, esc clears it"


class ExecutionsScreen(Screen[None]):
    """Every execution that is known, with a record of each machine above."""

    CSS_PATH = "executions.tcss"
    AUTO_FOCUS = "#pane-executions"
    SCOPES = ("executions",)
    BINDINGS = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._counted_at = datetime.min.replace(tzinfo=UTC)

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(ExecutionsScreen.board, ExecutionsScreen.moment)
        yield Notice().data_bind(ExecutionsScreen.board)
        yield Heading()
        yield MachinesBar()
        yield ExecutionsPane().data_bind(ExecutionsScreen.board, ExecutionsScreen.moment)
        yield KeyHints("console", "executions").data_bind(keymap=ExecutionsScreen.keys)

    def on_mount(self) -> None:
        self._pane.header_height = 1
        self._show()

    @property
    def _pane(self) -> ExecutionsPane:
        return self.query_one(ExecutionsPane)

    def watch_board(self) -> None:
        if stands(self):
            self._show()

    def watch_moment(self, moment: Moment) -> None:
        if stands(self) and abs((moment.now - self._counted_at).total_seconds()) > RECOUNT_S:
            self._show()

    def _show(self) -> None:
        self._counted_at = self.moment.now
        pane = self._pane
        self.query_one(MachinesBar).show(records(self.board.workflows.items, self.moment.now), pane.machine)
        self.query_one(MachinesBar).border_title = "Machines, last 24 h"
        kept = [
            machine_word(pane.machine) if pane.machine else "all machines",
            STATES[pane.state_kept],
            TIMES[pane.time_kept][0],
        ]
        self.query_one(Heading).show(
            Line.of(("Workflows  ", "strong"), (" · ".join(kept), "accent"), ("   the newest 100 of each machine", "dim"))
        )  # fmt: skip

    # Keys

    def action_open(self) -> None:
        item = self._pane.current
        if item is None:
            say(self, "There is no execution to open.")
        else:
            self.post_message(OpenRequested("workflows", item.arn))

    def action_machine(self) -> None:
        self._pane.next_machine()
        self._show()

    def action_state(self) -> None:
        self._pane.state_kept = (self._pane.state_kept + 1) % len(STATES)
        self._show()

    def action_time(self) -> None:
        self._pane.time_kept = (self._pane.time_kept + 1) % len(TIMES)
        self._show()

    def action_sort(self) -> None:
        say(self, f"Sorted: {self._pane.sort_next()}")

    def action_reverse(self) -> None:
        self._pane.reverse_order = not self._pane.reverse_order

    def action_refresh(self) -> None:
        self.post_message(RefreshRequested("workflows"))

    def action_move(self, by: int) -> None:
        self._pane.move(by)

    def action_page(self, pages: int) -> None:
        self._pane.move(pages * self._pane.page)

    def action_edge(self, end: int) -> None:
        self._pane.move_to(0 if end < 0 else len(self._pane.items))

    def action_copy_name(self) -> None:
        self._copy(self._pane.current.name if self._pane.current else "")

    def action_copy_arn(self) -> None:
        self._copy(self._pane.current.arn if self._pane.current else "")

    def _copy(self, text: str) -> None:
        if text:
            self.app.copy_to_clipboard(text)
            say(self, f"Sent to the terminal's clipboard: {text}")

    def action_filter(self) -> None:
        if self.has_class("-filtering"):
            return
        field = Input(self._pane.needle, classes="filter", placeholder=FILTER_HELP, compact=True)
        self.add_class("-filtering")
        self.mount(field, before="#hints")
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed filters at once."""
        self._pane.needle = event.value

    @on(Input.Submitted)
    def _leave_filter(self) -> None:
        self.remove_class("-filtering")
        self.query(".filter").remove()
        self._pane.focus()

    def action_back(self) -> None:
        """One level: out of the filter, then the filter itself, then the screen."""
        if self.has_class("-filtering"):
            self._pane.needle = ""
            self._leave_filter()
        elif self._pane.needle:
            self._pane.needle = ""
        else:
            self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed the letters belong to it."""
        del parameters
        return not self.has_class("-filtering") or action in _WHILE_FILTERING


_WHILE_FILTERING = frozenset({"back", "quit", "help", "command_palette", "move", "page"})
