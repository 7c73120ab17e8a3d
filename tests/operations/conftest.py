"""The platform in a local AWS in this process, the real door in front of it, and a real journal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.kit.fault_proxy import FaultProxy
from tradai_console.aws.door import Door
from tradai_console.clock import SystemClock
from tradai_console.demo import behaviour
from tradai_console.demo.clients import Clients
from tradai_console.demo.server import environ, serve_in_thread
from tradai_console.demo.story import Story
from tradai_console.demo.world import World, build
from tradai_console.journal.base import Entry, Kind
from tradai_console.journal.sqlite import SqliteJournal
from tradai_console.models.evidence import Evidence
from tradai_console.operations.carrying_out import carry_out
from tradai_console.operations.context import ActionContext
from tradai_console.operations.plan import Plan
from tradai_console.operations.planning import plan_action
from tradai_console.platform import load_platform
from tradai_console.settings import Settings

REGION = "eu-central-1"


class PlatformClock(SystemClock):
    """The simulated platform's time of day."""

    def now(self) -> datetime:
        return behaviour.clock().now()


@dataclass
class Scene:
    """One built platform."""

    url: str
    aws: Clients
    world: World

    def advance(self, seconds: float) -> None:
        behaviour.clock().advance(seconds)


@dataclass
class Desk:
    """An operator's place at it."""

    context: ActionContext
    line: FaultProxy
    scene: Scene

    async def plan(self, name: str, **arguments: object) -> Plan:
        return await plan_action(name, {key: str(value) for key, value in arguments.items()}, self.context)

    async def do(self, plan: Plan, **answers: str) -> Evidence:
        """Confirm as an operator who reads does."""
        return await carry_out(plan, self.context, typed=plan.type_name or None, answers=answers)

    def read_only(self) -> ActionContext:
        settings = self.context.settings
        return replace(
            self.context, settings=Settings(env=settings.env, region=REGION, endpoint_url=self.line.url)
        )

    async def entries(self) -> list[Entry]:
        return [one for one in await self.context.journal.recent() if one.kind in (Kind.INTENT, Kind.RESULT)]


def _scene(env: str) -> Iterator[Scene]:
    url, stop = serve_in_thread()
    urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=10).close()
    aws = Clients(url)
    world = build(url, env=env, seed=1)
    Story(url, env=env, seed=1, calm=True)
    try:
        yield Scene(url, aws, world)
    finally:
        aws.close()
        stop()


@pytest.fixture(scope="module")
def prod() -> Iterator[Scene]:
    yield from _scene("prod")


@pytest.fixture(scope="module")
def dev() -> Iterator[Scene]:
    yield from _scene("dev")


@pytest.fixture
def lonely(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which nothing but the local AWS can be reached."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ("").items():
        monkeypatch.setenv(name, value)


async def _desk(scene: Scene, env: str, path: Path) -> AsyncIterator[Desk]:
    with FaultProxy.in_thread(scene.url) as line:
        settings = Settings(env=env, region=REGION, endpoint_url=line.url, allow_changes=True, quota_share=1)
        once = Door(settings, attempts=1)
        async with Door(settings) as door, once, SqliteJournal(path / "journal.sqlite3") as journal:
            context = ActionContext(
                door,
                settings,
                load_platform(env),
                PlatformClock(),
                journal,
                "jm",
                incident="i",
                runbook="r",
                step="s",
                changes=once,
            )
            yield Desk(context, line, scene)


@pytest.fixture
async def desk(lonely: None, prod: Scene, tmp_path: Path) -> AsyncIterator[Desk]:
    async for one in _desk(prod, "prod", tmp_path):
        yield one


@pytest.fixture
async def dev_desk(lonely: None, dev: Scene, tmp_path: Path) -> AsyncIterator[Desk]:
    async for one in _desk(dev, "dev", tmp_path):
        yield one


def default_route(scene: Scene) -> dict[str, Any]:
    """The private default route in AWS."""
    filters = [{"Name": "tag:Name", "Values": ["tradai-private-rt-prod"]}]
    tables = scene.aws("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    found: dict[str, Any] = next(
        (one for one in tables[0]["Routes"] if one.get("DestinationCidrBlock") == "0.0.0.0/0"), {}
    )
    return found
