"""Alarms and runbooks held against each other: who answers whom, and which alarms can wake nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tradai_console.doctor.finding import Finding, count, note, some, well
from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.platform import Platform
from tradai_console.runbook.library import Library
from tradai_console.runbook.match import match_alarm
from tradai_console.settings import Settings

_OWN: Final = "name a pattern for them in the front matter of a runbook of yours (--runbooks DIR)"


def look_at_matches(
    alarms: Sequence[Alarm], library: Library, platform: Platform, settings: Settings
) -> Iterator[Finding]:
    """Alarms that no runbook answers, and alerts that no alarm reaches."""
    rules, documents = library.alerts(), library.documents()
    leads = {
        alarm.name: match_alarm(alarm, rules, platform.env, platform=platform, documents=documents)
        for alarm in alarms
    }
    lost = [name for name, lead in leads.items() if lead.matched_by is None]
    if lost:
        yield note(f"general triage is all that answers {len(lost)} of {len(alarms)} alarms: {some(lost)}",
                   f"If one of them can wake you, {_OWN}.")  # fmt: skip
    elif alarms:
        yield well(f"each of {len(alarms)} alarms leads to a runbook")
    reached = {lead.alert for lead in leads.values()}
    silent = [rule.name for rule in rules if rule.name not in reached]
    if silent:
        queue = (
            "" if settings.alert_queue else "set alert_queue to an SQS queue subscribed to the alerts topic; "
        )
        yield note(
            f"no alarm here raises {some(silent, 16)}",
            f"They may come by the alerts topic only: {queue}or create the alarm, or {_OWN}.",
        )
    elif rules:
        yield well(f"each of {len(rules)} alerts of the runbooks has an alarm that raises it")


def look_at_wakefulness(alarms: Sequence[Alarm]) -> Iterator[Finding]:
    """Alarms that can wake nobody: switched off, without a target, or without data."""
    off = [alarm.name for alarm in alarms if not alarm.actions_enabled]
    mute = [alarm.name for alarm in alarms if alarm.actions_enabled and not alarm.actions]
    blind = [alarm.name for alarm in alarms if alarm.state is AlarmState.INSUFFICIENT_DATA]
    if off:
        yield note(f"actions are switched off for {count(len(off), 'alarm')}: {some(off)}",
                   "Switch them on (aws cloudwatch enable-alarm-actions), or delete what nobody needs.")  # fmt: skip
    if mute:
        yield note(f"nobody is notified by {count(len(mute), 'alarm')}: {some(mute)}",
                   "Give them the alerts topic as an action, or a composite alarm above them that has it.")  # fmt: skip
    if blind:
        yield note(f"no data for {count(len(blind), 'alarm')}: {some(blind)}",
                   "Does anything still send their metric, with these dimensions?")  # fmt: skip
    if alarms and not (off or mute or blind):
        yield well("every alarm is on, has data, and notifies somebody")
