"""The end of the terminal: a lost ssh session, a closed window, a tmux that was killed."""

from __future__ import annotations

import contextlib
import select
import signal
import sys
import threading
from collections.abc import Callable


def heed_hangup(gone: Callable[[], None]) -> None:
    """Call this when the terminal is gone: without it the console would spin on a dead descriptor, and never end.

    The signal comes to the leader of the session alone: where that is another program which does not end by it (`make`
    waits for its child), nobody tells the console. So the descriptor is watched as well, by a thread that sleeps in the
    kernel, for the interface may itself be waiting to write to what is gone. `gone` is called on either.
    """
    with contextlib.suppress(ValueError):  # not the main thread: a test runs the app
        signal.signal(signal.SIGHUP, lambda _signal, _frame: gone())
    if sys.stdin is not None and sys.stdin.isatty():
        threading.Thread(target=_watch, args=(sys.stdin.fileno(), gone), daemon=True, name="terminal").start()


def _watch(terminal: int, gone: Callable[[], None]) -> None:
    poll = select.poll()
    poll.register(terminal, 0)  # nothing but its end
    if any(event & select.POLLHUP for _, event in poll.poll()):
        gone()
