"""What the doctor finds: one line each, and under a bad one what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it stands with one thing."""

    WELL = "well"
    NOTE = "note"
    """The console works; something is worth knowing or mending."""
    BAD = "bad"
    """Part of the console does not work until it is mended."""


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis."""

    verdict: Verdict
    words: str
    advice: str = ""
    """What to do about it, one sentence."""


def well(words: str) -> Finding:
    """It is as it should be."""
    return Finding(Verdict.WELL, words)


def note(words: str, advice: str = "") -> Finding:
    """Worth knowing."""
    return Finding(Verdict.NOTE, words, advice)


def bad(words: str, advice: str) -> Finding:
    """To be mended."""
    return Finding(Verdict.BAD, words, advice)


def some(names: Iterable[str], most: int = 8) -> str:
    """The first few names, and how many more there are."""
    known = list(names)
    shown = ", ".join(known[:most])
    return shown if len(known) <= most else f"{shown} and {len(known) - most} more"


def count(number: int, thing: str) -> str:
    """`1 alarm`, `3 alarms`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
