"""The app: the one place where the engine meets the screens."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.text import Text
from textual import events, on
from textual.binding import BindingType
from textual.reactive import var
from textual.screen import Screen

import screens
from screens.bindings import bindings, carry_out
from screens.shift import ShiftScreen
from screens.steady import SteadyApp
from screens.themes import CYCLE, THEMES
from screens.widgets.pane import Moment
from tradai_console.clock import Clock, SystemClock
from tradai_console.crash import report
from tradai_console.engine_link import EngineLink
from tradai_console.hangup import heed_hangup
from tradai_console.messages import (
    DrillAnswered,
    IncidentOpened,
    JobAnswered,
    JobRequested,
    LogsRequested,
    NewsArrived,
    OpenRequested,
    PauseRequested,
    RefreshRequested,
    ScreenRequested,
    TrailRequested,
)
from tradai_console.models.board import FIGURES, Board
from tradai_console.quiet import QuietCollector
from tradai_console.settings import Settings

if TYPE_CHECKING:
    from textual.command import Provider

    from screens.announcer import Announcer
    from screens.log.ring import LogRing
    from tradai_console.incident import Incident
    from tradai_console.models.drill import Drills
    from tradai_console.models.oncall import SectionName
    from tradai_console.models.workflow import Workflow
    from tradai_console.news import News

TICK_S: Final = 1.0
STAGGER_S: Final = 0.1
"""Between the panes: all seven drawn in one go are a stall that a key would wait for."""

SETTLED_S: Final = 4.0
"""Start-up is over by then: what it made is taken out of the garbage collector's sight."""

IDLE_AFTER_S: Final = 600.0
"""Without a key for so long nobody looks: everything is read more slowly."""

IDLE_STRETCH: Final = 4.0
HANGUP_CODE: Final = 129
STYLES: Final = Path(screens.__file__).parent


def _action_commands() -> type[Provider]:
    """The palette's provider, imported when the palette is opened."""
    from screens.palette import ActionCommands

    return ActionCommands


def _job_commands() -> type[Provider]:
    from screens.palette import JobCommands

    return JobCommands


class ConsoleApp(SteadyApp):
    """TradAI Console. Screens are bound to `board` and `moment`; their requests arrive here as messages."""

    TITLE = "TradAI Console"
    # Textual does not load the style sheet of a default screen: the Shift screen's is named here.
    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES / "console.tcss", STYLES / "shift.tcss"]
    COMMANDS: ClassVar[set[Any]] = {_action_commands, _job_commands}
    BINDINGS: ClassVar[list[BindingType]] = bindings("console")
    ENABLE_COMMAND_PALETTE = True

    # No screen is drawn anew because one of these is: who shows a part of it draws that part.
    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)
    """The operator's own keys, by action id."""

    def __init__(
        self,
        settings: Settings,
        *,
        keys: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        engine: EngineLink | None = None,
        drills: Drills | None = None,
    ) -> None:
        """Without an engine the console shows the board that is set from outside. The app ends its engine.

        Only the demo has drills.
        """
        super().__init__()
        self._settings = settings
        self._wear_theme()
        self.set_reactive(ConsoleApp.keys, dict(keys or {}))
        self._clock = clock or SystemClock()
        self._engine = engine
        self._drills = drills
        self._collector = QuietCollector()
        self._last_key = self._clock.monotonic()
        self._idle = False
        self._all_paused = False
        self._rings: dict[str, LogRing] = {}
        self._announcing: Announcer | None = None
        self.sections: tuple[SectionName, ...] = ()
        """Every section of the runbooks: the palette finds them."""

    def get_default_screen(self) -> Screen[None]:
        shift = ShiftScreen(self._settings, stagger_s=STAGGER_S if self._engine is not None else 0.0)
        return shift.data_bind(ConsoleApp.board, ConsoleApp.moment, ConsoleApp.keys)

    def on_mount(self) -> None:
        self.set_keymap(dict(self.keys))
        self._tick()
        self.set_interval(TICK_S, self._tick)
        heed_hangup(self._hang_up)
        if self._engine is not None:
            self.call_after_refresh(self._engine.listen, self._hear)
            self.set_timer(SETTLED_S, self._collector.begin)
        if self._drills is not None:
            self._drills.listen(self._hear_of_drill)

    def _wear_theme(self) -> None:
        """Put the theme on before the style sheets are read: afterwards all of them would be read again."""
        for theme in THEMES:
            self.register_theme(theme)
        known = self._settings.theme in self.available_themes
        self.set_reactive(ConsoleApp.theme, self._settings.theme if known else CYCLE[0])
        self.stylesheet.set_variables(self.get_css_variables())

    @property
    def scopes(self) -> tuple[str, ...]:
        """Whose actions work on every screen."""
        return ("console",) if self._drills is None else ("console", "drill")

    def on_unmount(self) -> None:
        if self._announcing is not None:
            self._announcing.end()
        if self._drills is not None:
            self._drills.stop()
        if self._engine is not None:
            self._engine.stop()

    def _hear(self, news: News) -> None:
        """Called on the link's thread; `post_message` is the way over."""
        self.post_message(NewsArrived(news))

    @on(NewsArrived)
    def _keep(self, message: NewsArrived) -> None:
        from tradai_console.news import AlertsListed, IncidentChanged, RunbooksListed, WorkflowTold

        if isinstance(message.news, WorkflowTold):
            self._show_workflow(message.news.workflow)
            return
        if isinstance(message.news, IncidentChanged):
            self._show_incident(message.news.incident)
            return
        if isinstance(message.news, RunbooksListed):
            self.sections = message.news.sections
            return
        if isinstance(message.news, AlertsListed):
            self._announcer.announce(message.news)
            if self._drills is not None:
                self._drills.heed(message.news.alerts)
        self.board, failure = message.applied_to(self.board)
        if failure:
            self.notify(failure, title="The engine", severity="error", timeout=60, markup=False)

    @property
    def _announcer(self) -> Announcer:
        if self._announcing is None:
            from screens.announcer import Announcer

            self._announcing = Announcer(self, self._settings)
        return self._announcing

    def _tick(self) -> None:
        now = self._clock.monotonic()
        self.moment = Moment(self._clock.now(), now, self.moment.local)
        self._collector.mind(now, self._last_key)
        if not self._idle and now - self._last_key > IDLE_AFTER_S and self._engine is not None:
            self._idle = True
            self._engine.attend(IDLE_STRETCH)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.AppFocus):
            self._last_key = self._clock.monotonic()
            if self._idle and self._engine is not None:
                self._idle = False
                self._engine.attend(1.0)
        await super().on_event(event)

    # What screens ask for

    @on(RefreshRequested)
    def _refresh_source(self, message: RefreshRequested) -> None:
        if self._engine is not None:
            self._engine.refresh(message.source)
            self._engine.refresh(FIGURES)

    @on(PauseRequested)
    def _pause_source(self, message: PauseRequested) -> None:
        if self._engine is not None:
            self._engine.pause(message.paused, message.source)

    @on(OpenRequested)
    @on(LogsRequested)
    @on(TrailRequested)
    def _open(self, message: OpenRequested | LogsRequested | TrailRequested) -> None:
        from screens.opening import screen_of

        if not self.comes_too_late(message):
            self._show_over(screen_of(message, self._settings))

    @on(ScreenRequested)
    def _show_requested(self, message: ScreenRequested) -> None:
        if not self.comes_too_late(message):
            self._show_over(message.screen, message.then)

    def _show_over(self, screen: Screen[Any], then: Callable[[Any], None] | None = None) -> None:
        self.push_screen(screen.data_bind(ConsoleApp.board, ConsoleApp.moment, ConsoleApp.keys), then)

    @on(JobRequested)
    def _ask_engine(self, message: JobRequested) -> None:
        if self._engine is not None:
            self._engine.ask(message.job, lambda result, error: self._answer(message, result, error))

    def _answer(self, request: JobRequested, result: Any, error: str | None) -> None:
        """Called on the link's thread."""
        from tradai_console.jobs import OpenIncident
        from tradai_console.oncall_jobs import OpenSection

        if isinstance(request.job, OpenIncident | OpenSection) and error is None:
            self.post_message(IncidentOpened(result))
        else:
            request.asker.post_message(JobAnswered(request.job, result, error))

    @on(IncidentOpened)
    def _open_incident(self, message: IncidentOpened) -> None:
        from screens.incident import IncidentScreen

        incident = message.incident
        screen = IncidentScreen(self._settings, incident, self._ring(incident.key))
        screen.data_bind(ConsoleApp.board, ConsoleApp.moment, ConsoleApp.keys)
        if isinstance(self.screen, IncidentScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen, self._left_incident)

    def _left_incident(self, _nothing: None) -> None:
        """Nobody looks at it any more: the engine asks for nothing on its behalf."""
        from tradai_console.oncall_jobs import Leave

        if self._engine is not None:
            self._engine.ask(Leave(), lambda _result, _error: None)

    def action_open_section(self, runbook: str, anchor: str) -> None:
        """A section of any runbook: walked on to from an incident, else opened without an alert."""
        from screens.incident import IncidentScreen
        from tradai_console.oncall_jobs import OpenSection

        if isinstance(self.screen, IncidentScreen):
            self.screen.turn_to(runbook, anchor)
        else:
            self.post_message(JobRequested(self, OpenSection(runbook, anchor)))

    @on(JobAnswered)
    def _own_answer(self, message: JobAnswered) -> None:
        """Of what the app itself has asked: only that it failed is to be told."""
        if message.error is not None:
            self.notify(message.error, severity="error", markup=False, timeout=8)

    def _show_incident(self, incident: Incident) -> None:
        """News of an open incident goes to its screen, if it is open."""
        from screens.incident import IncidentScreen

        for screen in self.screen_stack:
            if isinstance(screen, IncidentScreen) and screen.key == incident.key:
                screen.renew(incident)

    def _show_workflow(self, workflow: Workflow) -> None:
        """News of an execution goes to the screens that show it."""
        from screens.history import HistoryScreen
        from screens.workflow import WorkflowScreen

        for screen in self.screen_stack:
            if isinstance(screen, WorkflowScreen | HistoryScreen) and screen.workflow_key == workflow.key:
                screen.renew(workflow)

    def _ring(self, key: str) -> LogRing:
        """The log of an incident, kept while the console is open."""
        from screens.log.ring import LogRing

        return self._rings.setdefault(key, LogRing())

    def _hear_of_drill(self, result: Any, error: str | None = None) -> None:
        """Called on the drills' own thread."""
        self.post_message(DrillAnswered(result, error))

    @on(DrillAnswered)
    def _show_drill(self, message: DrillAnswered) -> None:
        from screens.drills import show_drill_news

        if (drills := self._drills) is not None:
            show_drill_news(self, message, lambda name: drills.begin(name, self._hear_of_drill))

    def action_drill(self, what: str) -> None:
        if self._drills is not None:
            ask = {
                "begin": self._drills.rehearsals,
                "card": self._drills.card,
                "give_up": self._drills.give_up,
            }
            ask[what](self._hear_of_drill)

    # Actions that work everywhere

    def action_help(self) -> None:
        from screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            below = self.screen

            async def run(call: str | None) -> None:
                if call:
                    await carry_out(below, call)

            self.push_screen(HelpScreen(below, self.keys), run)

    def action_next_theme(self) -> None:
        names = [name for name in CYCLE if name in self.available_themes]
        here = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(here + 1) % len(names)]

    def action_local_time(self) -> None:
        self.moment = replace(self.moment, local=not self.moment.local)

    def action_refresh_all(self) -> None:
        self.post_message(RefreshRequested(None))

    def action_pause_all(self) -> None:
        self._all_paused = not self._all_paused
        self.post_message(PauseRequested(None, self._all_paused))
        self.notify(
            "Nothing is read until you press P again." if self._all_paused else "Reading again.", markup=False
        )

    def _handle_exception(self, error: Exception) -> None:
        """A defect ends the console with a sentence and a report; under test it is raised as it is."""
        if self.is_no_defect(error):
            return
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.panic(Text(report(error, self._clock.now())))

    def _hang_up(self) -> None:
        if self._engine is not None:
            self._engine.stop()
        os._exit(HANGUP_CODE)
