"""An open incident as one frozen value: the alert, its section of the runbook, what the probes say, how far the walk is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tradai_console.journal.base import Place, Progress
from tradai_console.models.alert import Alert
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.runbook.model import (
    Action,
    Decision,
    Option,
    Probe,
    Runbook,
    Section,
    Shell,
    Step,
    Text,
    Tick,
)

Spot: TypeAlias = int
"""Where a block stands: its line in the runbook's file, which no other block has."""


@dataclass(frozen=True)
class Incident:
    """What the Incident screen draws. A new one comes with each change."""

    alert: Alert
    runbook: Runbook
    section: Section
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The alert's, those of the surroundings, and those filled in by hand."""
    evidence: Mapping[Spot, Evidence] = field(default_factory=dict, hash=False)
    """What each probe of the section said last; missing: it has not answered yet."""
    progress: Progress = field(default_factory=Progress)
    journal_trouble: str | None = None
    """Why nothing can be written down at present; None: it is."""

    @property
    def key(self) -> str:
        return self.alert.key

    def place(self, step: Step) -> Place:
        """The step, as the journal names it."""
        return Place(self.runbook.name, self.section.anchor, step.anchor)

    def done(self, step: Step) -> bool:
        return self.place(step) in self.progress.done

    def skipped(self, step: Step) -> str | None:
        """Why it was left out; None if it was not."""
        return self.progress.skipped.get(self.place(step))

    def ticked(self, step: Step, index: int) -> bool:
        return (self.place(step), index) in self.progress.ticks

    def verdict(self, step: Step) -> Verdict | None:
        """The worst of what the step's probes say; None while one has not answered, or if it has none."""
        said = [self.evidence.get(probe.line) for probe in step.of(Probe)]
        if not said or any(one is None for one in said):
            return None
        found = {one.verdict for one in said if one is not None}
        return next(v for v in (Verdict.BAD, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK) if v in found)

    def step_at(self, anchor: str) -> Step | None:
        """The step with this anchor."""
        return next((step for step in self.section.steps if step.anchor == anchor), None)

    @property
    def here(self) -> Step | None:
        """Where the walk stands: the place kept in the journal, else the first step."""
        at = self.progress.at
        own = (self.runbook.name, self.section.anchor)
        found = self.step_at(at.step) if at is not None and (at.runbook, at.section) == own else None
        return found or (self.section.steps[0] if self.section.steps else None)


def options_of(step: Step) -> tuple[Option, ...]:
    """Where the step's decisions lead, and then the links of its sentences, in the order of their digits."""
    decided = [option for decision in step.of(Decision) for option in decision.options]
    taken = {option.target for option in decided}
    linked = [option for text in step.of(Text) for option in text.ways if option.target not in taken]
    return (*decided, *linked)[:9]


def runnable(step: Step) -> tuple[Action | Shell, ...]:
    """What enter can run in the step."""
    return tuple(block for block in step.blocks if isinstance(block, Action | Shell))


def only_asks(step: Step) -> bool:
    """Whether the step is a question that its probes answer: it turns done by itself when they all say ok."""
    return bool(step.of(Probe)) and not any(
        isinstance(block, Tick | Action | Shell | Decision) for block in step.blocks
    )


def carried_over(incident: Incident, section: Section) -> Mapping[Spot, Evidence]:
    """What is known, for the same section read anew: a probe that asks the same has said the same."""
    said = {
        (probe.name, probe.arguments): incident.evidence[probe.line]
        for step in incident.section.steps
        for probe in step.of(Probe)
        if probe.line in incident.evidence
    }
    return {
        probe.line: said[probe.name, probe.arguments]
        for step in section.steps
        for probe in step.of(Probe)
        if (probe.name, probe.arguments) in said
    }
