"""How fast the past of a log is read, beside a bare paginator loop and beside the `aws` command line's own log command.

And how long a line that has just been written takes to stand on the screen of a console that follows its group.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.figures import Measured, Row, compared, percentile
from bench.live import AWS
from bench.log_lines import GROUP
from bench.paint import opened, seconds_to
from bench.places import (
    CONSOLE,
    CROWD_ENV,
    PYTHON,
    ROOT,
    BenchError,
    LogServer,
    client_env,
    log_server,
    run_child,
)
from bench.tails import SINCE_S
from tradai_console.logs.cursor import POLL_S

LINES: Final = 100_000
ROUNDS: Final = 5
COMMAND_ROUNDS: Final = 2
BARE_TARGET: Final = 1 / 0.7
PUTS: Final = 20
SCREEN_S: Final = 0.1
"""What the way from the reading to the screen may add to one poll."""
TIMEOUT_S: Final = 180.0


def measure() -> Measured:
    """History in turns, then the commands in turns, then lines written while the console looks."""
    with tempfile.TemporaryDirectory() as home, log_server(LINES) as server:
        env = client_env(server.url, CROWD_ENV, Path(home))
        turns = json.loads(run_child([PYTHON, "-m", "bench.tails", str(ROUNDS)], env, TIMEOUT_S))
        if turns["lines"] != [LINES]:
            raise BenchError(f"not every reading found every line: {turns['lines']}")
        commands = _commands(env)
    with tempfile.TemporaryDirectory() as home, log_server(1_000) as server:
        delays = _put_to_painted(server, client_env(server.url, CROWD_ENV, Path(home)))
    return Measured(_rows(turns, commands, delays), {**turns, **commands, "put_to_painted_s": delays})


def _rows(turns: Mapping[str, Any], commands: Mapping[str, Any], delays: list[float]) -> tuple[Row, ...]:
    rate = [LINES / seconds for seconds in turns["ours_s"]]
    bare = [LINES / seconds for seconds in turns["bare_s"]]
    history = compared(
        f"history of {LINES:,} lines, lines a second: bare paginator, the tail",
        bare,
        rate,
        BARE_TARGET,
        unit="/s",
    )
    half = percentile(delays, 50)
    return (
        history,
        compared(
            "the same as a command: tail, aws logs filter-log-events",
            commands["tail_s"],
            commands["aws_s"],
            1.0,
        ),
        Row(
            "following: line written to line painted, p50",
            f"p50 {half:.2f} s, p90 {percentile(delays, 90):.2f} s",
            f"one poll {POLL_S} s",
            half,
            POLL_S + SCREEN_S,
            "s",
        ),
    )


def _commands(env: Mapping[str, str]) -> dict[str, list[float]]:
    """Each as a person would type it, its output thrown away."""
    start = str(int((time.time() - SINCE_S) * 1000))
    typed = {
        "tail_s": [PYTHON, "-m", "bench.tails", "--command"],
        # The line's time and text, as `aws logs tail` prints them, which only the second version of the program has.
        "aws_s": [
            AWS,
            "logs",
            "filter-log-events",
            "--log-group-name",
            GROUP,
            "--start-time",
            start,
            "--query",
            "events[].[timestamp,message]",
            "--output",
            "text",
        ],
    }
    found: dict[str, list[float]] = {name: [] for name in typed}
    for _ in range(COMMAND_ROUNDS):
        for name, command in typed.items():
            began = time.perf_counter()
            lines = _lines_said(command, env)
            found[name].append(time.perf_counter() - began)
            if lines != LINES:
                raise BenchError(f"{command[0]} printed {lines:,} lines of {LINES:,}")
    return found


def _lines_said(command: list[str], env: Mapping[str, str]) -> int:
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, timeout=TIMEOUT_S, check=True)
    return done.stdout.count(b"\n")


def _put_to_painted(server: LogServer, env: Mapping[str, str]) -> list[float]:
    """Seconds from when a line stands in the group until it stands on the screen."""
    rng = random.Random(2)
    found = []
    with opened((*CONSOLE, "--env", CROWD_ENV), env) as terminal:
        terminal.wait_for("Alerts", timeout=60)
        terminal.press("l")
        terminal.wait_for(lambda text: re.search(r"● \S*services", text) is not None, timeout=60)
        for number in range(PUTS):
            end = time.perf_counter() + rng.uniform(0.5, 2.5)
            while (left := end - time.perf_counter()) > 0:
                terminal.read(left)
            mark, since = f"mark-{number:03}-{rng.randrange(10**6):06}".encode(), len(terminal.raw)
            server.write(f"[2026-01-01 03:12:07,123][bench.Mark][INFO] - {mark.decode()}")
            began = time.perf_counter()
            found.append(seconds_to(terminal, partial(_holds, mark), began, 60.0, since=since))
    return found


def _holds(mark: bytes, raw: bytes) -> bool:
    return mark in raw
