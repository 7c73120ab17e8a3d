"""The socket between the interface's process and the engine's, which only the two of them hold."""

from __future__ import annotations

import contextlib
import pickle
import socket
import threading
from typing import Any


class Wire:
    """One end of the socket. `send` may be called from any thread, `receive` from one."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._file = end.makefile("rb", buffering=1 << 16)
        self._turn = threading.Lock()

    def send(self, value: Any) -> None:
        """Send it. Raises OSError if the other end is gone."""
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        with self._turn:
            self._socket.sendall(data)

    def receive(self) -> Any:
        """The next value. Raises EOFError or OSError if the other end is gone."""
        # Only the two processes hold this socket, and both are this program: what comes is what was sent.
        return pickle.load(self._file)  # noqa: S301

    def close(self) -> None:
        """Hang up; the other end is told by the end of its file."""
        with contextlib.suppress(OSError):  # the other end was quicker
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
