"""What the channel said, as long as it counts: until the alarm is over, the board shows the contrary, or a day has gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tradai_console.alerts.guide import Guide
from tradai_console.alerts.kinds import About, about, key_of
from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.runbook.lead import Match
from tradai_console.runbook.model import UNMATCHED, Severity
from tradai_console.runbook.notice import Notice, read_notice
from tradai_console.sources.channel import Message
from tradai_console.text import plain

LIFE: Final = timedelta(hours=24)
"""A message that nothing contradicts is an alert for so long."""

INFO_LIFE: Final = timedelta(hours=1)
"""One that only informs, by its own word, is not so long of interest."""


@dataclass(frozen=True)
class Heard:
    """One message, understood as far as it can be."""

    id: str
    at: datetime
    """When it was sent, or the alarm's state changed."""
    received_at: datetime
    notice: Notice
    match: Match
    about: About

    @property
    def kind(self) -> str:
        return self.match.alert

    @property
    def key(self) -> str:
        return key_of(self.kind, self.about)

    @property
    def alarm(self) -> str | None:
        """The name of the alarm that it notifies of."""
        return self.notice.alarm.name if self.notice.alarm else None

    @property
    def reason(self) -> str:
        """What it says, in a line."""
        if self.notice.alarm is not None and self.notice.alarm.reason:
            return self.notice.alarm.told
        said = [self.notice.subject, *self.notice.text.splitlines()[:2]]
        return plain(": ".join(part for part in dict.fromkeys(said) if part), 1_024)


def hear(message: Message, guide: Guide, now: datetime) -> Heard:
    """Read one message. Never raises: what is not understood is an unmatched alert with its subject."""
    notice = read_notice(message.subject, message.body, message.attributes)
    match = guide.notice(notice)
    return Heard(plain(message.id, 128), message.sent_at or now, now, notice, match, _about(notice, match))


def _about(notice: Notice, match: Match) -> About:
    if match.alert == UNMATCHED:
        if notice.alarm is not None:
            return (("ALARM", notice.alarm.name),)
        return (("MESSAGE", plain(notice.subject or notice.text, 120)),)
    return about(match.alert, match.variables)


def remaining(
    earlier: Iterable[Heard], new: Iterable[Heard], alarms: Mapping[str, Alarm], now: datetime
) -> tuple[Heard, ...]:
    """What still counts of everything heard: the newest word about each thing, unless that is that it is over.

    `alarms`: those of a trusted reading, by name; an alarm seen as OK since the message's change ends it. That an
    alarm has no data any more ends nothing.
    """
    latest: dict[tuple[str, str], Heard] = {}
    for one in sorted((*earlier, *new), key=lambda heard: (heard.at, heard.received_at)):
        place = ("alarm", one.alarm) if one.alarm else ("key", one.key)
        if place in latest and _without_data(one):
            continue
        latest[place] = one
        if _says_over(one):
            latest = {at: other for at, other in latest.items() if not _ended_by(other, one)}
    return tuple(
        one
        for one in latest.values()
        if now - one.at <= _life(one) and not _says_over(one) and not _seen_ok(one, alarms)
    )


def _says_over(one: Heard) -> bool:
    """An alarm's return is kept as its newest word; what is not understood is shown, good news or not."""
    return one.alarm is None and one.notice.resolved and one.match.matched


def _ended_by(other: Heard, over: Heard) -> bool:
    return other is not over and other.kind == over.kind and set(over.about) <= set(other.about)


def _without_data(one: Heard) -> bool:
    return one.notice.alarm is not None and one.notice.alarm.state is AlarmState.INSUFFICIENT_DATA


def _seen_ok(one: Heard, alarms: Mapping[str, Alarm]) -> bool:
    alarm = alarms.get(one.alarm or "")
    if alarm is None or alarm.since is None or alarm.since < one.at:
        return False
    return alarm.state is AlarmState.OK


def _life(one: Heard) -> timedelta:
    return INFO_LIFE if one.match.severity is Severity.INFO else LIFE
