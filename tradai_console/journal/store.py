"""Entries in the journal's file. Everything here runs in the journal's own thread, and blocks it."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tradai_console.clock import Clock
from tradai_console.journal.base import Damage, Entry, Kind
from tradai_console.journal.chain import START, from_row, link, to_row
from tradai_console.journal.sqlite_file import BUSY_MS, COLUMNS, FAILURES, is_busy, open_file

_INSERT: Final = f"INSERT INTO entries ({COLUMNS}, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608 - our own names


class Store:
    """The connection, made again whenever it is lost. Methods raise `sqlite_file.FAILURES`."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.reports: tuple[str, ...] = ()
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def open(self) -> None:
        """Open the file, or do nothing if it is open."""
        self._usable()

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def append(self, entries: Sequence[Entry]) -> list[Entry]:
        """Keep them all, or none; returns them with their numbers. One that is kept already stays as it is."""
        try:
            return self._append(self._usable(), entries)
        except FAILURES as error:
            if not is_busy(error):
                self.close()  # whatever is wrong, the next attempt begins with looking at the file
            raise

    def read(self, where: str, values: tuple[Any, ...]) -> tuple[Entry, ...]:
        """The entries that fit, oldest first. `where` is ours, never a value from outside."""
        rows = self._usable().execute(f"SELECT {COLUMNS} FROM entries WHERE {where} ORDER BY number", values)  # noqa: S608
        return tuple([from_row(row) for row in rows])

    def newest(self, most: int) -> tuple[Entry, ...]:
        """The last entries, oldest first."""
        found = self._usable().execute(f"SELECT {COLUMNS} FROM entries ORDER BY number DESC LIMIT ?", (most,))  # noqa: S608
        return tuple(reversed([from_row(row) for row in found]))

    def open_intents(self) -> tuple[Entry, ...]:
        """The intents that no result belongs to."""
        ended = {
            entry.data.get("intent") for entry in self.read("kind IN (?, ?)", (Kind.RESULT, Kind.INTERRUPTED))
        }
        return tuple([entry for entry in self.read("kind = ?", (Kind.INTENT,)) if entry.id not in ended])

    def verify(self) -> tuple[Damage, ...]:
        """Where the chain does not hold."""
        found: list[Damage] = []
        expected, before = 1, START
        connection = self._usable()
        for *row, kept in connection.execute(f"SELECT {COLUMNS}, hash FROM entries ORDER BY number"):  # noqa: S608
            number = row[0]
            if number != expected:
                found.append(Damage(expected, f"entries {expected} to {number - 1} are missing"))
            elif link(before, tuple(row)) != kept:
                found.append(Damage(number, f"entry {number} is not as it was written"))
            expected, before = number + 1, kept
        head = connection.execute("SELECT number, hash FROM head").fetchone()
        if head is None or head[0] != expected - 1 or head[1] != before:
            told = "none" if head is None else head[0]
            found.append(Damage(expected, f"the last entry is {expected - 1}, and {told} was written"))
        return tuple(found)

    def _append(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> list[Entry]:
        _begin(connection)
        try:
            kept = [self._insert(connection, entry) for entry in entries]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise
        return kept

    def _insert(self, connection: sqlite3.Connection, entry: Entry) -> Entry:
        known = connection.execute("SELECT number FROM entries WHERE id = ?", (entry.id,)).fetchone()
        if known is not None:
            return replace(entry, number=known[0])
        number, before = connection.execute("SELECT number, hash FROM head").fetchone()
        row = to_row(entry, number + 1)
        hash_ = link(before, row)
        connection.execute(_INSERT, (*row, hash_))
        connection.execute("UPDATE head SET number = ?, hash = ?", (number + 1, hash_))
        return replace(entry, number=number + 1)

    def _usable(self) -> sqlite3.Connection:
        if self._connection is not None and self._identity() != self._file:
            self.close()  # somebody moved or deleted the file: what is written there would be lost
        if self._connection is None:
            self._connection, reports = open_file(self.path, self._clock.now(), START)
            self.reports += reports
            self._file = self._identity()
        return self._connection

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _begin(connection: sqlite3.Connection) -> None:
    """`BEGIN IMMEDIATE`, tried often: SQLite's own waiting grows to 0.1 s a time, and a busy neighbour always wins."""
    connection.execute("PRAGMA busy_timeout = 0")
    until = time.monotonic() + BUSY_MS / 1000
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > until:
                    raise
            time.sleep(random.uniform(0.001, 0.006))
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
