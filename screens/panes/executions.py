"""The executions on a screen of their own: kept to a machine, a state, a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual.reactive import reactive

from screens.panes.workflows import WorkflowsPane

if TYPE_CHECKING:
    from tradai_console.models.execution import Execution

DAY_S: Final = 86_400.0
STATES: Final = ("any state", "failed and caught", "caught only", "running", "good")
TIMES: Final = (
    ("any time", None), ("last hour", 3600.0), ("last 6 h", 6 * 3600.0), ("last day", 86_400.0), ("last week", 7 * 86_400.0),
)  # fmt: skip


class ExecutionsPane(WorkflowsPane):
    """As the pane of the Shift screen, with filters of its own."""

    slug = "executions"
    digit = 0
    name_shown = "Executions"

    machine: reactive[str | None] = reactive(None, init=False)
    """Only this machine's; None: all."""
    state_kept: reactive[int] = reactive(0, init=False)
    """Place in `STATES`."""
    time_kept: reactive[int] = reactive(0, init=False)
    """Place in `TIMES`."""

    def order(self, item: Execution) -> tuple[int, float]:
        """Here a failure stands on top for as long as it is counted."""
        rank = 0 if item.failed and self._age_s(item) < DAY_S else 1 if item.stopped_at is None else 2
        return (rank, -item.started_at.timestamp())

    def all_items(self) -> Sequence[Execution]:
        within = TIMES[self.time_kept][1]
        return [
            item
            for item in self.snapshot.items
            if (self.machine is None or item.machine == self.machine)
            and _in_state(item, self.state_kept)
            and (within is None or self._age_s(item) <= within)
        ]

    def next_machine(self) -> None:
        """Keep to the next machine; after the last one to none."""
        names = [None, *dict.fromkeys(item.machine for item in self.snapshot.items)]
        here = names.index(self.machine) if self.machine in names else 0
        self.machine = names[(here + 1) % len(names)]

    def watch_machine(self) -> None:
        self.arrange_items()

    def watch_state_kept(self) -> None:
        self.arrange_items()

    def watch_time_kept(self) -> None:
        self.arrange_items()


def _in_state(item: Execution, kept: int) -> bool:
    match STATES[kept]:
        case "failed and caught":
            return item.failed
        case "caught only":
            return item.caught
        case "running":
            return item.stopped_at is None
        case "good":
            return item.status == "SUCCEEDED" and not item.caught
        case _:
            return True
