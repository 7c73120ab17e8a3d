"""The poller: one reading at a time, at a pace that fits what AWS said, and never the end of anything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests.sources.conftest import HandClock
from tradai_console.errors import AwsError, Denied, Expired, Throttled, Unavailable, Unreachable
from tradai_console.feed import (
    CALM_AFTER,
    DENIED_WIDEST_S,
    UNREACHABLE_RETRY_S,
    WIDEST_S,
    Feed,
    Poller,
)
from tradai_console.models.snapshot import SLOW_AFTER_S, Snapshot, State
from tradai_console.sources.reading import Reading


class StandingClock(HandClock):
    """Time that passes only when the test moves it; whoever sleeps wakes when it has come."""

    async def sleep(self, seconds: float) -> None:
        ends = self.ticks + seconds
        while self.ticks < ends:  # noqa: ASYNC110
            await asyncio.sleep(0)


@dataclass
class Scripted:
    """A source that does at each reading what stands next in its script; the last for ever."""

    script: list[object]
    asked: int = 0
    open: int = 0
    most_open: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> Reading[str]:
        self.asked += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            step = self.script[min(self.asked, len(self.script)) - 1]
            if step == "wait":
                await self.gate.wait()
                return Reading(("waited",))
            if isinstance(step, BaseException):
                raise step
            if callable(step):
                step()
                return Reading(("called",))
            return step if isinstance(step, Reading) else Reading((str(step),))
        finally:
            self.open -= 1


def poller_of(
    *script: object, interval_s: float = 30, clock: StandingClock | None = None
) -> tuple[Poller[str], Scripted, StandingClock, list[Snapshot[str]]]:
    source, clock, told = Scripted(list(script)), clock or StandingClock(), []

    def publish(_name: str, snapshot: Snapshot[str]) -> None:
        told.append(snapshot)

    poller = Poller(
        "trading", source, interval_s=interval_s, publish=publish, clock=clock, jitter=lambda: 1.0
    )
    return poller, source, clock, told


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def running(poller: Poller[str]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(poller.run())
    await settle()
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


WORDS = [
    pytest.param(Denied("ecs:ListTasks"), State.DENIED, id="denied"),
    pytest.param(Throttled("slow down"), State.THROTTLED, id="throttled"),
    pytest.param(Expired("log in"), State.EXPIRED, id="expired"),
    pytest.param(Unreachable("no way"), State.UNREACHABLE, id="unreachable"),
    pytest.param(Unavailable("500"), State.UNAVAILABLE, id="unavailable"),
    pytest.param(ValueError("a defect of ours"), State.UNAVAILABLE, id="a defect"),
    pytest.param(asyncio.CancelledError(), State.UNREACHABLE, id="what was waited for was cancelled"),
]


@pytest.mark.parametrize(("error", "word"), WORDS)
async def test_a_failure_is_an_answer_and_keeps_the_items(error: BaseException, word: State) -> None:
    """The last good items stay with their age; the word and the reason are the newest reading's."""
    poller, _, clock, told = poller_of("good", error, "good again")
    await poller.poll_once()
    taken = told[-1].taken_monotonic
    clock.move(30)
    await poller.poll_once()
    assert told[-1].state is word
    assert told[-1].items == ("good",)
    assert told[-1].taken_monotonic == taken
    assert told[-1].error
    await poller.poll_once()
    last = told[-1]
    assert (last.state, last.items) == (State.LIVE, ("good again",))
    assert last.error is None


async def test_a_cancelled_poller_ends() -> None:
    """Ending the poller itself is no failed reading."""
    poller, *_, told = poller_of("wait")
    async with running(poller) as task:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert told == []


async def test_notes_of_a_good_reading_are_told() -> None:
    """What failed beside a good reading is said, and makes no state worse."""
    poller, *_, told = poller_of(Reading(("x",), ("metric: gone", "group: denied")))
    await poller.poll_once()
    assert told[-1].error == "metric: gone; group: denied"
    assert told[-1].state is State.LIVE


async def test_a_late_answer_is_slow() -> None:
    """A reading that took long is good, and says so."""
    clock = StandingClock()
    poller, *_, told = poller_of(lambda: clock.move(SLOW_AFTER_S + 1), clock=clock)
    await poller.poll_once()
    assert told[-1].state is State.SLOW


async def test_throttling_doubles_the_interval_up_to_five_minutes_and_calms_down() -> None:
    """Each throttled reading doubles it; three good ones in a row bring the own pace back."""
    poller, *_ = poller_of(*[Throttled("no")] * 6, "good")
    paces = []
    for _ in range(6):
        await poller.poll_once()
        paces.append(poller.interval_s)
    assert paces == [60, 120, 240, WIDEST_S, WIDEST_S, WIDEST_S]
    calm = []
    for _ in range(CALM_AFTER):
        await poller.poll_once()
        calm.append(poller.interval_s)
    assert calm == [WIDEST_S, WIDEST_S, 30]


async def test_an_interval_beyond_five_minutes_is_never_shortened() -> None:
    """Widening has nothing to add to it, and takes nothing away."""
    poller, *_ = poller_of(Throttled("no"), interval_s=900)
    await poller.poll_once()
    assert poller.interval_s == 900


async def test_what_is_denied_is_asked_for_seldom() -> None:
    """A permission that stays refused: doubled each time, up to ten minutes, in whatever long a night."""
    poller, *_ = poller_of(Denied("ecs:ListTasks"))
    paces = []
    for _ in range(1_100):
        await poller.poll_once()
        paces.append(poller.interval_s)
    assert paces[:5] == [60, 120, 240, 480, DENIED_WIDEST_S]
    assert set(paces[5:]) == {DENIED_WIDEST_S}


async def test_other_failures_do_not_slow_a_denial() -> None:
    """After hours without a network the first denial waits as long as any first denial."""
    poller, *_ = poller_of(*[Unreachable("no")] * 1_100, Denied("ecs:ListTasks"))
    for _ in range(1_101):
        await poller.poll_once()
    assert poller.interval_s == 60


@pytest.mark.parametrize("error", [Unreachable("no way"), Unavailable("500")])
async def test_what_is_not_there_is_tried_again_soon(error: AwsError) -> None:
    """No later than after eight seconds, however long the interval, and no sooner than the interval."""
    poller, *_ = poller_of(error)
    await poller.poll_once()
    assert poller.interval_s == UNREACHABLE_RETRY_S == 8
    quick, *_ = poller_of(error, interval_s=2)
    await quick.poll_once()
    assert quick.interval_s == 2


async def test_unreachable_after_throttling_is_tried_soon() -> None:
    """A line that broke while AWS was throttling is not waited for five minutes."""
    poller, *_ = poller_of(*[Throttled("no")] * 5, Unreachable("gone"))
    for _ in range(6):
        await poller.poll_once()
    assert poller.interval_s == UNREACHABLE_RETRY_S


async def test_readings_follow_each_other_by_the_interval() -> None:
    """The next reading starts an interval after the last has ended, and the pane knows when."""
    poller, source, clock, told = poller_of("good")
    async with running(poller):
        assert source.asked == 1
        assert told[-1].next_monotonic == clock.ticks + 30
        clock.move(29)
        await settle()
        assert source.asked == 1
        clock.move(1)
        await settle()
        assert source.asked == 2


async def test_one_reading_at_a_time() -> None:
    """Asking for a reading while one is under way never makes two; it makes one more, afterwards."""
    poller, source, _, _ = poller_of("wait", "second")
    async with running(poller):
        for _ in range(5):
            poller.refresh()
        await settle()
        assert (source.asked, source.open) == (1, 1)
        source.gate.set()
        await settle()
        assert source.asked == 2
    assert source.most_open == 1


async def test_refresh_reads_at_once() -> None:
    """The key reads now, whatever the interval."""
    poller, source, _, told = poller_of("one", "two", interval_s=3_600)
    async with running(poller):
        poller.refresh()
        await settle()
        assert source.asked == 2
        assert told[-1].items == ("two",)


async def test_a_paused_source_rests_and_says_so() -> None:
    """Paused: nothing is asked, what is shown stays and grows stale; going on reads at once."""
    poller, source, clock, told = poller_of("one", "two")
    async with running(poller):
        poller.pause(True)
        assert told[-1].paused
        assert told[-1].next_monotonic is None
        clock.move(300)
        await settle()
        assert source.asked == 1
        assert told[-1].items == ("one",)
        assert told[-1].state_at(clock.ticks) is State.STALE
        poller.pause(False)
        await settle()
        assert source.asked == 2
        assert not told[-1].paused


async def test_when_nobody_looks_everything_slows_down_and_coming_back_reads_at_once() -> None:
    """The stretched pace is the promised one: a pane that keeps it is not stale."""
    poller, source, clock, told = poller_of("good")
    feed = Feed({"trading": poller})
    async with running(poller):
        feed.attend(4)
        clock.move(30)
        await settle()
        assert poller.interval_s == 120
        clock.move(100)
        await settle()
        assert told[-1].interval_s == 120
        assert told[-1].state_at(clock.ticks) is State.LIVE
        asked = source.asked
        feed.attend(1)
        await settle()
        assert source.asked == asked + 1


@pytest.mark.parametrize(
    ("age_s", "word"),
    [
        pytest.param(0, State.LIVE, id="fresh"),
        pytest.param(59, State.LIVE, id="under two intervals"),
        pytest.param(61, State.STALE, id="over two intervals"),
    ],
)
async def test_a_good_reading_turns_stale_after_two_intervals(age_s: float, word: State) -> None:
    """Whatever else happens: without a newer reading nothing stays live."""
    poller, _, clock, told = poller_of("good")
    await poller.poll_once()
    clock.move(age_s)
    assert told[-1].state_at(clock.ticks) is word


async def test_a_reading_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole reading has a deadline, beyond those of its calls."""
    monkeypatch.setattr("tradai_console.feed.READING_S", 0.05)
    poller, *_, told = poller_of("wait")
    await poller.poll_once()
    assert told[-1].state is State.UNREACHABLE


async def test_the_feed_steers_one_or_all() -> None:
    """A name steers that source, no name steers them all."""
    alarms, alarm_source, *_ = poller_of("good", interval_s=3_600)
    nat, nat_source, *_ = poller_of("good", interval_s=3_600)
    feed = Feed({"alarms": alarms, "nat": nat})
    async with running(alarms), running(nat):
        steer: Callable[[], Awaitable[None]] = settle
        feed.refresh("nat")
        await steer()
        assert (alarm_source.asked, nat_source.asked) == (1, 2)
        feed.refresh()
        await steer()
        assert (alarm_source.asked, nat_source.asked) == (2, 3)
        feed.pause(True, "alarms")
        assert (alarms.snapshot.paused, nat.snapshot.paused) == (True, False)
        feed.pause(True)
        assert nat.snapshot.paused
