"""Resident memory of the console, interface and engine together, after a minute on an account of 5,000 alarms.

What the two processes share (the interpreter, libraries) counts once: the sum is of proportional set sizes.
"""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

from bench.figures import Measured, Row
from bench.paint import opened
from bench.places import CONSOLE, CROWD_ENV, BenchError, client_env, crowd

ALARMS: Final = 5_000
AFTER_S: Final = 60.0
TARGET_MIB: Final = 200.0


def measure() -> Measured:
    """The console as an operator starts it, at its own pace. Raises BenchError if it did not read the account."""
    readings: list[float] = []
    with crowd(ALARMS) as url, tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        with opened((*CONSOLE, "--env", CROWD_ENV), client_env(url, CROWD_ENV, Path(home))) as terminal:
            process = psutil.Process(terminal.process.pid)
            while time.perf_counter() - began < AFTER_S:
                second = time.perf_counter() + 1
                while (left := second - time.perf_counter()) > 0:
                    terminal.read(left)
                readings.append(_resident_mib(process))
            if re.search(r"6/6 live", terminal.text) is None:
                raise BenchError(f"the console did not read the crowd; the screen:\n{terminal.text}")
    last, most = readings[-1], max(readings)
    row = Row(
        f"resident memory after {AFTER_S:.0f} s with {ALARMS:,} alarms",
        f"{last:.0f} MiB",
        f"most {most:.0f} MiB",
        last,
        TARGET_MIB,
        "MiB",
    )
    return Measured((row,), {"rss_mib": readings})


def _resident_mib(process: psutil.Process) -> float:
    """The process and its children, each page divided by how many of them map it."""
    family = [process, *process.children(recursive=True)]
    return sum(float(one.memory_full_info().pss) for one in family) / 2**20
