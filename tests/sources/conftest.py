"""A local AWS for the sources: moto's server on a free port of this machine, reset between tests, and the
real door."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest

from tests.kit.aws_wire import Asked
from tests.kit.fault_proxy import FaultProxy
from tests.kit.http_wire import Answer, answer_of
from tests.kit.http_wire import Request as HttpRequest
from tests.kit.toxics import Toxic
from tradai_console.aws.door import Door
from tradai_console.platform import Platform, load_platform
from tradai_console.settings import Settings

REGION = "eu-central-1"
START = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that moves when the test says so."""

    at: datetime = START
    ticks: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(seconds)

    def move(self, seconds: float) -> None:
        self.ticks += seconds
        self.at += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the local AWS."""
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def aws_url(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The local AWS, empty, and an environment in which nothing else can be reached."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with urlopen(Request(f"{server}/moto-api/reset", method="POST"), timeout=10):
        return server


@pytest.fixture(scope="session")
def plain_clients() -> dict[str, Any]:
    """Those made so far; take `boto`."""
    return {}


@pytest.fixture
def boto(aws_url: str, plain_clients: dict[str, Any]) -> Any:
    """`boto("ecs")`: a plain client that sets the scene."""

    def made(service: Any) -> Any:
        if service not in plain_clients:
            plain_clients[service] = boto3.client(service, region_name=REGION, endpoint_url=aws_url)
        return plain_clients[service]

    return made


def image_of(ec2: Any) -> str:
    """An image to launch: one of our own, for the list of all is long to read."""
    return str(ec2.register_image(Name="any", RootDeviceName="/dev/xvda")["ImageId"])


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def platform() -> Platform:
    return load_platform("prod")


@pytest.fixture
def line(aws_url: str) -> Iterator[FaultProxy]:
    """The line between the door and the local AWS: it counts calls, breaks them, and answers what moto
    cannot."""
    with FaultProxy.in_thread(aws_url) as line:
        yield line


@pytest.fixture
async def door(line: FaultProxy) -> AsyncIterator[Door]:
    """The real door, with the whole quota: its clock is not the test's, and would hold up what the test's
    allows."""
    async with Door(Settings(env="prod", region=REGION, endpoint_url=line.url, quota_share=1)) as opened:
        yield opened


def says(answer: Any) -> Toxic:
    """AWS answers with this structure, or with what the function makes of the request, as its JSON services do."""

    def make(request: HttpRequest, asked: Asked) -> Answer:
        body = answer(json.loads(request.body or b"{}")) if callable(answer) else answer
        headers = [("Content-Type", "application/x-amz-json-1.1")]
        return answer_of(200, "OK", headers, json.dumps(body, default=datetime.timestamp).encode())

    return Toxic("says", answer=make)
