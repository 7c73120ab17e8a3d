"""Readings of one group's history, in turns: `python -m bench.tails ROUNDS`; or the `tail` command without its manners
towards a shared account: `python -m bench.tails --command`.

Ours and a bare paginator loop run in one process over warm clients: what differs is only what we make of the pages.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from aiobotocore.session import get_session

from bench.log_lines import GROUP
from bench.pace import lift_quotas
from bench.places import CROWD_ENV
from tradai_console.aws.door import Door
from tradai_console.clock import SystemClock
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.source import TailSource
from tradai_console.logs.tail import Tail
from tradai_console.settings import load_settings
from tradai_console.tail_command import run_tail

SINCE_S = 3_600


async def read_in_turns(rounds: int) -> dict[str, Any]:
    """Seconds of each, and how many lines each has read."""
    lift_quotas()
    settings = load_settings({"env": CROWD_ENV})
    found: dict[str, Any] = {"ours_s": [], "bare_s": [], "lines": set()}
    async with Door(settings) as door, get_session().create_client("logs") as client:
        readers = LogReaders(door, SystemClock())
        await _ours(readers)
        await _bare(client)
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            for name, read in (("ours_s", _ours(readers)), ("bare_s", _bare(client))):
                began = time.perf_counter()
                found["lines"].add(await read)
                found[name].append(time.perf_counter() - began)
        await readers.close()
    return found | {"lines": sorted(found["lines"])}


async def _ours(readers: LogReaders) -> int:
    """The tail as a view uses it: every line parsed, made safe, joined, once."""
    since = datetime.now(UTC) - timedelta(seconds=SINCE_S)
    tail = Tail(readers, [TailSource(GROUP)], since=since, follow=False, ordered=False)
    count = 0
    async with aclosing(tail.batches()) as batches:
        async for batch in batches:
            count += len(batch.rows)
    return count


async def _bare(client: Any) -> int:
    """aiobotocore's own paginator, and nothing made of the events."""
    start = int((time.time() - SINCE_S) * 1000)
    count = 0
    async for page in client.get_paginator("filter_log_events").paginate(logGroupName=GROUP, startTime=start):
        count += len(page["events"])
    return count


def _command() -> int:
    lift_quotas()
    settings = load_settings({"env": CROWD_ENV})
    return run_tail(settings, since=f"{SINCE_S}s", groups=(GROUP,))


if __name__ == "__main__":
    if sys.argv[1] == "--command":
        sys.exit(_command())
    print(json.dumps(asyncio.run(read_in_turns(int(sys.argv[1])))))
