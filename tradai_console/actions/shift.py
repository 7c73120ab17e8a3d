"""What works on the Shift screen: its panes, the selected line, the selected alert."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action


def _panes() -> tuple[Action, ...]:
    names = ("alerts", "services", "database", "nat", "workflows", "trading", "alarms")
    return tuple(
        Action(
            f"shift.{name}", str(digit), name.capitalize(), f"Go to the {name} pane.", f"focus_pane({digit})"
        )
        for digit, name in enumerate(names, start=1)
    )


SHIFT: Final = (
    *_panes(),
    Action("shift.next", "tab", "next pane", "Go to the next pane.", "next_pane"),
    Action("shift.previous", "shift+tab", "previous pane", "Go to the previous pane.", "previous_pane"),
    Action("pane.open", "enter", "open", "Everything known about the selected line.", "open", 1),
    Action("pane.zoom", "z", "zoom", "Give the pane the whole screen, or take it back.", "zoom", 6),
    Action(
        "pane.filter", "slash", "filter", "Keep lines with these words; ! keeps those without.", "filter", 7
    ),
    Action("pane.sort", "s", "sort", "Sort by the next column.", "sort"),
    Action("pane.reverse", "S", "reverse", "Turn the order round.", "reverse"),
    Action("pane.refresh", "r", "read now", "Read this pane's source now.", "refresh_pane"),
    Action("pane.logs", "l", "logs", "Follow the log of the selected line, or every log.", "logs", 4),
    Action(
        "pane.trail",
        "x",
        "trail",
        "The whole story of an id: the selected line's, or a typed one.",
        "trail",
        5,
    ),
    Action("pane.pause", "p", "pause", "Stop reading this pane's source, or go on.", "pause_pane"),
    Action("pane.down", "j,down", "down", "The next line.", "cursor(1)"),
    Action("pane.up", "k,up", "up", "The line before.", "cursor(-1)"),
    Action("pane.page_down", "ctrl+d,pagedown", "page down", "A page down.", "page(1)"),
    Action("pane.page_up", "ctrl+u,pageup", "page up", "A page up.", "page(-1)"),
    Action("pane.top", "g,home", "top", "The first line.", "edge(-1)"),
    Action("pane.bottom", "G,end", "bottom", "The last line.", "edge(1)"),
    Action("pane.copy", "y", "copy", "Copy the selected line's name.", "copy_name"),
    Action("pane.copy_arn", "Y", "copy ARN", "Copy the selected line's ARN.", "copy_arn"),
    Action(
        "pane.workflows",
        "w",
        "workflows",
        "The alert's execution; anywhere else the executions of all machines.",
        "workflows",
    ),
    Action("pane.back", "escape", "back", "One step back: clear the filter, leave the zoom.", "back"),
    Action(
        "alert.acknowledge",
        "a",
        "ack",
        "Acknowledge the selected alert, with a note; again: take it back.",
        "acknowledge",
        2,
    ),
    Action(
        "alert.mute", "m", "mute", "Mute the selected alert: minutes and a reason; again: end it.", "mute", 3
    ),
    Action(
        "alert.escalate",
        "E",
        "escalate",
        "Escalate the selected alert: the letter is shown first.",
        "escalate",
    ),
    Action("alert.mutes", "M", "mutes", "Every mute, with owner, end and reason; enter ends one.", "mutes"),
    Action(
        "alert.incidents", "i", "incidents", "The incidents that are open; enter goes to one.", "incidents"
    ),
    Action("alert.note", "N", "note", "Write a note on the selected alert.", "note"),
    Action(
        "alert.details", "d", "details", "Everything about the alarm behind the selected alert.", "details"
    ),
)
