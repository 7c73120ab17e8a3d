"""A way around Textual: the screen under the one on top is painted with every change, even where nobody can see it.

Textual takes it for visible whatever covers it, and what changes on it is painted a second time as a part of the one
on top. With seven panes underneath that is every tenth of a second. Replaces `App._background_screens`.
"""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.screen import Screen


def seen_through(app: App[None]) -> list[Screen[Any]]:
    """The screens that can be seen through those on top of them, the lowest first; the top one is not among them."""
    seen: list[Screen[Any]] = []
    for upper, lower in zip(reversed(app.screen_stack), reversed(app.screen_stack[:-1]), strict=False):
        if upper.styles.background.a == 1:
            break
        seen.append(lower)
    return seen[::-1]
