"""How a state machine has done lately, counted from the executions on the board. Pure; the pane's own figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from tradai_console.models.execution import Execution

LATELY = timedelta(hours=24)


@dataclass(frozen=True)
class MachineRecord:
    """One machine's last day, as far as its executions are known."""

    machine: str
    running: int
    succeeded: int
    """Without those in which a failure was caught."""
    caught: int
    failed: int
    """FAILED, TIMED_OUT and ABORTED."""
    usual_s: float | None
    """The median of the newest 20 good runs, whenever they were; None: no good run is known."""

    @property
    def success_rate(self) -> float | None:
        """Good ones among those that ended, 0 to 1; None if none has ended."""
        ended = self.succeeded + self.caught + self.failed
        return self.succeeded / ended if ended else None


def records(executions: Iterable[Execution], now: datetime) -> tuple[MachineRecord, ...]:
    """A record for each machine that has executions, in the order in which they come."""
    by_machine: dict[str, list[Execution]] = {}
    for one in executions:
        by_machine.setdefault(one.machine, []).append(one)
    return tuple([_record(machine, found, now) for machine, found in by_machine.items()])


def _record(machine: str, found: list[Execution], now: datetime) -> MachineRecord:
    recent = [one for one in found if one.stopped_at is not None and now - one.stopped_at <= LATELY]
    good = sorted(
        [one for one in found if one.status == "SUCCEEDED" and not one.caught],
        key=lambda one: one.started_at,
        reverse=True,
    )
    return MachineRecord(
        machine=machine,
        running=sum(one.stopped_at is None for one in found),
        succeeded=sum(not one.failed for one in recent),
        caught=sum(one.caught for one in recent),
        failed=sum(one.status in ("FAILED", "TIMED_OUT", "ABORTED") for one in recent),
        usual_s=median(one.duration_s(now) for one in good[:20]) if good else None,
    )
