"""An AWS that stands on loopback, and an environment without a trace of the machine's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from tests.aws.scripted import ScriptedServer
from tradai_console.aws.door import Door
from tradai_console.settings import Settings

KEY = "AKIDEXAMPLE"


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """moto's server for all tests of this folder."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def aws_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with no AWS files, an environment with one pair of keys, and no metadata address."""
    import os

    for name in [*os.environ]:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (tmp_path / ".aws").mkdir()
    return tmp_path / ".aws"


@pytest.fixture
async def open_door() -> AsyncIterator[Callable[..., Any]]:
    """Open a door on a server; settings by name, the door's own parameters as `deadline_s` and the like."""
    async with AsyncExitStack() as stack:

        async def open_one(url: str | None, /, **given: Any) -> Door:
            own = {
                name: given.pop(name)
                for name in ("deadline_s", "attempts", "probe_s", "poll_s", "journal_table", "clock")
                if name in given
            }
            usual = {"env": "prod", "region": "eu-central-1", "quota_share": 1.0, "endpoint_url": url}
            settings = Settings.of(usual | given)
            return await stack.enter_async_context(Door(settings, **own))

        yield open_one


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    """Start a scripted server that ends with the test."""
    async with AsyncExitStack() as stack:

        async def start(script: Any) -> ScriptedServer:
            return await stack.enter_async_context(ScriptedServer(script))

        yield start
