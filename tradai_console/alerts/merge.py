"""Witnesses become alerts: one for each thing, however many say so and however much of it each can name.

A witness that names its thing whole makes or joins that thing's alert. One that does not (an alarm over all
sessions, say) joins the only alert of its kind that it can mean; where several fit, or none, it stands alone.
Once joined it stays, as long as its alert has another witness or no other alert fits: the list must not
reshuffle under the operator's hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from tradai_console.alerts.kinds import (
    FAILOVER,
    NAT_DOWN,
    POOL_EXHAUSTED,
    RDS_CONNECTIVITY,
    About,
    key_of,
    whole,
)
from tradai_console.alerts.witness import Finder, Witness
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.board import Board

LATER: Final = datetime.max.replace(tzinfo=UTC)
"""Where an unknown moment sorts."""

Places = Mapping[str, tuple[str, About]]
"""Which kind and thing each witness, by its id, was found to speak of at the last look."""


@dataclass(frozen=True)
class Sighting:
    """One alert as it is seen at this look, without its past."""

    alert: Alert
    level: int = 0
    also: tuple[str, ...] = ()
    """Keys under which parts of it stood while less was known."""
    raised: tuple[datetime, ...] = ()
    """When it is known to have begun before this look, by the alarms' histories."""
    witnesses: frozenset[str] = frozenset()
    """What would be new if somebody else began to say so."""


@dataclass
class _Group:
    kind: str
    about: About
    witnesses: list[Witness] = field(default_factory=list)

    @property
    def key(self) -> str:
        return key_of(self.kind, self.about)


def merge(
    witnesses: Iterable[Witness], places: Places, board: Board | None = None
) -> tuple[tuple[Sighting, ...], Places]:
    """One sighting for each thing, by key; and the places to hand in at the next look."""
    groups: dict[str, _Group] = {}
    partial: list[Witness] = []
    for witness in witnesses:
        if whole(witness.kind, witness.about):
            _into(groups, witness, witness.about)
        else:
            partial.append(witness)
    solid = tuple(groups.values())
    for voice in _voices(partial):
        place = _place(voice[0], solid, next((places[one.id] for one in voice if one.id in places), None))
        for witness in voice:
            _into(groups, witness, place)
    now = {witness.id: (group.kind, group.about) for group in groups.values() for witness in group.witnesses}
    known = _known(board)
    ordered = sorted(groups.values(), key=lambda group: group.key)
    return tuple(_sighting(group, known) for group in ordered), now


def _into(groups: dict[str, _Group], witness: Witness, which: About) -> None:
    group = groups.setdefault(key_of(witness.kind, which), _Group(witness.kind, which))
    group.witnesses.append(witness)


def _voices(partial: Iterable[Witness]) -> list[list[Witness]]:
    """An alarm and the notification of that same alarm are one voice: they have one place, whichever had it first.

    What names more is placed first, so that what names less finds it.
    """
    voices: dict[tuple[str, str, About], list[Witness]] = {}
    for witness in sorted(partial, key=lambda one: (-len(one.about), one.finder.value, one.id)):
        voices.setdefault((witness.alarm or witness.id, witness.kind, witness.about), []).append(witness)
    return list(voices.values())


def _place(witness: Witness, solid: Iterable[_Group], before: tuple[str, About] | None) -> About:
    """The thing that a witness means which does not name it whole."""
    fitting = [
        group.about
        for group in solid
        if group.kind == witness.kind and set(witness.about) <= set(group.about)
    ]
    earlier = before[1] if before is not None and before[0] == witness.kind else None
    if earlier is not None and (earlier in fitting or (not fitting and set(witness.about) <= set(earlier))):
        return earlier
    return fitting[0] if len(fitting) == 1 else witness.about


def _sighting(group: _Group, known: Mapping[str, Mapping[str, str]]) -> Sighting:
    witnesses = sorted(group.witnesses, key=lambda one: (one.knows, one.since or LATER, one.id))
    best = witnesses[0]
    gravest = min(witnesses, key=lambda one: one.severity.rank)
    variables = dict(known.get(group.kind, {}))
    for witness in reversed(witnesses):
        variables |= witness.variables
    finders = {witness.finder for witness in witnesses}
    alert = Alert(
        key=group.key,
        alert=group.kind,
        severity=gravest.severity.value,
        state=Lifecycle.FIRING,
        since=min((one.since for one in witnesses if one.since is not None), default=None),
        reason=best.reason,
        runbook=best.runbook,
        section=best.section,
        found_by=tuple(finder.value for finder in Finder if finder in finders),
        variables=dict(sorted(variables.items())),
        alarms=tuple(sorted({one.alarm for one in witnesses if one.alarm is not None})),
        first_response=best.first_response,
    )
    return Sighting(
        alert,
        level=max(one.level for one in witnesses),
        also=tuple(sorted({one.key for one in witnesses} - {group.key})),
        raised=tuple(sorted({at for one in witnesses for at in one.raised})),
        # Of one voice nothing is new when its other half speaks.
        witnesses=frozenset(one.alarm or one.finder.value for one in witnesses),
    )


def _known(board: Board | None) -> dict[str, dict[str, str]]:
    """What the board says of things of which there is only one, for those whom nobody named."""
    if board is None:
        return {}
    known: dict[str, dict[str, str]] = {}
    if len(board.nat.items) == 1 and (instance := board.nat.items[0].instance_id):
        known[NAT_DOWN] = {"NAT_INSTANCE_ID": instance}
    if len(board.databases.items) == 1:
        database = {"DB_INSTANCE": board.databases.items[0].id}
        known |= dict.fromkeys((RDS_CONNECTIVITY, FAILOVER, POOL_EXHAUSTED), database)
    return known
