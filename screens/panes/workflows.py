"""The executions: failed and caught-failed first, then what runs, then what went well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from screens.widgets.columns import Column
from screens.widgets.line import Line
from screens.widgets.pane import Pane
from screens.widgets.words import ago, exact_span

if TYPE_CHECKING:
    from tradai_console.models.execution import Execution

_SIGNS = {
    "RUNNING": ("◐", "info"),
    "PENDING_REDRIVE": ("◐", "info"),
    "SUCCEEDED": ("✓", "good"),
    "FAILED": ("✗", "bad"),
    "TIMED_OUT": ("✗", "bad"),
    "ABORTED": ("■", "warn"),
}
FIRST_S = 6 * 3600.0
"""A failure older than this no longer stands above what runs now."""

SLOW = 1.5
"""So many times what its machine usually takes is worth a look."""

NEWS_S = 3600.0
"""A failure younger than this marks the pane."""


class WorkflowsPane(Pane["Execution"]):
    """The newest executions of every machine."""

    source = "workflows"
    digit = 5
    name_shown = "Workflows"
    name_short = "Flows"
    timed = True
    words_empty = "no execution yet"

    def key_of(self, item: Execution) -> str:
        return item.arn

    def order(self, item: Execution) -> tuple[int, float]:
        rank = 0 if item.failed and self._age_s(item) < FIRST_S else 1 if item.stopped_at is None else 2
        return (rank, -item.started_at.timestamp())

    def haystack(self, item: Execution) -> str:
        caught = "caught" if item.caught else ""
        return (
            f"{item.machine} {item.name} {item.status} {caught} {item.failed_state or ''} {item.error or ''}"
        )

    def trouble(self, item: Execution) -> bool:
        return item.failed and item.status != "ABORTED" and self._age_s(item) < NEWS_S

    def _age_s(self, item: Execution) -> float:
        return (self.moment.now - (item.stopped_at or item.started_at)).total_seconds()

    def summary(self) -> Line:
        items = self.snapshot.items
        running = sum(item.stopped_at is None for item in items)
        failed = sum(self.trouble(item) for item in items)
        return Line.of(
            (f"{failed} failed", "bad") if failed else "",
            ("  " if failed else "", "dim"),
            (f"{running} running", "dim"),
        )

    def columns(self) -> Sequence[Column[Execution]]:
        usual = self._usual()
        return (
            Column("sign", "", _sign, most=1, rank=0),
            Column("machine", "machine", _machine, most=14, rank=0, sort=lambda e: e.machine),
            Column("what", "what", _what, least=14, rank=0, flex=True),
            Column(
                "started", "ago", lambda e: Line.of((ago(e.stopped_at or e.started_at, self.moment.now), "dim")),
                most=6, rank=1, align="right", sort=lambda e: -e.started_at.timestamp(),
            ),
            Column(
                "took", "took", lambda e: self._took(e, usual),
                most=8, rank=2, align="right", sort=lambda e: -e.duration_s(self.moment.now),
            ),
            Column("usual", "usually", lambda e: _usually(e, usual), most=7, rank=3, align="right"),
            Column("name", "name", lambda e: Line.of((e.name, "dim")), most=22, rank=5, sort=lambda e: e.name),
        )  # fmt: skip

    def _took(self, item: Execution, usual: Mapping[str, float]) -> Line:
        """How long it took; marked if that is far from what its machine's good runs take."""
        seconds = item.duration_s(self.moment.now)
        slow = seconds > SLOW * usual.get(item.machine, float("inf"))
        return Line.of(("↑ " if slow else "", "warn"), (exact_span(seconds), "warn" if slow else "plain"))

    def _usual(self) -> dict[str, float]:
        """What each machine's newest good runs took, seconds."""
        # What it counts with brings fractions and decimals, which the first paint need not wait for.
        from tradai_console.models.machine_record import records

        found = records(self.snapshot.items, self.moment.now)
        return {one.machine: one.usual_s for one in found if one.usual_s is not None}


def _sign(item: Execution) -> Line:
    return Line.of(("!", "bad") if item.caught else _SIGNS.get(item.status, ("?", "warn")))


def _what(item: Execution) -> Line:
    """The state that failed and why; of a running one the state it is in."""
    if item.failed_state or item.error:
        word = "caught " if item.caught else ""
        why = item.cause or item.error or ""
        return Line.of((word, "warn"), (item.failed_state or item.status.lower(), "bad"), (f"  {why}", "dim"))
    if item.stopped_at is None:
        return Line.of((item.current_state or "running", "info"))
    return Line.of((item.status.lower().replace("_", " "), "dim" if item.status == "SUCCEEDED" else "bad"))


def machine_word(machine: str) -> str:
    """A machine in a word: `data-sync` for one that the platform's names do not tell of."""
    return machine.removeprefix("tradai-").partition("-workflow")[0] or machine


def _machine(item: Execution) -> Line:
    return Line.of((machine_word(item.machine), "strong" if item.failed else "plain"))


def _usually(item: Execution, usual: dict[str, float]) -> Line:
    return Line.of((exact_span(usual[item.machine]), "dim")) if item.machine in usual else Line()
