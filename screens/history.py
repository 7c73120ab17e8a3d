"""Every event of an execution's history, as AWS tells it: only the part that is looked at is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import var
from textual.screen import Screen

from screens.bindings import bindings
from screens.facts.event import event_sections, event_text
from screens.payload import PayloadScreen
from screens.standing import stands
from screens.widgets.ask import say
from screens.widgets.event_list import PAGE, EventList
from screens.widgets.facts_view import FactsView
from screens.widgets.frame import Frame, Notice
from screens.widgets.heading import Heading
from screens.widgets.hints import KeyHints
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import number
from tradai_console.messages import JobAnswered, JobRequested, ScreenRequested
from tradai_console.models.board import Board
from tradai_console.models.workflow import Workflow
from tradai_console.settings import Settings
from tradai_console.workflow_jobs import ReadEvents

AHEAD: Final = 2
"""Pages that may be asked for at once."""


class HistoryScreen(Screen[int | None]):
    """The events, and everything about the one under the cursor. Returns the row of the path to go to, or None."""

    CSS_PATH = "history.tcss"
    AUTO_FOCUS = "#events"
    SCOPES = ("history",)
    BINDINGS = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(self, settings: Settings, workflow: Workflow) -> None:
        super().__init__()
        self._settings = settings
        self._workflow = workflow
        self._asked: set[int] = set()

    @property
    def workflow_key(self) -> str:
        return self._workflow.key

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(HistoryScreen.board, HistoryScreen.moment)
        yield Notice().data_bind(HistoryScreen.board)
        yield Heading()
        yield EventList(self._need)
        yield FactsView()
        yield KeyHints("console", "history").data_bind(keymap=HistoryScreen.keys)

    def on_mount(self) -> None:
        self.renew(self._workflow)

    def renew(self, workflow: Workflow) -> None:
        """More of the history has been read."""
        self._workflow = workflow
        if not self.query(EventList):  # it is being left
            return
        events = self.query_one(EventList)
        events.grow(workflow.progress.read)
        self.query_one(Heading).show(Line.of((workflow.title, "strong"), "  ", workflow.cause.line))
        events.border_title = Content.assemble(
            ("History", "bold"), f"  {number(workflow.progress.read)} events"
        )
        self._show_event()

    def watch_moment(self, moment: Moment) -> None:
        if stands(self):
            self.query_one(EventList).local = moment.local

    def _need(self, page: int) -> None:
        """The list wants to draw events that are not here yet."""
        if page not in self._asked and len(self._asked) < AHEAD:
            self._asked.add(page)
            self.post_message(JobRequested(self, ReadEvents(self._workflow.key, page * PAGE, PAGE)))

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        if isinstance(message.job, ReadEvents):
            page = message.job.start // PAGE
            self._asked.discard(page)
            if message.error is not None:
                say(self, message.error)
                return
            self.query_one(EventList).take(page, message.result)
            self._show_event()

    def _show_event(self) -> None:
        event = self.query_one(EventList).current
        facts = self.query_one(FactsView)
        facts.show(event_sections(event, self.moment) if event else ())
        facts.border_title = Content("" if event is None else f"event {event.id}")

    # Keys

    def action_move(self, by: int) -> None:
        self.query_one(EventList).move(by)
        self._show_event()

    def action_page(self, pages: int) -> None:
        events = self.query_one(EventList)
        self.action_move(pages * events.page)

    def action_edge(self, end: int) -> None:
        self.action_move(end * self._workflow.progress.read)

    def action_open(self) -> None:
        event = self.query_one(EventList).current
        if event is None or not event.payloads:
            say(self, "This event carries no text of its own.")
            return
        texts = tuple((one.part, one) for one in event.payloads)
        about = f"event {event.id} {event.type}"
        self.post_message(ScreenRequested(PayloadScreen(self._settings, self._workflow.key, about, texts, 0)))

    def action_state(self) -> None:
        event = self.query_one(EventList).current
        if event is None or event.visit is None:
            say(self, "This event is the execution's own: it belongs to no state.")
        else:
            self.dismiss(event.visit)

    def action_copy(self) -> None:
        event = self.query_one(EventList).current
        if event is not None:
            self.app.copy_to_clipboard(event_text(event))
            say(self, "The event was sent to the terminal's clipboard.")

    def action_back(self) -> None:
        self.dismiss(None)
