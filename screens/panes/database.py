"""The databases: state, and connections against what they allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screens.widgets.line import Line, beside
from screens.widgets.pane import Pane
from screens.widgets.words import UNKNOWN, ago, scaled, spark
from tradai_console.models.wanted import database_connections, database_cpu, database_free_storage

if TYPE_CHECKING:
    from tradai_console.models.database import Database

CONNECTIONS_HIGH = 80.0


class DatabasePane(Pane["Database"]):
    """Three lines an instance."""

    source = "databases"
    digit = 3
    name_shown = "Database"
    name_short = "DB"
    measured = True
    words_empty = "no database in this region"
    item_height = 3

    def key_of(self, item: Database) -> str:
        return item.id

    def arn_of(self, item: Database) -> str:
        return item.arn

    def order(self, item: Database) -> bool:
        return not self.trouble(item)

    def haystack(self, item: Database) -> str:
        return f"{item.id} {item.status} {item.engine} {item.instance_class}"

    def trouble(self, item: Database) -> bool:
        used = self.board.used_pct(item)
        return item.status != "available" or (used is not None and used >= CONNECTIONS_HIGH)

    def draw(self, item: Database, width: int) -> Sequence[Line]:
        return (self._state(item, width), self._connections(item, width), self._rest(item, width))

    def _state(self, item: Database, width: int) -> Line:
        sign = ("▲", "bad") if self.trouble(item) else ("✓", "good")
        place = f"{(item.az or UNKNOWN)[-1]}{' multi-az' if item.multi_az else ' single-az'}"
        status = (item.status, "good" if item.status == "available" else "bad")
        return beside(Line.of(sign, " ", (item.id, "strong"), "  ", status), Line.of((place, "dim")), width)

    def _connections(self, item: Database, width: int) -> Line:
        series = self.board.series.get(database_connections(item.id))
        used = self.board.used_pct(item)
        style = "bad" if used is not None and used >= CONNECTIONS_HIGH else "plain"
        latest = UNKNOWN if series is None or series.latest is None else f"{series.latest:.0f}"
        limit = UNKNOWN if item.max_connections is None else str(item.max_connections)
        percent = UNKNOWN if used is None else f"{used:.0f} %"
        text = Line.of("  ", (f"{latest} of {limit}", style), (" connections", "dim") if width >= 34 else "")
        strip_width = max(0, min(20, width - text.width - 8))
        strip = spark(series.values if series else (), strip_width, low=0, high=item.max_connections)
        return beside(text, Line.of((strip, style if style == "bad" else "info"), f" {percent:>5}"), width)

    def _rest(self, item: Database, width: int) -> Line:
        events = item.events or ()
        failover = next((event for event in events if "failover" in event.message.lower()), None)
        if failover is not None:
            return Line.of(
                "  ",
                (f"failover {ago(failover.at, self.moment.now)} ago", "warn"),
                ("  " + failover.message, "dim"),
            )
        cpu = self.board.series.get(database_cpu(item.id))
        free = self.board.series.get(database_free_storage(item.id))
        cpu_words = f"cpu {cpu.latest:.0f} %" if cpu and cpu.latest is not None else f"cpu {UNKNOWN}"
        free_words = f"{scaled(free.latest if free else None)} free"
        return beside(
            Line.of("  ", (f"{cpu_words}  {free_words}", "dim")),
            Line.of((item.instance_class if width >= 40 else "", "dim")),
            width,
        )
