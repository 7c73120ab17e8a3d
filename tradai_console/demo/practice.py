"""What is kept of drills: one journal for every night, and in it the card of each drill that was ended."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tradai_console.clock import SystemClock
from tradai_console.demo import drills
from tradai_console.demo.drills.card import Life, Play, compared, draw_card, from_data
from tradai_console.errors import ConsoleError
from tradai_console.journal.base import Entry, Kind
from tradai_console.journal.sqlite_file import FAILURES
from tradai_console.journal.store import Store
from tradai_console.models.drill import DrillCard
from tradai_console.runbook.library import Library, load_library

MOST: Final = 5_000
"""Entries of one night that are read."""


class Practice:
    """One trainee at one console: where that console writes, and where cards are kept. Everything here blocks."""

    def __init__(self, night: Path, book: Path, operator: str) -> None:
        """`night` is the console's journal, `book` the journal of drills."""
        self._night = night
        self._book = book
        self._operator = operator
        self._library: Library | None = None

    def rehearsals(self) -> list[dict[str, Any]]:
        """Every drill, with how this person has done in it."""
        cards = self._cards()
        return [_rehearsal(drills.find(name), cards) for name in drills.names()]

    def card(self, play: Play, life: Life, *, keep: bool) -> DrillCard:
        """How the drill stands, beside earlier runs; `keep` writes it down, once for each run.

        Raises ConsoleError where a journal cannot be read.
        """
        self._library = self._library or load_library()
        card = draw_card(play, life, self._entries(play), self._library, self._operator)
        earlier = [one for one in self._cards() if one.began_at != card.began_at]
        card = compared(card, earlier)
        if keep:
            self._keep(card)
        return card

    def _entries(self, play: Play) -> Sequence[Entry]:
        if not self._night.exists():
            return ()
        try:
            with closing(Store(self._night, SystemClock())) as store:
                return [one for one in store.newest(MOST) if one.at.timestamp() >= play.began_at]
        except FAILURES as error:
            raise ConsoleError(f"the journal of this night cannot be read: {error}") from error

    def _cards(self) -> list[DrillCard]:
        """This person's, oldest first."""
        try:
            with closing(Store(self._book, SystemClock())) as store:
                kept = store.read("kind = ? AND operator = ?", (Kind.DRILL, self._operator))
        except FAILURES as error:
            raise ConsoleError(f"the journal of drills cannot be read: {error}") from error
        found = [from_data(entry.data.get("card")) for entry in kept]
        return [card for card in found if card is not None]

    def _keep(self, card: DrillCard) -> None:
        # One name for it, so that a card that is shown again is written once.
        name = f"drill-{card.drill}-{card.seed}-{card.began_at}"
        entry = Entry(
            Kind.DRILL,
            datetime.now(UTC),
            self._operator,
            text=card.drill,
            data={"card": card.as_data()},
            id=name,
        )
        try:
            with closing(Store(self._book, SystemClock())) as store:
                store.append([entry])
        except FAILURES as error:
            raise ConsoleError(f"the card could not be written down: {error}") from error


def _rehearsal(drill: drills.Drill, cards: Sequence[DrillCard]) -> dict[str, Any]:
    runs = [card for card in cards if card.drill == drill.name]
    totals = [card.total_s for card in runs if card.total_s is not None]
    return {
        "name": drill.name,
        "alert": drill.alert,
        "line": drill.line,
        "runs": len(runs),
        "best_s": min(totals, default=None),
    }
