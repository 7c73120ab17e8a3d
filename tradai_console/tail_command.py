"""`tail`: the log tail in the pipe. Lines go to standard output, one each; what is to be said about them to standard error."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Final, TextIO

from tradai_console.aws.door import Door
from tradai_console.clock import Clock, SystemClock
from tradai_console.errors import AwsError, Denied, Expired, NotFound
from tradai_console.logs.places import existing_groups, host_words, service_sources
from tradai_console.logs.readers import LogReaders
from tradai_console.logs.services import Services
from tradai_console.logs.source import TailSource
from tradai_console.logs.tail import Row, Tail, TailBatch
from tradai_console.models.log import LogLine, LogNote
from tradai_console.pipe import GOOD, UNREAD, beside, let_go, parse_since, put, reader_gone, say, until_gone
from tradai_console.platform import Platform, load_platform
from tradai_console.settings import Settings
from tradai_console.tail_rows import Look, as_json_line, as_text_line
from tradai_console.text import plain

SINCE: Final = "30m"


def run_tail(
    settings: Settings,
    *,
    wanted: str | None = None,
    since: str = SINCE,
    follow: bool = False,
    groups: Sequence[str] = (),
    service: str | None = None,
    text: str | None = None,
    as_json: bool = False,
    live: bool = False,
    out: TextIO | None = None,
    clock: Clock | None = None,
) -> int:
    """Print the lines since then, and with `follow` those that come. Returns the exit code: 0 also when it was
    interrupted or its reader went away, 2 when a named group is unknown or denied, or nothing could be read.

    `wanted`: an id; only lines that hold it, with their tracebacks. `text`: only lines that hold it.
    Raises SettingsError for a `since` that is no time, and ConsoleError.
    """
    clock = clock or SystemClock()
    begin = parse_since(since, clock.now())
    platform = load_platform(settings.env, settings.platform)
    out = out or sys.stdout
    command = _Command(settings, platform, clock, out, as_json=as_json)
    terms = tuple(term for term in (wanted, text) if term)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            return asyncio.run(
                command.run(
                    begin, terms, tuple(groups), service, follow=follow, live=live, joined=bool(wanted)
                )
            )
        except BrokenPipeError:
            let_go(out)
    return GOOD


class _Command:
    """One run of the command."""

    def __init__(
        self, settings: Settings, platform: Platform, clock: Clock, out: TextIO, *, as_json: bool
    ) -> None:
        self._settings = settings
        self._platform = platform
        self._clock = clock
        self._out = out
        self._as_json = as_json
        colour = not as_json and out.isatty() and not os.environ.get("NO_COLOR")
        self._look = Look(colour=colour, local_time=settings.local_time)
        self._lines: dict[str, int] = {}

    async def run(
        self,
        begin: datetime,
        terms: tuple[str, ...],
        groups: tuple[str, ...],
        service: str | None,
        *,
        follow: bool,
        live: bool,
        joined: bool,
    ) -> int:
        async with Door(self._settings, self._clock) as door:
            try:
                sources = await self._sources(door, groups, service, terms)
            except AwsError as error:
                say(str(error))
                return UNREAD
            if not sources:
                say(await host_words(door, self._platform) or self._nowhere(service))
                return UNREAD
            readers = LogReaders(door, self._clock)
            services = Services(self._platform)
            tail = Tail(
                readers, sources, since=begin, follow=follow, live=live, tracebacks=joined, services=services
            )
            self._announce(len(tail.states))
            try:
                code = await self._print(tail, groups, service)
            finally:
                await readers.close()
            if not groups and not any(self._lines.get(one, 0) for one in self._containers()):
                await self._say_host(door)
            return code

    async def _sources(
        self, door: Door, groups: tuple[str, ...], service: str | None, terms: tuple[str, ...]
    ) -> tuple[TailSource, ...]:
        found = groups or await existing_groups(door, self._platform)
        if service is not None:
            return service_sources(self._platform, service, found, terms)
        return tuple(TailSource(group, terms=terms) for group in found)

    async def _print(self, tail: Tail, named: tuple[str, ...], service: str | None) -> int:
        """Write what comes until there is no more, or nobody reads it. While one page is written the next is asked for."""
        gone = asyncio.create_task(reader_gone(self._out))
        writing: asyncio.Task[None] | None = None
        try:
            async with aclosing(tail.batches()) as batches:
                async for batch in until_gone(batches, gone):
                    if writing is not None:
                        await writing
                    refused = _refusal(tail, named)
                    if refused is not None:
                        say(refused)
                        return UNREAD
                    writing = asyncio.create_task(beside(partial(self._write, batch, service)))
            if writing is not None and not gone.done():
                await writing
        finally:
            gone.cancel()
            if writing is not None:
                writing.cancel()
        if gone.done() and not gone.cancelled():
            let_go(self._out)
            return GOOD
        refused = _refusal(tail, named)
        if refused is not None:
            say(refused)
        return UNREAD if tail.errors else GOOD

    def _write(self, batch: TailBatch, service: str | None) -> None:
        rows: list[str] = []
        for row in batch.rows:
            if isinstance(row, LogNote):
                _say_note(row)
            elif service is not None and not _is_of(row, service, self._platform):
                continue
            else:
                self._lines[row.group] = self._lines.get(row.group, 0) + 1
            shown = self._shown(row)
            if shown is not None:
                rows.append(shown)
        if rows:
            put(self._out, "\n".join([*rows, ""]))

    def _shown(self, row: Row) -> str | None:
        """A line or row of standard output; notes that are no hole in the lines are for standard error alone."""
        if isinstance(row, LogNote) and row.kind not in ("gap", "sampled"):
            return None
        return as_json_line(row) if self._as_json else as_text_line(row, self._look)

    def _containers(self) -> tuple[str, str]:
        return self._platform.log_groups.services, self._platform.log_groups.tasks

    async def _say_host(self, door: Door) -> None:
        """Where there are no lines of containers: perhaps they are on a host."""
        words = await host_words(door, self._platform)
        if words is not None:
            say(words)

    def _nowhere(self, service: str | None) -> str:
        about = f"{plain(service, 60)} in {self._platform.env}" if service else self._platform.env
        return f"there is no log group of {about}: name one with --group, or see platform.log_groups in the configuration"

    def _announce(self, groups: int) -> None:
        if groups > 3 and sys.stderr.isatty():
            say(f"reading {groups} groups, one a second: --group and --service are faster")


def _is_of(line: LogLine, service: str, platform: Platform) -> bool:
    return service in (line.service, line.stream.partition("/")[0]) or line.service == platform.service_of(
        service
    )


def _refusal(tail: Tail, named: tuple[str, ...]) -> str | None:
    """Why a group that was named cannot be read at all, or why none can."""
    for group in named:
        error = tail.errors.get(group)
        if isinstance(error, NotFound):
            return f"the log group {plain(group, 512)} does not exist in this account and region"
        if isinstance(error, Denied):
            return f"the log group {plain(group, 512)} cannot be read: {error}"
    errors = list(tail.errors.values())
    hopeless = len(errors) == len(tail.states) and all(
        isinstance(one, Denied | Expired | NotFound) for one in errors
    )
    return str(errors[0]) if errors and hopeless else None


def _say_note(note: LogNote) -> None:
    say(note.words)
