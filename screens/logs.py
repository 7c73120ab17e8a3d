"""The Logs screen: the log of one thing, or of everything, followed for as long as it is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.reactive import var
from textual.screen import Screen

from screens.bindings import bindings
from screens.log.choose import ChooseScreen
from screens.log.panel import LogPanel
from screens.log.prompt import seconds_of
from screens.log.ring import LogRing
from screens.standing import stands
from screens.widgets.ask import AskScreen
from screens.widgets.drawn import LineBar
from screens.widgets.frame import Frame, Notice
from screens.widgets.heading import Heading
from screens.widgets.hints import KeyHints
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.question import Question
from screens.widgets.words import span_of
from tradai_console.log_jobs import FollowLog, LeaveLog, ListGroups
from tradai_console.messages import JobAnswered, JobRequested
from tradai_console.models.board import Board
from tradai_console.models.log_feed import GroupReading, LogsAbout
from tradai_console.models.snapshot import State
from tradai_console.settings import Settings

AGAIN_S: Final = 3.0
"""After the engine has lost a log it is asked for it again so much later."""

LONGEST_S: Final = 14 * 86_400.0
_NUMBERS: Final = count(1)


class LogsScreen(Screen[None]):
    """One log: which groups are followed and how that goes, and the lines."""

    CSS_PATH = "logs.tcss"
    AUTO_FOCUS = "#lines"
    SCOPES = ("logs",)
    BINDINGS: ClassVar[list[BindingType]] = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(self, settings: Settings, about: LogsAbout) -> None:
        super().__init__()
        self._settings = settings
        self._about = about
        self._key = ""
        self._groups: tuple[str, ...] | None = None
        """What is read; None: not known yet."""
        self._error: str | None = None

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(LogsScreen.board, LogsScreen.moment)
        yield Notice().data_bind(LogsScreen.board)
        yield Heading()
        yield GroupBar()
        yield LogPanel(LogRing(), name=self._about.name or "everything")
        yield KeyHints("console", "log").data_bind(keymap=LogsScreen.keys)

    def on_mount(self) -> None:
        self._follow()

    @property
    def panel(self) -> LogPanel:
        """The log itself."""
        return self.query_one(LogPanel)

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        self.set_class(event.size.height < 30, "-low")

    def watch_moment(self, moment: Moment) -> None:
        if stands(self):
            self.panel.show_moment(moment)
            self._show()

    # What is followed

    def _follow(self) -> None:
        """Ask for the log anew, from its beginning; what is in the ring stays until the first rows come."""
        self._groups, self._error = None, None
        self._leave()
        self._key = f"logs {next(_NUMBERS)}"
        self.post_message(JobRequested(self, FollowLog(self._key, self._about)))
        self._show()

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        job = message.job
        if isinstance(job, ListGroups):
            self._choose(message.result or (), message.error)
        elif not isinstance(job, FollowLog) or job.key != self._key:
            return
        elif message.error is not None:
            self._error = message.error
            self.set_timer(AGAIN_S, self._follow)
        else:
            self._groups = message.result
            self.panel.use(LogRing(), self._key, self._about.name or "everything")
        self._show()

    @on(LogPanel.Lost)
    def _lost(self, message: LogPanel.Lost) -> None:
        """The engine was started again, and knows nothing of this log."""
        self._error = message.error
        self._show()
        self.set_timer(AGAIN_S, self._follow)

    def _leave(self) -> None:
        if self._key:
            self.post_message(JobRequested(self, LeaveLog(self._key)))

    def _show(self) -> None:
        if not stands(self):
            return
        panel = self.panel
        panel.explain_empty(self._empty_words())
        self.query_one(Heading).show(self._heading())
        self.query_one(GroupBar).show(
            self._groups or (), panel.groups, panel.view.look.letters, panel.view.look.hues
        )

    @on(LogPanel.Changed)
    def _changed(self) -> None:
        self._show()

    def _heading(self) -> Line:
        about, panel = self._about, self.panel
        rate = f"{panel.rate:,.1f} lines/s" if panel.rate < 10 else f"{panel.rate:,.0f} lines/s"
        return Line.of(
            ("Logs", "strong"),
            "  ",
            (about.name or "everything", "accent"),
            (f"  last {span_of(about.since_s)} and what comes", "dim"),
            (f"  {rate}", "plain"),
            (f"   {self._error}" if self._error else "", "bad"),
            ("  more elsewhere: i" if panel.places else "", "warn"),
        )

    def _empty_words(self) -> str:
        about = self._about
        where = f"{self._settings.env}, {about.name or 'everything'}, the last {span_of(about.since_s)}"
        if self._error is not None:
            return f"not read: {self._error}"
        if self._groups is None:
            return f"looking for the log of {where} …"
        if not self._groups:
            return f"CloudWatch has no log group for this: {where}"
        reading = any(group.state is State.LOADING for group in self.panel.groups) or not self.panel.groups
        return f"reading {len(self._groups)} groups: {where} …" if reading else f"no line: {where}"

    # Keys

    def action_back(self) -> None:
        if not self.panel.back():
            self._leave()
            self.dismiss()

    def action_places(self) -> None:
        words = self.panel.places or "CloudWatch has the lines of this environment; no other place is known."
        self.notify(words, title="Where lines are", markup=False, timeout=30)

    def action_choose(self) -> None:
        self.post_message(JobRequested(self, ListGroups()))

    def _choose(self, groups: Sequence[str], error: str | None) -> None:
        if error is not None:
            self.notify(error, severity="error", markup=False, timeout=8)
            return
        services = [item.service for item in self.board.services.items]

        def chosen(about: LogsAbout | None) -> None:
            if about is not None:
                self._about = replace(about, since_s=self._about.since_s)
                self._follow()

        self.app.push_screen(ChooseScreen(services, groups), chosen)

    def action_since(self) -> None:
        question = Question(
            "How far back?", (), "15m, 2h, 1d: it is read anew from there", given=span_of(self._about.since_s)
        )
        self.app.push_screen(AskScreen(question), self._begin_at)

    def _begin_at(self, text: str | None) -> None:
        if text is None:
            return
        seconds = seconds_of(text)
        if seconds is None or not 0 < seconds <= LONGEST_S:
            self.notify("Give it as 15m, 2h or 1d, up to 14d.", markup=False, timeout=4)
            return
        self._about = replace(self._about, since_s=seconds)
        self._follow()


class GroupBar(LineBar):
    """Which groups are followed and how that goes, and what the letters of the services stand for."""

    DEFAULT_CSS = """
    GroupBar { height: 2; }
    """

    def __init__(self) -> None:
        super().__init__(id="groups")
        self._shown: tuple[tuple[str, ...], tuple[GroupReading, ...], tuple[tuple[str, str, str], ...]] = (
            (),
            (),
            (),
        )

    def show(
        self,
        groups: tuple[str, ...],
        readings: tuple[GroupReading, ...],
        letters: Mapping[str, str],
        hues: Mapping[str, str],
    ) -> None:
        """Draw these, if they are others."""
        legend = tuple((letter, name, hues.get(name, "dim")) for name, letter in letters.items())
        if self._shown != (groups, readings, legend):
            self._shown = groups, readings, legend
            self.refresh()

    def lines(self, width: int) -> tuple[Line, ...]:
        groups, readings, legend = self._shown
        known = {one.group: one for one in readings}
        ordered = sorted(groups, key=lambda group: known[group].error is None if group in known else True)
        first = fitted([_group(group, known.get(group)) for group in ordered], width, "groups")
        second = fitted(
            [Line.of((letter, hue), (f" {name}", "dim")) for letter, name, hue in legend], width, "services"
        )
        return first, second


def fitted(parts: Sequence[Line], width: int, what: str) -> Line:
    """As many of these as have room, and how many do not."""
    line = Line.of(" ")
    for number, part in enumerate(parts):
        rest = f"+{len(parts) - number} {what}"
        last = number == len(parts) - 1
        if line.width + part.width + 2 + (0 if last else len(rest)) > width:
            return Line.of(line, (rest, "dim"))
        line = Line.of(line, part, "  ")
    return line


def _group(group: str, reading: GroupReading | None) -> Line:
    name = group.removeprefix("/aws/lambda/") if group.startswith("/aws/lambda/") else group
    if reading is None or reading.state is State.LOADING:
        return Line.of(("◌ ", "dim"), (name, "dim"))
    if reading.error is not None:
        return Line.of(("✗ ", "bad"), name, (f" {reading.state.value.upper()}", "bad"))
    return Line.of(("● ", "good"), name, (" live tail" if reading.live else "", "accent"))
