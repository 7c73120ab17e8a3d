"""What is known of one trail: its ids and how they were come by, its pieces, its bounds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from tradai_console.errors import AwsError, Expired
from tradai_console.models.log import LogLine, LogNote
from tradai_console.models.trail import Piece
from tradai_console.trail.ids import in_logs, leads_on, mentions
from tradai_console.trail.wide import MARK

MOST_DEPTH: Final = 4
"""Lines that lie between the id that was asked for and the furthest one that is followed."""

MOST_IDS: Final = 40
"""Ids that are followed."""

MOST_ON_LINE: Final = 8
"""A line with more ids than these is a list of other people's work: it leads nowhere."""

MOST_PIECES: Final = 20_000
"""Pieces of one trail."""

Row = Piece | LogNote


class Story:
    """One trail. What is taken is kept once; what is new waits in `new` for whoever shows it."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.new: list[Row] = []
        self.notes: dict[str, None] = {}
        """What could not be read or was left out, a sentence each, in the order in which it was come by."""
        self.pieces = 0
        """How many there are."""
        self.failed = False
        """Something could not be read that is there."""
        self._depth: dict[str, int] = {wanted: 0}
        self._common: set[str] = set()
        self._known: set[str] = set()
        self._roads: dict[int, list[int]] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that are followed, the wanted one first."""
        return tuple([value for value in self._depth if value not in self._common])

    @property
    def searched(self) -> tuple[str, ...]:
        """The same as logs name them, each once."""
        return tuple(dict.fromkeys([in_logs(value) for value in self.ids]))

    @property
    def full(self) -> bool:
        """Whether no more pieces are taken."""
        return self.pieces >= MOST_PIECES

    def is_wanted(self, value: str) -> bool:
        """Whether this is what was asked for, by its ARN or by its name."""
        return in_logs(value) == in_logs(self.wanted)

    def follows(self, value: str) -> bool:
        """Whether this id is followed."""
        return value in self._depth and value not in self._common

    def takes(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Keep those that are new; they are returned, too."""
        taken: list[Piece] = []
        for piece in pieces:
            if piece.event_id in self._known:
                continue
            if self.full:
                self.says(
                    f"the trail has more than {MOST_PIECES:,} pieces: what comes after these is left out"
                )
                break
            self._known.add(piece.event_id)
            if not isinstance(piece, LogLine) or self._is_another(piece):
                taken.append(piece)
        self.pieces += len(taken)
        self.new += taken
        return taken

    def _is_another(self, line: LogLine) -> bool:
        """Whether the line is one more than came by the other road. Insights does not tell an event's own id: both roads
        count each content, and it is taken as often as the road that saw more of it says."""
        counts = self._roads.setdefault(hash((line.group, line.stream, line.time_ms, line.text)), [0, 0])
        road = int(line.event_id.startswith(MARK))
        counts[road] += 1
        return counts[road] > counts[1 - road]

    def says(self, words: str, note: LogNote | None = None) -> None:
        """Keep a sentence about the reading, once; with the row that stands for it, if it has a place."""
        if words not in self.notes:
            self.notes[words] = None
            if note is not None:
                self.new.append(note)

    def fails(self, words: str, note: LogNote | None = None) -> None:
        """The same for what could not be read though it may be there."""
        self.failed = True
        self.says(words, note)

    def cannot(self, about: str, error: AwsError, note: LogNote | None = None) -> None:
        """The same, with the error. Without credentials nothing can be read: that is said once, not for each thing."""
        words = str(error) if isinstance(error, Expired) else f"{about} could not be read: {error}"
        self.fails(words, None if note is None else replace(note, words=words))

    def told(self, value: str, ids: Iterable[str]) -> None:
        """AWS itself says that these belong to an id: they are as near as that one."""
        depth = self._depth.get(value, 0)
        for one in ids:
            self._follow(one, depth)

    def leads(self, line: LogLine, *, own: int | None = None) -> None:
        """Follow the ids on a line that mentions a followed one; or, with `own`, on a line of a log that is itself
        the story's, so near."""
        found = line.ids
        if not found or len(found) > MOST_ON_LINE:
            return
        depth = own if own is not None else self._nearest(line.text)
        if depth is None:
            return
        for value in found:
            if leads_on(value):
                self._follow(value, depth + 1)

    def depth(self, value: str) -> int:
        """How far the id is from the wanted one."""
        return self._depth.get(value, 0)

    def drop(self, values: Sequence[str], group: str) -> None:
        """These are on too many lines to belong to one story: they are not followed."""
        for value in values:
            known = [one for one in self.ids if in_logs(one) == value and not self.is_wanted(one)]
            self._common.update(known)
            if known:
                self.says(
                    f"{value} is on too many lines of {group} to belong to this alone: it is not followed"
                )

    def _nearest(self, text: str) -> int | None:
        """How near the nearest of the followed ids in this text is; None if it mentions none."""
        found = [self._depth[value] for value in self.ids if mentions(text, in_logs(value))]
        return min(found, default=None)

    def _follow(self, value: str, depth: int) -> None:
        if value in self._depth or value in self._common:
            return
        if depth > MOST_DEPTH:
            self.says(f"ids that are more than {MOST_DEPTH} lines away from {self.wanted} are not followed")
        elif len(self._depth) >= MOST_IDS:
            self.says(f"more than {MOST_IDS} ids belong to {self.wanted}: the others are not followed")
        else:
            self._depth[value] = depth
