"""Probes that ask one log group together ask once, and each is answered as if it had asked alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.probes.conftest import REGION, Asker, Platform
from tradai_console.aws.door import Door
from tradai_console.demo import behaviour
from tradai_console.demo.behaviour import logs
from tradai_console.models.evidence import Evidence
from tradai_console.probes.gathering import MOMENT_S, Question, joined
from tradai_console.probes.run import run_probe
from tradai_console.settings import Settings

pytestmark = pytest.mark.xdist_group("probes-gathering")

SERVICES = "/ecs/tradai/prod/services"
Asked = tuple[str, dict[str, str]]

ONE_GROUP: list[Asked] = [
    ("logs.errors", {"service": "mlflow", "minutes": "30"}),
    ("logs.errors", {"service": "mlflow", "minutes": "5"}),
    ("logs.errors", {"service": "backend-api", "minutes": "30"}),
    ("logs.search", {"text": "timeout", "minutes": "30"}),
    ("logs.search", {"text": 'with "quotes" and \\ {braces}', "minutes": "15"}),
]
TRAIL: list[Asked] = [
    ("cloudtrail.denied", {"minutes": "180"}),
    ("cloudtrail.denied", {"minutes": "30"}),
    ("iam.changes", {"minutes": "1440"}),
    ("iam.changes", {"minutes": "60"}),
]


@pytest.fixture(scope="module")
def line(platform: Platform) -> Iterator[FaultProxy]:
    """The wire to the platform, where calls are counted."""
    now = behaviour.clock().time()
    for minutes, stream, text in [
        (20, "mlflow/mlflow/1", "[t][mlflow.store][ERROR] - OperationalError: connection refused"),
        (2, "mlflow/mlflow/1", "[t][mlflow.store][ERROR] - OperationalError: connection refused"),
        (3, "backend-api/backend-api/1", "[t][backend.Jobs][ERROR] - ValueError: no such strategy"),
        (4, "data-collection/data-collection/1", "[t][data.Http][WARNING] - read timeout, retrying"),
        (1, "backend-api/backend-api/1", '[t][backend.Odd][INFO] - with "quotes" and \\ {braces} in it'),
    ]:
        logs.load(SERVICES, stream, [(int((now - minutes * 60) * 1000), text)])
    with FaultProxy.in_thread(platform.url) as line:
        yield line


async def together(line: FaultProxy, asked: list[Asked]) -> list[Evidence]:
    """What they say when they ask at once, as the probes of a section do."""
    async with Door(Settings(env="prod", region=REGION, endpoint_url=line.url, quota_share=1)) as door:
        context = Asker(door).context()
        return [*await asyncio.gather(*(run_probe(name, given, context) for name, given in asked))]


async def alone(platform: Platform, asked: list[Asked]) -> list[Evidence]:
    """What each says on a console of its own."""
    found = []
    for name, given in asked:
        async with Door(
            Settings(env="prod", region=REGION, endpoint_url=platform.url, quota_share=1)
        ) as door:
            found.append(await Asker(door)(name, **given))
    return found


@pytest.mark.parametrize("asked", [pytest.param(ONE_GROUP, id="terms"), pytest.param(TRAIL, id="conditions")])
async def test_one_call_answers_all(platform: Platform, line: FaultProxy, asked: list[Asked]) -> None:
    """One FilterLogEvents a group, and word for word what each would have found by itself."""
    line.forget_calls()
    found = await together(line, asked)
    assert line.count("logs", "FilterLogEvents") == 1
    assert found == await alone(platform, asked)


async def test_each_finds_its_own(line: FaultProxy) -> None:
    """Windows, services and texts stay apart."""
    long, short, backend, timeout, quotes = [one.line for one in await together(line, ONE_GROUP)]
    assert long.startswith("2 error lines of mlflow in 30 m")
    assert short.startswith("1 error line of mlflow in 5 m")
    assert "of backend-api in 30 m" in backend
    assert "timeout" in timeout
    assert "{braces} in it" in quotes


async def test_a_page_that_is_not_all_is_asked_for_by_each(platform: Platform, line: FaultProxy) -> None:
    """Where the joined answer goes on after its first page nobody is told less than alone."""
    logs.set_empty_pages(SERVICES, 1)
    try:
        found = await together(line, ONE_GROUP[:2])
        assert found == await alone(platform, ONE_GROUP[:2])
    finally:
        logs.set_empty_pages(SERVICES, 0)


async def test_a_group_that_is_not_there_fails_for_all(line: FaultProxy) -> None:
    """Everybody is told; nobody waits for ever."""
    line.forget_calls()
    found = await together(line, [("logs.errors", {"group": "/nope", "minutes": m}) for m in ("5", "60")])
    assert all("could not be read" in one.line for one in found)
    assert line.count("logs", "FilterLogEvents") == 1


async def test_who_goes_away_leaves_the_others_waiting_for_nothing(line: FaultProxy) -> None:
    """The first of those who ask is cancelled: the second is answered all the same."""
    async with Door(Settings(env="prod", region=REGION, endpoint_url=line.url, quota_share=1)) as door:
        context = Asker(door).context()
        name, given = ONE_GROUP[0]
        first = asyncio.create_task(run_probe(name, given, context))
        second = asyncio.create_task(run_probe(*ONE_GROUP[1], context))
        await asyncio.sleep(MOMENT_S / 2)
        first.cancel()
        assert "1 error line of mlflow" in (await second).line
        assert first.cancelled()


def test_joined_question() -> None:
    """The longest window, any of the texts once, and no prefix where they differ; conditions joined by or."""
    one = Question("g", 100, ("ERROR",), prefix="a")
    both = joined([one, Question("g", 50, ("ERROR", "x y"), prefix="b")])
    assert (both.start_ms, both.prefix, both.pattern) == (50, None, '?"ERROR" ?"x y"')
    assert joined([one, replace(one, start_ms=60)]).prefix == "a"
    condition = joined([Question("g", 1, condition="$.a = 1"), Question("g", 1, condition="$.b = 2")])
    assert condition.pattern == "{ ($.a = 1) || ($.b = 2) }"
