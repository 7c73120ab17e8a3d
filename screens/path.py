"""The path of an execution, the facts of its states, its machine and its logs, and moving about in all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus, Resize
from textual.reactive import var
from textual.screen import Screen

from screens.bindings import bindings
from screens.facts.told import progress_words, told_sections
from screens.facts.visit import log_of, visit_sections
from screens.log.state import StateLog
from screens.log.view import LogView
from screens.standing import stands
from screens.widgets.ask import say
from screens.widgets.cause import CauseView
from screens.widgets.facts_view import FactsView
from screens.widgets.frame import Frame, Notice
from screens.widgets.graph_view import GraphView
from screens.widgets.hints import KeyHints
from screens.widgets.outline import OutlineView
from screens.widgets.pane import CONTENT_STYLE, Moment
from tradai_console.models.board import Board
from tradai_console.models.workflow import Outcome, StateVisit, Workflow
from tradai_console.models.workflow_joined import LogSlice
from tradai_console.settings import Settings

WIDE: Final = 120
"""From this width on the graph stands beside the path."""

BORDER: Final = 2
PARTS: Final = ("outline", "facts", "graph", "log")


class PathScreen(Screen[None]):
    """Draws a workflow and lets the selection move. What it is and what is done about it, a subclass knows."""

    CSS_PATH = "workflow.tcss"
    AUTO_FOCUS = "#outline"
    SCOPES = ("workflow",)
    BINDINGS = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._workflow: Workflow | None = None
        self._opened: dict[int, tuple[StateVisit, ...]] = {}
        """What is behind folds that were opened."""
        self._logs: dict[int, LogSlice | str] = {}
        """What was asked for by hand: the lines, or why there are none; "" while it is read."""
        self._part = "outline"
        self._follows = True
        """The selection goes where the execution goes, until somebody moves it."""

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(PathScreen.board, PathScreen.moment)
        yield Notice().data_bind(PathScreen.board)
        yield CauseView()
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield OutlineView()
                yield FactsView()
            with Vertical(id="right"):
                yield GraphView()
                yield StateLog()
        yield KeyHints("console", "workflow").data_bind(keymap=PathScreen.keys)

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        self.set_class(event.size.width < WIDE, "-narrow")

    def watch_moment(self, moment: Moment) -> None:
        if not stands(self):
            return
        self.query_one(StateLog).show_moment(moment)
        self.query_one(OutlineView).grow_older(moment.now)
        if self._workflow is not None:
            self.query_one(CauseView).show(self._workflow, moment)
            if self.selected is not None and self.selected.outcome is Outcome.RUNNING:
                self.show_selected()

    @property
    def selected(self) -> StateVisit | None:
        """The row of the path that the keys mean."""
        return self.query_one(OutlineView).current

    # What is shown

    def show_workflow(self, workflow: Workflow) -> None:
        """Draw it; cursor, folds and scroll stay."""
        self._workflow = workflow
        self.set_class(workflow.execution is None, "-bare")
        self.query_one(CauseView).show(workflow, self.moment)
        outline = self.query_one(OutlineView)
        outline.renew(workflow.states, self._opened, self.moment.now)
        outline.styles.max_height = len(outline.items) + BORDER  # what it does not need the facts can have
        if self._follows:
            self._follow(workflow, outline)
        words, style = progress_words(workflow)
        outline.border_title = Content.assemble(("Path", "bold"), f"  {len(outline.items)} rows")
        outline.border_subtitle = Content.assemble((words, CONTENT_STYLE[style]))
        why_not = next((note for note in workflow.notes if note.startswith("definition")), "")
        graph = self.query_one(GraphView)
        graph.show(workflow.graph, workflow.states, why_not)
        graph.border_title = Content.assemble(
            ("Machine", "bold"), f"  {workflow.graph.comment if workflow.graph else ''}"
        )
        self.show_selected()

    def _follow(self, workflow: Workflow, outline: OutlineView) -> None:
        """To the cause; of one that runs to the state it is in; else to the end."""
        running = next(
            (one for one in reversed(outline.items) if one.outcome is Outcome.RUNNING and one.type != "Fold"),
            None,
        )
        wanted = workflow.cause.visit if workflow.cause.visit is not None else running.id if running else None
        if wanted is None or not outline.select(str(wanted)):
            outline.move_to(len(outline.items) - 1)

    def show_selected(self) -> None:
        """Everything that depends on the selected row."""
        workflow, visit = self._workflow, self.selected
        if workflow is None:
            return
        own = visit_sections(visit, workflow, self.moment) if visit is not None else ()
        facts = self.query_one(FactsView)
        facts.show((*own, *told_sections(workflow, self.moment)))
        facts.border_title = Content.assemble(("Facts", "bold"))
        facts.border_subtitle = Content("reading what stands beside it" if workflow.joined.reading else "")
        if visit is not None:
            self.query_one(GraphView).select(visit.name)
        self.show_log()

    def show_log(self) -> None:
        """The log lines of the selected state, or why there are none."""
        visit = self.selected
        if self._workflow is not None and visit is not None:
            self.query_one(StateLog).show_slice(visit.id, *log_of(visit, self._workflow, self._logs))

    # Keys: moving about

    def action_move(self, by: int) -> None:
        focused = self.focused
        if isinstance(focused, OutlineView):
            self._follows = False
            focused.move(by)
            self.show_selected()
        elif isinstance(focused, GraphView):
            self._select_in_graph(focused, by)
        elif focused is not None:
            focused.scroll_relative(y=by, animate=False)

    def _select_in_graph(self, graph: GraphView, by: int) -> None:
        names, outline = graph.names, self.query_one(OutlineView)
        here = names.index(graph.selected) if graph.selected in names else -1 if by > 0 else 0
        if names:
            graph.select(names[max(0, min(len(names) - 1, here + by))])
            visit = next((one for one in reversed(outline.items) if one.name == graph.selected), None)
            if visit is not None:
                self._follows = False
                outline.select(str(visit.id))
                self.show_selected()
            else:
                say(self, f"{graph.selected} was not reached.")

    def action_page(self, pages: int) -> None:
        focused = self.focused
        if isinstance(focused, OutlineView):
            self.action_move(pages * focused.page)
        elif focused is not None:
            focused.scroll_relative(y=pages * max(1, focused.size.height - 2), animate=False)

    def action_edge(self, end: int) -> None:
        focused = self.focused
        if isinstance(focused, OutlineView):
            self.action_move(end * len(focused.items))
            self._follows = end > 0
        elif focused is not None:
            focused.scroll_to(y=0 if end < 0 else focused.max_scroll_y, animate=False)

    def action_sideways(self, by: int) -> None:
        self.query_one(GraphView).scroll_relative(x=by, animate=False)

    def action_failed(self, way: int) -> None:
        outline = self.query_one(OutlineView)
        here = outline.items.index(outline.current) if outline.current in outline.items else -1
        order = range(here + 1, len(outline.items)) if way > 0 else range(here - 1, -1, -1)
        found = next((place for place in order if outline.items[place].outcome.bad), None)
        if found is None:
            say(self, "No other state failed on this side of it.")
            return
        self._follows = False
        outline.move_to(found)
        self.show_selected()

    def action_difference(self) -> None:
        difference = self._workflow.difference if self._workflow else None
        if difference is None:
            say(self, "It goes the same way as the last good run, or none is known.")
            return
        if difference.visit is not None:
            self._follows = False
            self.query_one(OutlineView).select(str(difference.visit))
            self.show_selected()
        say(self, difference.line)

    # Keys: the parts of the screen

    def action_side(self, by: int) -> None:
        here = PARTS.index(self._part) if self._part in PARTS else 0
        self.turn_to(PARTS[(here + by) % len(PARTS)])

    def action_graph(self) -> None:
        self.turn_to("outline" if self.focused is self.query_one(GraphView) else "graph")

    def action_zoom(self) -> None:
        self.toggle_class("-zoomed")

    def turn_to(self, name: str) -> None:
        """Give this part the keys, and on a small screen the room."""
        self._mark(name)
        (self.query_one(LogView) if name == "log" else self.query_one(f"#{name}")).focus()

    @on(DescendantFocus)
    def _follow_focus(self, event: DescendantFocus) -> None:
        part = next((node.id for node in event.widget.ancestors_with_self if node.id in PARTS), None)
        if part is not None:
            self._mark(part)
        self.query_one(KeyHints).speak_for("console", "log" if part == "log" else "workflow")

    def _mark(self, part: str) -> None:
        """Only one part has room on a small screen; zoomed, on any."""
        self._part = part
        self.set_class(part == "graph", "-graph")
        self.set_class(part == "log", "-log")
        shown = self.query_one(f"#{part}").ancestors_with_self
        for name in (*PARTS, "left", "right"):
            widget = self.query_one(f"#{name}")
            widget.set_class(widget in shown, "-current")
