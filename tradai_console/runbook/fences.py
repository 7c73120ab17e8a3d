"""Fenced blocks: probes, actions, tails, queries, and command lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from typing import Final

from tradai_console.runbook.model import Action, Block, Insights, LogSource, Probe, Shell, Tail, Text
from tradai_console.text import hidden, plain

SHELLS: Final = frozenset(
    {"", "sh", "bash", "shell", "zsh", "console", "shell-session", "shellsession", "terminal"}
)
OURS: Final = frozenset({"probe", "action", "tail", "insights"})

Report = Callable[[int, str], None]
"""Takes the line and the sentence of something wrong."""

_VARIABLE = re.compile(r"(?<!\\)\$(?:\{([A-Z][A-Z0-9_]*)(?=[}:%#/,^=?+-])|([A-Z][A-Z0-9_]*))")
_PROMPT = re.compile(r"\s*\$ ")


def read_fence(info: str, content: str, line: int, report: Report) -> tuple[Block, ...]:
    """The blocks of one fence whose first line of content is `line`."""
    kind = info.split()[0].lower().strip("{}.") if info.split() else ""
    lines = list(enumerate(content.split("\n"), start=line))
    lines = [(number, text) for number, text in lines if text.strip()]
    if kind in OURS and not lines:
        report(line - 1, f"the {kind} block is empty")
        return ()
    if kind in ("probe", "action"):
        return tuple(
            block for number, text in lines if (block := _call(kind, text, number, report)) is not None
        )
    if kind == "tail":
        return _tail(lines, report)
    if kind == "insights":
        return (_insights(content, line),)
    if kind in SHELLS:
        return (read_shell(content, line),) if lines else ()
    return (Text(_shown(content), line, "code"),)


def read_shell(content: str, line: int) -> Shell:
    """A command line, without the prompts and the output that a transcript shows beside it."""
    text = _without_prompts(content).strip("\n")
    refused = None
    if "{{" in text or "}}" in text:
        refused = "it holds {{ }}, which some tools fill with text: copy it and look at it"
    elif hidden(text):
        refused = "it holds characters that cannot be seen"
    return Shell(text, variables_in(text), line, refused)


def variables_in(text: str) -> tuple[str, ...]:
    """The names that stand in it as `${NAME}` or `$NAME`, each once, in their order."""
    return tuple(dict.fromkeys(match[1] or match[2] for match in _VARIABLE.finditer(text)))


def _call(kind: str, text: str, line: int, report: Report) -> Probe | Action | None:
    words = _words(text, line, report)
    if not words:
        return None
    name, *rest = words
    arguments: list[tuple[str, str]] = []
    for word in rest:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            report(line, f"{plain(word, 80)} is not of the form argument=value")
            continue
        if key in dict(arguments):
            report(line, f"the argument {key} stands twice")
        arguments.append((key, plain(value, 1_024)))
    made = Probe if kind == "probe" else Action
    return made(plain(name, 80), tuple(arguments), line)


def _tail(lines: Sequence[tuple[int, str]], report: Report) -> tuple[Tail, ...]:
    sources: list[LogSource] = []
    wanted = None
    for number, text in lines:
        for word in _words(text, number, report):
            key, equals, value = word.partition("=")
            if equals and key == "filter":
                wanted = plain(value, 512)
            elif equals and key == "streams" and sources:
                sources[-1] = LogSource(sources[-1].group, plain(value, 512), number)
            elif equals and key != "group":
                report(number, f"{plain(word, 80)} is neither a log group nor streams= nor filter=")
            else:
                sources.append(_log_source(value if equals else word, number))
    if not sources:
        report(lines[0][0], "the tail block names no log group")
        return ()
    return (Tail(tuple(sources), lines[0][0], wanted),)


def _log_source(word: str, line: int) -> LogSource:
    """`/a/group` is a group's name; `services/PREFIX` is a group of the platform and a stream prefix."""
    if word.startswith("/"):
        return LogSource(plain(word, 512), None, line)
    group, _, streams = word.partition("/")
    return LogSource(plain(group, 512), plain(streams, 512) or None, line)


_GROUP_LINE = re.compile(r"(?:#\s*)?groups?\s*[:=]\s*(.+)", re.IGNORECASE)


def _insights(content: str, line: int) -> Insights:
    groups: list[str] = []
    query: list[str] = []
    for text in content.rstrip("\n").split("\n"):
        given = None if query else _GROUP_LINE.fullmatch(text.strip())
        if given:
            groups += [plain(part, 512) for part in re.split(r"[,\s]+", given[1]) if part]
        elif text.strip() or query:
            query.append(plain(text))
    return Insights("\n".join(query), tuple(groups), line)


def _words(text: str, line: int, report: Report) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        report(line, f"the line cannot be read: {plain(error, 80)}")
        return []


def _without_prompts(content: str) -> str:
    lines = content.split("\n")
    first = next((text for text in lines if text.strip()), "")
    if not _PROMPT.match(first):
        return content
    kept: list[str] = []
    goes_on = False
    for text in lines:
        prompt = _PROMPT.match(text)
        if prompt or goes_on:
            kept.append(text[prompt.end() :] if prompt else text)
            goes_on = text.rstrip().endswith("\\")
    return "\n".join(kept)


def _shown(content: str) -> str:
    return "\n".join(plain(text) for text in content.rstrip("\n").split("\n"))
