"""How a new alert makes itself known beyond the screen: toast, bell, the window's title, a note on the desktop."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from textual.app import App

from screens.notices import RESTORE_TITLE, SAVE_TITLE, note_sequence, send, title_sequence
from screens.panes.alerts import about
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.news import AlertsListed
from tradai_console.settings import Settings


class Announcer:
    """Tells of alerts as far as the settings want it."""

    def __init__(self, app: App[Any], settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._window_title = ""

    def announce(self, news: AlertsListed) -> None:
        """The list is new: those of which nobody has been told are told of, and the title counts what fires."""
        if news.loud:
            self._tell(news.loud)
        if self._settings.notices.title:
            self._title(news.alerts)

    def end(self) -> None:
        """Give the window its own title back."""
        if self._window_title:
            send(self._app, RESTORE_TITLE)

    def _tell(self, alerts: Sequence[Alert]) -> None:
        first, wanted = alerts[0], self._settings.notices
        more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
        words = f"{first.severity}: {first.alert} {about(first)}".strip() + more
        self._app.notify(words, title="New alert", severity="warning", markup=False, timeout=6)
        if wanted.bell:
            self._app.bell()
        if wanted.desktop:
            send(self._app, note_sequence(f"TradAI {self._settings.env}", words, os.environ))

    def _title(self, alerts: Sequence[Alert]) -> None:
        """To be seen in the bar of another window."""
        firing = [alert for alert in alerts if alert.state is Lifecycle.FIRING]
        told = f"{len(firing)} firing: {firing[0].alert}" if firing else "quiet"
        title = f"TradAI {self._settings.env}: {told}"
        if title != self._window_title:
            send(self._app, ("" if self._window_title else SAVE_TITLE) + title_sequence(title))
            self._window_title = title
