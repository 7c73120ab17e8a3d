"""What the interface can ask of the engine, as frozen values that know how to be carried out.

They are made in the interface's process and carried out in the engine's: `carry` runs on the engine's loop, and
raises ConsoleError with a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tradai_console.models.figure import Metric

if TYPE_CHECKING:  # both bring AWS's libraries with them, which the interface never loads
    from tradai_console.aws.door import Door
    from tradai_console.desk import Desk
    from tradai_console.operations.plan import Plan
    from tradai_console.operations.shell import Command
    from tradai_console.runbook.model import Action, Shell, Step


class Job(Protocol):
    """Something to do with the engine's door and desk."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        """Do it. The result must be a value that can be sent."""


@dataclass(frozen=True)
class ReadWindow:
    """A metric over the last hours."""

    metric: Metric
    hours: float

    async def carry(self, door: Door, desk: Desk) -> Any:
        del desk
        from tradai_console.sources.figures import read_window

        return await read_window(door, self.metric, self.hours)


@dataclass(frozen=True)
class OpenIncident:
    """Open the alert's incident, or come back to it."""

    key: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.open(self.key)


@dataclass(frozen=True)
class Acknowledge:
    """I have it, with a note; `release`: I do not."""

    key: str
    note: str = ""
    release: bool = False

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        await (desk.release(self.key) if self.release else desk.acknowledge(self.key, self.note))
        return (
            "Acknowledgement taken back." if self.release else "Acknowledged: it is yours until it resolves."
        )


@dataclass(frozen=True)
class Silence:
    """Mute with an end and a reason; zero minutes end it."""

    key: str
    minutes: float
    reason: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        if self.minutes <= 0:
            await desk.unmute(self.key)
            return "No longer muted."
        await desk.mute(self.key, self.minutes, self.reason)
        return f"Muted for {self.minutes:.0f} minutes."


@dataclass(frozen=True)
class WriteNote:
    """A note on the alert."""

    key: str
    text: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        await desk.note(self.key, self.text)
        return "Noted."


@dataclass(frozen=True)
class KeepStep:
    """An entry of the walk: a place, a tick, a skip, a step done."""

    key: str
    kind: str
    step: Step | None
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        from tradai_console.journal.base import Kind

        await desk.at(self.key).write(Kind(self.kind), self.step, self.text, **self.data)


@dataclass(frozen=True)
class FillIn:
    """A variable's value."""

    key: str
    name: str
    value: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        await desk.at(self.key).fill_in(self.name, self.value)
        return f"{self.name} is {self.value} now."


@dataclass(frozen=True)
class TurnTo:
    """Walk on in another section, with the variables that are known."""

    key: str
    runbook: str
    anchor: str
    """Of the section, or of a step in it."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        await desk.at(self.key).turn_to(self.runbook, self.anchor)


@dataclass(frozen=True)
class CheckNow:
    """Ask the section's probes now."""

    key: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        desk.at(self.key).check_now()


@dataclass(frozen=True)
class PlanAction:
    """What would this action do? Changes nothing."""

    key: str | None
    """The alert it is for; None: it is for none."""
    action: Action
    step: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.changing.plan(self.key, self.action, self.step)


@dataclass(frozen=True)
class CarryOut:
    """A plan that was shown and confirmed."""

    key: str | None
    plan: Plan
    step: str
    typed: str | None
    answers: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    """What was typed unseen."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.changing.act(self.key, self.plan, self.step, self.typed, self.answers)


@dataclass(frozen=True)
class PrepareCommand:
    """What would this command be? With `trust` the operator trusts its file first."""

    key: str | None
    block: Shell
    step: str
    trust: bool = False

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await (
            desk.changing.trust(self.key, self.block)
            if self.trust
            else desk.changing.command(self.key, self.block)
        )


@dataclass(frozen=True)
class Execute:
    """A command that was shown and confirmed."""

    key: str | None
    command: Command
    step: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.changing.execute(self.key, self.command, self.step)
