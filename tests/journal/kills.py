"""Kills a writer again and again, at random moments, and counts what was lost: `python -m tests.journal.kills N FILE`.

A process of its own, because it forks: everything is imported once, and each writer starts in a few milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tradai_console.journal.base import Entry, Kind
from tradai_console.journal.sqlite import SqliteJournal


async def _write_for_ever(path: Path, told: int) -> None:
    async with SqliteJournal(path) as journal:
        os.write(told, b"open\n")
        while True:
            wanted = Entry(Kind.TICK, datetime.now(UTC), "jm", "incident", "book", "section", "step")
            kept = await journal.write(wanted)
            os.write(told, f"{kept.number} {kept.id}\n".encode())


def _writer(path: Path) -> tuple[int, int]:
    out, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        asyncio.run(_write_for_ever(path, told))
        os._exit(0)
    os.close(told)
    return child, out


def _one_kill(path: Path, rng: random.Random) -> list[str]:
    """The acknowledged entries of one writer's life."""
    child, out = _writer(path)
    with os.fdopen(out, "rb") as lines:
        # At any moment since the fork, or of the opening, or once it has acknowledged a few entries: by lines,
        # for on a slow disk nothing would be acknowledged in any number of milliseconds.
        awaited = b"".join(lines.readline() for _ in range(rng.choice((0, 1, 2, 3, 4, 5, 6))))
        time.sleep(rng.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        told = (awaited + lines.read()).decode()
    whole = told[: told.rfind("\n") + 1].splitlines()
    return [line for line in whole if line != "open"]


async def _check(path: Path, acknowledged: list[str]) -> dict[str, object]:
    async with SqliteJournal(path) as journal:
        kept = await journal.entries("incident")
        found = {f"{entry.number} {entry.id}" for entry in kept}
        progress = await journal.resume("incident")
        return {
            "acknowledged": len(acknowledged),
            "lost": len([line for line in acknowledged if line not in found]),
            "kept": len(kept),
            "damages": [damage.message for damage in await journal.verify()],
            "reports": list(journal.reports),
            "step": progress.at.step if progress.at else None,
        }


def main() -> None:
    """Kill, count, tell."""
    count, path = int(sys.argv[1]), Path(sys.argv[2])
    rng = random.Random(count)
    acknowledged: list[str] = []
    for _ in range(count):
        acknowledged += _one_kill(path, rng)
    print(json.dumps(asyncio.run(_check(path, acknowledged))))


if __name__ == "__main__":
    main()
