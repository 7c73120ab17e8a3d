"""What is changed from the desk: actions planned and carried out, and a runbook's commands run.

Nothing here asks the operator: a plan or a command comes back to the screen, is shown there and confirmed, and
comes again to be carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Final

from tradai_console.aws.door import Door
from tradai_console.clock import Clock
from tradai_console.errors import ConsoleError
from tradai_console.incident_run import IncidentRun
from tradai_console.journal.base import Entry, Journal, JournalDelayed, Kind
from tradai_console.models.alert import Alert
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.models.oncall import Letter
from tradai_console.operations.carrying_out import carry_out
from tradai_console.operations.context import ActionContext
from tradai_console.operations.plan import Plan
from tradai_console.operations.planning import plan_action
from tradai_console.operations.shell import Command, Outcome, prepare
from tradai_console.operations.shell import run as run_shell
from tradai_console.operations.trust import Trust
from tradai_console.platform import Platform
from tradai_console.runbook.arguments import fill
from tradai_console.runbook.catalogue import ACTIONS
from tradai_console.runbook.model import Action, Shell
from tradai_console.settings import Settings

KEPT_LINES: Final = 200
"""Of a command's output in the journal; the screen shows as many."""


class Changing:
    """Changes for an incident that is open, for an alert, or for none (`key` is None then)."""

    def __init__(
        self,
        door: Door,
        platform: Platform,
        settings: Settings,
        clock: Clock,
        journal: Journal,
        operator: str,
        running: Callable[[str], IncidentRun | None],
        alert: Callable[[str], Alert],
    ) -> None:
        """`running` gives the open incident of a key, `alert` its alert or raises ConsoleError."""
        self._door = door
        self._once = Door(settings, clock, attempts=1)
        self._platform = platform
        self._settings = settings
        self._clock = clock
        self._journal = journal
        self._operator = operator
        self._running = running
        self._alert = alert
        self._trust = Trust()

    async def __aenter__(self) -> Changing:
        await self._once.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._once.__aexit__(kind, error, trace)

    async def plan(self, key: str | None, action: Action, step: str) -> Plan:
        """What an action would do. Changes nothing. Raises ConsoleError naming what is missing."""
        run = self._running(key) if key is not None else None
        variables = run.incident.variables if run is not None else {}
        filled = fill(action.arguments, variables, ACTIONS.get(action.name))
        if filled.missing:
            raise ConsoleError(
                f"{action.name} needs {', '.join(filled.missing)}: press v and type {filled.missing[0]}=… first"
            )
        if filled.refused:
            raise ConsoleError(
                f"{action.name}: the value of {', '.join(filled.refused)} is not one that may be used"
            )
        return await plan_action(action.name, filled.values, self._acting(key, step))

    async def plan_letter(self, key: str | None, letter: Letter, step: str) -> Plan:
        """What sending this letter would do. Changes nothing."""
        context = replace(self._acting(key, step), letter=letter)
        return await plan_action("alerts.escalate", {"level": letter.level}, context)

    async def act(
        self, key: str | None, plan: Plan, step: str, typed: str | None, answers: Mapping[str, str]
    ) -> Evidence:
        """Carry a confirmed plan out, and let an open incident look again at everything."""
        evidence = await carry_out(plan, self._acting(key, step), typed=typed, answers=answers)
        if plan.action == "alerts.escalate" and evidence.verdict is Verdict.OK:
            await self._note_escalation(key, plan, step)
        run = self._running(key) if key is not None else None
        if run is not None:
            await run.acted(step, evidence)
        return evidence

    async def _note_escalation(self, key: str | None, plan: Plan, step: str) -> None:
        """Who reads the journal looks for the level and the words, not for a call."""
        context = self._acting(key, step)
        sent = plan.calls[0].parameters
        entry = Entry(
            Kind.ESCALATE,
            self._clock.now(),
            self._operator,
            key,
            context.runbook,
            context.section,
            context.step,
            str(sent.get("Subject", "")),
            {"level": plan.expects.get("level", ""), "message": str(sent.get("Message", ""))},
        )
        with suppress(JournalDelayed):  # it waits in memory, and the journal says so by itself
            await self._journal.write(entry)

    async def command(self, key: str | None, block: Shell) -> Command:
        """A `sh` block with what it needs; `refused` says why it can only be copied."""
        incident = self._at(key).incident
        return await asyncio.to_thread(
            prepare, block, incident.runbook, incident.variables, self._settings, self._trust
        )

    async def trust(self, key: str | None, block: Shell) -> Command:
        """The operator has read the file and trusts it as it is now."""
        run = self._at(key)
        book = run.incident.runbook
        await asyncio.to_thread(self._trust.grant, book, self._operator, self._clock.now())
        await run.write(Kind.TRUST, text=book.path.name, sha256=book.sha256)
        return await self.command(key, block)

    async def execute(self, key: str | None, command: Command, step: str) -> Outcome:
        """Run a command that was shown and confirmed; what it said is kept at its step."""
        run = self._at(key)
        outcome = await run_shell(command, self._settings, confirmed=command.digest)
        said = "\n".join(outcome.lines[-KEPT_LINES:]) or "it said nothing"
        ended = outcome.ended or f"exit {outcome.code}"
        await run.write(Kind.OUTPUT, run.incident.step_at(step), f"{ended}\n{said}", code=outcome.code)
        return outcome

    def _at(self, key: str | None) -> IncidentRun:
        """The open incident whose runbook the command is of."""
        run = self._running(key) if key is not None else None
        if run is None:
            raise ConsoleError("this incident is not open any more: go back and open it again")
        return run

    def _acting(self, key: str | None, step: str) -> ActionContext:
        run = self._running(key) if key is not None else None
        incident = run.incident if run is not None else None
        alert = incident.alert if incident else self._alert(key) if key is not None else None
        return ActionContext(
            door=self._door,
            settings=self._settings,
            platform=self._platform,
            clock=self._clock,
            journal=self._journal,
            operator=self._operator,
            incident=key,
            runbook=incident.runbook.name if incident else None,
            section=incident.section.anchor if incident else None,
            step=step or None,
            alert=alert,
            facts=tuple(one.line for one in incident.evidence.values()) if incident else (),
            changes=self._once,
        )
