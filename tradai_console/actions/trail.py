"""What works on the Trail screen beside what works in its log."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action

TRAIL: Final = (
    Action(
        "trail.back", "escape,q", "back", "Back: out of the search first, then out of the screen.", "back"
    ),
    Action("trail.first_error", "1", "first error", "To where the trouble began.", "first_error"),
    Action("trail.since", "s", "since", "Search the logs further back: 2h, 3d.", "since"),
    Action(
        "trail.wide",
        "W",
        "search wide",
        "Search all groups at once by Logs Insights, after what that reads and costs was shown.",
        "wide",
    ),
)
