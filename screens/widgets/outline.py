"""The path of an execution: its states in their order, what is inside of one further in, one of them selected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from screens.facts.states import OUTCOMES
from screens.widgets.columns import Column, Fitted, fit_columns
from screens.widgets.line import Line
from screens.widgets.live_list import LiveList
from screens.widgets.words import exact_span
from tradai_console.models.workflow import ItemCount, Outcome, StateVisit

SLOW = 1.5
"""So many times the usual is worth a look."""


class OutlineView(LiveList[StateVisit]):
    """Every row a state, an item, a child execution, or a fold that `enter` opens."""

    def __init__(self) -> None:
        super().__init__(id="outline")
        self._now: datetime | None = None
        self._fitted: Fitted[StateVisit] | None = None
        self._fitted_width = -1
        self._opened: Mapping[int, tuple[StateVisit, ...]] = {}

    def renew(
        self, visits: Sequence[StateVisit], opened: Mapping[int, tuple[StateVisit, ...]], now: datetime
    ) -> None:
        """Show these rows; folds that were opened give way to what is behind them."""
        self._now, self._fitted = now, None
        self.show(tuple(_opened_out(visits, opened)))

    def grow_older(self, now: datetime) -> None:
        """Only time has passed: of what runs the duration is new."""
        self._now = now
        if any(visit.left_at is None and visit.outcome is Outcome.RUNNING for visit in self.items):
            self.redraw()

    def key_of(self, item: StateVisit) -> str:
        return str(item.id)

    def draw(self, item: StateVisit, width: int) -> Sequence[Line]:
        if self._fitted is None or self._fitted_width != width:
            self._fitted = fit_columns(self._columns(), self.items, width, titles=False)
            self._fitted_width = width
        return (self._fitted.line(item),)

    def draw_empty(self, width: int) -> Sequence[Line]:
        del width
        return (Line.of(("no state was entered", "dim")),)

    def _columns(self) -> Sequence[Column[StateVisit]]:
        return (
            Column("sign", "", _sign, most=1, rank=0),
            Column("name", "state", _name, most=40, rank=0),
            Column("took", "took", self._took, most=7, rank=1, align="right"),
            Column("usual", "usually", _usual, most=7, rank=4, align="right"),
            Column("tries", "tries", _tries, most=4, rank=2, align="right"),
            Column("what", "", _what, least=8, rank=3, flex=True),
        )

    def _took(self, visit: StateVisit) -> Line:
        seconds = None if self._now is None else visit.seconds(self._now)
        if seconds is None or visit.type == "Fold":
            return Line()
        slow = visit.usual_s is not None and seconds > SLOW * max(visit.usual_s, 1.0)
        return Line.of((exact_span(seconds), "warn" if slow else "plain"))


def _opened_out(
    visits: Sequence[StateVisit], opened: Mapping[int, tuple[StateVisit, ...]]
) -> Sequence[StateVisit]:
    rows: list[StateVisit] = []
    for visit in visits:
        if visit.type == "Fold" and visit.id in opened:
            rows += _opened_out(opened[visit.id], opened)
        else:
            rows.append(visit)
    return rows


def _sign(visit: StateVisit) -> Line:
    if visit.type == "Fold":
        return Line.of(("▸", OUTCOMES[visit.outcome][1]))
    return Line.of(OUTCOMES[visit.outcome])


def _name(visit: StateVisit) -> Line:
    sign_style = OUTCOMES[visit.outcome][1]
    style = "strong" if visit.culprit else "plain"
    if visit.after_failure:  # not to be blamed, whatever came of it
        style = "dim"
    elif visit.outcome.bad or visit.outcome is Outcome.RUNNING:
        style = sign_style
    return Line.of(
        "  " * visit.depth,
        (visit.name, "accent" if visit.type == "Fold" else style),
        (" ◀ cause" if visit.culprit else "", "critical"),
        (" ≠" if visit.different else "", "accent"),
    )


def _usual(visit: StateVisit) -> Line:
    return Line() if visit.usual_s is None else Line.of((f"~{exact_span(visit.usual_s)}", "dim"))


def _tries(visit: StateVisit) -> Line:
    return Line() if visit.tries < 2 else Line.of((f"{visit.tries}×", "warn"))


def _what(visit: StateVisit) -> Line:
    if visit.type == "Fold":
        return Line.of(("enter opens it", "dim"))
    if visit.outcome.bad or visit.error:
        word = {Outcome.CAUGHT: "caught ", Outcome.TIMED_OUT: "timed out "}.get(visit.outcome, "")
        return Line.of(
            (word, "warn"), (visit.cause or visit.error or "", "dim" if visit.after_failure else "plain")
        )
    if visit.items is not None:
        return items_line(visit.items)
    if visit.outcome is Outcome.ABORTED:
        return Line.of(("cut off", "dim"))
    if visit.outcome is Outcome.RUNNING:
        return Line.of((visit.attempts[-1].target or "running" if visit.attempts else "running", "info"))
    return Line.of((visit.attempts[-1].target if visit.attempts else "", "dim"))


def items_line(items: ItemCount) -> Line:
    """How many of a Map's items or a Parallel's branches went how."""
    total = "?" if items.total is None else items.total
    return Line.of(
        (f"{items.succeeded} of {total}", "dim"),
        (f"  {items.failed} failed" if items.failed else "", "bad"),
        (f"  {items.running} running" if items.running else "", "info"),
        (f"  {items.aborted} cut off" if items.aborted else "", "warn"),
    )
