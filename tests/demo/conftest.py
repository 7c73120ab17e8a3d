"""The behaving AWS in this process, with a clock that stands still until a test moves it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from tradai_console.demo import behaviour
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.server import serve_in_thread


class Aws:
    """Clients of the server, and its clock."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """An ordinary boto3 client."""
        if service not in self._clients:
            make: Any = boto3.client  # typed per literal name; here the name is a variable
            self._clients[service] = make(
                service,
                endpoint_url=self.endpoint_url,
                region_name="eu-central-1",
                aws_access_key_id="demo",
                aws_secret_access_key="demo",
                config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
            )
        return self._clients[service]

    @property
    def clock(self) -> Clock:
        """The simulated clock."""
        return behaviour.clock()

    def advance(self, seconds: float) -> None:
        """Let so much simulated time pass."""
        self.clock.advance(seconds)


@pytest.fixture(scope="module")
def _server() -> Iterator[Aws]:
    endpoint_url, stop = serve_in_thread()
    yield Aws(endpoint_url)
    stop()


@pytest.fixture
def aws(_server: Aws) -> Aws:
    """An empty account."""
    behaviour.install(Clock(running=False))
    assert requests.post(f"{_server.endpoint_url}/moto-api/reset", timeout=10).ok
    return _server
