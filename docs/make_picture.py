"""Takes the README's picture: the console as it is, on the simulated platform.

.venv/bin/python docs/make_picture.py
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tradai_console.app import ConsoleApp
from tradai_console.demo.run import demo_settings
from tradai_console.demo.server import DemoServer
from tradai_console.engine_link import EngineLink
from tradai_console.models.board import SOURCES

SEED = 3
ALERT_S = 90.0
"""The story's first alert comes within half a minute; by then it is in the picture."""


async def take(server: DemoServer, folder: Path) -> None:
    """Wait until every pane is live and something fires, then keep the Shift and the Detail screen."""
    settings = demo_settings("prod", server.endpoint_url, allow_changes=False)
    engine = EngineLink(settings)
    engine.start()
    app = ConsoleApp(settings, engine=engine)
    async with app.run_test(size=(120, 40)) as pilot:
        async with asyncio.timeout(ALERT_S):
            while not any(alarm.firing for alarm in app.board.alarms.items):
                await pilot.pause(0.5)
            while not all(getattr(app.board, name).taken_at for name in (*SOURCES, "figures")):
                await pilot.pause(0.5)
        await pilot.pause(2.0)
        (folder / "shift.svg").write_text(app.export_screenshot(title="TradAI Console"), encoding="utf-8")
        await pilot.press("3", "enter")
        await pilot.pause(2.0)
        (folder / "detail.svg").write_text(app.export_screenshot(title="TradAI Console"), encoding="utf-8")


if __name__ == "__main__":
    with DemoServer(env="prod", seed=SEED) as demo:
        os.environ.update(demo.environ())
        asyncio.run(take(demo, Path(__file__).parent))
