"""One thing that an operator can do, as a row of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """One thing an operator can do with a key."""

    id: str
    """`scope.verb`: stable, what `keys.toml` names."""
    keys: str
    """Textual's key names, comma-separated; the first is shown."""
    label: str
    """One or two words, for the footer."""
    help: str
    """One sentence, for the help and the palette."""
    call: str
    """The Textual action that is run on its screen: `focus_pane(3)`; `app.quit` on the app, from any screen."""
    footer: int = 0
    """Place in the footer, 1 first; 0: not there."""

    @property
    def scope(self) -> str:
        return self.id.partition(".")[0]
