"""What is wrong with the blocks and the links of a runbook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tradai_console.platform import Platform
from tradai_console.runbook.catalogue import ARGUMENTS, ActionSpec, ProbeSpec, Usage
from tradai_console.runbook.fences import variables_in
from tradai_console.runbook.library import Library
from tradai_console.runbook.loggroups import known_group
from tradai_console.runbook.model import (
    Action,
    Decision,
    Fault,
    Insights,
    LogSource,
    Probe,
    Runbook,
    Shell,
    Tail,
)
from tradai_console.runbook.variables import ALIASES, PATTERNS, accepts

_SHELL_OWN = frozenset(
    [
        "BASH",
        "HOME",
        "HOSTNAME",
        "IFS",
        "LANG",
        "LOGNAME",
        "OLDPWD",
        "PATH",
        "PWD",
        "RANDOM",
        "SECONDS",
        "SHELL",
        "TERM",
        "TMPDIR",
        "TZ",
        "UID",
        "USER",
    ]
)
_ASSIGNED = re.compile(
    r"(?:^|[\s;&|(])(?:export\s+|local\s+|readonly\s+|declare\s+(?:-\w+\s+)?)?([A-Z][A-Z0-9_]*)=|"
    r"\b(?:for|read(?:\s+-\w+)*)\s+([A-Z][A-Z0-9_]*)",
    re.MULTILINE,
)
_SCHEMES = frozenset({"https", "mailto"})


@dataclass(frozen=True)
class Context:
    """What a runbook is held against."""

    library: Library
    platform: Platform
    probes: Mapping[str, ProbeSpec]
    actions: Mapping[str, ActionSpec]


def block_faults(block: object, book: Runbook, lint: Context) -> Iterator[Fault]:
    """Of one block: names, arguments, variables, log groups, targets."""
    match block:
        case Probe():
            yield from _call(block, "probe", lint.probes, lint.actions, book)
        case Action():
            yield from _call(block, "action", lint.actions, lint.probes, book)
        case Tail(sources=sources):
            for source in sources:
                yield from _variables((source.group, source.streams or ""), source.line, book)
                yield from group_faults(source, book, lint)
        case Insights(groups=groups, line=line):
            for group in groups:
                yield from _variables((group,), line, book)
                yield from group_faults(LogSource(group, None, line), book, lint)
            yield from _variables((block.query,), line, book)
        case Shell():
            yield from _shell(block, book)
        case Decision(options=options):
            for option in options:
                yield from _target(option.target, option.line, book, lint, "the decision leads to")
        case _:
            return


def _call(
    block: Probe | Action, kind: str, known: Mapping[str, Usage], others: Mapping[str, Usage], book: Runbook
) -> Iterator[Fault]:
    spec = known.get(block.name)
    if spec is None:
        wrong = f"{block.name} is no {kind}"
        if block.name in others:
            wrong = (
                f"{block.name} changes AWS and must stand in an action block"
                if kind == "probe"
                else f"{block.name} only reads and belongs in a probe block"
            )
        yield Fault(book.path, block.line, wrong)
        return
    given = dict(block.arguments)
    for name in given.keys() - set(spec.arguments):
        yield Fault(book.path, block.line, f"{block.name} has no argument {name}: {spec.usage}")
    for name in spec.required:
        if name not in given:
            yield Fault(book.path, block.line, f"{block.name} needs the argument {name}: {spec.usage}")
    for name, value in block.arguments:
        yield from _value(block, name, value, book)


def _value(block: Probe | Action, name: str, value: str, book: Runbook) -> Iterator[Fault]:
    yield from _variables((value,), block.line, book)
    kind = ARGUMENTS.get(name)
    if kind is None or variables_in(value):
        return
    if not accepts(kind, value):
        yield Fault(book.path, block.line, f"{block.name}: {name}={value} is not a value for {kind}")


def _variables(texts: Iterable[str], line: int, book: Runbook) -> Iterator[Fault]:
    for text in texts:
        for name in variables_in(text):
            if name not in PATTERNS and name not in ALIASES:
                yield Fault(book.path, line, f"${{{name}}} is no variable of runbooks")


def _shell(block: Shell, book: Runbook) -> Iterator[Fault]:
    own = {match[1] or match[2] for match in _ASSIGNED.finditer(block.text)} | _SHELL_OWN
    for offset, text in enumerate(block.text.split("\n")):
        for name in variables_in(text):
            if name in own or name in PATTERNS or name in ALIASES or name.startswith("AWS_"):
                continue
            yield Fault(
                book.path,
                block.line + offset,
                f"${{{name}}} is no variable of runbooks",
                warning=not book.native,
            )
    if block.refused:
        yield Fault(
            book.path, block.line, f"this command never runs: {block.refused}", warning=not book.native
        )


def group_faults(source: LogSource, book: Runbook, lint: Context) -> Iterator[Fault]:
    """A log group that the platform does not have."""
    if not known_group(source.group, lint.platform):
        yield Fault(book.path, source.line, f"the platform has no log group {source.group}")


def link_faults(target: str, line: int, book: Runbook, lint: Context) -> Iterator[Fault]:
    """A link that leads nowhere, or is never opened."""
    try:
        parts = urlsplit(target)
    except ValueError:
        yield Fault(book.path, line, f"the link {target} cannot be read")
        return
    if parts.scheme and parts.scheme not in _SCHEMES:
        yield Fault(
            book.path, line, f"the link {target} is not https and is never opened", warning=not book.native
        )
    elif parts.username or parts.password:
        yield Fault(book.path, line, f"the link {target} hides where it leads")
    elif not parts.scheme and not parts.netloc:
        yield from _target(target, line, book, lint, "the link leads to")


def _target(target: str, line: int, book: Runbook, lint: Context, what: str) -> Iterator[Fault]:
    path, _, anchor = target.partition("#")
    name = path.rstrip("/").rpartition("/")[2]
    if not path:
        other: Runbook | None = book
    elif name.endswith(".md") or lint.library.find(name):
        other = lint.library.find(name)
    else:
        other = None
    if other is None:
        if not (book.path.parent / path).exists() or not name:
            yield Fault(book.path, line, f"{what} {path}, which is not there")
    elif anchor and anchor not in {known for known, _ in other.anchors}:
        where = "" if other is book else f" in {other.name}"
        yield Fault(book.path, line, f"{what} #{anchor}, which is not there{where}")
