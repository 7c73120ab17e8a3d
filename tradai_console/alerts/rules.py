"""The console's own rules over the board. Pure: the same board and history give the same findings.

Untrusted readings (stale, denied, throttled, ...) raise nothing and resolve nothing: what was found before
stands until a good reading says otherwise. So does what an unread figure leaves open in a good reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tradai_console.alerts import rules_compute, rules_platform
from tradai_console.alerts.finding import Finding, History, Patience, Rule, Streak, Unclear, View
from tradai_console.models.board import Board
from tradai_console.platform import Platform

RULES: Final[tuple[Rule, ...]] = (
    Rule("services", ("services",), rules_compute.services),
    Rule("memory", ("services", "figures"), rules_compute.memory),
    Rule("function errors", ("figures",), rules_compute.function_errors),
    Rule("function time-outs", ("figures",), rules_compute.function_timeouts),
    Rule("way out", ("nat",), rules_platform.way_out),
    Rule("connections", ("databases", "figures"), rules_platform.connections),
    Rule("failovers", ("databases",), rules_platform.failovers),
    Rule("databases", ("databases",), rules_platform.databases),
    Rule("heartbeats", ("trading",), rules_platform.heartbeats),
    Rule("drift", ("trading",), rules_platform.drift),
    Rule("executions", ("workflows",), rules_platform.executions),
)
"""Every rule with the readings it needs."""

PATIENT: Final = Patience()


def findings(
    board: Board,
    history: History,
    platform: Platform,
    now: datetime,
    monotonic: float,
    *,
    patience: Patience = PATIENT,
    timeouts_s: Mapping[str, float] = {},
) -> tuple[tuple[Finding, ...], History]:
    """What is wrong by the console's own rules, and the history to hand in at the next look.

    `monotonic` is the moment on the clock by which readings grow stale; `timeouts_s` are the time-outs of
    Lambda functions by full name, where they are known.
    """
    view = View(board, platform, now, monotonic, patience, timeouts_s, history.streaks)
    found: dict[str, Finding] = {}
    for rule in RULES:
        found |= _judged(rule, view, history)
    ordered = tuple(sorted(found.values(), key=lambda one: one.key))
    return ordered, History(ordered, view.streaks)


def _judged(rule: Rule, view: View, history: History) -> dict[str, Finding]:
    before = {one.key: one for one in history.findings if one.rule == rule.name}
    if not all(view.trusts(source) for source in rule.sources):
        view.streaks |= {key: streak for key, streak in history.streaks.items() if key[0] == rule.name}
        return before
    found: dict[str, Finding] = {}
    for said in rule.judge(view):
        if isinstance(said, Unclear):
            _hold(rule, said.key, view, history.streaks)
            if said.key in before:
                found.setdefault(said.key, before[said.key])
        else:
            found[said.key] = _named(said, rule, before.get(said.key))
    return found


def _hold(rule: Rule, key: str, view: View, streaks: Mapping[tuple[str, str], Streak]) -> None:
    if (rule.name, key) in streaks:
        view.streaks.setdefault((rule.name, key), streaks[rule.name, key])


def _named(found: Finding, rule: Rule, before: Finding | None) -> Finding:
    """With its rule's name; what is already known keeps its beginning, wherever the measured course now starts."""
    times = [one.since for one in (found, before) if one is not None and one.since is not None]
    return Finding(
        found.kind,
        found.about,
        found.variables,
        found.reason,
        min(times, default=None),
        found.level,
        rule.name,
    )
