"""A small app that draws texts in four places, run in a pseudo-terminal: `hostile_app.py FILE MODE`.

FILE is a JSON list of texts. MODE is `plain`, as the console draws them, or `raw`, as it must not. `n` shows
the next page; `page N shown` says that it has been drawn.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

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


if __name__ == "__main__":
    HostileApp(json.loads(Path(sys.argv[1]).read_text("utf-8")), safe=sys.argv[2] == "plain").run()
