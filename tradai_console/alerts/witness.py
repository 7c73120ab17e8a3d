"""Witnesses: one statement of one finder about one thing, in a shape that all three finders share."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tradai_console.alerts.finding import Finding
from tradai_console.alerts.guide import Guide
from tradai_console.alerts.heard import Heard
from tradai_console.alerts.kinds import About, about, key_of
from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.runbook.lead import Match
from tradai_console.runbook.model import GENERAL, Severity


class Finder(StrEnum):
    """Who says so, in the order in which an alert names them."""

    CLOUDWATCH = "cloudwatch"
    SNS = "sns"
    CONSOLE = "console"


@dataclass(frozen=True)
class Witness:
    """One finder's statement."""

    id: str
    """The same at each look, for as long as it goes on."""
    finder: Finder
    kind: str
    about: About
    """Which one of its kind; perhaps less than that takes."""
    variables: Mapping[str, str] = field(hash=False)
    severity: Severity
    runbook: str
    section: str | None
    first_response: str
    reason: str
    since: datetime | None
    alarm: str | None = None
    level: int = 0
    raised: tuple[datetime, ...] = ()
    """When it is known to have begun before, newest first."""

    @property
    def key(self) -> str:
        """Of what it says by itself; it may be found to speak of something that is known more closely."""
        return key_of(self.kind, self.about)

    @property
    def knows(self) -> int:
        """How well its words tell what is wrong: the console's best, a mere crossed threshold least."""
        return 0 if self.finder is Finder.CONSOLE else 1 if self.alarm is None else 2


def of_alarms(
    alarms: Iterable[Alarm], guide: Guide, heard: Collection[Heard] = (), held: Collection[str] = ()
) -> Iterator[Witness]:
    """The alarms that fire, but for those of which a newer message says that they do not.

    `held`: alarms that fired at the last look. One of them that has no data now has not recovered.
    """
    newest = {one.alarm: one for one in heard if one.alarm is not None}
    for alarm in alarms:
        blind = alarm.state is AlarmState.INSUFFICIENT_DATA and alarm.name in held
        if not alarm.firing and not blind:
            continue
        later = newest.get(alarm.name)
        if later is not None and later.notice.resolved and (alarm.since is None or later.at > alarm.since):
            continue
        yield _of_alarm(alarm, guide.alarm(alarm), blind=blind)


def _of_alarm(alarm: Alarm, match: Match, *, blind: bool) -> Witness:
    which: About = (("ALARM", alarm.name),) if not match.matched else about(match.alert, match.variables)
    return Witness(
        id=f"alarm {alarm.arn or alarm.name}",
        finder=Finder.CLOUDWATCH,
        kind=match.alert,
        about=which,
        variables=match.variables,
        severity=match.severity,
        runbook=match.runbook,
        section=match.section,
        first_response=match.rule.first_response if match.rule else "",
        reason=f"fired, and has no data now: {alarm.told}" if blind else alarm.told,
        since=None if blind else alarm.since,
        alarm=alarm.name,
        raised=tuple(change.at for change in alarm.history if _TO_ALARM.search(change.summary)),
    )


_TO_ALARM = re.compile(r"\bto ALARM\b", re.IGNORECASE)


def of_heard(heard: Iterable[Heard]) -> Iterator[Witness]:
    """What the channel said and nothing has contradicted."""
    for one in heard:
        if one.notice.alarm is not None and not one.notice.alarm.firing:
            continue
        match = one.match
        yield Witness(
            id=message_id(one),
            finder=Finder.SNS,
            kind=one.kind,
            about=one.about,
            variables=match.variables,
            severity=match.severity,
            runbook=match.runbook,
            section=match.section,
            first_response=match.rule.first_response if match.rule else "",
            reason=one.reason,
            since=one.at,
            alarm=one.alarm,
        )


def of_findings(findings: Iterable[Finding], guide: Guide) -> Iterator[Witness]:
    """What the console's own rules found. A kind that the user's library has dropped leads to general triage."""
    rules = guide.by_name
    for one in findings:
        rule = rules.get(one.kind)
        yield Witness(
            id=f"finding {one.key}",
            finder=Finder.CONSOLE,
            kind=one.kind,
            about=one.about,
            variables=one.variables,
            severity=rule.severity if rule else Severity.MEDIUM,
            runbook=rule.runbook if rule else GENERAL,
            section=rule.section if rule else None,
            first_response=rule.first_response if rule else "",
            reason=one.reason,
            since=one.since,
            level=one.level,
        )


def message_id(one: Heard) -> str:
    """The id of the witness that this message makes."""
    return f"message {one.alarm or one.key}"
