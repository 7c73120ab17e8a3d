"""A way around Textual: what a key has changed waits for the next frame, up to two of them where news are painted too.

A key's own change is painted when it is made; the limit of frames is for what nobody has asked for. Reaches into
`Screen._compositor`.
"""

from __future__ import annotations

from textual.widget import Widget


def paint_at_once(widget: Widget, *others: Widget) -> None:
    """Paint what is to be repainted of them now. Whatever needs the screen laid out anew is left to the next frame."""
    screen = widget.screen
    if screen.is_current and not screen._layout_required and not widget.app._batch_count:
        screen._compositor.update_widgets({widget, *others})
        screen._compositor_refresh()
