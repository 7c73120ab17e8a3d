"""What is said about a log around its lines: how much there is, what is shown of it, and why there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from textual.content import Content

from screens.log.ring import LogRing
from screens.log.shown import LEAST_WORDS, Shown
from screens.log.view import LogView
from screens.widgets.line import Line, folded
from tradai_console.models.log_feed import GroupReading

_Part: TypeAlias = str | tuple[str, str]


def title(ring: LogRing, shown: Shown, groups: Sequence[GroupReading]) -> Content:
    """How many lines and errors there are, what is missing, which groups cannot be read."""
    parts: list[_Part] = [("Log", "bold"), f"  {_counted(ring.count, 'line')}"]
    if shown.errors:
        parts.append((f"  {_counted(len(shown.errors), 'error')}", "$text-error"))
    if ring.dropped:
        parts.append((f"  {ring.dropped:,} older ones dropped", "$text-muted"))
    if ring.passed_over:
        parts.append((f"  {ring.passed_over:,} passed over", "$text-warning"))
    unread = [group for group in groups if group.error is not None]
    if unread:
        words = (
            f"  {len(unread)} of {_counted(len(groups), 'group')} unread: {unread[0].group} {unread[0].state}"
        )
        parts.append((words, "$text-error"))
    return Content.assemble(*parts)


def subtitle(view: LogView, *, local: bool, found: str) -> Content:
    """What is shown of it and how: filters, what is looked for, whether it follows, the zone."""
    ring, shown, needle = view.shown.ring, view.shown, view.look.search
    parts: list[_Part] = []
    if filters := _filters(shown):
        parts.append((f"{filters} · {len(shown.rows):,} shown", "$text-warning"))
    if needle:
        parts.append((f"/{needle.text}{found}", "$text-accent"))
    if ring.standing:
        dropped = f", {ring.waiting_dropped:,} dropped" if ring.waiting_dropped else ""
        parts.append((f"standing still: {len(ring.waiting):,} wait{dropped}, p goes on", "bold $text-accent"))
    elif view.following:
        parts.append("following")
    else:
        parts.append(f"line {view.index + 1:,} of {len(shown.rows):,}, G follows")
    parts.append("local" if local else "UTC")
    spread: list[_Part] = []
    for part in parts:
        spread += [" · ", part] if spread else [part]
    return Content.assemble(*spread)


def empty_lines(
    words: str, ring: LogRing, groups: Sequence[GroupReading], places: str | None, width: int
) -> tuple[Line, ...]:
    """What stands there instead of lines: never nothing."""
    lines = [Line.of((words, "dim"))]
    if ring.rows:
        lines = [Line.of((f"none of {ring.count:,} lines passes the filters; C shows them all", "warn"))]
    lines += [
        Line.of((f"{group.group} {group.state}: {group.error}", "bad"))
        for group in groups
        if group.error is not None
    ]
    if places:
        lines += [Line(), Line.of((places, "warn"))]
    return tuple(part for line in lines for part in folded(line, max(20, width)))


def _filters(shown: Shown) -> str:
    lens = shown.lens
    said = [LEAST_WORDS[lens.least]] if lens.least else []
    said += [f"keep “{lens.keep.text}”"] if lens.keep else []
    said += [f"drop “{lens.drop.text}”"] if lens.drop else []
    return " · ".join(said)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
