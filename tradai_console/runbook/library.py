"""The runbooks at hand: the shipped ones with a user's directory laid over them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tradai_console.errors import RunbookError
from tradai_console.paths import SHIPPED_RUNBOOKS
from tradai_console.runbook.intake import MAX_BYTES
from tradai_console.runbook.model import AlertRule, Fault, Runbook, Section
from tradai_console.runbook.parse import parse_runbook
from tradai_console.text import plain

MAX_FILES: Final = 500
_ENDINGS = frozenset({".md", ".markdown"})
_NO_RUNBOOK = frozenset({"readme", "index", "changelog", "contributing", "license"})


@dataclass(frozen=True)
class _File:
    """One file as it was read; the hash of its bytes is in its runbook."""

    mode: int
    """Its permissions: they decide whether its commands may run."""
    runbook: Runbook | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Library:
    """Every runbook that could be read, by name, and what is wrong with the others."""

    runbooks: Mapping[str, Runbook]
    faults: tuple[Fault, ...]
    directories: tuple[Path, ...] = ()
    """Where they come from; a later one is laid over an earlier one."""
    _files: Mapping[Path, _File] = field(default_factory=dict, repr=False, compare=False)
    _alerts: tuple[AlertRule, ...] = ()
    _shipped: Path | None = SHIPPED_RUNBOOKS

    def alerts(self) -> tuple[AlertRule, ...]:
        """Every alert that leads to a runbook, most severe first."""
        return self._alerts

    def find(self, name: str) -> Runbook | None:
        """The runbook of that name, as a person or a link writes it: `nat`, `nat.md`, in any case."""
        wanted = name.strip().removesuffix(".md").rstrip("/")
        found = self.runbooks.get(wanted)
        return found or next(
            (book for key, book in self.runbooks.items() if key.lower() == wanted.lower()), None
        )

    def section(self, runbook: str, anchor: str | None) -> Section | None:
        """The section an alert or a link leads to; the runbook's first for None."""
        found = self.find(runbook)
        return found.section(anchor) if found else None

    def documents(self) -> Mapping[str, tuple[str, ...]]:
        """The anchors of every runbook, by its name, those of its sections first."""
        return MappingProxyType({name: _anchors(book) for name, book in self.runbooks.items()})

    def reread(self) -> Library:
        """The library as the directories are now; this very one if nothing has changed there."""
        newer = _load(self.directories, self._files, self._shipped)
        return self if newer.runbooks == self.runbooks and newer.faults == self.faults else newer


def load_library(user: Path | None = None, *, shipped: Path | None = SHIPPED_RUNBOOKS) -> Library:
    """Read the shipped runbooks and a user's directory. A broken file is a fault and hides no other.

    A user's runbook replaces the shipped one of the same name. If it names no alerts of its own, those of the
    shipped one lead to it.
    """
    return _load(tuple(path for path in (shipped, user) if path is not None), {}, shipped)


def _load(directories: tuple[Path, ...], known: Mapping[Path, _File], shipped: Path | None) -> Library:
    files: dict[Path, _File] = {}
    runbooks: dict[str, Runbook] = {}
    alerts: dict[str, AlertRule] = {}
    faults: list[Fault] = []
    for directory in directories:
        names: dict[str, Path] = {}
        for path in _paths(directory, faults):
            file = files[path] = _read(path, known.get(path), shipped=directory == shipped)
            faults += file.faults
            book = file.runbook
            if book is None:
                continue
            if book.name in names:
                faults.append(
                    Fault(path, 1, f"{names[book.name].name} has the same name; this one is left out")
                )
                continue
            names[book.name] = path
            runbooks[book.name] = book
            alerts |= {alert.name.casefold(): alert for alert in book.alerts}
    reachable = (_led(alert, runbooks) for alert in alerts.values())
    ordered = tuple(sorted(reachable, key=lambda alert: (alert.severity.rank, alert.runbook, alert.line)))
    return Library(MappingProxyType(runbooks), tuple(sorted(faults)), directories, files, ordered, shipped)


def _led(alert: AlertRule, runbooks: Mapping[str, Runbook]) -> AlertRule:
    """The alert, led to the runbook's top where a user's document has replaced the one it was written for."""
    book = runbooks[alert.runbook]
    if alert in book.alerts or (alert.section and book.section(alert.section)):
        return alert
    return replace(alert, section=None)


def _anchors(book: Runbook) -> tuple[str, ...]:
    sections = [section.anchor for section in book.sections]
    return tuple(dict.fromkeys((*sections, *(anchor for anchor, _ in book.anchors))))


def _paths(directory: Path, faults: list[Fault]) -> Iterator[Path]:
    try:
        found = sorted(path for path in directory.iterdir() if path.suffix.lower() in _ENDINGS)
    except OSError as error:
        faults.append(Fault(directory, 1, f"the directory cannot be read: {error.strerror}"))
        return
    found = [path for path in found if path.stem.lower() not in _NO_RUNBOOK and not path.name.startswith(".")]
    if len(found) > MAX_FILES:
        faults.append(Fault(directory, 1, f"only the first {MAX_FILES} of {len(found)} files are read"))
    yield from found[:MAX_FILES]


def _read(path: Path, known: _File | None, *, shipped: bool) -> _File:
    """The file, or what is known of it if it has not been touched since."""
    try:
        # O_NONBLOCK: opening a pipe that somebody has put here must not wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return _File(0, None, (Fault(path, 1, "this is not a regular file"),))
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return _File(0, None, (Fault(path, 1, f"the file cannot be read: {plain(error.strerror)}"),))
    book = known.runbook if known and known.mode == status.st_mode else None
    if known and book and book.sha256 == hashlib.sha256(data).hexdigest():
        return known
    return _parsed(data, path, status, shipped=shipped)


def _parsed(data: bytes, path: Path, status: os.stat_result, *, shipped: bool) -> _File:
    untrusted = None if shipped else _writable(status)
    try:
        book = parse_runbook(data, path, shipped=shipped, untrusted=untrusted)
    except RunbookError as error:
        return _File(status.st_mode, None, (Fault(path, error.line, error.message),))
    return _File(status.st_mode, book, book.faults)


def _writable(status: os.stat_result) -> str | None:
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others can write to this file: its commands can be read, not run (chmod go-w)"
    return None
