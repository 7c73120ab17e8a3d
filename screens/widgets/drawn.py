"""What a widget needs to draw Lines: the theme's colour for each style name."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget

from screens.widgets.line import Line

_INK: Final = {
    "plain": "foreground",
    "strong": "foreground",
    "good": "text-success",
    "warn": "text-warning",
    "bad": "text-error",
    "accent": "text-accent",
    "key": "text-primary",
    "info": "text-secondary",
}
_BOLD: Final = frozenset({"strong", "bad", "critical", "key", "hit"})
_FOUND: Final = {"hit": ("warning", 0.75), "lit": ("accent", 0.35)}
"""What is looked for, and what is coloured, in a log: what is mixed into the ground, and how much of it."""
_HUES: Final = (0.56, 0.78, 0.44, 0.90, 0.27, 0.66, 0.50, 0.13)
"""Colours that tell things of one kind apart, `hue0` to `hue7`; none of them means anything."""
_FAINT: Final = 0.6
_CURSOR: Final = 0.55


class Drawn(Widget):
    """A widget whose rows are Lines. Its colours are the theme's; the words carry the meaning without them.

    They are taken from the theme's variables, not from component classes: a dozen of those on a dozen widgets is
    what the first paint would wait for.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._inks: dict[tuple[str, str | None], Style] = {}

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks = {}

    def strip_of(self, line: Line, width: int, under: str | None = None) -> Strip:
        """The line as a Strip of exactly that width; `under` is `cursor`, `cursor-blurred` or None."""
        segments = [Segment(span.text, self._style(span.style, under)) for span in line.fit(width).spans]
        return Strip(segments, width)

    def _style(self, name: str, under: str | None) -> Style:
        known = self._inks.get((name, under))
        if known is None:
            known = self._inks[name, under] = self._mixed(name, under)
        return known

    def _mixed(self, name: str, under: str | None) -> Style:
        theme = self.app.theme_variables
        ground = self.background_colors[1]
        if under == "cursor":
            ground = ground.blend(Color.parse(theme["block-cursor-background"]), _CURSOR)
        elif under is not None:
            ground = Color.parse(theme["surface"])
        if name in _FOUND:
            colour, share = _FOUND[name]
            ground = ground.blend(Color.parse(theme[colour]), share)
            ink = ground.get_contrast_text()
        elif name.startswith("hue"):
            ink = Color.from_hsl(_HUES[int(name[3:])], 0.55, 0.68 if ground.brightness < 0.5 else 0.34)
        elif name == "critical":
            ground = Color.parse(theme["error"])
            ink = ground.get_contrast_text()
        elif name == "dim":
            ink = ground.blend(Color.parse(theme["foreground"]), _FAINT)
        else:
            ink = Color.parse(theme[_INK[name]])
        return Style(
            color=ink.rich_color,
            bgcolor=ground.rich_color,
            bold=name in _BOLD,
            underline=name == "hit" or None,
        )


class LineBar(Drawn):
    """A bar of one line or more, drawn from Lines: the frame, the key hints."""

    DEFAULT_CSS = """
    LineBar { height: 1; }
    """

    def lines(self, width: int) -> tuple[Line, ...]:
        """What to draw at this width."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        shown = self.lines(self.size.width)
        return self.strip_of(shown[y] if y < len(shown) else Line(), self.size.width)
