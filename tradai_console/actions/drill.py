"""What works in the demo only: drills. No keys; `:drill` finds them."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action

DRILL: Final = (
    Action(
        "drill.begin",
        "",
        "drill: begin one",
        "Choose a drill and begin it; in the demo.",
        "app.drill('begin')",
    ),
    Action("drill.card", "", "drill: card", "How the drill goes, or went; in the demo.", "app.drill('card')"),
    Action(
        "drill.give_up",
        "",
        "drill: give up",
        "Let the trainer mend it while you watch; in the demo.",
        "app.drill('give_up')",
    ),
)
