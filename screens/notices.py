"""Beyond the screen: the window's title and notes on the desktop, as sequences that the terminal takes.

A work-around for what Textual has no words for: `send` writes past its drawing, through its driver. Everything from
outside is reduced to text that can hold no sequence, and is kept short.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual.app import App

from tradai_console.text import plain

LONGEST: Final = 120
"""Signs of a title or a note."""

SAVE_TITLE: Final = "\x1b[22;2t"
RESTORE_TITLE: Final = "\x1b[23;2t"

_OSC, _END = "\x1b]", "\x1b\\"


def title_sequence(words: str) -> str:
    """The window has this title from now on (OSC 2); inside tmux it is the pane's."""
    return f"{_OSC}2;{_said(words)}{_END}"


def note_sequence(title: str, words: str, environ: Mapping[str, str]) -> str:
    """A note on the desktop: OSC 777 where it is known to be understood, OSC 9 elsewhere; through tmux to what is around it."""
    if _speaks_777(environ):
        # A semicolon parts title and words.
        note = f"{_OSC}777;notify;{_said(title).replace(';', ',')};{_said(words).replace(';', ',')}{_END}"
    else:
        note = f"{_OSC}9;{_said(f'{title}: {words}')}{_END}"
    return _through_tmux(note) if environ.get("TMUX") else note


def send(app: App[Any], sequence: str) -> None:
    """Write it to the terminal, if there is one."""
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(sequence)
        driver.flush()


def _speaks_777(environ: Mapping[str, str]) -> bool:
    term = environ.get("TERM", "")
    return term.startswith(("rxvt", "foot")) or "VTE_VERSION" in environ


def _through_tmux(sequence: str) -> str:
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}{_END}"


def _said(text: str) -> str:
    """One line without a control character, whatever it was; an OSC 9 that begins with a number would be a command."""
    line = "".join(sign if sign.isprintable() else " " for sign in plain(text, LONGEST))
    return f"· {line}" if line[:1].isdigit() else line
