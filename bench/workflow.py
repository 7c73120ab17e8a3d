"""The longest execution there is: until its first screen is told, until it is read whole, and how politely.

As a child (`python -m bench.workflow ARN`) it opens the execution once and prints what it took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from statistics import median
from typing import Any, Final

from bench.figures import Measured, Row
from bench.long_history import EVENTS
from bench.places import PYTHON, BenchError, Child, client_env, run_child
from tradai_console.aws.door import Door
from tradai_console.clock import SystemClock
from tradai_console.models.board import Board
from tradai_console.models.workflow import CauseKind, Workflow
from tradai_console.platform import load_platform
from tradai_console.probes.context import ProbeContext
from tradai_console.settings import load_settings
from tradai_console.workflow.desk import Workflows

ROUNDS: Final = 3
FIRST_S: Final = 1.0
ACCOUNT_S: Final = 20.0
"""GetExecutionHistory's quota, calls a second for the whole account."""
CALLS: Final = -(-EVENTS // 1_000)
_TICK_S: Final = 0.001


def measure() -> Measured:
    """Each round a process of its own, as the engine is one. Raises BenchError if the cause was not told."""
    with Child("bench.long_history", env=client_env("")) as served:
        told = served.hear()
        if told["events"] != EVENTS:
            raise BenchError(f"the history has {told['events']} events")
        env = client_env(str(told["url"]))
        rounds = [
            json.loads(run_child([PYTHON, "-m", "bench.workflow", str(told["arn"])], env, 120))
            for _ in range(ROUNDS)
        ]
    first, whole = [one["first_s"] for one in rounds], [one["whole_s"] for one in rounds]
    calls, busiest = [one["calls"] for one in rounds], max(one["busiest_s"] for one in rounds)
    stall = median(one["stall_ms"] for one in rounds)
    name = f"{EVENTS:,} events"
    rows = (
        Row(f"{name}: first screen", f"{median(first):.2f} s", "", median(first), FIRST_S, "s"),
        Row(
            f"{name}: calls in the busiest second",
            f"read whole in {median(whole):.1f} s",
            f"{ACCOUNT_S:.0f} of an account",
            busiest,
            ACCOUNT_S / 2,
            "calls",
        ),
        Row(
            f"{name}: calls until whole", f"{max(calls)}", f"{CALLS} pages", max(calls), CALLS + 2.0, "calls"
        ),
        Row(f"{name}: longest stall of the engine", f"{stall:.0f} ms", "", stall, unit="ms"),
    )
    keys: dict[str, float] = json.loads(run_child([PYTHON, "-m", "bench.workflow_keys"], client_env(""), 120))
    return Measured((*rows, *_keys(name, keys)), {"rounds": rounds, "keys": keys})


def _keys(name: str, keys: dict[str, float]) -> tuple[Row, ...]:
    """What keys took on the screens."""
    path, history = keys["path_ms"], keys["history_ms"]
    return (
        Row(f"{name}: a line down in its path, drawn", f"{path:.0f} ms", "", path, unit="ms"),
        Row(f"{name}: a page down, drawn", f"{history:.0f} ms", "", history, unit="ms"),
    )


async def _open(arn: str) -> dict[str, Any]:
    settings = load_settings({"env": "prod"})
    sent: list[float] = []
    async with Door(settings) as door:
        client: Any = await door.client("stepfunctions")
        client.meta.events.register(
            "before-call.sfn.GetExecutionHistory", lambda **_: sent.append(time.perf_counter())
        )
        clock = SystemClock()
        context = ProbeContext(door, load_platform("prod"), Board, clock, "prod")
        newest: list[Workflow] = []
        whole = asyncio.Event()

        def hear(told: Workflow) -> None:
            newest.append(told)
            if told.progress.whole:
                whole.set()

        desk = Workflows(context, lambda: (), hear)
        stalls = asyncio.create_task(_ticks())
        began = time.perf_counter()
        opened = await desk.open(arn)
        first_s = time.perf_counter() - began
        if not isinstance(opened, Workflow) or opened.cause.kind is not CauseKind.DATA:
            raise BenchError("the first screen does not tell the cause")
        async with asyncio.timeout(90):
            await whole.wait()
        whole_s = time.perf_counter() - began
        if newest[-1].progress.read != EVENTS:
            raise BenchError(f"{newest[-1].progress.read} events were read")
        desk.close_all()
        stalls.cancel()
        longest = await stalls
    return {
        "first_s": first_s,
        "whole_s": whole_s,
        "calls": len(sent),
        "busiest_s": max(sum(0 <= other - one < 1 for other in sent) for one in sent),
        "stall_ms": longest,
    }


async def _ticks() -> float:
    """The longest time that the loop did not come round, milliseconds, until cancelled."""
    longest, last = 0.0, time.perf_counter()
    try:
        while True:
            await asyncio.sleep(_TICK_S)
            now = time.perf_counter()
            longest, last = max(longest, (now - last - _TICK_S) * 1000), now
    except asyncio.CancelledError:
        return longest


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_open(sys.argv[1]))))
