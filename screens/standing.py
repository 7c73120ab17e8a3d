"""Whether a screen stands: from its mounting to the beginning of its end it has its widgets, and not a moment longer."""

from __future__ import annotations

from textual.widget import Widget


def stands(widget: Widget) -> bool:
    """Whether news may be shown on it. A screen that is being taken down loses its children first, and hears news still."""
    hidden = widget.styles.display == "none"  # by its style sheet, and as much there as before
    return widget.is_mounted and (widget.display or hidden)
