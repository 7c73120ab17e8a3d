"""What works on the Detail screen."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action

DETAIL: Final = (
    Action("detail.back", "escape,q", "back", "Back to where you came from.", "back", 1),
    Action(
        "detail.shorter",
        "left_square_bracket",
        "shorter",
        "Draw the metric over a shorter time.",
        "window(-1)",
        3,
    ),
    Action(
        "detail.longer",
        "right_square_bracket",
        "longer",
        "Draw the metric over a longer time.",
        "window(1)",
        4,
    ),
    Action("detail.metric", "m", "next metric", "Draw the next metric of this thing.", "next_metric", 2),
    *(
        Action(f"detail.related_{n}", str(n), f"related {n}", f"Open related thing {n}.", f"related({n})")
        for n in range(1, 10)
    ),
    Action("detail.refresh", "r", "read now", "Read this thing's source and its metric now.", "refresh", 5),
    Action("detail.logs", "l", "logs", "Follow the log of this thing.", "logs", 6),
    Action(
        "detail.trail",
        "x",
        "trail",
        "The whole story of an id: this execution's, or a typed one.",
        "trail",
        7,
    ),
    Action("detail.copy", "y", "copy", "Copy the name.", "copy_name"),
    Action("detail.copy_arn", "Y", "copy ARN", "Copy the ARN.", "copy_arn"),
    Action("detail.down", "j,down", "down", "Scroll down.", "scroll(1)"),
    Action("detail.up", "k,up", "up", "Scroll up.", "scroll(-1)"),
    Action("detail.page_down", "ctrl+d,pagedown,space", "page down", "Scroll a page down.", "scroll(10)"),
    Action("detail.page_up", "ctrl+u,pageup", "page up", "Scroll a page up.", "scroll(-10)"),
)
