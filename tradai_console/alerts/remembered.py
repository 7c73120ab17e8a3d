"""What the journal of an earlier run says about alerts: who has them, what is silent, what was written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tradai_console.alerts.lifecycle import LONGEST_MUTE
from tradai_console.journal.base import Entry, Kind
from tradai_console.models.alert import Acknowledgement, Mute


@dataclass(frozen=True)
class Past:
    """By alert's key, as it stood when the earlier run ended."""

    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)
    mutes: Mapping[str, Mute] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def without(self, key: str) -> Past:
        """The same once this acknowledgement has been taken up."""
        rest = {other: taken for other, taken in self.acknowledged.items() if other != key}
        return replace(self, acknowledged=rest)


def remembered(entries: Iterable[Entry], now: datetime) -> Past:
    """Read the entries, oldest first. Silences that have ended are left out."""
    acknowledged: dict[str, Acknowledgement] = {}
    mutes: dict[str, Mute] = {}
    notes: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        key = entry.incident
        if key is None:
            continue
        match entry.kind:
            case Kind.ACKNOWLEDGE:
                acknowledged[key] = Acknowledgement(entry.operator, entry.at, entry.text)
            case Kind.RELEASE | Kind.RESOLVE:
                acknowledged.pop(key, None)
            case Kind.MUTE if (until := _moment(entry.data.get("until"))) is not None:
                mutes[key] = Mute(entry.operator, min(until, entry.at + LONGEST_MUTE), entry.text)
            case Kind.UNMUTE:
                mutes.pop(key, None)
            case Kind.NOTE:
                notes[key] = (*notes.get(key, ()), f"{entry.operator}: {entry.text}")
            case _:
                continue
    return Past(acknowledged, {key: mute for key, mute in mutes.items() if mute.until > now}, notes)


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.utcoffset() == timedelta(0) else None
