"""Rows of a log written to a file of the operator's own. Secrets are taken out: a file lives longer than a screen."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from tradai_console.errors import ConsoleError
from tradai_console.models.log import LogLine, LogNote, utc
from tradai_console.models.trail import TrailEvent
from tradai_console.paths import state_dir
from tradai_console.redact import redact
from tradai_console.text import plain

FOLDER: Final = "logs"
_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")

Row = LogLine | LogNote | TrailEvent


def keep_rows(path: Path | None, rows: Iterable[Row], name: str, now: datetime) -> Path:
    """Write the rows to a new file, named after `name` and the moment, or to the end of the one at `path`.

    The file can be read by its owner only. Raises ConsoleError with a sentence if it cannot be written.
    """
    text = "".join(f"{_written(row)}\n" for row in rows)
    try:
        return _begun(text, name, now) if path is None else _continued(path, text)
    except OSError as error:
        raise ConsoleError(f"the log cannot be written: {error}") from None


def _begun(text: str, name: str, now: datetime) -> Path:
    folder = state_dir() / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stem = f"{now:%Y%m%dT%H%M%SZ}-{_NAME.sub('-', name).strip('-.')[:60] or 'log'}"
    for number in range(1, 1_000):
        path = folder / (f"{stem}.log" if number == 1 else f"{stem}-{number}.log")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  # opened by its descriptor
            file.write(text)
        return path
    raise ConsoleError(f"there are too many files called {stem} in {folder}")


def _continued(path: Path, text: str) -> Path:
    if path.parent != state_dir() / FOLDER:
        raise ConsoleError(f"{path} is not among the logs that were kept")
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
    return path


def _written(row: Row) -> str:
    """Time, where it comes from, and the whole line."""
    if not isinstance(row, LogLine):
        return f"{utc(row.time)} --- {row.kind}: {redact(row.text)}"
    where = f"{plain(row.group, 512)} {plain(row.stream, 512)}"
    return f"{utc(row.time)} {where} {'| ' if row.part_of else ''}{redact(row.text)}"
