"""CloudWatch's own mute rules (`cloudwatch:ListAlarmMuteRules`, `GetAlarmMuteRule`): everybody's, with their owners.

Such a rule keeps an alarm's actions back; the alarm goes on evaluating. Who made it and why is not a field of it:
the console writes `owner: reason` into the description, and reads it back from there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tradai_console.models.alert import Mute
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, everything
from tradai_console.sources.reading import Clients, together
from tradai_console.text import plain

MOST_ALARMS: Final = 100
"""Alarms that one rule can name."""

_OWNED = re.compile(r"([\w.@+-]{1,64}): (.+)")
_ONCE = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)")
_LENGTH = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?)?")


@dataclass(frozen=True)
class MuteRule:
    """One rule that is active now."""

    name: str
    alarms: tuple[str, ...]
    mute: Mute
    recurring: bool = False
    """It comes back by its schedule; `mute.until` is then the latest end of this time."""


async def read_mute_rules(door: Clients, now: datetime) -> tuple[MuteRule, ...]:
    """Every active rule of the account and region, by name. Raises AwsError; none where the SDK knows none."""
    cloudwatch = await door.client("cloudwatch")
    if not hasattr(cloudwatch, "list_alarm_mute_rules"):
        return ()
    summaries = await everything(
        cloudwatch.list_alarm_mute_rules, "AlarmMuteRuleSummaries", Statuses=["ACTIVE"]
    )
    names = [fields.text(one, "AlarmMuteRuleArn", 1_024).rpartition(":")[2] for one in summaries]
    answers = await together(
        cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName=name) for name in sorted(filter(None, names))
    )
    found = (parse_mute_rule(answer, now) for answer in answers if isinstance(answer, Mapping))
    return tuple(rule for rule in found if rule is not None)


def parse_mute_rule(raw: Raw, now: datetime) -> MuteRule | None:
    """A rule as `GetAlarmMuteRule` answers; None for one that is over, or that names no alarm."""
    name = fields.text(raw, "Name", 255)
    schedule = fields.inner(fields.inner(raw, "Rule"), "Schedule")
    alarms = fields.words(fields.inner(raw, "MuteTargets"), "AlarmNames")
    once = _ONCE.fullmatch(str(schedule.get("Expression") or ""))
    length = _length(schedule.get("Duration"))
    ends = [] if length is None else [(_start(once[1], schedule) if once else now) + length]
    expires = fields.moment(raw.get("ExpireDate"))
    until = min([*ends, *([expires] if expires else [])], default=None)
    if not alarms or until is None or until <= now:
        return None
    owner, reason = _owned(fields.text(raw, "Description", 1_024), name)
    return MuteRule(name, alarms, Mute(owner, until, reason, native=True), recurring=once is None)


def by_alarm(rules: Iterable[MuteRule]) -> dict[str, Mute]:
    """The silence of each alarm: of several, the one that lasts longest."""
    found: dict[str, Mute] = {}
    for rule in rules:
        for alarm in rule.alarms:
            if alarm not in found or found[alarm].until < rule.mute.until:
                found[alarm] = rule.mute
    return found


def mute_rule_request(alarms: Iterable[str], mute: Mute, now: datetime) -> dict[str, Any]:
    """The parameters of `cloudwatch:PutAlarmMuteRule` for this silence: once, from this minute on."""
    start = now.replace(second=0, microsecond=0)
    minutes = max(1, math.ceil((mute.until - start).total_seconds() / 60))
    owner = re.sub(r"[^\w.@+-]", "-", mute.owner)[:64] or "unknown"
    return {
        "Name": f"tradai-console-{re.sub(r'[^A-Za-z0-9-]', '-', owner)}-{now:%Y%m%dT%H%M%S}",
        "Description": plain(f"{owner}: {mute.reason}", 1_000),
        "Rule": {
            "Schedule": {
                "Expression": f"at({start:%Y-%m-%dT%H:%M})",
                "Duration": f"PT{minutes}M",
                "Timezone": "UTC",
            }
        },
        "MuteTargets": {"AlarmNames": sorted(set(alarms))[:MOST_ALARMS]},
    }


def _owned(description: str, name: str) -> tuple[str, str]:
    match = _OWNED.fullmatch(description)
    if match:
        return match[1], match[2]
    return f"rule {name}", description or "no reason given"


def _start(text: str, schedule: Raw) -> datetime:
    try:
        zone = ZoneInfo(str(schedule.get("Timezone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return fields.moment(datetime.fromisoformat(text).replace(tzinfo=zone)) or datetime.max.replace(
        tzinfo=zone
    )


def _length(value: object) -> timedelta | None:
    match = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
