"""`runbooks list`, `show` and `lint`: the library on standard output. Nothing here asks AWS or needs an environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from rich.cells import cell_len

from tradai_console.errors import ConsoleError, SettingsError
from tradai_console.platform import Platform, load_platform
from tradai_console.runbook.catalogue import ACTIONS, PROBES
from tradai_console.runbook.library import Library, load_library
from tradai_console.runbook.lint import lint
from tradai_console.runbook.model import Runbook, Section
from tradai_console.runbook.render import render
from tradai_console.settings import Settings, load_settings
from tradai_console.text import plain

ANY_ENV: Final = "prod"
"""Fills `{env}` in the platform's names where no environment is named and none matters."""

_PATH: Final = 4_096
_COUNTS: Final = ("TRADAI_CONSOLE_CONFIG", "TRADAI_CONSOLE_RUNBOOKS")


@dataclass(frozen=True)
class Shelf:
    """The library, and the settings it was opened with."""

    library: Library
    settings: Settings

    def platform(self, env: str) -> Platform:
        """The platform's names in this environment, the user's own over ours. Raises SettingsError."""
        return load_platform(env, self.settings.platform)


def open_shelf(runbooks: Path | None, config: Path | None, *, env: str | None = None) -> Shelf:
    """The shipped runbooks with the user's laid over them: of the option, else of the environment or the file.

    Of the environment's variables only those that name files count: a region that is wrong must not keep anyone
    from a runbook. What cannot be read of the user's is said on standard error. Raises SettingsError.
    """
    named = {name: os.environ[name] for name in _COUNTS if os.environ.get(name)}
    settings = load_settings({"env": env or ANY_ENV, "runbooks": runbooks}, config=config, environ=named)
    own = settings.runbooks.expanduser() if settings.runbooks else None
    if own is not None and not own.is_dir():
        raise SettingsError(f"runbooks = {plain(own, _PATH)}: there is no such directory")
    return Shelf(load_library(own), settings)


def warn_of_faults(library: Library) -> None:
    """Say on standard error that some of the library could not be read as it was meant."""
    wrong = {fault.path for fault in library.faults if not fault.warning}
    if wrong:
        files = ", ".join(plain(path.name, 80) for path in sorted(wrong)[:3]) + (
            ", ..." if len(wrong) > 3 else ""
        )
        sys.stderr.write(f"tradai-console: wrong in {files}; `runbooks lint` says where\n")


def run_runbooks_list(
    *, runbooks: Path | None = None, config: Path | None = None, as_json: bool = False
) -> int:
    """Print a line a runbook, or a list of objects. Returns the exit code. Raises SettingsError."""
    library = open_shelf(runbooks, config).library
    warn_of_faults(library)
    books = [library.runbooks[name] for name in sorted(library.runbooks)]
    if as_json:
        return say(json.dumps([_object(book, library) for book in books], indent=2))
    return say(
        _table(
            [(book.name, book.title, _alerts(book, library), _count(book), _origin(book)) for book in books]
        )
    )


def run_runbooks_show(
    name: str, section: str | None = None, *, runbooks: Path | None = None, config: Path | None = None
) -> int:
    """Print a runbook, or one section of it. Returns the exit code.

    `name` may be written as a link writes it, `service-recovery.md#lambda-errors`, or be an alert's. Raises
    ConsoleError with the names that are near where there is none of this name.
    """
    library = open_shelf(runbooks, config).library
    warn_of_faults(library)
    book, anchor = _asked(name, library)
    wanted = section or anchor
    return say(render(book, _section(book, wanted) if wanted else None).rstrip("\n"))


def run_runbooks_lint(
    directory: Path | None = None, *, runbooks: Path | None = None, config: Path | None = None
) -> int:
    """Print `file:line: what is wrong`, one a line. Returns 1 if anything is, warnings too, else 0.

    Raises SettingsError if the directory is not there, or if two different ones are named.
    """
    if directory is not None and runbooks is not None and directory != runbooks:
        raise SettingsError("two directories are named: give DIR or --runbooks DIR")
    shelf = open_shelf(directory or runbooks, config)
    faults = lint(shelf.library, shelf.platform(shelf.settings.env), PROBES, ACTIONS)
    for fault in faults:
        say(plain(fault, _PATH))
    if not faults:
        known = f"{len(shelf.library.runbooks)} runbooks, {len(shelf.library.alerts())} alerts"
        sys.stderr.write(f"{known}: nothing is wrong\n")
    return 1 if faults else 0


def say(text: str) -> int:
    """Print it now, so that a reader that has gone is noticed here. Returns 0, the exit code of having said it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    return 0


def _object(book: Runbook, library: Library) -> dict[str, object]:
    return {
        "runbook": book.name,
        "title": book.title,
        "alerts": list(_alerts(book, library)),
        "sections": [section.anchor for section in book.sections],
        "origin": _origin(book),
    }


def _alerts(book: Runbook, library: Library) -> tuple[str, ...]:
    """What leads to it: of its own, or of the shipped one that it replaces; most severe first."""
    return tuple(alert.name for alert in library.alerts() if alert.runbook == book.name)


def _count(book: Runbook) -> str:
    return str(len(book.sections))


def _origin(book: Runbook) -> str:
    return "shipped" if book.shipped else plain(book.path.parent, _PATH)


_Row = tuple[str, str, tuple[str, ...], str, str]
_TITLES: Final[_Row] = ("RUNBOOK", "TITLE", ("ALERTS",), "SECTIONS", "ORIGIN")


def _table(rows: Sequence[_Row]) -> str:
    """One line a runbook; on a narrow terminal its alerts stand below each other."""
    whole = [
        (name, title, ", ".join(alerts), count, origin)
        for name, title, alerts, count, origin in (_TITLES, *rows)
    ]
    wide = _aligned(whole)
    if max(map(cell_len, wide)) <= shutil.get_terminal_size((10_000, 24)).columns:
        return "\n".join(wide)
    broken: list[tuple[str, ...]] = []
    for name, title, alerts, count, origin in (_TITLES, *rows):
        first, *more = alerts or ("",)
        broken += [(name, title, first, count, origin), *(("", "", alert, "", "") for alert in more)]
    return "\n".join(_aligned(broken))


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _asked(name: str, library: Library) -> tuple[Runbook, str | None]:
    """The runbook that was asked for, and the anchor that came with its name."""
    wanted, _, anchor = name.strip().partition("#")
    book = library.find(wanted.rpartition("/")[2])
    if book is not None:
        return book, anchor or None
    for alert in library.alerts():
        if alert.name.casefold() == wanted.casefold() and (book := library.find(alert.runbook)):
            return book, alert.section
    alerts = [alert.name for alert in library.alerts()]
    raise ConsoleError(_nothing("runbook", wanted, library.runbooks, alerts))


def _section(book: Runbook, wanted: str) -> Section:
    """The section by its anchor, by the anchor of a step in it, or by its title."""
    anchor = wanted.strip().lstrip("#")
    found = book.section(anchor) or book.section(anchor.lower())
    if found is None:
        found = next((one for one in book.sections if one.title.casefold() == anchor.casefold()), None)
    if found is None:
        raise ConsoleError(_nothing(f"section of {book.name}", anchor, [one.anchor for one in book.sections]))
    return found


def _nothing(what: str, wanted: str, names: Iterable[str], others: Iterable[str] = ()) -> str:
    """One sentence: what there is not, and what is near; all the names where nothing is."""
    known = sorted(names)
    by_key = {name.casefold(): name for name in (*known, *others)}
    key = wanted.casefold()
    words = [word for word in re.split(r"[\s_-]+", key) if len(word) > 2]
    holding = [name for low, name in by_key.items() if any(word in low for word in words)]
    near = [by_key[low] for low in get_close_matches(key, by_key, n=3, cutoff=0.6)]
    offered = list(dict.fromkeys((*near, *holding)))[:5] or known
    said = "near it" if offered != known else "known"
    return (
        f"there is no {what} called {plain(wanted, 120) or 'nothing'}; {said}: {', '.join(offered) or 'none'}"
    )
