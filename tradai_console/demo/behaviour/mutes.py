"""CloudWatch's alarm mute rules: when one is active, the alarms it names change state and call nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tradai_console.demo.behaviour.dispatch import Refused, seconds, stamp

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)$")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+)\)$")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
_DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])}
_LONGEST = timedelta(days=15)


@dataclass(frozen=True)
class MuteRule:
    """One rule as PutAlarmMuteRule gave it."""

    arn: str
    given: dict[str, Any]
    updated_at: float

    @property
    def name(self) -> str:
        """Unique in account and region."""
        return str(self.given["Name"])

    @property
    def alarms(self) -> frozenset[str]:
        """The alarms it names."""
        return frozenset((self.given.get("MuteTargets") or {}).get("AlarmNames") or ())

    def status(self, now: float) -> str:
        """SCHEDULED, ACTIVE or EXPIRED."""
        schedule = self.given["Rule"]["Schedule"]
        expires, begins = seconds(self.given.get("ExpireDate")), seconds(self.given.get("StartDate"))
        if expires is not None and now >= expires:
            return "EXPIRED"
        if begins is not None and now < begins:
            return "SCHEDULED"
        here = stamp(now).astimezone(_zone(schedule)).replace(tzinfo=None)
        length = parse_duration(schedule["Duration"])
        once = _AT.match(schedule["Expression"])
        if once:
            start = datetime.fromisoformat(once[1])
            return "SCHEDULED" if here < start else "ACTIVE" if here < start + length else "EXPIRED"
        return "ACTIVE" if _started_within(schedule["Expression"], here, length) else "SCHEDULED"

    def describe(self, now: float) -> dict[str, Any]:
        """As GetAlarmMuteRule answers it."""
        told = {key: value for key, value in self.given.items() if key != "Tags"}
        return {**told, **self.summary(now)}

    def summary(self, now: float) -> dict[str, Any]:
        """As ListAlarmMuteRules answers it."""
        told: dict[str, Any] = {
            "AlarmMuteRuleArn": self.arn,
            "Status": self.status(now),
            "MuteType": "ONE_TIME"
            if _AT.match(self.given["Rule"]["Schedule"]["Expression"])
            else "RECURRING",
            "LastUpdatedTimestamp": stamp(self.updated_at),
        }
        return {**told, "ExpireDate": self.given["ExpireDate"]} if self.given.get("ExpireDate") else told


def check(given: dict[str, Any]) -> None:
    """Raise Refused where the rule is not one AWS takes."""
    schedule = (given.get("Rule") or {}).get("Schedule") or {}
    expression = str(schedule.get("Expression", ""))
    if not _AT.match(expression) and not _CRON.match(expression):
        raise Refused("ValidationError", f"The schedule expression {expression} is not valid.")
    length = parse_duration(str(schedule.get("Duration", "")))
    if not timedelta(minutes=1) <= length <= _LONGEST:
        raise Refused("ValidationError", "The duration must be between 1 minute and 15 days.")
    _zone(schedule)


def parse_duration(text: str) -> timedelta:
    """`PT2H30M` and the like. Raises Refused."""
    found = _DURATION.match(text)
    if found is None or not any(found.groups()):
        raise Refused("ValidationError", f"The duration {text} is not valid.")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _zone(schedule: dict[str, Any]) -> ZoneInfo:
    try:
        return ZoneInfo(schedule.get("Timezone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise Refused("ValidationError", f"The timezone {schedule.get('Timezone')} is not valid.") from None


def _started_within(expression: str, now: datetime, length: timedelta) -> bool:
    found = _CRON.match(expression)
    if found is None:
        return False
    minutes, hours, days, months, weekdays = (
        _field(part, low, high, names)
        for part, low, high, names in zip(
            found.groups(), (0, 0, 1, 1, 0), (59, 23, 31, 12, 7), ({}, {}, {}, _MONTHS, _DAYS), strict=True
        )
    )
    at = now.replace(second=0, microsecond=0)
    while at > now - length:
        weekday = (at.weekday() + 1) % 7
        on_day = (
            at.day in days
            and at.month in months
            and (weekday in weekdays or (weekday == 0 and 7 in weekdays))
        )
        if on_day and at.hour in hours and at.minute in minutes:
            return True
        at -= timedelta(minutes=1)
    return False


def _field(text: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    def number(part: str) -> int:
        try:
            return names[part.upper()] if part.upper() in names else int(part)
        except ValueError:
            raise Refused("ValidationError", f"{part} is not valid in a schedule expression.") from None

    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if part in ("*", "?"):
            found |= set(range(low, high + 1))
        else:
            found |= set(range(number(first), number(last if dash else first) + 1))
    return frozenset(found)
