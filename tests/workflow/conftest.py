"""The whole platform on a local AWS in this process, and the workflows that a desk has open on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.probes.conftest import REGION, Platform, PlatformClock, built_platform
from tradai_console.aws.door import Door
from tradai_console.models.alert import Alert
from tradai_console.models.board import Board
from tradai_console.models.workflow import Workflow
from tradai_console.platform import load_platform
from tradai_console.probes.context import ProbeContext
from tradai_console.settings import Settings
from tradai_console.workflow.desk import Workflows

ACCOUNT = "123456789012"


@pytest.fixture(scope="package")
def platform() -> Iterator[Platform]:
    """TradAI in production, with the work of its last days, some of which went wrong. All tests here share it."""
    with built_platform() as platform:
        yield platform


class Opened:
    """A desk's workflows over a real door, and what they have told."""

    def __init__(self, context: ProbeContext) -> None:
        self.context = context
        self.news: list[Workflow] = []
        self.alerts: list[Alert] = []
        self.desk = Workflows(context, lambda: self.alerts, self.news.append)

    async def whole(self, wanted: str, good: Callable[[Workflow], bool] | None = None) -> Workflow:
        """Open it, and wait until all that stands beside it is read and the condition holds."""
        first = await self.desk.open(wanted)
        assert isinstance(first, Workflow)
        async with asyncio.timeout(20):
            while True:
                now = next((one for one in reversed(self.news) if one.key == first.key), first)
                if not now.joined.reading and now.progress.whole and (good is None or good(now)):
                    return now
                await asyncio.sleep(0.02)


@pytest.fixture
async def opened(platform: Platform) -> AsyncIterator[Opened]:
    """`await opened.whole("bt-...")`."""
    settings = Settings(env="prod", region=REGION, endpoint_url=platform.url, quota_share=1)
    async with Door(settings) as door:
        context = ProbeContext(door, load_platform("prod"), Board, PlatformClock(), "prod")
        found = Opened(context)
        yield found
        found.desk.close_all()


@dataclass
class Machine:
    """Builds state machines on the platform's Step Functions and executions of them."""

    platform: Platform
    _made: dict[str, str] = field(default_factory=dict)

    def arn(self, name: str, definition: Mapping[str, Any]) -> str:
        """A machine of this name and definition (`states:CreateStateMachine`)."""
        if name not in self._made:
            answer = self.platform.client("stepfunctions").create_state_machine(
                name=name,
                definition=json.dumps(definition),
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/tradai-stepfunctions-prod",
            )
            self._made[name] = answer["stateMachineArn"]
        return self._made[name]


@pytest.fixture(scope="package")
def machine(platform: Platform) -> Iterator[Machine]:
    """`machine.arn("name", {...})`."""
    return Machine(platform)  # type: ignore[return-value]
