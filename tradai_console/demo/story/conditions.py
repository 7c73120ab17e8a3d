"""What is wrong on the platform at the moment, and what AWS says is there: the actors behave accordingly.

`Conditions` are levers: ambient incidents and drills set them, actors read them. `Facts` are read back from
AWS, so that the right action of an operator really changes what happens next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import StrEnum


class Exchange(StrEnum):
    """How the exchange answers."""

    OK = "ok"
    SLOW = "slow"
    LIMITED = "limited"
    """It answers 429: too many requests."""
    DOWN = "down"


@dataclass
class Conditions:
    """Causes. All at rest by default; each is undone by setting it back."""

    exchange: Exchange = Exchange.OK
    latency_s: float = 0.0
    """Seconds added to every answer of the backend."""
    api_errors: float = 0.0
    """The share of backend requests that end with 500, 0 to 1."""
    memory: dict[str, float] = field(default_factory=dict)
    """Memory of a service in per cent of its limit, instead of its usual one."""
    cpu: dict[str, float] = field(default_factory=dict)
    connections: float | None = None
    """Connections to the database, instead of the usual number."""
    database_down: bool = False
    storage_stall_s: float = 0.0
    """Seconds that the database's storage takes for each read and write on top of the usual millisecond or two."""
    unhealthy: set[str] = field(default_factory=set)
    """Services whose health endpoint answers 503."""
    psi: dict[str, float] = field(default_factory=dict)
    """Drift index of a model, instead of its usual one."""
    lambda_errors: dict[str, str] = field(default_factory=dict)
    """Function to the error that its runs end with."""
    lambda_ms: dict[str, float] = field(default_factory=dict)
    """Function to the milliseconds its runs take."""
    lambda_limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Function to its time limit (s) and memory (MiB), where somebody has changed them."""
    requests: float = 1.0
    """How many times the usual number of requests reach the backend."""
    silent_sessions: set[str] = field(default_factory=set)
    """Sessions that neither beat nor write a line: a deadlock."""
    held_positions: set[str] = field(default_factory=set)
    """Sessions with a position that stays open: their rows count it, whatever else they trade."""
    failing_jobs: str | None = None
    """`memory`, `data` or `timeout`: how the next backtests end."""
    failing_training: str | None = None
    """The error that the next retraining's training task ends with."""

    def rest(self) -> None:
        """Take every cause away; a function's limits stay what somebody has made them."""
        fresh = Conditions(lambda_limits=self.lambda_limits)
        for one in fields(self):
            setattr(self, one.name, getattr(fresh, one.name))


@dataclass
class Facts:
    """What AWS said at the last look."""

    tasks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Service to the ids of its running tasks; empty where services do not run on ECS."""
    short: set[str] = field(default_factory=set)
    """Services with fewer healthy tasks than they should have."""
    nat_instance: str | None = None
    nat_ok: bool = True
    """Whether traffic to the internet gets out: instance running and fine, route to it, source/dest check off."""
    nat_impaired: bool = False
    """Whether its instance fails a status check."""
    failovers: int | None = None
    """How many failover events the database has had; None before the first look."""
    new_failovers: int = 0
    """Those that no metric has counted yet."""
    sessions: dict[str, str] = field(default_factory=dict)
    """Session to its status in `trading-state`."""
    database_available: bool = True
    waiting: dict[str, int] = field(default_factory=dict)
    """Queue to the messages waiting in it."""
    network_down_s: float = 0.0
    """For how many simulated seconds nothing has got out."""

    def keep_tasks(self, found: dict[str, list[tuple[float, str]]], desired: Callable[[str], int]) -> None:
        """The running tasks of each service, by their start."""
        self.tasks = {service: tuple(name for _, name in sorted(ids)) for service, ids in found.items()}
        self.short = {service for service, ids in found.items() if len(ids) < desired(service)}

    def count_failovers(self, seen: int) -> None:
        """So many failovers the database has had by now; those since the last look are new."""
        self.new_failovers += max(0, seen - (seen if self.failovers is None else self.failovers))
        self.failovers = seen

    def reach(self, *, out: bool, after_s: float) -> None:
        """Whether traffic gets out, so many simulated seconds after the last look."""
        self.network_down_s = 0.0 if out or self.nat_ok else self.network_down_s + after_s
        self.nat_ok = out


def exchange_now(conditions: Conditions, facts: Facts) -> Exchange:
    """How the exchange looks from inside: without a way out it is down."""
    return conditions.exchange if facts.nat_ok else Exchange.DOWN
