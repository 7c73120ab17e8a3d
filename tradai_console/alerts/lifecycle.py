"""The course of alerts: firing, acknowledged, muted, resolved. A pure state machine.

    firing        something says so, nobody has it
    acknowledged  somebody has it; ends by itself when it resolves, and when it gets worse (then it is loud again)
    muted         silenced until a moment, for a reason; the silence is the key's and outlives a recovery
    resolved      nobody says so any more; shown for a quarter of an hour, then forgotten

Which sightings there are decides alone whether an alert is open: who hands them in sees to it that lack of data
takes none away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tradai_console.alerts.merge import Sighting
from tradai_console.errors import ConsoleError
from tradai_console.models.alert import Acknowledgement, Alert, Lifecycle, Mute
from tradai_console.runbook.model import Severity

SHOWN_RESOLVED: Final = timedelta(minutes=15)
FLAP_STRIP: Final = timedelta(hours=24)
LONGEST_MUTE: Final = timedelta(hours=24)
MOST_FLAPS: Final = 500

_SAME_FLAP: Final = timedelta(minutes=2)
"""An alarm's own record of a beginning, and ours of the same, lie no further apart."""


@dataclass(frozen=True)
class Course:
    """One alert and its past."""

    sighting: Sighting
    """The newest one."""
    began_at: datetime
    """When it began to fire this time, as far as is known."""
    flaps: tuple[datetime, ...]
    resolved_at: datetime | None = None
    acknowledged: Acknowledgement | None = None
    accepted: Sighting | None = None
    """What was acknowledged: what is worse than this is loud again."""
    worsened: bool = False


@dataclass(frozen=True)
class Ledger:
    """Every course by its alert's key, and every silence."""

    courses: Mapping[str, Course] = field(default_factory=dict)
    mutes: Mapping[str, Mute] = field(default_factory=dict)
    """The console's own, by key; the alert need not fire."""


def advance(ledger: Ledger, sightings: Iterable[Sighting], now: datetime) -> Ledger:
    """The ledger after one look."""
    seen = {sighting.alert.key: sighting for sighting in sightings}
    earlier = _renamed(ledger, seen)
    courses = {key: _seen(earlier.courses.get(key), sighting, now) for key, sighting in seen.items()}
    for key, course in earlier.courses.items():
        if key not in seen:
            gone = _gone(course, now)
            if gone.resolved_at is not None and now - gone.resolved_at <= SHOWN_RESOLVED:
                courses[key] = gone
    mutes = {key: mute for key, mute in earlier.mutes.items() if mute.until > now}
    return Ledger(courses, mutes)


def _renamed(ledger: Ledger, seen: Mapping[str, Sighting]) -> Ledger:
    """Once it is known which thing a vaguer alert is about, that thing's alert takes over its course."""
    courses, mutes = dict(ledger.courses), dict(ledger.mutes)
    for key, sighting in seen.items():
        for old in sighting.also:
            if old in seen:
                continue
            if old in courses and _is_open(courses[old]):
                course = courses.pop(old)
                if key not in courses or not _is_open(courses[key]):
                    courses[key] = course
            if old in mutes:
                mutes.setdefault(key, mutes[old])
    return Ledger(courses, mutes)


def _seen(course: Course | None, sighting: Sighting, now: datetime) -> Course:
    known = _within_strip((*sighting.raised, *(course.flaps if course else ())), now)
    if course is None or not _is_open(course):
        began = min(sighting.alert.since or now, now)
        return Course(sighting, began, _with(known, max(began, now - FLAP_STRIP)))
    since = sighting.alert.since
    began = min(course.began_at, since) if since is not None else course.began_at
    following = replace(course, sighting=sighting, began_at=began, flaps=known)
    if course.accepted is not None and worse(sighting, course.accepted):
        return replace(following, acknowledged=None, accepted=None, worsened=True)
    return following


def _gone(course: Course, now: datetime) -> Course:
    if not _is_open(course):
        return course
    return replace(course, resolved_at=now, acknowledged=None, accepted=None, worsened=False)


def _is_open(course: Course) -> bool:
    return course.resolved_at is None


def worse(now: Sighting, accepted: Sighting) -> bool:
    """Graver, more of the same, or said by somebody who did not say so before."""
    return (
        Severity(now.alert.severity).rank < Severity(accepted.alert.severity).rank
        or now.level > accepted.level
        or not now.witnesses <= accepted.witnesses
    )


def _with(flaps: tuple[datetime, ...], began: datetime) -> tuple[datetime, ...]:
    if any(abs(began - other) <= _SAME_FLAP for other in flaps):
        return flaps
    return tuple(sorted((*flaps, began)))[-MOST_FLAPS:]


def _within_strip(flaps: Iterable[datetime], now: datetime) -> tuple[datetime, ...]:
    kept: tuple[datetime, ...] = ()
    for at in sorted(set(flaps)):
        if at >= now - FLAP_STRIP and (not kept or at - kept[-1] > timedelta(seconds=1)):
            kept += (at,)
    return kept[-MOST_FLAPS:]


def acknowledge(ledger: Ledger, key: str, taken: Acknowledgement) -> Ledger:
    """Somebody takes it. Taking it again changes owner and note. Raises ConsoleError if it is not open."""
    course = _open(ledger, key)
    taken_course = replace(course, acknowledged=taken, accepted=course.sighting, worsened=False)
    return replace(ledger, courses={**ledger.courses, key: taken_course})


def release(ledger: Ledger, key: str) -> Ledger:
    """Nobody has it any more: it fires. Raises ConsoleError if it is not open."""
    course = replace(_open(ledger, key), acknowledged=None, accepted=None)
    return replace(ledger, courses={**ledger.courses, key: course})


def mute(ledger: Ledger, key: str, silence: Mute, now: datetime) -> Ledger:
    """Silence a key, firing or not. Raises ConsoleError without a reason, an owner, or an end within 24 h."""
    if not silence.reason.strip() or not silence.owner.strip():
        raise ConsoleError("a mute needs a reason and an owner: say why it may be silent")
    if not now < silence.until <= now + LONGEST_MUTE:
        raise ConsoleError("a mute ends within 24 hours from now: give a time that lies ahead")
    return replace(ledger, mutes={**ledger.mutes, key: silence})


def unmute(ledger: Ledger, key: str) -> Ledger:
    """End a silence of the console's own. Raises ConsoleError if there is none."""
    if key not in ledger.mutes:
        raise ConsoleError(f"{key} is not muted by this console")
    return replace(ledger, mutes={other: one for other, one in ledger.mutes.items() if other != key})


def _open(ledger: Ledger, key: str) -> Course:
    course = ledger.courses.get(key)
    if course is None or not _is_open(course):
        raise ConsoleError(f"{key} is not firing any more")
    return course


def alerts_in(ledger: Ledger, now: datetime, native: Mapping[str, Mute] | None = None) -> tuple[Alert, ...]:
    """Every alert of the ledger as it stands. `native`: CloudWatch's own mutes, by the name of the alarm."""
    return tuple(_alert(key, course, ledger, now, native or {}) for key, course in ledger.courses.items())


def _alert(key: str, course: Course, ledger: Ledger, now: datetime, native: Mapping[str, Mute]) -> Alert:
    seen = course.sighting.alert
    silence = ledger.mutes.get(key)
    if silence is None or silence.until <= now:
        silence = _native(seen, now, native)
    if not _is_open(course):
        state = Lifecycle.RESOLVED
    elif silence is not None:
        state = Lifecycle.MUTED
    else:
        state = Lifecycle.FIRING if course.acknowledged is None else Lifecycle.ACKNOWLEDGED
    return replace(
        seen,
        state=state,
        since=course.began_at,
        acknowledged=course.acknowledged,
        muted=silence,
        worsened=course.worsened,
        flaps=course.flaps,
    )


def _native(alert: Alert, now: datetime, native: Mapping[str, Mute]) -> Mute | None:
    """CloudWatch silences it where all of its alarms are muted there: the first to end ends the silence."""
    found = [native[name] for name in alert.alarms if name in native and native[name].until > now]
    if not found or len(found) < len(alert.alarms):
        return None
    return min(found, key=lambda one: one.until)
