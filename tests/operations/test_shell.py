"""A runbook's commands: only those that were shown and trusted, never a value's text, and nothing left behind."""

# ruff: noqa: ASYNC240 - the tests look for files beside the loop

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradai_console.errors import ChangeRefused
from tradai_console.operations.output import KEPT, LINE, Output
from tradai_console.operations.shell import Command, Outcome, environment, prepare, run
from tradai_console.operations.trust import Trust
from tradai_console.runbook.fences import read_shell
from tradai_console.runbook.model import Runbook
from tradai_console.runbook.variables import PATTERNS
from tradai_console.settings import Settings

CHANGES = Settings(env="prod", region="eu-central-1", allow_changes=True)
BOOK = Runbook("book", "Book", Path("/runbooks/book.md"), (), (), "a" * 64, shipped=True)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder with nothing in it, for a command to begin in."""
    found = tmp_path / "empty"
    found.mkdir()
    return found


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path / "trusted.json")


def command(text: str, variables: Mapping[str, str] | None = None, book: Runbook = BOOK) -> Command:
    return prepare(
        read_shell(text, 1), book, variables or {}, CHANGES, Trust(Path("/nonexistent/trusted.json"))
    )


async def execute(text: str, timeout_s: float = 10, **environ: str) -> Outcome:
    ready = command(text)
    assert ready.refused is None, ready.refused
    surroundings = {**os.environ, **environ}
    return await run(ready, CHANGES, confirmed=ready.digest, timeout_s=timeout_s, environ=surroundings)


async def test_command_runs_and_is_told_in_order(tmp_path: Path) -> None:
    """Both streams in their order, each line as it comes, the exit code at the end."""
    told: list[str] = []
    ready = command('echo one; echo two >&2; echo "$SERVICE"; exit 3', {"SERVICE": "mlflow"})
    outcome = await run(ready, CHANGES, confirmed=ready.digest, tell=told.append)
    assert outcome.lines == ("one", "two", "mlflow") == tuple(told)
    assert (outcome.code, outcome.ended, outcome.good) == (3, "", False)
    assert (await execute("true")).good
    assert (await execute("kill -9 $$")).code == 137


CANARY = "canary"
PAYLOADS = (
    "x; touch canary", "x && touch canary", "x | touch canary", "x & touch canary", "$(touch canary)", "`touch canary`",
    "x$(touch canary)", "\"; touch canary; \"", "'; touch canary; '", "x\ntouch canary", "x\rtouch canary", "${IFS}touch",
    "$(touch${IFS}canary)", "x || touch canary", "> canary", "x > canary", "<(touch canary)", "x\x00touch canary",
    "{touch,canary}", "x #\n touch canary", "\\$(touch canary)",
)  # fmt: skip
_LINES = (
    'printf \'%s\\n\' "$ALARM"; echo $ALARM; test -n "$ALARM" && echo ok; case $ALARM in x) echo x;; esac'
)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("name", ["ALARM", "SERVICE", "TEXT"])
async def test_hostile_value_is_never_run(payload: str, name: str, empty: Path) -> None:
    """The 21 payloads: refused by the kind's pattern, or handed over as a plain value; no canary in any case."""
    ready = command(_LINES.replace("ALARM", name), {name: payload})
    assert payload not in ready.text
    if ready.refused is None:
        assert ready.variables == {name: payload}
        outcome = await run(
            ready, CHANGES, confirmed=ready.digest, environ={**os.environ, "HOME": str(empty)}
        )
        assert outcome.lines[0] == payload
    else:
        assert name in ready.refused
    assert not (empty / CANARY).exists()
    assert list(empty.iterdir()) == []


_PIECES = st.sampled_from([*PAYLOADS, *"$()`'\"\\;|&><*~! a#-"])


@given(st.lists(_PIECES | st.text(max_size=6), max_size=6).map("".join), st.sampled_from(sorted(PATTERNS)))
@settings(max_examples=400, deadline=None)
def test_generated_values_never_reach_the_text(value: str, name: str) -> None:
    """Whatever the value, the command's text stays as it was written; what is handed over fits its pattern."""
    text = f'echo "${name}"'
    ready = command(text, {name: value})
    assert ready.text == text
    for kept in ready.variables.values():
        assert PATTERNS[name].fullmatch(kept)
        assert kept == value
        assert not kept.startswith(("-", "@", "file:"))
    assert ready.refused is not None or ready.variables == {name: value}


def test_five_thousand_values_never_reach_the_text() -> None:
    """The same for five thousand values put together at random."""
    rng = random.Random(11)
    pieces = [*PAYLOADS, *"$()`'\"\\;|&><*~! a#-", "aws", "i-0", "x" * 40, "é", "\x1b["]
    names = sorted(PATTERNS)
    for _ in range(5_000):
        name, value = rng.choice(names), "".join(rng.choices(pieces, k=rng.randint(1, 4)))
        ready = command(f'echo "${name}"', {name: value})
        assert ready.text == f'echo "${name}"'
        assert ready.refused is not None or ready.variables == {name: value}


@given(st.lists(_PIECES, min_size=1, max_size=5).map("".join))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_generated_values_never_run(empty: Path, value: str) -> None:
    """Values that their pattern lets pass are run with: they come out as they went in, and do nothing."""
    ready = command(_LINES, {"ALARM": value})
    if ready.refused is None:
        surroundings = {**os.environ, "HOME": str(empty)}
        outcome = asyncio.run(run(ready, CHANGES, confirmed=ready.digest, environ=surroundings))
        assert outcome.lines[0] == value
    assert list(empty.iterdir()) == []


async def test_read_only_copies_and_runs_nothing() -> None:
    """A console that may not change anything shows the text to copy, and starts no process."""
    quiet = Settings(env="prod")
    ready = prepare(read_shell("echo hi", 1), BOOK, {}, quiet, Trust(Path("/nonexistent")))
    assert ready.text == "echo hi"
    assert "read-only" in str(ready.refused)
    with pytest.raises(ChangeRefused):
        await run(replace(ready, refused=None), quiet, confirmed=ready.digest)


async def test_only_what_was_shown_runs() -> None:
    """Another text or another value than the confirmed one is refused, 200 times of 200."""
    ready = command('echo "$SERVICE"', {"SERVICE": "mlflow"})
    for number in range(100):
        changed = replace(ready, text=f"{ready.text} {number}")
        other = replace(ready, variables={"SERVICE": f"x{number}"})
        for wrong in (changed, other):
            with pytest.raises(ChangeRefused, match="not the one that was shown"):
                await run(wrong, CHANGES, confirmed=ready.digest)


@pytest.mark.parametrize(
    "text",
    [
        "echo \u202egnp",
        "echo \u200b",
        "еcho hi",
        "echo {{ service }}",
        "",
        "echo \x1b[2J",
        "echo \u00a0x",
        "rm ／tmp",
    ],
)
def test_text_that_looks_otherwise_than_it_is_never_runs(text: str) -> None:
    """Unseen characters, look-alikes and holes of other tools: it can be copied only."""
    assert command(text).refused is not None


def test_variable_without_a_value_is_named() -> None:
    """A command that lacks something says what; one that names a secret of ours lacks it."""
    assert "TASK has no value" in str(command('echo "$TASK"').refused)
    assert "SERVICE is none for it" in str(command('echo "$SERVICE"', {"SERVICE": "-x"}).refused)
    assert "AWS_SECRET_ACCESS_KEY has no value" in str(command("echo $AWS_SECRET_ACCESS_KEY").refused)
    assert command("echo $HOME").refused is None
    assert "ALB_DNS has no value" in str(command("curl $ALB_DNS").refused)


@pytest.mark.parametrize(
    "text",
    [
        "TASK_ARN=$(id)\necho $TASK_ARN",
        "for NAME in a b; do echo $NAME; done",
        "echo ${WHO:-nobody}",
        "read -r LINE\necho $LINE",
    ],
)
def test_variable_that_the_command_sets_itself_is_not_asked_for(text: str) -> None:
    """A command that fills its own variable runs: the team's documents do so."""
    assert command(text).refused is None


async def test_command_inherits_no_secret_and_no_terminal() -> None:
    """Of forty planted secrets none is seen; there is no terminal, and standard input ends at once."""
    planted = {f"PLANTED_TOKEN_{number}": f"canary{number}" for number in range(37)}
    planted |= {
        "AWS_SECRET_ACCESS_KEY": "canaryA",
        "AWS_SESSION_TOKEN": "canaryB",
        "HTTPS_PROXY": "http://u:canaryC@p",
    }
    ready = command("env; tr '\\0' '\\n' < /proc/$PPID/environ")
    outcome = await run(ready, CHANGES, confirmed=ready.digest, environ={**os.environ, **planted})
    told = "\n".join(outcome.lines)
    assert "canary" not in told
    assert "PATH=" in told
    outcome = await execute("cat; echo end; : < /dev/tty")
    assert outcome.lines[0] == "end"
    assert outcome.code != 0


def test_environment_says_where_aws_is() -> None:
    """Profile, region and endpoint of this console hold for the command; a variable cannot change PATH."""
    chosen = Settings(env="prod", region="eu-west-1", profile="tradai", endpoint_url="http://127.0.0.1:1")
    found = environment({"SERVICE": "x", "PATH": "/evil"}, chosen, {"PATH": "/bin", "EDITOR": "vi"})
    assert found["PATH"] == "/bin"
    assert (found["AWS_PROFILE"], found["AWS_REGION"], found["AWS_ENDPOINT_URL"]) == (
        "tradai",
        "eu-west-1",
        "http://127.0.0.1:1",
    )
    assert "EDITOR" not in found


def test_trust_is_bound_to_the_file_as_it_is(trust: Trust, tmp_path: Path) -> None:
    """A user's file runs after somebody trusts it; changed by a byte it has to be trusted again."""
    mine = replace(BOOK, shipped=False, path=tmp_path / "mine.md")
    block = read_shell("echo hi", 1)
    first = prepare(block, mine, {}, CHANGES, trust)
    assert "trusted mine.md" in str(first.refused)
    assert first.asks_trust
    trust.grant(mine, "jm", datetime(2026, 1, 1, tzinfo=UTC))
    assert prepare(block, mine, {}, CHANGES, trust).refused is None
    assert prepare(block, replace(mine, sha256="b" * 64), {}, CHANGES, trust).refused is not None
    locked = replace(mine, untrusted="others may write this file")
    assert prepare(block, locked, {}, CHANGES, trust).refused == "others may write this file"
    with pytest.raises(ChangeRefused):
        trust.grant(locked, "jm", datetime(2026, 1, 1, tzinfo=UTC))
    (tmp_path / "trusted.json").chmod(0o666)
    assert not trust.trusts(mine)
    (tmp_path / "trusted.json").write_text("not JSON")
    assert not trust.trusts(mine)


HOSTILE = {
    "flood": ("yes 98765.{n}", 3.0),
    "ignores TERM": ("trap '' TERM; sleep 98765.{n} & while :; do sleep 0.1; done", 0.5),
    "own session": (
        "setsid sleep 98765.{n} & setsid bash -c 'setsid sleep 98765.{n} & sleep 98765.{n}' & echo gone",
        3.0,
    ),
    "long line": ("head -c 200000 /dev/zero | tr '\\0' x; echo; echo after", 5.0),
    "closed output": ("exec >&- 2>&-; sleep 98765.{n}", 0.5),
    "reads input": ("cat; read line; sleep 98765.{n}", 0.5),
    "forks": ("for i in $(seq 50); do (sleep 98765.{n} &) ; done; sleep 98765.{n}", 1.0),
    "a gigabyte": ("head -c 1073741824 /dev/zero", 5.0),
    "kills its supervisor": ("sleep 98765.{n} & kill -9 $PPID; sleep 98765.{n}", 0.5),
    "no environment": ("env -i setsid bash -c 'sleep 98765.{n}' & disown; sleep 98765.{n}", 0.5),
}


def _left(token: str) -> list[str]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        if token in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(line)
    return found


@pytest.mark.early
@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_program_ends_in_time_and_leaves_nobody(name: str) -> None:
    """Whatever it does, it is over by its limit and 7 s, no process of it is left, and little of it is kept."""
    text, limit = HOSTILE[name]
    token = f"98765.{os.getpid()}{list(HOSTILE).index(name)}"
    memory = psutil.Process().memory_info().rss
    began = time.monotonic()
    outcome = await execute(text.replace("98765.{n}", token), timeout_s=limit)
    assert time.monotonic() - began < limit + 7.5
    assert _left(token) == []
    assert sum(len(line) + 1 for line in outcome.lines) <= KEPT + 100
    assert psutil.Process().memory_info().rss - memory < 24 * 1024 * 1024
    if name == "long line":
        assert outcome.lines[-1] == "after"
        assert outcome.lines[0].endswith(" bytes")
        assert len(outcome.lines[0]) <= LINE
    elif name in ("flood", "a gigabyte"):
        assert outcome.ended
    elif name == "own session":
        assert (outcome.code, outcome.lines) == (0, ("gone",))


async def test_leaving_the_console_ends_the_command() -> None:
    """Cancelled in the middle, the command and its children are gone."""
    token = f"98764.{os.getpid()}"
    work = asyncio.create_task(execute(f"setsid sleep {token} & sleep {token}"))
    async with asyncio.timeout(10):
        while len(_left(f"sleep {token}")) < 2:  # noqa: ASYNC110 - a condition of the system's
            await asyncio.sleep(0.02)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert _left(token) == []


async def test_without_bash_the_plain_shell_does() -> None:
    """A machine that has no bash runs the command all the same."""
    outcome = await execute("echo hi", PATH="/nonexistent")
    assert (outcome.code, outcome.lines) == (0, ("hi",))


def test_output_keeps_its_beginning_and_its_end() -> None:
    """Of much, the first and the last lines; what is between is counted."""
    output = Output()
    for number in range(100_000):
        output.take(f"line {number}\n".encode())
    lines = output.lines()
    assert lines[0] == "line 0"
    assert lines[-1] == "line 99999"
    left_out = next(line for line in lines if line.startswith("…"))
    assert len(lines) - 1 + int(left_out.split()[1]) == 100_000


def test_secrets_cut_at_any_border_are_redacted() -> None:
    """A secret that arrives in two chunks, wherever it is cut, or is cut by the line's bound, is not shown."""
    line = b"x password=hunter22zz AKIAIOSFODNN7EXAMPLE Authorization: Bearer abcdef0123456789\n"
    for border in range(len(line)):
        output = Output()
        output.take(line[:border])
        output.take(line[border:])
        told = "\n".join(output.lines())
        assert "hunter22" not in told
        assert "IOSFODNN7" not in told
        assert "abcdef012345" not in told
    output = Output()
    output.take(
        b"y" * (LINE - 60) + b" password=" + b"hunter22" * 30 + b" z" * 40_000 + b"\n\x1b[2Jnext \xff\n"
    )
    told = "\n".join(output.lines())
    assert "hunter22" not in told
    assert "\x1b" not in told
    assert output.lines()[1].startswith("␛[2Jnext")
