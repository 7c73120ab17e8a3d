"""What a widget needs to draw Lines: the theme's colour for each style name."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from screens.widgets.line import STYLES, Line


class Drawn(Widget):
    """A widget whose rows are Lines. Its colours are the theme's; the words carry the meaning without them."""

    COMPONENT_CLASSES = {f"drawn--{name}" for name in STYLES} | {"drawn--cursor", "drawn--cursor-blurred"}

    DEFAULT_CSS = """
    Drawn {
        & > .drawn--plain { color: $foreground; }
        & > .drawn--dim { color: $text-muted; }
        & > .drawn--strong { color: $foreground; text-style: bold; }
        & > .drawn--good { color: $text-success; }
        & > .drawn--warn { color: $text-warning; }
        & > .drawn--bad { color: $text-error; text-style: bold; }
        & > .drawn--critical { background: $error; color: $button-color-foreground; text-style: bold; }
        & > .drawn--accent { color: $text-accent; }
        & > .drawn--key { color: $text-primary; text-style: bold; }
        & > .drawn--info { color: $text-secondary; }
        & > .drawn--cursor { background: $block-cursor-background 55%; }
        & > .drawn--cursor-blurred { background: $surface; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rich: dict[tuple[str, str | None], Style] = {}

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._rich = {}

    def strip_of(self, line: Line, width: int, under: str | None = None) -> Strip:
        """The line as a Strip of exactly that width, on the widget's background or on that of a component."""
        segments = [Segment(span.text, self._style(span.style, under)) for span in line.fit(width).spans]
        return Strip(segments, width)

    def _style(self, name: str, under: str | None) -> Style:
        known = self._rich.get((name, under))
        if known is None:
            known = self.get_component_rich_style(f"drawn--{name}")
            if name == "plain" or under is not None:
                known = self.rich_style + Style(color=known.color, bold=known.bold, bgcolor=known.bgcolor)
            if under is not None and name != "critical":
                known += Style(bgcolor=self.get_component_rich_style(f"drawn--{under}").bgcolor)
            self._rich[(name, under)] = known
        return known


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
