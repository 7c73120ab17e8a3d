"""An environment without a trace of the machine's own, and the real door to a scripted CloudWatch Logs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.logs.clocks import LeapClock
from tests.logs.cloud import Cloud
from tradai_console.aws.door import Door
from tradai_console.logs.readers import LogReaders
from tradai_console.settings import Settings


def aws_environment(patch: pytest.MonkeyPatch, home: Path) -> None:
    """A home with no AWS files, one pair of keys, and no metadata address."""
    for name in [*os.environ]:
        if name.startswith("AWS_"):
            patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("AWS_ACCESS_KEY_ID", "testing")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture(autouse=True)
def aws_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of every test here."""
    aws_environment(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
async def open_readers() -> AsyncIterator[Callable[..., Any]]:
    """Open the door on a cloud: `await open_readers(cloud, clock)`."""
    async with AsyncExitStack() as stack:

        async def open_one(cloud: Cloud, clock: LeapClock, share: float = 1.0) -> LogReaders:
            settings = Settings(env="prod", region="eu-central-1", endpoint_url=cloud.url, quota_share=share)
            door = await stack.enter_async_context(Door(settings, clock, attempts=1))
            readers = LogReaders(door, clock)
            stack.push_async_callback(readers.close)
            return readers

        yield open_one
