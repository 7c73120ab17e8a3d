"""A log that is followed, with every key that works in it and the field under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.widgets import Input

from screens.bindings import bindings
from screens.facts.facts import Section
from screens.log.detail import LineScreen
from screens.log.export import Export, copied
from screens.log.feed import LogFeed
from screens.log.needle import NOTHING, Needle
from screens.log.prompt import PROMPTS, Prompt, moment_of
from screens.log.ring import LogRing, Row
from screens.log.rows import shown_moment
from screens.log.shown import LEASTS, Lens
from screens.widgets.ask import AskScreen
from screens.widgets.line import Line
from screens.widgets.question import Question
from tradai_console.log_jobs import SaveRows
from tradai_console.messages import JobAnswered, JobRequested, TrailRequested

SHIFT: Final = 20
"""Cells by which long lines are moved to the left."""


class LogPanel(LogFeed):
    """The log of a screen. Its keys work while its lines have the focus."""

    SCOPES = ("log",)
    BINDINGS: ClassVar[list[BindingType]] = bindings("log")

    def __init__(self, ring: LogRing, key: str = "", *, name: str = "log") -> None:
        super().__init__(ring, key, name=name)
        self._prompt: Prompt | None = None
        self._before = ""
        self._origin = 0
        self._export: Export | None = None
        self._stood_following = True

    # The field under it

    def back(self) -> bool:
        """One level: out of the field, then out of the search. Whether there was one."""
        if self._prompt is not None:
            prompt = self._prompt
            self._close_prompt()
            if prompt.at_once:
                self._apply(prompt, self._before)
            if prompt.name == "search":
                self.view.move_to(self._origin)
            return True
        if self.view.look.search:
            self._look_for(NOTHING)
            return True
        return False

    def _open_prompt(self, name: str, value: str = "") -> None:
        self._prompt, self._before, self._origin = PROMPTS[name], value, self.view.index
        field = Input(value, classes="prompt", placeholder=self._prompt.help, compact=True)
        self.mount(field)
        field.focus()

    def _close_prompt(self) -> None:
        self._prompt = None
        self.query(".prompt").remove()
        self.view.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._prompt is not None and self._prompt.at_once:
            self._apply(self._prompt, event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._prompt is not None:
            prompt = self._prompt
            self._close_prompt()
            self._apply(prompt, event.value)

    def _apply(self, prompt: Prompt, text: str) -> None:
        works: dict[str, Callable[[str], None]] = {
            "search": lambda text: self._look_for(Needle(text), self._origin),
            "keep": lambda text: self._through(replace(self.shown.lens, keep=Needle(text))),
            "drop": lambda text: self._through(replace(self.shown.lens, drop=Needle(text))),
            "lit": self._light,
            "time": self._go_to,
        }
        works[prompt.name](text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed the keys belong to that."""
        del action, parameters
        return self._prompt is None

    # Keys: looking for things

    def action_search(self) -> None:
        self._open_prompt("search", self.view.look.search.text)

    def _look_for(self, needle: Needle, start: int | None = None) -> None:
        self.view.look = replace(self.view.look, search=needle)
        self.found_words = ""
        if needle and start is not None:
            self._to_found(start, 0)
        self.tell()

    def action_found(self, step: int) -> None:
        if self.view.look.search:
            self._to_found(self.view.index, step)
            self.tell()
        else:
            self._say("Nothing is looked for: / asks what.")

    def _to_found(self, start: int, step: int) -> None:
        """The nearest place at `start` or later (0), after it (1), before it (-1); round the end if need be."""
        places = self.shown.places(self.view.look.search)
        if not places:
            self.found_words = " nowhere"
            return
        if step < 0:
            number = next((n for n in range(len(places) - 1, -1, -1) if places[n] < start), len(places) - 1)
        else:
            number = next((n for n, place in enumerate(places) if place >= start + step), 0)
        self.found_words = f" {number + 1:,} of {len(places):,}"
        self.view.move_to(places[number])

    def action_same(self) -> None:
        ids = self.view.current.ids if self.view.current is not None else ()
        if not ids:
            self._say("There is no id in this line.")
            return
        self._look_for(Needle(ids[0]))
        self.action_found(1)

    def action_error(self, step: int) -> None:
        place = self.shown.nearest_error(self.view.index, step) if self.shown.rows else None
        if place is None:
            self._say(f"No error {'after' if step > 0 else 'before'} this line.")
            return
        self.view.move_to(place)
        self.answer()

    def action_marked(self, step: int) -> None:
        marks = sorted(self.shown.index_of(row) for row in self.view.marks.values())
        here = self.view.index
        ahead = [place for place in marks if (place > here if step > 0 else place < here)]
        if not ahead:
            self._say("No mark there: m sets one.")
            return
        self.view.move_to(ahead[0] if step > 0 else ahead[-1])
        self.answer()

    def action_mark(self) -> None:
        row = self.view.current
        if row is None:
            return
        if self.view.marks.pop(row.event_id, None) is None:
            self.view.marks[row.event_id] = row
        self.view.paint()
        self.answer()

    def action_time(self) -> None:
        self._open_prompt("time", "")

    def _go_to(self, text: str) -> None:
        current = self.view.current
        if not text.strip() or current is None:
            return
        near = shown_moment(current.time_ms, local=self.moment.local)
        when = moment_of(text, near, self.moment.now)
        if when is None:
            self._say("That is no time: 03:12, 03:12:07, 2026-01-01 03:12 or -10m.")
            return
        self.view.move_to(self.shown.after_time(int(when.timestamp() * 1000)))
        self.answer()

    def action_bar(self, step: int) -> None:
        """To the first line of the next bar that has any, or of the one before."""
        lines, _, begin, end = self.bars
        current = self.view.current
        if not lines or current is None:
            return
        here = (current.time_ms - begin) * len(lines) // max(1, end - begin)
        place = here + step
        while 0 <= place < len(lines) and not lines[place]:
            place += step
        if 0 <= place < len(lines):
            self.view.move_to(sum(lines[:place]))
            self.answer()

    # Keys: what is shown

    def action_keep(self) -> None:
        self._open_prompt("keep", self.shown.lens.keep.text)

    def action_drop(self) -> None:
        self._open_prompt("drop", self.shown.lens.drop.text)

    def _light(self, text: str) -> None:
        self.view.look = replace(self.view.look, lit=Needle(text))
        self.tell()

    def action_highlight(self) -> None:
        self._open_prompt("lit", self.view.look.lit.text)

    def action_level(self) -> None:
        least = LEASTS[(LEASTS.index(self.shown.lens.least) + 1) % len(LEASTS)]
        self._through(replace(self.shown.lens, least=least))

    def action_everything(self) -> None:
        self._through(Lens())

    def _through(self, lens: Lens) -> None:
        if lens != self.shown.lens:
            self.shown.lens = lens
            self.tell()

    def action_pause(self) -> None:
        if self.ring.standing:
            self.moved(self.ring.go_on())
            if self._stood_following:
                self.view.follow()
        else:
            self.ring.stand()
            self._stood_following = self.view.following
        self.tell()

    def action_wrap(self) -> None:
        self.view.look = replace(self.view.look, wrap=not self.view.look.wrap, offset=0)
        self.tell()

    def action_shift(self, steps: int) -> None:
        self.view.look = replace(self.view.look, offset=max(0, self.view.look.offset + steps * SHIFT))
        self.tell()

    async def action_zone(self) -> None:
        await self.app.run_action("app.local_time")

    # Keys: one line

    def action_open(self) -> None:
        row = self.view.current
        if row is None:
            return
        if not self.ring.parts_of(row):
            self.action_detail()
            return
        self.view.opened ^= {row.event_id}
        self.view.paint()
        self.status()

    def action_detail(self) -> None:
        row = self.view.current
        if row is not None:
            detail = LineScreen(row, self.ring.parts_of(row), local=self.moment.local)
            self.app.push_screen(detail, self._tell_story)

    def action_trail(self) -> None:
        row = self.view.current
        ids = row.ids if row is not None else ()
        if len(ids) > 1:
            self.action_detail()
        elif ids:
            self._tell_story(ids[0])
        else:
            self._say("There is no id in this line.")

    def _tell_story(self, wanted: str | None) -> None:
        if wanted is not None:
            self.post_message(TrailRequested(wanted))

    def action_copy_line(self) -> None:
        row = self.view.current
        if row is not None:
            self._copy([row])

    def action_copy_more(self) -> None:
        """Several lines have line ends in them, which run what is pasted into a shell: that is asked first."""
        row = self.view.current
        rows = sorted(self.view.marks.values(), key=lambda one: one.time_ms)
        if not rows and row is not None:
            rows = [row, *self.ring.parts_of(row)]
        if len(rows) < 2:
            self._copy(rows)
            return
        preview = tuple(Line.of(one.text).fit(90) for one in rows[:8])
        sections = (Section(f"{len(rows)} lines, with line ends between them", preview),)
        question = Question(
            "Copy them?", sections, "a shell runs what ends with a line end", may_be_empty=True
        )
        self.app.push_screen(
            AskScreen(question), lambda answer: self._copy(rows) if answer is not None else None
        )

    def _copy(self, rows: Sequence[Row]) -> None:
        text, words = copied(rows)
        if text:
            self.app.copy_to_clipboard(text)
            self._say(words)

    def action_save(self) -> None:
        if self._export is not None:
            self._say("It is being written already.")
            return
        rows = [one for row in self.shown.rows for one in (row, *self.ring.parts_of(row))]
        if not rows:
            self._say("There is nothing to write.")
            return
        self._export = Export(self.called, rows)
        self.post_message(JobRequested(self, self._export.next(None)))

    @on(JobAnswered)
    def _saved(self, message: JobAnswered) -> None:
        export = self._export
        if not isinstance(message.job, SaveRows) or export is None:
            return
        if message.error is None and not export.done:
            self.post_message(JobRequested(self, export.next(message.result)))
            return
        self._export = None
        if message.error is not None:
            self.notify(message.error, severity="error", markup=False, timeout=8)
        else:
            words = f"{export.written:,} lines are in {message.result}"
            self.notify(words, title="Written", markup=False, timeout=10)

    # Keys: moving

    def action_move(self, lines: int) -> None:
        self.view.move(lines)
        self.answer()

    def action_page(self, pages: int) -> None:
        self.view.move(pages * max(1, self.view.size.height - 1))
        self.answer()

    def action_edge(self, end: int) -> None:
        if end > 0:
            self.view.follow()
        else:
            self.view.move_to(0)
        self.answer()

    def _say(self, text: str) -> None:
        self.notify(text, markup=False, timeout=3)
