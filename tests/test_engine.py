"""The engine: its thread starts and ends, does what it is given, and tells its news in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import never
from tests.watching import FAST, settings_for, until, watching
from tradai_console.aws.door import Door
from tradai_console.engine import Engine, Watch
from tradai_console.errors import ConsoleError
from tradai_console.models.board import FIGURES, SOURCES
from tradai_console.models.snapshot import State
from tradai_console.news import EngineFailed, IdentityKnown, MeterRead, News, SnapshotTaken
from tradai_console.platform import load_platform
from tradai_console.settings import Settings


@contextmanager
def started(settings: Settings) -> Iterator[tuple[Engine, list[News]]]:
    """A running engine and its news so far."""
    news: list[News] = []
    engine = Engine(settings, load_platform(settings.env), news.append)
    engine.start()
    try:
        yield engine, news
    finally:
        engine.stop()


def taken(news: list[News], source: str) -> list[SnapshotTaken]:
    return [one for one in news if isinstance(one, SnapshotTaken) and one.source == source]


def live(news: list[News]) -> bool:
    """Whether the newest of every source is good."""
    newest = {name: taken(news, name)[-1:] for name in (*SOURCES, FIGURES)}
    return all(found and found[0].snapshot.state.trusted for found in newest.values())


def test_every_source_who_we_are_and_the_meter_are_told(line: FaultProxy) -> None:
    """Soon after the start there is news of everything, each source's with its own time, in order."""
    with started(settings_for(line.url, intervals=FAST)) as (_, news):
        until(lambda: live(news), 15)
        until(lambda: any(isinstance(one, MeterRead) for one in news), 5)
        until(lambda: len({one.snapshot.taken_monotonic for one in taken(news, "alarms")}) > 2, 10)
        identities = [one.identity for one in news if isinstance(one, IdentityKnown)]
        assert [one.account for one in identities] == ["123456789012"]
        times = [one.snapshot.taken_monotonic or 0.0 for one in taken(news, "alarms")]
        assert times == sorted(times)
        assert not any(isinstance(one, EngineFailed) for one in news)


def test_the_metrics_are_those_of_what_was_found(line: FaultProxy) -> None:
    """The database's connections are asked for when it is known, not an interval later."""

    def connections_known() -> bool:
        newest = taken(news, FIGURES)[-1:]
        return any(
            series.metric.name == "DatabaseConnections" and series.latest is not None
            for one in newest
            for series in one.snapshot.items
        )

    settings = settings_for(line.url)
    with started(settings) as (_, news):
        until(connections_known, 15)
    assert settings.intervals.figures > 15


def test_stop_ends_the_thread(line: FaultProxy) -> None:
    """Ending takes no longer than two seconds, also while a service holds every call."""
    before = threading.active_count()
    with started(settings_for(line.url)) as (engine, _), line.fault(never()):
        time.sleep(0.3)
        began = time.monotonic()
        engine.stop()
        assert time.monotonic() - began < 6  # beside other tests; the call itself would hold it for ten
    until(lambda: threading.active_count() <= before, 5, threading.enumerate)


def test_stop_twice_and_stop_unstarted_are_nothing(line: FaultProxy) -> None:
    """Leaving is always possible."""
    Engine(settings_for(line.url), load_platform("prod"), lambda _: None).stop()
    with started(settings_for(line.url)) as (engine, _):
        engine.stop()


def test_a_job_is_done_over_the_door(line: FaultProxy) -> None:
    """Its result comes back; so does our error, as it is."""

    async def clusters(door: Door) -> list[str]:
        ecs = await door.client("ecs")
        return (await ecs.list_clusters())["clusterArns"]

    async def refused(door: Door) -> None:
        ecs = await door.client("ecs")
        await ecs.delete_cluster(cluster="tradai-prod")

    with started(settings_for(line.url)) as (engine, _):
        assert [arn.rpartition("/")[2] for arn in engine.submit(clusters).result(10)] == ["tradai-prod"]
        with pytest.raises(ConsoleError, match="read-only"):
            engine.submit(refused).result(10)


def test_a_job_for_a_stopped_engine_says_so(line: FaultProxy) -> None:
    """It does not hang, and it does not vanish."""

    async def nothing(_: Door) -> None: ...

    with started(settings_for(line.url)) as (engine, _):
        engine.stop()
        with pytest.raises(ConsoleError, match="has stopped"):
            engine.submit(nothing).result(1)


def test_wrong_aws_settings_are_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that is not there ends the engine, and the interface hears why."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with started(settings_for(None, profile="nobody")) as (_, news):
        until(lambda: news, 10)
        (failed,) = news
        assert isinstance(failed, EngineFailed)
        assert "nobody" in failed.error


def test_refresh_pause_and_attention_reach_the_pollers(line: FaultProxy) -> None:
    """What the interface asks for arrives on the engine's thread."""
    with started(settings_for(line.url)) as (engine, news):
        until(lambda: live(news), 15)
        engine.pause(True, "alarms")
        until(lambda: taken(news, "alarms")[-1].snapshot.paused, 5)
        engine.attend(4)
        engine.refresh("trading")
        until(lambda: taken(news, "trading")[-1].snapshot.interval_s == 4 * 30, 5)
        engine.pause(False)
        until(lambda: not taken(news, "alarms")[-1].snapshot.paused, 5)


@pytest.mark.parametrize("broken", ["trading", FIGURES, "identify"])
def test_a_defect_in_one_part_ends_no_other(line: FaultProxy, broken: str) -> None:
    """Whatever breaks in one poller, in telling its news or beside it, the others go on, and it begins again."""
    news: list[News] = []
    raised: list[str] = []

    def tell(one: News) -> None:
        name = (
            one.source
            if isinstance(one, SnapshotTaken)
            else "identify"
            if isinstance(one, IdentityKnown)
            else ""
        )
        if name == broken and len(raised) < 3:
            raised.append(name)
            raise RuntimeError("a defect of the one who listens")
        news.append(one)

    settings = settings_for(line.url, intervals=FAST)
    engine = Engine(settings, load_platform("prod"), tell)
    engine.start()
    try:
        until(lambda: len(raised) >= 1 and live(news), 20)
        if broken == "identify":
            until(lambda: any(isinstance(one, IdentityKnown) for one in news), 10)
    finally:
        engine.stop()


def test_one_reading_does_not_wait_with_its_metrics_for_a_source_that_hangs(line: FaultProxy) -> None:
    """A black hole in one service costs the others nothing, their figures included."""
    with watching(settings_for(line.url), deadline_s=4.0) as watched:
        platform = load_platform("prod")
        watch = Watch(watched.door, platform, settings_for(line.url), watched.clock)
        with line.fault(never(), service="ecs"):
            board: Any = watched.do(watch.read_once)
        assert board.services.state is State.UNREACHABLE
        assert all(board.used_pct(one) is not None for one in board.databases.items)
        assert board.identity is not None
        assert board.meter.calls > 0
