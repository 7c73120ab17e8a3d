"""What works in a log, wherever it stands, while it has the keys."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action

LOG: Final = (
    Action("log.search", "slash", "search", "Look for a text: moves there, hides nothing.", "search", 1),
    Action("log.next", "n", "next", "The next place of what is looked for.", "found(1)"),
    Action("log.previous", "N", "previous", "The place before of what is looked for.", "found(-1)"),
    Action("log.keep", "f", "keep", "Show only lines that hold a text.", "keep", 2),
    Action("log.drop", "F", "drop", "Hide lines that hold a text.", "drop"),
    Action("log.highlight", "h", "highlight", "Colour a text, hide nothing.", "highlight"),
    Action(
        "log.level", "L", "level", "The least level that is shown: all, INFO, WARNING, ERROR.", "level", 4
    ),
    Action("log.everything", "C", "show all", "Show every line again: no filter, no level.", "everything"),
    Action("log.error", "e", "error", "The next error.", "error(1)", 3),
    Action("log.error_before", "E", "error before", "The error before.", "error(-1)"),
    Action("log.pause", "p,space", "pause", "Stand still, what comes waits; again: go on.", "pause", 5),
    Action("log.open", "enter", "open", "Unfold the traceback, or everything about the line.", "open", 6),
    Action("log.detail", "d", "detail", "Everything about the line: its fields, the ids in it.", "detail"),
    Action("log.trail", "x", "trail", "The story of the id in the line, across services.", "trail", 7),
    Action("log.same", "asterisk", "same id", "The next line with the same id.", "same"),
    Action("log.mark", "m", "mark", "Mark the line; again: no longer.", "mark"),
    Action("log.next_mark", "u", "next mark", "The next marked line.", "marked(1)"),
    Action("log.previous_mark", "U", "mark before", "The marked line before.", "marked(-1)"),
    Action("log.time", "t", "time", "Go to a time: 03:12, -10m.", "time"),
    Action("log.earlier", "left_square_bracket", "earlier", "One bar of the histogram back.", "bar(-1)"),
    Action("log.later", "right_square_bracket", "later", "One bar of the histogram on.", "bar(1)"),
    Action("log.wrap", "w", "wrap", "Wrap long lines, or cut them.", "wrap"),
    Action("log.left", "left", "left", "Long lines: back to their beginning.", "shift(-1)"),
    Action("log.right", "right", "right", "Long lines: on to their end.", "shift(1)"),
    Action("log.zone", "T", "zone", "Times in the local zone, or in UTC again.", "zone"),
    Action("log.copy", "y", "copy", "Copy the line.", "copy_line"),
    Action(
        "log.copy_more",
        "Y",
        "copy more",
        "Copy the marked lines, or the line with its traceback.",
        "copy_more",
    ),
    Action("log.save", "S", "save", "Write the lines that are shown to a file.", "save"),
    Action("log.down", "j,down", "down", "A line down.", "move(1)"),
    Action("log.up", "k,up", "up", "A line up.", "move(-1)"),
    Action("log.page_down", "ctrl+d,pagedown", "page down", "A page down.", "page(1)"),
    Action("log.page_up", "ctrl+u,pageup", "page up", "A page up.", "page(-1)"),
    Action("log.top", "g,home", "top", "The oldest line.", "edge(-1)"),
    Action("log.bottom", "G,end", "bottom", "The newest line; the log follows again.", "edge(1)"),
)
