"""`tail` in the pipe, on the demo's platform: JSON a line, exit codes, and an end that is clean."""

from __future__ import annotations

import array
import fcntl
import io
import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.logs.clocks import START, LeapClock
from tests.logs.conftest import aws_environment
from tradai_console.demo import behaviour, world
from tradai_console.demo.behaviour import logs as levers
from tradai_console.demo.server import serve_in_thread
from tradai_console.errors import SettingsError
from tradai_console.logs.places import service_sources
from tradai_console.pipe import parse_since
from tradai_console.platform import load_platform
from tradai_console.settings import Settings
from tradai_console.tail_command import run_tail

pytestmark = pytest.mark.xdist_group("tail-command")  # one platform for all of them

SERVICES = "/ecs/tradai/prod/services"
KEYS = {
    "time", "ingested_at", "group", "stream", "service", "level", "logger", "message", "event_id", "ids", "late",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The demo's platform with an hour of its past, in prod; and the address."""
    with pytest.MonkeyPatch.context() as patch:
        aws_environment(patch, Path("/nonexistent"))
        endpoint_url, stop = serve_in_thread()
        assert requests.post(f"{endpoint_url}/moto-api/reset", timeout=10).ok
        world.build(endpoint_url, env="prod", seed=3)
        yield endpoint_url
        stop()


class Hurried(LeapClock):
    """The machine's time of day, and no waiting: the quota's second a group passes at once."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def tail(url: str, **given: Any) -> tuple[int, str]:
    """The exit code and standard output of the command."""
    out = io.StringIO()
    settings = Settings(env=given.pop("env", "prod"), region="eu-central-1", endpoint_url=url)
    return run_tail(settings, out=out, **given), out.getvalue()


def objects(text: str) -> list[dict[str, Any]]:
    """Each line of the output as an object."""
    return [json.loads(line) for line in text.splitlines()]


def test_json_has_the_contracts_keys(demo: str) -> None:
    """Every line is one object with the same keys; times are UTC and in order; nothing comes twice."""
    code, text = tail(demo, since="20m", groups=[SERVICES], as_json=True)
    found = objects(text)
    assert code == 0
    assert len(found) > 100
    assert all(one.keys() - {"part_of"} == KEYS for one in found)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one["time"]) for one in found)
    assert [one["time"] for one in found] == sorted(one["time"] for one in found)
    assert len({one["event_id"] for one in found}) == len(found)
    assert {"backend-api", "strategy-service", "data-collection", "mlflow"} == {
        one["service"] for one in found
    }
    assert {"INFO", "DEBUG"} <= {one["level"] for one in found}


def test_one_service_and_one_text(demo: str) -> None:
    """`--service` and `--filter` leave out the rest; a function is a service too."""
    _, text = tail(
        demo, since="1h", service="strategy-service", groups=[SERVICES], text="GET /api", as_json=True
    )
    found = objects(text)
    assert found
    assert {one["service"] for one in found} == {"strategy-service"}
    assert all("GET /api" in one["message"] for one in found)
    _, text = tail(demo, since="1h", service="health-check", as_json=True)
    assert {one["group"] for one in objects(text)} == {"/aws/lambda/tradai-health-check-prod"}


def test_an_id_with_its_traceback(demo: str) -> None:
    """`tail ID` shows the lines that hold it, the traceback under its line, and nothing else."""
    wanted = "11111111-2222-4333-8444-555555555555"
    lines = [
        f"[2026-01-01 03:12:00,000][backend.BacktestService][ERROR] - refused correlation_id={wanted}",
        "Traceback (most recent call last):",
        '  File "/app/backend/a.py", line 87, in submit',
        "ValueError: no",
    ]
    now = behaviour.clock().time()
    for number, line in enumerate(lines):
        levers.write(SERVICES, "backend-api/backend-api/9", [line], at=now - 60 + number / 1000)
    levers.write(SERVICES, "backend-api/backend-api/9", ["[x][y.Z][INFO] - of another"], at=now - 59.99)
    code, text = tail(demo, wanted=wanted, service="backend-api", since="30m", as_json=True)
    found = objects(text)
    assert code == 0
    assert len(found) == 4
    assert wanted in found[0]["ids"]
    assert [one.get("part_of") for one in found] == [None, *[found[0]["event_id"]] * 3]
    assert {one["level"] for one in found} == {"ERROR"}


def test_text_is_safe_and_without_colour_in_a_pipe(demo: str) -> None:
    """What a line holds cannot reach the terminal; no escape is written where nobody asked for colour."""
    levers.write(
        "/ecs/tradai/prod", "strategy/strategy/t", ["evil \x1b[31m \x9b \u202e [/red]", "x" * 70_000]
    )
    code, text = tail(demo, since="5m", groups=["/ecs/tradai/prod"])
    assert code == 0
    assert "evil ␛[31m <9B> <202E> [/red]" in text
    assert all(line.isprintable() for line in text.splitlines())
    assert re.search(r"x \+\d+ bytes$", text, re.MULTILINE)


@pytest.mark.parametrize("follow", [False, True])
def test_an_unknown_group_is_said_aloud(demo: str, capsys: pytest.CaptureFixture[str], follow: bool) -> None:
    """A named group that is not there ends the command with 2 and a sentence, followed or not."""
    code, _ = tail(demo, groups=[SERVICES, "/no/such/group"], follow=follow)
    assert code == 2
    assert "/no/such/group does not exist" in capsys.readouterr().err


def test_all_groups_of_the_platform(demo: str) -> None:
    """Without a group the platform's groups that exist are read: services, tasks and functions in one order."""
    _, text = tail(demo, since="2m", as_json=True, text="RequestId", clock=Hurried())
    groups = {one["group"] for one in objects(text)}
    assert groups
    assert all(group.startswith("/aws/lambda/tradai-") for group in groups)


def test_since_that_is_no_time() -> None:
    """A span or a moment is understood; anything else is said with what is allowed."""
    assert (START - parse_since("90m", START)).total_seconds() == 5_400
    assert parse_since("2026-01-01T03:00", START) == START
    for text in ("soon", "-5m", "99999999999999d", ""):
        with pytest.raises(SettingsError, match="30m"):
            parse_since(text, START)


def test_services_and_their_places() -> None:
    """A service under two names is read by what both begin with, a function in its own group, a task by its container."""
    platform = load_platform("prod")
    groups = (SERVICES, "/ecs/tradai/prod", "/aws/lambda/tradai-drift-monitor-prod")
    backend = service_sources(platform, "backend-api", groups)
    assert [(one.group, one.stream_prefix) for one in backend] == [
        (SERVICES, "backend-api"), (SERVICES, "backend"), ("/ecs/tradai/prod", ""),
    ]  # fmt: skip
    assert [one.group for one in service_sources(platform, "drift-monitor", groups)] == [groups[2]]


FULL = 65_536
"""Bytes that a pipe takes."""

COMMAND = """
import sys
from tradai_console.settings import Settings
from tradai_console.tail_command import run_tail
settings = Settings(env="prod", region="eu-central-1", endpoint_url=sys.argv[1])
sys.exit(run_tail(settings, follow=True, since="1m", groups=["/ecs/tradai/prod/services"], text=sys.argv[2] or None))
"""


def start(url: str, text: str = "") -> subprocess.Popen[str]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, url, text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
        text=True,
    )


def test_follow_and_interrupt(demo: str) -> None:
    """A line that is written while the tail follows is printed within seconds; ctrl+c ends it with 0 and no words."""
    levers.write(SERVICES, "mlflow/mlflow/1", ["the first line"])
    process = start(demo, "line")
    assert process.stdout is not None
    assert "the first line" in process.stdout.readline()
    levers.write(SERVICES, "mlflow/mlflow/1", ["the line after"], at=time.time())
    began = time.monotonic()
    assert "the line after" in process.stdout.readline()
    assert time.monotonic() - began < 30
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=30)
    assert process.returncode == 0
    assert words == ""


def test_interrupted_while_nobody_reads(demo: str) -> None:
    """A pipe that is full does not hold ctrl+c up: it ends with 0, though what was being written has nowhere to go."""
    for number in range(30):
        levers.write(SERVICES, "mlflow/mlflow/1", [f"full {number} {'x' * 8_000}"])
    process = start(demo, "full")
    assert process.stdout is not None
    waiting = array.array("i", [0])
    while waiting[0] < FULL:
        fcntl.ioctl(process.stdout, termios.FIONREAD, waiting)
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    process.communicate()


def test_a_reader_that_goes_away(demo: str) -> None:
    """A closed pipe ends it with 0 and no words, at once, also while there is nothing to print."""
    levers.write(SERVICES, "mlflow/mlflow/1", ["one needle"])
    process = start(demo, "needle")
    assert process.stdout is not None
    assert process.stderr is not None
    assert "needle" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=30) == 0
    assert process.stderr.read() == ""
    process.stderr.close()
