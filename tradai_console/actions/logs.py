"""What works on the Logs screen beside what works in its log."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action

LOGS: Final = (
    Action("logs.back", "escape,q", "back", "Back: out of the search first, then out of the screen.", "back"),
    Action("logs.choose", "l", "follow", "Follow the log of something else.", "choose"),
    Action(
        "logs.places",
        "i",
        "where",
        "Where else lines of this environment are, and how to reach them.",
        "places",
    ),
    Action("logs.since", "s", "since", "Begin further back, or later: 2h, 15m.", "since"),
)
