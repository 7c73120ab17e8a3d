"""What an operator can do, as one table. Footer, help, palette, README and key bindings are read from it.

An action's id is stable: `keys.toml` remaps by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradai_console.errors import SettingsError


@dataclass(frozen=True)
class Action:
    """One thing an operator can do with a key."""

    id: str
    """`scope.verb`: stable, what `keys.toml` names."""
    keys: str
    """Textual's key names, comma-separated; the first is shown."""
    label: str
    """One or two words, for the footer."""
    help: str
    """One sentence, for the help and the palette."""
    call: str
    """The Textual action that is run: `focus_pane(3)`."""
    footer: int = 0
    """Place in the footer, 1 first; 0: not there."""

    @property
    def scope(self) -> str:
        return self.id.partition(".")[0]


def _panes() -> tuple[Action, ...]:
    names = ("alerts", "services", "database", "nat", "workflows", "trading", "alarms")
    return tuple(
        Action(
            f"shift.{name}", str(digit), name.capitalize(), f"Go to the {name} pane.", f"focus_pane({digit})"
        )
        for digit, name in enumerate(names, start=1)
    )


ACTIONS: Final = (
    Action("console.help", "question_mark", "help", "Every key that works here; enter runs it.", "help", 9),
    Action(
        "console.command", "colon,ctrl+p", "command", "Find any action by its words.", "command_palette", 8
    ),
    Action("console.quit", "ctrl+q", "quit", "Leave the console at once.", "quit"),
    Action("console.theme", "", "theme", "The next theme: dark, light, night, high contrast.", "next_theme"),
    Action("console.local_time", "", "local time", "Times in the local zone, or in UTC again.", "local_time"),
    Action("console.refresh_all", "R", "read all", "Read every source now.", "refresh_all"),
    Action("console.pause_all", "P", "pause all", "Stop reading everything, or go on.", "pause_all"),
    *_panes(),
    Action("shift.next", "tab", "next pane", "Go to the next pane.", "next_pane"),
    Action("shift.previous", "shift+tab", "previous pane", "Go to the previous pane.", "previous_pane"),
    Action("pane.open", "enter", "open", "Everything known about the selected line.", "open", 1),
    Action("pane.zoom", "z", "zoom", "Give the pane the whole screen, or take it back.", "zoom", 2),
    Action(
        "pane.filter", "slash", "filter", "Keep lines with these words; ! keeps those without.", "filter", 3
    ),
    Action("pane.sort", "s", "sort", "Sort by the next column.", "sort", 4),
    Action("pane.reverse", "S", "reverse", "Turn the order round.", "reverse"),
    Action("pane.refresh", "r", "read now", "Read this pane's source now.", "refresh_pane", 5),
    Action("pane.pause", "p", "pause", "Stop reading this pane's source, or go on.", "pause_pane", 6),
    Action("pane.down", "j,down", "down", "The next line.", "cursor(1)"),
    Action("pane.up", "k,up", "up", "The line before.", "cursor(-1)"),
    Action("pane.page_down", "ctrl+d,pagedown", "page down", "A page down.", "page(1)"),
    Action("pane.page_up", "ctrl+u,pageup", "page up", "A page up.", "page(-1)"),
    Action("pane.top", "g,home", "top", "The first line.", "edge(-1)"),
    Action("pane.bottom", "G,end", "bottom", "The last line.", "edge(1)"),
    Action("pane.copy", "y", "copy", "Copy the selected line's name.", "copy_name"),
    Action("pane.copy_arn", "Y", "copy ARN", "Copy the selected line's ARN.", "copy_arn"),
    Action("pane.back", "escape", "back", "One step back: clear the filter, leave the zoom.", "back"),
    Action(
        "alert.acknowledge",
        "a",
        "ack",
        "Acknowledge the selected alert, with a note; again: take it back.",
        "acknowledge",
        7,
    ),
    Action(
        "alert.mute", "m", "mute", "Mute the selected alert: minutes and a reason; again: end it.", "mute", 7
    ),
    Action("alert.note", "N", "note", "Write a note on the selected alert.", "note"),
    Action(
        "alert.details", "d", "details", "Everything about the alarm behind the selected alert.", "details"
    ),
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
    Action("incident.side", "tab", "side", "Walk, evidence, log.", "side", 7),
    Action("incident.wider", "plus", "wider", "More room for the walk.", "split(1)"),
    Action("incident.narrower", "minus", "narrower", "Less room for the walk.", "split(-1)"),
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
    Action("detail.copy", "y", "copy", "Copy the name.", "copy_name"),
    Action("detail.copy_arn", "Y", "copy ARN", "Copy the ARN.", "copy_arn"),
    Action("detail.down", "j,down", "down", "Scroll down.", "scroll(1)"),
    Action("detail.up", "k,up", "up", "Scroll up.", "scroll(-1)"),
    Action("detail.page_down", "ctrl+d,pagedown,space", "page down", "Scroll a page down.", "scroll(10)"),
    Action("detail.page_up", "ctrl+u,pageup", "page up", "Scroll a page up.", "scroll(-10)"),
)


def scope(*names: str) -> tuple[Action, ...]:
    """The actions of these scopes, in the table's order."""
    return tuple(action for action in ACTIONS if action.scope in names)


def read_keys(path: Path) -> Mapping[str, str]:
    """The user's `keys.toml`: `"pane.zoom" = "f"`. No file: no changes.

    Raises SettingsError for an unknown id, a value that is no key, or two actions of one scope on one key.
    """
    import tomllib

    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    known = {action.id: action for action in ACTIONS}
    for name, keys in _flat(raw).items():
        if name not in known:
            near = ", ".join(sorted(known)[:6])
            raise SettingsError(f"{path}: {name!r} is no action; see `?` for the ids, such as {near}")
        if not isinstance(keys, str) or not keys.strip():
            raise SettingsError(f'{path}: {name} = {keys!r}: allowed are key names such as "z" or "ctrl+r,r"')
    changed = {name: str(keys) for name, keys in _flat(raw).items()}
    _refuse_conflicts(path, changed)
    return changed


def _flat(raw: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """`[pane] zoom = "f"` and `"pane.zoom" = "f"` are the same."""
    flat: dict[str, object] = {}
    for key, value in raw.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}.")
        else:
            flat[name] = value
    return flat


_TOGETHER: Final = (("console", "shift", "pane", "alert"), ("console", "detail"), ("console", "incident"))
"""Scopes that listen at the same time: a key may stand in one of their actions only."""


def _refuse_conflicts(path: Path, changed: Mapping[str, str]) -> None:
    for scopes in _TOGETHER:
        taken: dict[str, str] = {}
        for action in scope(*scopes):
            for key in filter(None, changed.get(action.id, action.keys).split(",")):
                other = taken.setdefault(key.strip(), action.id)
                if other != action.id:
                    raise SettingsError(f"{path}: {key.strip()!r} is the key of both {other} and {action.id}")
