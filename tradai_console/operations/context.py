"""What an action is given: the door, the settings, the journal, and where the operator stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tradai_console.clock import Clock
from tradai_console.journal.base import Journal
from tradai_console.models.alert import Alert
from tradai_console.models.identity import Identity
from tradai_console.models.oncall import Letter
from tradai_console.platform import Platform
from tradai_console.settings import Settings

Raw = Mapping[str, Any]

_NO_PRODUCTION: Final = frozenset(
    {"dev", "develop", "development", "staging", "stage", "test", "qa", "sandbox"}
)


class Door(Protocol):
    """What an action needs of the door to AWS."""

    @property
    def region(self) -> str:
        """The region of every client."""

    async def client(self, service: str) -> Any:
        """The aiobotocore client of that service; it raises errors of ours."""

    async def identity(self) -> Identity:
        """Who is asking, as it was last found out."""


@dataclass(frozen=True)
class ActionContext:
    """Where and for whom an action is planned and carried out."""

    door: Door
    settings: Settings
    platform: Platform
    clock: Clock
    journal: Journal
    operator: str
    incident: str | None = None
    """Key of the alert it is done for."""
    runbook: str | None = None
    section: str | None = None
    step: str | None = None
    alert: Alert | None = None
    facts: tuple[str, ...] = ()
    """Sentences that are on screen: what an escalation tells."""
    letter: Letter | None = None
    """What an escalation says, where an operator has seen it; None: it is put together from what is known here."""
    changes: Door | None = None
    """A door for the changes alone that sends each only once (`attempts=1`): a door that repeats what got no answer
    may start a retraining twice. None: `door`."""


def is_production(env: str) -> bool:
    """Whether every change asks for a name: so it is in each environment that is not known to be another."""
    return env.lower() not in _NO_PRODUCTION
