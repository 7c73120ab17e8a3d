"""Full readings by a child, in turns with a plain gather of the same calls: `python -m bench.readings ROUNDS`.

Both in one process and over warm clients: what differs is only what we do around the calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from aiobotocore.session import get_session
from botocore import xform_name

from bench.pace import lift_quotas
from bench.places import CROWD_ENV
from bench.recorded import READ, Call, Recorder
from tradai_console.aws.door import Door
from tradai_console.clock import SystemClock
from tradai_console.engine import Watch
from tradai_console.models.board import SOURCES
from tradai_console.platform import load_platform
from tradai_console.settings import Settings, load_settings


async def read_in_turns(rounds: int) -> dict[str, Any]:
    """Seconds of each reading and each gather; what was read; the numbers of calls of both."""
    lift_quotas()
    settings = load_settings({"env": CROWD_ENV})
    recorder = Recorder()
    async with Door(settings) as door, contextlib.AsyncExitStack() as stack:
        await recorder.listen(door)
        session = get_session()
        plain = {name: await stack.enter_async_context(session.create_client(name)) for name in READ}
        watch = await _read(door, settings)
        calls, ours, gathered = recorder.calls, [], []
        recorder.calls = []
        await _gather(plain, calls)
        # The models and clients of start-up would be looked through in each full collection, of both alike.
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            began = time.perf_counter()
            watch = await _read(door, settings)
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            await _gather(plain, calls)
            gathered.append(time.perf_counter() - began)
        return {
            "reading_s": ours,
            "gather_s": gathered,
            "calls": len(calls),
            "calls_of_each_reading": len(recorder.calls) / rounds,
            "states": {name: str(getattr(watch.board, name).state) for name in SOURCES},
            "items": {name: len(getattr(watch.board, name).items) for name in SOURCES},
        }


async def _read(door: Door, settings: Settings) -> Watch:
    """One reading by a watch that knows nothing yet, so that it asks for everything."""
    watch = Watch(door, load_platform(settings.env, settings.platform), settings, SystemClock())
    await watch.read_once()
    return watch


async def _gather(clients: dict[str, Any], calls: Sequence[Call]) -> None:
    asked = (getattr(clients[call.service], xform_name(call.operation))(**call.params) for call in calls)
    await asyncio.gather(*asked)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(read_in_turns(int(sys.argv[1])))))
