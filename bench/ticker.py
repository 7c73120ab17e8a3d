"""The longest stall of an interface's loop, seen from inside it."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Final

TICK_S: Final = 0.001
WRITTEN_EVERY_S: Final = 0.5


async def tick(file: Path) -> None:
    """Sleep a millisecond again and again, and write to the file by how many milliseconds that was late, at the most.

    Counting starts anew whenever the file is gone: the reader takes it away when its measurement begins.
    """
    worst_s, written = 0.0, time.perf_counter()
    while True:
        before = time.perf_counter()
        await asyncio.sleep(TICK_S)
        now = time.perf_counter()
        worst_s = max(worst_s, now - before - TICK_S)
        if now - written > WRITTEN_EVERY_S:
            worst_s = _told(file, worst_s)
            written = time.perf_counter()


def _told(file: Path, worst_s: float) -> float:
    """Write the worst, or 0 where the reader has begun anew; a few bytes, which no loop feels."""
    if not file.exists():
        worst_s = 0.0
    file.write_text(json.dumps({"worst_ms": worst_s * 1000}), encoding="ascii")
    return worst_s
