"""Which screens may be put over which: keys that are hit twice, or held, open a thing once.

Keys come faster than screens are made. The second `enter` was for the list that the first has covered meanwhile, so
what is asked for before a screen was put in front, and heard after it, is not opened.
"""

from __future__ import annotations

from typing import Any, Final

from textual.app import App
from textual.screen import ModalScreen, Screen

DEEPEST: Final = 16
"""Screens on each other at the most; each keeps what it shows in memory."""

TOO_DEEP: Final = f"{DEEPEST} screens are open on each other: esc goes back"


def asks_twice(app: App[None], screen: Screen[Any]) -> bool:
    """Whether a question of this kind is in front already: over it another would hide whose answer is waited for."""
    front = app.screen_stack[-1] if app.screen_stack else None
    return isinstance(screen, ModalScreen) and type(front) is type(screen)


def too_deep(app: App[None]) -> bool:
    """Whether there are as many screens as there may be."""
    return len(app.screen_stack) >= DEEPEST
