"""A log as it comes: its histogram, its lines and what is said about them.

It takes its rows itself, a portion at a time: the next is asked for when the last one is in the ring. So however
fast a log flows, one portion is on its way, and the rest waits, bounded, in the engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from screens.log.histogram import Histogram, HistogramStrip
from screens.log.ring import LogRing, Row, Taken
from screens.log.rows import HUES, letters_of, shown_moment
from screens.log.shown import Shown
from screens.log.status import empty_lines, subtitle, title
from screens.log.view import LogView
from screens.standing import stands
from screens.widgets.at_once import paint_at_once
from screens.widgets.border import retitle
from screens.widgets.pane import Moment
from tradai_console.log_jobs import NextPortion
from tradai_console.messages import JobAnswered, JobRequested
from tradai_console.models.log import LogNote, milliseconds
from tradai_console.models.log_feed import PORTION, GroupReading, LogPortion
from tradai_console.models.trail import Trail

STATUS_S: Final = 0.5
"""The shortest time between two readings of counts and histogram while a log flows."""

GATHER_S: Final = 0.04
"""What comes in drops is gathered for so long, so that a busy log is not taken row by row."""

RATED_S: Final = 10
"""Over so many seconds lines a second are reckoned."""

NEXT_FRAME_S: Final = 0.02

ROOMY: Final = 14
"""From this height on errors have a line of the histogram of their own."""


class LogFeed(Vertical):
    """One log. `key`: what its portions are asked for by; empty: rows are given to `take`."""

    class Changed(Message):
        """Counts, groups or what is shown have changed; a few times a second at the most."""

    class Lost(Message):
        """The engine does not read this log any more."""

        def __init__(self, error: str) -> None:
            super().__init__()
            self.error = error

    def __init__(self, ring: LogRing, key: str = "", *, name: str = "log") -> None:
        super().__init__(id="log")
        self.ring = ring
        self.key = key
        self.called = name
        """What it is the log of."""
        self.groups: tuple[GroupReading, ...] = ()
        self.places: str | None = None
        """Where else lines are, and how to reach them."""
        self.trail: Trail | None = None
        """How far a trail is; None: this is no trail, or nothing has come yet."""
        self.moment = Moment()
        self.rate = 0.0
        """Lines a second that have come lately."""
        self._empty_words = "no line yet"
        self.found_words = ""
        """Which of how many places of what is looked for the cursor is on."""
        self.view = LogView(Shown(ring))
        """Where it is drawn, and what has the focus."""
        self._strip = HistogramStrip()
        self._services: list[str] = []
        self._due = False
        self._answered = False
        """Whether a key was answered, and the rest is to be told."""
        self._came = 0
        self._heard: deque[tuple[float, int]] = deque(maxlen=RATED_S)

    def compose(self) -> ComposeResult:
        yield self._strip
        yield self.view

    def on_mount(self) -> None:
        self._ask()
        self.tell()

    def on_resize(self) -> None:
        self._strip.set_class(self.size.height < ROOMY, "-flat")
        self.status()

    @property
    def shown(self) -> Shown:
        """What of the ring is shown."""
        return self.view.shown

    def use(self, ring: LogRing, key: str, name: str) -> None:
        """Show another log from now on, through the same lens."""
        lens = self.shown.lens
        self.ring, self.key, self.called = ring, key, name
        self.groups, self.places, self.trail = (), None, None
        self.view.show(Shown(ring))
        self.shown.lens = lens
        self.call_later(
            self._ask
        )  # a message made while its parent's is handled would go no further than that
        self.tell()

    def show_moment(self, moment: Moment) -> None:
        """The time goes on, or is shown in another zone."""
        zone = moment.local != self.moment.local
        self.moment = moment
        self._measure_rate()
        if zone or not self.shown.rows:
            self.tell()
        else:
            self.status()

    # What comes

    def _ask(self) -> None:
        if self.key:
            self.post_message(JobRequested(self, NextPortion(self.key, self.ring.portion)))

    @on(JobAnswered)
    def _portion_came(self, message: JobAnswered) -> None:
        if not isinstance(message.job, NextPortion) or message.job.key != self.key:
            return
        if message.error is not None:
            self.post_message(self.Lost(message.error))
            return
        portion = message.result
        if isinstance(portion, LogPortion) and portion.number == self.ring.portion + 1:
            self._take_portion(portion)
        # A full portion means that more waits. Without one it is asked, too: another reading has taken the place.
        if isinstance(portion, LogPortion) and len(portion.rows) < PORTION:
            self.set_timer(GATHER_S, self._ask)
        else:
            self._ask()

    def _take_portion(self, portion: LogPortion) -> None:
        self.groups, self.places, self.trail = portion.groups, portion.places, portion.trail
        self.ring.portion = portion.number
        rows: tuple[Row, ...] = tuple(row for row in portion.rows if not getattr(row, "minor", False))
        lost = portion.passed_over - self.ring.passed_over
        if lost > 0:
            self.ring.passed_over = portion.passed_over
            words = f"{lost:,} lines before this were let go: they came faster than they could be shown"
            at_ms = rows[0].time_ms if rows else milliseconds(self.moment.now)
            rows = (LogNote("gap", at_ms, "", words), *rows)
        self.take(rows)

    def take(self, rows: Sequence[Row]) -> None:
        """Put rows into the ring, and what they change onto the screen, when its next picture is due."""
        self._came += len(rows)
        self.moved(self.ring.take(rows))

    def moved(self, taken: Taken) -> None:
        """The ring has taken something in."""
        began = not self.shown.rows
        self.shown.keep_up(taken)
        self.view.forget(taken.gone)
        if len(self.ring.services) > len(self._services):
            self._name_services()
        if began:
            self.tell()
        self.view.renew()
        if not self._due:
            self._due = True
            self.set_timer(STATUS_S, self._status_due)

    def _name_services(self) -> None:
        self._services += sorted(self.ring.services - {*self._services})
        named = [service for service in self._services if service]
        hues = {service: f"hue{number % HUES}" for number, service in enumerate(named)}
        self.view.look = replace(self.view.look, letters=letters_of(named), hues=hues)

    # What is told about it

    def tell(self) -> None:
        """Everything that is drawn may be another: look, lines, counts."""
        local, rows = self.moment.local, self.shown.rows
        today = shown_moment(milliseconds(self.moment.now), local=local).date()
        first = shown_moment(rows[0].time_ms, local=local).date() if rows else today
        self.view.look = replace(self.view.look, local=local, today=today, dated=first != today)
        self.status()
        if stands(self):
            self.view.paint()

    def status(self) -> None:
        """Counts, histogram, titles, and what stands there instead of lines."""
        if not stands(self):
            return
        self._say_why_empty()
        self._draw_histogram()
        self._retitle()
        self.post_message(self.Changed())

    def answer(self) -> None:
        """A key has moved the cursor: paint that and where it is now; all the rest is told with the next frame."""
        if not stands(self):
            return
        self._retitle()
        paint_at_once(self.view, self)
        if not self._answered:
            self._answered = True
            self.set_timer(NEXT_FRAME_S, self._tell_rest)

    def _tell_rest(self) -> None:
        self._answered = False
        self.status()

    def _retitle(self) -> None:
        below = subtitle(self.view, local=self.moment.local, found=self.found_words)
        retitle(self, title(self.ring, self.shown, self.groups), below)

    def explain_empty(self, words: str) -> None:
        """What to say where there is no line; at once, for what stood there may be wrong now."""
        if words != self._empty_words:
            self._empty_words = words
            self._say_why_empty()
            if stands(self) and not self.shown.rows:
                self.view.paint()

    def _say_why_empty(self) -> None:
        if not self.shown.rows:
            width = self.view.size.width
            self.view.empty = empty_lines(self._empty_words, self.ring, self.groups, self.places, width)
            self.view.renew()

    def _status_due(self) -> None:
        self._due = False
        self.status()

    def _measure_rate(self) -> None:
        """Over the last seconds: lines come in bursts, one a reading."""
        self._heard.append((self.moment.monotonic, self._came))
        began, came = self._heard[0]
        passed = self.moment.monotonic - began
        self.rate = (self._came - came) / passed if passed > 0 else 0.0

    @property
    def bars(self) -> tuple[list[int], list[int], int, int]:
        """The histogram: lines and errors of each bar, its begin and its end in milliseconds."""
        return self.shown.counts(self._strip.buckets)

    def _draw_histogram(self) -> None:
        lines, errors, begin, end = self.bars
        if not lines:
            self._strip.show(Histogram())
            return
        current, local = self.view.current, self.moment.local
        here = None
        if current is not None:
            here = min(len(lines) - 1, (current.time_ms - begin) * len(lines) // max(1, end - begin))
        begins, ends = (f"{shown_moment(ms, local=local):%H:%M}" for ms in (begin, end))
        self._strip.show(Histogram(tuple(lines), tuple(errors), begins, ends, here))
