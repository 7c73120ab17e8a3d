"""What every test stands on: an environment without a trace of this machine's own, and the simulated platform."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.idle import wait_by_the_loop
from tradai_console.demo import model_files
from tradai_console.demo.server import DemoServer

_OURS = ("AWS_", "TRADAI_CONSOLE_")

# Each test opens doors and clients of its own; parsing AWS's models anew for each is a seventh of their time.
model_files.share()
wait_by_the_loop()

# What a worker has loaded, AWS's models above all, are millions of objects that stay: looking through them again and
# again for garbage is a tenth of the tests' time.
gc.set_threshold(50_000, 20, 10)


# Where the environment forbids bytecode, each of a hundred processes would compile our modules anew, and each worker
# the tests. It lands where Python keeps it, and git does not look at it.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure(config: pytest.Config) -> None:
    """What a test may say of itself."""
    config.addinivalue_line(
        "markers", "early: takes or waits long; begun first, it makes no worker wait at the end"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that take long come first; groups come before them all, the largest first."""
    items.sort(key=lambda item: item.get_closest_marker("early") is None)


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end."""
    gc.collect()
    gc.freeze()


def empty_moto(url: str) -> None:
    """Forget what other tests have made: moto's state is one a process, whatever server was asked for it."""
    with urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=30):
        pass


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, no AWS files, no metadata address, one pair of keys that is no one's; the home."""
    # A worker of the test run is told the size of a terminal that it does not have.
    for name in [name for name in os.environ if name.startswith(_OURS)] + ["ENVIRONMENT", "COLUMNS", "LINES"]:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("TRADAI_CONSOLE_HOME", str(home / "console"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return home


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has logged in."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


@pytest.fixture(scope="session")
def simulated() -> Iterator[DemoServer]:
    """The simulated platform in a process of its own: one for all tests of a worker, which do not change it."""
    with DemoServer(seed=3) as server:
        yield server


@pytest.fixture(scope="session")
def simulated_line(simulated: DemoServer) -> Iterator[FaultProxy]:
    """The one line to the simulated platform; take `line`."""
    with FaultProxy.in_thread(simulated.endpoint_url) as line:
        yield line


@pytest.fixture
def line(simulated_line: FaultProxy) -> Iterator[FaultProxy]:
    """The line to the simulated platform, without faults, counting from nothing."""
    simulated_line.up()
    simulated_line.clear()
    simulated_line.forget_calls()
    yield simulated_line
    simulated_line.clear()
    simulated_line.up()


@pytest.fixture
def own_line(simulated: DemoServer) -> Iterator[FaultProxy]:
    """A line that no other test's watch is on: for counting, and for taking the server away."""
    with FaultProxy.in_thread(simulated.endpoint_url) as line:
        yield line
