"""What a probe has to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tradai_console.aws.door import Door
from tradai_console.clock import Clock
from tradai_console.models.board import Board
from tradai_console.models.snapshot import Snapshot
from tradai_console.platform import Platform
from tradai_console.probes.gathering import Gathering


@dataclass(frozen=True)
class ProbeContext:
    """The surroundings of one run: the door to AWS, the platform's names, the newest board."""

    door: Door
    platform: Platform
    board: Callable[[], Board]
    clock: Clock
    env: str
    changed_at: float | None = None
    """When something was changed last from here, by the clock's `monotonic`: what the board read before says less now."""
    gathering: Gathering = field(default_factory=Gathering, compare=False)
    """Where questions to the log wait for others like them."""

    async def client(self, service: str) -> Any:
        """The service's client; its calls raise only errors of ours."""
        return await self.door.client(service)

    def answers(self, one: Snapshot[Any], young_s: float) -> bool:
        """Whether what a pane has read answers as well as AWS would: trusted, no older than that, read since a change."""
        monotonic = self.clock.monotonic()
        age = one.age_s(monotonic)
        if not one.state_at(monotonic).trusted or age is None or age >= young_s:
            return False
        began = monotonic - age - (one.took_s or 0.0)
        return self.changed_at is None or began > self.changed_at

    @property
    def now(self) -> datetime:
        """The wall clock, UTC."""
        return self.clock.now()

    @property
    def runs_on_host(self) -> bool:
        """Whether one instance runs every service here: so the board says, or the environment's name."""
        services = self.board().services.items
        if services:
            return any(one.host is not None for one in services)
        return self.env in ("dev", "staging")


@dataclass(frozen=True)
class Given:
    """A probe's arguments, checked."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def get(self, name: str) -> str | None:
        """An optional argument; None if it was left out."""
        return self.values.get(name)

    @property
    def minutes(self) -> int:
        """The length of the window that is looked at."""
        return int(self.values["minutes"])

    @property
    def limit(self) -> int:
        """The most rows that were asked for."""
        return int(self.values["limit"])
