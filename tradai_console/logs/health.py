"""How the reading of each group goes: its state, and the notes that say when it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from tradai_console.errors import AwsError, Denied, NotFound
from tradai_console.logs.cursor import POLL_S, Cursor
from tradai_console.logs.pages import Line
from tradai_console.logs.source import Ask
from tradai_console.models.log import LogNote, NoteKind
from tradai_console.models.snapshot import State

BACKOFF_MOST_S: Final = 30.0
HOPELESS_S: Final = 60.0
"""Between two attempts at a group that is denied or not there."""


@dataclass(frozen=True)
class GroupState:
    """How the reading of one group goes."""

    state: State
    error: str | None = None
    read_ms: int | None = None
    """When it was last read well."""
    live: bool = False
    """Whether Live Tail brings its lines."""


class Health:
    """The states of one tail's groups."""

    def __init__(self, line: Line, asks: tuple[Ask, ...]) -> None:
        self._line = line
        self._failures: dict[Ask, int] = {}
        self._failed_ms: dict[Ask, int] = {}
        self.states: dict[str, GroupState] = {ask.group: GroupState(State.LOADING) for ask in asks}
        self.errors: dict[str, AwsError] = {}

    def went_well(self, ask: Ask) -> None:
        """A reading of the group has come to its end."""
        self._failures.pop(ask, None)
        self.errors.pop(ask.group, None)
        now_ms = self._line.now_ms()
        self.states[ask.group] = replace(self.states[ask.group], state=State.LIVE, error=None, read_ms=now_ms)

    def recovered(self, ask: Ask, cursor: Cursor) -> tuple[LogNote, ...]:
        """The same; says that it goes on, if it did not, or what could not be looked through any more."""
        failures = self._failures.get(ask, 0)
        self.went_well(ask)
        if cursor.lost is not None:
            (from_ms, to_ms), cursor.lost = cursor.lost, None
            words = f"{ask.group} was not read for {(to_ms - from_ms) / 1000:.0f} s from here: lines may be missing"
            return (LogNote("gap", from_ms, ask.group, words, to_ms),)
        if not failures:
            return ()
        gone_s = (self._line.now_ms() - self._failed_ms.get(ask, 0)) / 1000
        words = f"{ask.group} is read again after {gone_s:.0f} s; nothing is missing"
        return (self.note("reconnect", words, ask.group),)

    def went_badly(self, ask: Ask, error: AwsError) -> tuple[LogNote, ...]:
        """A reading has failed; says so once for each kind of fault."""
        before = self.errors.get(ask.group)
        if ask not in self._failures:
            self._failed_ms[ask] = self._line.now_ms()
        self._failures[ask] = self._failures.get(ask, 0) + 1
        self.errors[ask.group] = error
        self.states[ask.group] = replace(self.states[ask.group], state=State(error.state), error=str(error))
        if type(before) is type(error):
            return ()
        absent = isinstance(error, NotFound)
        words = f"{ask.group} does not exist" if absent else f"{ask.group} cannot be read: {error}"
        return (self.note("state", words, ask.group),)

    def live_is(self, ask: Ask, *, on: bool) -> None:
        """Whether Live Tail brings the group's lines from now on."""
        self.states[ask.group] = replace(self.states[ask.group], live=on)

    def backoff_s(self, ask: Ask, error: AwsError) -> float:
        """How long to leave the group alone after this."""
        if isinstance(error, Denied | NotFound):
            return HOPELESS_S
        return float(min(BACKOFF_MOST_S, POLL_S * 2 ** min(self._failures[ask] - 1, 6)))

    def note(self, kind: NoteKind, words: str, group: str = "") -> LogNote:
        """A row that stands at this moment."""
        return LogNote(kind, self._line.now_ms(), group, words)
