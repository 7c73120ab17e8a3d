"""What works on every screen."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action

CONSOLE: Final = (
    Action(
        "console.help", "question_mark", "help", "Every key that works here; enter runs it.", "app.help", 9
    ),
    Action(
        "console.command",
        "colon,ctrl+p",
        "command",
        "Find any action by its words.",
        "app.command_palette",
        8,
    ),
    Action("console.quit", "ctrl+q", "quit", "Leave the console at once.", "app.quit"),
    Action(
        "console.theme", "", "theme", "The next theme: dark, light, night, high contrast.", "app.next_theme"
    ),
    Action(
        "console.local_time", "", "local time", "Times in the local zone, or in UTC again.", "app.local_time"
    ),
    Action("console.refresh_all", "R", "read all", "Read every source now.", "app.refresh_all"),
    Action("console.pause_all", "P", "pause all", "Stop reading everything, or go on.", "app.pause_all"),
)
