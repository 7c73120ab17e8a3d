"""`demo`: the simulated platform in a process of its own, and the console on it; or only the platform."""

from __future__ import annotations

import os
import random
import shlex
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from tradai_console.paths import login, state_dir
from tradai_console.settings import Settings, load_settings

LIST: Final = "list"
"""Instead of a drill: name them all."""

DRILLS: Final = "drills.sqlite3"
"""The journal that the cards of all nights' drills are kept in."""

RANDOM: Final = "random"
"""Instead of a drill: any, and it is not told which."""

# On this machine there is no quota to share and nothing to pay: the panes may move as fast as the story.
INTERVALS: Final = {
    "alarms": 2, "services": 3, "databases": 5, "nat": 5, "workflows": 4, "trading": 3, "figures": 10,
}  # fmt: skip


def open_demo(*, env: str, seed: int | None, speed: float, drill: str | None, allow_changes: bool) -> int:
    """Start the platform, open the console on it, end both. Returns the console's exit code. Raises ConsoleError."""
    from tradai_console.demo.room import DrillRoom
    from tradai_console.demo.server import DemoServer
    from tradai_console.open import open_console

    if drill == LIST:
        return _list_drills()
    chosen = _seed(seed)
    with DemoServer(env=env, seed=chosen, speed=speed, drill=_drill(drill, chosen)) as server:
        os.environ.update(server.environ())
        settings = demo_settings(env, server.endpoint_url, allow_changes=allow_changes)
        # Each simulated night has a journal of its own: what was done in another one is not true here. The cards of
        # drills outlive the night, or nobody could be compared with himself.
        folder, begun = state_dir() / "demo", datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        night, operator = folder / f"{begun}-seed-{chosen}.sqlite3", settings.operator or login()
        room = DrillRoom(server.order, night=night, book=folder / DRILLS, operator=operator)
        return open_console(replace(settings, journal=night, operator=operator), room)


def serve_demo(*, env: str, seed: int | None, speed: float, drill: str | None) -> int:
    """Start the platform, print the `export` lines for any AWS client, and serve until SIGINT or SIGTERM."""
    from tradai_console.demo.server import DemoServer

    if drill == LIST:
        return _list_drills()
    chosen = _seed(seed)
    played = _drill(drill, chosen)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with DemoServer(env=env, seed=chosen, speed=speed, drill=played) as server:
        print(f"# TradAI {env} is simulated at {server.endpoint_url}, seed {chosen}; ctrl+c ends it.")  # noqa: T201
        if played:
            print(f"# The drill is {played if drill != RANDOM else 'not told'}.")  # noqa: T201
        for name, value in server.environ().items():
            print(f"export {name}={shlex.quote(value)}", flush=True)  # noqa: T201
        while not done.wait(3600):
            pass
    return 0


def _list_drills() -> int:
    from tradai_console.demo import drills

    print(drills.listing())  # noqa: T201
    return 0


def _drill(name: str | None, seed: int) -> str | None:
    """The drill that is meant; `random` leaves it to the seed. Raises DrillError where there is none of this name."""
    if name is None:
        return None
    from tradai_console.demo import drills

    return drills.choose(name, seed)


def _seed(seed: int | None) -> int:
    """A night of its own where none is asked for."""
    return random.randrange(1, 10_000) if seed is None else seed


def demo_settings(env: str, endpoint_url: str, *, allow_changes: bool) -> Settings:
    """The settings of a console on the simulated platform; nothing of the user's own plays a part."""
    # Imported late: the list of drills and the help need neither.
    from tradai_console.demo.cast import draw_cast
    from tradai_console.demo.clients import ACCOUNT

    options = {
        "env": env,
        "region": "eu-central-1",
        "endpoint_url": endpoint_url,
        "allow_changes": allow_changes,
        "intervals": INTERVALS,
        "quota_share": 1.0,
        "spend_usd": 0.0,
        "alert_queue": f"{endpoint_url}/{ACCOUNT}/{draw_cast(env).console_queue}",
    }
    kept = ("TRADAI_CONSOLE_HOME", "TRADAI_CONSOLE_OPERATOR")
    return load_settings(options, environ={name: os.environ.get(name, "") for name in kept})
