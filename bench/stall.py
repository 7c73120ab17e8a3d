"""How soon a key is answered, and how long the interface stands still, beside an idle bare Textual app.

Three programs in terminals of the same size, in turns: the bare app with nothing to do; the console reading a
crowd of 5,000 alarms whole, again and again; the console while a service takes requests and never answers.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.figures import Measured, Row, percentile
from bench.paint import Cursor, opened, seconds_to
from bench.places import CROWD_ENV, PYTHON, Line, client_env, crowd, line_to

ROUNDS: Final = 3
KEYS: Final = 200
ALARMS: Final = 5_000
HUNG: Final = "ecs"
TARGET: Final = 1.5
ALARMS_PANE: Final = "7"
SETTLED_S: Final = 10.0
"""Start-up, the first readings and the freezing of the collector are over by then."""
TIMEOUT_S: Final = 90.0
BARE: Final = "bare app, idle"
READING: Final = "reading 5,000 alarms"
HANGING: Final = f"while {HUNG} hangs"


def measure() -> Measured:
    """The three in turns; of each round the percentiles, of these the medians."""
    rng = random.Random(1)
    found: dict[str, list[dict[str, Any]]] = {BARE: [], READING: [], HANGING: []}
    with tempfile.TemporaryDirectory() as folder, crowd(ALARMS) as url, line_to(url) as line:
        home = Path(folder)
        for _ in range(ROUNDS):
            found[BARE].append(_bare(home, rng))
            found[READING].append(_console(client_env(url, CROWD_ENV, home), home, rng, "--sweeping"))
            found[HANGING].append(_hung(line, home, rng))
    return Measured(
        _rows(found), found, ("A stall is by how much a sleep of 1 ms in the interface's loop was late.",)
    )


def _bare(home: Path, rng: random.Random) -> dict[str, Any]:
    file = home / "stalls.json"
    with opened((PYTHON, "-m", "bench.bare", str(file)), client_env("", home=home)) as terminal:
        terminal.settle(0.5)
        terminal.press(ALARMS_PANE)
        return _pressed(Cursor(terminal), file, rng)


def _hung(line: Line, home: Path, rng: random.Random) -> dict[str, Any]:
    line.hang(HUNG)
    try:
        return _console(client_env(line.url, CROWD_ENV, home), home, rng)
    finally:
        line.clear()


def _console(env: Mapping[str, str], home: Path, rng: random.Random, *options: str) -> dict[str, Any]:
    file = home / "stalls.json"
    command = (PYTHON, "-m", "bench.watched", CROWD_ENV, str(file), *options)
    began = time.perf_counter()
    with opened(command, env) as terminal:
        alarms_read = f"{ALARMS - ALARMS // 100} ok".encode()
        seconds_to(terminal, lambda raw: alarms_read in raw, began, TIMEOUT_S)
        while time.perf_counter() - began < SETTLED_S:
            terminal.read(0.2)
        terminal.press(ALARMS_PANE)
        return _pressed(Cursor(terminal), file, rng)


def _pressed(cursor: Cursor, file: Path, rng: random.Random) -> dict[str, Any]:
    file.unlink(missing_ok=True)
    keys_ms = cursor.latencies(KEYS, rng)
    cursor.rest(1.0)  # the ticker writes twice a second
    return {"keys_ms": keys_ms, "stall_ms": json.loads(file.read_text(encoding="ascii"))["worst_ms"]}


def _rows(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Row, ...]:
    rows = []
    for name in (READING, HANGING):
        for percent, target in ((50, None), (99, TARGET)):
            ours, bare = _percentile(found[name], percent), _percentile(found[BARE], percent)
            rows.append(
                Row(
                    f"key to paint p{percent}, {name}; bare app",
                    f"{ours:.0f} ms",
                    f"{bare:.0f} ms",
                    ours / bare,
                    target,
                )
            )
        ours, bare = _stall(found[name]), _stall(found[BARE])
        rows.append(Row(f"longest stall, {name}; bare app", f"{ours:.0f} ms", f"{bare:.0f} ms", ours / bare))
    return tuple(rows)


def _percentile(rounds: Sequence[Mapping[str, Any]], percent: float) -> float:
    return median(percentile(one["keys_ms"], percent) for one in rounds)


def _stall(rounds: Sequence[Mapping[str, Any]]) -> float:
    return float(median(one["stall_ms"] for one in rounds))
