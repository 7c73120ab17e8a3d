"""Which screen shows what was asked for. Each is imported when it is opened: the first paint waits for none of them."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from tradai_console.messages import LogsRequested, OpenRequested, TrailRequested
from tradai_console.settings import Settings


def screen_of(message: OpenRequested | LogsRequested | TrailRequested, settings: Settings) -> Screen[Any]:
    """The screen for it: logs, stories and workflows have their own, everything else has its details."""
    match message:
        case LogsRequested(about=about):
            from screens.logs import LogsScreen

            return LogsScreen(settings, about)
        case TrailRequested(wanted=wanted):
            from screens.trail import TrailScreen

            return TrailScreen(settings, wanted)
        case OpenRequested(kind="workflows", key=key):
            from screens.workflow import WorkflowScreen

            return WorkflowScreen(settings, key)
        case OpenRequested(kind="executions"):
            from screens.executions import ExecutionsScreen

            return ExecutionsScreen(settings)
        case _:
            from screens.detail import DetailScreen

            return DetailScreen(settings, message.kind, message.key)
