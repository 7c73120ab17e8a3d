"""A drill as the console shows it: what can be rehearsed, and how one went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from tradai_console.models.alert import Alert

MARKS: Final = (
    "noticed",
    "acknowledged",
    "right look",
    "right action",
    "cause gone",
    "verified",
    "resolved",
)
"""The moments of a drill, in the order in which they should come."""


@dataclass(frozen=True)
class Rehearsal:
    """A drill that can be begun."""

    name: str
    alert: str
    """The alert of the response matrix."""
    line: str
    """What it looks like at first; it gives nothing away."""
    runs: int = 0
    """How often this person has been through it."""
    best_s: float | None = None
    """From the alert to its end, in the best of these; None: never ended."""


@dataclass(frozen=True)
class Mark:
    """One moment of a drill."""

    name: str
    """One of `MARKS`."""
    at_s: float | None
    """Real seconds after the alert was on screen; None: it never came."""
    what: str = ""
    """Which step, which action."""
    last_s: float | None = None
    """The same in this person's run before."""
    best_s: float | None = None
    """The same in this person's best run."""


@dataclass(frozen=True)
class WrongTurn:
    """A change that cured nothing."""

    at_s: float
    what: str


@dataclass(frozen=True)
class DrillCard:
    """How a drill went."""

    drill: str
    alert: str
    operator: str
    seed: int
    speed: float
    """Simulated seconds a real second."""
    began_at: str
    """ISO 8601, UTC."""
    alert_after_s: float | None
    """Real seconds from the cause to its alert on screen; None: it was not seen."""
    over: bool
    """Its cause is gone, and its alert has resolved if it is one that does."""
    given_up: bool
    marks: tuple[Mark, ...]
    wrong: tuple[WrongTurn, ...]
    truth: tuple[str, ...]
    """What really happened, what cures it, what does not, what makes it worse."""
    runs: int = 0
    """How many earlier runs of this person the card is compared with."""
    best_s: float | None = None
    """The total of the best of them."""

    def at_s(self, name: str) -> float | None:
        """When this mark came."""
        return next((mark.at_s for mark in self.marks if mark.name == name), None)

    @property
    def total_s(self) -> float | None:
        """From the alert to its end; None for what is not over, or was given up.

        Nobody watches a paused session: its alert resolves while the cause is still there, and nothing has ended.
        """
        if not self.over or self.given_up:
            return None
        resolved, gone = self.at_s("resolved"), self.at_s("cause gone")
        if resolved is not None:
            return max(resolved, gone or 0.0)
        verified = self.at_s("verified")
        return gone if verified is None else verified

    def as_data(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> DrillCard:
        """The card of such values. Raises TypeError or KeyError where they are none."""
        return cls(
            **{
                **data,
                "marks": tuple([Mark(**mark) for mark in data["marks"]]),
                "wrong": tuple([WrongTurn(**turn) for turn in data["wrong"]]),
                "truth": tuple(data["truth"]),
            }
        )


Answered = Callable[[Any, str | None], None]
"""Gets a result, or one sentence saying why there is none."""


class Drills(Protocol):
    """Where drills are begun and followed. No method waits; answers come on a thread of its own."""

    def listen(self, ended: Answered) -> None:
        """Begin; `ended` gets the card of each drill that is over."""

    def stop(self) -> None:
        """Ask nothing any more."""

    def heed(self, alerts: tuple[Alert, ...]) -> None:
        """The list of alerts is new."""

    def rehearsals(self, answered: Answered) -> None:
        """Every drill that can be begun: a tuple of `Rehearsal`."""

    def begin(self, name: str, answered: Answered) -> None:
        """Begin a drill, or `random`; the answer is a sentence."""

    def give_up(self, answered: Answered) -> None:
        """Let the trainer cure it; the answer is a sentence."""

    def card(self, answered: Answered) -> None:
        """The `DrillCard` of the drill that was begun last, as it stands."""
