"""The engine's process with a log that floods: `python -m bench.flooding_engine LINES_A_SECOND FD`.

What a screen follows is not read from AWS, whose quota does not give so many lines, but made here, a portion every
fiftieth of a second: parsed, made safe and handed over as lines that were read.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from bench.log_lines import GROUP, line_of
from tradai_console import engine_process
from tradai_console.log_desk import LogDesk, _Open
from tradai_console.logs.event import Event
from tradai_console.logs.joiner import Joiner
from tradai_console.logs.lines import read_line
from tradai_console.logs.relay import Relay
from tradai_console.logs.source import TailSource
from tradai_console.models.log_feed import GroupReading
from tradai_console.models.snapshot import State

TICK_S: Final = 0.02
SERVICES: Final = ("backend-api", "strategy-service", "data-collection", "mlflow")


class FloodingDesk(LogDesk):
    """Whatever is followed floods."""

    rate = 0

    async def existing(self) -> tuple[str, ...]:
        return (GROUP,)

    def read(self, key: str, sources: Iterable[TailSource], since: timedelta) -> None:
        del sources, since
        self.leave(key)
        relay = Relay(lambda: (GroupReading(GROUP, State.LIVE),))
        self._open[key] = _Open(relay, asyncio.create_task(self._flood(relay), name="flood"))

    async def _flood(self, relay: Relay) -> None:
        joiner, began, number = Joiner(), time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * self.rate)
            relay.put([joiner.join(_line(one)) for one in range(number, due)])
            number = due
            await asyncio.sleep(TICK_S)


def _line(number: int) -> Any:
    service = SERVICES[number % len(SERVICES)]
    at_ms = int(time.time() * 1000)
    stream = f"{service}/{service}/0123456789abcdef"
    return read_line(Event(f"{number:056d}", GROUP, stream, at_ms, at_ms, line_of(number)), service)


def main() -> int:
    """Serve as the engine does, with the flood in place of the logs."""
    rate, fd = sys.argv[1:]
    FloodingDesk.rate = int(rate)
    from tradai_console import desk

    setattr(desk, "LogDesk", FloodingDesk)  # noqa: B010  # a name that it imports, not its own
    return engine_process.main(int(fd))


if __name__ == "__main__":
    sys.exit(main())
