"""The interface's side of the engine: starts its process, hears its news, asks things of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from tradai_console.settings import Settings
from tradai_console.wire import Wire

if (
    TYPE_CHECKING
):  # what news and jobs are is imported when the first comes: the first paint does not wait for it
    from tradai_console.jobs import Job
    from tradai_console.news import News

STOPPING_S: Final = 3.0
AGAIN_S: Final = 2.0
"""An engine that died is started again after so long."""

Answered = Callable[[Any, str | None], None]


class EngineLink:
    """One engine in a process of its own. Every method may be called from the interface's thread and never waits."""

    program: tuple[str, ...] = ("tradai_console.engine_process",)
    """The module that is run, and its arguments; the number of the socket comes last."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tell: Callable[[News], None] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: Wire | None = None
        self._waiting: dict[int, Answered] = {}
        self._number = 0
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start the process. Nothing is heard of it before `listen`."""
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(  # noqa: S603  # this program itself
            [sys.executable, "-m", *self.program, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None if os.environ.get("TRADAI_CONSOLE_TRACEBACK") else subprocess.DEVNULL,
            start_new_session=True,  # no helper of it can reach the terminal, and ctrl+c does not reach it
        )
        theirs.close()
        self._wire = Wire(ours)
        self._wire.send(self._settings)

    def listen(self, tell: Callable[[News], None]) -> None:
        """Hear the news from now on; `tell` is called on a thread of the link's own."""
        self._tell = tell
        threading.Thread(target=self._hear, name="engine link", daemon=True).start()

    def stop(self) -> None:
        """End the engine; waits `STOPPING_S` at the most."""
        self._stopping.set()
        process, self._process = self._process, None
        if self._wire is not None:
            self._wire.close()
        if process is None:
            return
        try:
            process.wait(STOPPING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int | None:
        """The engine's process, while there is one."""
        return self._process.pid if self._process else None

    def ask(self, job: Job, answered: Answered) -> None:
        """Have a job done; `answered` gets its result, or one sentence, on a thread of the link's own."""
        self._number += 1
        self._waiting[self._number] = answered
        if not self._post("ask", self._number, job):
            del self._waiting[self._number]
            answered(None, "the engine is being started again: try in a moment")

    def refresh(self, source: str | None = None) -> None:
        """Read one source now, or all."""
        self._post("refresh", source)

    def pause(self, paused: bool, source: str | None = None) -> None:
        """Stop the reading of one source, or of all; or let it go on."""
        self._post("pause", paused, source)

    def attend(self, stretch: float) -> None:
        """Stretch all intervals so many times: for when nobody looks."""
        self._post("attend", stretch)

    def _post(self, *what: Any) -> bool:
        try:
            if self._wire is not None:
                self._wire.send(what)
                return True
        except OSError:
            pass  # the engine is gone; the listening thread says so and starts it again
        return False

    def _hear(self) -> None:
        while not self._stopping.is_set():
            self._hear_one()
            if self._stopping.is_set() or self._tell is None:
                return
            for answered in [*self._waiting.values()]:
                answered(
                    None,
                    "the engine has stopped in the middle of it: whether it was done, the evidence must say",
                )
            self._waiting.clear()
            from tradai_console.news import EngineFailed

            code = self._process.poll() if self._process else None
            self._tell(EngineFailed(f"the engine has stopped (exit {code}); it is being started again"))
            time.sleep(AGAIN_S)
            self.start()

    def _hear_one(self) -> None:
        """Hear one engine until it is gone."""
        from tradai_console.parcels import Unpacker

        wire, unpacker = self._wire, Unpacker()
        assert wire is not None
        assert self._tell is not None
        try:
            while True:
                received = wire.receive()
                if isinstance(received, tuple):
                    number, result, error = received
                    self._waiting.pop(number)(result, error)
                    continue
                news = unpacker.unpack(received)
                if news is not None:
                    self._tell(news)
        except (EOFError, OSError):
            return
