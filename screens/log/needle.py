"""A text that is looked for in rows: as it stands, `|` between alternatives, capitals count only if there are any."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from screens.log.ring import LogRing, Row
from tradai_console.models.log import LogNote

HELP: Final = "text as it stands; a|b either; capitals count if you type any; empty: nothing"


@dataclass(frozen=True)
class Needle:
    """What is looked for. An empty one is found nowhere, and is false."""

    text: str = ""

    def __bool__(self) -> bool:
        return bool(self._words)

    @cached_property
    def _words(self) -> tuple[str, ...]:
        words = (word for word in self.text.split("|") if word)
        return tuple(dict.fromkeys(word.lower() for word in words) if self._folded else words)

    @cached_property
    def _folded(self) -> bool:
        return self.text == self.text.lower()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        flags = re.IGNORECASE if self._folded else re.NOFLAG
        return re.compile("|".join(map(re.escape, self._words)), flags)

    def found_in(self, text: str) -> bool:
        """Whether the text holds it."""
        if self._folded:
            text = text.lower()
        return any(word in text for word in self._words)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where in the text it stands: from, to."""
        return [match.span() for match in self._pattern.finditer(text)] if self else []

    def places(self, rows: Sequence[Row], ring: LogRing) -> list[int]:
        """Where among the rows those stand whose text or traceback holds it."""
        return [place for place, here in enumerate(self._held(rows, self._heads(ring))) if here]

    def keeping(self, rows: Sequence[Row], ring: LogRing) -> list[Row]:
        """The rows that hold it, in text, traceback or the name of the service. Notes always stay."""
        heads, names = self._heads(ring), self._services(ring)
        if not (heads or names or len(self._words) > 1):
            # The way of most filters over a full ring, in one pass.
            word = self._words[0]
            if self._folded:
                return [row for row in rows if word in row.text.lower() or type(row) is LogNote]
            return [row for row in rows if word in row.text or type(row) is LogNote]
        held = self._held(rows, heads, names)
        return [row for row, here in zip(rows, held, strict=True) if here or type(row) is LogNote]

    def dropping(self, rows: Sequence[Row], ring: LogRing) -> list[Row]:
        """The rows that do not hold it, in text, traceback or the name of the service. Notes always stay."""
        held = self._held(rows, self._heads(ring), self._services(ring))
        return [row for row, here in zip(rows, held, strict=True) if not here or type(row) is LogNote]

    def _held(self, rows: Sequence[Row], heads: Set[str], names: Set[str] = frozenset()) -> list[bool]:
        """For each row whether it holds it, or is one of these heads, or of one of these services."""
        first, *more = self._words
        if more:
            held = [self.found_in(row.text) for row in rows]
        elif self._folded:
            held = [first in row.text.lower() for row in rows]
        else:
            held = [first in row.text for row in rows]
        if heads or names:
            return [
                here or row.service in names or row.event_id in heads
                for here, row in zip(held, rows, strict=True)
            ]
        return held

    def _services(self, ring: LogRing) -> Set[str]:
        return {name for name in ring.services if self.found_in(name)}

    def _heads(self, ring: LogRing) -> set[str]:
        """The rows whose traceback holds it, by their ids."""
        return {head for head, parts in ring.parts.items() if any(self.found_in(part.text) for part in parts)}


NOTHING: Final = Needle()
"""What is looked for when nothing is."""
