"""How a screen asks for changes: planned, shown, confirmed, carried out, and what came of it said.

A screen owns one `Changes`, with the key of the alert it works on or with none, and hands it the answers of its jobs:

    self._changes = Changes(self, settings, incident.key)
    self._changes.ask(Action("workflow.redrive", (("execution", arn),), line=0))

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        if not self._changes.answered(message): ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from textual.screen import Screen

from screens.facts.plan import command_question, plan_question
from screens.widgets.ask import ask, say
from screens.widgets.question import Question
from tradai_console.jobs import CarryOut, Execute, Job, PlanAction, PrepareCommand
from tradai_console.messages import JobAnswered, JobRequested
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.operations.plan import Confirm, Plan
from tradai_console.operations.shell import Command, Outcome
from tradai_console.runbook.model import Action, Shell
from tradai_console.settings import Settings
from tradai_console.workflow_jobs import ActOnWorkflow, PlanWorkflow

READ_ONLY = "Read-only: nothing is changed. y copies it; --allow-changes at the start allows it."


class Changes:
    """What one screen asks to have changed. Without `--allow-changes` it asks for nothing."""

    def __init__(self, screen: Screen[Any], settings: Settings, key: str | None = None) -> None:
        self._screen = screen
        self._settings = settings
        self._key = key
        self._file = ""

    @property
    def allowed(self) -> bool:
        """Whether this console may change anything."""
        return self._settings.allow_changes

    def confirm(self, plan: Plan, key: str | None, step: str = "") -> None:
        """Show a plan that was made otherwise than by `ask`, and carry it out once it is confirmed."""
        self._confirm(PlanAction(key, Action(plan.action, (), 0), step), plan)

    def ask(self, action: Action, step: str = "") -> None:
        """Have the action planned; the plan is shown when it comes, and nothing is done before it is confirmed."""
        if not self._settings.allow_changes:
            say(self._screen, READ_ONLY)
            return
        self._request(PlanAction(self._key, action, step))
        say(self._screen, "Looking at what it would do …")

    def ask_about(self, job: PlanWorkflow) -> None:
        """The same for what can be done about an execution."""
        if not self._settings.allow_changes:
            say(self._screen, READ_ONLY)
            return
        self._request(job)
        say(self._screen, "Looking at what it would do …")

    def run(self, block: Shell, file: str, step: str) -> None:
        """Have a `sh` block of this file made ready; it is shown when it is. Without changes allowed it is copied."""
        if self._settings.allow_changes and self._key is not None:
            self._file = file
            self._request(PrepareCommand(self._key, block, step))
        else:
            self.copy(block.text)

    def copy(self, text: str) -> None:
        """To the terminal's clipboard."""
        self._screen.app.copy_to_clipboard(text)
        say(self._screen, "Sent to the terminal's clipboard.")

    def answered(self, message: JobAnswered) -> bool:
        """Go on with what the engine says. False if the answer is to no question of a change."""
        if message.error is not None:
            return False
        match message.job:
            case PlanAction() | PlanWorkflow():
                self._confirm(message.job, message.result)
            case CarryOut() | ActOnWorkflow():
                self._said_of(message.job.plan, message.result)
            case PrepareCommand():
                self._confirm_command(message.job, message.result)
            case Execute():
                self._ended(message.result)
            case _:
                return False
        return True

    # A plan

    def _confirm(self, job: PlanAction | PlanWorkflow, plan: Plan) -> None:
        if plan.refused is not None:
            ask(self._screen, plan_question(plan), lambda _answer: None)
        else:
            self._secrets(job, plan, {})

    def _secrets(self, job: PlanAction | PlanWorkflow, plan: Plan, answers: Mapping[str, str]) -> None:
        """What is typed unseen comes first, then the confirmation."""
        missing = next((one for one in plan.asks if one.name not in answers), None)
        if missing is None:
            typed = plan.confirm is Confirm.TYPE_NAME
            ask(
                self._screen,
                plan_question(plan),
                lambda answer: self._act(_carrying(job, plan, answer if typed else None, answers)),
            )
            return
        ask(
            self._screen,
            Question(plan.title, (), missing.prompt, secret=True),
            lambda answer: self._secrets(job, plan, {**answers, missing.name: answer}),
        )

    def _act(self, job: Job) -> None:
        self._request(job)
        say(self._screen, "Sent; looking at what came of it …")

    def _said_of(self, plan: Plan, evidence: Evidence) -> None:
        """What came of a change, as AWS shows it."""
        self._screen.notify(
            evidence.line,
            title=f"{evidence.verdict.value}: {plan.action}",
            severity="information" if evidence.verdict is Verdict.OK else "warning",
            markup=False,
            timeout=10,
        )

    # A command

    def _confirm_command(self, job: PrepareCommand, command: Command) -> None:
        question = command_question(command, self._file)
        if command.refused is not None and command.asks_trust:
            again = replace(job, trust=True)
            ask(self._screen, question, lambda _answer: self._request(again))
        elif command.refused is not None:
            ask(self._screen, question, lambda _answer: self.copy(job.block.text))
        else:
            run = Execute(job.key, command, job.step)
            ask(self._screen, question, lambda _answer: self._request(run))

    def _ended(self, outcome: Outcome) -> None:
        ended = outcome.ended or f"exit {outcome.code}"
        say(self._screen, f"It ended: {ended}. What it said stands at its step.")

    def _request(self, job: Job) -> None:
        self._screen.post_message(JobRequested(self._screen, job))


def _carrying(
    job: PlanAction | PlanWorkflow, plan: Plan, typed: str | None, answers: Mapping[str, str]
) -> Job:
    """What carries a confirmed plan out."""
    if isinstance(job, PlanWorkflow):
        return ActOnWorkflow(job.key, plan, typed, answers)
    return CarryOut(job.key, plan, job.step, typed, answers)
