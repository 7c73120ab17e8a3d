"""How evidence is put into words: times, spans, sizes and counts, short enough for a row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tradai_console.models.evidence import Verdict

_WORST_FIRST = (Verdict.BAD, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The one that counts; what is unknown outweighs what is fine, and nothing that is wrong. None at all is
    unknown."""
    found = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in found), Verdict.UNKNOWN)


def gravity(verdict: Verdict) -> int:
    """The place of a verdict among others, the worst first."""
    return _WORST_FIRST.index(verdict)


def judged(value: float | None, warn: float, bad: float) -> Verdict:
    """A figure that should be small: from `warn` and from `bad` on it is not; None is unknown."""
    if value is None:
        return Verdict.UNKNOWN
    return Verdict.BAD if value >= bad else Verdict.WARN if value >= warn else Verdict.OK


def span(seconds: float) -> str:
    """`45 s`, `12 m`, `3 h 5 m`, `2 d 4 h`."""
    whole = round(abs(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 90:
        return f"{minutes} m"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} m" if minutes and hours < 10 else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours and days < 7 else f"{days} d"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago something happened: `3 m ago`; `never` for None.

    What carries a time of the future says that a clock is wrong: `10 s ahead of this clock`.
    """
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    return f"{span(max(0.0, seconds))} ago" if seconds > -1 else f"{span(seconds)} ahead of this clock"


def until(moment: datetime, now: datetime) -> str:
    """When something is due: `in 5 d`, `3 m ago`."""
    seconds = (moment - now).total_seconds()
    return f"in {span(seconds)}" if seconds > 0 else f"{span(seconds)} ago"


def at(moment: datetime, now: datetime) -> str:
    """`03:12:00Z` of today, `01-31 03:12Z` of another day."""
    return moment.strftime("%H:%M:%SZ" if moment.date() == now.date() else "%m-%d %H:%MZ")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 task`, `3 tasks`, `no task`."""
    if number == 0:
        return f"no {noun}"
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(count: float) -> str:
    """Bytes: `512 B`, `1.5 kB`, `13 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{short(count)} {unit}"
        count /= 1000
    return f"{short(count)} TB"


def short(value: float) -> str:
    """A number in two or three figures: `0.08`, `4.5`, `97`, `1,204`."""
    if value == 0:
        return "0"
    if abs(value) < 1:
        return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else f"{value:.2g}"
    if abs(value) < 10:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:,.0f}"


def listed(words: Iterable[str], most: int = 3) -> str:
    """`a, b and 4 more`."""
    found = list(words)
    if len(found) <= most:
        return ", ".join(found)
    return f"{', '.join(found[:most])} and {len(found) - most} more"
