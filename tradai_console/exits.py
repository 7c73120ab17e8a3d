"""The program's exit codes, and the sentence that goes with them."""

from __future__ import annotations

import sys
from typing import Final

from tradai_console.errors import SettingsError

UNREAD: Final = 2
UNUSABLE: Final = 3
CRASHED: Final = 70
INTERRUPTED: Final = 130


def told(error: BaseException) -> int:
    """Say on standard error what went wrong on purpose, a ConsoleError or ctrl+c; the exit code for it."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    print(f"tradai-console: {error}", file=sys.stderr)  # noqa: T201
    return UNUSABLE if isinstance(error, SettingsError) else UNREAD
