"""An incident that is open: its probes asked together and again, its log read, its walk kept in the journal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from tradai_console.alerts.lifecycle import SHOWN_RESOLVED
from tradai_console.errors import ConsoleError
from tradai_console.incident import Incident, carried_over, only_asks
from tradai_console.journal.base import Entry, Journal, JournalDelayed, Kind
from tradai_console.journal.progress import progress
from tradai_console.logs.about import incident_sources
from tradai_console.logs.source import TailSource
from tradai_console.models.alert import Alert
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.run import run_probe
from tradai_console.runbook.arguments import fill
from tradai_console.runbook.catalogue import PROBES
from tradai_console.runbook.library import Library
from tradai_console.runbook.model import Probe, Runbook, Section, Step
from tradai_console.runbook.variables import accepts

RENEW_S: Final = 20.0
"""How often the section's probes are asked again."""

SINCE: Final = timedelta(minutes=15)
"""How much of the log is read before it is followed."""

KEPT: Final = timedelta(minutes=1)
"""Evidence older than this is not shown to somebody who comes back."""

HOLDS: Final = 2
"""So many readings in a row must say ok before a step turns done by itself."""


class IncidentRun:
    """Asks for one incident. `tell` gets the incident whenever it changes; `follow` has its log read."""

    def __init__(
        self,
        alert: Alert,
        library: Library,
        probes: ProbeContext,
        journal: Journal,
        operator: str,
        tell: Callable[[Incident], None],
        follow: Callable[[tuple[TailSource, ...]], None],
    ) -> None:
        book, section = _section(library, alert)
        self._library = library
        self._rules = library.alerts()
        self._probes = probes
        self._journal = journal
        self._operator = operator
        self._tell = tell
        self._begun = asyncio.Event()
        self._wake = asyncio.Event()
        self._attended = asyncio.Event()
        self._attended.set()
        self._follow = follow
        self._followed: tuple[TailSource, ...] | None = None
        self._entries: list[Entry] = []
        self._held: dict[str, int] = {}
        self._found: dict[str, str] = {}
        """Variables that probes have settled, in any section that was walked."""
        self._told: dict[str, str] = {}
        """Variables of the alert as it was: one that only its alarm holds up by now tells less than it did."""
        self.incident = Incident(alert, book, section, self._variables(alert, {}))

    async def begun(self) -> Incident:
        """The incident, once the journal has said where it stood."""
        await self._begun.wait()
        return self.incident

    async def run(self) -> None:
        """Ask and read until cancelled."""
        await self.take_up()
        self._follow_log(wanted=False)  # its screen may ask for rows before any is read
        self._begun.set()
        await self._ask_again()

    async def take_up(self) -> None:
        """Go on where the journal says that it stands; a new walk if the alert has been over for a while since."""
        self._entries = list(await self._journal.entries(self.incident.key))
        now = self._probes.clock.now()
        begun = any(entry.kind is Kind.OPEN for entry in self._entries)
        if not begun or (self.incident.alert.open and _was_over(self._entries, now)):
            self._start_from_the_top()
            await self.write(Kind.OPEN, text=self.incident.alert.alert)
        self._go_where_it_stood()
        self._forget_old(now)
        self._show()

    def attend(self, attended: bool) -> None:
        """Whether somebody looks at it. While nobody does, nothing is asked and no log is read for it."""
        if attended:
            self._attended.set()
        else:
            self._attended.clear()
            self._follow_log(wanted=False)
        self._wake.set()

    def use_library(self, library: Library) -> None:
        """The runbooks have changed on disk: walk on in the section as it is now, at the same place.

        A section that is gone is walked to its end as it was.
        """
        self._library, self._rules = library, library.alerts()
        book = library.find(self.incident.runbook.name)
        section = book.section(self.incident.section.anchor) if book else None
        if book is None or section is None or section == self.incident.section:
            return
        evidence = carried_over(self.incident, section)
        self.incident = replace(self.incident, runbook=book, section=section, evidence=evidence)
        self._show()
        self.check_now()

    def renew(self, alert: Alert) -> None:
        """The alert has changed. What was asked before it ended, or came back, is not true any more."""
        before = self.incident.alert
        if alert != before:
            self._told |= before.variables
            self.incident = replace(self.incident, alert=alert)
            self._show()
        if alert.open is not before.open:
            self.check_now()

    def check_now(self) -> None:
        """Ask every probe now."""
        self._wake.set()

    async def write(
        self,
        kind: Kind,
        step: Step | None = None,
        text: str = "",
        *,
        into: tuple[Runbook, Section] | None = None,
        **data: Any,
    ) -> None:
        """Keep an entry of the walk. Raises JournalError if it could not be kept.

        `into`: the section that is walked from this entry on. It is shown with its place, never before it.
        """
        book, section = into or (self.incident.runbook, self.incident.section)
        entry = Entry(
            kind=kind,
            at=self._probes.clock.now(),
            operator=self._operator,
            incident=self.incident.key,
            runbook=book.name,
            section=section.anchor,
            step=step.anchor if step else None,
            text=text,
            data=data,
        )
        trouble = None
        try:
            kept = await self._journal.write(entry)
        except JournalDelayed as error:
            kept, trouble = entry, str(error)
        self._entries.append(kept)
        if into is not None:
            self._turn(book, section)
        self.incident = replace(self.incident, journal_trouble=trouble)
        self._show()

    async def turn_to(self, runbook: str, anchor: str) -> None:
        """Walk on in another section, of another runbook perhaps, with the variables that are known.

        Raises ConsoleError if the library has no such section.
        """
        book = self._library.find(runbook)
        section = book.section(anchor) if book else None
        if book is None or section is None:
            raise ConsoleError(f"no runbook section {runbook}#{anchor} is in the library")
        first = section.steps[0] if section.steps else None
        step = next((one for one in section.steps if one.anchor == anchor), first)
        await self.write(Kind.PLACE, step, into=(book, section))
        self.check_now()

    async def fill_in(self, name: str, value: str) -> None:
        """Set a variable. Raises ConsoleError if the value is none for it."""
        if not accepts(name, value):
            raise ConsoleError(f"{value!r} is no value for {name}")
        await self.write(Kind.VARIABLE, text=f"{name}={value}", name=name, value=value)
        self.check_now()

    async def acted(self, step: str, evidence: Evidence) -> None:
        """A change was made: what it showed is in the journal; everything is looked at anew."""
        self._probes = replace(self._probes, changed_at=self._probes.clock.monotonic())
        self._entries = list(await self._journal.entries(self.incident.key))
        found = self.incident.step_at(step)
        if found is not None and evidence.verdict is Verdict.OK:
            await self.write(Kind.DONE, found, evidence.line)
        self._show()
        self.check_now()

    # Probes

    async def _ask_again(self) -> None:
        """The probes first; the log when they have answered: both take their turns on one narrow road."""
        while True:
            await self._attended.wait()
            self._wake.clear()
            await self._ask_all()
            if self._attended.is_set():
                self._follow_log(wanted=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEW_S):
                    await self._wake.wait()

    async def _ask_all(self) -> None:
        """All probes of the section at once; each is shown when it has answered."""
        await asyncio.gather(
            *(
                self._ask(probe, self.incident.section)
                for step in self.incident.section.steps
                for probe in step.of(Probe)
            )
        )
        await self._settle_steps()

    async def _ask(self, probe: Probe, section: Section) -> None:
        filled = fill(probe.arguments, self.incident.variables, PROBES.get(probe.name))
        if filled.complete:
            evidence = await run_probe(probe.name, filled.values, self._probes)
        elif filled.missing:
            evidence = Evidence(
                Verdict.UNKNOWN, f"needs {', '.join(filled.missing)}: {_how_to_fill(filled.missing)}"
            )
        else:
            evidence = Evidence(Verdict.UNKNOWN, f"the value of {', '.join(filled.refused)} cannot be used")
        if self.incident.section is not section:
            return  # the walk has gone on elsewhere meanwhile: its probes stand at other lines
        self.incident = replace(self.incident, evidence={**self.incident.evidence, probe.line: evidence})
        self._heed(evidence)
        self._show()

    def _heed(self, evidence: Evidence) -> None:
        """What a probe has found fills a variable in; those that wait for it are asked at once."""
        new = {name: value for name, value in evidence.found.items() if accepts(name, value)}
        known = self.incident.variables
        if any(name not in known for name in new):
            self._wake.set()
        self._found |= new

    async def _settle_steps(self) -> None:
        """A step that only asks, and whose probes hold, turns done by itself once somebody has come to it."""
        here = self.incident.here
        for step in self.incident.section.steps:
            holds = only_asks(step) and self.incident.verdict(step) is Verdict.OK
            self._held[step.anchor] = self._held.get(step.anchor, 0) + 1 if holds else 0
            if step is here and self._held[step.anchor] >= HOLDS and not self.incident.done(step):
                with contextlib.suppress(ConsoleError):
                    await self.write(Kind.DONE, step, "its condition holds")

    # Inside

    def _follow_log(self, *, wanted: bool) -> None:
        """Have the log read that the alert's rule and the section name, or none. What is followed already goes on."""
        incident, platform = self.incident, self._probes.platform
        sources = incident_sources(
            self._rules, incident.alert.alert, incident.section, platform, incident.variables
        )
        if self._followed != (chosen := sources if wanted else ()):
            self._followed = chosen
            self._follow(chosen)

    def _start_from_the_top(self) -> None:
        """In the section that the alert leads to."""
        book, section = _section(self._library, self.incident.alert)
        if section is not self.incident.section:
            self._turn(book, section)

    def _forget_old(self, now: datetime) -> None:
        """What was found out long ago says nothing of now: it is asked anew."""
        kept = {
            spot: one
            for spot, one in self.incident.evidence.items()
            if one.taken_at is not None and now - one.taken_at <= KEPT
        }
        self.incident = replace(self.incident, evidence=kept)

    def _turn(self, book: Runbook, section: Section) -> None:
        """From here on this section is walked."""
        self._held.clear()
        self.incident = replace(self.incident, runbook=book, section=section, evidence={})

    def _go_where_it_stood(self) -> None:
        """An earlier walk may have led into another section."""
        at = progress(self._entries).at
        book = self._library.find(at.runbook) if at is not None else None
        section = book.section(at.section) if book and at else None
        if book is not None and section is not None and section is not self.incident.section:
            self._turn(book, section)

    def _variables(self, alert: Alert, filled: Mapping[str, str]) -> dict[str, str]:
        platform = self._probes.platform
        surroundings = {"ENV": platform.env, "REGION": self._probes.door.region, "CLUSTER": platform.cluster}
        surroundings["DB_INSTANCE"] = platform.database  # there is one; an alert may tell another name
        identity = self._probes.board().identity
        if identity is not None:
            surroundings["ACCOUNT"] = identity.account
        alarm = {"ALARM": alert.alarms[0]} if alert.alarms else {}
        return {**surroundings, **alarm, **self._found, **self._told, **alert.variables, **filled}

    def _show(self) -> None:
        done = progress(self._entries)
        self.incident = replace(
            self.incident, progress=done, variables=self._variables(self.incident.alert, done.variables)
        )
        self._tell(self.incident)


def _how_to_fill(missing: Sequence[str]) -> str:
    """What to press and to type, for the first of them."""
    return f"press v and type {missing[0]}=…"


def _was_over(entries: list[Entry], now: datetime) -> bool:
    """Whether the alert was over, and for so long that it is another one now and no flap of the same."""
    last = next((one for one in reversed(entries) if one.kind in (Kind.RESOLVE, Kind.OPEN)), None)
    return last is not None and last.kind is Kind.RESOLVE and now - last.at > SHOWN_RESOLVED


def _section(library: Library, alert: Alert) -> tuple[Runbook, Section]:
    book = library.find(alert.runbook) or library.find("general-triage")
    section = book.section(alert.section) if book else None
    if book is None or section is None:
        raise ConsoleError(f"no runbook section {alert.runbook}#{alert.section or ''} is in the library")
    return book, section
