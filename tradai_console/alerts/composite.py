"""Composite alarms: one that fires because others do is a further witness of what those tell, and no alert of its own.

Which alarms a composite one combines stands in its rule; which of them have made it fire, in the list and in its
reason. One whose parts nobody can name is an unmatched alarm like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from tradai_console.alerts.guide import Guide
from tradai_console.alerts.kinds import about
from tradai_console.alerts.witness import Witness
from tradai_console.models.alarm import Alarm
from tradai_console.runbook.model import UNMATCHED

LAGS: Final = timedelta(minutes=2)
"""A composite alarm follows its parts: so long after the last of them has ended it says nothing new."""

Spoken = Mapping[str, datetime]
"""By composite alarm: when it last spoke for a part that fired."""

_PART: Final = re.compile(r"""\bALARM\(\s*["']?([^"')]+)["']?\s*\)""")
_CAUSE: Final = re.compile(r":alarm:([^\s,]+) transitioned to ALARM")
_ARN: Final = re.compile(r"\barn:[\w-]+:cloudwatch:[\w-]*:\d*:alarm:")


def speaking_for_parts(
    witnesses: Iterable[Witness], alarms: Iterable[Alarm], guide: Guide, spoken: Spoken, now: datetime
) -> tuple[list[Witness], Spoken]:
    """The witnesses, each composite alarm as one for every alert that has made it fire."""
    known = {alarm.name: alarm for alarm in alarms}
    given = list(witnesses)
    found: list[Witness] = []
    newest: dict[str, datetime] = {}
    for witness in given:
        composite = known.get(witness.alarm or "")
        if witness.kind != UNMATCHED or composite is None or composite.rule is None:
            found.append(witness)
            continue
        parts = [*_parts(witness, composite, given, known, guide)]
        last = now if parts else spoken.get(composite.name)
        if last is not None:
            newest[composite.name] = last
        if last is None or now - last > LAGS:
            found.append(witness)
        found += parts
    return found, newest


def _parts(
    witness: Witness, composite: Alarm, given: Sequence[Witness], known: Mapping[str, Alarm], guide: Guide
) -> Iterator[Witness]:
    """The composite's statement for each alert behind it."""
    names = set(_PART.findall(composite.rule or ""))
    told: set[tuple[str, object]] = set()
    for part in given:
        if part.alarm in names and part.kind != UNMATCHED and (part.kind, part.about) not in told:
            told.add((part.kind, part.about))
            yield replace(
                part, id=f"{witness.id} for {part.key}", finder=witness.finder, alarm=witness.alarm,
                reason=_named(witness.reason), since=witness.since, level=0, raised=(),
            )  # fmt: skip
    if told:
        return
    for name in names & set(_CAUSE.findall(witness.reason)):
        part_alarm = known.get(name)
        if part_alarm is None or _over(part_alarm, witness):
            continue
        match = guide.alarm(part_alarm)
        if match.matched:
            yield replace(
                witness, id=f"{witness.id} for {name}", kind=match.alert, about=about(match.alert, match.variables),
                variables=match.variables, severity=match.severity, runbook=match.runbook, section=match.section,
                reason=_named(witness.reason), first_response=match.rule.first_response if match.rule else "",
            )  # fmt: skip


def _named(reason: str) -> str:
    """Its reason with the alarms' names alone: what stands before them in an ARN is all that a list has room for."""
    return _ARN.sub("", reason)


def _over(part: Alarm, witness: Witness) -> bool:
    """Whether the part has ended since the composite alarm fired."""
    return (
        not part.firing
        and part.since is not None
        and witness.since is not None
        and part.since >= witness.since
    )
