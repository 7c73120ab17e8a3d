"""A runbook as plain text, for a pipe or a plain terminal."""

from __future__ import annotations

from collections.abc import Iterator

from tradai_console.runbook.model import (
    Action,
    Block,
    Decision,
    Insights,
    Probe,
    Runbook,
    Section,
    Shell,
    Step,
    Tail,
    Text,
    Tick,
)
from tradai_console.text import plain


def render(runbook: Runbook, section: Section | None = None) -> str:
    """The whole runbook, or one of its sections, as lines of text that are safe to print."""
    return "\n".join(_lines(runbook, section)).rstrip() + "\n"


def _lines(runbook: Runbook, only: Section | None) -> Iterator[str]:
    yield from (runbook.title, "=" * len(runbook.title), "")
    if only is None:
        yield from _blocks(runbook.intro, "")
    for section in runbook.sections:
        if only is None or section == only:
            yield from _section(runbook, section)


def _section(runbook: Runbook, section: Section) -> Iterator[str]:
    yield from (f"{section.title}  (#{section.anchor})", "-" * len(section.title))
    for alert in runbook.alerts:
        if alert.section == section.anchor:
            yield f"Alert: {alert.name}, {alert.severity}. {alert.first_response}"
    yield ""
    yield from _blocks(section.intro, "")
    for step in section.steps:
        yield from _step(step)
    if section.background:
        yield "Background"
        yield from _blocks(section.background, "    ")


def _step(step: Step) -> Iterator[str]:
    yield f"{step.number}. {step.title}"
    yield from _blocks(step.blocks, "    ")
    if not step.blocks:
        yield ""


def _blocks(blocks: tuple[Block, ...], indent: str) -> Iterator[str]:
    for block in blocks:
        yield from (f"{indent}{line}".rstrip() for line in _block(block))
        if not isinstance(block, Tick):
            yield ""
    if blocks and isinstance(blocks[-1], Tick):
        yield ""


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text(text=text):
            yield from text.split("\n")
        case Tick(text=text):
            yield f"[ ] {text}"
        case Probe(name=name, arguments=arguments):
            yield f"check: {name}{_arguments(arguments)}"
        case Action(name=name, arguments=arguments):
            yield f"change: {name}{_arguments(arguments)}"
        case Tail(sources=sources):
            for source in sources:
                yield f"log: {source.group}" + (f" streams {source.streams}" if source.streams else "")
        case Insights(query=query, groups=groups):
            yield f"query: {' '.join(groups)}".rstrip()
            yield from (f"  {line}" for line in query.split("\n"))
        case Shell(text=text):
            yield from (f"$ {plain(line)}" for line in text.split("\n"))
        case Decision(options=options):
            for number, option in enumerate(options, start=1):
                note = f": {option.note}" if option.note else ""
                yield f"{number}) {option.label}{note}  -> {option.target}"


def _arguments(arguments: tuple[tuple[str, str], ...]) -> str:
    return "".join(f" {name}={value}" for name, value in arguments)
