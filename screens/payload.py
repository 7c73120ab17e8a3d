"""A payload, whole: an input, an output, an error as AWS gives it. What is read here stays here.

Nothing of it is written down: the journal gets only what `J` puts there, a line at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Input

from screens.bindings import bindings
from screens.facts.facts import Section
from screens.widgets.ask import ask, say
from screens.widgets.frame import Frame, Notice
from screens.widgets.heading import Heading
from screens.widgets.hints import KeyHints
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.payload_view import PayloadView
from screens.widgets.question import Question
from screens.widgets.words import number
from tradai_console.messages import JobAnswered, JobRequested
from tradai_console.models.board import Board
from tradai_console.models.workflow import Payload, PayloadText
from tradai_console.settings import Settings
from tradai_console.workflow_jobs import KeepExcerpt, ReadPayload

SEARCH_HELP = "what to find; enter goes to the next, esc leaves"


class PayloadScreen(Screen[None]):
    """The texts of one state, one at a time."""

    CSS_PATH = "payload.tcss"
    AUTO_FOCUS = "#payload"
    SCOPES = ("payload",)
    BINDINGS = bindings(*SCOPES)

    board: var[Board] = var(Board)
    moment: var[Moment] = var(Moment)
    keys: var[Mapping[str, str]] = var(dict)

    def __init__(
        self, settings: Settings, key: str, about: str, texts: Sequence[tuple[str, Payload]], place: int
    ) -> None:
        """`key`: the workflow's; `texts`: each with what it is called; `place`: the one to begin with."""
        super().__init__()
        self._settings = settings
        self._key = key
        self._about = about
        self._texts = texts
        self._place = place
        self._read: dict[Payload, PayloadText | str] = {}

    def compose(self) -> ComposeResult:
        yield Frame(self._settings).data_bind(PayloadScreen.board, PayloadScreen.moment)
        yield Notice().data_bind(PayloadScreen.board)
        yield Heading()
        yield PayloadView()
        yield KeyHints("console", "payload").data_bind(keymap=PayloadScreen.keys)

    def on_mount(self) -> None:
        self._turn()

    @property
    def _view(self) -> PayloadView:
        return self.query_one(PayloadView)

    @property
    def _payload(self) -> Payload:
        return self._texts[self._place][1]

    def _turn(self) -> None:
        """Show the text at hand, and ask for it if it has not been read."""
        tabs = [
            (f" {name} ", "accent" if n == self._place else "dim") for n, (name, _) in enumerate(self._texts)
        ]
        self.query_one(Heading).show(Line.of((self._about, "strong"), "  ", *tabs))
        known = self._read.get(self._payload)
        if isinstance(known, PayloadText):
            self._view.show(known.lines)
        else:
            self._view.say(known or "reading …")
        if known is None:
            self.post_message(JobRequested(self, ReadPayload(self._key, self._payload)))
        self._title()

    def _title(self, found: str = "") -> None:
        view, payload = self._view, self._payload
        cut = "  AWS has cut it: this is not the whole" if payload.cut else ""
        view.border_title = Content.assemble(
            (self._texts[self._place][0], "bold"),
            f"  {number(payload.size)} characters, {number(len(view.lines))} lines",
            (cut, "$text-warning"),
        )
        view.border_subtitle = Content(found)

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        if isinstance(message.job, ReadPayload):
            self._read[message.job.payload] = message.error or message.result
            if message.job.payload == self._payload:
                self._turn()
        elif isinstance(message.job, KeepExcerpt):
            say(self, message.error or message.result)

    # Keys

    def action_move(self, by: int) -> None:
        self._view.move(by)

    def action_page(self, pages: int) -> None:
        self._view.move(pages * max(1, self._view.size.height - 1))

    def action_edge(self, end: int) -> None:
        self._view.edge(end)

    def action_sideways(self, by: int) -> None:
        self._view.sideways(by)

    def action_fold(self) -> None:
        if not self._view.fold():
            say(self, "This line opens nothing that could be folded.")

    def action_fold_all(self) -> None:
        self._view.fold_all()

    def action_open_all(self) -> None:
        self._view.open_all()

    def action_wrap(self) -> None:
        self._view.turn_wrap()

    def action_part(self, by: int) -> None:
        self._place = (self._place + by) % len(self._texts)
        self._turn()

    def action_search(self) -> None:
        if self.has_class("-searching"):
            return
        field = Input(self._view.needle, classes="search", placeholder=SEARCH_HELP, compact=True)
        self.add_class("-searching")
        self.mount(field, before="#hints")
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed is found at once, from where the cursor is."""
        self._tell(event.value, 0)

    def on_input_submitted(self) -> None:
        """enter keeps what was found and goes back to the text."""
        self._leave_search()

    def _leave_search(self) -> None:
        self.remove_class("-searching")
        self.query(".search").remove()
        self._view.focus()

    def action_found(self, way: int) -> None:
        if self._view.needle:
            self._tell(self._view.needle, way)
        else:
            say(self, "Nothing is looked for yet: / does.")

    def _tell(self, needle: str, way: int) -> None:
        place, count = self._view.find(needle, way)
        self._title(f"/{needle}  {place} of {count} lines" if needle else "")

    def action_copy_shown(self) -> None:
        known = self._read.get(self._payload)
        if isinstance(known, PayloadText):
            self.app.copy_to_clipboard("\n".join(known.lines))
            say(self, f"{number(len(known.lines))} lines sent to the terminal's clipboard.")

    def action_copy_line(self) -> None:
        if self._view.lines:
            self.app.copy_to_clipboard(self._view.lines[self._view.number].strip())
            say(self, "The line was sent to the terminal's clipboard.")

    def action_keep_line(self) -> None:
        """What a payload holds stays on the screen, unless somebody chooses a line of it."""
        if not self._view.lines:
            return
        line = self._view.lines[self._view.number].strip()
        about = f"{self._about}, {self._texts[self._place][0]}"
        ask(
            self,
            Question(
                "Write this into the journal?",
                (Section(about, (Line.of(line),)),),
                "enter writes it, esc does not",
                may_be_empty=True,
            ),
            lambda _answer: self.post_message(JobRequested(self, KeepExcerpt(self._key, about, line))),
        )

    def action_back(self) -> None:
        """One level: out of the search, then the search itself, then the screen."""
        if self.has_class("-searching"):
            self._leave_search()
        elif self._view.needle:
            self._tell("", 0)
        else:
            self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed the letters belong to it."""
        del parameters
        return not self.has_class("-searching") or action in _WHILE_SEARCHING


_WHILE_SEARCHING = frozenset({"back", "quit", "help", "command_palette", "move", "page"})
