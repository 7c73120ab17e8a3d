"""What `tail` and `trail` share as parts of a pipe: when to begin, when nobody reads any more, and what is said beside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import sys
import threading
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TextIO, TypeVar

from tradai_console.errors import SettingsError
from tradai_console.text import plain

T = TypeVar("T")

GOOD, UNREAD = 0, 2
"""The exit codes; a setting that is wrong is 3, as everywhere."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN: Final = re.compile(r"(\d{1,9})\s?([smhdw])[a-z]*")
_READER_GONE_EVERY_S: Final = 0.5


def parse_since(text: str, now: datetime) -> datetime:
    """`30m`, `2h`, `1d`, or a moment in ISO 8601 (without a zone: UTC). Raises SettingsError."""
    span = _SPAN.fullmatch(text.strip().lower())
    try:
        if span is not None:
            return now - timedelta(seconds=int(span[1]) * _UNITS[span[2]])
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise SettingsError(
            f"--since {plain(text, 60)!r} is no time: give 30m, 2h, 1d, or a moment such as 2026-01-01T03:12"
        ) from None


async def until_gone(coming: AsyncGenerator[T, None], gone: asyncio.Task[None]) -> AsyncGenerator[T, None]:
    """What comes, as long as somebody reads it."""
    while True:
        following = asyncio.ensure_future(anext(coming, None))
        try:
            await asyncio.wait([following, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not following.done():
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
        if following.cancelled() or (one := following.result()) is None:
            return
        yield one


async def reader_gone(out: TextIO) -> None:
    """Returns when the other end of the pipe was closed; a quiet log would not let us notice."""
    try:
        number = out.fileno()
    except (OSError, ValueError):
        await asyncio.Event().wait()
        return
    watch = select.poll()
    watch.register(number, 0)  # errors and hang-ups are always reported
    while not any(event & select.POLLERR for _, event in watch.poll(0)):  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(_READER_GONE_EVERY_S)


async def beside(act: Callable[[], None]) -> None:
    """Do it in a thread that nobody waits for at the end: a write into a full pipe may last until its reader goes.

    Raises what it raises. Given up, it is left to itself.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if not done.done():
            done.set_result(None) if error is None else done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            act()
        except Exception as raised:  # noqa: BLE001 - it is raised where it is waited for
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, error)

    threading.Thread(target=run, name="pipe", daemon=True).start()
    await done


def put(out: TextIO, text: str) -> None:
    """Write it at once and past Python's buffer, whose lock a write that hangs would hold until the program's end."""
    try:
        number = out.fileno()
    except (OSError, ValueError):
        out.write(text)
        out.flush()
        return
    data = memoryview(text.encode(out.encoding or "utf-8", out.errors or "strict"))
    while data:
        data = data[os.write(number, data) :]


def let_go(out: TextIO) -> None:
    """The reader has gone: what Python still wants to flush at the end goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)


def say(words: str) -> None:
    """A sentence on standard error."""
    print(f"tradai-console: {words}", file=sys.stderr, flush=True)  # noqa: T201
