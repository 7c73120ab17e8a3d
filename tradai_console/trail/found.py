"""What one question about an id has brought."""

from __future__ import annotations

from dataclasses import dataclass

from tradai_console.models.trail import TrailEvent


@dataclass(frozen=True)
class OwnLog:
    """The log of a task that belongs to the story as a whole."""

    group: str
    stream: str
    """The stream's name, or what it begins with."""
    from_ms: int
    to_ms: int | None = None
    """None: the task still runs."""
    leads_on: bool = True
    """Whether ids on its lines are followed. Not so for a service's task, which serves everybody."""


@dataclass(frozen=True)
class Found:
    """Pieces of the story, and what leads on from them."""

    pieces: tuple[TrailEvent, ...] = ()
    ids: tuple[str, ...] = ()
    logs: tuple[OwnLog, ...] = ()
    open: bool = False
    """More will come: it still runs."""

    @property
    def began_ms(self) -> int | None:
        """When the first of it happened."""
        return min((one.time_ms for one in self.pieces), default=None)
