"""Runs one command and leaves nothing of it behind. A program of its own, started by `shell`; imports no package.

    python -I -S supervisor.py PROGRAM ARGUMENT...

Every process that the command leaves to its fate becomes this one's child (Linux: it is their reaper), so that
none escapes by a session of its own. When the command ends, or standard input does (the console wants it to
end, or is gone), what is left is told to end, and killed 5 s later. Exits with the command's own code, 128 + N
for signal N, 125 if it could not be started.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from pathlib import Path

GRACE_S = 5.0
_SUBREAPER = 36
_STEP_S = 0.02


def main(command: list[str]) -> int:
    """Run it; the exit code."""
    _become_reaper()
    own = os.getpid()
    child = os.fork()
    if child == 0:
        _become(command)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(null, stream)  # the output's end is the end of the command's processes, not ours
    poll = select.poll()
    poll.register(0, select.POLLIN | select.POLLHUP)
    code: int | None = None
    while code is None:
        code = _reap(child)
        if code is None and poll.poll(_STEP_S * 1000):
            break  # nobody ever writes: readable means ended
    told = time.monotonic()
    _signal_all(own, child, signal.SIGTERM)
    while (left := _descendants(own)) or code is None:
        found = _reap(child)
        code = found if code is None else code
        if not left and code is not None:
            break
        if time.monotonic() - told > GRACE_S:
            _signal_all(own, child, signal.SIGKILL)
        time.sleep(_STEP_S)
    return code


def _become_reaper() -> None:
    """Orphans of the command become our children. Where the system has no such thing, its group must do."""
    try:
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        return


def _become(command: list[str]) -> None:
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.closerange(3, 256)
        os.execvp(command[0], command)  # noqa: S606 - this is what it is for
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(125)


def _reap(child: int) -> int | None:
    """Collect whoever has ended; the command's code if it has."""
    code: int | None = None
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if ended == 0:
            return code
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            code = 128 - code if code < 0 else code


def _signal_all(own: int, child: int, number: signal.Signals) -> None:
    """The command's group, and every process that comes from us, wherever it went."""
    left = _descendants(own)
    if not left and Path("/proc/self").exists():
        return  # the group's number may be somebody else's by now
    for kill, target in ((os.killpg, child), *((os.kill, one) for one in left)):
        try:
            kill(target, number)
        except (ProcessLookupError, PermissionError):
            continue


def _descendants(own: int) -> list[int]:
    """Every living process below this one, from /proc; none where there is no /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state != "Z":
            parents[int(entry.parent.name)] = int(parent)
    found: list[int] = []
    level = [own]
    while level:
        level = [one for one, parent in parents.items() if parent in level]
        found += level
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
