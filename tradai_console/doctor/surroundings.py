"""What can be looked at without AWS: the configuration, the runbooks, and the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from tradai_console.actions.keymap import read_keys
from tradai_console.doctor.finding import Finding, bad, note, some, well
from tradai_console.errors import SettingsError
from tradai_console.paths import config_dir
from tradai_console.runbook.library import Library
from tradai_console.settings import Settings

COLUMNS: Final = 80
LINES: Final = 24


def look_at_configuration(settings: Settings, library: Library) -> Iterator[Finding]:
    """The settings as they took effect, `keys.toml`, and the runbooks."""
    named = os.environ.get("TRADAI_CONSOLE_CONFIG")
    there = named or (config_dir() / "config.toml").exists()
    changes = "changes are allowed" if settings.allow_changes else "read-only"
    where = f"configuration {named or config_dir() / 'config.toml'}" if there else "no configuration file"
    yield well(f"{where}; environment {settings.env}; {changes}")
    if settings.endpoint_url:
        yield note(f"AWS is asked at {settings.endpoint_url}", "Unset AWS_ENDPOINT_URL to ask AWS itself.")
    yield from _keys()
    faults = [fault for fault in library.faults if not fault.warning]
    yield well(f"{len(library.runbooks)} runbooks for {len(library.alerts())} alerts")
    for fault in faults[:10]:
        yield bad(
            f"runbook {fault}", "Mend the line; `tradai-console runbooks lint` shows whether it is well then."
        )


def _keys() -> Iterator[Finding]:
    path = config_dir() / "keys.toml"
    try:
        changed = read_keys(path)
    except SettingsError as error:
        yield bad(str(error), "Mend or remove the line: the console does not open before.")
    else:
        if changed:
            yield well(f"{path.name} changes {len(changed)} keys: {some(changed)}")


def look_at_terminal(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Size, colours, signs, and what stands between."""
    if not sys.stdout.isatty():
        yield note(
            "standard output is no terminal: its abilities are not known",
            "Run `tradai-console doctor` without a pipe, in the terminal that you watch in.",
        )
        return
    yield from _size()
    yield from _colours(environ)
    yield from _signs()
    if environ.get("TMUX") or environ.get("STY"):
        keeper = "tmux" if environ.get("TMUX") else "screen"
        yield note(
            f"inside {keeper}: bells pass, desktop notes and the clipboard perhaps not",
            "In tmux: set -g allow-passthrough on, set -g set-clipboard on, set -g focus-events on.",
        )


def _size() -> Iterator[Finding]:
    columns, lines = shutil.get_terminal_size()
    said = f"terminal {columns} x {lines}"
    if columns < COLUMNS or lines < LINES:
        yield note(f"{said} is small", f"Make it {COLUMNS} x {LINES} or larger; 120 x 40 shows all panes.")
    else:
        yield well(said)


def _colours(environ: Mapping[str, str]) -> Iterator[Finding]:
    term = environ.get("TERM", "")
    if term in ("", "dumb"):
        yield bad(
            f"TERM is {term or 'not set'}: nothing can be drawn",
            "Set it to what your terminal is, such as xterm-256color.",
        )
    elif environ.get("NO_COLOR"):
        yield well(f"TERM {term}; NO_COLOR is set: signs and words carry every state")
    elif environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        yield well(f"TERM {term}, all colours")
    elif "256color" in term or "direct" in term:
        yield well(f"TERM {term}, 256 colours")
    else:
        yield note(
            f"TERM {term}: few colours", "If it can do more, set COLORTERM=truecolor or TERM=xterm-256color."
        )


def _signs() -> Iterator[Finding]:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding.startswith("utf8"):
        yield well("UTF-8: all signs can be drawn")
    else:
        yield note(f"the terminal's encoding is {encoding or 'unknown'}", "Set LANG to one with UTF-8.")
