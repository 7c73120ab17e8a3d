"""Keys and memory while a log floods: 5,000 lines a second on the screen, then 10,000 for a minute.

Lines are made and parsed in the engine's process and take the same way to the screen as those that are read. A key
is `k`, which leaves the newest line, and `G`, which follows it again: painted when the log's border says so.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil

from bench.figures import Measured, Row, percentile
from bench.paint import Cursor, opened, seconds_to
from bench.places import CROWD_ENV, PYTHON, BenchError, client_env, log_server
from bench.stall import ALARMS_PANE
from tests.kit.terminal import Terminal

ROUNDS: Final = 3
STEADY: Final = 5_000
FLOOD: Final = 10_000
KEYS: Final = 100
FLOOD_S: Final = 60.0
FULL_S: Final = 15.0
"""By then the ring is full, and memory has to stay as it is."""

KEY_TARGET: Final = 1.5
GROWTH_MIB: Final = 20.0
KEY_WAIT_S: Final = 10.0
_DROPPED: Final = re.compile(r"([\d,]+) older ones dropped")
_STANDS: Final = b"G follows"
_FOLLOWS: Final = b"following"


def measure() -> Measured:
    """The bare app and the console at the lower rate in turns, then at the higher; of each round the percentiles, of
    these the medians."""
    rng = random.Random(6)
    with tempfile.TemporaryDirectory() as folder, log_server(0) as server:
        home = Path(folder)
        env = client_env(server.url, CROWD_ENV, home)
        bare: list[list[float]] = []
        steady: list[list[float]] = []
        for _ in range(ROUNDS):
            bare.append(_bare(home, rng))
            steady.append(_console(env, STEADY, FULL_S, rng)["keys_ms"])
        flood = _console(env, FLOOD, FLOOD_S, rng)
    rows = (
        *_keys(STEADY, steady, bare, judged=True),
        *_keys(FLOOD, [flood["keys_ms"]], bare, judged=False),
        *_memory(flood),
    )
    return Measured(rows, {"bare_ms": bare, "steady_ms": steady, "flood": flood})


def _bare(home: Path, rng: random.Random) -> list[float]:
    with opened(
        (PYTHON, "-m", "bench.bare", str(home / "stalls.json")), client_env("", home=home)
    ) as terminal:
        terminal.settle(0.5)
        terminal.press(ALARMS_PANE)
        return Cursor(terminal).latencies(KEYS, rng)


def _console(env: Mapping[str, str], rate: int, for_s: float, rng: random.Random) -> dict[str, Any]:
    with opened((PYTHON, "-m", "bench.flooded", CROWD_ENV, str(rate)), env) as terminal:
        terminal.wait_for("Alerts", timeout=60)
        terminal.press("l")
        seconds_to(terminal, lambda raw: b"lines/s" in raw, time.perf_counter(), 60.0)
        terminal.wait_for(lambda text: "older ones dropped" in text, timeout=60)
        began = time.perf_counter()
        memory: list[tuple[float, float]] = []
        keys: list[float] = []
        while (passed := time.perf_counter() - began) < for_s or len(keys) < KEYS:
            memory.append((passed, _resident_mib(terminal)))
            keys += _pressed(terminal, rng)
        shown = terminal.text
    dropped = _DROPPED.search(shown)
    if dropped is None:
        raise BenchError(f"what was dropped is not counted on the screen:\n{shown}")
    return {
        "keys_ms": keys,
        "memory": memory,
        "dropped": int(dropped[1].replace(",", "")),
        "lasted_s": passed,
    }


def _pressed(terminal: Terminal, rng: random.Random) -> list[float]:
    """Milliseconds of one `k` and one `G`, each at an uneven moment."""
    found = []
    for key, word in ((b"k", _STANDS), (b"G", _FOLLOWS)):
        end = time.perf_counter() + rng.uniform(0.05, 0.25)
        while (left := end - time.perf_counter()) > 0:
            terminal.read(left)
        since, began = len(terminal.raw), time.perf_counter()
        terminal.send(key)
        found.append(seconds_to(terminal, partial(_holds, word), began, KEY_WAIT_S, since=since) * 1000)
    return found


def _holds(word: bytes, raw: bytes) -> bool:
    return word in raw


def _resident_mib(terminal: Terminal) -> float:
    """Both processes of the console."""
    family = psutil.Process(terminal.process.pid)
    return sum(float(one.memory_info().rss) for one in (family, *family.children(recursive=True))) / 2**20


def _keys(
    rate: int, found: Sequence[Sequence[float]], bare: Sequence[Sequence[float]], *, judged: bool
) -> tuple[Row, ...]:
    rows = []
    for percent in (50, 99):
        ours, floor = (median(percentile(one, percent) for one in rounds) for rounds in (found, bare))
        target = KEY_TARGET if judged and percent == 99 else None
        what = f"key to paint p{percent} with {rate:,} lines/s on the screen; idle bare app"
        rows.append(Row(what, f"{ours:.0f} ms", f"{floor:.0f} ms", ours / floor, target))
    return tuple(rows)


def _memory(found: Mapping[str, Any]) -> tuple[Row, ...]:
    """By how much the second half needs more than what there was when the ring was full."""
    full = [mib for at, mib in found["memory"] if at >= FULL_S]
    half = len(full) // 2
    growth = median(full[half:]) - median(full[:half])
    return (
        Row(
            f"{FLOOD:,} lines/s for {found['lasted_s']:.0f} s: memory of both processes, later minus earlier half",
            f"{median(full[half:]):.0f} MiB, {found['dropped']:,} dropped and counted",
            f"{median(full[:half]):.0f} MiB",
            growth,
            GROWTH_MIB,
            "MiB",
        ),
    )
