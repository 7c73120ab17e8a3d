r"""A program in a pseudo-terminal: keys go in, bytes come out, and a screen shows what a person would see.

    with Terminal(["tradai-console", "--demo"], columns=120, rows=40) as terminal:
        terminal.wait_for("alarms")
        terminal.press("2", "<down>", "<enter>")
        terminal.resize(80, 24)
        assert b"\x9b" not in terminal.raw

It answers no query of the program, unless `answers` says how.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyte

KEYS: Final = {
    "<enter>": "\r",
    "<escape>": "\x1b",
    "<tab>": "\t",
    "<shift+tab>": "\x1b[Z",
    "<backspace>": "\x7f",
    "<space>": " ",
    "<up>": "\x1b[A",
    "<down>": "\x1b[B",
    "<right>": "\x1b[C",
    "<left>": "\x1b[D",
    "<home>": "\x1b[H",
    "<end>": "\x1b[F",
    "<pageup>": "\x1b[5~",
    "<pagedown>": "\x1b[6~",
    "<ctrl+c>": "\x03",
    "<ctrl+q>": "\x11",
    "<f1>": "\x1bOP",
}
"""Names of the keys that have no character of their own."""

_SIZE: Final = ("COLUMNS", "LINES")
"""Variables that a program may believe more than its terminal; they speak of the terminal of the test run."""

QUIET_S: Final = 0.05
KILL_AFTER_S: Final = 2.0


class Terminal:
    """One program, its process group, and the terminal that it runs in."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        answers: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self.raw: Final = bytearray()
        """Every byte the program has written."""
        self.sent: list[bytes] = []
        """What was answered to queries of the program, in order."""
        self._answers = dict(answers or {})
        self._looked_at = 0
        self._drawn = 0
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, side = pty.openpty()
        self._set_size(columns, rows)
        outer = {name: value for name, value in os.environ.items() if name not in _SIZE}
        whole_env = {**outer, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        try:
            self.process = subprocess.Popen(
                list(command),
                stdin=side,
                stdout=side,
                stderr=side,
                env=whole_env,
                cwd=cwd,
                start_new_session=True,
                preexec_fn=_take_terminal,
            )
        finally:
            os.close(side)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def text(self) -> str:
        """What is on the screen, a line a row, without the spaces at line ends."""
        self._draw()
        return "\n".join(row.rstrip() for row in self._screen.display)

    def row(self, number: int) -> str:
        """One row of the screen, the first being 0."""
        self._draw()
        return str(self._screen.display[number]).rstrip()

    def press(self, *keys: str) -> None:
        """Type texts, and keys by their names in angle brackets."""
        for key in keys:
            self.send(KEYS.get(key, key).encode())

    def send(self, data: bytes) -> None:
        """Bytes to the program, as a terminal would send them."""
        while data:
            data = data[os.write(self._master, data) :]
            self.read()

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window; the program is told."""
        self._draw()
        self._screen.resize(rows, columns)
        self._set_size(columns, rows)

    def wait_for(self, wanted: str | Callable[[str], bool], timeout: float = 10.0) -> str:
        """The screen's text once `wanted` is in it or true of it. Raises AssertionError with the screen."""
        end = time.monotonic() + timeout
        while True:
            shown = self.text
            if wanted in shown if isinstance(wanted, str) else wanted(shown):
                return shown
            if time.monotonic() > end or (self.process.poll() is not None and not self.read(QUIET_S)):
                state = f"exit {self.process.poll()}" if self.process.poll() is not None else "running"
                raise AssertionError(f"waited {timeout} s for {wanted!r} ({state}); the screen:\n{shown}")
            self.read(QUIET_S)

    def wait_for_bytes(self, wanted: bytes, since: int = 0, timeout: float = 10.0) -> int:
        """Where `wanted` ends in `raw`, looked for from `since` on. Raises AssertionError if not."""
        end = time.monotonic() + timeout
        while (at := self.raw.find(wanted, since)) < 0:
            assert time.monotonic() < end, (
                f"waited {timeout} s for {wanted!r}; the last: {bytes(self.raw[-300:])!r}"
            )
            self.read(QUIET_S)
        return at + len(wanted)

    def settle(self, quiet_s: float = 0.15, timeout: float = 10.0) -> None:
        """Read until the program has been silent for `quiet_s`."""
        end = time.monotonic() + timeout
        while self.read(quiet_s) and time.monotonic() < end:
            pass

    def read(self, wait_s: float = 0.0) -> bool:
        """Take what the program has written, waiting for it at most `wait_s`. True where there was any."""
        got = False
        while select.select([self._master], [], [], 0.0 if got else wait_s)[0]:
            try:
                data = os.read(self._master, 65_536)
            except OSError:
                return got
            if not data:
                return got
            got = True
            self.raw.extend(data)
        self._answer_queries()
        return got

    def wait_for_exit(self, timeout: float = 10.0) -> int:
        """The exit code of the program. Raises AssertionError if it is still running after `timeout`."""
        end = time.monotonic() + timeout
        while self.process.poll() is None:
            assert time.monotonic() < end, f"still running after {timeout} s; the screen:\n{self.text}"
            self.read(QUIET_S)
        self.read()
        return int(self.process.returncode)

    def hang_up(self) -> None:
        """Close the terminal under the program, as a lost ssh session does."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def close(self) -> None:
        """End the program and its whole group: asked first, then killed. May be called twice."""
        for name in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, name)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._drain_until_ended(KILL_AFTER_S)
        self.hang_up()

    def _draw(self) -> None:
        """Bring the screen up to the bytes: only when it is looked at, for that is the slow part."""
        self.read()
        if self._drawn < len(self.raw):
            self._stream.feed(bytes(self.raw[self._drawn :]))
            self._drawn = len(self.raw)

    def _drain_until_ended(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end:
            if self._master >= 0:
                self.read(QUIET_S)
            else:
                self.process.wait(timeout)

    def _answer_queries(self) -> None:
        for query, answer in self._answers.items():
            for _ in range(self.raw.count(query, self._looked_at)):
                self.sent.append(answer)
                os.write(self._master, answer)
        self._looked_at = len(self.raw)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _take_terminal() -> None:
    """In the child: standard input becomes the terminal of its session, so that signals and /dev/tty work."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
