"""The Trail screen: the whole story of an id across services, in one order of time, and what comes of it live."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.reactive import var
from textual.screen import Screen

from screens.bindings import bindings
from screens.facts.facts import Section
from screens.log.panel import LogPanel
from screens.log.prompt import seconds_of
from screens.log.ring import LogRing
from screens.log.rows import shown_moment
from screens.standing import stands
from screens.widgets.ask import ask, say
from screens.widgets.drawn import LineBar
from screens.widgets.frame import Frame, Notice
from screens.widgets.heading import Heading
from screens.widgets.hints import KeyHints
from screens.widgets.line import Line, beside
from screens.widgets.pane import Moment
from screens.widgets.question import Question
from screens.widgets.words import exact_span
from tradai_console.log_jobs import FollowTrail, LeaveLog, SearchWide
from tradai_console.messages import JobAnswered, JobRequested, TrailRequested
from tradai_console.models.board import Board
from tradai_console.models.log import LogNote
from tradai_console.models.trail import Hop, Piece, Scan, Summary, Trail, summarise
from tradai_console.settings import Settings

AGAIN_S: Final = 3.0
"""After the engine has lost a trail it is asked for it again so much later."""

LONGEST_S: Final = 90 * 86_400.0
_NUMBERS: Final = count(1)


class TrailScreen(Screen[None]):
    """One id: its summary, its hops, its pieces."""

    CSS_PATH = "trail.tcss"
    AUTO_FOCUS = "#lines"
    SCOPES = ("trail",)
    BINDINGS: ClassVar[list[BindingType]] = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(self, settings: Settings, wanted: str) -> None:
        super().__init__()
        self._settings = settings
        self._wanted = wanted
        self._since_s: float | None = None
        self._key = ""
        self._error: str | None = None
        self._placed = False
        """Whether the cursor was put where the story has to be read from."""

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(TrailScreen.board, TrailScreen.moment)
        yield Notice().data_bind(TrailScreen.board)
        yield Heading()
        yield StoryBar()
        yield LogPanel(LogRing(), name=f"trail {self._wanted}")
        yield KeyHints("console", "log", "trail").data_bind(keymap=TrailScreen.keys)

    def on_mount(self) -> None:
        self.panel.view.look = replace(self.panel.view.look, story=True)
        self._follow()

    @property
    def panel(self) -> LogPanel:
        """The pieces."""
        return self.query_one(LogPanel)

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        self.set_class(event.size.height < 30, "-low")

    def watch_moment(self, moment: Moment) -> None:
        if stands(self):
            self.panel.show_moment(moment)
            self._show()

    # What is followed

    def _follow(self) -> None:
        self._leave()
        self._error, self._placed = None, False
        self._key = f"trail {next(_NUMBERS)}"
        self.post_message(JobRequested(self, FollowTrail(self._key, self._wanted, self._since_s)))
        self._show()

    def _leave(self) -> None:
        if self._key:
            self.post_message(JobRequested(self, LeaveLog(self._key)))

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        job = message.job
        if isinstance(job, SearchWide):
            say(self, message.error or str(message.result))
        if not isinstance(job, FollowTrail) or job.key != self._key:
            return
        self._error = message.error
        if message.error is None:
            self.panel.use(LogRing(), self._key, f"trail {self._wanted}")
        self._show()

    @on(LogPanel.Lost)
    def _lost(self, message: LogPanel.Lost) -> None:
        """The engine was started again, and knows nothing of this trail."""
        self._error = message.error
        self._show()
        self.set_timer(AGAIN_S, self._follow)

    @on(LogPanel.Changed)
    def _show(self) -> None:
        if not stands(self):
            return
        panel, trail = self.panel, self.panel.trail
        summary = summarise(_pieces(panel))
        first = summary.first_error.event_id if summary.first_error is not None else ""
        if panel.view.look.first_error != first:
            panel.view.look = replace(panel.view.look, first_error=first)
            panel.view.renew()
        self._place(trail)
        panel.explain_empty(self._empty_words(trail))
        self.query_one(Heading).show(self._heading(summary, trail))
        self.query_one(StoryBar).show(summary, trail, panel)

    def _place(self, trail: Trail | None) -> None:
        """When all of the past is there: to the first error, or to the beginning of a story that is over. A reader who
        has moved by then is left where he is."""
        view = self.panel.view
        if self._placed or trail is None or not trail.whole or not self.panel.shown.rows:
            return
        self._placed = True
        errors = self.panel.shown.errors
        if view.following and errors:
            view.move_to(self.panel.shown.index_of(errors[0]))
        elif view.following and not trail.running:
            view.move_to(0)

    @on(TrailRequested)
    def _told_already(self, message: TrailRequested) -> None:
        """The story of an id that belongs to this one is this one."""
        trail = self.panel.trail
        if trail is not None and message.wanted in trail.ids:
            message.stop()
            say(self, f"{short_id(message.wanted)} belongs to this story.")

    def _heading(self, summary: Summary, trail: Trail | None) -> Line:
        doing = trail.doing if trail is not None else "asking"
        state = (
            ("live, still running" if trail.running else "live", "good")
            if trail is not None and trail.whole and not doing
            else (doing or "reading", "accent")
        )
        lasted = f"over {exact_span(summary.lasted_ms / 1000)}" if summary.pieces > 1 else ""
        services = f"{len(summary.services)} service{'' if len(summary.services) == 1 else 's'}"
        return Line.of(
            ("Trail", "strong"),
            "  ",
            (short_id(self._wanted), "accent"),
            (f"  {summary.pieces:,} pieces of {services} {lasted}  ", "plain"),
            state,
            (f"   {self._error}" if self._error else "", "bad"),
        )

    def _empty_words(self, trail: Trail | None) -> str:
        if self._error is not None:
            return f"not followed: {self._error}"
        if trail is None or not trail.whole:
            return f"looking for {self._wanted} in tables, executions, tasks and logs …"
        return f"nothing is known of {self._wanted} in {self._settings.env}: no line, no row, no execution, no task"

    # Keys

    def action_back(self) -> None:
        if not self.panel.back():
            self._leave()
            self.dismiss()

    def action_since(self) -> None:
        question = Question("How far back are the logs searched?", (), "2h, 3d; it is told anew from there")
        ask(self, question, self._begin_at)

    def _begin_at(self, text: str) -> None:
        seconds = seconds_of(text)
        if seconds is None or not 0 < seconds <= LONGEST_S:
            say(self, "Give it as 30m, 2h or 3d, up to 90d.")
            return
        self._since_s = seconds
        self._follow()

    def action_wide(self) -> None:
        trail = self.panel.trail
        if trail is None or trail.scan is None:
            say(self, "Not yet: it is not known how much there is to search.")
            return
        section = Section("Logs Insights reads and costs", scanned(trail, trail.scan))
        question = Question(
            "Search all groups at once?", (section,), "it is paid for by the byte", may_be_empty=True
        )
        ask(self, question, lambda _: self.post_message(JobRequested(self, SearchWide(self._key))))

    def action_first_error(self) -> None:
        """To the piece with which the trouble began."""
        errors = self.panel.shown.errors
        if errors:
            self.panel.view.move_to(self.panel.shown.index_of(errors[0]))
            self.panel.answer()
        else:
            say(self, "Nothing in it has failed.")


class StoryBar(LineBar):
    """The way through the services with its gaps; the first error; the ids that are followed."""

    DEFAULT_CSS = """
    StoryBar { height: 3; }
    """

    def __init__(self) -> None:
        super().__init__(id="story")
        self._summary = Summary()
        self._trail: Trail | None = None
        self._letters: Mapping[str, str] = {}
        self._hues: Mapping[str, str] = {}
        self._local = False

    def show(self, summary: Summary, trail: Trail | None, panel: LogPanel) -> None:
        """Draw this summary, if it is another."""
        look, local = panel.view.look, panel.moment.local
        new = summary, trail, look.letters, look.hues, local
        if new != (self._summary, self._trail, self._letters, self._hues, self._local):
            self._summary, self._trail, self._letters, self._hues, self._local = new
            self.refresh()

    def lines(self, width: int) -> tuple[Line, ...]:
        return self._way(width), self._first_error(width), self._ids(width)

    def _way(self, width: int) -> Line:
        hops = self._summary.hops
        if not hops:
            return Line.of(" ", *(self._named(one) for one in self._summary.services[:1]))
        line = Line.of(" ", self._named(hops[0].source))
        for number, hop in enumerate(hops):
            more = Line.of(
                (" → ", "dim"),
                (f"{_gap(hop)} ", "warn" if hop.gap_ms > 5_000 else "dim"),
                self._named(hop.target),
            )
            rest = f"  +{len(hops) - number} hops"
            if line.width + more.width + len(rest) > width:
                return Line.of(line, (rest, "dim"))
            line = Line.of(line, more)
        return line

    def _named(self, service: str) -> Line:
        hue = self._hues.get(service, "dim")
        return Line.of((self._letters.get(service, "?"), hue), (f" {service}", hue))

    def _first_error(self, width: int) -> Line:
        error, silence = self._summary.first_error, self._summary.silence
        right = Line()
        if silence is not None and silence.gap_ms > 1_000:
            right = Line.of(
                (f"longest silence {exact_span(silence.gap_ms / 1000)} after {silence.source} ", "dim")
            )
        if error is None:
            return beside(
                Line.of((" ✓ nothing in it has failed", "good") if self._summary.pieces else ""), right, width
            )
        when = shown_moment(error.time_ms, local=self._local)
        words = Line.of(
            (" ✗ first error ", "bad"),
            (f"{when:%H:%M:%S} ", "dim"),
            self._named(error.service),
            "  ",
            (error.text, "bad"),
        )
        return beside(words, right, width)

    def _ids(self, width: int) -> Line:
        trail = self._trail
        if trail is None:
            return Line()
        unread = f"  ! {trail.unread[0]}" if trail.unread else ""
        more = f" (+{len(trail.unread) - 1} more)" if len(trail.unread) > 1 else ""
        ids = Line.of((" ids ", "dim"), "  ".join(dict.fromkeys(short_id(one) for one in trail.ids[:12])))
        return beside(
            ids,
            Line.of((unread + more, "warn")).fit(min(width // 2, len(unread + more))) if unread else Line(),
            width,
        )


def scanned(trail: Trail, scan: Scan) -> tuple[Line, ...]:
    """What a wide search reads, as it is asked about."""
    since = f"{trail.since:%Y-%m-%d %H:%M}Z" if trail.since is not None else "the beginning"
    return (
        Line.of(
            ("about ", "dim"),
            (_size(scan.bytes), "strong"),
            f" of {_size(scan.stored_bytes)} in {scan.groups} groups, since {since}",
        ),
        Line.of(("about ", "dim"), (f"${scan.usd:.2f}", "strong"), ", and a few seconds"),
        Line.of(("group by group it costs nothing, and takes a second a group", "dim")),
    )


def _size(count: int) -> str:
    return f"{count / 1e9:,.2f} GB" if count >= 10_000_000 else f"{count / 1e6:,.1f} MB"


def short_id(wanted: str) -> str:
    """An ARN's last part, by which logs name it; any other id as it is."""
    return re.split("[:/]", wanted)[-1] if wanted.startswith("arn:") else wanted


def _pieces(panel: LogPanel) -> Sequence[Piece]:
    """The rows that belong to the story: not what is said about the reading."""
    return [row for row in panel.ring.rows if not isinstance(row, LogNote)]  # type: ignore[misc]


def _gap(hop: Hop) -> str:
    return (
        f"+{hop.gap_ms} ms"
        if hop.gap_ms < 1_000
        else f"+{hop.gap_ms / 1000:.1f} s"
        if hop.gap_ms < 60_000
        else f"+{exact_span(hop.gap_ms / 1000)}"
    )
