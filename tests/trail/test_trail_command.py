"""`trail ID` in the pipe: JSON a line, a story for a person, exit codes, and an end that is clean."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny, only
from tests.trail.conftest import Played, PlayedClock
from tradai_console.demo.behaviour import logs as levers
from tradai_console.settings import Settings
from tradai_console.trail.ids import UnusableIdError
from tradai_console.trail_command import run_trail

pytestmark = pytest.mark.xdist_group("trail")

SERVICES = "/ecs/tradai/prod/services"
KEYS = {
    "kind", "time", "ingested_at", "group", "stream", "service", "level", "logger", "message", "event_id", "ids", "late",
}  # fmt: skip
OWN_KEYS = {
    "log": set(),
    "execution": {"status", "execution_arn", "state_name", "minor"},
    "state": {"status", "table", "row"},
    "task": {"status", "task_id"},
}


def trail(url: str, wanted: str, **given: Any) -> tuple[int, str]:
    """The exit code and standard output of the command."""
    out = io.StringIO()
    settings = Settings(env="prod", region="eu-central-1", endpoint_url=url, quota_share=1)
    return run_trail(settings, wanted=wanted, out=out, clock=PlayedClock(), **given), out.getvalue()


def test_json_has_the_contracts_keys(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line, in one order of time, each piece once, each with its kind's own keys and nothing on the side."""
    job = played.job()
    code, text = trail(played.url, job["trace_id"], as_json=True)
    found = [json.loads(line) for line in text.splitlines()]
    assert code == 0
    assert capsys.readouterr().err == ""
    assert {one["kind"] for one in found} == {"log", "execution", "state", "task"}
    for one in found:
        assert one.keys() - {"part_of", "first_error"} == KEYS | OWN_KEYS[one["kind"]]
    assert [one["time"] for one in found] == sorted(one["time"] for one in found)
    assert len({one["event_id"] for one in found}) == len(found)
    row = next(one["row"] for one in found if one["kind"] == "state")
    assert (row["job_id"], row["trace_id"]) == (job["job_id"], job["trace_id"])
    assert {one["task_id"] for one in found if one["kind"] == "task"} == {
        job["ecs_task_arn"].rpartition("/")[2]
    }
    assert {one["execution_arn"] for one in found if one["kind"] == "execution"} == {job["execution_arn"]}


def test_text_is_a_story(played: Played) -> None:
    """The sum on top, a letter a service, a sign at each hop, silences between; the first error is marked; no colour."""
    now, mine = played.story.time.time(), "bt-cafe00000021"
    said = [
        (0, "backend-api", f"[x][backend.A][INFO] - accepted job_id={mine}"),
        (9, "strategy-service", f"[x][strategy.B][ERROR] - no config for job_id={mine} \x1b[31m[/red]"),
        (9.5, "strategy-service", f"[x][strategy.B][ERROR] - gave up job_id={mine}"),
    ]
    for after, service, text in said:
        levers.write(SERVICES, f"{service}/{service}/77", [text], at=now - 60 + after)
    code, text = trail(played.url, mine, groups=[SERVICES])
    lines = text.splitlines()
    assert code == 0
    assert lines[0].startswith(
        f"{mine}: 3 pieces of 2 services in 9.5 s, first error in strategy-service at "
    )
    assert re.fullmatch(r"--- \d{4}-\d\d-\d\d", lines[1])
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3}Z   B backend-api +INFO +backend.A accepted", lines[2])
    assert lines[3].strip() == ". 9 s of silence"
    assert " > S strategy-service" in lines[4]
    assert "first error strategy.B no config" in lines[4]
    assert "first error" not in lines[5]
    assert all(line.isprintable() for line in lines)


def test_partial_and_refused(played: Played, wire: FaultProxy, capsys: pytest.CaptureFixture[str]) -> None:
    """A part that is refused is said and ends with 2, the rest is printed; a named group that is not there, or an id that is
    none, ends with a sentence; an id that nobody knows is no failure."""
    wire.clear()
    job = played.job()
    wire.inject(only(deny(), '"/ecs/tradai/prod"'), service="logs")
    code, text = trail(wire.url, job["job_id"], as_json=True)
    wire.clear()
    said = capsys.readouterr().err
    assert code == 2
    assert "/ecs/tradai/prod could not be read: logs:FilterLogEvents" in said
    assert {json.loads(line)["kind"] for line in text.splitlines()} == {"log", "execution", "state", "task"}

    assert trail(played.url, job["job_id"], groups=["/no/such"]) == (2, "")
    assert "the log group /no/such does not exist" in capsys.readouterr().err
    assert trail(played.url, "bt-999999999999", groups=[SERVICES], since="5m") == (0, "")
    assert "nothing was found of bt-999999999999" in capsys.readouterr().err
    with pytest.raises(UnusableIdError):
        trail(played.url, "\x00")


@pytest.mark.usefixtures("no_keys")
def test_nobody_is_logged_in(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    """Without credentials nothing can be read: that is said once, and nothing is claimed of what was not read."""
    assert trail(played.url, "bt-0123456789ab") == (2, "")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "no credentials" in said[0]
    assert said[1].endswith("in what could be read")


def test_a_wide_search_is_weighed_first(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    """What it reads and costs is said; without an answer, or beyond the bound, nothing is searched; then it finds the same
    lines as the search group by group, each once."""
    job = played.job()
    assert trail(played.url, job["job_id"], wide=True) == (2, "")
    said = capsys.readouterr().err
    assert re.search(r"reads about 0\.\d\d GB in \d+ groups, about \$0\.00\n", said)
    assert "--most-gb" in said
    assert trail(played.url, job["job_id"], wide=True, most_gb=0.0) == (2, "")
    assert "more than --most-gb 0" in capsys.readouterr().err

    def contents(text: str) -> list[tuple[str, str, str]]:
        found = [json.loads(line) for line in text.splitlines()]
        return sorted((one["time"], str(one["stream"]), one["message"]) for one in found)

    code, text = trail(played.url, job["job_id"], wide=True, most_gb=1.0, as_json=True)
    assert code == 0
    assert contents(text) == contents(trail(played.url, job["job_id"], as_json=True)[1])
    assert trail(played.url, job["job_id"], wide=True, most_gb=1.0, groups=["/no/such"])[0] == 2


COMMAND = """
import sys
from tradai_console.settings import Settings
from tradai_console.trail_command import run_trail
settings = Settings(env="prod", region="eu-central-1", endpoint_url=sys.argv[1])
sys.exit(run_trail(settings, wanted=sys.argv[2], follow=True, groups=["/ecs/tradai/prod/services"], as_json=True))
"""


@contextmanager
def following(url: str, wanted: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, url, wanted],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ), text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_follow_and_interrupt(played: Played) -> None:
    """What comes after the past is printed as it comes, also by an id that only then was heard of; ctrl+c ends it with 0."""
    now, mine, other = played.story.time.time(), "bt-cafe00000031", "11111111-2222-4333-8444-0000000000a1"
    levers.write(SERVICES, "backend-api/backend-api/78", [f"[x][a.A][INFO] - first job_id={mine}"], at=now)
    with following(played.url, mine) as process:
        assert process.stdout is not None
        assert "first" in json.loads(process.stdout.readline())["message"]
        for text in (f"second job_id={mine} correlation_id={other}", f"third correlation_id={other}"):
            levers.write(SERVICES, "backend-api/backend-api/78", [f"[x][a.A][INFO] - {text}"], at=now + 1)
        came = [json.loads(process.stdout.readline())["message"].split()[0] for _ in range(2)]
        assert sorted(came) == ["second", "third"]
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=30)
        assert (process.returncode, words) == (0, "")


def test_a_reader_that_goes_away(played: Played) -> None:
    """A closed pipe ends it with 0 and no words, also while there is nothing to print."""
    now, mine = played.story.time.time(), "bt-cafe00000041"
    levers.write(SERVICES, "backend-api/backend-api/79", [f"[x][a.A][INFO] - only job_id={mine}"], at=now)
    with following(played.url, mine) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""
        process.stdout = process.stderr = None
