"""What the engine has to say to the interface: frozen values that can be sent from one process to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tradai_console.models.alert import Alert
from tradai_console.models.identity import Identity, Meter
from tradai_console.models.oncall import SectionName
from tradai_console.models.snapshot import Snapshot
from tradai_console.models.workflow import Workflow

if TYPE_CHECKING:  # runbooks and the journal come with it: a screen that shows no incident needs neither
    from tradai_console.incident import Incident


@dataclass(frozen=True)
class SnapshotTaken:
    """A source was read, well or not; or its pace changed."""

    source: str
    snapshot: Snapshot[Any]


@dataclass(frozen=True)
class IdentityKnown:
    """AWS said who we are; before that no account is shown."""

    identity: Identity


@dataclass(frozen=True)
class MeterRead:
    """What watching has used, and how the credentials are."""

    meter: Meter


@dataclass(frozen=True)
class EngineFailed:
    """The engine, or a part of it, cannot work: one sentence."""

    error: str


@dataclass(frozen=True)
class AlertsListed:
    """The list of alerts is new; `loud` are those that nobody has been told of."""

    alerts: tuple[Alert, ...]
    loud: tuple[Alert, ...]


@dataclass(frozen=True)
class RunbooksListed:
    """Every section of the library, as it is now."""

    sections: tuple[SectionName, ...]


@dataclass(frozen=True)
class IncidentChanged:
    """An open incident has news: evidence, progress, its alert."""

    incident: Incident


@dataclass(frozen=True)
class WorkflowTold:
    """An open execution has news: more of its history, its joined facts, another status."""

    workflow: Workflow


DeskNews: TypeAlias = AlertsListed | RunbooksListed | IncidentChanged | WorkflowTold
News: TypeAlias = SnapshotTaken | IdentityKnown | MeterRead | EngineFailed | DeskNews
