"""What is wrong with a library of runbooks, each at its own line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tradai_console.platform import Platform
from tradai_console.runbook.catalogue import ActionSpec, ProbeSpec
from tradai_console.runbook.library import Library
from tradai_console.runbook.lint_blocks import Context, block_faults, group_faults, link_faults
from tradai_console.runbook.matrix import MATRIX
from tradai_console.runbook.model import (
    GENERAL,
    UNMATCHED,
    AlertRule,
    Fault,
    MessageRule,
    MetricRule,
    NameRule,
    Runbook,
    Step,
    Text,
)
from tradai_console.runbook.pattern import captures
from tradai_console.runbook.variables import PATTERNS


def lint(
    library: Library,
    platform: Platform,
    probes: Mapping[str, ProbeSpec],
    actions: Mapping[str, ActionSpec],
) -> tuple[Fault, ...]:
    """Every fault and warning of the library, by file and line. Empty: nothing is wrong."""
    lint = Context(library, platform, probes, actions)
    found = set(library.faults)
    for book in library.runbooks.values():
        found.update(_book(book, lint))
    found.update(_matrix(lint))
    return tuple(sorted(found))


def _matrix(lint: Context) -> Iterator[Fault]:
    """Every alert of the response matrix must lead to a section."""
    named = {alert.name.casefold() for alert in lint.library.alerts()}
    where = lint.library.directories[0] if lint.library.directories else Path()
    for alert, runbook in MATRIX.items():
        if alert.casefold() not in named:
            home = lint.library.find(runbook)
            yield Fault(home.path if home else where, 1, f"no runbook has a section for the alert {alert}")
    if lint.library.find(GENERAL) is None:
        yield Fault(where, 1, f"the runbook {GENERAL} is missing: an unmatched alarm has nowhere to lead")


def _book(book: Runbook, lint: Context) -> Iterator[Fault]:
    yield from _anchors(book)
    for alert in book.alerts:
        yield from _alert(alert, book, lint)
    yield from _unled(book)
    for link in book.links:
        yield from link_faults(link.target, link.line, book, lint)
    for section in book.sections:
        for block in (*section.intro, *section.background):
            yield from block_faults(block, book, lint)
        for step in section.steps:
            yield from _step(step, book)
            for block in step.blocks:
                yield from block_faults(block, book, lint)


def _anchors(book: Runbook) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for anchor, line in book.anchors:
        if anchor in seen:
            yield Fault(book.path, line, f"the anchor #{anchor} stands on line {seen[anchor]} already")
        seen.setdefault(anchor, line)


def _alert(alert: AlertRule, book: Runbook, lint: Context) -> Iterator[Fault]:
    anchors = {section.anchor for section in book.sections}
    if alert.section is not None and alert.section not in anchors:
        yield Fault(book.path, alert.line, f"{alert.name}: there is no section #{alert.section}")
    if not alert.match and alert.name != UNMATCHED:
        yield Fault(
            book.path, alert.line, f"{alert.name}: nothing leads to it, it has no match rules", warning=True
        )
    for rule in alert.match:
        yield from _unknown_names(_templates(rule), rule.line, book)
    for source in alert.logs:
        yield from _unknown_names((source.group, source.streams or ""), source.line, book)
        yield from group_faults(source, book, lint)


def _templates(rule: NameRule | MetricRule | MessageRule) -> tuple[str, ...]:
    match rule:
        case NameRule():
            return (rule.pattern,)
        case MetricRule():
            return (rule.name, rule.namespace or "", *(pattern for _, pattern in rule.dimensions))
        case _:
            return (rule.subject or "",)


def _unknown_names(templates: Iterable[str], line: int, book: Runbook) -> Iterator[Fault]:
    for template in templates:
        for name in captures(template):
            if name != "env" and name not in PATTERNS:
                yield Fault(book.path, line, f"{{{name}}} is no variable of runbooks")


def _unled(book: Runbook) -> Iterator[Fault]:
    """A section that no alert leads to; guides without alerts and general triage have none to lead."""
    if not book.alerts or book.name == GENERAL:
        return
    led = {alert.section for alert in book.alerts}
    for section in book.sections:
        if section.anchor not in led and section.steps:
            yield Fault(
                book.path, section.line, f"no alert leads to the section #{section.anchor}", warning=True
            )


def _step(step: Step, book: Runbook) -> Iterator[Fault]:
    if book.native and all(isinstance(block, Text) for block in step.blocks):
        yield Fault(book.path, step.line, f"the step {step.title!r} has nothing to do")
