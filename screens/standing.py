"""Whether a screen stands: from its mounting to the beginning of its end it has its widgets, and not a moment longer.

`stands_soon` is a way around Textual, which hands a key to a screen that is still being made: what the key does looks
for widgets that are not there. Reaches into `MessagePump._mounted_event`.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from textual.app import App
from textual.widget import Widget

MADE_WITHIN_S: Final = 5.0


def stands(widget: Widget) -> bool:
    """Whether news may be shown on it. A screen that is being taken down loses its children first, and hears news still."""
    hidden = widget.styles.display == "none"  # by its style sheet, and as much there as before
    return widget.is_mounted and (widget.display or hidden)


async def stands_soon(app: App[None]) -> bool:
    """Wait for the screen in front to be made. Whether there is one that stands."""
    if not app.screen_stack:
        return False
    if not app.screen.is_mounted:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MADE_WITHIN_S):
                await app.screen._mounted_event.wait()
    return bool(app.screen_stack) and stands(app.screen)
