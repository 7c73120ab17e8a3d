"""Whether the console that began a change still lives: else its change was interrupted."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from tradai_console.journal.base import Entry, Kind

ELSEWHERE: Final = timedelta(hours=1)
"""How long a console on another machine is believed to live."""


@cache
def our_process() -> str:
    """This process, told apart from any other one with its number: machine, number, start."""
    return f"{socket.gethostname()}/{os.getpid()}/{_start(os.getpid())}"


def interrupted(intent: Entry, now: datetime) -> Entry | None:
    """The entry that says so, if whoever wrote this intent is gone; None if it may still be under way."""
    if _lives(str(intent.data.get("process", "")), intent.at, now):
        return None
    return Entry(
        kind=Kind.INTERRUPTED,
        at=now,
        operator=intent.operator,
        incident=intent.incident,
        runbook=intent.runbook,
        section=intent.section,
        step=intent.step,
        text="interrupted, outcome unknown: look before doing it again",
        data={"intent": intent.id, "action": intent.data.get("action", "")},
        # One name for it, so that two consoles that start at once tell it once.
        id=f"interrupted-{intent.id}",
    )


def _lives(process: str, at: datetime, now: datetime) -> bool:
    host, _, rest = process.partition("/")
    number, _, start = rest.partition("/")
    if not number.isdecimal():
        return False
    if host != socket.gethostname():
        return now - at < ELSEWHERE
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return _start(int(number)) == start


def _start(number: int) -> str:
    """When a process started, in the kernel's ticks; empty where the system does not say."""
    try:
        told = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return told.rpartition(")")[2].split()[19]
