"""Open the console on a terminal, and say in a sentence why it ended if it ended badly."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from tradai_console.actions.keymap import read_keys
from tradai_console.engine_link import EngineLink
from tradai_console.errors import SettingsError
from tradai_console.paths import config_dir
from tradai_console.settings import Settings

if TYPE_CHECKING:
    from tradai_console.models.drill import Drills

CRASHED: Final = 70


def open_console(settings: Settings, drills: Drills | None = None) -> int:
    """Run the console; its exit code. Only the demo has drills.

    Raises SettingsError for names, keys or a terminal that cannot serve.
    """
    if settings.platform:
        # The shipped names are good; the user's own are looked at before anything is opened.
        from tradai_console.platform import load_platform

        load_platform(settings.env, settings.platform)
    keys = read_keys(config_dir() / "keys.toml")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SettingsError(
            "the console needs a terminal; for pipes and scripts there is `tradai-console status --json`"
        )
    engine = EngineLink(settings)
    engine.start()  # before anything is imported to draw with: it is at work while the first screen is made
    try:
        from tradai_console.app import ConsoleApp

        app = ConsoleApp(settings, keys=keys, engine=engine, drills=drills)
        app.run()
    finally:
        engine.stop()
    return CRASHED if app.return_code else 0
