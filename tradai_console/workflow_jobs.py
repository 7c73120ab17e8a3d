"""What the interface asks of the engine about one execution: frozen values, as in `jobs`.

After `OpenWorkflow` the engine tells `news.WorkflowTold` whenever something about it is new (at most once a second),
until `CloseWorkflow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tradai_console.models.workflow import Payload

if TYPE_CHECKING:
    from tradai_console.aws.door import Door
    from tradai_console.desk import Desk
    from tradai_console.operations.plan import Plan


@dataclass(frozen=True)
class OpenWorkflow:
    """Open an execution: by its ARN or name, a job id (also `job:ID`), a trace id, a task's ARN or id, or an alert's key.

    The answer is a `Workflow` (its first screen; more comes as news) or `Candidates`. Raises ConsoleError if the id
    leads nowhere, saying where it was looked for.
    """

    wanted: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.workflows.open(self.wanted)


@dataclass(frozen=True)
class CloseWorkflow:
    """Nobody looks at it any more."""

    key: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        desk.workflows.close(self.key)


@dataclass(frozen=True)
class RefreshWorkflow:
    """Read everything about it anew."""

    key: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        desk.workflows.at(self.key).refresh()


@dataclass(frozen=True)
class ReadPayload:
    """A payload, whole: `PayloadText`."""

    key: str
    payload: Payload

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.workflows.at(self.key).payload(self.payload)


@dataclass(frozen=True)
class ReadEvents:
    """Events of the history as far as it is read, from the place `start` (0 is the oldest): a tuple of `Event`."""

    key: str
    start: int
    count: int = 100

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return desk.workflows.at(self.key).events(self.start, min(self.count, 500))


@dataclass(frozen=True)
class ReadStates:
    """The rows behind a fold: a tuple of `StateVisit`; where there are many the last one is a fold again."""

    key: str
    fold: int
    """The fold's id."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return desk.workflows.at(self.key).unfolded(self.fold)


@dataclass(frozen=True)
class ReadLog:
    """The log of a state's attempt (0 is the newest): a `LogSlice`. Raises ConsoleError where it has none of its own."""

    key: str
    visit: int
    attempt: int = 0

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.workflows.at(self.key).log(self.visit, self.attempt)


@dataclass(frozen=True)
class KeepExcerpt:
    """Write a line of a payload into the journal: the operator chose it. The answer is a sentence."""

    key: str
    about: str
    """Where it stands: `RunBacktest, input`."""
    text: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        alert = desk.workflows.alert_of(self.key)
        title = desk.workflows.at(self.key).key.rpartition(":")[2]
        await desk.keep(f"{title}, {self.about}: {self.text}", alert)
        return "It stands in the journal."


@dataclass(frozen=True)
class PlanWorkflow:
    """What would this action do? `arguments` are those of the `Offer`, others may be added. The answer is a `Plan`."""

    key: str
    action: str
    arguments: tuple[tuple[str, str], ...] = ()

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        from tradai_console.runbook.model import Action

        alert = desk.workflows.alert_of(self.key)
        return await desk.changing.plan(alert, Action(self.action, self.arguments, 0), "")


@dataclass(frozen=True)
class ActOnWorkflow:
    """A plan that was shown and confirmed: carried out, journalled, and all looked at anew. The answer is `Evidence`."""

    key: str
    plan: Plan
    typed: str | None
    answers: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        alert = desk.workflows.alert_of(self.key)
        evidence = await desk.changing.act(alert, self.plan, "", self.typed, self.answers)
        desk.workflows.at(self.key).refresh()
        return evidence
