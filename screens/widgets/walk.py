"""The walk: the steps of a section as an outline, the step at hand opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.widgets.drawn import Drawn
from screens.widgets.facts_view import wrapped
from screens.widgets.line import Line, beside
from tradai_console.incident import Incident, options_of
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.runbook.arguments import fill
from tradai_console.runbook.catalogue import ACTIONS
from tradai_console.runbook.model import (
    Action,
    Decision,
    Insights,
    Probe,
    Section,
    Shell,
    Step,
    Tail,
    Text,
    Tick,
)

VERDICT: Final = {
    Verdict.OK: ("✓", "good"),
    Verdict.WARN: ("!", "warn"),
    Verdict.BAD: ("▲", "bad"),
    Verdict.UNKNOWN: ("?", "warn"),
}
INDENT: Final = "     "
TEXT_AT: Final = 5
SIGNED_AT: Final = 7
_LINK: Final = re.compile(r"(?<!!)\[([^\]\[]+)\]\(([^)\s]+)\)")


class WalkView(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """Every step a line; the one at hand with its text, its boxes, its choices and what it can run."""

    # Textual takes a widget's default style from its first base alone, and that is not ScrollView.
    DEFAULT_CSS = """
    WalkView { overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; }
    """

    def __init__(self) -> None:
        super().__init__(id="walk")
        self._lines: tuple[Line, ...] = ()
        self._incident: Incident | None = None
        self._at = ""
        self._chosen = 0

    def show(self, incident: Incident, at: str, chosen: int) -> None:
        """Draw the incident with this step opened and its n-th runnable block marked; the step comes into view."""
        moved = at != self._at
        self._incident, self._at, self._chosen = incident, at, chosen
        self._lay(follow=moved)

    def on_resize(self) -> None:
        self._lay(follow=True)

    def _lay(self, *, follow: bool) -> None:
        if (
            self._incident is None or not self.size.width
        ):  # it is not on the screen yet: nothing can be wrapped
            return
        width = max(20, self.scrollable_content_region.width)
        lines: list[Line] = []
        top = bottom = 0
        for step in self._incident.section.steps:
            here = step.anchor == self._at
            if here:
                top = len(lines)
            lines.append(_head(self._incident, step, width, here=here))
            if here:
                for line, hang in _body(self._incident, step, self._chosen):
                    lines.extend(wrapped(line, width, hang))
                lines.append(Line())
                bottom = len(lines)
        self._lines = tuple(lines)
        self.virtual_size = Size(width, len(lines))
        if follow:
            self.scroll_to_region(
                Region(0, top, width, max(1, bottom - top)), animate=False, force=True, immediate=True
            )
        self.refresh()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        return self.strip_of(
            self._lines[index] if index < len(self._lines) else Line(), self.scrollable_content_region.width
        )


def _head(incident: Incident, step: Step, width: int, *, here: bool) -> Line:
    title = Line.of(
        _sign(incident, step, here=here), f" {step.number:>2} ", (step.title, "strong" if here else "plain")
    )
    return beside(title, _right(incident, step), width)


def _sign(incident: Incident, step: Step, *, here: bool) -> tuple[str, str]:
    if here:
        return ("▶", "accent")
    if incident.done(step):
        return ("✓", "good")
    if incident.skipped(step) is not None:
        return ("↷", "dim")
    return (" ", "plain")


def _right(incident: Incident, step: Step) -> Line:
    verdict = incident.verdict(step)
    if verdict is not None:
        sign, style = VERDICT[verdict]
        return Line.of((f"{sign} {verdict.value}", style))
    if step.of(Probe):
        return Line.of(("asking …", "dim"))
    if step.of(Action):
        return Line.of(("action", "accent"))
    if step.of(Decision):
        return Line.of(("choose", "accent"))
    return Line()


def _body(incident: Incident, step: Step, chosen: int) -> list[tuple[Line, int]]:
    """The opened step's lines, each with the column at which it goes on when it is too long."""
    lines: list[tuple[Line, int]] = []
    reason = incident.skipped(step)
    if reason is not None:
        lines.append((Line.of(INDENT, (f"skipped: {reason}", "dim")), TEXT_AT))
    ticks = runs = 0
    for block in step.blocks:
        match block:
            case Text(text=text, kind=kind):
                told = text if kind == "code" else _links_told(text, incident.section)
                lines += [(Line.of(INDENT, part), TEXT_AT) for part in told.splitlines()]
            case Tick(text=text):
                box = ("☑", "good") if incident.ticked(step, ticks) else ("☐", "accent")
                lines.append((Line.of(INDENT, box, f" {_links_told(text, incident.section)}"), SIGNED_AT))
                ticks += 1
            case Probe():
                lines.append((_probe(incident.evidence.get(block.line), block), SIGNED_AT))
            case Action(name=name, arguments=arguments):
                words = _filled(name, arguments, incident.variables)
                lines.append(
                    (_runnable(words, "enter asks first, then acts", marked=runs == chosen), SIGNED_AT)
                )
                runs += 1
            case Shell(text=text, refused=refused):
                head, *rest = text.strip().splitlines() or [""]
                lines.append(
                    (_runnable(f"$ {head}", refused or "y copies it", marked=runs == chosen), SIGNED_AT)
                )
                lines += [(Line.of(INDENT + "    ", (part, "dim")), SIGNED_AT + 2) for part in rest]
                runs += 1
            case Decision():
                pass
            case Tail() | Insights():
                lines.append((Line.of(INDENT, ("its log is beside this", "dim")), TEXT_AT))
    lines += [
        (
            Line.of(
                INDENT,
                (f"{digit} ", "key"),
                (option.label, "strong"),
                (f"  {option.note}" if option.note else "", "dim"),
            ),
            SIGNED_AT,
        )
        for digit, option in enumerate(options_of(step), start=1)
    ]
    return lines


def _links_told(text: str, section: Section) -> str:
    """Links in a sentence as words: where they lead is a step's number, or an address outside the runbooks."""

    def told(link: re.Match[str]) -> str:
        label, target = link[1], link[2]
        if target.startswith(("http://", "https://")):
            return f"{label} ({target})"
        step = next((one for one in section.steps if f"#{one.anchor}" == target), None)
        return label if step is None else f"{label} (step {step.number})"

    return _LINK.sub(told, text)


def _filled(name: str, arguments: tuple[tuple[str, str], ...], variables: Mapping[str, str]) -> str:
    """The action as it would be run; a variable that nobody knows yet stands there as it is."""
    known = fill(arguments, variables, ACTIONS.get(name)).values
    return " ".join((name, *(f"{key}={known.get(key, value)}" for key, value in arguments)))


def _probe(evidence: Evidence | None, probe: Probe) -> Line:
    if evidence is None:
        return Line.of(INDENT, ("… ", "dim"), (f"asking {probe.name}", "dim"))
    sign, style = VERDICT[evidence.verdict]
    return Line.of(INDENT, (f"{sign} ", style), (evidence.line, style if style == "bad" else "plain"))


def _runnable(words: str, about: str, *, marked: bool) -> Line:
    return Line.of(
        INDENT,
        ("▸ " if marked else "  ", "accent"),
        (words, "key" if marked else "info"),
        (f"   {about}", "dim"),
    )
