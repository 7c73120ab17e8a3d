"""The TradAI platform, built into the local AWS through the public API, with an hour of its past."""

from __future__ import annotations

from dataclasses import dataclass

from tradai_console.demo.cast import Cast
from tradai_console.demo.world.compute import Balancer
from tradai_console.demo.world.network import Nat, Network

__all__ = ["World", "build"]


@dataclass(frozen=True)
class World:
    """One built platform: what was made, by the names and ids that AWS gave."""

    cast: Cast
    network: Network
    balancer: Balancer
    nat: Nat
    host: str | None
    """The consolidated instance of dev and staging."""
    tasks: dict[str, tuple[str, ...]]
    """Service to the ids of its running tasks."""
    alarms: tuple[str, ...]
    queue_url: str
    """The console's own queue, subscribed to the alerts topic."""
    took_s: float
    """How long building took."""


def build(endpoint_url: str, *, env: str = "prod", seed: int = 1) -> World:
    """Build everything for this environment; the same seed builds the same platform.

    Where the server runs in this process the platform begins a day ago: tasks have been running, executions have
    ended, alarms have been OK. Elsewhere it begins now.
    """
    # Imported late: the past is played by the story's actors, and the story knows the world.
    from tradai_console.demo.world.construction import construct

    return construct(endpoint_url, env, seed)
