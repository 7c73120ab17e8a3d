"""`journal`: what was done, by whom, when; read from the file that the console writes."""

from __future__ import annotations

import asyncio
import json

from tradai_console.errors import ConsoleError
from tradai_console.journal.base import Entry, Incident
from tradai_console.journal.export import as_json as entries_as_json
from tradai_console.journal.export import as_markdown
from tradai_console.journal.sqlite import SqliteJournal, journal_file
from tradai_console.models.log import utc
from tradai_console.settings import Settings

MOST = 100_000
"""Entries of an export."""


def run_journal_list(settings: Settings, *, as_json: bool) -> int:
    """Print the incidents, the newest first. Returns the exit code."""
    found = asyncio.run(_incidents(settings))
    if as_json:
        print(json.dumps([_as_object(one) for one in found]))  # noqa: T201
        return 0
    if not found:
        print("the journal is empty")  # noqa: T201
    for one in found:
        state = "resolved" if one.resolved else "open"
        print(f"{one.first_at:%Y-%m-%d %H:%M}Z  {state:<9} {one.entries:>4} entries  {one.key}")  # noqa: T201
    return 0


def run_journal_export(settings: Settings, *, incident: str | None, as_json: bool) -> int:
    """Print the entries of one incident, or of all. Raises ConsoleError for an incident that is not there."""
    entries, title = asyncio.run(_entries(settings, incident))
    print(entries_as_json(entries) if as_json else as_markdown(entries, title))  # noqa: T201
    return 0


async def _incidents(settings: Settings) -> tuple[Incident, ...]:
    async with SqliteJournal(journal_file(settings)) as journal:
        return await journal.incidents()


async def _entries(settings: Settings, wanted: str | None) -> tuple[tuple[Entry, ...], str]:
    async with SqliteJournal(journal_file(settings)) as journal:
        if wanted is None:
            return await journal.recent(most=MOST), "Journal"
        known = [one.key for one in await journal.incidents()]
        begins = [key for key in known if key.lower().startswith(wanted.lower())]
        found = [key for key in known if key == wanted] or begins
        if len(found) != 1:
            said = "more than one begins so" if found else "there is none"
            raise ConsoleError(f"incident {wanted!r}: {said}; `journal list` names them")
        return await journal.entries(found[0]), found[0]


def _as_object(one: Incident) -> dict[str, object]:
    return {
        "incident": one.key,
        "title": one.title,
        "first_at": utc(one.first_at),
        "last_at": utc(one.last_at),
        "entries": one.entries,
        "resolved": one.resolved,
        "runbook": one.runbook,
        "section": one.section,
    }
