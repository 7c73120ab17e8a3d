"""What the log view's ring costs: memory for a million lines, time to search and to filter a full one."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from bench.figures import Measured, Row
from bench.places import CROWD_ENV, PYTHON, client_env, run_child

LINES: Final = 1_000_000
MEMORY_MIB: Final = 100.0
LOOK_MS: Final = 50.0
TIMEOUT_S: Final = 300.0


def measure() -> Measured:
    """In a process of its own, whose memory nothing else is in."""
    with tempfile.TemporaryDirectory() as home:
        env = client_env("", CROWD_ENV, Path(home))
        found = json.loads(run_child([PYTHON, "-m", "bench.rings", str(LINES)], env, TIMEOUT_S))
    rows = [
        Row(
            f"{LINES:,} lines through a ring of {found['kept']:,}: memory above the start",
            f"most {found['most_mib']:.0f} MiB, {found['dropped']:,} dropped",
            "",
            found["most_mib"],
            MEMORY_MIB,
            "MiB",
        ),
        Row(
            "a line put into the ring, one in five late",
            f"{found['take_us']:.1f} us",
            "",
            found["take_us"],
            None,
            "us",
        ),
    ]
    for what in ("search", "keep", "drop", "level"):
        took = median(found[f"{what}_ms"])
        rows.append(Row(f"{what} over {found['kept']:,} lines", f"{took:.0f} ms", "", took, LOOK_MS, "ms"))
    return Measured(tuple(rows), found)
