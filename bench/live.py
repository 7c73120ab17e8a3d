"""From the start of the process until all six panes are live, beside the same calls made one after another.

The peers are a script with boto3 (its start included) and the `aws` command line. They make the calls that the
console was seen to make until its panes and their metrics were on screen. On bare loopback the local server, one
process, is what everybody waits for; with 40 ms added to every answer it is as from a laptop far from the region.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from botocore import xform_name

from bench.figures import Measured, Row, compared
from bench.paint import opened, seconds_to
from bench.places import CONSOLE, DEMO_ENV, PYTHON, BenchError, Line, client_env, line_to, platform, run_child
from bench.recorded import Call, record, sent_by_console, to_json

ROUNDS: Final = 5
AWS_ROUNDS: Final = 2
"""The `aws` command line takes half a minute; its rounds are the first of the others' rounds."""

LATENCY_MS: Final = 40.0
SCRIPT_TARGET: Final = 0.5
AWS_TARGET: Final = 0.2
TIMEOUT_S: Final = 60.0
AWS: Final = str(Path(PYTHON).with_name("aws"))

_ALL_LIVE: Final = b"6/6 live"
_CONNECTIONS: Final = re.compile(rb"\d+ of \d+\x1b\[0m\x1b\[[0-9;]*m connections")


def measure() -> Measured:
    """All in turns, first on bare loopback, then through the slow line."""
    with tempfile.TemporaryDirectory() as folder, platform() as url, line_to(url) as line:
        home = Path(folder)
        calls, seen = honest_calls(line, home)
        file = home / "calls.json"
        file.write_text(to_json(calls), encoding="utf-8")
        near = _rounds(client_env(url, home=home), file, calls)
        line.slow(LATENCY_MS)
        far = _rounds(client_env(line.url, home=home), file, calls)
    rows = (*_rows("loopback", near, judged=False), *_rows(f"+{LATENCY_MS:.0f} ms", far, judged=True))
    raw = {
        "calls": [call.signed for call in calls],
        "seen_on_the_line": seen,
        "loopback": near,
        "delayed": far,
    }
    return Measured(rows, raw, _notes(calls, seen, near["refused"] + far["refused"]))


def honest_calls(line: Line, home: Path) -> tuple[list[Call], list[tuple[str, str]]]:
    """The calls a peer must make, none that the console was not seen to send, and all that the line saw."""
    env = client_env(line.url, home=home)
    _start(env)  # unseen: it fills the caches of files and bytecode
    line.calls()
    _start(env)
    seen = line.calls()
    return sent_by_console(record(env, DEMO_ENV), seen), seen


def _rounds(env: Mapping[str, str], file: Path, calls: Sequence[Call]) -> dict[str, Any]:
    found: dict[str, Any] = {"live_s": [], "drawn_s": [], "script_s": [], "aws_s": [], "refused": []}
    for number in range(ROUNDS):
        live_s, drawn_s = _start(env)
        found["live_s"].append(live_s)
        found["drawn_s"].append(drawn_s)
        script_s, refused = _script(env, file)
        found["script_s"].append(script_s)
        found["refused"] += refused
        if number < AWS_ROUNDS:
            aws_s, refused = _aws(env, calls)
            found["aws_s"].append(aws_s)
            found["refused"] += refused
    return found


def _start(env: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until the screen says that all six panes are live, and until their metrics are drawn too."""
    began = time.perf_counter()
    with opened((*CONSOLE, "--env", DEMO_ENV), env) as terminal:
        live_s = seconds_to(terminal, lambda raw: _ALL_LIVE in raw, began, TIMEOUT_S)
        if _CONNECTIONS.search(terminal.raw):
            return live_s, live_s
        return live_s, seconds_to(
            terminal, lambda raw: _CONNECTIONS.search(raw) is not None, began, TIMEOUT_S
        )


def _script(env: Mapping[str, str], file: Path) -> tuple[float, list[str]]:
    began = time.perf_counter()
    said = run_child([PYTHON, "-m", "bench.sequential", str(file)], env, TIMEOUT_S)
    return time.perf_counter() - began, list(json.loads(said)["refused"])


def _aws(env: Mapping[str, str], calls: Sequence[Call]) -> tuple[float, list[str]]:
    refused = []
    commands = [aws_command(call) for call in calls]
    began = time.perf_counter()
    for command in commands:
        try:
            run_child(command, env, TIMEOUT_S)
        except BenchError as error:
            refused.append(str(error))
    return time.perf_counter() - began, refused


def aws_command(call: Call) -> list[str]:
    """The call as a person would type it: one page, as the console asked for."""
    params = json.loads(to_json([call]))[0][2]
    given = ["--cli-input-json", json.dumps(params)] if params else []
    return [AWS, call.service, xform_name(call.operation, "-"), "--no-paginate", "--output", "json", *given]


def _rows(where: str, found: Mapping[str, Sequence[float]], *, judged: bool) -> tuple[Row, ...]:
    drawn, live = found["drawn_s"], found["live_s"]
    return (
        compared(
            f"{where}: six panes live, sequential boto3",
            live,
            found["script_s"],
            SCRIPT_TARGET if judged else None,
        ),
        compared(f"{where}: metrics drawn too, sequential boto3", drawn, found["script_s"]),
        compared(
            f"{where}: six panes live, aws command line", live, found["aws_s"], AWS_TARGET if judged else None
        ),
        compared(f"{where}: metrics drawn too, aws command line", drawn, found["aws_s"]),
    )


def _notes(calls: Sequence[Call], seen: Sequence[object], refused: Sequence[str]) -> tuple[str, ...]:
    said = f"The console sent {len(seen)} calls until its metrics were drawn; each peer makes {len(calls)} of the same."
    return (
        (said, f"{len(refused)} answers to peers were errors, such as: {refused[0][:200]}")
        if refused
        else (said,)
    )
