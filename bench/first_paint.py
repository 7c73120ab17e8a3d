"""From the start of the process to the first paint, beside a bare Textual app with as many tables."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.figures import Measured, compared
from bench.paint import borders, opened, seconds_to
from bench.places import CONSOLE, DEMO_ENV, PYTHON, client_env, platform

ROUNDS: Final = 12
PANES: Final = 7
TARGET: Final = 1.3
TIMEOUT_S: Final = 30.0


def measure() -> Measured:
    """Both in turns, the first round unseen: it fills the caches of files and bytecode."""
    console: list[float] = []
    bare: list[float] = []
    with platform() as url, tempfile.TemporaryDirectory() as home:
        env = client_env(url, home=Path(home))
        for _ in range(ROUNDS + 1):
            console.append(first_paint((*CONSOLE, "--env", DEMO_ENV), env))
            bare.append(first_paint((PYTHON, "-m", "bench.bare"), env))
    row = compared("first paint: the console, a bare Textual app", console[1:], bare[1:], TARGET)
    return Measured((row,), {"console_s": console[1:], "bare_s": bare[1:]})


def first_paint(command: Sequence[str], env: dict[str, str]) -> float:
    """Seconds from the start of the process until all its boxes are drawn."""
    began = time.perf_counter()
    with opened(command, env) as terminal:
        return seconds_to(terminal, borders(PANES), began, TIMEOUT_S)
