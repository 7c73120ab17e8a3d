"""Bindings made from the table of actions, so that no screen has keys of its own."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tradai_console.actions import scope


def bindings(*scopes: str) -> list[BindingType]:
    """The bindings of these scopes; each carries its action's id, so that `keys.toml` can move it."""
    return [
        Binding(action.keys, action.call, action.help, show=False, id=action.id)
        for action in scope(*scopes)
        if action.keys
    ]
