"""A ring of log lines put through its paces: `python -m bench.rings LINES`."""

from __future__ import annotations

import gc
import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import psutil

from bench.log_lines import line_of
from screens.log.needle import Needle
from screens.log.ring import MOST, LogRing
from screens.log.shown import Lens, Shown
from tradai_console.logs.event import Event
from tradai_console.logs.lines import read_line

PORTION: Final = 500
LATE: Final = 0.2
LATE_MS: Final = 30_000
EVERY_MS: Final = 1
BEGIN_MS: Final = 1_767_237_127_000
LOOKS: Final = 9


def run(lines: int) -> dict[str, Any]:
    """Fill it, a fifth of the lines late by up to half a minute; then look through it."""
    rng = random.Random(4)
    process = psutil.Process()
    ring = LogRing()
    shown = Shown(ring)
    gc.collect()
    start = most = process.memory_info().rss
    took = 0.0
    for first in range(0, lines, PORTION):
        portion = [_line(number, rng) for number in range(first, min(lines, first + PORTION))]
        began = time.perf_counter()
        shown.keep_up(ring.take(portion))
        took += time.perf_counter() - began
        if first % (PORTION * 20) == 0:
            most = max(most, process.memory_info().rss)
    most = max(most, process.memory_info().rss)
    if (ring.count, ring.dropped) != (MOST, lines - MOST):
        raise SystemExit(f"the ring has {ring.count} lines and dropped {ring.dropped}")
    return {
        "kept": ring.count,
        "dropped": ring.dropped,
        "most_mib": (most - start) / 2**20,
        "take_us": took / lines * 1e6,
        "search_ms": _timed(lambda: shown.places(Needle("nothing like it"))),
        "keep_ms": _timed(lambda: _through(shown, Lens(keep=Needle("answered 202")))),
        "drop_ms": _timed(lambda: _through(shown, Lens(drop=Needle("nothing like it")))),
        "level_ms": _timed(lambda: _through(shown, Lens(least=2))),
    }


def _line(number: int, rng: random.Random) -> Any:
    late_ms = rng.randrange(LATE_MS) if rng.random() < LATE else 0
    at_ms = BEGIN_MS + number * EVERY_MS - late_ms
    event = Event(
        f"{number:056d}", "/ecs/tradai/bench/services", "backend-api/backend/1", at_ms, at_ms, line_of(number)
    )
    return read_line(event, "backend-api")


def _through(shown: Shown, lens: Lens) -> None:
    shown.lens = lens


def _timed(act: Callable[[], object]) -> list[float]:
    """Milliseconds of each of several times."""
    found = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        act()
        found.append((time.perf_counter() - began) * 1000)
    return found


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
