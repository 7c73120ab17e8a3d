"""The card of a drill: its moments, read from the journal, from the alert's life and from the play. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from tradai_console.demo.cast import Cast
from tradai_console.demo.drills.plot import Drill, Plot
from tradai_console.incident import only_asks
from tradai_console.journal.base import Entry, Kind
from tradai_console.models.drill import MARKS, DrillCard, Mark, WrongTurn
from tradai_console.runbook.library import Library
from tradai_console.runbook.model import Probe, Step

_STANDS: Final = frozenset({Kind.OPEN, Kind.PLACE, Kind.TICK, Kind.DONE, Kind.SKIP, Kind.INTENT, Kind.OUTPUT})
"""Whoever does one of these sees the step."""

_HARMLESS: Final = frozenset({"alerts.escalate"})
"""Actions that are never a wrong turn."""


@dataclass(frozen=True)
class Play:
    """A drill that was begun, as far as it has come; stamps, seconds since 1970."""

    drill: Drill
    cast: Cast
    speed: float
    began_at: float
    gone_at: float | None = None
    given_up_at: float | None = None

    @classmethod
    def of(cls, plot: Plot) -> Play:
        """The play as it stands."""
        speed = plot.stage.time.speed
        return cls(plot.drill, plot.cast, speed, plot.began_at, plot.gone_at, plot.given_up_at)


@dataclass(frozen=True)
class Life:
    """The alert as the console listed it; stamps, seconds since 1970."""

    keys: tuple[str, ...] = ()
    """Its key, and those that it had while less was known of it."""
    listed_at: float | None = None
    resolved_at: float | None = None
    others: Mapping[str, float] = field(default_factory=dict)
    """Key to stamp of the other alerts that were listed since the drill began: its symptoms may come before it."""


def draw_card(play: Play, life: Life, entries: Sequence[Entry], library: Library, operator: str) -> DrillCard:
    """The card as things stand. `entries` are the journal's since the drill began, of any incident."""
    reading = _Reading(play, life, entries, library)
    zero = reading.zero
    marks = tuple([Mark(name, _after(zero, at), what) for name, (at, what) in reading.marks().items()])
    return DrillCard(
        drill=play.drill.name,
        alert=play.drill.alert,
        operator=operator,
        seed=play.cast.seed,
        speed=play.speed,
        began_at=datetime.fromtimestamp(play.began_at, UTC).isoformat(timespec="seconds"),
        alert_after_s=_after(play.began_at, zero),
        over=play.gone_at is not None
        and (life.resolved_at is not None or life.listed_at is None or play.drill.event),
        given_up=play.given_up_at is not None,
        marks=marks,
        wrong=tuple([WrongTurn(_after(zero, at) or 0.0, what) for at, what in reading.wrong_turns()]),
        truth=play.drill.whole_truth(play.cast),
    )


def compared(card: DrillCard, earlier: Iterable[DrillCard]) -> DrillCard:
    """Beside this person's earlier runs of the same drill at the same speed, oldest first."""
    ended = [
        one
        for one in earlier
        if (one.drill, one.operator, one.speed) == (card.drill, card.operator, card.speed)
    ]
    best = min(
        (one for one in ended if one.total_s is not None), key=lambda one: one.total_s or 0.0, default=None
    )
    last = ended[-1] if ended else None
    marks = tuple(
        [
            replace(
                mark,
                last_s=last.at_s(mark.name) if last else None,
                best_s=best.at_s(mark.name) if best else None,
            )
            for mark in card.marks
        ]
    )
    return replace(card, marks=marks, runs=len(ended), best_s=best.total_s if best else None)


class _Reading:
    """The journal of one drill, read for its moments."""

    def __init__(self, play: Play, life: Life, entries: Sequence[Entry], library: Library) -> None:
        self._play = play
        self._life = life
        self._library = library
        own = [entry for entry in entries if entry.at.timestamp() >= play.began_at]
        self._people = [entry for entry in own if entry.operator != "console"]
        self._results = {
            str(entry.data.get("intent")): entry
            for entry in own
            if entry.kind in (Kind.RESULT, Kind.INTERRUPTED)
        }

    @property
    def zero(self) -> float | None:
        """When the trainee could know of it: with its alert, or with a symptom's that led to the cause before."""
        listed, others = self._life.listed_at, self._life.others
        heralds = [others[key] for key in self._led() if key in others]
        if listed is None and not heralds:
            heralds = [*others.values()] if self._play.gone_at is not None else []
        return min([at for at in (listed, *heralds) if at is not None], default=None)

    def _led(self) -> set[str]:
        """The incidents in which the cause was seen or cured."""
        return {entry.incident for entry in (self._look(), self._act()) if entry and entry.incident}

    def marks(self) -> Mapping[str, tuple[float | None, str]]:
        """Each mark's stamp, and what it was."""
        keys = {*self._life.keys, *self._led()}
        about = [entry for entry in self._people if entry.incident in keys]
        gone = self._play.gone_at
        found: dict[str, tuple[float | None, str]] = {
            "noticed": _first(about),
            "acknowledged": _first(entry for entry in about if entry.kind is Kind.ACKNOWLEDGE),
            "right look": self._right_look(),
            "right action": self._right_action(),
            "cause gone": (gone, "" if gone is None or self._right_action()[0] else self._untouched()),
            "verified": self._verified(),
            "resolved": (self._life.resolved_at, ""),
        }
        return {name: found[name] for name in MARKS}

    def wrong_turns(self) -> list[tuple[float, str]]:
        """Changes made before the cause was gone that are none of its cures."""
        until = min(self._play.gone_at or _NEVER, self._play.given_up_at or _NEVER)
        return [
            (entry.at.timestamp(), _told(entry))
            for entry in self._people
            if entry.kind is Kind.INTENT
            and entry.at.timestamp() < until
            and not self._is_right(entry)
            and not _is_harmless(entry)
        ]

    def _untouched(self) -> str:
        if self._play.given_up_at is not None:
            return "by the trainer"
        return "outside this console" if self._play.drill.right else "by itself"

    def _look(self) -> Entry | None:
        for entry in self._people:
            step = self._step(entry) if entry.kind in _STANDS else None
            if step is not None and any(probe.name in self._play.drill.looks for probe in step.of(Probe)):
                return entry
        return None

    def _act(self) -> Entry | None:
        for entry in self._people:
            if entry.kind is Kind.INTENT and self._is_right(entry) and not self._was_refused(entry):
                return entry
        return None

    def _right_look(self) -> tuple[float | None, str]:
        entry = self._look()
        step = self._step(entry) if entry else None
        return (entry.at.timestamp(), step.title) if entry and step else (None, "")

    def _right_action(self) -> tuple[float | None, str]:
        entry = self._act()
        return (entry.at.timestamp(), _told(entry)) if entry else (None, "")

    def _verified(self) -> tuple[float | None, str]:
        gone = self._play.gone_at
        for entry in self._people if gone is not None else ():
            step = self._step(entry) if entry.kind is Kind.DONE else None
            if step is not None and only_asks(step) and gone is not None and entry.at.timestamp() >= gone:
                return entry.at.timestamp(), step.title
        return None, ""

    def _is_right(self, entry: Entry) -> bool:
        text = f"{entry.text} {entry.data.get('resource', '')}"
        for pattern in self._play.drill.right:
            action, *words = self._play.drill.told(pattern, self._play.cast).split()
            if entry.data.get("action") == action and all(word in text for word in words):
                return True
        return False

    def _was_refused(self, entry: Entry) -> bool:
        result = self._results.get(entry.id)
        return result is not None and result.data.get("verdict") == "bad"

    def _step(self, entry: Entry) -> Step | None:
        """The step that stood before whoever made this entry; an incident opens at its first one."""
        section = self._library.section(entry.runbook or "", entry.section)
        if section is None:
            return None
        if entry.step is None:
            return section.steps[0] if entry.kind is Kind.OPEN and section.steps else None
        return next((step for step in section.steps if step.anchor == entry.step), None)


_NEVER: Final = float("inf")


def _is_harmless(entry: Entry) -> bool:
    """Whether it only says or rehearses something."""
    return entry.data.get("action") in _HARMLESS or entry.text.startswith("Rehearse ")


def _told(entry: Entry) -> str:
    return entry.text or str(entry.data.get("action", ""))


def _first(entries: Iterable[Entry]) -> tuple[float | None, str]:
    return next(((entry.at.timestamp(), "") for entry in entries), (None, ""))


def _after(zero: float | None, at: float | None) -> float | None:
    return None if zero is None or at is None else round(at - zero, 1)


def from_data(data: Any) -> DrillCard | None:
    """A card that was kept; None where it is none that this program understands."""
    try:
        return DrillCard.of(data)
    except (TypeError, KeyError, ValueError):
        return None
