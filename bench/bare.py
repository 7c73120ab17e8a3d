"""A bare Textual app with as many tables and borders as the Shift screen: the floor of what Textual can do.

`python -m bench.bare [FILE]`; with a file it writes its longest stall there: see `bench.ticker`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import DataTable, Static

PANES = ("alerts", "services", "databases", "nat", "workflows", "trading", "alarms")
ROWS = 40


class BareApp(App[None]):
    """Seven tables in the places of the seven panes, a line above and a line below."""

    CSS = """
    #panes { layout: grid; height: 1fr; grid-size: 12 5; grid-rows: 5fr 5 6 9fr 8fr; }
    DataTable { border: round $primary; padding: 0 1; height: 1fr; width: 1fr; }
    #alerts, #alarms { column-span: 12; }
    #services { column-span: 7; row-span: 2; }
    #workflows { column-span: 7; }
    #databases, #nat, #trading { column-span: 5; }
    Static { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("ctrl+q", "quit", "quit"),
        ("j", "move('down')", "down"),
        ("k", "move('up')", "up"),
        *[(str(digit), f"go('{name}')", name) for digit, name in enumerate(PANES, start=1)],
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, stalls: Path | None = None) -> None:
        super().__init__()
        self._stalls = stalls

    def compose(self) -> ComposeResult:
        yield Static("bare")
        with Container(id="panes"):
            for name in PANES:
                table: DataTable[str] = DataTable(id=name, cursor_type="row")
                table.border_title = name
                yield table
        yield Static("j k")

    def on_mount(self) -> None:
        for table in self.query(DataTable):
            table.add_columns("name", "state", "since")
            if self._stalls is not None:
                table.add_rows([(f"row {number}", "ok", "1m") for number in range(ROWS)])
        self.query_one("#alerts").focus()
        if self._stalls is not None:
            # Only with a file: its import would count in the time to the first paint.
            from bench.ticker import tick

            self.run_worker(tick(self._stalls), name="ticker")

    def action_move(self, way: str) -> None:
        if isinstance(self.focused, DataTable):
            (self.focused.action_cursor_down if way == "down" else self.focused.action_cursor_up)()

    def action_go(self, name: str) -> None:
        self.query_one(f"#{name}").focus()


if __name__ == "__main__":
    BareApp(Path(sys.argv[1]) if len(sys.argv) > 1 else None).run()
