"""The Workflow screen: why one execution failed, or where it is. It goes on living while it is looked at."""

from __future__ import annotations

from textual import on

from screens.changes import Changes
from screens.facts.offers import candidate_choices, offer_choices
from screens.facts.told import early_lines
from screens.facts.visit import log_of, payloads_of
from screens.history import HistoryScreen
from screens.log.state import StateLog
from screens.path import PathScreen
from screens.payload import PayloadScreen
from screens.standing import stands
from screens.stories import tell_story
from screens.widgets.ask import say
from screens.widgets.cause import CauseView
from screens.widgets.choose import ChooseScreen
from screens.widgets.line import Line
from screens.widgets.outline import OutlineView
from tradai_console.jobs import Job
from tradai_console.messages import JobAnswered, JobRequested, OpenRequested, ScreenRequested
from tradai_console.models.clue import Clue
from tradai_console.models.workflow import Candidates, Workflow
from tradai_console.settings import Settings
from tradai_console.workflow_jobs import (
    CloseWorkflow,
    OpenWorkflow,
    PlanWorkflow,
    ReadLog,
    ReadStates,
    RefreshWorkflow,
)


class WorkflowScreen(PathScreen):
    """One execution, or a job that has none."""

    def __init__(self, settings: Settings, wanted: str) -> None:
        """`wanted`: an execution's ARN or name, a job or trace id, a task, an alert's key."""
        super().__init__(settings)
        self._wanted = wanted
        self._changes = Changes(self, settings)

    @property
    def workflow_key(self) -> str | None:
        """By which the engine knows it; None before it has answered."""
        return self._workflow.key if self._workflow else None

    def on_mount(self) -> None:
        self._ask(OpenWorkflow(self._wanted))
        self._show_early()
        self.turn_to("outline")

    def on_unmount(self) -> None:
        if self._workflow is not None:
            self.app.post_message(JobRequested(self.app, CloseWorkflow(self._workflow.key)))

    def on_screen_resume(self) -> None:
        """Another screen of the same execution may have ended the reading of it."""
        if self._workflow is not None:
            self._ask(OpenWorkflow(self._workflow.key))

    # What comes in

    def renew(self, workflow: Workflow) -> None:
        """The execution has news."""
        if stands(self):
            self.show_workflow(workflow)

    def _is_older(self, workflow: Workflow) -> bool:
        """An execution that is opened again answers with its first screen, however much has been told since."""
        known = self._workflow
        return (
            known is not None
            and known.key == workflow.key
            and known.taken_at is not None
            and (workflow.taken_at is None or workflow.taken_at <= known.taken_at)
        )

    def watch_board(self) -> None:
        if stands(self) and self._workflow is None:
            self._show_early()

    def _show_early(self) -> None:
        """Before the engine has answered: what the pane knows of it."""
        known = next((one for one in self.board.workflows.items if one.arn == self._wanted), None)
        self.query_one(CauseView).say(*early_lines(known, self._wanted, self.moment))

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        match message.job:
            case OpenWorkflow() if message.error is not None and self._workflow is None:
                self.query_one(CauseView).say(Line.of(("? ", "warn"), (message.error, "warn")))
            case ReadLog(visit=visit):
                self._logs[visit] = message.error or message.result or "it has no lines"
                self.show_log()
            case _ if message.error is not None:
                self.notify(message.error, severity="error", markup=False, timeout=8)
            case OpenWorkflow() if isinstance(message.result, Candidates):
                self._choose(message.result)
            case OpenWorkflow():
                if not self._is_older(message.result):
                    self.renew(message.result)
            case ReadStates(fold=fold):
                self._opened[fold] = message.result
                if self._workflow is not None:
                    self.renew(self._workflow)
            case _:
                self._changes.answered(message)

    def _choose(self, found: Candidates) -> None:
        choices = candidate_choices(found)

        def chosen(key: str | None) -> None:
            if key is None:
                self.dismiss()
            else:
                self._wanted = key
                self._ask(OpenWorkflow(key))

        self.app.push_screen(ChooseScreen(f"{found.wanted}: {len(choices)} of this name", choices), chosen)

    # Keys: opening, copying, acting

    def action_open(self) -> None:
        visit = self.selected
        if visit is None or self._workflow is None:
            return
        child = visit.child_arn or (visit.attempts[-1].child_arn if visit.attempts else None)
        if visit.type == "Fold":
            self._ask(ReadStates(self._workflow.key, visit.id))
        elif child is not None and ":mapRun:" not in child:
            self.post_message(OpenRequested("workflows", child))
        else:
            self.action_payload("")

    def action_payload(self, part: str) -> None:
        """Open the state's texts at that one; "" the first there is: the cause, if it failed."""
        workflow, visit = self._workflow, self.selected
        if workflow is None:
            return
        texts = payloads_of(visit, workflow)
        place = next((n for n, (name, _) in enumerate(texts) if name == part), None if part else 0)
        if not texts or place is None:
            say(self, f"This state has no {part or 'text'}.")
            return
        title = visit.name if visit is not None else workflow.title
        screen = PayloadScreen(self._settings, workflow.key, title, texts, place)
        self.post_message(ScreenRequested(screen))

    def action_log(self) -> None:
        visit = self.selected
        if visit is not None and self._workflow is not None and visit.type == "Task":
            known, _ = log_of(visit, self._workflow, self._logs)
            if known is None and not self._logs.get(visit.id):
                self._logs[visit.id] = ""
                self._ask(ReadLog(self._workflow.key, visit.id))
                self.show_log()
        self.turn_to("log")

    def action_events(self) -> None:
        if self._workflow is not None:
            self.post_message(ScreenRequested(HistoryScreen(self._settings, self._workflow), self._go_to))

    def _go_to(self, visit: int | None) -> None:
        if visit is not None:
            self._follows = False
            self.turn_to("outline")
            if not self.query_one(OutlineView).select(str(visit)):
                say(self, "Its state is behind a fold.")
            self.show_selected()

    def action_trail(self) -> None:
        ids = dict(self._workflow.ids) if self._workflow is not None else {}
        execution = self._workflow.execution if self._workflow is not None else None
        wanted = ids.get("job") or ids.get("trace") or (execution.arn if execution else self._wanted)
        tell_story(self, (Clue(wanted, "execution"),))

    def action_good(self) -> None:
        good = self._workflow.good if self._workflow else None
        if good is None:
            say(self, "No good run of this machine is known.")
        else:
            self.post_message(OpenRequested("workflows", good.arn))

    def action_parent(self) -> None:
        parent = self._workflow.parent_arn if self._workflow else None
        if parent is None:
            say(self, "No execution started this one and waits for it.")
        else:
            self.post_message(OpenRequested("workflows", parent))

    def action_all_executions(self) -> None:
        self.post_message(OpenRequested("executions", ""))

    def action_act(self) -> None:
        """What can be done, to choose from: what cannot be done now is there with the reason."""
        workflow = self._workflow
        if workflow is None:
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                offer = workflow.offers[int(key)]
                self._changes.ask_about(PlanWorkflow(workflow.key, offer.action, offer.arguments))

        title = f"What to do about {workflow.title}"
        self.app.push_screen(ChooseScreen(title, offer_choices(workflow.offers)), chosen)

    def action_refresh(self) -> None:
        if self._workflow is not None:
            self._ask(RefreshWorkflow(self._workflow.key))
            say(self, "Reading everything about it anew.")

    def action_copy_cause(self) -> None:
        if self._workflow is not None:
            self._copy(f"{self._workflow.title}: {self._workflow.cause.line}")

    def action_copy_arn(self) -> None:
        if self._workflow is not None:
            self._copy(self._workflow.execution.arn if self._workflow.execution else self._workflow.key)

    def action_back(self) -> None:
        """One level: out of what is looked for in the log, the zoom, a part that has the small screen; then back."""
        if self.query_one(StateLog).back():
            return
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        elif self.has_class("-narrow") and (self.has_class("-graph") or self.has_class("-log")):
            self.turn_to("outline")
        else:
            self.dismiss()

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        say(self, f"Sent to the terminal's clipboard: {text}")

    def _ask(self, job: Job) -> None:
        self.post_message(JobRequested(self, job))
