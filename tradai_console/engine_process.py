"""The engine's process: `python -m tradai_console.engine_process FD`, started by `engine_link` and by nothing else.

All that talks to AWS, writes to disk or parses answers lives here, so that none of it can hold up a key. It ends when
its socket does.
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from tradai_console.engine import Engine
from tradai_console.errors import ConsoleError
from tradai_console.jobs import Job
from tradai_console.news import News
from tradai_console.parcels import Packer
from tradai_console.platform import load_platform
from tradai_console.quiet import QuietCollector
from tradai_console.wire import Wire

GIVES_WAY: Final = 5
"""Where there is not processor enough for both, a key comes before a reading."""


def main(fd: int) -> int:
    """Serve one interface until it is gone."""
    os.nice(GIVES_WAY)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is the interface's business
    wire = Wire(socket.socket(fileno=fd))
    settings = wire.receive()
    platform = load_platform(settings.env, settings.platform)
    told: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
    packer = Packer()

    def tell(news: News) -> None:
        """Called on the engine's loop: hands over and returns, however busy the interface is."""
        told.put(lambda: _send_news(wire, packer, news))

    threading.Thread(target=_send, args=(told,), name="wire", daemon=True).start()
    engine = Engine(settings, platform, tell)
    engine.start()
    QuietCollector().begin()
    try:
        while True:
            _do(engine, wire, told, *wire.receive())
    except (EOFError, OSError):
        pass  # the interface is gone
    engine.stop()
    return 0


def _do(
    engine: Engine, wire: Wire, told: queue.SimpleQueue[Callable[[], None] | None], kind: str, *given: Any
) -> None:
    if kind == "ask":
        number, job = given
        asked = engine.carry(job)
        asked.add_done_callback(lambda done: told.put(lambda: wire.send((number, *_outcome(job, done)))))
    elif kind == "refresh":
        engine.refresh(*given)
    elif kind == "pause":
        engine.pause(*given)
    elif kind == "attend":
        engine.attend(*given)


def _outcome(job: Job, done: Future[Any]) -> tuple[Any, str | None]:
    if done.cancelled():
        return None, "it was given up"
    error = done.exception()
    if error is None:
        return done.result(), None
    if isinstance(error, ConsoleError):
        return None, str(error)
    return None, f"{type(job).__name__} failed ({type(error).__name__}): this is a defect of the console"


def _send_news(wire: Wire, packer: Packer, news: News) -> None:
    for part in packer.pack(news):
        wire.send(part)


def _send(told: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    try:
        while (send := told.get()) is not None:
            send()
    except OSError:
        return  # the interface is gone: the reading side ends the process


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
