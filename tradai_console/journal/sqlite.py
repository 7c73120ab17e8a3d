"""The journal in a SQLite file: one connection in a thread of its own, every write on disk before it is told.

Where the file cannot be written (disk full, locked, not allowed) entries wait in memory, in their order, and are
written as soon as it can be again. Several consoles may use one file.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

from tradai_console.clock import Clock, SystemClock
from tradai_console.errors import JournalError
from tradai_console.journal.base import Damage, Entry, Incident, JournalDelayed, Kind, Progress
from tradai_console.journal.chain import clean
from tradai_console.journal.life import interrupted, our_process
from tradai_console.journal.progress import incidents, progress
from tradai_console.journal.sqlite_file import FAILURES, is_busy
from tradai_console.journal.store import Store
from tradai_console.paths import state_dir
from tradai_console.settings import Settings

T = TypeVar("T")

SPOOL: Final = 1_000
"""Entries that may wait in memory."""

RETRY_S: Final = 1.0
"""Between two attempts to write what waits."""


def journal_file(settings: Settings) -> Path:
    """Where this environment's journal is; another AWS than AWS (a demo) has one of its own."""
    if settings.journal is not None:
        return settings.journal
    other = "-local" if settings.endpoint_url else ""
    return state_dir() / f"journal-{settings.env}{other}.sqlite3"


class SqliteJournal:
    """A `Journal` in a file. Use it in `async with`, on one loop; entering never fails."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._store = Store(path, self._clock)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._turn = asyncio.Lock()
        self._spool: deque[Entry] = deque()
        self._next_try = 0.0
        self._drain: asyncio.Task[None] | None = None
        self._trouble: str | None = None
        self._reports: list[str] = []

    async def __aenter__(self) -> SqliteJournal:
        """Open the file, mend what must be mended, and tell which changes were interrupted."""
        try:
            await self._run(self._store.open)
        except FAILURES as error:
            self._failed(error)
        else:
            await self._tell_interrupted()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Try once more to write what waits, then close."""
        if self._drain is not None:
            self._drain.cancel()
            with suppress(asyncio.CancelledError):
                await self._drain
        if self._spool:
            with suppress(*FAILURES):
                await self._flush()
        await self._run(self._store.close)
        self._thread.shutdown(wait=False)

    @property
    def trouble(self) -> str | None:
        """Why it cannot be written at the moment."""
        return self._trouble

    @property
    def reports(self) -> tuple[str, ...]:
        """What opening found and did."""
        return (*self._store.reports, *self._reports)

    @property
    def waiting(self) -> int:
        """Entries that wait in memory."""
        return len(self._spool)

    async def write(self, entry: Entry, *, spool: bool = True) -> Entry:
        """See `Journal.write`."""
        entry = clean(entry)
        if entry.kind is Kind.INTENT:
            entry = replace(entry, data={**entry.data, "process": our_process()})
        async with self._turn:
            resting = bool(self._spool) and self._clock.monotonic() < self._next_try
            if not resting:
                try:
                    return (await self._flush(entry))[-1]
                except FAILURES as error:
                    self._failed(error)
            if not spool:
                raise JournalError(f"{self._trouble}; nothing was done without it")
            if len(self._spool) >= SPOOL:
                raise JournalError(f"{self._trouble}, and {SPOOL} entries wait already: this one is lost")
            self._spool.append(entry)
            if self._drain is None or self._drain.done():
                self._drain = asyncio.create_task(self._drain_spool(), name="journal drain")
        raise JournalDelayed(f"{self._trouble}; {len(self._spool)} entries wait in memory")

    async def entries(self, incident: str) -> tuple[Entry, ...]:
        """See `Journal.entries`."""
        kept = await self._read(lambda: self._store.read("incident = ?", (incident,)))
        return (*kept, *(entry for entry in self._unkept(kept) if entry.incident == incident))

    async def recent(self, *, since: datetime | None = None, most: int = 1_000) -> tuple[Entry, ...]:
        """See `Journal.recent`."""
        kept = await self._read(lambda: self._store.newest(most))
        found = [*kept, *self._unkept(kept)]
        return tuple([entry for entry in found if since is None or entry.at >= since][-most:])

    async def incidents(self) -> tuple[Incident, ...]:
        """See `Journal.incidents`."""
        kept = await self._read(lambda: self._store.read("incident IS NOT NULL", ()))
        return incidents((*kept, *self._unkept(kept)))

    async def resume(self, incident: str) -> Progress:
        """See `Journal.resume`."""
        return progress(await self.entries(incident))

    async def verify(self) -> tuple[Damage, ...]:
        """See `Journal.verify`."""
        return await self._read(self._store.verify)

    async def _flush(self, *new: Entry) -> list[Entry]:
        """What waits and what is new, in one transaction. Raises FAILURES."""
        waiting = list(self._spool)
        kept = await self._run(lambda: self._store.append([*waiting, *new]))
        for _ in waiting:
            self._spool.popleft()
        self._trouble = None
        return kept

    async def _drain_spool(self) -> None:
        while self._spool:
            await self._clock.sleep(RETRY_S)
            async with self._turn:
                try:
                    await self._flush()
                except FAILURES as error:
                    self._failed(error)

    async def _tell_interrupted(self) -> None:
        try:
            open_intents = await self._run(self._store.open_intents)
            for intent in open_intents:
                found = interrupted(intent, self._clock.now())
                if found is not None:
                    await self.write(found)
                    self._reports.append(f"{intent.text or 'a change'}: interrupted, outcome unknown")
        except FAILURES as error:
            self._failed(error)
        except JournalError:
            return  # it waits with the others

    def _unkept(self, kept: tuple[Entry, ...]) -> list[Entry]:
        known = {entry.id for entry in kept}
        return [entry for entry in self._spool if entry.id not in known]

    def _failed(self, error: Exception) -> None:
        self._next_try = self._clock.monotonic() + RETRY_S
        self._trouble = _in_words(error, self._store.path)

    async def _read(self, work: Callable[[], T]) -> T:
        try:
            return await self._run(work)
        except FAILURES as error:
            raise JournalError(_in_words(error, self._store.path)) from error

    async def _run(self, work: Callable[[], T]) -> T:
        """The one place where work is handed to the journal's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _in_words(error: Exception, path: Path) -> str:
    if is_busy(error):
        return f"the journal {path} is locked by another process"
    if isinstance(error, sqlite3.Error) and "full" in str(error):
        return f"the disk of the journal {path} is full"
    if isinstance(error, OSError) and error.errno is not None:
        return f"the journal {path} cannot be used: {os.strerror(error.errno)}"
    return f"the journal {path} cannot be used: {error}"
