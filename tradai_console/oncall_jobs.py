"""What the interface asks about alerts beyond one incident: escalations, silences, other incidents, other runbooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradai_console.models.oncall import Letter

if TYPE_CHECKING:
    from tradai_console.aws.door import Door
    from tradai_console.desk import Desk


@dataclass(frozen=True)
class Leave:
    """Nobody looks at an incident any more: nothing is asked for one."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        desk.attend(None)


@dataclass(frozen=True)
class ListIncidents:
    """Every incident that was opened in this run."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return desk.opened()


@dataclass(frozen=True)
class OpenSection:
    """A section of a runbook, without an alert."""

    runbook: str
    anchor: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.open_section(self.runbook, self.anchor)


@dataclass(frozen=True)
class ListMutes:
    """Every silence that holds, the console's own and CloudWatch's."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return desk.mutes()


@dataclass(frozen=True)
class ComposeLetters:
    """What an escalation of this alert would say, to each level."""

    key: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return desk.letters(self.key)


@dataclass(frozen=True)
class PlanLetter:
    """What sending this letter would do. Changes nothing."""

    key: str | None
    letter: Letter
    step: str = ""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.changing.plan_letter(self.key, self.letter, self.step)
