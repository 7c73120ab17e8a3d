"""The processes that the measurements need beside the console: accounts to read, and a line to them.

Each is a child that says one line of JSON when it is ready and ends when its standard input does. All listen on
127.0.0.1 only.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from tradai_console.demo.server import DemoServer, environ

PYTHON: Final = sys.executable
ROOT: Final = Path(__file__).resolve().parent.parent
START_S: Final = 90.0
CONSOLE: Final = (PYTHON, "-m", "tradai_console")
CROWD_ENV: Final = "bench"
DEMO_ENV: Final = "prod"
SEED: Final = 3


class BenchError(Exception):
    """A measurement could not be made; the text says why in one sentence."""


class Child:
    """A helper process that is spoken to in lines of JSON, one answer to each."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [PYTHON, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
            cwd=ROOT,
        )
        self._module = module

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def ask(self, order: Mapping[str, Any], timeout_s: float = START_S) -> Any:
        """Tell it something and return its answer. Raises BenchError if there is none in time."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self.hear(timeout_s)

    def hear(self, timeout_s: float = START_S) -> Any:
        """The next thing it says. Raises BenchError if that does not come in time."""
        out = self._process.stdout
        assert out is not None
        # One answer to one order: nothing can stand in the text layer's buffer while we wait on the pipe.
        ready, _, _ = select.select([out], [], [], timeout_s)
        line = out.readline() if ready else ""
        try:
            return json.loads(line)
        except ValueError:
            raise BenchError(f"{self._module} gave no answer in {timeout_s:.0f} s") from None


class Line:
    """The fault proxy in a process of its own, so that its work is not the console's."""

    def __init__(self, child: Child, url: str) -> None:
        self._child = child
        self.url = url

    def slow(self, ms: float) -> None:
        """From now on every answer comes so much later."""
        self._child.ask({"latency": ms})

    def hang(self, service: str) -> None:
        """From now on this service never answers."""
        self._child.ask({"never": service})

    def clear(self) -> None:
        """End all faults."""
        self._child.ask({"clear": True})

    def calls(self) -> list[tuple[str, str]]:
        """Service and operation of every request since the last time this was asked, oldest first."""
        return [(str(service), str(operation)) for service, operation in self._child.ask({"calls": True})]


@contextlib.contextmanager
def line_to(url: str) -> Iterator[Line]:
    """A fault proxy in front of that address."""
    with Child("bench.line", url, env=client_env(url)) as child:
        yield Line(child, str(child.hear()["url"]))


@contextlib.contextmanager
def crowd(alarms: int) -> Iterator[str]:
    """A big account in a process of its own; its address."""
    with Child("bench.crowd", str(alarms), env=client_env("", CROWD_ENV)) as child:
        yield str(child.hear()["url"])


class LogServer:
    """A server whose one log group can be written to."""

    def __init__(self, child: Child, url: str) -> None:
        self._child = child
        self.url = url

    def write(self, text: str) -> None:
        """Put a line at the end of the group; returns when it is there."""
        self._child.ask({"write": text})


@contextlib.contextmanager
def log_server(lines: int) -> Iterator[LogServer]:
    """A log group with so many lines in a process of its own."""
    with Child("bench.log_server", str(lines), env=client_env("", CROWD_ENV)) as child:
        yield LogServer(child, str(child.hear()["url"]))


@contextlib.contextmanager
def platform() -> Iterator[str]:
    """The simulated TradAI platform in a process of its own; its address."""
    with DemoServer(env=DEMO_ENV, seed=SEED) as server:
        yield server.endpoint_url


def forget_own_settings() -> None:
    """In this process and its children the user's own settings of AWS, Python and the console play no part."""
    strange = (
        "AWS_",
        "TRADAI_CONSOLE_",
        "TEXTUAL",
        "NO_COLOR",
        "ENVIRONMENT",
        "PYTHONASYNCIO",
        "PYTHONDONTWRITE",
    )
    for name in [name for name in os.environ if name.startswith(strange)]:
        del os.environ[name]


def client_env(url: str, env: str = DEMO_ENV, home: Path | None = None) -> dict[str, str]:
    """The environment of a client of that address."""
    found = {**os.environ, **environ(url, env)}
    return {**found, "TRADAI_CONSOLE_HOME": str(home)} if home else found


def run_child(arguments: Sequence[str], env: Mapping[str, str], timeout_s: float) -> str:
    """A program's standard output. Raises BenchError if it fails or does not end in time."""
    try:
        done = subprocess.run(
            arguments, env=env, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{arguments[0]} did not end in {timeout_s:.0f} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BenchError(f"{' '.join(arguments[:4])} ended with {done.returncode}: {last}")
    return done.stdout
