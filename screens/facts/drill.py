"""The card of a drill, as sections: its moments as a staircase of time, wrong turns, the truth."""

from __future__ import annotations

from typing import Final

from screens.facts.facts import Section
from screens.widgets.line import Line
from screens.widgets.words import minutes_of
from tradai_console.models.drill import DrillCard, Mark

_NAME: Final = 14
_TIME: Final = 7
_LEAST_STAIRS: Final = 12
_MOST_STAIRS: Final = 32


def card_sections(card: DrillCard, width: int) -> tuple[Section, ...]:
    """Everything on the card, for this width."""
    parts = [Section(_verdict(card), (*_moments(card, width),)), _wrong_turns(card)]
    what, *ways = card.truth
    parts.append(Section("What really happened", (Line.of(what), *(_way(line) for line in ways))))
    return tuple(parts)


def _verdict(card: DrillCard) -> str:
    """How it ended, in one line."""
    if card.given_up:
        return "Given up: the trainer mended it"
    if not card.over:
        return "Not over yet"
    total, best = card.total_s, card.best_s
    compared = ""
    if total is not None and best is not None:
        ahead = round(best) - round(total)
        compared = (
            f" · your best yet, by {minutes_of(ahead)}"
            if ahead > 0
            else f" · your best: {minutes_of(min(best, total))}"
        )
    elif card.runs == 0:
        compared = " · your first time"
    unproved = "" if card.at_s("verified") is not None else " · nobody verified it"
    how = "Resolved" if card.at_s("resolved") is not None else "Cured"
    return f"✓ {how} {minutes_of(total)} after the alert{compared}{unproved}"


def _moments(card: DrillCard, width: int) -> list[Line]:
    earlier = card.runs > 0
    columns = _NAME + _TIME * (3 if earlier else 1) + 2
    stairs = max(0, min(_MOST_STAIRS, width - columns - 2))
    stairs = stairs if stairs >= _LEAST_STAIRS else 0
    room = width - columns - stairs - 2
    whole = max([mark.at_s or 0.0 for mark in card.marks] + [turn.at_s for turn in card.wrong] + [1.0])
    head = f"{'':<{_NAME}}{'you':>{_TIME}}" + (f"{'last':>{_TIME}}{'best':>{_TIME}}" if earlier else "")
    lines, before = [Line.of((head, "dim"))], 0.0
    for mark in card.marks:
        times = Line.of(
            (f"{mark.name:<{_NAME}}", "plain" if mark.at_s is not None else "dim"),
            (f"{minutes_of(mark.at_s):>{_TIME}}", _style(mark)),
            (f"{_other(mark.last_s)}{_other(mark.best_s)}" if earlier else "", "dim"),
        )
        step = Line.of("  ", *_stair(before, mark.at_s, whole, stairs)) if stairs else Line()
        what = mark.what if room >= len(mark.what) or room >= 16 else ""
        cut = what if len(what) <= room else what[: max(0, room - 1)] + "…"
        lines.append(Line.of(times, step, ("  " + cut if cut else "", "dim")))
        before = max(before, mark.at_s or 0.0)
    if card.alert_after_s is not None:
        lines.append(
            Line.of(
                (
                    f"Times run from the alert on screen, {minutes_of(card.alert_after_s)} after its cause.",
                    "dim",
                )
            )
        )
    return lines


def _style(mark: Mark) -> str:
    if mark.at_s is None:
        return "warn"
    return "good" if mark.best_s is not None and mark.at_s <= mark.best_s else "strong"


def _other(at_s: float | None) -> str:
    return f"{minutes_of(at_s):>{_TIME}}"


def _stair(before: float, at: float | None, whole: float, width: int) -> tuple[tuple[str, str], ...]:
    """One step of the staircase: from the moment before to this one."""
    if at is None:
        return ((" " * width, "dim"),)
    start = min(width - 1, int(before / whole * (width - 1)))
    end = min(width - 1, int(at / whole * (width - 1)))
    if at < before:
        start = end
    return (
        ("·" * start, "dim"),
        ("━" * (end - start), "accent"),
        ("●", "accent"),
        (" " * (width - end - 1), "dim"),
    )


def _wrong_turns(card: DrillCard) -> Section:
    if not card.wrong:
        return Section("No wrong turn", ())
    count = len(card.wrong)
    title = "One wrong turn" if count == 1 else f"{count} wrong turns"
    return Section(
        title,
        tuple([Line.of((f"{minutes_of(turn.at_s):>{_TIME}}  ", "warn"), turn.what) for turn in card.wrong]),
    )


def _way(text: str) -> Line:
    """A sentence that begins with what it is about."""
    about, _, rest = text.partition(": ")
    return Line.of((f"{about}: ", "dim"), rest)
