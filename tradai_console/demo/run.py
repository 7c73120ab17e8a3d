"""`demo`: the simulated platform in a process of its own, and the console on it; or only the platform."""

from __future__ import annotations

import os
import random
import shlex
import signal
import threading
from typing import Final

from tradai_console.settings import Settings, load_settings

# On this machine there is no quota to share and nothing to pay: the panes may move as fast as the story.
INTERVALS: Final = {
    "alarms": 2, "services": 3, "databases": 5, "nat": 5, "workflows": 4, "trading": 3, "figures": 10,
}  # fmt: skip


def open_demo(*, env: str, seed: int | None, speed: float, drill: str | None, allow_changes: bool) -> int:
    """Start the platform, open the console on it, end both. Returns the console's exit code."""
    from tradai_console.demo.server import DemoServer
    from tradai_console.open import open_console

    with DemoServer(env=env, seed=_seed(seed), speed=speed, drill=drill) as server:
        os.environ.update(server.environ())
        return open_console(demo_settings(env, server.endpoint_url, allow_changes=allow_changes))


def serve_demo(*, env: str, seed: int | None, speed: float, drill: str | None) -> int:
    """Start the platform, print the `export` lines for any AWS client, and serve until SIGINT or SIGTERM."""
    from tradai_console.demo.server import DemoServer

    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    chosen = _seed(seed)
    with DemoServer(env=env, seed=chosen, speed=speed, drill=drill) as server:
        print(f"# TradAI {env} is simulated at {server.endpoint_url}, seed {chosen}; ctrl+c ends it.")  # noqa: T201
        for name, value in server.environ().items():
            print(f"export {name}={shlex.quote(value)}", flush=True)  # noqa: T201
        while not done.wait(3600):
            pass
    return 0


def _seed(seed: int | None) -> int:
    """A night of its own where none is asked for."""
    return random.randrange(1, 10_000) if seed is None else seed


def demo_settings(env: str, endpoint_url: str, *, allow_changes: bool) -> Settings:
    """The settings of a console on the simulated platform; nothing of the user's own plays a part."""
    options = {
        "env": env,
        "region": "eu-central-1",
        "endpoint_url": endpoint_url,
        "allow_changes": allow_changes,
        "intervals": INTERVALS,
        "quota_share": 1.0,
        "spend_usd": 0.0,
    }
    return load_settings(options, environ={"TRADAI_CONSOLE_HOME": os.environ.get("TRADAI_CONSOLE_HOME", "")})
