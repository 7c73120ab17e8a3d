"""What a probe found: a verdict, one line that says it in words, and the rows behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """How a probe's question was answered."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"
    """It could not be found out: no verdict is worse for lack of data, none better."""


GRAVEST: Final = (Verdict.BAD, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK)
"""What is told first."""


@dataclass(frozen=True)
class Row:
    """One line behind a verdict."""

    name: str
    value: str
    verdict: Verdict = Verdict.OK


@dataclass(frozen=True)
class Evidence:
    """One probe's answer at one moment."""

    verdict: Verdict
    line: str
    """In words, whole without the rows: `running 1 of 2, 3 tasks out of memory in 12 m`."""
    rows: tuple[Row, ...] = ()
    taken_at: datetime | None = None
    series: tuple[float, ...] = ()
    """A measured course, oldest first, to be drawn as a strip; empty if there is none."""
    limit: float | None = None
    """What `series` is judged against."""
    found: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Variables of the runbook that it settles: the task, the key, the execution that it points at."""
