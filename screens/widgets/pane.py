"""A pane: the live list of one source, with its state word, its age, its filter and its order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from textual.content import Content
from textual.reactive import reactive, var

from screens.widgets.border import retitle
from screens.widgets.columns import Column, Fitted, fit_columns
from screens.widgets.line import Line
from screens.widgets.live_list import LiveList
from screens.widgets.words import span_of
from tradai_console.models.board import Board
from tradai_console.models.snapshot import Snapshot, State

if TYPE_CHECKING:
    from textual.worker import Worker

T = TypeVar("T")

FEW: Final = 50
REORDER_S: Final = 10.0
"""How often time alone puts many rows in order anew."""

SLICE: Final = 250
"""So many items are looked at in one go; more are looked at in turns with whatever else the interface has to do."""

STATE_STYLE: Final = {
    State.LOADING: "$text-muted",
    State.LIVE: "$text-success",
    State.SLOW: "$text-warning",
    State.STALE: "bold $text-warning",
    State.DENIED: "bold $text-error",
    State.THROTTLED: "bold $text-warning",
    State.EXPIRED: "bold $text-error",
    State.UNREACHABLE: "bold $text-error",
    State.UNAVAILABLE: "bold $text-error",
}


@dataclass(frozen=True)
class Moment:
    """When and for whom a pane is drawn."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    monotonic: float = 0.0
    local: bool = False


class Pane(LiveList[T]):
    """One source on the Shift screen. A subclass says which items, in what order, in which columns."""

    source: ClassVar[str]
    """Its field of the Board."""
    slug: ClassVar[str] = ""
    """Its name in the style sheet, where two panes share a source."""
    digit: ClassVar[int]
    name_shown: ClassVar[str]
    name_short: ClassVar[str]
    """For the rail of a small screen."""
    timed: ClassVar[bool] = False
    """Whether the passing of time alone changes the order, or what is trouble."""
    measured: ClassVar[bool] = False
    """Whether it shows metrics, or is ordered by them."""
    words_empty: ClassVar[str] = "nothing here"
    """What an empty but healthy source is called."""

    board: var[Board] = var(Board, init=False)
    moment: var[Moment] = var(Moment, init=False)
    needle: reactive[str] = reactive("", init=False)
    """The filter: every word must occur, a word after `!` must not."""
    sort_key: reactive[str] = reactive("", init=False)
    reverse_order: reactive[bool] = reactive(False, init=False)

    def __init__(self, delay_s: float = 0.0) -> None:
        """`delay_s`: how long after the clock's tick this pane shows it, so that not all panes are drawn at once."""
        super().__init__(id=f"pane-{self.slug or self.source}", classes="pane")
        self._delay_s = delay_s
        self._fitted: Fitted[T] | None = None
        self._fitted_width = -1
        self._summary = Line()
        self._arranged_at = 0.0
        self._arranging: Worker[None] | None = None
        self._again = False
        self.troubles = 0
        """How many of all its items need somebody, whatever the filter hides."""

    # What a subclass says

    def all_items(self) -> Sequence[T]:
        """The items, before filter and order."""
        return getattr(self.board, self.source).items  # type: ignore[no-any-return]

    def order(self, item: T) -> Any:
        """The pane's own order: the worst first."""
        raise NotImplementedError

    def columns(self) -> Sequence[Column[T]]:
        """The columns, for items that are drawn a line each."""
        return ()

    def haystack(self, item: T) -> str:
        """What the filter looks in."""
        return self.key_of(item)

    def summary(self) -> Line:
        """A few words beside the pane's name."""
        return Line()

    def trouble(self, item: T) -> bool:
        """Whether this item needs somebody: it marks the pane."""
        del item
        return False

    def news_for(self, old: Board, new: Board) -> bool:
        """Whether the new board has news for this pane beside its source's and the metrics."""
        del old, new
        return False

    def arn_of(self, item: T) -> str:
        """The item's ARN, or its name where it has none."""
        return self.key_of(item)

    def called(self, item: T) -> str:
        """What a screen about the item calls it."""
        return self.key_of(item).rpartition("/")[2].rpartition(":")[2]

    # What every pane does

    @property
    def snapshot(self) -> Snapshot[T]:
        return getattr(self.board, self.source)  # type: ignore[no-any-return]

    def watch_board(self, old: Board, new: Board) -> None:
        before, now = getattr(old, self.source), getattr(new, self.source)
        # Most news is about the pace of reading; the items, which may be thousands, are the same.
        items_are_new = before.items is not now.items
        measured_anew = self.measured and old.figures.items is not new.figures.items
        if items_are_new or measured_anew or self.news_for(old, new):
            self.arrange_items()
        elif before is not now:
            self._retitle()
            self.redraw()

    def watch_moment(self) -> None:
        if self._delay_s:
            self.set_timer(self._delay_s, self._grow_older)
        else:
            self._grow_older()

    def _grow_older(self) -> None:
        if self.timed and self._order_is_old():
            self.arrange_items()
        else:
            if len(self.items) <= FEW:
                self._fitted = None  # an age may need one sign more: 9s, 10s
            self._retitle()
            self.redraw()

    def _order_is_old(self) -> bool:
        """A few rows are put in order each second; a thousand are not, time alone moves few of them."""
        past = self.moment.monotonic - self._arranged_at
        return past < 0 or past >= (0 if len(self.items) <= FEW else REORDER_S)

    def watch_needle(self) -> None:
        self.arrange_items()

    def watch_sort_key(self) -> None:
        self.arrange_items()

    def watch_reverse_order(self) -> None:
        self.arrange_items()

    def watch_header_height(self) -> None:
        self._fitted = None
        self._resize()

    def on_mount(self) -> None:
        self.arrange_items()

    def on_resize(self) -> None:
        super().on_resize()
        self._retitle()

    def on_focus(self) -> None:
        super().on_focus()
        self.call_after_refresh(self._retitle)  # the border's colour is the title's too

    def on_blur(self) -> None:
        super().on_blur()
        self.call_after_refresh(self._retitle)

    def arrange_items(self) -> None:
        """Filter, order and show what the board holds now: at once, or soon if that is a crowd."""
        self._arranged_at = self.moment.monotonic
        if self._arranging is not None and self._arranging.is_running:
            self._again = True
        elif len(self.all_items()) <= SLICE:
            for ranked in self._ranked():
                self._show_ranked(ranked)
        else:
            self._arranging = self.run_worker(self._arrange_crowd(), name=f"arrange {self.id}")

    async def _arrange_crowd(self) -> None:
        """The same in slices: a key that comes meanwhile is answered in between."""
        self._again = True
        while self._again:
            self._again = False
            ranked: list[tuple[Any, T]] = []
            for so_far in self._ranked():
                ranked = so_far
                await asyncio.sleep(0)
            self._show_ranked(ranked)

    def _ranked(self) -> Iterator[list[tuple[Any, T]]]:
        """The items that the filter lets through, each with what it is ordered by: slice after slice of them."""
        items, wanted = self.all_items(), _wanted(self.needle)
        key = next((c.sort for c in self.columns() if c.key == self.sort_key and c.sort), None) or self.order
        ranked: list[tuple[Any, T]] = []
        for start in range(0, max(1, len(items)), SLICE):
            part = items[start : start + SLICE]
            if wanted:
                part = [item for item in part if _holds(self.haystack(item), wanted)]
            ranked += [((key(item), self.key_of(item)), item) for item in part]
            yield ranked

    def _show_ranked(self, ranked: list[tuple[Any, T]]) -> None:
        ranked.sort(key=itemgetter(0), reverse=self.reverse_order)
        items = [item for _, item in ranked]
        self._fitted = None
        self.troubles = sum(map(self.trouble, self.all_items() if self.needle else items))
        self.show(items)
        self.set_class(self.troubles > 0, "-trouble")
        self._summary = self.summary()
        self._retitle()

    def sort_next(self) -> str:
        """Sort by the next column, or by the pane's own order again; returns what it is now."""
        keys = ["", *(column.key for column in self.columns() if column.sort)]
        self.sort_key = keys[(keys.index(self.sort_key) + 1) % len(keys)]
        return next((c.title for c in self.columns() if c.key == self.sort_key), "worst first")

    def draw(self, item: T, width: int) -> Sequence[Line]:
        return (self._fit(width).line(item),)

    def draw_header(self, width: int) -> Sequence[Line]:
        return (self._fit(width).header(),)

    def draw_empty(self, width: int) -> Sequence[Line]:
        del width
        state = self.snapshot.state_at(self.moment.monotonic)
        if self.needle and self.all_items():
            return (Line.of((f"nothing matches “{self.needle}”; esc clears the filter", "dim")),)
        if state is State.LOADING or (self.all_items() and not self.needle):
            return (Line.of(("reading …", "dim")),)
        if self.snapshot.taken_at is None:
            return (Line.of(("nothing is known yet", "warn")),)
        return (Line.of((self.words_empty, "dim")),)

    def _fit(self, width: int) -> Fitted[T]:
        if self._fitted is None or self._fitted_width != width:
            self._fitted = fit_columns(self.columns(), self.items, width, titles=self.header_height > 0)
            self._fitted_width = width
        return self._fitted

    def _retitle(self) -> None:
        state = self.snapshot.state_at(self.moment.monotonic)
        self.set_class(not state.trusted and state is not State.LOADING, "-untrusted")
        room = self.outer_size.width - 6
        left = [
            (f"{self.digit} " if self.digit else "", "bold $text-primary"),
            (self.name_shown, "bold"),
            *self._filtered(),
        ]
        summary = self._summary
        right = self._age_words(state)
        taken = sum(len(text) for text, _ in left) + len(right[0])
        if taken + summary.width + 6 > room:
            right = (right[0].replace(", data", "").removesuffix(" old"), right[1])
            taken = sum(len(text) for text, _ in left) + len(right[0])
        if summary.spans and taken + summary.width + 6 <= room:
            left += [("  ", ""), *((span.text, CONTENT_STYLE[span.style]) for span in summary.spans)]
            taken += summary.width + 2
        fill = "─" * max(1, room - taken - 2)
        title = Content.assemble(*left, (f" {fill} ", self.styles.border_top[1].hex), right)
        retitle(self, title, self._trouble_line(state, room))

    def _filtered(self) -> list[tuple[str, str]]:
        if not self.needle:
            return []
        return [
            (f" /{self.needle} ", "$text-accent"),
            (f"{len(self.items)} of {len(self.all_items())}", "$text-muted"),
        ]

    def _age_words(self, state: State) -> tuple[str, str]:
        age = self.snapshot.age_s(self.moment.monotonic)
        if self.snapshot.paused:
            return (f"paused {span_of(age)}" if age is not None else "paused", "bold $text-accent")
        if state is State.LOADING:
            return ("reading", STATE_STYLE[state])
        if age is None:
            return (f"{state}", STATE_STYLE[state])
        word = state.value if state.trusted else state.value.upper()
        return (
            f"{word} {span_of(age)}" if state.trusted else f"{word}, data {span_of(age)} old",
            STATE_STYLE[state],
        )

    def _trouble_line(self, state: State, room: int) -> Content | None:
        if not self.snapshot.error:
            return None
        ahead = self.snapshot.next_monotonic
        again = (
            "" if ahead is None or state.trusted else f" · again in {span_of(ahead - self.moment.monotonic)}"
        )
        style = "$text-warning" if state.trusted else "$text-error"
        text = Line.of(self.snapshot.error)
        kept = text.fit(min(text.width, room - len(again))).plain
        return Content.assemble((kept, style), (again, "$text-muted"))


CONTENT_STYLE: Final = {
    "plain": "$foreground",
    "dim": "$text-muted",
    "strong": "bold $foreground",
    "good": "$text-success",
    "warn": "$text-warning",
    "bad": "bold $text-error",
    "critical": "bold $text-error",
    "accent": "$text-accent",
    "key": "bold $text-primary",
    "info": "$text-secondary",
}


def _wanted(needle: str) -> tuple[tuple[str, bool], ...]:
    words = needle.lower().split()
    return tuple((word.removeprefix("!"), not word.startswith("!")) for word in words if word != "!")


def _holds(text: str, wanted: Sequence[tuple[str, bool]]) -> bool:
    lowered = text.lower()
    return all((word in lowered) is present for word, present in wanted)
