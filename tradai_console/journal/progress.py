"""An incident's entries, read as how far its walk is; and all entries, as a list of incidents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tradai_console.journal.base import Entry, Incident, Kind, Place, Progress

_STANDS = frozenset(
    {Kind.PLACE, Kind.TICK, Kind.UNTICK, Kind.DONE, Kind.SKIP, Kind.OUTPUT, Kind.INTENT, Kind.RESULT}
)
"""Whoever does one of these stands at its step."""


def progress(entries: Iterable[Entry]) -> Progress:
    """Fold the entries, oldest first. Pure."""
    at: Place | None = None
    ticks: set[tuple[Place, int]] = set()
    done: set[Place] = set()
    skipped: dict[Place, str] = {}
    variables: dict[str, str] = {}
    outputs: dict[Place, tuple[Entry, ...]] = {}
    notes: list[Entry] = []
    for entry in entries:
        place = _place(entry)
        if place is not None and entry.kind in _STANDS:
            at = place
        match entry.kind:
            case Kind.OPEN:  # it has come back after it was over: a walk of its own
                at = None
                ticks, done, skipped, variables, outputs = set(), set(), {}, {}, {}
            case Kind.TICK if place is not None:
                ticks.add((place, _index(entry)))
            case Kind.UNTICK if place is not None:
                ticks.discard((place, _index(entry)))
            case Kind.DONE if place is not None:
                done.add(place)
                skipped.pop(place, None)
            case Kind.SKIP if place is not None:
                skipped[place] = entry.text
            case Kind.OUTPUT | Kind.RESULT | Kind.INTERRUPTED if place is not None:
                outputs[place] = (*outputs.get(place, ()), entry)
            case Kind.NOTE:
                notes.append(entry)
            case Kind.VARIABLE:
                variables[str(entry.data.get("name", ""))] = str(entry.data.get("value", ""))
            case _:
                continue
    variables.pop("", None)
    return Progress(at, frozenset(ticks), frozenset(done), skipped, variables, outputs, tuple(notes))


def incidents(entries: Iterable[Entry]) -> tuple[Incident, ...]:
    """The entries by incident, the one with the newest entry first. Pure."""
    found: dict[str, Incident] = {}
    for entry in entries:
        if entry.incident is None:
            continue
        known = found.pop(entry.incident, None) or Incident(
            entry.incident, entry.at, entry.at, 0, entry.text, False, None, None
        )
        found[entry.incident] = _with(known, entry)
    return tuple(reversed(found.values()))


def _with(known: Incident, entry: Entry) -> Incident:
    opened = entry.kind is Kind.OPEN
    return replace(
        known,
        last_at=max(known.last_at, entry.at),
        entries=known.entries + 1,
        title=entry.text if opened and entry.text else known.title,
        resolved=False if opened else known.resolved or entry.kind is Kind.RESOLVE,
        runbook=entry.runbook or known.runbook,
        section=entry.section or known.section,
    )


def _place(entry: Entry) -> Place | None:
    if not entry.runbook or not entry.step:
        return None
    return Place(entry.runbook, entry.section or "", entry.step)


def _index(entry: Entry) -> int:
    index = entry.data.get("tick", 0)
    return index if isinstance(index, int) else 0
