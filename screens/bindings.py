"""Bindings made from the table of actions, so that no screen has keys of its own; and who listens at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from tradai_console.actions import scope
from tradai_console.actions.action import Action


def bindings(*scopes: str) -> list[BindingType]:
    """The bindings of these scopes; each carries its action's id, so that `keys.toml` can move it."""
    return [
        Binding(action.keys, action.call, action.help, show=False, id=action.id)
        for action in scope(*scopes)
        if action.keys
    ]


def listening(screen: Screen[Any]) -> tuple[Action, ...]:
    """The actions that work on the screen now. What has the focus comes first, and hides what it has other uses for."""
    taken: set[str] = set()
    found: list[Action] = []
    for node in _listeners(screen):
        actions = [action for action in scope(*node.SCOPES) if not _hidden(action, taken)]  # type: ignore[attr-defined]
        found += actions
        taken |= {key for action in actions for key in action.keys.split(",")}
    everywhere: tuple[str, ...] = getattr(screen.app, "scopes", ("console",))
    return (*found, *(action for action in scope(*everywhere) if not _hidden(action, taken)))


async def carry_out(screen: Screen[Any], call: str) -> None:
    """Run an action's call where it belongs: on what has the focus, else on the screen."""
    name = call.partition("(")[0]
    owner = next((node for node in _listeners(screen) if hasattr(node, f"action_{name}")), screen)
    await screen.app.run_action(call, owner)


def _listeners(screen: Screen[Any]) -> Iterator[DOMNode]:
    """From what has the focus outwards, whoever has keys of the table."""
    focused = screen.focused
    for node in focused.ancestors_with_self if focused is not None else (screen,):
        if getattr(node, "SCOPES", None):
            yield node


def _hidden(action: Action, taken: set[str]) -> bool:
    """Whether every key of the action does something else."""
    keys = [key for key in action.keys.split(",") if key]
    return bool(keys) and taken.issuperset(keys)
