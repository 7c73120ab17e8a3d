"""boto3 clients on the local AWS: made once each, shared by every thread of the demo."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"
ACCOUNT = "123456789012"
"""The account that the local AWS answers for."""


class Clients:
    """`clients("ec2")` is the client of that service. Calls may come from any thread."""

    def __init__(self, endpoint_url: str, region: str = REGION) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        # The services are named at run time: typed overloads of `client` have nothing to say.
        self._session: Any = boto3.session.Session(
            aws_access_key_id="demo", aws_secret_access_key="demo", region_name=region
        )
        # The demo's calls go to this machine, whatever proxy the user's environment names.
        self._config = Config(
            retries={"mode": "standard", "max_attempts": 3},
            inject_host_prefix=False,
            max_pool_connections=16,
            connect_timeout=5,
            read_timeout=30,
            proxies={},
            disable_request_compression=True,
            parameter_validation=False,  # thousands of metrics and lines; a wrong one fails at the server
        )
        self._lock = threading.Lock()  # a session may not make two clients at once
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        client = self._made.get(service)
        if client is None:
            with self._lock:
                client = self._made.get(service) or self._session.client(
                    service, endpoint_url=self.endpoint_url, config=self._config
                )
                self._made[service] = client
        return client

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            for client in self._made.values():
                client.close()
            self._made.clear()


def together(calls: Iterable[Callable[[], Any]], threads: int = 4) -> None:
    """Run them at once and wait for all; the first failure is raised."""
    with ThreadPoolExecutor(threads, thread_name_prefix="demo-build") as pool:
        for future in [pool.submit(call) for call in calls]:
            future.result()
