"""The Detail screen: everything known about one thing, its metric against its limit, and what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.reactive import var
from textual.screen import Screen

from screens.bindings import bindings
from screens.facts.alarm import alarm_facts
from screens.facts.database import database_facts
from screens.facts.facts import Chart, Facts
from screens.facts.nat import nat_facts
from screens.facts.service import service_facts
from screens.facts.session import session_facts
from screens.standing import stands
from screens.stories import reaching_back, tell_story
from screens.widgets.chart import MetricChart
from screens.widgets.drawn import LineBar
from screens.widgets.facts_view import FactsView
from screens.widgets.frame import Frame, Notice
from screens.widgets.heading import Heading
from screens.widgets.hints import KeyHints
from screens.widgets.line import Line
from screens.widgets.pane import STATE_STYLE, Moment
from screens.widgets.words import span_of
from tradai_console.jobs import ReadWindow
from tradai_console.messages import (
    JobAnswered,
    JobRequested,
    LogsRequested,
    OpenRequested,
    RefreshRequested,
)
from tradai_console.models.board import Board
from tradai_console.models.clue import clues_of
from tradai_console.models.figure import Metric, Series
from tradai_console.models.log_feed import LogsAbout
from tradai_console.settings import Settings

KEY_OF: Final[Mapping[str, Callable[[Any], str]]] = {
    "alarms": lambda item: item.name,
    "services": lambda item: item.arn or item.name,
    "databases": lambda item: item.id,
    "nat": lambda _item: "nat",
    "trading": lambda item: item.strategy_id,
}
FACTS_OF: Final[Mapping[str, Callable[[Any, Board, Moment], Facts]]] = {
    "alarms": alarm_facts,
    "services": service_facts,
    "databases": database_facts,
    "nat": nat_facts,
    "trading": session_facts,
}
WINDOWS_H: Final = (1.0, 3.0, 12.0, 24.0, 72.0, 168.0)
FRESH_S: Final = 60.0
"""A window is read again after so long."""


class RelatedList(LineBar):
    """The related things with their digits."""

    def __init__(self) -> None:
        super().__init__(id="related")
        self._lines: tuple[Line, ...] = ()

    def show(self, lines: tuple[Line, ...]) -> None:
        self._lines = lines
        self.display = bool(lines)
        self.styles.height = len(lines) + 2
        self.refresh()

    def lines(self, width: int) -> tuple[Line, ...]:
        del width
        return tuple(Line.of((f"{n} ", "key"), line) for n, line in enumerate(self._lines, start=1))


class DetailScreen(Screen[None]):
    """One alarm, service, database, NAT, execution or session. It goes on living while it is looked at."""

    CSS_PATH = "detail.tcss"
    AUTO_FOCUS = "#facts"
    SCOPES = ("detail",)
    BINDINGS = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(self, settings: Settings, kind: str, key: str) -> None:
        super().__init__()
        self._settings = settings
        self._kind = kind
        self._key = key
        self._facts: Facts | None = None
        self._last: Any = None
        self._window = 1
        self._chart = 0
        self._series: dict[tuple[Metric, float], Series] = {}
        self._asked: dict[tuple[Metric, float], float] = {}
        self._window_error: str | None = None

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(DetailScreen.board, DetailScreen.moment)
        yield Notice().data_bind(DetailScreen.board)
        yield Heading()
        with Horizontal(id="body"):
            yield FactsView()
            with Vertical(id="side"):
                yield MetricChart()
                yield RelatedList()
        yield KeyHints("console", "detail").data_bind(keymap=DetailScreen.keys)

    def on_mount(self) -> None:
        self._show()

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")

    def watch_board(self) -> None:
        self._show()

    def watch_moment(self) -> None:
        self._show()

    def _show(self) -> None:
        if not stands(self):
            return
        item = next((one for one in self._snapshot.items if KEY_OF[self._kind](one) == self._key), None)
        gone = item is None and self._last is not None
        self._last = item if item is not None else self._last
        if self._last is None:
            self.query_one(Heading).show(Line.of(("it is not on the board any more", "warn")))
            return
        self._facts = FACTS_OF[self._kind](self._last, self.board, self.moment)
        self.query_one(Heading).show(
            Line.of(self._facts.title, ("   gone: this is what was last seen" if gone else "", "warn"))
        )
        self.query_one(FactsView).show(self._facts.sections)
        self.query_one(RelatedList).show(tuple(related.label for related in self._facts.related))
        self.query_one(RelatedList).border_title = "Related"
        self._title_facts()
        self._draw_chart()

    @property
    def _snapshot(self) -> Any:
        return getattr(self.board, self._kind)

    def _title_facts(self) -> None:
        state = self._snapshot.state_at(self.moment.monotonic)
        age = span_of(self._snapshot.age_s(self.moment.monotonic))
        facts = self.query_one(FactsView)
        facts.border_title = Content.assemble((f"{state.value} {age}", STATE_STYLE[state]))
        facts.border_subtitle = Content(self._snapshot.error or "")

    # The metric

    @property
    def _drawn(self) -> Chart | None:
        charts = self._facts.charts if self._facts else ()
        return charts[self._chart % len(charts)] if charts else None

    def _draw_chart(self) -> None:
        widget, chart = self.query_one(MetricChart), self._drawn
        widget.display = chart is not None
        if chart is None:
            return
        hours = WINDOWS_H[self._window]
        self._ask(chart.metric, hours)
        series = (
            self._series.get((chart.metric, hours))
            or self.board.series.get(chart.metric)
            or Series(chart.metric)
        )
        unit = f" {chart.unit}" if chart.unit else ""
        latest = "?" if series.latest is None else f"{series.latest * chart.scale:.3g}{unit}"
        limit = "" if chart.threshold is None else f"   limit {chart.threshold * chart.scale:.4g}{unit}"
        widget.border_title = Content.assemble((chart.title, "bold"), f"  {latest}{limit}")
        which = (
            f"{self._chart % len(self._facts.charts) + 1} of {len(self._facts.charts)} · "
            if self._facts
            else ""
        )
        what = self._window_error or (
            "no points in this window" if not series.values else f"{which}last {hours:g} h"
        )
        widget.border_subtitle = Content(what)
        widget.draw(chart, series, hours, self.moment.now, local=self.moment.local)

    def _ask(self, metric: Metric, hours: float) -> None:
        last = self._asked.get((metric, hours))
        if last is None or self.moment.monotonic - last > FRESH_S:
            self._asked[metric, hours] = self.moment.monotonic
            self.post_message(JobRequested(self, ReadWindow(metric, hours)))

    @on(JobAnswered)
    def _keep_window(self, message: JobAnswered) -> None:
        if isinstance(message.job, ReadWindow):
            self._window_error = message.error
            if message.error is None:
                self._series[message.job.metric, message.job.hours] = message.result
            self._draw_chart()

    # Keys

    def action_back(self) -> None:
        self.dismiss()

    def action_window(self, by: int) -> None:
        self._window = max(0, min(len(WINDOWS_H) - 1, self._window + by))
        self._draw_chart()

    def action_next_metric(self) -> None:
        self._chart += 1
        self._draw_chart()

    def action_related(self, digit: int) -> None:
        related = self._facts.related if self._facts else ()
        if digit <= len(related):
            self.post_message(OpenRequested(related[digit - 1].kind, related[digit - 1].key))

    def action_refresh(self) -> None:
        self._asked.clear()
        self.post_message(RefreshRequested(self._kind))
        self._draw_chart()

    def action_scroll(self, lines: int) -> None:
        self.query_one(FactsView).scroll_relative(y=lines, animate=False)

    def action_logs(self) -> None:
        name = self._facts.name if self._facts else self._key
        wanted = LogsAbout(self._kind, self._key, name)
        self.post_message(LogsRequested(reaching_back(wanted, self._last, self.moment.now)))

    def action_trail(self) -> None:
        tell_story(self, clues_of(self._last, self.board))

    def action_copy_name(self) -> None:
        self._copy(self._facts.name if self._facts else "")

    def action_copy_arn(self) -> None:
        self._copy(self._facts.arn if self._facts else "")

    def _copy(self, text: str) -> None:
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"Sent to the terminal's clipboard: {text}", markup=False, timeout=3)
