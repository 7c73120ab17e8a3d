"""What can be typed under a log: which text is meant for what, and what its field says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from screens.log.needle import HELP

SPAN: Final = re.compile(r"(\d{1,7})\s?([smhd])[a-z]*")
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True)
class Prompt:
    """One thing that is asked for in the field."""

    name: str
    label: str
    help: str
    at_once: bool = True
    """Whether what is typed works while it is typed."""


PROMPTS: Final = {
    one.name: one
    for one in (
        Prompt("search", "/", f"look for: {HELP}"),
        Prompt("keep", "keep", f"show only: {HELP}"),
        Prompt("drop", "drop", f"hide: {HELP}"),
        Prompt("lit", "colour", f"highlight: {HELP}"),
        Prompt(
            "time",
            "go to",
            "a time of day (03:12, 03:12:07), a moment (2026-01-01 03:12), or -10m",
            at_once=False,
        ),
    )
}


def seconds_of(text: str) -> float | None:
    """`30m`, `2h`: seconds; None for what is no span."""
    found = SPAN.fullmatch(text.strip().lower())
    return None if found is None else float(int(found[1]) * _UNITS[found[2]])


def moment_of(text: str, near: datetime, now: datetime) -> datetime | None:
    """The moment that is meant: of `near`'s day and zone where only a time of day is given, or so long before `now`.

    None for what is no time.
    """
    text = text.strip()
    if text.startswith("-"):
        span = seconds_of(text[1:])
        return None if span is None else now - timedelta(seconds=span)
    if re.fullmatch(r"\d{1,2}:\d\d(:\d\d([.,]\d{1,3})?)?", text):
        text = f"{near:%Y-%m-%d} {text.zfill(5) if text.count(':') == 1 else text.rjust(8, '0')}"
    try:
        found = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=near.tzinfo)
