"""Which alert, runbook and section something leads to. Pure: names, metrics, tags, descriptions and messages.

The order: an alarm's name (more literal characters win), its metric, its `runbook` tag, a runbook link in its
description. Where two alerts fit equally well, or nothing fits, the answer is "Unmatched alarm": no lead is
better than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from tradai_console.models.alarm import Alarm
from tradai_console.platform import Platform, load_platform
from tradai_console.runbook.lead import NOTHING, Case, Documents, Match, best_of, lead, unmatched
from tradai_console.runbook.match_message import by_message, unmatched_message
from tradai_console.runbook.match_metric import metric_of
from tradai_console.runbook.model import AlertRule, NameRule
from tradai_console.runbook.notice import Notice, read_notice
from tradai_console.runbook.pattern import fit

__all__ = ["Match", "match_alarm", "match_message", "match_name", "match_notice"]


def match_name(
    name: str,
    rules: Sequence[AlertRule],
    env: str | None = None,
    *,
    platform: Platform | None = None,
    documents: Documents = NOTHING,
) -> Match:
    """Where an alarm of this name leads. Without `env` any environment's name will do."""
    case = _case(rules, env, platform, documents)
    return _by_name(name, case) or unmatched(case, name)


def match_alarm(
    alarm: Alarm,
    rules: Sequence[AlertRule],
    env: str | None = None,
    *,
    platform: Platform | None = None,
    tags: Mapping[str, str] = {},
    documents: Documents = NOTHING,
) -> Match:
    """Where an alarm leads; `tags` are its own, where they have been read."""
    case = _case(rules, env, platform, documents)
    found = (
        _by_name(alarm.name, case, alarm)
        or _by_metric(alarm, case)
        or _by_link(tags.get("runbook", ""), "tag", case)
        or _by_description(alarm.description, case)
        or unmatched(case, alarm.name)
    )
    return replace(found, alarm=alarm.name)


def match_message(
    subject: str,
    body: str,
    attributes: Mapping[str, str] | None,
    rules: Sequence[AlertRule],
    env: str | None = None,
    *,
    platform: Platform | None = None,
    documents: Documents = NOTHING,
) -> Match:
    """Where a message of the channel leads, whatever envelope it came in. Never raises."""
    return match_notice(
        read_notice(subject, body, attributes), rules, env, platform=platform, documents=documents
    )


def match_notice(
    notice: Notice,
    rules: Sequence[AlertRule],
    env: str | None = None,
    *,
    platform: Platform | None = None,
    documents: Documents = NOTHING,
) -> Match:
    """The same for a message that has been read already."""
    case = _case(rules, env, platform, documents)
    if notice.alarm is not None:
        found = match_alarm(notice.alarm, rules, env, platform=case.platform, documents=documents)
    else:
        found = (
            _by_bare_name(notice, case)
            or by_message(notice, case)
            or _by_names(notice, case)
            or unmatched_message(notice, case)
        )
    return replace(found, resolved=notice.resolved)


def _case(
    rules: Sequence[AlertRule], env: str | None, platform: Platform | None, documents: Documents
) -> Case:
    return Case(rules, env, platform or _shipped_platform(env or "prod"), documents)


@lru_cache(maxsize=8)
def _shipped_platform(env: str) -> Platform:
    return load_platform(env)


def _by_name(name: str, case: Case, alarm: Alarm | None = None) -> Match | None:
    best = best_of(
        (found.rank, rule, found.values)
        for rule in case.rules
        for given in rule.match
        if isinstance(given, NameRule)
        and (found := fit(given.pattern, name, case.env, case.platform)) is not None
    )
    if best is None:
        return None
    rule, variables = best
    known = metric_of(alarm, rule, case) if alarm else None
    return replace(lead(rule, {**(known[1] if known else {}), **variables}, "name"), alarm=name)


def _by_bare_name(notice: Notice, case: Case) -> Match | None:
    """A message that is an alarm's name and nothing more."""
    text = notice.text.strip() or notice.subject.strip()
    return _by_name(text, case) if re.fullmatch(r"[\w.-]{3,255}", text) else None


def _by_names(notice: Notice, case: Case) -> Match | None:
    """A message that names an alarm in passing; several that lead to different alerts lead nowhere."""
    names = set(re.findall(r"(?<![\w.-])[\w-]{3,255}(?![\w-])", f"{notice.subject}\n{notice.text}"[:4_096]))
    leads = [match for name in sorted(names) if "-" in name and (match := _by_name(name, case))]
    if not leads or len({match.alert for match in leads}) > 1:
        return None
    return replace(leads[0], matched_by="message")


def _by_metric(alarm: Alarm, case: Case) -> Match | None:
    if alarm.metric is None:
        return None
    best = best_of(
        (found[0], rule, found[1]) for rule in case.rules if (found := metric_of(alarm, rule, case))
    )
    return lead(*best, "metric") if best else None


_LINK = re.compile(
    r"runbooks?/([\w.-]+?)(?:\.md|\.html)?/?(?:#([\w.-]+))?(?=$|[\s)>\]\"'.,;])", re.IGNORECASE
)
_NAMED = re.compile(r"\brunbook\s*[:=]\s*(\S+)", re.IGNORECASE)


def _by_description(description: str, case: Case) -> Match | None:
    for text in [match[0] for match in _LINK.finditer(description)] + _NAMED.findall(description):
        found = _by_link(text, "description", case)
        if found:
            return found
    return None


def _by_link(text: str, by: str, case: Case) -> Match | None:
    """The alert behind `service-recovery`, `runbooks/service-recovery.md#lambda-errors` or an address."""
    link = re.fullmatch(r"(?:\S*/)?([\w.-]+?)(?:\.md|\.html)?/?(?:#([\w.-]+))?[.,;)>\]\"']*", text.strip())
    if link is None:
        return None
    name, anchor = link[1].lower(), link[2]
    candidates = [rule for rule in case.rules if rule.runbook.lower() == name]
    if anchor is not None:
        alerts = [rule for rule in candidates if rule.section == anchor.lower()]
    else:
        alerts = candidates if len(candidates) == 1 else []
    if alerts:
        return lead(alerts[0], {}, by)
    if candidates or name in case.documents:
        section = anchor if anchor in case.documents.get(name, ()) else None
        return replace(unmatched(case, None), runbook=name, section=section, matched_by=by)
    return None
