"""The YAML head of a runbook: read without trust, checked, every fault at its own line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tradai_console.errors import RunbookError
from tradai_console.runbook.model import (
    AlertRule,
    LogSource,
    MatchRule,
    MessageRule,
    MetricRule,
    NameRule,
    Severity,
)
from tradai_console.text import plain

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_NODES = 5_000

_Lines = dict[tuple[str | int, ...], int]
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(
    _CORE + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")
)

_OUR = ConfigDict(frozen=True, extra="forbid")
_Words = Annotated[str, Field(min_length=1, max_length=400)]
_BOUND = r"\s*(>=|<=|>|<|=)\s*-?\d+(\.\d+)?\s*"
_CONDITION = rf"^{_BOUND}(,{_BOUND})?$"
_COMPARISON = r"^(above|below|>=?|<=?|GreaterThan\w*|LessThan\w*)$"
Condition = Annotated[str, Field(pattern=_CONDITION)]


class _Log(BaseModel):
    model_config = _OUR
    group: _Words
    streams: _Words | None = None


class _Metric(BaseModel):
    model_config = _OUR
    name: _Words
    namespace: _Words | None = None
    comparison: Annotated[str, Field(pattern=_COMPARISON)] | None = None
    threshold: Condition | None = None
    dimensions: Mapping[str, _Words] = {}
    words: tuple[_Words, ...] = ()
    without: tuple[_Words, ...] = ()
    not_env: _Words | None = None


class _Message(BaseModel):
    model_config = _OUR
    subject: _Words | None = None
    type: _Words | None = None
    severity: _Words | None = None
    words: tuple[_Words, ...] = ()
    without: tuple[_Words, ...] = ()
    numbers: Mapping[str, Condition] = {}

    @model_validator(mode="after")
    def _says_something(self) -> _Message:
        if not (self.subject or self.type or self.words):
            raise ValueError("a message rule needs a subject, a type or words")
        return self


class _Match(BaseModel):
    model_config = _OUR
    alarm: _Words | None = None
    metric: _Metric | None = None
    message: _Message | None = None

    @model_validator(mode="after")
    def _one(self) -> _Match:
        if sum(part is not None for part in (self.alarm, self.metric, self.message)) != 1:
            raise ValueError("a match rule is exactly one of alarm, metric, message")
        return self


class _Alert(BaseModel):
    model_config = _OUR
    name: _Words
    severity: Severity
    first_response: _Words
    section: _Words
    match: tuple[_Match, ...] = ()
    logs: tuple[_Log, ...] = ()


class _Head(BaseModel):
    """Other keys than ours are left alone: documents of MkDocs and others have heads too."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    title: _Words | None = None
    alerts: tuple[_Alert, ...] | None = None


def split_head(text: str) -> tuple[str | None, int]:
    """The YAML between the `---` lines at the top, and how many lines to skip; None if there is no head."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, 0
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() in ("---", "..."):
            return "\n".join(lines[1:number]), number + 1
    return None, 0


def read_head(head: str, path: Path, runbook: str) -> tuple[str | None, tuple[AlertRule, ...] | None]:
    """Title and alerts of the head (None: it names none). Raises RunbookError at the faulty line."""
    if len(head) > MAX_BYTES:
        raise RunbookError(path, 1, f"the YAML head is longer than {MAX_BYTES // 1024} KiB")
    value, lines = _load(head, path)
    if value is None:
        return None, None
    if not isinstance(value, dict):
        raise RunbookError(path, 2, "the YAML head must be a table of keys and values")
    try:
        parsed = _Head.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise RunbookError(path, _line(lines, first["loc"]), _sentence(first)) from None
    title = plain(parsed.title, 200) if parsed.title else None
    if parsed.alerts is None:
        return title, None
    return title, tuple(_alert(alert, runbook, lines, index) for index, alert in enumerate(parsed.alerts))


def _load(head: str, path: Path) -> tuple[Any, _Lines]:
    try:
        _refuse_bombs(head, path)
        node = yaml.compose(head, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = plain(getattr(error, "problem", None) or "it cannot be read", 200)
        raise RunbookError(
            path, (mark.line if mark else 0) + 2, f"the YAML head is broken: {problem}"
        ) from None
    lines: _Lines = {}
    return (None if node is None else _value(node, (), lines, path)), lines


def _refuse_bombs(head: str, path: Path) -> None:
    """Look at the stream of events, which is not recursive, before anything is built from it."""
    depth = 0
    for count, event in enumerate(yaml.parse(head, Loader=_LOADER)):
        line = (event.start_mark.line if event.start_mark else 0) + 2
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise RunbookError(path, line, "the YAML head uses anchors or aliases, which are not allowed")
        if depth > MAX_DEPTH:
            raise RunbookError(path, line, f"the YAML head is nested deeper than {MAX_DEPTH}")
        if count > MAX_NODES:
            raise RunbookError(path, line, f"the YAML head has more than {MAX_NODES} values")


def _value(node: yaml.Node, at: tuple[str | int, ...], lines: _Lines, path: Path) -> Any:
    line = node.start_mark.line + 2
    lines.setdefault(at, line)
    if node.tag not in _PLAIN_TAGS:
        raise RunbookError(
            path, line, f"the YAML head uses the tag {plain(node.tag, 80)}, which is not allowed"
        )
    if isinstance(node, yaml.SequenceNode):
        return [_value(inner, (*at, index), lines, path) for index, inner in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, at, lines, path))
    return None if node.tag == _CORE + "null" else str(node.value)


def _pairs(
    node: yaml.MappingNode, at: tuple[str | int, ...], lines: _Lines, path: Path
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, inner in node.value:
        line = key.start_mark.line + 2
        if not isinstance(key, yaml.ScalarNode) or key.tag not in _PLAIN_TAGS:
            raise RunbookError(path, line, "a key of the YAML head must be a word")
        name = str(key.value)
        if name in seen:
            raise RunbookError(path, line, f"the key {plain(name, 80)} stands twice")
        seen.add(name)
        lines[(*at, name)] = line
        yield name, _value(inner, (*at, name), lines, path)


def _line(lines: _Lines, loc: tuple[str | int, ...]) -> int:
    while loc not in lines and loc:
        loc = loc[:-1]
    return lines.get(loc, 1)


def _sentence(first: Any) -> str:
    where = ".".join(str(part) for part in first["loc"] if not isinstance(part, int)) or "the YAML head"
    if first["type"] == "extra_forbidden":
        return f"{plain(where, 120)} is no key of a runbook"
    if first["type"] == "missing":
        return f"{plain(where, 120)} is missing"
    message = plain(first["msg"], 200).removeprefix("Value error, ")
    return f"{plain(where, 120)} = {plain(repr(first['input']), 120)}: {message}"


def _alert(alert: _Alert, runbook: str, lines: _Lines, index: int) -> AlertRule:
    at = ("alerts", index)
    return AlertRule(
        name=plain(alert.name, 80),
        severity=alert.severity,
        first_response=plain(alert.first_response, 400),
        runbook=runbook,
        section=plain(alert.section, 200).removeprefix("#"),
        match=tuple(
            _rule(rule, _line(lines, (*at, "match", number))) for number, rule in enumerate(alert.match)
        ),
        logs=tuple(
            LogSource(
                plain(log.group, 512),
                log.streams and plain(log.streams, 512),
                _line(lines, (*at, "logs", number)),
            )
            for number, log in enumerate(alert.logs)
        ),
        line=_line(lines, at),
    )


def _rule(rule: _Match, line: int) -> MatchRule:
    if rule.alarm is not None:
        return NameRule(rule.alarm, line)
    if rule.metric is not None:
        metric = rule.metric
        direction = metric.comparison and (
            "below" if metric.comparison.startswith(("b", "<", "L")) else "above"
        )
        dimensions = tuple(sorted(metric.dimensions.items()))
        return MetricRule(
            metric.name,
            metric.namespace,
            direction,
            metric.threshold,
            dimensions,
            line,
            words=metric.words,
            without=metric.without,
            not_env=metric.not_env,
        )
    given = cast("_Message", rule.message)
    numbers = tuple(sorted(given.numbers.items()))
    return MessageRule(given.subject, given.type, given.severity, given.words, given.without, numbers, line)
