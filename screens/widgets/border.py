"""A way around Textual: another border title repaints the whole widget, and ours change every second.

Only the rows of the border are repainted here. Reaches into `Widget._border_title` and `_border_subtitle`.
"""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget


def retitle(widget: Widget, title: Content, subtitle: Content | None) -> None:
    """Put these into the widget's border, and repaint no more than what has changed of it."""
    left, top = widget.content_offset
    width, height = widget.outer_size
    if not _same(widget._border_title, title):
        widget._border_title = title
        widget.refresh(Region(-left, -top, width, 1))
    if not _same(widget._border_subtitle, subtitle):
        widget._border_subtitle = subtitle
        widget.refresh(Region(-left, height - top - 1, width, 1))


def _same(old: object, new: Content | None) -> bool:
    if isinstance(old, Content) and new is not None:
        return old.plain == new.plain and old.spans == new.spans
    return old is new
