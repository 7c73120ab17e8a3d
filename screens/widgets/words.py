"""Figures and times in few characters, the same everywhere. Unknown is `?`, never 0."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

UNKNOWN = "?"
_BLOCKS = "▁▂▃▄▅▆▇█"


def span_of(seconds: float | None) -> str:
    """A duration: `31s`, `4m`, `2h05m`, `3d`."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d"


def exact_span(seconds: float | None) -> str:
    """A duration that is compared with another: `5m40s`."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    return (
        f"{whole}s" if whole < 60 else f"{whole // 60}m{whole % 60:02}s" if whole < 3600 else span_of(whole)
    )


def minutes_of(seconds: float | None) -> str:
    """A duration as a stopwatch shows it: `4:12`; a dash for what never came."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02}"


_CROSSED: Final = re.compile(
    r"(?P<metric>[^:]+: )?Threshold Crossed: "
    r"(?P<bad>\d+) out of the last (?P<of>\d+) datapoints \[(?P<value>-?[\d.]+(?:E-?\d+)?)[ ,\]].*"
    r"(?:was|were) (?P<no>not )?(?P<than>greater|less) than (?P<equal>or equal to )?the threshold "
    r"\((?P<limit>-?[\d.]+(?:E-?\d+)?)\)"
)


def in_short(reason: str) -> str:
    """CloudWatch's sentence about a crossed threshold as `Latency 3.1 > 2`: its figures come after what a line has room for.

    Any other reason as it is.
    """
    told = _CROSSED.match(reason)
    if told is None:
        return reason
    sign = {"greater": ">", "less": "<"}[told["than"]] + ("=" if told["equal"] else "")
    often = f", {told['bad']} of {told['of']}" if told["of"] != "1" else ""
    is_not = "not " if told["no"] else ""
    what = (told["metric"] or "").replace(": ", " ")
    return f"{what}{_figure(float(told['value']))} {is_not}{sign} {_figure(float(told['limit']))}{often}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, as `span_of`."""
    return UNKNOWN if moment is None else span_of((now - moment).total_seconds())


def stamp(moment: datetime | None, *, local: bool, seconds: bool = True) -> str:
    """A time of day, UTC unless local is asked for; with the date if it is not today's to the reader."""
    if moment is None:
        return UNKNOWN
    shown = moment.astimezone() if local else moment
    return shown.strftime("%H:%M:%S" if seconds else "%H:%M")


def day_stamp(moment: datetime | None, *, local: bool) -> str:
    """Date and time: `2026-01-01 03:12:00Z`, or with the local zone's name."""
    if moment is None:
        return UNKNOWN
    return (
        moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
        if local
        else moment.strftime("%Y-%m-%d %H:%M:%SZ")
    )


def number(value: float | None, digits: int = 0) -> str:
    """A figure with its thousands kept readable."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def scaled(value: float | None, unit: str = "B") -> str:
    """A size: `1.2 MB`."""
    if value is None:
        return UNKNOWN
    for prefix in ("", "k", "M", "G", "T"):
        if abs(value) < 1000 or prefix == "T":
            return (
                f"{value:.0f} {prefix}{unit}"
                if prefix == "" or abs(value) >= 100
                else f"{value:.1f} {prefix}{unit}"
            )
        value /= 1000
    return UNKNOWN


def spark(values: Sequence[float], width: int, *, low: float | None = None, high: float | None = None) -> str:
    """The newest values as a strip of blocks, exactly `width` cells; blanks where nothing is known."""
    shown = tuple(values[-width:]) if width > 0 else ()
    if not shown:
        return " " * max(0, width)
    bottom = min(shown) if low is None else low
    top = max(shown) if high is None else high
    reach = top - bottom
    steps = (0 if reach <= 0 else (value - bottom) / reach * (len(_BLOCKS) - 1) for value in shown)
    return "".join(_BLOCKS[max(0, min(len(_BLOCKS) - 1, round(step)))] for step in steps).rjust(width)
