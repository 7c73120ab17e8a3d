"""What the probes say: those of the step at hand with their rows, the others in a line each."""

from __future__ import annotations

from screens.facts.facts import Section, pair
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.walk import VERDICT
from screens.widgets.words import ago, spark
from tradai_console.incident import Incident
from tradai_console.journal.base import Entry
from tradai_console.models.evidence import Evidence
from tradai_console.runbook.model import Probe, Step

STRIP = 24


def evidence_sections(incident: Incident, step: Step | None, moment: Moment) -> tuple[Section, ...]:
    """The step's own evidence first and whole, then what the alert says, of which the heading shows a part."""
    own = (
        []
        if step is None
        else [_whole(incident.evidence.get(probe.line), probe, moment) for probe in step.of(Probe)]
    )
    outputs = () if step is None else incident.progress.outputs.get(incident.place(step), ())
    if outputs:
        own.append(Section("Done here", tuple(line for entry in outputs[-5:] for line in _said(entry))))
    if reason := incident.alert.reason:
        own.append(Section("The alert says", (Line.of(reason),)))
    rest = Section("The section's probes", tuple(_others(incident, step)))
    return (*own, rest) if rest.lines else tuple(own)


def _said(entry: Entry) -> list[Line]:
    """What was done at the step and what came of it, a line for each of its own."""
    first, *rest = entry.text.splitlines() or [""]
    return [Line.of((f"{entry.at:%H:%M:%S}Z ", "dim"), first), *(Line.of("  ", line) for line in rest)]


def _whole(evidence: Evidence | None, probe: Probe, moment: Moment) -> Section:
    if evidence is None:
        return Section(probe.name, (Line.of(("asking …", "dim")),))
    sign, style = VERDICT[evidence.verdict]
    age = f"  {ago(evidence.taken_at, moment.now)} ago" if evidence.taken_at else ""
    lines = [Line.of((f"{sign} ", style), (evidence.line, "strong"))]
    if evidence.series:
        limit = "" if evidence.limit is None else f"  limit {evidence.limit:g}"
        high = max(evidence.limit or 0.0, *evidence.series)
        lines.append(Line.of("  ", (spark(evidence.series, STRIP, low=0, high=high), style), (limit, "dim")))
    lines += [
        pair(row.name, Line.of((row.value, VERDICT[row.verdict][1] if row.verdict != "ok" else "plain")))
        for row in evidence.rows
    ]
    lines += [pair(f"→ {name}", Line.of((value, "accent"))) for name, value in evidence.found.items()]
    return Section(f"{probe.name}{age}", tuple(lines))


def _others(incident: Incident, here: Step | None) -> list[Line]:
    lines = []
    for step in incident.section.steps:
        for probe in step.of(Probe):
            evidence = incident.evidence.get(probe.line)
            if step is here or evidence is None:
                continue
            sign, style = VERDICT[evidence.verdict]
            lines.append(Line.of((f"{sign} ", style), (f"{step.number:>2} ", "dim"), evidence.line))
    order = {"▲": 0, "!": 1, "?": 2, "✓": 3}
    return sorted(lines, key=lambda line: order.get(line.plain[:1], 4))
