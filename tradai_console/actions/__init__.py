"""What an operator can do, as one table. Footer, help, palette, README and key bindings are read from it.

An action's id is stable: `keys.toml` remaps by it.
"""

from __future__ import annotations

from typing import Final

from tradai_console.actions.action import Action
from tradai_console.actions.console import CONSOLE
from tradai_console.actions.detail import DETAIL
from tradai_console.actions.drill import DRILL
from tradai_console.actions.incident import INCIDENT
from tradai_console.actions.log import LOG
from tradai_console.actions.logs import LOGS
from tradai_console.actions.shift import SHIFT
from tradai_console.actions.trail import TRAIL
from tradai_console.actions.workflow import EXECUTIONS, HISTORY, PAYLOAD, WORKFLOW

ACTIONS: Final = (
    *CONSOLE, *SHIFT, *INCIDENT, *WORKFLOW, *EXECUTIONS, *HISTORY, *PAYLOAD, *DETAIL, *LOGS, *TRAIL, *LOG, *DRILL,
)  # fmt: skip

TOGETHER: Final = (
    ("console", "shift", "pane", "alert"),
    ("console", "detail"),
    ("console", "incident"),
    ("console", "logs", "log"),
    ("console", "trail", "log"),
    ("console", "workflow"),
    ("console", "executions"),
    ("console", "history"),
    ("console", "payload"),
)
"""Scopes that listen at the same time: a key may stand in one of their actions only. On the Incident screen the log's
keys come before the screen's while it has the focus."""


def scope(*names: str) -> tuple[Action, ...]:
    """The actions of these scopes, in the table's order."""
    return tuple(action for action in ACTIONS if action.scope in names)
