"""The budget's arithmetic, on a clock of the test's own."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tradai_console.aws.budget import Budget
from tradai_console.aws.quotas import quota_of
from tradai_console.errors import Throttled


class HandClock:
    """Goes on only when someone sleeps."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.at)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def budget(clock: HandClock, share: float = 0.04, region: str = "eu-central-1", wait_s: float = 5) -> Budget:
    return Budget(region, share, clock, rng=random.Random(1), longest_wait_s=wait_s)


@pytest.mark.parametrize(
    ("service", "operation", "region", "share", "rate"),
    [
        ("stepfunctions", "ListExecutions", "eu-central-1", 0.04, 0.1),
        ("stepfunctions", "ListExecutions", "us-east-1", 0.04, 0.25),
        ("logs", "FilterLogEvents", "eu-central-1", 0.04, 1.0),
        ("logs", "FilterLogEvents", "us-east-1", 1.0, 1.0),
        ("ecs", "ListTasks", "eu-central-1", 0.04, 0.8),
        ("ecs", "DescribeTasks", "eu-central-1", 0.1, 2.0),
        ("cloudwatch", "DescribeAlarms", "eu-central-1", 1.0, 9.0),
    ],
)
def test_the_share_of_each_quota(
    service: str, operation: str, region: str, share: float, rate: float
) -> None:
    """A console uses its share, at least a twentieth of the scarce ones, and one log call a second."""
    assert budget(HandClock(), share, region).rate(service, operation) == pytest.approx(rate)


async def test_over_a_long_time_the_rate_holds() -> None:
    """After the burst is used, the calls of ten minutes are the rate times ten minutes."""
    clock = HandClock()
    keeper = budget(clock, wait_s=60)
    for _ in range(100):
        await keeper.take("stepfunctions", "ListExecutions")
    burst, rate = quota_of(("stepfunctions", "ListExecutions"), "eu-central-1").room(0.04), 0.1
    assert clock.at - 1000 == pytest.approx((100 - burst) / rate, rel=0.1)
    assert clock.at - 1000 >= (100 - burst) / rate


async def test_log_calls_are_a_second_apart() -> None:
    """FilterLogEvents has no burst: never two within a second."""
    clock = HandClock()
    keeper = budget(clock)
    taken = []
    for _ in range(20):
        await keeper.take("logs", "FilterLogEvents")
        taken.append(clock.at)
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert min(gaps) >= 0.999


async def test_start_up_is_not_slowed() -> None:
    """The first reading of every pane goes through without a wait."""
    clock = HandClock()
    keeper = budget(clock)
    for service, operation, calls in [
        ("cloudwatch", "DescribeAlarms", 50),
        ("ecs", "ListTasks", 16),
        ("ecs", "DescribeTasks", 16),
        ("ecs", "DescribeServices", 4),
        ("stepfunctions", "ListExecutions", 8),
        ("rds", "DescribeDBInstances", 1),
        ("dynamodb", "Scan", 3),
    ]:
        for _ in range(calls):
            await keeper.take(service, operation)
    assert clock.slept == []


async def test_operations_of_one_bucket_share_it() -> None:
    """ListTasks uses up what DescribeTasks would need; DescribeServices has its own."""
    clock = HandClock()
    keeper = budget(clock, wait_s=0)
    for _ in range(40):
        await keeper.take("ecs", "ListTasks")
    with pytest.raises(Throttled):
        await keeper.take("ecs", "DescribeTasks")
    await keeper.take("ecs", "DescribeServices")


async def test_a_throttle_halves_the_rate_and_time_heals_it() -> None:
    """Each throttle halves, down to a sixteenth; a minute without one doubles."""
    clock = HandClock()
    keeper = budget(clock, share=1.0)
    keeper.throttled("ecs", "ListTasks")
    assert keeper.rate("ecs", "ListTasks") == pytest.approx(10)
    keeper.throttled("ecs", "DescribeTasks")
    assert keeper.rate("ecs", "ListTasks") == pytest.approx(5)
    assert keeper.rate("ecs", "ListServices") == pytest.approx(20)
    for _ in range(10):
        keeper.throttled("ecs", "ListTasks")
    assert keeper.rate("ecs", "ListTasks") == pytest.approx(20 / 16)
    clock.at += 60
    assert keeper.rate("ecs", "ListTasks") == pytest.approx(20 / 8)
    clock.at += 600
    assert keeper.rate("ecs", "ListTasks") == pytest.approx(20)


async def test_who_leaves_gives_the_place_back() -> None:
    """A caller that is cancelled while it waits does not slow the next one."""

    class NeverClock(HandClock):
        async def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            await asyncio.Event().wait()

    clock = NeverClock()
    keeper = budget(clock)
    await keeper.take("logs", "FilterLogEvents")
    for _ in range(20):
        waiting = asyncio.create_task(keeper.take("logs", "FilterLogEvents"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert all(wait_s <= 1.2 for wait_s in clock.slept)
    clock.at += 1
    await keeper.take("logs", "FilterLogEvents")


async def test_a_place_too_far_away_is_refused_at_once() -> None:
    """What would wait longer than allowed ends as throttled, and takes no place."""
    clock = HandClock()
    keeper = budget(clock, wait_s=0.5)
    await keeper.take("logs", "FilterLogEvents")
    for _ in range(5):
        with pytest.raises(Throttled, match="share"):
            await keeper.take("logs", "FilterLogEvents")
    clock.at += 1
    await keeper.take("logs", "FilterLogEvents")
    assert clock.slept == []


@pytest.mark.parametrize("group", ["tasks", "services"])
async def test_the_only_console_waits_for_nothing(group: str) -> None:
    """With the whole quota a hundred calls in a row do not wait."""
    clock = HandClock()
    keeper = budget(clock, share=1.0)
    for _ in range(100):
        await keeper.take("ecs", {"tasks": "ListTasks", "services": "DescribeServices"}[group])
    assert clock.slept == []
