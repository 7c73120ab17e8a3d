"""Logs that are followed for a screen: opened by what they are about, handed over, shared, ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests import sample
from tests.logs.clocks import START_MS, FastClock
from tests.logs.cloud import GROUP, Cloud, Written
from tradai_console.errors import ConsoleError
from tradai_console.log_desk import LogDesk
from tradai_console.logs.readers import LogReaders
from tradai_console.models.log_feed import LogsAbout
from tradai_console.models.snapshot import State
from tradai_console.platform import load_platform

Open = Callable[..., Awaitable[LogReaders]]
HEALTH = "/aws/lambda/tradai-health-check-prod"


def desk_of(readers: LogReaders, clock: FastClock) -> LogDesk:
    from tradai_console.aws.door import Door

    assert isinstance(readers.door, Door)
    return LogDesk(readers.door, load_platform("prod"), clock, readers, lambda: sample.BOARD, tuple)


async def lines_of(desk: LogDesk, key: str, number: int) -> list[str]:
    """The first lines under that key, as they are handed over."""
    found: list[str] = []
    got = 0
    async with asyncio.timeout(20):
        while len(found) < number:
            portion = await desk.next(key, got)
            assert portion is not None
            got = portion.number
            found += [row.text for row in portion.rows]
    return found


async def test_two_screens_on_one_group_share_its_readings(open_readers: Open) -> None:
    """Both get every line; after their histories there is one reading at a time, not two."""
    clock = FastClock(20)
    async with Cloud(clock.now_ms) as cloud:
        cloud.write([Written(START_MS + n * 100, n, START_MS + n * 100) for n in range(200)])
        desk = desk_of(await open_readers(cloud, clock), clock)
        await desk.follow("a", LogsAbout("group", GROUP))
        await desk.follow("b", LogsAbout("group", GROUP))
        both = await asyncio.gather(lines_of(desk, "a", 150), lines_of(desk, "b", 150))
        await desk.close()
        starts = [one.given["startTime"] for one in cloud.made("FilterLogEvents")]
        assert both[0][:150] == both[1][:150] == [f"line {n}" for n in range(150)]
        assert len(starts) - 2 <= 2 + clock.monotonic() / 1.4


async def test_what_is_left_is_read_no_more(open_readers: Open) -> None:
    """Who waits is told that it is over, asking again is a sentence, and no request follows."""
    clock = FastClock(20)
    async with Cloud(clock.now_ms) as cloud:
        desk = desk_of(await open_readers(cloud, clock), clock)
        await desk.follow("a", LogsAbout("group", GROUP))
        got = 0
        while (portion := await desk.next("a", got)) is not None and portion.groups[
            0
        ].state is not State.LIVE:
            got = portion.number
        waiting = asyncio.create_task(desk.next("a", got + 1))
        await asyncio.sleep(0)
        desk.leave("a")
        async with asyncio.timeout(5):
            assert await waiting is None
        with pytest.raises(ConsoleError, match="not followed any more"):
            await desk.next("a", 0)
        asked = len(cloud.asked)
        await clock.sleep(20)
        assert len(cloud.asked) <= asked + 1


async def test_everything_is_every_group_that_is_there(open_readers: Open) -> None:
    """Nothing named: services, tasks and functions of the environment; a group that is refused says so in its state."""
    clock = FastClock(20)
    async with Cloud(clock.now_ms) as cloud:
        cloud.write([Written(START_MS, 1, START_MS, group=HEALTH, stream="2026/[1]ab")])
        cloud.refusal = lambda asked: (
            "AccessDeniedException" if asked.given.get("logGroupName") == HEALTH else None
        )
        desk = desk_of(await open_readers(cloud, clock), clock)
        sources = await desk.follow("a", LogsAbout())
        assert {one.group for one in sources} == {GROUP, HEALTH}
        got, states = 0, dict.fromkeys((GROUP, HEALTH), State.LOADING)
        async with asyncio.timeout(20):
            while State.LOADING in states.values():
                portion = await desk.next("a", got)
                assert portion is not None
                got = portion.number
                states = {one.group: one.state for one in portion.groups}
        await desk.close()
    assert states == {GROUP: State.LIVE, HEALTH: State.DENIED}
