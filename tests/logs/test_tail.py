"""The tail over the wire: order, pace, sharing, faults that are said, and live tails that are not allowed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from itertools import pairwise
from typing import Any

from tests.logs.clocks import START, START_MS, FastClock, LeapClock
from tests.logs.cloud import GROUP, Asked, Cloud, Written
from tradai_console.errors import ShareUsedUp
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.source import TailSource
from tradai_console.logs.tail import Row, Tail
from tradai_console.models.log import LogLine, LogNote
from tradai_console.models.snapshot import State

Open = Callable[..., Awaitable[LogReaders]]
OTHER = "/aws/lambda/tradai-health-check-prod"
SINCE = START - timedelta(minutes=10)


def written(number: int, at_s: float, *, arrives_s: float | None = None, **more: Any) -> Written:
    """An event so many seconds after the start."""
    at_ms = START_MS + int(at_s * 1000)
    return Written(at_ms, number, at_ms if arrives_s is None else START_MS + int(arrives_s * 1000), **more)


async def rows_of(tail: Tail, enough: Callable[[list[Row]], bool], within_s: float = 10) -> list[Row]:
    """The tail's rows until it is enough; TimeoutError if it never is."""
    rows: list[Row] = []
    async with asyncio.timeout(within_s), aclosing(tail.batches()) as batches:
        async for batch in batches:
            rows += batch.rows
            if enough(rows):
                break
    return rows


def said(rows: list[Row], kind: str) -> list[str]:
    """The words of this kind of note."""
    return [row.words for row in rows if isinstance(row, LogNote) and row.kind == kind]


def messages(rows: list[Row]) -> list[str]:
    """What the lines say."""
    return [row.message for row in rows if isinstance(row, LogLine)]


async def test_history_of_many_groups_is_in_one_order(open_readers: Open) -> None:
    """Lines of two groups, over many pages and empty ones, come in the order of time, each with its service."""
    clock = LeapClock()
    async with Cloud(clock.now_ms, page=7) as cloud:
        cloud.empty = 0.3
        cloud.write(
            [
                written(n, -300 + n, group=GROUP if n % 3 else OTHER, stream="mlflow/mlflow/1")
                for n in range(100)
            ]
        )
        readers = await open_readers(cloud, clock)
        tail = Tail(readers, [TailSource(GROUP), TailSource(OTHER)], since=SINCE, follow=False)
        rows = await rows_of(tail, lambda _: False)
    assert messages(rows) == [f"line {number}" for number in range(100)]
    assert {row.group: row.service for row in rows if isinstance(row, LogLine)} == {
        GROUP: "mlflow",
        OTHER: "tradai-health-check-prod",
    }


async def test_pace(open_readers: Open) -> None:
    """Two followed groups are each read every two seconds or so, with never more than one call a second."""
    clock = FastClock(10)
    async with Cloud(clock.now_ms) as cloud:
        cloud.write([written(n, n / 4, group=(GROUP, OTHER)[n % 2]) for n in range(200)])
        readers = await open_readers(cloud, clock, share=0.04)
        tail = Tail(readers, [TailSource(GROUP), TailSource(OTHER)], since=SINCE, follow=True)
        rows = await rows_of(tail, lambda rows: len(rows) >= 120)
        asked = cloud.made("FilterLogEvents")
    assert len(rows) >= 120
    times = [one.at_ms for one in asked]
    assert len(times) >= 20
    assert (len(times) - 1) / ((times[-1] - times[0]) / 1000) <= 1.05
    for group in (GROUP, OTHER):
        own = [one.at_ms for one in asked if one.given["logGroupName"] == group]
        assert max(after - before for before, after in pairwise(own)) <= 3_500
        assert (own[-1] - own[0]) / (len(own) - 1) <= 2_300


async def test_followers_share_their_readings(open_readers: Open) -> None:
    """Three views of one group, two of them of a service each, cost the calls of one; each gets its lines once."""
    clock = FastClock(10)
    services = ("backend-api", "mlflow")
    async with Cloud(clock.now_ms) as cloud:
        cloud.write([written(n, 2 + n / 10, stream=f"{services[n % 2]}/x/1") for n in range(200)])
        readers = await open_readers(cloud, clock)
        tails = [
            Tail(readers, [TailSource(GROUP, prefix)], since=SINCE, follow=True) for prefix in ("", *services)
        ]
        counts = (200, 100, 100)
        found = await asyncio.gather(
            *(
                rows_of(tail, lambda rows, most=most: len(messages(rows)) >= most, 15)  # type: ignore[misc]
                for tail, most in zip(tails, counts, strict=True)
            )
        )
        live = cloud.made("FilterLogEvents")[3:]
        took_s = (live[-1].at_ms - live[0].at_ms) / 1000
    assert [len(set(messages(rows))) for rows in found] == [200, 100, 100]
    assert [len(messages(rows)) for rows in found] == [200, 100, 100]
    assert {row.service for row in found[1] if isinstance(row, LogLine)} == {"backend-api"}
    assert len(live) <= took_s / 1.5 * 1.35 + 2


async def test_prefixes_of_one_group_are_one_call(open_readers: Open) -> None:
    """Two services of one group are read with one call, and no other service's lines come through."""
    clock = LeapClock()
    async with Cloud(clock.now_ms) as cloud:
        streams = ("backend-api/a/1", "mlflow/a/1", "data-collection/a/1")
        cloud.write([written(n, -30 + n, stream=streams[n % 3]) for n in range(9)])
        readers = await open_readers(cloud, clock)
        sources = [TailSource(GROUP, "backend-api"), TailSource(GROUP, "mlflow")]
        rows = await rows_of(Tail(readers, sources, since=SINCE, follow=False), lambda _: False)
        calls = len(cloud.made("FilterLogEvents"))
    assert {row.service for row in rows if isinstance(row, LogLine)} == {"backend-api", "mlflow"}
    assert calls == 1


async def test_a_late_line_is_marked(open_readers: Open) -> None:
    """A line that comes 20 s late is delivered, with its own time, and marked; the others are not."""
    clock = LeapClock()
    async with Cloud(clock.now_ms) as cloud:
        cloud.write([written(n, n) for n in range(60)])
        cloud.write([written(99, 10.5, arrives_s=30.5, message="late one")])
        readers = await open_readers(cloud, clock)
        tail = Tail(readers, [TailSource(GROUP)], since=SINCE, follow=True)
        rows = await rows_of(tail, lambda rows: len(messages(rows)) >= 61)
    late = [row for row in rows if isinstance(row, LogLine) and row.late]
    assert [row.message for row in late] == ["late one"]
    assert late[0].time_ms == START_MS + 10_500
    assert late[0].ingested_ms == START_MS + 30_500


async def test_a_line_that_is_minutes_late_is_found(open_readers: Open) -> None:
    """In a quiet group the look back reaches ten minutes once a minute."""
    clock = LeapClock()
    async with Cloud(clock.now_ms) as cloud:
        cloud.write([written(1, 30, arrives_s=330, message="from an agent that was down")])
        readers = await open_readers(cloud, clock)
        tail = Tail(readers, [TailSource(GROUP)], since=SINCE, follow=True)
        rows = await rows_of(tail, lambda rows: bool(messages(rows)))
    assert messages(rows) == ["from an agent that was down"]


async def test_faults_are_said_and_stop_no_other_group(open_readers: Open) -> None:
    """A throttled group is said to be so, the other goes on; afterwards nothing is missing, and that is said too."""
    clock = LeapClock()

    def refuse(asked: Asked) -> str | None:
        busy = START_MS + 10_000 <= asked.at_ms < START_MS + 60_000
        return "ThrottlingException" if busy and asked.given.get("logGroupName") == OTHER else None

    async with Cloud(clock.now_ms) as cloud:
        cloud.refusal = refuse
        cloud.write([written(n, n, group=(GROUP, OTHER)[n % 2]) for n in range(120)])
        readers = await open_readers(cloud, clock)
        tail = Tail(readers, [TailSource(GROUP), TailSource(OTHER)], since=SINCE, follow=True)
        rows = await rows_of(tail, lambda rows: len(messages(rows)) >= 120)
        states = [tail.states[group].state for group in (GROUP, OTHER)]
    assert sorted(messages(rows)) == sorted(f"line {number}" for number in range(120))
    assert any(OTHER in words for words in said(rows, "state"))
    assert any("nothing is missing" in words for words in said(rows, "reconnect"))
    assert states == [State.LIVE, State.LIVE]


async def test_it_waits_while_probes_take_the_calls(open_readers: Open) -> None:
    """A section's probes use up the console's share for a while: no group is called unread for that, and none is lost."""
    clock = FastClock(10)
    async with Cloud(clock.now_ms) as cloud:
        cloud.write([written(n, n, group=(GROUP, OTHER)[n % 2]) for n in range(40)])
        readers = await open_readers(cloud, clock)
        logs = await readers.door.client("logs")

        async def probe(number: int) -> None:
            for burst in range(3):
                await clock.sleep(max(0.0, 12 * burst - clock.monotonic()))
                with contextlib.suppress(ShareUsedUp):
                    await logs.filter_log_events(logGroupName=GROUP, startTime=100 * burst + number)

        tail = Tail(readers, [TailSource(GROUP), TailSource(OTHER)], since=SINCE, follow=True)
        async with asyncio.TaskGroup() as probes:
            for number in range(12):
                probes.create_task(probe(number))
            rows = await rows_of(tail, lambda rows: len(messages(rows)) >= 40, within_s=30)
    assert sorted(messages(rows)) == sorted(f"line {number}" for number in range(40))
    assert said(rows, "state") == []
    assert said(rows, "reconnect") == []


async def test_denied_and_absent_groups_are_said(open_readers: Open) -> None:
    """A group that may not be read and one that is not there each have their word and their sentence."""
    clock = LeapClock()
    async with Cloud(clock.now_ms) as cloud:
        cloud.refusal = lambda asked: (
            "AccessDeniedException" if asked.given.get("logGroupName") == OTHER else None
        )
        cloud.write([written(1, -5)])
        readers = await open_readers(cloud, clock)
        sources = [TailSource(group) for group in (GROUP, OTHER, "/nope")]
        tail = Tail(readers, sources, since=SINCE, follow=False)
        rows = await rows_of(tail, lambda _: False)
    assert messages(rows) == ["line 1"]
    assert [tail.states[group].state for group in (GROUP, OTHER)] == [State.LIVE, State.DENIED]
    assert "/nope does not exist" in said(rows, "state")
    assert set(tail.errors) == {OTHER, "/nope"}


async def test_a_hole_too_long_to_fill_is_a_row(open_readers: Open) -> None:
    """After hours without an answer the last hour is read, and a gap says from when to when lines may be missing."""
    clock = LeapClock()
    broken = [START_MS + 30_000, START_MS + 3 * 3_600_000]
    async with Cloud(clock.now_ms) as cloud:
        cloud.refusal = lambda asked: (
            "ServiceUnavailableException" if broken[0] <= asked.at_ms < broken[1] else None
        )
        cloud.write([written(n, n * 60) for n in range(200)])
        readers = await open_readers(cloud, clock)
        tail = Tail(readers, [TailSource(GROUP)], since=SINCE, follow=True)
        rows = await rows_of(tail, lambda rows: bool(said(rows, "gap")), 20)
    gap = next(row for row in rows if isinstance(row, LogNote) and row.kind == "gap")
    assert gap.time_ms < START_MS + 60_000
    assert gap.until_ms is not None
    assert abs(gap.until_ms - (broken[1] - 3_600_000)) < 120_000
    assert "lines may be missing" in gap.words


async def test_where_live_tail_is_refused_reading_goes_on(open_readers: Open) -> None:
    """The account's limit of sessions is said once, and the lines come by reading."""
    clock = FastClock(20)
    async with Cloud(clock.now_ms) as cloud:
        cloud.refusal = lambda asked: "LimitExceededException" if asked.operation == "StartLiveTail" else None
        cloud.write([written(n, n) for n in range(40)])
        readers = await open_readers(cloud, clock)
        tail = Tail(readers, [TailSource(GROUP)], since=SINCE, follow=True, live=True)
        rows = await rows_of(tail, lambda rows: len(messages(rows)) >= 40)
    assert len([words for words in said(rows, "state") if "no live tail" in words]) == 1
    assert sorted(messages(rows)) == sorted(f"line {number}" for number in range(40))


async def test_sampled_is_said_and_made_good(open_readers: Open) -> None:
    """A live tail that passes on a part says so in a row; the rest follows by reading."""
    clock = FastClock(10)
    async with Cloud(clock.now_ms) as cloud:
        cloud.sampled = lambda: True
        cloud.write([written(n, 2 + n / 10) for n in range(100)])
        readers = await open_readers(cloud, clock)
        tail = Tail(readers, [TailSource(GROUP)], since=SINCE, follow=True, live=True)
        rows = await rows_of(tail, lambda rows: len(messages(rows)) >= 100)
    assert said(rows, "sampled")
    assert sorted(messages(rows)) == sorted(f"line {number}" for number in range(100))


async def test_an_id_brings_its_traceback(open_readers: Open) -> None:
    """Filtered by an id, the lines of the traceback that do not hold it come along, in their place and once; the
    lines of others do not. As history and live."""
    clock = FastClock(10)
    texts = [
        "[2026-01-01 03:00:00,000][a.B][ERROR] - refused correlation_id=abc-1",
        "Traceback (most recent call last):",
        '  File "/app/a.py", line 1, in f',
        "ValueError: bad abc-1",
        "[2026-01-01 03:00:00,000][a.B][INFO] - another's line",
    ]

    def told(first: int, at_s: float) -> list[Written]:
        return [written(first + n, at_s + n / 1000, message=text) for n, text in enumerate(texts)]

    async with Cloud(clock.now_ms) as cloud:
        cloud.write([*told(0, -60), *told(10, 5)])
        readers = await open_readers(cloud, clock)
        tail = Tail(readers, [TailSource(GROUP, terms=("abc-1",))], since=SINCE, follow=True, tracebacks=True)
        rows = await rows_of(tail, lambda rows: len(rows) >= 8)
    lines = [row for row in rows if isinstance(row, LogLine)]
    assert [line.text for line in lines[:4]] == texts[:4]
    assert sorted(line.text for line in lines[4:]) == sorted(texts[:4])
    assert len({line.event_id for line in lines}) == 8


async def test_closing_ends_all_reading(open_readers: Open) -> None:
    """Once the view is closed no call is made any more."""
    clock = FastClock(20)
    async with Cloud(clock.now_ms) as cloud:
        cloud.write([written(n, n / 2) for n in range(20)])
        readers = await open_readers(cloud, clock)
        await rows_of(
            Tail(readers, [TailSource(GROUP)], since=SINCE, follow=True, live=True),
            lambda rows: len(rows) > 5,
        )
        await asyncio.sleep(0.05)
        calls = len(cloud.asked)
        await asyncio.sleep(0.3)
        assert len(cloud.asked) == calls
        assert readers.followed == 0
