"""The program as a person or a script starts it: a process, its words, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import never
from tests.watching import until
from tradai_console.start import main

PROGRAM = [sys.executable, "-m", "tradai_console"]
NOWHERE = "http://127.0.0.1:9"


def run(
    *arguments: str, environ: Mapping[str, str] = {}, **variables: str
) -> subprocess.CompletedProcess[str]:
    """The program run to its end, in the test's environment with these variables."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        env={**os.environ, **environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


Here = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The same program in this process, for what does not hang on being a process: its start takes a second."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["tradai-console", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(sys.argv, ended.value.code, printed.out, printed.err)

    return run


def no_traceback(done: subprocess.CompletedProcess[str]) -> None:
    assert "Traceback" not in done.stderr + done.stdout, done.stderr


def test_status_of_the_simulated_platform(line: FaultProxy) -> None:
    """`AWS_ENDPOINT_URL`, `AWS_REGION` alone and `ENVIRONMENT` are all it needs; one JSON document comes out."""
    done = run("status", "--json", AWS_ENDPOINT_URL=line.url, AWS_REGION="eu-central-1", ENVIRONMENT="prod")
    found = json.loads(done.stdout)
    assert done.returncode in (0, 1), done.stderr
    assert (found["environment"], found["region"], found["account"]) == (
        "prod",
        "eu-central-1",
        "123456789012",
    )
    assert {source["state"] for source in found["sources"].values()} <= {"live", "slow"}
    assert {call.region for call in line.calls} == {"eu-central-1"}
    assert done.stderr == ""


def test_the_region_is_eu_central_1_if_nothing_says_otherwise(here: Here, line: FaultProxy) -> None:
    """And the option wins over the variable."""
    here("status", "--env", "prod", AWS_ENDPOINT_URL=line.url)
    assert {call.region for call in line.calls} == {"eu-central-1"}
    line.forget_calls()
    here(
        "status", "--env", "prod", "--region", "eu-west-1", AWS_ENDPOINT_URL=line.url, AWS_REGION="us-east-1"
    )
    assert {call.region for call in line.calls} == {"eu-west-1"}


def test_an_aws_that_is_not_there(here: Here) -> None:
    """Refused at once: every source unreachable, exit 2, no traceback."""
    done = here("status", "--json", "--env", "prod", AWS_ENDPOINT_URL=NOWHERE)
    assert done.returncode == 2
    assert {one["state"] for one in json.loads(done.stdout)["sources"].values()} == {"unreachable"}
    no_traceback(done)


@pytest.mark.early
def test_a_black_hole_is_answered_within_twenty_seconds(line: FaultProxy) -> None:
    """From the start of the process to its end, whatever AWS does."""
    with line.fault(never()):
        began = time.monotonic()
        done = run("status", "--env", "prod", AWS_ENDPOINT_URL=line.url)
        assert time.monotonic() - began < 20
    assert done.returncode == 2
    assert "unreachable" in done.stdout
    no_traceback(done)


UNUSABLE: Mapping[str, tuple[list[str], dict[str, str], str]] = {
    "no environment": ([], {}, "--env prod"),
    "a bad environment": (["--env", "a b"], {}, "one word"),
    "a bad region": (["--env", "prod"], {"AWS_REGION": "Frankfurt"}, "eu-central-1"),
    "a bad URL": (["--env", "prod"], {"AWS_ENDPOINT_URL": "127.0.0.1:5000"}, "http://127.0.0.1:5000"),
    "plain http elsewhere": (["--env", "prod"], {"AWS_ENDPOINT_URL": "http://10.0.0.1"}, "https"),
    "an unknown profile": (["--env", "prod", "--profile", "nobody"], {}, "nobody"),
    "a missing file": (["--env", "prod", "--config", "nowhere.toml"], {}, "nowhere.toml"),
    "a bad number": (["--env", "prod"], {"TRADAI_CONSOLE_QUOTA_SHARE": "7"}, "quota_share"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_wrong_configuration_is_a_sentence_and_exit_3(here: Here, case: str) -> None:
    """One line on standard error that says what to write instead."""
    arguments, environ, said = UNUSABLE[case]
    done = here("status", *arguments, **environ)
    assert done.returncode == 3
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_no_credentials_are_exit_3(here: Here, line: FaultProxy, no_keys: None) -> None:
    """Every source says what to do, and nothing was sent."""
    done = here("status", "--env", "prod", AWS_ENDPOINT_URL=line.url)
    assert done.returncode == 3
    assert "aws sso login" in done.stdout
    assert line.count() == 0


@pytest.mark.parametrize(
    "arguments", [("status", "--json"), ("iam-policy",), ("doctor",), ("status", "--watch")]
)
def test_a_closed_pipe_is_no_error(line: FaultProxy, arguments: tuple[str, ...]) -> None:
    """Whoever reads may stop reading: exit 0, and not a word about it."""
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(
        [*PROGRAM, *arguments, "--env", "prod"],
        env={**os.environ, "AWS_ENDPOINT_URL": line.url},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writer)
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(30) == 0, said
    assert said == ""


def test_a_watch_reads_again_and_ends_on_an_interrupt(line: FaultProxy) -> None:
    """ctrl+c ends it with the last reading's exit code, and without a word."""
    with subprocess.Popen(
        [*PROGRAM, "status", "--json", "--watch", "--env", "prod"],
        env={**os.environ, "AWS_ENDPOINT_URL": line.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=30)
    assert (out, said) == ("", "")
    assert process.returncode == (1 if any(one["state"] == "firing" for one in first["alerts"]) else 0)


@pytest.mark.parametrize("watch", [(), ("--watch",)])
def test_an_interrupt_while_reading_is_quiet(line: FaultProxy, watch: tuple[str, ...]) -> None:
    """In the middle of a reading that hangs, too: soon, no traceback, and never the code for "firing"."""
    with (
        line.fault(never()),
        subprocess.Popen(
            [*PROGRAM, "status", "--env", "prod", *watch],
            env={**os.environ, "AWS_ENDPOINT_URL": line.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        until(line.count, 30)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=30)
    assert "Traceback" not in said
    assert process.returncode == (2 if watch else 130)
    assert out == ""


def test_a_terminal_without_utf_8_gets_its_answer(line: FaultProxy) -> None:
    """Signs that it cannot draw are spelt, not fatal."""
    done = run("doctor", "--env", "prod", AWS_ENDPOINT_URL=line.url, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok account 123456789012" in done.stdout
    no_traceback(done)


def test_the_policies_are_json(here: Here) -> None:
    """Reads for `iam-policy`; with `--changes` what the actions need; both without AWS."""
    reads = json.loads(here("iam-policy", "--env", "prod").stdout)
    changes = json.loads(here("iam-policy", "--env", "prod", "--changes", "--account", "123456789012").stdout)
    granted = [action for one in reads["Statement"] if one["Effect"] == "Allow" for action in one["Action"]]
    assert "cloudwatch:DescribeAlarms" in granted
    changing = (
        "Update",
        "Put",
        "Delete",
        "Create",
        "Modify",
        "Terminate",
        "Reboot",
        "Stop",
        "Start",
        "Invoke",
    )
    others = {one for one in granted if one.partition(":")[2].startswith(changing)}
    # A query and a tail are started to read logs; messages are taken from the operator's own queue.
    assert {one.partition(":")[0] for one in others} <= {"logs", "sqs"}
    assert "123456789012" in json.dumps(changes)


def test_the_console_needs_a_terminal(here: Here) -> None:
    """In a pipe it says which command is meant for pipes."""
    done = here("--env", "prod")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert "status --json" in done.stderr


def test_help_names_every_command(here: Here) -> None:
    """And a wrong option is no traceback."""
    done = here("--help")
    assert done.returncode == 0
    for command in ("status", "doctor", "demo", "iam-policy"):
        assert command in done.stdout
    wrong = here("status", "--jsno")
    assert wrong.returncode != 0
    no_traceback(wrong)


@pytest.mark.early
def test_the_simulation_prints_only_exports_and_serves_until_it_is_told() -> None:
    """`eval` of its output is safe; SIGTERM, as SIGINT, ends it with 0."""
    with subprocess.Popen(
        [*PROGRAM, "demo", "--serve", "--seed", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "AWS_ENDPOINT_URL" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended"
        process.send_signal(signal.SIGTERM)
        rest, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert all(one.startswith(("export ", "#")) for one in [*lines, *rest.splitlines()])
    assert "Traceback" not in said
