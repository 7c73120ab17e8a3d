"""A platform whose story has been played for some minutes and stands still; a door to it; and what is written there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import boto3
import pytest
import requests
from moto.logs.models import logs_backends

from tests.kit.fault_proxy import FaultProxy
from tests.logs.clocks import LeapClock
from tradai_console.aws.door import Door
from tradai_console.demo import behaviour
from tradai_console.demo.behaviour.clock import Clock as DemoClock
from tradai_console.demo.server import environ, serve_in_thread
from tradai_console.demo.story import Story
from tradai_console.demo.world import build
from tradai_console.logs.readers import LogReaders
from tradai_console.models.board import Board
from tradai_console.models.log import LogNote
from tradai_console.models.trail import Piece, Trail, in_story_order
from tradai_console.platform import load_platform
from tradai_console.probes.context import ProbeContext
from tradai_console.settings import Settings
from tradai_console.trail.run import TrailRun

REGION = "eu-central-1"


class PlayedClock(LeapClock):
    """The platform's time of day; a wait, as for the quota, passes at once."""

    def now(self) -> datetime:
        return behaviour.clock().now()


@dataclass
class Played:
    """The platform, and everything that is written in its logs."""

    url: str
    story: Story
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: Any) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service, endpoint_url=self.url, region_name=REGION)
        return self._clients[service]

    def written(self) -> list[tuple[str, str, int, str]]:
        """Every line of the environment's own groups, stream by stream as it was written: group, stream, time, text."""
        groups = logs_backends["123456789012"][REGION].groups
        return [
            (name, stream.log_stream_name, int(event.timestamp), event.message)
            for name, group in groups.items()
            if name.startswith(("/ecs/tradai", "/aws/lambda/tradai-"))
            for stream in group.streams.values()
            for event in stream.events
        ]

    def job(self) -> dict[str, str]:
        """A job of the story that has ended well, with the ids that belong to it."""
        rows = self.client("dynamodb").scan(TableName="tradai-workflow-state-prod")["Items"]
        plain = [{name: str(next(iter(value.values()))) for name, value in row.items()} for row in rows]
        ended = [
            one for one in plain if one["status"] == "completed" and ":task/" in one.get("ecs_task_arn", "")
        ]
        for row in sorted(ended, key=lambda one: one["created_at"], reverse=True):
            for _, _, _, text in self.written():
                if "accepted for" in text and row["job_id"] in text:
                    return row | {"correlation_id": text.rpartition("correlation_id=")[2]}
        raise AssertionError("no job of the story has ended yet")


@pytest.fixture(scope="package")
def played() -> Iterator[Played]:
    """TradAI in production, an hour old; five minutes of its story."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name, value in environ("").items():
            patch.setenv(name, value)
        url, stop = serve_in_thread(DemoClock(running=False))
        assert requests.post(f"{url}/moto-api/reset", timeout=10).ok
        build(url, env="prod", seed=3)
        story = Story(url, env="prod", seed=3, calm=True)
        story.step(300)
        yield Played(url, story)
        story.stop()
        stop()


@dataclass
class Told:
    """A trail that was read to its end."""

    pieces: list[Piece]
    notes: list[LogNote]
    trail: Trail
    doing: list[str]
    run: TrailRun
    seconds: float
    """What the waits for the quota took."""
    known_after_s: float
    """The same up to the last piece."""

    @property
    def names(self) -> list[str]:
        """What each piece is known by, in order."""
        return [one.event_id for one in self.pieces]


@dataclass
class Teller:
    """Opens trails."""

    door: Door
    clock: PlayedClock
    readers: LogReaders

    def run(self, wanted: str, **given: Any) -> TrailRun:
        context = ProbeContext(self.door, load_platform("prod"), Board, self.clock, "prod")
        return TrailRun(wanted, context, self.readers, **given)

    async def __call__(self, wanted: str, **given: Any) -> Told:
        run = self.run(wanted, **given)
        began = self.clock.monotonic()
        pieces: list[Piece] = []
        notes: list[LogNote] = []
        doing = []
        known_at = began
        async for portion in run.portions(follow=False):
            doing.append(portion.trail.doing)
            notes += [row for row in portion.rows if isinstance(row, LogNote)]
            pieces += [row for row in portion.rows if not isinstance(row, LogNote)]
            known_at = self.clock.monotonic() if portion.rows else known_at
        seconds = self.clock.monotonic() - began
        return Told(in_story_order(pieces), notes, run.trail, doing, run, seconds, known_at - began)


async def _teller(url: str) -> AsyncIterator[Teller]:
    clock = PlayedClock()
    async with Door(Settings(env="prod", region=REGION, endpoint_url=url, quota_share=1), clock) as door:
        readers = LogReaders(door, clock)
        yield Teller(door, clock, readers)
        await readers.close()


@pytest.fixture
async def tell(played: Played) -> AsyncIterator[Teller]:
    """`await tell("bt-0123456789ab")`."""
    async for one in _teller(played.url):
        yield one


@pytest.fixture(scope="package")
def wire(played: Played) -> Iterator[FaultProxy]:
    """The line to the platform; take `broken`."""
    with FaultProxy.in_thread(played.url) as line:
        yield line


@pytest.fixture
async def tell_over(wire: FaultProxy) -> AsyncIterator[Teller]:
    """The same over a line that a test puts faults on."""
    wire.clear()
    wire.forget_calls()
    async for one in _teller(wire.url):
        yield one
    wire.clear()
