"""The Incident screen: left the walk through the runbook, right the live evidence and, under it, the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantBlur, DescendantFocus, Resize
from textual.reactive import var
from textual.screen import Screen

from screens.alert_keys import AlertKeys
from screens.bindings import bindings
from screens.changes import Changes
from screens.facts.alert_heading import alert_heading
from screens.facts.evidence import evidence_sections
from screens.facts.facts import Section
from screens.log.panel import LogPanel
from screens.log.ring import LogRing
from screens.log.view import LogView
from screens.panes.alerts import about
from screens.standing import stands
from screens.stories import tell_story
from screens.widgets.ask import ask, say
from screens.widgets.facts_view import FactsView
from screens.widgets.frame import Frame, Notice
from screens.widgets.heading import Heading
from screens.widgets.hints import KeyHints, key_sign
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.question import Question
from screens.widgets.walk import WalkView
from tradai_console.incident import Incident, options_of, runnable
from tradai_console.jobs import (
    CheckNow,
    FillIn,
    KeepStep,
    TurnTo,
)
from tradai_console.messages import JobAnswered, JobRequested, LogsRequested, OpenRequested
from tradai_console.models.board import Board
from tradai_console.models.clue import clues_of
from tradai_console.models.log_feed import LogsAbout
from tradai_console.runbook.arguments import fill
from tradai_console.runbook.catalogue import ACTIONS
from tradai_console.runbook.model import Action, Shell, Step, Tick
from tradai_console.settings import Settings

SPLITS: Final = (30, 40, 50, 60, 70)
"""How much of the width the walk may have, percent."""


class IncidentScreen(Screen[None]):
    """One alert, walked through. Leaving it keeps the place; the journal has every step."""

    CSS_PATH = "incident.tcss"
    AUTO_FOCUS = "#walk"
    SCOPES = ("incident",)
    BINDINGS = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(self, settings: Settings, incident: Incident, ring: LogRing) -> None:
        super().__init__()
        self._settings = settings
        self._incident = incident
        self._ring = ring
        self._at = incident.here.anchor if incident.here else ""
        self._chosen = 0
        self._split = 2
        self._came_from: list[tuple[str, str, str]] = []
        """Runbook, step and the section's title, of each section that led into another, the last one last."""
        self._changes = Changes(self, settings, incident.key)
        self._alert_keys = AlertKeys(self, self._changes)

    @property
    def key(self) -> str:
        """The alert's key."""
        return self._incident.key

    @property
    def incident(self) -> Incident:
        """What is drawn."""
        return self._incident

    @property
    def step(self) -> Step | None:
        """The step that is open."""
        return self._incident.step_at(self._at)

    @property
    def chosen(self) -> Action | Shell | None:
        """What enter would run."""
        runs = runnable(self.step) if self.step else ()
        return runs[min(self._chosen, len(runs) - 1)] if runs else None

    @property
    def ring(self) -> LogRing:
        """The log beside the walk."""
        return self._ring

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(IncidentScreen.board, IncidentScreen.moment)
        yield Notice().data_bind(IncidentScreen.board)
        yield Heading()
        with Horizontal(id="body"):
            yield WalkView()
            with Vertical(id="side"):
                yield FactsView()
                yield LogPanel(self._ring, self.key, name=self._incident.alert.alert)
        yield KeyHints("console", "incident").data_bind(keymap=IncidentScreen.keys)

    def on_mount(self) -> None:
        self._show()
        self._lay_split()

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self._lay_split()

    # What comes in

    def renew(self, incident: Incident) -> None:
        """The incident has news. Where it has turned to another section the walk stands at its place there."""
        turned = incident.section.anchor != self._incident.section.anchor
        self._incident = incident
        if turned or incident.step_at(self._at) is None:
            self._at, self._chosen = incident.here.anchor if incident.here else "", 0
        self._show()

    def watch_moment(self, moment: Moment) -> None:
        if stands(self):
            self.query_one(LogPanel).show_moment(moment)
            self._show()

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _hint(self) -> None:
        """The footer tells the keys of whatever has them."""
        log = isinstance(self.focused, LogView)
        self.query_one(KeyHints).speak_for("console", "log" if log else "incident")

    def _show(self) -> None:
        if not stands(self):
            return
        incident = self._incident
        self.query_one(Heading).show(
            alert_heading(incident.alert, self.moment, trouble=incident.journal_trouble)
        )
        walk, step = self.query_one(WalkView), self.step
        walk.show(self._incident, self._at, self._chosen)
        section = self._incident.section
        done = sum(self._incident.done(one) for one in section.steps)
        walk.border_title = Content.assemble((self._incident.runbook.title, "bold"), " › ", section.title)
        walk.border_subtitle = Content(
            f"{self._way_back()}{step.number if step else 0} of {len(section.steps)} · {done} done"
        )
        facts = self.query_one(FactsView)
        facts.show(evidence_sections(self._incident, step, self.moment))
        facts.border_title = Content("Evidence")

    def _way_back(self) -> str:
        """The key that goes back to the section that led here, where the verification of its own alert stands."""
        if not self._came_from:
            return ""
        key = self.keys.get("incident.return", "backspace").split(",")[0]
        return f"{key_sign(key)}: {self._came_from[-1][2]} · "

    # Keys: the walk

    def action_move(self, by: int) -> None:
        focused = self.focused
        if isinstance(focused, FactsView):
            focused.scroll_relative(y=by, animate=False)
            return
        steps = self._incident.section.steps
        here = next((n for n, step in enumerate(steps) if step.anchor == self._at), 0)
        self._go(steps[max(0, min(len(steps) - 1, here + by))])

    def action_page(self, pages: int) -> None:
        focused = self.focused
        if focused is not None:
            focused.scroll_relative(y=pages * max(1, focused.size.height - 2), animate=False)

    def action_edge(self, end: int) -> None:
        focused = self.focused
        if isinstance(focused, WalkView):
            steps = self._incident.section.steps
            self._go(steps[0 if end < 0 else -1])
        elif isinstance(focused, FactsView):
            focused.scroll_to(y=0 if end < 0 else focused.max_scroll_y, animate=False)

    def action_choose(self, digit: int) -> None:
        step = self.step
        options = options_of(step) if step else ()
        if digit > len(options):
            say(self, "This step has no such choice.")
            return
        runbook, _, anchor = options[digit - 1].target.partition("#")
        found = self._incident.step_at(anchor) if not runbook else None
        if found is not None:
            self._go(found)
            return
        self.turn_to(runbook or self._incident.runbook.name, anchor)

    def turn_to(self, runbook: str, anchor: str) -> None:
        """Walk on in another section; backspace comes back."""
        incident = self._incident
        self._came_from.append((incident.runbook.name, self._at, incident.section.title))
        self._turn_to(runbook, anchor)

    def action_return(self) -> None:
        """Back to the step that led into this section."""
        if self._came_from:
            runbook, anchor, _ = self._came_from.pop()
            self._turn_to(runbook, anchor)
        else:
            say(self, "No other section has led here.")

    def _turn_to(self, runbook: str, anchor: str) -> None:
        self.post_message(JobRequested(self, TurnTo(self.key, runbook, anchor)))

    def action_next(self) -> None:
        """Done here; on to the next step that is not."""
        step = self.step
        if step is None:
            return
        self._keep("done", step)
        steps = self._incident.section.steps
        later = [one for one in steps if one.number > step.number and not self._incident.done(one)]
        if later:
            self._go(later[0])

    def action_tick(self) -> None:
        step = self.step
        ticks = step.of(Tick) if step else ()
        if step is None or not ticks:
            say(self, "This step has no box to tick.")
            return
        open_ones = [n for n in range(len(ticks)) if not self._incident.ticked(step, n)]
        if open_ones:
            self._keep("tick", step, ticks[open_ones[0]].text, tick=open_ones[0])
        else:
            self._keep("untick", step, ticks[-1].text, tick=len(ticks) - 1)

    def action_check(self) -> None:
        self.post_message(JobRequested(self, CheckNow(self.key)))
        say(self, "Asking every probe again.")

    def action_other(self) -> None:
        step = self.step
        runs = runnable(step) if step else ()
        if runs:
            self._chosen = (self._chosen + 1) % len(runs)
            self._show()

    def action_skip(self) -> None:
        step = self.step
        if step is not None:
            ask(
                self,
                Question(f"Skip: {step.title}", (), "why is it left out"),
                lambda why: self._keep("skip", step, why),
            )

    def action_note(self) -> None:
        self._alert_keys.note(self._incident.alert)

    def action_acknowledge(self) -> None:
        self._alert_keys.acknowledge(self._incident.alert)

    def action_mute(self) -> None:
        self._alert_keys.mute(self._incident.alert)

    def action_escalate(self) -> None:
        self._alert_keys.escalate(self._incident.alert)

    def action_mutes(self) -> None:
        self._alert_keys.mutes()

    def action_incidents(self) -> None:
        self._alert_keys.incidents()

    def action_variable(self) -> None:
        known = " ".join(f"{name}={value}" for name, value in self._incident.variables.items())
        ask(
            self,
            Question("Variables", (Section("known", (Line.of(known),)),), "NAME=value"),
            self._fill_in,
        )

    def _fill_in(self, text: str) -> None:
        name, _, value = text.partition("=")
        self.post_message(JobRequested(self, FillIn(self.key, name.strip().upper(), value.strip())))

    # Keys: what a step runs

    def action_run(self) -> None:
        step, block = self.step, self.chosen
        if step is None or block is None:
            self.action_next()
        elif isinstance(block, Action) and block.name == "alerts.escalate":
            self._alert_keys.escalate(self._incident.alert, step.anchor, dict(block.arguments).get("level"))
        elif isinstance(block, Action):
            self._changes.ask(block, step.anchor)
        else:
            self._changes.run(block, self._incident.runbook.path.name, step.anchor)

    def action_copy(self) -> None:
        """The command of a `sh` step, or the action as it would be named."""
        block = self.chosen
        if block is None:
            say(self, "There is nothing to copy in this step.")
        else:
            self._changes.copy(block.text if isinstance(block, Shell) else self._named(block))

    def _named(self, action: Action) -> str:
        filled = fill(action.arguments, self._incident.variables, ACTIONS.get(action.name))
        return " ".join((action.name, *(f"{name}={value}" for name, value in filled.values.items())))

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        if message.error is not None:
            self.notify(message.error, severity="error", markup=False, timeout=8)
        elif self._changes.answered(message) or self._alert_keys.answered(message):
            return
        elif isinstance(message.result, str):
            say(self, message.result)

    # Keys: the screen

    def action_side(self) -> None:
        order = [self.query_one(WalkView), self.query_one(FactsView), self.query_one(LogView)]
        here = order.index(self.focused) if self.focused in order else 0
        order[(here + 1) % len(order)].focus()

    def action_split(self, by: int) -> None:
        self._split = max(0, min(len(SPLITS) - 1, self._split + by))
        self._lay_split()

    def _lay_split(self) -> None:
        """How much of the width the walk has; all of it where the others stand below it."""
        share = 100 if self.has_class("-narrow") else SPLITS[self._split]
        self.query_one(WalkView).styles.width = f"{share}%"

    def action_workflow(self) -> None:
        names, own = self._incident.variables, self._incident.alert.variables
        typed = names.get("EXECUTION") or (f"job:{names['JOB_ID']}" if names.get("JOB_ID") else "")
        if own.get("EXECUTION") or own.get("JOB_ID"):
            self.post_message(OpenRequested("workflows", self.key))
        elif typed:
            self.post_message(OpenRequested("workflows", typed))
        else:
            say(self, "This alert is about no execution and no job; v fills JOB_ID or EXECUTION in.")

    def action_trail(self) -> None:
        tell_story(self, clues_of(self._incident, self.board))

    def action_logs(self) -> None:
        alert = self._incident.alert
        called = f"{alert.alert} {about(alert)}".strip()
        self.post_message(LogsRequested(LogsAbout("alerts", alert.key, called)))

    def action_back(self) -> None:
        if not self.query_one(LogPanel).back():
            self.dismiss()

    # Inside

    def _go(self, step: Step) -> None:
        if step.anchor != self._at:
            self._at, self._chosen = step.anchor, 0
            self._show()
            self._keep("place", step)

    def _keep(self, kind: str, step: Step, text: str = "", **data: Any) -> None:
        self.post_message(JobRequested(self, KeepStep(self.key, kind, step, text, data)))
