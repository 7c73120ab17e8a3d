"""The console with a ticker in its loop, reading as hard as it can: `python -m bench.watched ENV FILE [--sweeping]`.

It is the product's app and engine, each in its process; only their pace is another. With `--sweeping` all alarms
are read whole again and again, which a console on a real account does every five minutes.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from bench.ticker import tick
from tradai_console.app import ConsoleApp
from tradai_console.engine_link import EngineLink
from tradai_console.settings import Intervals, load_settings

OFTEN = Intervals(alarms=0.5, services=1, databases=2, nat=2, workflows=2, trading=1, figures=5)


class WatchedApp(ConsoleApp):
    """The console, and a coroutine that feels its stalls."""

    stalls: Path

    def on_ready(self) -> None:
        self.run_worker(tick(self.stalls), name="ticker")


def main() -> None:
    """Open it."""
    env, file, *options = sys.argv[1:]
    settings = load_settings({"env": env, "intervals": asdict(OFTEN), "spend_usd": 0.0})
    engine = EngineLink(settings)
    engine.program = ("bench.hurried_engine", *options)
    engine.start()
    app = WatchedApp(settings, engine=engine)
    app.stalls = Path(file)
    app.run()


if __name__ == "__main__":
    main()
