"""`trail ID`: the whole story of an id in the pipe. Its pieces go to standard output, one a line; what is to be said about
the reading to standard error."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from typing import Final, TextIO

from tradai_console.aws.door import Door
from tradai_console.clock import Clock, SystemClock
from tradai_console.logs.readers import LogReaders
from tradai_console.models.board import Board
from tradai_console.models.log import LogNote
from tradai_console.models.trail import Piece, in_story_order, summarise
from tradai_console.pipe import GOOD, UNREAD, beside, let_go, parse_since, put, reader_gone, say, until_gone
from tradai_console.platform import load_platform
from tradai_console.probes.context import ProbeContext
from tradai_console.settings import Settings
from tradai_console.tail_rows import Look
from tradai_console.text import plain
from tradai_console.trail.run import Portion, TrailRun
from tradai_console.trail_rows import StoryText, as_json_piece, note_line

_CLEAR: Final = "\r\x1b[2K"


def run_trail(
    settings: Settings,
    *,
    wanted: str,
    since: str | None = None,
    follow: bool = False,
    groups: Sequence[str] = (),
    wide: bool = False,
    most_gb: float | None = None,
    as_json: bool = False,
    out: TextIO | None = None,
    clock: Clock | None = None,
) -> int:
    """Print everything that belongs to the id in one order of time, and with `follow` what comes. Returns the exit code:
    0 also when it was interrupted or its reader went away, 2 when a named group is unknown or denied, or a part of the
    story could not be read; the rest is printed all the same.

    `wide`: search by Logs Insights, after what that reads was said and, unless it is less than `most_gb`, agreed to.
    Raises SettingsError for a `since` that is no time, and ConsoleError for what is no id.
    """
    clock = clock or SystemClock()
    begin = None if since is None else parse_since(since, clock.now())
    out = out or sys.stdout
    platform = load_platform(settings.env, settings.platform)
    command = _Command(settings, out, wanted, as_json=as_json)

    async def go() -> int:
        async with Door(settings, clock) as door:
            readers = LogReaders(door, clock)
            context = ProbeContext(door, platform, Board, clock, settings.env)
            try:
                run = TrailRun(wanted, context, readers, since=begin, groups=groups)
                if wide and not await _agreed(run, most_gb):
                    return UNREAD
                return await command.print(run, follow=follow)
            finally:
                await readers.close()

    with contextlib.suppress(KeyboardInterrupt):
        try:
            return asyncio.run(go())
        except BrokenPipeError:
            let_go(out)
    return GOOD


async def _agreed(run: TrailRun, most_gb: float | None) -> bool:
    """Say what a wide search reads, and make it one if that is agreed to."""
    scan = await run.weigh()
    if scan is None:
        say("there is no log group to search")
        return False
    size = scan.bytes / 1e9
    say(f"a wide search reads about {size:,.2f} GB in {scan.groups} groups, about ${scan.usd:.2f}")
    if most_gb is not None and size > most_gb:
        say(f"that is more than --most-gb {most_gb:g}: begin later with --since, or name groups with --group")
        return False
    if most_gb is None and not (sys.stdin.isatty() and sys.stderr.isatty()):
        say("nobody can be asked here: say with --most-gb how much may be read")
        return False
    if most_gb is None and not await asyncio.to_thread(_asked):
        return False
    run.go_wide()
    return True


def _asked() -> bool:
    print("go on? [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
    return sys.stdin.readline().strip().lower() in ("y", "yes")


class _Command:
    """One run of the command."""

    def __init__(
        self,
        settings: Settings,
        out: TextIO,
        wanted: str,
        *,
        as_json: bool,
    ) -> None:
        self._out = out
        self._as_json = as_json
        colour = not as_json and out.isatty() and not os.environ.get("NO_COLOR")
        self._look = Look(colour=colour, local_time=settings.local_time)
        self._text = StoryText(plain(wanted, 120), self._look)
        self._past: list[Piece | LogNote] = []
        self._whole = False
        self._first_error: Piece | None = None
        self._said: set[str] = set()

    async def print(self, run: TrailRun, *, follow: bool) -> int:
        """Print the story: its past when it is whole, for only then its order is known; then what comes."""
        gone = asyncio.create_task(reader_gone(self._out))
        try:
            async with aclosing(run.portions(follow=follow)) as portions:
                async for portion in until_gone(portions, gone):
                    refused = run.refusal()
                    if refused is not None:
                        self._hush()
                        say(refused)
                        return UNREAD
                    await self._take(portion, run)
        finally:
            gone.cancel()
        if gone.done() and not gone.cancelled():
            let_go(self._out)
            return GOOD
        return UNREAD if run.story.failed else GOOD

    async def _take(self, portion: Portion, run: TrailRun) -> None:
        trail = portion.trail
        if not trail.whole:
            self._past += portion.rows
            self._progress(trail.doing)
            return
        self._hush()
        for words in trail.unread:
            if words not in self._said:
                self._said.add(words)
                say(words)
        rows = [*portion.rows]
        if not self._whole:
            self._whole = True
            rows = [*self._past, *rows]
            self._past = []
            if not run.story.pieces:
                began = f"{trail.since:%Y-%m-%d %H:%M}Z" if trail.since else "its beginning"
                part = " in what could be read" if run.story.failed else ": --since looks further back"
                say(f"nothing was found of {run.story.wanted} since {began}{part}")
            if rows:
                await beside(partial(self._write, rows, told=True))
            return
        if rows:
            await beside(partial(self._write, rows, told=False))

    def _write(self, rows: list[Piece | LogNote], *, told: bool) -> None:
        pieces = in_story_order([row for row in rows if not isinstance(row, LogNote)])
        notes = [row for row in rows if isinstance(row, LogNote)]
        self._first_error = self._first_error or summarise(pieces).first_error
        written = self._text.head(pieces) if told and pieces and not self._as_json else []
        for piece in pieces:
            while notes and notes[0].time_ms <= piece.time_ms:
                written += self._noted(notes.pop(0))
            written += self._lines(piece)
        for note in notes:
            written += self._noted(note)
        if written:
            put(self._out, "\n".join([*written, ""]))

    def _lines(self, piece: Piece) -> list[str]:
        first = piece is self._first_error
        if self._as_json:
            return [as_json_piece(piece, first_error=first)]
        return self._text.lines(piece, first_error=first)

    def _noted(self, note: LogNote) -> list[str]:
        shown = note_line(note, as_json=self._as_json, look=self._look)
        return [] if shown is None else [shown]

    def _progress(self, doing: str) -> None:
        """What it does, on a terminal: the quota makes it last."""
        if doing and sys.stderr.isatty():
            print(f"{_CLEAR}{plain(doing, 70)} ...", end="", file=sys.stderr, flush=True)  # noqa: T201

    def _hush(self) -> None:
        if sys.stderr.isatty():
            print(_CLEAR, end="", file=sys.stderr, flush=True)  # noqa: T201
