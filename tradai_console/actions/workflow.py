"""What works on the screens of workflows: one execution, all of them, the history's events, a payload."""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action


def _moving(scope: str) -> tuple[Action, ...]:
    return (
        Action(f"{scope}.down", "j,down", "down", "The next line.", "move(1)"),
        Action(f"{scope}.up", "k,up", "up", "The line before.", "move(-1)"),
        Action(f"{scope}.page_down", "ctrl+d,pagedown", "page down", "A page down.", "page(1)"),
        Action(f"{scope}.page_up", "ctrl+u,pageup", "page up", "A page up.", "page(-1)"),
        Action(f"{scope}.top", "g,home", "top", "To the top.", "edge(-1)"),
        Action(f"{scope}.bottom", "G,end", "bottom", "To the bottom.", "edge(1)"),
    )


WORKFLOW: Final = (
    Action("workflow.back", "escape,q", "back", "Back to where you came from.", "back", 9),
    Action(
        "workflow.open",
        "enter",
        "open",
        "Open the row: a fold, a child execution, else the state's texts, the cause first.",
        "open",
        1,
    ),
    Action("workflow.input", "i", "input", "What went into the state.", "payload('input')", 2),
    Action("workflow.output", "o", "output", "What came out of the state.", "payload('output')", 3),
    Action("workflow.cause", "c", "cause", "The whole error as AWS gives it.", "payload('cause')"),
    Action("workflow.graph", "v", "graph", "The drawing of the machine, or the path again.", "graph", 4),
    Action("workflow.log", "l", "log", "The log lines of the selected state.", "log", 5),
    Action("workflow.failed", "e", "next failure", "The next state that failed.", "failed(1)"),
    Action("workflow.failed_before", "E", "failure before", "The state before that failed.", "failed(-1)"),
    Action(
        "workflow.difference", "d", "difference", "Where it first went another way than the last good run.", "difference", 7
    ),
    Action("workflow.good", "b", "good run", "The last good run, whole.", "good"),
    Action("workflow.parent", "u", "parent", "The execution that started this one.", "parent"),
    Action("workflow.events", "h", "history", "Every event of the history as AWS tells it.", "events", 8),
    Action("workflow.act", "A", "act", "Stop, redrive, start again, set the row right: asks first.", "act", 6),
    Action("workflow.trail", "x", "trail", "The story of the job across all services.", "trail"),
    Action("workflow.all", "w", "all", "The executions of all machines.", "all_executions"),
    Action("workflow.side", "tab", "side", "Path, facts, graph, log.", "side(1)"),
    Action("workflow.side_before", "shift+tab", "side before", "The same the other way.", "side(-1)"),
    Action("workflow.zoom", "z", "zoom", "Give this part the whole screen, or take it back.", "zoom"),
    Action("workflow.left", "left", "left", "Scroll the graph left.", "sideways(-8)"),
    Action("workflow.right", "right", "right", "Scroll the graph right.", "sideways(8)"),
    Action("workflow.refresh", "r", "read now", "Read everything about it anew.", "refresh"),
    Action("workflow.copy", "y", "copy", "Copy the cause in words, or the selected log line.", "copy_cause"),
    Action("workflow.copy_arn", "Y", "copy ARN", "Copy the execution's ARN.", "copy_arn"),
    *_moving("workflow"),
)  # fmt: skip

EXECUTIONS: Final = (
    Action("executions.back", "escape,q", "back", "Clear the filter, then back.", "back", 8),
    Action("executions.open", "enter", "open", "Why it failed, or where it is.", "open", 1),
    Action("executions.machine", "m", "machine", "Only the next machine's executions; then all again.", "machine", 2),
    Action("executions.state", "f", "state", "Only failed ones, running ones, good ones; then all again.", "state", 3),
    Action("executions.time", "t", "time", "Only of the last hour, 6 hours, day, week; then all again.", "time", 4),
    Action("executions.filter", "slash", "filter", "Keep lines with these words; ! keeps those without.", "filter", 5),
    Action("executions.sort", "s", "sort", "Sort by the next column.", "sort", 6),
    Action("executions.reverse", "S", "reverse", "Turn the order round.", "reverse"),
    Action("executions.refresh", "r", "read now", "Read the executions now.", "refresh", 7),
    Action("executions.copy", "y", "copy", "Copy the execution's name.", "copy_name"),
    Action("executions.copy_arn", "Y", "copy ARN", "Copy the execution's ARN.", "copy_arn"),
    *_moving("executions"),
)  # fmt: skip

HISTORY: Final = (
    Action("history.back", "escape,q", "back", "Back to the execution.", "back", 5),
    Action("history.open", "enter", "open", "The event's texts, whole.", "open", 1),
    Action("history.state", "s", "its state", "Back, to the state that the event belongs to.", "state", 2),
    Action("history.copy", "y", "copy", "Copy the event, every field of it.", "copy", 3),
    *_moving("history"),
)

PAYLOAD: Final = (
    Action("payload.back", "escape,q", "back", "Leave the search, then back.", "back", 8),
    Action("payload.fold", "enter,space", "fold", "Fold what the line opens, or open it again.", "fold", 1),
    Action("payload.fold_all", "minus", "fold all", "Fold everything.", "fold_all", 3),
    Action("payload.open_all", "plus", "open all", "Open everything.", "open_all", 4),
    Action("payload.search", "slash", "search", "Find these words, behind folds too.", "search", 2),
    Action("payload.next", "n", "next", "The next place that was found.", "found(1)"),
    Action("payload.previous", "N", "previous", "The place before.", "found(-1)"),
    Action("payload.wrap", "w", "wrap", "Long lines go on below, or run out to the right.", "wrap", 5),
    Action("payload.part", "tab", "next text", "The next text of this state: input, output, cause.", "part(1)", 6),
    Action("payload.part_before", "shift+tab", "text before", "The text before.", "part(-1)"),
    Action("payload.copy", "y", "copy", "Copy the text as it is shown.", "copy_shown", 7),
    Action("payload.copy_line", "Y", "copy line", "Copy the line.", "copy_line"),
    Action("payload.keep", "J", "keep line", "Write the line into the journal: nothing else of it goes there.", "keep_line"),
    Action("payload.left", "left,h", "left", "Scroll left.", "sideways(-16)"),
    Action("payload.right", "right,l", "right", "Scroll right.", "sideways(16)"),
    *_moving("payload"),
)  # fmt: skip
