"""Messages of the channel by what they say: type, severity, subject, words, numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from tradai_console.runbook.lead import Case, Match, best_of, lead, unmatched
from tradai_console.runbook.match_metric import holds
from tradai_console.runbook.model import AlertRule, MessageRule, MetricRule, NameRule, Severity
from tradai_console.runbook.notice import Notice
from tradai_console.runbook.pattern import captures, fit, short
from tradai_console.runbook.variables import accepts
from tradai_console.runbook.wording import says


def by_message(notice: Notice, case: Case) -> Match | None:
    """The alert whose message rule says most of what the message says."""
    best = best_of(
        (found[0], rule, found[1])
        for rule in case.rules
        for given in rule.match
        if isinstance(given, MessageRule) and (found := _message_rule(notice, given, case)) is not None
    )
    if best is None:
        return None
    rule, variables = best
    named = {name: short(name, value, case.platform) for name, value in notice.values.items()}
    return lead(rule, {**_mentioned(notice, rule, case), **named, **variables}, "message")


def _message_rule(
    notice: Notice, rule: MessageRule, case: Case
) -> tuple[tuple[int, ...], Mapping[str, str]] | None:
    own_type = notice.type if notice.type and notice.type.upper() != "GENERIC" else None
    if (rule.type or own_type) and (rule.type or "").casefold() != (notice.type or "").casefold():
        return None
    if rule.severity and not notice.severities & set(rule.severity.lower().split("|")):
        return None
    text = f"{notice.subject}\n{notice.text}"
    if not all(says(text, word) for word in rule.words) or any(says(text, word) for word in rule.without):
        return None
    if not all(
        name.lower().removeprefix("overall_") in notice.numbers
        and holds(condition, notice.numbers[name.lower().removeprefix("overall_")])
        for name, condition in rule.numbers
    ):
        return None
    subject = fit(rule.subject, notice.subject, case.env, case.platform) if rule.subject else None
    if rule.subject and (subject is None or not _asserted(rule.subject, notice.subject)):
        return None
    rank = (
        int(rule.type is not None) + len(rule.numbers) + int(rule.severity is not None),
        (subject.literals if subject else 0) + sum(len(word.partition("|")[0]) for word in rule.words),
    )
    return rank, subject.values if subject else {}


def _asserted(pattern: str, subject: str) -> bool:
    """Whether the literal words of a subject's pattern are said, not denied: `No stale heartbeats`."""
    literals = [part.strip() for part in re.split(r"\*|\{\w+\}", pattern) if part.strip()]
    return all(part.lower() not in subject.lower() or says(subject, f"{part}*") for part in literals)


_STRATEGY = re.compile(
    r"(?i:\bstrategy(?:[_ ](?:id|name))?)(?:\s*[:=]\s*|\s+)[\"'`]?([A-Z][\w-]*\w)|\b(\w+Strategy)\b"
)
_MODEL = re.compile(
    r"(?i:\bmodel(?:[_ ]name)?)(?:\s*[:=]\s*|\s+)[\"'`]?([A-Z][a-z][\w-]*\w)|\b(\w+Strategy)\b"
)
_EXECUTION = re.compile(r"arn:aws[\w-]*:states:[\w-]+:\d{12}:execution:([\w.-]+):[\w.:+=@-]*\w")
_INSTANCE = re.compile(r"\bi-[0-9a-f]{8,17}\b")
_ACCESS_KEY = re.compile(r"\bAKIA[A-Z0-9]{16}\b")
_USER = re.compile(r"(?i:\buser(?:[_ ]name)?)(?:\s*[:=]\s*|\s+)[\"'`]?([a-z][\w.@+-]*[-.@_0-9][\w.@+-]*\w)")
"""A user by name; a bare word after `user` may be any word."""


def _mentioned(notice: Notice, rule: AlertRule, case: Case) -> dict[str, str]:
    """What the text names in passing, for the variables that this alert is about; several of a kind: none."""
    text = f"{notice.subject}\n{notice.text}"
    about = {name for given in rule.match for name in _captured(given)}
    platform = case.platform
    services = (*platform.services, *platform.service_aliases)
    found: dict[str, set[str]] = {
        "SERVICE": {platform.service_of(name) for name in services if _names(text, name)},
        "FUNCTION": {name for name in platform.functions.all if _names(text, name)},
        "STRATEGY_ID": _named(_STRATEGY, text),
        "MODEL_NAME": _named(_MODEL, text),
        "EXECUTION": {match[0] for match in _EXECUTION.finditer(text)},
        "MACHINE": {platform.machine_of(match[1]) for match in _EXECUTION.finditer(text)},
        "ACCESS_KEY_ID": set(_ACCESS_KEY.findall(text)),
        "USER_NAME": set(_USER.findall(text)),
        "NAT_INSTANCE_ID": set(_INSTANCE.findall(text)) if re.search(r"\bNAT\b", rule.name) else set(),
    }
    always = {"EXECUTION", "NAT_INSTANCE_ID", "ACCESS_KEY_ID", "USER_NAME"}
    return {
        name: value
        for name, values in found.items()
        if len(values) == 1 and name in about | always and accepts(name, value := next(iter(values)))
    }


def _named(pattern: re.Pattern[str], text: str) -> set[str]:
    found = {match[1] or match[2] for match in pattern.finditer(text)}
    own = {name for name in found if name.endswith("Strategy")}
    return own or {name for name in found if name not in _NO_NAMES}


_NO_NAMES = frozenset(
    {"Drift", "Alert", "Has", "Is", "Not", "Promoted", "Registered", "Rollback", "Stale", "Stopped"}
)


def _names(text: str, name: str) -> bool:
    return (
        re.search(rf"(?<![A-Za-z0-9])(?:tradai-)?{re.escape(name)}(?![A-Za-z0-9])(?!-[a-z]+-)", text)
        is not None
    )


def _captured(rule: NameRule | MetricRule | MessageRule) -> tuple[str, ...]:
    match rule:
        case NameRule():
            return captures(rule.pattern)
        case MetricRule():
            return tuple(name for _, pattern in rule.dimensions for name in captures(pattern))
        case _:
            return captures(rule.subject or "")


_SEVERITY = {
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "info": Severity.INFO,
}


def unmatched_message(notice: Notice, case: Case) -> Match:
    """What is not understood keeps the severity that the message gives itself."""
    said = [_SEVERITY[word] for word in notice.severities if word in _SEVERITY]
    match = unmatched(case, None)
    return replace(match, severity=min(said, key=lambda severity: severity.rank)) if said else match
