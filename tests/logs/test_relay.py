"""The rows on their way to the interface: in order, each once, bounded, and what is let go is counted."""

from __future__ import annotations

import asyncio
import pickle

from tradai_console.logs.relay import Relay
from tradai_console.models.log import LogLine
from tradai_console.models.log_feed import PORTION, GroupReading, LogPortion
from tradai_console.models.snapshot import State


def line(number: int, text: str = "x") -> LogLine:
    return LogLine(f"e{number}", number, number, "/g", "s/1", "s", "INFO", None, text, text)


async def taken(relay: Relay, got: int) -> LogPortion:
    async with asyncio.timeout(5):
        portion = await relay.next(got)
    assert portion is not None
    return portion


async def test_rows_come_in_order_and_in_portions() -> None:
    """More rows than fit one portion come in several, none twice, none missing."""
    relay = Relay()
    rows = [line(number) for number in range(PORTION * 2 + 7)]
    relay.put(rows)
    seen: list[object] = []
    for got in range(3):
        seen += (await taken(relay, got)).rows
    assert seen == rows


async def test_an_answer_that_found_nobody_is_given_again() -> None:
    """The last portion is kept until the one after it is asked for."""
    relay = Relay()
    relay.put([line(1)])
    first = await taken(relay, 0)
    relay.put([line(2)])
    assert await taken(relay, 0) == first
    assert (await taken(relay, 1)).rows == (line(2),)


async def test_nobody_who_takes_means_a_bound_and_a_count() -> None:
    """A flood that nobody takes leaves the newest rows, and says how many were let go."""
    relay = Relay(most=100)
    relay.put(line(number) for number in range(1_000))
    portion = await taken(relay, 0)
    assert [row.time_ms for row in portion.rows] == [*range(900, 1_000)]
    assert portion.passed_over == 900


async def test_long_lines_make_small_portions() -> None:
    """A portion is bounded in bytes, too."""
    relay = Relay()
    relay.put(line(number, "x" * 16_000) for number in range(100))
    assert len((await taken(relay, 0)).rows) < 20


async def test_who_waits_hears_of_rows_of_states_and_of_the_end() -> None:
    """Without rows the answer waits; a group's new state brings one without rows, the end brings None."""
    state = [GroupReading("/g", State.LOADING)]
    relay = Relay(lambda: tuple(state))
    assert (await taken(relay, 0)).groups == (GroupReading("/g", State.LOADING),)
    waiting = asyncio.create_task(relay.next(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    state[0] = GroupReading("/g", State.DENIED, "grant it")
    relay.say()
    async with asyncio.timeout(5):
        portion = await waiting
    assert portion is not None
    assert (portion.rows, portion.groups) == ((), (GroupReading("/g", State.DENIED, "grant it"),))
    waiting = asyncio.create_task(relay.next(2))
    relay.close()
    async with asyncio.timeout(5):
        assert await waiting is None


def test_lines_survive_the_way_between_the_processes() -> None:
    """What is sent is what arrives, every field of it."""
    sent = LogLine("e1", 1, None, "/g", "s/1", "s", None, "a.B", "said", "all", late=True, part_of="e0")
    assert pickle.loads(pickle.dumps(sent, pickle.HIGHEST_PROTOCOL)) == sent
