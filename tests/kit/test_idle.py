"""The wait for an idle loop: for all that is going on, and for nothing else."""

from __future__ import annotations

import asyncio

from tests.kit.idle import SOON_S, wait_for_idle


async def test_what_is_going_on_is_waited_for() -> None:
    """A short timer, and whatever follows from it: tasks that wake each other, and another timer."""
    done: list[str] = []
    queue: asyncio.Queue[str] = asyncio.Queue()

    async def listen() -> None:
        while True:
            done.append(await queue.get())

    listening = asyncio.create_task(listen())
    loop = asyncio.get_running_loop()
    loop.call_later(SOON_S / 2, queue.put_nowait, "first")
    loop.call_later(SOON_S / 2, loop.call_later, SOON_S / 2, queue.put_nowait, "second")
    await wait_for_idle(max_sleep=30)
    assert done == ["first", "second"]
    listening.cancel()


async def test_what_is_far_away_is_not_waited_for() -> None:
    """A timer of minutes holds nothing up, nor does one that was called off."""
    loop = asyncio.get_running_loop()
    far, off = loop.call_later(300, print), loop.call_later(SOON_S / 2, print)
    off.cancel()
    async with asyncio.timeout(30):
        await wait_for_idle(max_sleep=60)
    far.cancel()
