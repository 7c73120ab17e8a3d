"""A runbook's `sh` block: run as it stands, with variables as environment, watched, bounded, and left by nothing.

What is shown is what runs: the text is fixed by a digest, and values never become part of it. The command gets a
short list of environment variables, no terminal, no standard input, and a time limit.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tradai_console.errors import ChangeRefused
from tradai_console.operations.output import Output
from tradai_console.operations.trust import Trust
from tradai_console.runbook.arguments import with_aliases
from tradai_console.runbook.model import Runbook, Shell
from tradai_console.settings import Settings
from tradai_console.text import hidden, plain

TIMEOUT_S: Final = 60.0
GRACE_S: Final = 7.0
"""After the time limit: 5 s from TERM to KILL, and a little."""
FLOOD: Final = 64 * 1024 * 1024
"""Bytes after which a command is ended, however little of them is kept."""

_PASSED: Final = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SHELL"),
    *(
        "AWS_PROFILE",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ),
    "AWS_EC2_METADATA_DISABLED",
)
"""What a command inherits. Keys, tokens and proxies with passwords are not among them: it logs in by profile."""

_SET: Final = {"TERM": "dumb", "NO_COLOR": "1", "PAGER": "cat", "AWS_PAGER": "", "GIT_TERMINAL_PROMPT": "0"}
_SHELLS_OWN: Final = frozenset(
    {
        "PPID",
        "PWD",
        "OLDPWD",
        "UID",
        "EUID",
        "RANDOM",
        "SECONDS",
        "LINENO",
        "HOSTNAME",
        "IFS",
        "REPLY",
        "BASHPID",
    }
)
_MARKER: Final = "TRADAI_CONSOLE_RUN"
_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True)
class Command:
    """A block ready to be shown and, if nothing speaks against it, to be run."""

    text: str
    """To be copied; and, if it is run, run exactly so."""
    shown: tuple[str, ...]
    """The same, as it may be drawn."""
    variables: Mapping[str, str] = field(hash=False)
    """What the command gets besides its surroundings."""
    digest: str
    """Of text and variables: what is confirmed is this."""
    refused: str | None = None
    """Why it can only be copied; None if it may run."""
    asks_trust: bool = False
    """It may run once somebody trusts the file: `Trust.grant`."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int | None
    """Its exit code, 128 + N for signal N; None if nobody knows."""
    lines: tuple[str, ...]
    """What it said, both streams in order, without secrets, drawable and bounded."""
    took_s: float
    ended: str = ""
    """Why it was ended: `after 60 s`, `it flooded its output`; empty if it ended by itself."""

    @property
    def good(self) -> bool:
        return self.code == 0 and not self.ended


def prepare(
    block: Shell, runbook: Runbook, variables: Mapping[str, str], settings: Settings, trust: Trust
) -> Command:
    """The block with what it needs. Never raises: what speaks against running it is `refused`."""
    known = with_aliases(variables)
    used = {name: known[name] for name in block.variables if name in known}
    trusted = trust.trusts(runbook)
    refused = _refusal(block, runbook, variables, used, settings) or (
        None if trusted else f"nobody has trusted {runbook.path.name} as it is now: read it, then trust it"
    )
    return Command(
        text=block.text,
        shown=tuple(plain(line) for line in block.text.splitlines()),
        variables=used,
        digest=digest(block.text, used),
        refused=refused,
        asks_trust=not trusted and _refusal(block, runbook, variables, used, settings) is None,
    )


def digest(text: str, variables: Mapping[str, str]) -> str:
    """What stands for a command and its variables."""
    return hashlib.sha256(json.dumps([text, sorted(variables.items())]).encode()).hexdigest()


async def run(
    command: Command,
    settings: Settings,
    *,
    confirmed: str,
    tell: Callable[[str], None] | None = None,
    timeout_s: float = TIMEOUT_S,
    environ: Mapping[str, str] = os.environ,
) -> Outcome:
    """Run it; `confirmed` is the digest of what was shown, `tell` gets each line as it comes.

    Ends within `timeout_s` + 7 s, and leaves no process behind. Raises ChangeRefused where nothing was started.
    Cancelling it ends the command too.
    """
    if not settings.allow_changes:
        raise ChangeRefused("this console is read-only: the command can be copied, not run")
    if command.refused is not None:
        raise ChangeRefused(command.refused)
    if not confirmed == command.digest == digest(command.text, command.variables):
        raise ChangeRefused("the command is not the one that was shown: look at it again")
    shell = shutil.which("bash", path=environ.get("PATH")) or "/bin/sh"
    options = ["--noprofile", "--norc"] if shell.endswith("bash") else []
    marker = secrets.token_hex(16)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(_SUPERVISOR), shell, *options, "-c", command.text),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        env=environment(command.variables, settings, environ) | {_MARKER: marker},
        cwd=environ.get("HOME") if Path(environ.get("HOME", "/nonexistent")).is_dir() else "/",  # noqa: ASYNC240
    )
    began = time.monotonic()
    output = Output(tell)
    ended = ""
    try:
        async with asyncio.timeout(timeout_s):
            ended = await _read(process, output)
    except TimeoutError:
        ended = f"after {timeout_s:.0f} s"
    finally:
        # Shielded: a console that is being left must not leave the command behind.
        code = await asyncio.shield(asyncio.ensure_future(_end(process, output, marker)))
    return Outcome(code, output.lines(), time.monotonic() - began, ended)


def environment(
    variables: Mapping[str, str], settings: Settings, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """All that a command gets: a short list of what we have, where AWS is, and the step's variables."""
    found = {name: environ[name] for name in _PASSED if name in environ} | _SET
    if settings.region:
        found |= {"AWS_REGION": settings.region, "AWS_DEFAULT_REGION": settings.region}
    if settings.profile:
        found["AWS_PROFILE"] = settings.profile
    if settings.endpoint_url:
        found["AWS_ENDPOINT_URL"] = settings.endpoint_url
    return found | {name: value for name, value in variables.items() if name not in _PASSED}


def _refusal(
    block: Shell, runbook: Runbook, given: Mapping[str, str], used: Mapping[str, str], settings: Settings
) -> str | None:
    if not settings.allow_changes:
        return "this console is read-only: the command can be copied, not run"
    if runbook.untrusted is not None:
        return runbook.untrusted
    if block.refused is not None:
        return block.refused
    if not block.text.strip():
        return "there is nothing to run"
    if hidden(block.text) or not block.text.isascii():
        return "it holds characters that look like others, or like nothing: copy it and look at it"
    if "{{" in block.text or "\0" in block.text:
        return "it holds {{ }}, which some tools fill with text: copy it and look at it"
    for name in block.variables:
        if name not in used and name in given:
            return f"the value of {name} is none for it, and is not handed to a command"
        if name not in used and not _comes_by_itself(name, block.text, settings):
            return f"{name} has no value yet: fill it in"
    return None


def _comes_by_itself(name: str, text: str, settings: Settings) -> bool:
    """Whether a command has the variable without us: its own, the shell's, or one of the surroundings."""
    if name in _SHELLS_OWN or name in environment({}, settings):
        return True
    own = rf"(?:^|[\s;&|(])(?:{name}=|for {name}\b|read (?:-\w+ )*{name}\b)|\$\{{{name}:?[-=]"
    return re.search(own, text, re.MULTILINE) is not None


async def _read(process: asyncio.subprocess.Process, output: Output) -> str:
    """Take in what it says until it ends; why it has to be ended, if it has."""
    assert process.stdout is not None
    while chunk := await process.stdout.read(65_536):
        output.take(chunk)
        if output.size > FLOOD:
            return "it flooded its output"
    await process.wait()  # a command that closes its output may go on working
    return ""


async def _end(process: asyncio.subprocess.Process, output: Output, marker: str) -> int | None:
    """Have the supervisor end what is left, and wait for it; never longer than the grace."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()  # the supervisor's sign
    if process.returncode is not None and process.returncode < 0:
        await asyncio.to_thread(_hunt, marker)  # the command has killed its supervisor
    try:
        async with asyncio.timeout(GRACE_S):
            # Its output is drained all the while: nobody can be waited for whose pipe is full.
            while chunk := await process.stdout.read(65_536):
                output.size += len(chunk)
            return await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.to_thread(_hunt, marker)
        _close(process)
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                return await process.wait()
        return None


def _hunt(marker: str) -> None:
    """Kill whoever still carries this run's mark: the last resort, where the supervisor was killed."""
    sought = f"{_MARKER}={marker}".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if sought in entry.read_bytes().split(b"\0"):
                os.kill(int(entry.parent.name), signal.SIGKILL)


def _close(process: asyncio.subprocess.Process) -> None:
    """Close the pipes: with a full one left open, waiting would never end."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
