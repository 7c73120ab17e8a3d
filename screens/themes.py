"""The console's own themes. Every colour means the same in all of them; words and signs carry it without colour."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="tradai",
    primary="#5aa9e6",
    secondary="#7fc8c2",
    accent="#c9a0ff",
    foreground="#d7dde5",
    background="#0e1318",
    surface="#161d25",
    panel="#1e2731",
    success="#7bc47f",
    warning="#e5b567",
    error="#e5534b",
    dark=True,
)

LIGHT: Final = Theme(
    name="tradai-light",
    primary="#1f6feb",
    secondary="#0b7285",
    accent="#7b3fe4",
    foreground="#1b2430",
    background="#fbfbf9",
    surface="#eef0f2",
    panel="#dde2e7",
    success="#1a7f37",
    warning="#9a6700",
    error="#c62828",
    dark=False,
)

NIGHT: Final = Theme(
    name="tradai-night",
    primary="#b0683f",
    secondary="#9a7a55",
    accent="#c08a5a",
    foreground="#b9a48c",
    background="#0a0705",
    surface="#140e0a",
    panel="#1d150f",
    success="#8a9a55",
    warning="#d09a3a",
    error="#e0523a",
    dark=True,
)

CONTRAST: Final = Theme(
    name="tradai-contrast",
    primary="#4fc3ff",
    secondary="#6ff0e0",
    accent="#ff9cff",
    foreground="#ffffff",
    background="#000000",
    surface="#101010",
    panel="#303030",
    success="#5dff6a",
    warning="#ffe14d",
    error="#ff4d4d",
    dark=True,
    variables={"text-muted": "#c8c8c8"},
)

THEMES: Final = (DARK, LIGHT, NIGHT, CONTRAST)

CYCLE: Final = tuple(theme.name for theme in THEMES)
"""What the theme key goes through; any other theme of Textual can be named in the settings."""
