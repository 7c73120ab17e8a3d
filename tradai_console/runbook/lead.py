"""Where something leads, and how the best of several leads is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tradai_console.platform import Platform
from tradai_console.runbook.model import GENERAL, UNMATCHED, AlertRule, Severity
from tradai_console.runbook.variables import accepts

Documents: TypeAlias = Mapping[str, tuple[str, ...]]
"""Anchors by runbook, those of its sections first: `Library.documents()`."""

NOTHING: Documents = {}


@dataclass(frozen=True)
class Match:
    """Where something leads."""

    alert: str
    severity: Severity
    runbook: str
    section: str | None
    """None: the runbook's top."""
    variables: Mapping[str, str]
    matched_by: str | None
    """`name`, `metric`, `tag`, `description`, `message`; None if nothing matched."""
    resolved: bool = False
    """A notification said that the trouble is over."""
    rule: AlertRule | None = field(default=None, repr=False)
    """The alert's rule: its first response and its logs. None if unmatched."""
    alarm: str | None = None
    """The alarm's name, where there is one."""

    @property
    def matched(self) -> bool:
        return self.alert != UNMATCHED


@dataclass(frozen=True)
class Case:
    """What every question is asked against."""

    rules: Sequence[AlertRule]
    env: str | None
    platform: Platform
    documents: Documents


def lead(rule: AlertRule, variables: Mapping[str, str], by: str) -> Match:
    """The lead to this alert."""
    ordered = dict(sorted(variables.items()))
    return Match(rule.name, rule.severity, rule.runbook, rule.section, ordered, by, rule=rule)


def unmatched(case: Case, alarm: str | None) -> Match:
    """The lead of what no rule knows."""
    general = next((rule for rule in case.rules if rule.name.casefold() == UNMATCHED.casefold()), None)
    variables = {"ALARM": alarm} if alarm and accepts("ALARM", alarm) else {}
    if general is None:
        section = next(iter(case.documents.get(GENERAL, ())), None)
        return Match(UNMATCHED, Severity.MEDIUM, GENERAL, section, variables, None, alarm=alarm)
    return replace(lead(general, variables, ""), matched_by=None, rule=None, alarm=alarm)


Candidate: TypeAlias = tuple[tuple[int, ...], AlertRule, Mapping[str, str]]


def best_of(candidates: Iterable[Candidate]) -> tuple[AlertRule, Mapping[str, str]] | None:
    """The best fitting one; None if two different alerts fit equally well."""
    ordered = sorted(candidates, key=lambda candidate: candidate[0], reverse=True)
    if not ordered:
        return None
    rank, rule, variables = ordered[0]
    if any(other.name != rule.name for same, other, _ in ordered[1:] if same == rank):
        return None
    return rule, variables
