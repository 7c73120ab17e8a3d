"""The program's start. Opening the console comes first: it must not wait for a parser of command lines.

The parser that knows every command (typer, and with it pydantic) takes as long to import as Textual does. So a
command line that only opens the console is read here; anything else, mistakes and `--help` too, is left to `cli`.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tradai_console.errors import ConsoleError
from tradai_console.exits import CRASHED, INTERRUPTED, told
from tradai_console.quiet import collect_rarely

_VALUED: Final = frozenset({"--env", "--profile", "--region", "--runbooks", "--config"})
_ALLOW: Final = "--allow-changes"
_PIPED: Final = frozenset({"tail", "trail"})
"""Commands whose usual end is ctrl+c."""


def main() -> None:
    """The program. A defect of ours is a sentence and a code that means nothing else; its traceback is on request."""
    collect_rarely()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that is not UTF-8 still gets its answer.
            stream.reconfigure(errors="backslashreplace")
    code: int | str | None
    try:
        code = _run(sys.argv[1:])
    except Exception as error:
        if os.environ.get("TRADAI_CONSOLE_TRACEBACK"):
            raise
        print(  # noqa: T201
            f"tradai-console: this is a defect of the console: {type(error).__name__}: {error} "
            "(set TRADAI_CONSOLE_TRACEBACK=1 to see where)",
            file=sys.stderr,
        )
        code = CRASHED
    except (KeyboardInterrupt, SystemExit) as end:
        code = INTERRUPTED if isinstance(end, KeyboardInterrupt) else end.code
    if code == INTERRUPTED and _PIPED.intersection(sys.argv[1:2]):
        code = 0
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    options = read_options(arguments)
    if options is None:
        from tradai_console.cli import cli

        cli()
        return 0
    try:
        return open_with(options)
    except (ConsoleError, KeyboardInterrupt) as error:
        return told(error)


def read_options(arguments: Sequence[str]) -> dict[str, str | None] | None:
    """The options of a command line that opens the console, by name; None for any other command line."""
    found: dict[str, str | None] = {}
    left = list(arguments)
    while left:
        name, joined, value = left.pop(0).partition("=")
        if name == _ALLOW and not joined:
            found["allow_changes"] = "true"
        elif name in _VALUED and (joined or (left and not left[0].startswith("-"))):
            found[name.removeprefix("--")] = value if joined else left.pop(0)
        else:
            return None
    return found


def open_with(options: dict[str, str | None]) -> int:
    """Open the console with these options; its exit code. Raises ConsoleError."""
    from tradai_console.settings import load_settings

    config = options.pop("config", None)
    settings = load_settings(options, config=Path(config) if config is not None else None)
    from tradai_console.open import open_console

    return open_console(settings)
