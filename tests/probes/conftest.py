"""The whole platform on a local AWS in this process, with levers; each test asks its probes through a real door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import boto3
import pytest
import requests

from tradai_console.aws.door import Door
from tradai_console.demo import behaviour
from tradai_console.demo.behaviour.clock import Clock as DemoClock
from tradai_console.demo.server import environ, serve_in_thread
from tradai_console.demo.world import World, build
from tradai_console.models.board import Board
from tradai_console.models.evidence import Evidence
from tradai_console.platform import load_platform
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.run import run_probe
from tradai_console.settings import Settings

REGION = "eu-central-1"


class PlatformClock:
    """The local AWS's own time, which a test moves; deadlines and waits are real."""

    def now(self) -> datetime:
        return behaviour.clock().now()

    def monotonic(self) -> float:
        return behaviour.clock().elapsed()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Platform:
    """The built platform and ordinary clients of its AWS."""

    url: str
    world: World
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: Any) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service, endpoint_url=self.url, region_name=REGION)
        return self._clients[service]

    def advance(self, seconds: float) -> None:
        behaviour.clock().advance(seconds)

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Write a row in DynamoDB's own notation."""
        self.client("dynamodb").put_item(TableName=table, Item=row)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """TradAI in production, an hour old, with nothing wrong; its time stands still."""
    with built_platform() as platform:
        yield platform


@contextmanager
def built_platform() -> Iterator[Platform]:
    """The platform on a server of this process, for as long as it is wanted."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name, value in environ("").items():
            patch.setenv(name, value)
        url, stop = serve_in_thread(DemoClock(running=False))
        assert requests.post(f"{url}/moto-api/reset", timeout=10).ok
        yield Platform(url, build(url, env="prod", seed=3))
        stop()


@dataclass
class Asker:
    """Asks probes."""

    door: Door
    env: str = "prod"
    board: Board = field(default_factory=Board)

    def context(self) -> ProbeContext:
        return ProbeContext(self.door, load_platform(self.env), lambda: self.board, PlatformClock(), self.env)

    async def __call__(self, name: str, **arguments: str) -> Evidence:
        return await run_probe(name, arguments, self.context())


@pytest.fixture
async def ask(platform: Platform) -> AsyncIterator[Asker]:
    """`await ask("ecs.service", service="mlflow")`."""
    async with Door(Settings(env="prod", region=REGION, endpoint_url=platform.url, quota_share=1)) as door:
        yield Asker(door)
