"""One full reading of a big account, beside a plain aiobotocore gather of the same calls."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.figures import Measured, Row, compared
from bench.places import CROWD_ENV, PYTHON, BenchError, client_env, crowd, run_child

ROUNDS: Final = 7
SIZES: Final = {500: 1.3, 5_000: None}
"""Alarms of the account, and what the ratio may be."""
TIMEOUT_S: Final = 180.0


def measure() -> Measured:
    """At each size, in a process of its own. Raises BenchError if a source was not read well."""
    rows: list[Row] = []
    raw: dict[str, Any] = {}
    notes: list[str] = []
    for alarms, target in SIZES.items():
        with crowd(alarms) as url, tempfile.TemporaryDirectory() as home:
            env = client_env(url, CROWD_ENV, Path(home))
            found = json.loads(run_child([PYTHON, "-m", "bench.readings", str(ROUNDS)], env, TIMEOUT_S))
        unread = [name for name, state in found["states"].items() if state not in ("live", "slow")]
        if unread:
            raise BenchError(f"with {alarms} alarms these were not read: {', '.join(unread)}")
        what = f"full reading, {alarms:,} alarms: the console, a plain gather"
        rows.append(compared(what, found["reading_s"], found["gather_s"], target))
        raw[str(alarms)] = found
        notes.append(
            f"{alarms:,} alarms: {found['calls']} calls gathered, {found['calls_of_each_reading']:.0f} by each reading."
        )
    return Measured(tuple(rows), raw, tuple(notes))
