"""The console in a pseudo-terminal, told of alerts from a file: `notices_app.py FILE`; `n` tells of the next.

FILE is JSON: `{"texts": [...], "notices": {...}}`. `told N;` is written when the N-th was.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from textual.events import Key

from screens.notices import send
from tests import sample
from tradai_console.app import ConsoleApp
from tradai_console.messages import NewsArrived
from tradai_console.news import AlertsListed
from tradai_console.settings import Settings
from tradai_console.text import plain


class NoticesApp(ConsoleApp):
    """Every key n is a new alert whose words are the next text, made safe where it enters, as all texts
    from outside are."""

    def __init__(self, texts: list[str], notices: dict[str, bool]) -> None:
        super().__init__(Settings.of({"env": "prod", "notices": notices}))
        self._texts = texts
        self._told = -1

    async def on_key(self, event: Key) -> None:
        if event.key == "n" and self._told + 1 < len(self._texts):
            event.stop()
            self._told += 1
            text = plain(self._texts[self._told])
            alert = replace(
                sample.ALERTS[0], key=f"k{self._told}", alert=text, variables={"STRATEGY_ID": text}
            )
            self.post_message(NewsArrived(AlertsListed((alert,), (alert,))))
            self.clear_notifications()
            self.call_after_refresh(send, self, f"told {self._told};")


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    NoticesApp(given["texts"], given["notices"]).run()
