"""A small app that draws texts in four places, run in a pseudo-terminal: `hostile_app.py FILE MODE`.

FILE is a JSON list of texts. MODE is `plain`, as the console draws them, `raw`, as it must not, or `log`: as lines of a
log, whose streams and groups say the same. `n` shows the next page; `page N shown` says that it has been drawn.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

from screens.log.needle import Needle
from screens.log.panel import LogPanel
from screens.log.ring import LogRing
from tradai_console.logs.event import Event
from tradai_console.logs.lines import read_line
from tradai_console.models.log import LogLine
from tradai_console.text import plain

A_PAGE = 24
PLACES = 4
"""How often each text is drawn: as content, as title, as cell, as toast."""


class HostileApp(App[None]):
    """Pages of texts, each drawn in every place at once."""

    CSS = """
    Static.line { height: 3; width: 100; border: solid white; }
    DataTable { height: 26; width: 100; }
    Toast { width: 90; max-width: 90; padding: 0; margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("n", "next", "Next"), ("q", "quit", "Quit")]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, texts: list[str], safe: bool) -> None:
        super().__init__()
        self._texts = [plain(text) if safe else text for text in texts]
        self._page = -1

    def compose(self) -> ComposeResult:
        yield Static("page -1 shown", id="page")
        with Vertical():
            for _ in range(A_PAGE):
                yield Static("", classes="line")
        yield DataTable[Text](show_cursor=False)

    def on_mount(self) -> None:
        self.query_one(DataTable).add_column("text", width=90)

    def action_next(self) -> None:
        """Draw the next page; the page before it goes."""
        self._page += 1
        texts = self._texts[self._page * A_PAGE : (self._page + 1) * A_PAGE]
        self.clear_notifications()
        table = self.query_one(DataTable)
        table.clear()
        for line, text in zip(self.query("Static.line").results(Static), texts, strict=False):
            line.update(Content(text))
            line.border_title = Content(text)
            table.add_row(Text(text))
            self.notify(text, markup=False, timeout=60)
        self.set_timer(0.04, lambda: self.call_after_refresh(self._say_shown))

    def _say_shown(self) -> None:
        self.query_one("#page", Static).update(Content(f"page {self._page} shown"))


class HostileLogApp(App[None]):
    """Pages of texts as lines of a log, as they come from AWS, and everything about the newest of them."""

    CSS = "#log { height: 60; border: round white; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next", priority=True),  # the log has a use of its own for it
        Binding("q", "quit", priority=True),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, texts: list[str]) -> None:
        super().__init__()
        self._texts = texts
        self._page = -1

    def compose(self) -> ComposeResult:
        yield Static("page -1 shown", id="page")
        yield LogPanel(LogRing())

    def action_next(self) -> None:
        """Let the next page of lines come; those before it move up."""
        self._page += 1
        first = self._page * A_PAGE
        panel = self.query_one(LogPanel)
        panel.take(
            [_read(first + number, text) for number, text in enumerate(self._texts[first : first + A_PAGE])]
        )
        panel.view.look = replace(panel.view.look, search=Needle(f"p{first:03}"))
        panel.status()
        panel.view.paint()
        self.set_timer(0.04, lambda: self.call_after_refresh(self._say_shown))

    def _say_shown(self) -> None:
        self.query_one("#page", Static).update(Content(f"page {self._page} shown"))


def _read(number: int, text: str) -> LogLine:
    """An event as AWS gives it, read as the tail reads it."""
    event = Event(f"e{number}", f"/g/{text}", f"{text}/x/1", number * 1000, None, f"[a][b][ERROR] - {text}")
    return read_line(event, plain(text, 60))


if __name__ == "__main__":
    given, mode = json.loads(Path(sys.argv[1]).read_text("utf-8")), sys.argv[2]
    (HostileLogApp(given) if mode == "log" else HostileApp(given, safe=mode == "plain")).run()
