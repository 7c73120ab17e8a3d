"""The journal keeps what it said it kept, whatever happens to its process, its file and its disk."""

# ruff: noqa: ASYNC110, ASYNC240 - the tests look at the files beside the loop

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tradai_console.clock import SystemClock
from tradai_console.errors import JournalError
from tradai_console.journal.base import Entry, JournalDelayed, Kind, Place
from tradai_console.journal.sqlite import SPOOL, SqliteJournal
from tradai_console.journal.sqlite_file import is_local, wal_is_safe

AT = datetime(2026, 1, 1, 3, 12, 7, tzinfo=UTC)


def entry(
    kind: Kind = Kind.NOTE, text: str = "looked", incident: str | None = "nat-down", **more: object
) -> Entry:
    return Entry(kind, AT, "jm", incident, text=text, **more)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqliteJournal]:
    async with SqliteJournal(path) as opened:
        yield opened


class QuickClock(SystemClock):
    """Does not wait long for the next attempt."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))


async def test_what_was_written_is_read_again_by_the_next_console(path: Path) -> None:
    """Entries come back whole, numbered from 1, in their order, after the console was closed."""
    wanted = entry(
        Kind.NOTE, "one\ntwo", runbook="infra", section="nat", step="look", data={"n": 1, "why": ["a"]}
    )
    async with SqliteJournal(path) as journal:
        kept = await journal.write(wanted)
        await journal.write(entry(text="later"))
        assert kept.number == 1
    async with SqliteJournal(path) as journal:
        assert await journal.entries("nat-down") == (kept, *(await journal.recent())[1:])
        assert [one.text for one in await journal.recent()] == ["one\ntwo", "later"]
        assert await journal.verify() == ()


async def test_same_id_is_the_same_entry(journal: SqliteJournal) -> None:
    """Writing an entry again, as after an answer that got lost, leaves it once."""
    wanted = entry()
    first, again = await journal.write(wanted), await journal.write(wanted)
    assert first.number == again.number
    assert len(await journal.recent()) == 1


async def test_file_is_for_its_owner_alone(journal: SqliteJournal, path: Path) -> None:
    """Nobody else on the machine may read the journal."""
    assert path.stat().st_mode & 0o777 == 0o600


async def test_settings_of_the_file_suit_an_audit(journal: SqliteJournal, path: Path) -> None:
    """WAL only where SQLite has its race mended, else a rollback journal; nothing less than FULL."""
    with closing(sqlite3.connect(path)) as other:
        mode = other.execute("PRAGMA journal_mode").fetchone()[0]
    assert mode == ("wal" if wal_is_safe() and is_local(path) else "delete")
    connection = journal._store._connection
    assert connection is not None
    level = await journal._run(lambda: connection.execute("PRAGMA synchronous").fetchone()[0])
    assert level == (2 if mode == "wal" else 3)


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 40, 1), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 6), False), ((3, 50, 7), True),
     ((3, 51, 2), False), ((3, 51, 3), True), ((4, 0, 0), True)],
)  # fmt: skip
def test_wal_is_trusted_by_version(version: tuple[int, ...], safe: bool) -> None:
    """The fixed releases and the three back ports, and no other."""
    assert wal_is_safe(version) is safe


def _is_on_disk(path: Path) -> bool:
    told = subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True, check=True)
    return told.stdout.strip() != "tmpfs"


@pytest.mark.early
def test_killed_at_random_moments_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """kill -9 between or in the middle of writes: every entry that was acknowledged is there, the walk resumes.

    TRADAI_KILLS says how often; 300 is the promise.
    """
    if not _is_on_disk(tmp_path):
        pytest.skip("this file system is in memory")
    count = os.environ.get("TRADAI_KILLS", "300")
    told = subprocess.run(
        [sys.executable, "-m", "tests.journal.kills", count, str(tmp_path / "journal.sqlite3")],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["acknowledged"] > int(count)
    assert found["lost"] == 0
    assert found["damages"] == []
    assert found["reports"] == []
    assert found["step"] == "step"


@pytest.mark.early
async def test_two_consoles_share_one_file(path: Path) -> None:
    """Two consoles writing at once leave every entry once, numbered without a gap."""

    async def write(name: str, count: int) -> None:
        async with SqliteJournal(path) as journal:
            for number in range(count):
                with suppress(JournalDelayed):  # on a slow machine: then it waits its turn
                    await journal.write(entry(text=f"{name} {number}"))
            async with asyncio.timeout(30):
                while journal.waiting:
                    await asyncio.sleep(0.01)

    script = (
        "import asyncio, contextlib, sys; from pathlib import Path; from tests.journal.test_sqlite import entry\n"
        "from tradai_console.journal.base import JournalDelayed\n"
        "from tradai_console.journal.sqlite import SqliteJournal\n"
        "async def main():\n"
        "  async with SqliteJournal(Path(sys.argv[1])) as journal:\n"
        "    for number in range(300):\n"
        "      with contextlib.suppress(JournalDelayed): await journal.write(entry(text=f'other {number}'))\n"
        "    while journal.waiting: await asyncio.sleep(0.01)\n"
        "asyncio.run(main())"
    )
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(path))
    await asyncio.gather(write("one", 300), write("two", 300))
    assert await other.wait() == 0
    async with SqliteJournal(path) as journal:
        found = await journal.recent(most=10_000)
        assert [one.number for one in found] == list(range(1, 901))
        assert len({one.text for one in found}) == 900
        for name in ("one", "two", "other"):
            assert [one.text for one in found if one.text.startswith(name)] == [
                f"{name} {n}" for n in range(300)
            ]
        assert await journal.verify() == ()


async def test_damaged_file_is_moved_aside_and_work_goes_on(path: Path) -> None:
    """Whatever bytes are spoilt, wherever the file is cut: the start succeeds and nothing is deleted."""
    async with SqliteJournal(path) as journal:
        for number in range(200):
            await journal.write(entry(text=f"{number} " + "x" * 60))
    whole = path.read_bytes()
    rng = random.Random(3)
    moved = 0
    for trial in range(40):
        spoilt = bytearray(whole)
        if trial % 4 == 3:
            spoilt = spoilt[: rng.randrange(1, len(whole))]
        else:
            for _ in range(25):
                spoilt[rng.randrange(0, len(whole))] = rng.randrange(256)
        path.write_bytes(spoilt)
        async with SqliteJournal(path) as journal:
            kept = await journal.write(entry(text="after"))
            assert kept.number >= 1
            if journal.reports:
                moved += 1
                assert "moved to" in journal.reports[0]
    aside = [one for one in path.parent.iterdir() if ".damaged-" in one.name and one.suffix != ".txt"]
    assert len(aside) == moved > 10


@pytest.mark.parametrize("kind", ["text", "other program", "folder", "no head"])
async def test_foreign_file_is_moved_aside(path: Path, kind: str) -> None:
    """What is no journal is neither used nor destroyed."""
    path.parent.mkdir(parents=True)
    if kind == "text":
        path.write_text("shopping list\n" * 400)
    elif kind == "folder":
        path.mkdir()
    else:
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE entries (number, id)")
            other.commit()
    async with SqliteJournal(path) as journal:
        assert (await journal.write(entry())).number == 1
        assert len(journal.reports) == 1
    assert any(".damaged-" in one.name for one in path.parent.iterdir())


async def test_deleted_file_is_begun_anew(journal: SqliteJournal, path: Path) -> None:
    """When somebody removes the file under a running console, no entry goes into a file that is gone."""
    await journal.write(entry())
    path.unlink()
    await journal.write(entry(text="after"))
    async with SqliteJournal(path) as other:
        assert [one.text for one in await other.recent()] == ["after"]


async def test_locked_file_makes_entries_wait_in_order(path: Path) -> None:
    """While another process holds the file entries wait in memory, are said to wait, and arrive in order."""
    async with SqliteJournal(path, QuickClock()) as journal:
        await journal.write(entry(text="0"))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            for number in range(1, 6):
                with pytest.raises(JournalDelayed):
                    await journal.write(entry(text=str(number)))
            with pytest.raises(JournalError, match="nothing was done"):
                await journal.write(entry(Kind.INTENT, "replace the NAT"), spool=False)
            assert journal.waiting == 5
            assert "locked" in str(journal.trouble)
            other.execute("COMMIT")
        async with asyncio.timeout(20):
            while journal.waiting:
                await asyncio.sleep(0.01)
        await journal.write(entry(text="6"))
        assert [one.text for one in await journal.recent()] == [str(number) for number in range(7)]
        assert journal.trouble is None
        assert await journal.verify() == ()


async def test_waiting_entries_are_bounded_and_shown(path: Path) -> None:
    """What waits is already in the reading; one more than the bound is refused aloud."""
    path.parent.mkdir(parents=True)
    path.parent.chmod(0o700)
    async with SqliteJournal(path) as journal:
        await journal.write(entry(text="kept"))
        journal._spool.extend(entry(text=f"waits {number}") for number in range(SPOOL))
        journal._next_try = float("inf")
        with pytest.raises(JournalError, match="lost"):
            await journal.write(entry())
        found = await journal.entries("nat-down")
        assert len(found) == SPOOL + 1
        assert found[-1].number == 0
        journal._next_try = 0.0


async def test_full_disk_keeps_entries_and_drains(path: Path) -> None:
    """At any moment the disk may be full: reading goes on, what was acknowledged stays, what waits is written later."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with SqliteJournal(path, QuickClock()) as journal:
        total = 0
        for extra in range(12):
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + extra * 700, hard))
            try:
                delayed = 0
                for _ in range(6):
                    total += 1
                    try:
                        await journal.write(entry(text=f"{total} {'x' * 3_000}"))
                    except JournalDelayed:
                        delayed += 1
                assert delayed, "the limit did not bite"
                assert len(await journal.recent(most=10_000)) == total
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            async with asyncio.timeout(20):
                while journal.waiting:
                    await asyncio.sleep(0.01)
        found = await journal.recent(most=10_000)
        assert [one.text.split()[0] for one in found] == [str(number + 1) for number in range(total)]
        assert await journal.verify() == ()
        assert journal.reports == ()


async def test_place_that_cannot_be_written_does_not_stop_the_start(tmp_path: Path) -> None:
    """Where the folder cannot be made the console starts all the same, and says so."""
    (tmp_path / "file").write_text("")
    async with SqliteJournal(tmp_path / "file" / "journal.sqlite3") as journal:
        assert journal.trouble is not None
        with pytest.raises(JournalDelayed):
            await journal.write(entry())
        with pytest.raises(JournalError):
            await journal.incidents()


async def test_entries_are_only_added(journal: SqliteJournal, path: Path) -> None:
    """An ordinary connection can neither change an entry nor take one away."""
    await journal.write(entry())
    with closing(sqlite3.connect(path)) as other:
        for statement in ("UPDATE entries SET text = 'x'", "DELETE FROM entries", "DELETE FROM head"):
            with pytest.raises(sqlite3.IntegrityError):
                other.execute(statement)


async def test_every_edit_and_every_deletion_shows(path: Path) -> None:
    """Whoever takes the triggers away and changes or removes a random entry is found out, every time."""
    async with SqliteJournal(path) as journal:
        for number in range(40):
            await journal.write(entry(text=f"entry {number}", data={"n": number}, step="look"))
    rng = random.Random(5)
    columns = ("text", "data", "operator", "at", "kind", "incident", "step", "id", "hash")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for trigger in ("entries_stay", "entries_remain", "head_goes_on", "head_remains"):
            other.execute(f"DROP TRIGGER {trigger}")
    found = 0
    async with SqliteJournal(path) as journal:
        for _ in range(150):
            number = rng.randint(1, 40)
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                before = other.execute("SELECT * FROM entries WHERE number = ?", (number,)).fetchone()
                if rng.random() < 0.4:
                    other.execute("DELETE FROM entries WHERE number = ?", (number,))
                else:
                    other.execute(
                        f"UPDATE entries SET {rng.choice(columns)} = 'other' WHERE number = ?", (number,)
                    )
            found += bool(await journal.verify())
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("INSERT OR REPLACE INTO entries VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", before)
            assert await journal.verify() == ()
    assert found == 150


async def test_intent_of_a_console_that_is_gone_is_told_once(path: Path) -> None:
    """A change whose console died is told as interrupted at the next start, by one console only; a change that is
    under way in a living console is not."""
    async with SqliteJournal(path) as journal:
        ended = await journal.write(entry(Kind.INTENT, "scale"))
        await journal.write(entry(Kind.RESULT, "scaled", data={"intent": ended.id}))
        await journal.write(entry(Kind.INTENT, "under way here"))
        gone = await asyncio.create_subprocess_exec(
            sys.executable, "-c",
            "import asyncio, os, sys; from pathlib import Path; from tests.journal.test_sqlite import entry\n"
            "from tradai_console.journal.base import Kind; from tradai_console.journal.sqlite import SqliteJournal\n"
            "async def main():\n"
            "  journal = await SqliteJournal(Path(sys.argv[1])).__aenter__()\n"
            "  await journal.write(entry(Kind.INTENT, 'replace the NAT', runbook='infra', step='replace'))\n"
            "  os.kill(os.getpid(), 9)\n"
            "asyncio.run(main())",
            str(path),
        )  # fmt: skip
        assert await gone.wait() == -9
    for start in range(2):
        async with SqliteJournal(path) as journal:
            told = [one for one in await journal.recent() if one.kind is Kind.INTERRUPTED]
            assert [(one.step, one.text.partition(":")[0]) for one in told] == [
                ("replace", "interrupted, outcome unknown")
            ]
            assert bool(journal.reports) is (start == 0)


async def test_walk_resumes_at_its_place(journal: SqliteJournal) -> None:
    """Place, ticks, skips with their reasons, outputs, notes and filled variables come back."""

    async def write(kind: Kind, step: str, text: str = "", **data: object) -> None:
        await journal.write(entry(kind, text, runbook="infra", section="nat", step=step, data=data))

    await write(Kind.OPEN, "", "NAT Instance Down")
    await write(Kind.PLACE, "look")
    await write(Kind.TICK, "look", tick=0)
    await write(Kind.TICK, "look", tick=1)
    await write(Kind.UNTICK, "look", tick=0)
    await write(Kind.DONE, "look")
    await write(Kind.SKIP, "reboot", "no time")
    await write(Kind.OUTPUT, "replace", "said this")
    await write(Kind.VARIABLE, "", name="TASK", value="abc")
    await write(Kind.NOTE, "", "calm")
    found = await journal.resume("nat-down")
    look, reboot, replace = (Place("infra", "nat", step) for step in ("look", "reboot", "replace"))
    assert found.at == replace
    assert found.ticks == {(look, 1)}
    assert found.done == {look}
    assert found.skipped == {reboot: "no time"}
    assert [one.text for one in found.outputs[replace]] == ["said this"]
    assert found.variables == {"TASK": "abc"}
    assert [one.text for one in found.notes] == ["calm"]
    assert (await journal.resume("other")).at is None


async def test_incidents_are_listed_newest_first(journal: SqliteJournal) -> None:
    """The list says what each incident is called, how long it is, and whether it is over; opened again it is not."""
    await journal.write(entry(Kind.OPEN, "NAT Instance Down", "a", runbook="infra", section="nat"))
    await journal.write(entry(Kind.NOTE, "hm", "a"))
    await journal.write(entry(Kind.OPEN, "Stale Heartbeat", "b"))
    await journal.write(entry(Kind.RESOLVE, "", "b"))
    await journal.write(entry(Kind.NOTE, "to nobody", None))
    await journal.write(entry(Kind.NOTE, "again", "a"))
    first, second = await journal.incidents()
    assert (first.key, first.title, first.entries, first.resolved, first.runbook) == (
        "a", "NAT Instance Down", 3, False, "infra",
    )  # fmt: skip
    assert (second.key, second.resolved) == ("b", True)


async def test_secrets_and_controls_do_not_reach_the_file(journal: SqliteJournal, path: Path) -> None:
    """What is written down holds no secret and nothing that commands a terminal."""
    await journal.write(
        entry(Kind.OUTPUT, "password=hunter22\n\x1b[2Jx", data={"api_secret": "abc", "line": "\x1b]0;t\x07"})
    )
    raw = path.read_bytes()
    assert b"hunter22" not in raw
    assert b"\x1b[" not in raw
    assert b"\x1b]" not in raw
    assert b'"abc"' not in raw
    assert (await journal.recent())[0].text.splitlines()[1] == "␛[2Jx"


async def test_recent_is_bounded_by_time(journal: SqliteJournal) -> None:
    """A shift's report asks for what happened since it began."""
    await journal.write(entry(text="old"))
    await journal.write(Entry(Kind.NOTE, AT + timedelta(hours=1), "jm", text="new"))
    assert [one.text for one in await journal.recent(since=AT + timedelta(minutes=1))] == ["new"]
