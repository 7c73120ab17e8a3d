"""The console on an engine whose log floods: `python -m bench.flooded ENV LINES_A_SECOND`."""

from __future__ import annotations

import sys

from tradai_console.app import ConsoleApp
from tradai_console.engine_link import EngineLink
from tradai_console.settings import load_settings


def main() -> None:
    """Open it."""
    env, rate = sys.argv[1:]
    settings = load_settings({"env": env})
    engine = EngineLink(settings)
    engine.program = ("bench.flooding_engine", rate)
    engine.start()
    ConsoleApp(settings, engine=engine).run()


if __name__ == "__main__":
    main()
