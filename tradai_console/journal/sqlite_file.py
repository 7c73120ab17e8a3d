"""The journal's file: opened so that an acknowledged entry survives a power cut, and so that a start always works.

WAL is used only where it can be trusted: SQLite up to 3.51.2 can spoil a WAL file that two connections
restart at once (mended in 3.51.3, and in 3.50.7 and 3.44.6), and WAL needs one machine. Elsewhere the file has
a rollback journal, synced twice.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

BUSY_MS: Final = 2_000
APPLICATION: Final = 0x74_72_61_64
"""`trad`: SQLite's application id, by which the file is known for ours."""

_LOCAL: Final = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "bcachefs"}
)

_SCHEMA: Final = """
CREATE TABLE entries (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, at TEXT NOT NULL,
    operator TEXT NOT NULL, incident TEXT, runbook TEXT, section TEXT, step TEXT,
    text TEXT NOT NULL, data TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX by_incident ON entries (incident, number);
CREATE INDEX by_kind ON entries (kind, number);
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, hash TEXT NOT NULL);
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;
CREATE TRIGGER head_goes_on BEFORE UPDATE ON head WHEN NEW.number <> OLD.number + 1
    BEGIN SELECT RAISE(ABORT, 'the head goes on by one'); END;
CREATE TRIGGER head_remains BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'the head remains'); END;
"""

COLUMNS: Final = "number, id, kind, at, operator, incident, runbook, section, step, text, data"
FAILURES: Final = (sqlite3.Error, OSError, UnicodeDecodeError)
"""What working with the file raises; the last where SQLite quotes a spoilt name in its own error."""

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def open_file(path: Path, now: datetime, start: str) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """The connection, and what had to be done for it. `start` is the hash that the first entry hangs on.

    A file that is damaged, or somebody else's, is moved aside with a report beside it; nothing is deleted.
    Raises sqlite3.Error or OSError where the file cannot be opened now: locked, disk full, not allowed.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(path):
        why = _what_is_wrong(path)
        reports = () if why is None else (_move_aside(path, why, now),)
        return _connect(path, start), reports


def is_damage(error: Exception) -> bool:
    """Whether the error says that the file itself is spoilt, and not that it cannot be written now."""
    return isinstance(error, sqlite3.DatabaseError) and (_code(error) & 0xFF) in _DAMAGED


def is_busy(error: Exception) -> bool:
    """Whether another process holds the file."""
    busy = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(error, sqlite3.Error) and (_code(error) & 0xFF) in busy


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the WAL-reset race mended."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def is_local(path: Path) -> bool:
    """Whether the folder is on a disk of this machine; where that cannot be told, no."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    folder = str(path.resolve().parent)
    best, kind = "", ""
    for line in mounts:
        mount, _, rest = line.partition(" - ")
        point = mount.split()[4].replace("\\040", " ")
        if (folder == point or folder.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, rest.split()[0]
    return kind in _LOCAL


def _connect(path: Path, start: str) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    connection = _raw(path)
    try:
        if wal_is_safe() and is_local(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        else:
            with suppress(sqlite3.OperationalError):  # another console has it open as WAL: then so do we
                connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")
        if not _tables(connection):
            for statement in _statements():
                connection.execute(statement)
            connection.execute("INSERT INTO head VALUES (1, 0, ?)", (start,))
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute("PRAGMA user_version = 1")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _statements() -> Iterator[str]:
    part = ""
    for line in _SCHEMA.splitlines():
        part += line + "\n"
        if sqlite3.complete_statement(part):
            yield part
            part = ""


def _raw(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
    connection.text_factory = _text
    return connection


def _text(raw: bytes) -> str:
    """A spoilt file may hold bytes that are no text, and must be read all the same."""
    return raw.decode("utf-8", "replace")


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _what_is_wrong(path: Path) -> str | None:
    """Why the file cannot be the journal: one sentence; None if it can, or does not exist."""
    if path.is_dir():
        return "a folder stands where the journal should be"
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        with closing(_raw(path)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found is None or found[0] != "ok":
                return f"the journal is damaged: {found[0] if found else 'unreadable'}"
            tables = _tables(connection)
            if not tables:
                return None
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
                return "the file belongs to another program"
            if not {"entries", "head"} <= tables:
                return "the file lacks the journal's tables"
            connection.execute(f"SELECT {COLUMNS}, hash FROM entries LIMIT 1").fetchone()  # noqa: S608
            if connection.execute("SELECT number, hash FROM head").fetchone() is None:
                return "the file lacks the journal's head"
    except UnicodeDecodeError:
        return "the journal is damaged: SQLite's own words about it are no text"
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return f"the journal is damaged: {error}"
        if _code(error) & 0xFF == sqlite3.SQLITE_ERROR:
            return f"the file has another form than the journal's: {error}"
        raise
    return None


def _move_aside(path: Path, why: str, now: datetime) -> str:
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    path.rename(target)
    for ending in ("-journal", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{ending}").rename(f"{target}{ending}")
    report = f"{why}; it was moved to {target}, and a new journal was begun"
    with suppress(OSError):
        target.with_name(target.name + ".txt").write_text(f"{now.isoformat()} {report}\n", encoding="utf-8")
    return report


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one process at a time looks at the file and moves it aside."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0)
