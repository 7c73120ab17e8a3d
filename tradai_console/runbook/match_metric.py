"""Alarms by what they watch: namespace, metric, comparison, threshold, dimensions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tradai_console.models.alarm import Alarm
from tradai_console.runbook.lead import Case
from tradai_console.runbook.model import AlertRule, MetricRule
from tradai_console.runbook.pattern import captures, fit
from tradai_console.runbook.wording import says


def metric_of(alarm: Alarm, rule: AlertRule, case: Case) -> tuple[tuple[int, ...], Mapping[str, str]] | None:
    """The best of the alert's metric rules that this alarm fits."""
    fitting = [
        found
        for given in rule.match
        if isinstance(given, MetricRule) and (found := _metric_rule(alarm, given, case)) is not None
    ]
    return max(fitting, key=lambda found: found[0], default=None)


def _metric_rule(
    alarm: Alarm, rule: MetricRule, case: Case
) -> tuple[tuple[int, ...], Mapping[str, str]] | None:
    if alarm.metric is None or fit(rule.name, alarm.metric, case.env, case.platform) is None:
        return None
    if rule.namespace and fit(rule.namespace, alarm.namespace or "", case.env, case.platform) is None:
        return None
    if rule.comparison and not _goes(rule.comparison, alarm.comparison):
        return None
    if rule.threshold and (alarm.threshold is None or not holds(rule.threshold, alarm.threshold)):
        return None
    if not _told(alarm, rule, case):
        return None
    variables: dict[str, str] = {}
    literals = 0
    watched = {name.casefold(): value for name, value in alarm.dimensions}
    for name, pattern in rule.dimensions:
        value = watched.get(name.casefold())
        if value is None:
            if set(captures(pattern)) - {"env"}:
                continue
            return None
        found = fit(pattern, value, case.env, case.platform)
        if found is None:
            return None
        variables |= found.values
        literals += found.literals + 1
    rank = (rule.threshold is not None, literals, rule.namespace is not None, rule.comparison is not None)
    return tuple(int(part) for part in rank), variables


def _told(alarm: Alarm, rule: MetricRule, case: Case) -> bool:
    """Whether name, description and environment allow what the metric alone cannot tell."""
    text = f"{alarm.name}\n{alarm.description}"
    if not all(says(text, word) for word in rule.words) or any(says(text, word) for word in rule.without):
        return False
    env = case.env or case.platform.env
    return rule.not_env is None or env.casefold() not in rule.not_env.casefold().split("|")


def _goes(direction: str, comparison: str | None) -> bool:
    wanted = "Greater" if direction == "above" else "Less"
    return comparison is None or wanted in comparison


_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": lambda value, bound: value >= bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    "<": lambda value, bound: value < bound,
    "=": lambda value, bound: value == bound,
}


def holds(condition: str, value: float) -> bool:
    """Whether `>= 0.25`, or `>= 0.1, < 0.25`, holds for a value."""
    bounds = [re.match(r"\s*(>=|<=|>|<|=)\s*(-?[\d.]+)", bound) for bound in condition.split(",")]
    return all(bound is not None and _COMPARE[bound[1]](value, float(bound[2])) for bound in bounds)
