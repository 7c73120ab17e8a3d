"""What works on the Incident screen."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action

INCIDENT: Final = (
    Action("incident.back", "escape,q", "back", "Back; the place is kept.", "back", 8),
    Action(
        "incident.run",
        "enter",
        "run",
        "Run what the step offers: ask for it, show it, then act; else go on.",
        "run",
        1,
    ),
    Action("incident.next", "n", "next", "This step is done: on to the next.", "next", 2),
    *(
        Action(f"incident.choose_{n}", str(n), f"choice {n}", f"Take choice {n} of the step.", f"choose({n})")
        for n in range(1, 10)
    ),
    Action("incident.return", "backspace", "section before", "Back to the section that led here.", "return"),
    Action("incident.down", "j,down", "down", "The next step; in evidence and log, a line down.", "move(1)"),
    Action("incident.up", "k,up", "up", "The step before; in evidence and log, a line up.", "move(-1)"),
    Action("incident.page_down", "ctrl+d,pagedown", "page down", "A page down.", "page(1)"),
    Action("incident.page_up", "ctrl+u,pageup", "page up", "A page up.", "page(-1)"),
    Action("incident.top", "g,home", "top", "To the top.", "edge(-1)"),
    Action("incident.bottom", "G,end", "bottom", "To the bottom; the log follows again.", "edge(1)"),
    Action("incident.tick", "space", "tick", "Tick the next box of the step.", "tick"),
    Action("incident.skip", "s", "skip", "Leave the step out, with a reason.", "skip", 4),
    Action("incident.check", "c", "check", "Ask every probe now.", "check", 5),
    Action("incident.other", "o", "other", "Mark the next of the things that the step can run.", "other"),
    Action("incident.copy", "y", "copy", "Copy the command, or the action's name.", "copy", 6),
    Action("incident.note", "N", "note", "Write a note for the next engineer.", "note"),
    Action("incident.variable", "v", "variable", "Fill a variable in: NAME=value.", "variable"),
    Action(
        "incident.acknowledge", "a", "ack", "Acknowledge the alert; again: take it back.", "acknowledge", 3
    ),
    Action("incident.logs", "l", "logs", "The log of this alert on a screen of its own.", "logs"),
    Action("incident.trail", "x", "trail", "The whole story of an id: the alert's, or a typed one.", "trail"),
    Action(
        "incident.workflow", "w", "workflow", "Why the alert's execution failed, state by state.", "workflow"
    ),
    Action(
        "incident.escalate", "E", "escalate", "Escalate the alert: the letter is shown first.", "escalate"
    ),
    Action("incident.mute", "m", "mute", "Mute the alert: minutes and a reason; again: end it.", "mute"),
    Action(
        "incident.mutes", "M", "mutes", "Every mute, with owner, end and reason; enter ends one.", "mutes"
    ),
    Action(
        "incident.incidents", "i", "incidents", "The incidents that are open; enter goes to one.", "incidents"
    ),
    Action("incident.side", "tab", "side", "Walk, evidence, log.", "side", 7),
    Action("incident.wider", "plus", "wider", "More room for the walk.", "split(1)"),
    Action("incident.narrower", "minus", "narrower", "Less room for the walk.", "split(-1)"),
)
