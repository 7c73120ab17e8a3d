"""The Shift screen: what is wrong, at one look. Open all shift long."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.events import DescendantFocus, Resize
from textual.reactive import var
from textual.screen import Screen

from screens.bindings import bindings
from screens.panes.alarms import AlarmsPane
from screens.panes.alerts import AlertsPane, about
from screens.panes.database import DatabasePane
from screens.panes.nat import NatPane
from screens.panes.services import ServicesPane
from screens.panes.trading import TradingPane
from screens.panes.workflows import WorkflowsPane
from screens.widgets.frame import Frame, Notice
from screens.widgets.hints import KeyHints
from screens.widgets.pane import Moment, Pane
from screens.widgets.rail import PaneRail
from tradai_console.messages import (
    JobAnswered,
    JobRequested,
    LogsRequested,
    OpenRequested,
    PauseRequested,
    RefreshRequested,
)
from tradai_console.models.alert import Alert
from tradai_console.models.board import Board
from tradai_console.settings import Settings

if TYPE_CHECKING:
    from textual.widgets import Input

    from screens.alert_keys import AlertKeys

PANES: Final[tuple[type[Pane[Any]], ...]] = (
    AlertsPane, ServicesPane, DatabasePane, NatPane, WorkflowsPane, TradingPane, AlarmsPane,
)  # fmt: skip

FILTER_HELP: Final = "words to keep, !words to drop; enter keeps it, esc clears it"

SMALL_WIDTH, SMALL_HEIGHT = 100, 30
"""Below this the panes stand one at a time, with a rail that tells how the others are."""


class ShiftScreen(Screen[None]):
    """Alerts on top, the panes below."""

    AUTO_FOCUS = "#pane-alerts"
    SCOPES = ("shift", "pane", "alert")
    BINDINGS = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(self, settings: Settings, *, stagger_s: float = 0.0) -> None:
        """`stagger_s`: each pane shows a second's tick so much later than the one before it."""
        super().__init__()
        self._settings = settings
        self._stagger_s = stagger_s
        self._pane: Pane[Any] | None = None

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(ShiftScreen.board, ShiftScreen.moment)
        yield Notice().data_bind(ShiftScreen.board)
        with Container(id="panes"):
            for place, kind in enumerate(PANES, start=1):
                yield kind(place * self._stagger_s).data_bind(ShiftScreen.board, ShiftScreen.moment)
        yield PaneRail(PANES).data_bind(ShiftScreen.board, ShiftScreen.moment)
        yield KeyHints("console", "pane", "alert").data_bind(keymap=ShiftScreen.keys)

    def on_mount(self) -> None:
        self._pane = self.query_one(AlertsPane)
        self._mark_current()

    @property
    def panes(self) -> tuple[Pane[Any], ...]:
        return tuple(self.query(Pane).results(Pane))

    @property
    def pane(self) -> Pane[Any]:
        """The pane that the keys speak to."""
        return self._pane or self.panes[0]

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        small = event.size.width < SMALL_WIDTH or event.size.height < SMALL_HEIGHT
        self.set_class(small, "-small")
        self.set_class(event.size.width >= 160 and event.size.height >= 44, "-large")
        self._headers()

    @on(DescendantFocus)
    def _follow_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, Pane):
            self._pane = event.widget
            self._mark_current()

    def _mark_current(self) -> None:
        for pane in self.panes:
            pane.set_class(pane is self.pane, "-current")
        self.query_one(PaneRail).current = self.pane.digit
        self._headers()

    def _headers(self) -> None:
        """Column titles where there is room for them: on a pane that has the screen, or on a large screen."""
        for pane in self.panes:
            roomy = self.has_class("-zoomed") or self.has_class("-large")
            pane.header_height = 1 if roomy and pane.columns() else 0

    def action_focus_pane(self, digit: int) -> None:
        next(pane for pane in self.panes if pane.digit == digit).focus()

    def action_next_pane(self) -> None:
        self._step(1)

    def action_previous_pane(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        panes = self.panes
        panes[(panes.index(self.pane) + by) % len(panes)].focus()

    def action_open(self) -> None:
        from tradai_console import jobs

        item = self.pane.current
        if item is None:
            self._say("There is nothing to open in this pane.")
        elif isinstance(item, Alert):
            self.post_message(JobRequested(self, jobs.OpenIncident(item.key)))
        else:
            self.post_message(OpenRequested(self.pane.source, self.pane.key_of(item)))

    def action_logs(self) -> None:
        """The log of what the cursor is on; where nothing is, every log."""
        from screens.stories import reaching_back
        from tradai_console.models.log_feed import LogsAbout

        item = self.pane.current
        if item is None:
            self.post_message(LogsRequested(LogsAbout()))
        elif isinstance(item, Alert):
            self.post_message(
                LogsRequested(LogsAbout("alerts", item.key, f"{item.alert} {about(item)}".strip()))
            )
        else:
            key = self.pane.key_of(item)
            wanted = LogsAbout(self.pane.source, key, self.pane.called(item))
            self.post_message(LogsRequested(reaching_back(wanted, item, self.moment.now)))

    def action_trail(self) -> None:
        from screens.stories import tell_story
        from tradai_console.models.clue import clues_of

        tell_story(self, clues_of(self.pane.current, self.board))

    def action_workflows(self) -> None:
        alert = self.pane.current if isinstance(self.pane, AlertsPane) else None
        if alert is not None and alert.variables.keys() & {"EXECUTION", "JOB_ID"}:
            self.post_message(OpenRequested("workflows", alert.key))
        else:
            self.post_message(OpenRequested("executions", ""))

    # The selected alert

    def action_acknowledge(self) -> None:
        if (alert := self._alert) is not None:
            self._keys_of_alerts.acknowledge(alert)

    def action_mute(self) -> None:
        if (alert := self._alert) is not None:
            self._keys_of_alerts.mute(alert)

    def action_note(self) -> None:
        if (alert := self._alert) is not None:
            self._keys_of_alerts.note(alert)

    def action_escalate(self) -> None:
        if (alert := self._alert) is not None:
            self._keys_of_alerts.escalate(alert)

    def action_mutes(self) -> None:
        self._keys_of_alerts.mutes()

    def action_incidents(self) -> None:
        self._keys_of_alerts.incidents()

    @cached_property
    def _keys_of_alerts(self) -> AlertKeys:
        """Made when it is needed first: the first paint does not wait for what questions are drawn with."""
        from screens.alert_keys import AlertKeys
        from screens.changes import Changes

        return AlertKeys(self, Changes(self, self._settings))

    def action_details(self) -> None:
        alert = self._alert
        if alert is not None and alert.alarms:
            self.post_message(OpenRequested("alarms", alert.alarms[0]))
        elif alert is not None:
            self._say("No CloudWatch alarm stands behind it: enter opens its runbook.")

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        if message.error is not None:
            self.notify(message.error, severity="error", markup=False, timeout=8)
        elif self._keys_of_alerts.answered(message) or self._changes_answered(message):
            return
        elif isinstance(message.result, str):
            self._say(message.result)

    def _changes_answered(self, message: JobAnswered) -> bool:
        return self._keys_of_alerts.changes.answered(message)

    @property
    def _alert(self) -> Alert | None:
        """The alert that the keys mean: only while the alerts pane has them."""
        pane = self.pane
        if isinstance(pane, AlertsPane) and pane.current is not None:
            return pane.current
        self._say("Select an alert first: 1 goes to the alerts.")
        return None

    def action_zoom(self) -> None:
        self.toggle_class("-zoomed")
        self._headers()

    def action_filter(self) -> None:
        if self.has_class("-filtering"):
            return
        from textual.widgets import Input  # only who filters waits for its import

        field = Input(self.pane.needle, classes="filter", placeholder=FILTER_HELP, compact=True)
        self.add_class("-filtering")
        self.mount(field, before="#hints")
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed filters at once."""
        self.pane.needle = event.value

    def on_input_submitted(self) -> None:
        """enter keeps the filter and goes back to the pane."""
        self._leave_filter()

    def _leave_filter(self) -> None:
        self.remove_class("-filtering")
        self.query(".filter").remove()
        self.pane.focus()

    def action_sort(self) -> None:
        self._say(f"{self.pane.name_shown}: {self.pane.sort_next()}")

    def action_reverse(self) -> None:
        self.pane.reverse_order = not self.pane.reverse_order

    def action_refresh_pane(self) -> None:
        self.post_message(RefreshRequested(self.pane.source))

    def action_pause_pane(self) -> None:
        self.post_message(PauseRequested(self.pane.source, not self.pane.snapshot.paused))

    def action_cursor(self, steps: int) -> None:
        self.pane.move(steps)

    def action_page(self, pages: int) -> None:
        self.pane.move(pages * self.pane.page)

    def action_edge(self, end: int) -> None:
        self.pane.move_to(0 if end < 0 else len(self.pane.items))

    def action_copy_name(self) -> None:
        self._copy(self.pane.key_of)

    def action_copy_arn(self) -> None:
        self._copy(self.pane.arn_of)

    def action_back(self) -> None:
        """One level: out of the filter, then the filter itself, then the zoom."""
        if self.has_class("-filtering"):
            self.pane.needle = ""
            self._leave_filter()
        elif self.pane.needle:
            self.pane.needle = ""
        elif self.has_class("-zoomed"):
            self.action_zoom()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed the letters belong to it."""
        del parameters
        return not self.has_class("-filtering") or action in _WHILE_FILTERING

    def _copy(self, what: Any) -> None:
        item = self.pane.current
        if item is None:
            self._say("There is nothing to copy in this pane.")
            return
        text = what(item)
        self.app.copy_to_clipboard(text)
        self._say(f"Sent to the terminal's clipboard: {text}")

    def _say(self, text: str) -> None:
        self.notify(text, markup=False, timeout=3)


_WHILE_FILTERING = frozenset({"back", "quit", "help", "command_palette", "cursor", "page"})
