"""What an engineer sees who opens an alert: what its probes say and what stands in its log, held against what is so."""

from __future__ import annotations

from tests.incidents.night import Night
from tests.incidents.on_call import OnCall
from tests.incidents.truth import TROUBLE, Truth
from tradai_console.demo.drills import Plot
from tradai_console.incident_run import SINCE
from tradai_console.logs.about import incident_sources
from tradai_console.models.evidence import Verdict
from tradai_console.runbook.library import load_library
from tradai_console.runbook.matrix import MATRIX

LIBRARY = load_library()
RULES = {rule.name: rule for rule in LIBRARY.alerts()}


async def assert_true(night: Night, engineer: OnCall, plot: Plot, truth: Truth) -> None:
    """From the list by enter: the alert's own section, what the world is like in every probe's words, and its log."""
    alert = await engineer.sees(truth.kind)
    assert alert.severity == truth.severity
    incident = await engineer.open(truth.kind)
    leads = (incident.runbook.name, incident.section.anchor)
    assert leads == (MATRIX[truth.kind], RULES[truth.kind].section)
    assert incident.variables["DB_INSTANCE"] == night.platform.database  # any section may need it
    await _every_probe_is_true(engineer, plot, truth)
    await _log_is_beside_it(night, engineer)
    assert incident.section.title in engineer.text


async def _every_probe_is_true(engineer: OnCall, plot: Plot, truth: Truth) -> None:
    """What the drill has broken is said in words; what cannot be known is unknown; all else is well."""
    drawn = plot.drill.drawn(plot.cast)
    told: set[str] = set()
    for probe, evidence in (await engineer.evidence()).items():
        told_of = f"{probe.name} {dict(probe.arguments)}: {evidence.verdict} {evidence.line}"
        if evidence.verdict in TROUBLE and probe.name in truth.wrong:
            words = truth.wrong[probe.name].format_map(drawn)
            assert words in evidence.line, told_of
            told.add(probe.name)
        elif evidence.verdict is Verdict.UNKNOWN:
            assert truth.unknown.get(probe.name, "?") in evidence.line, told_of
        else:
            assert evidence.verdict is Verdict.OK or probe.name in truth.either, told_of
    assert told == set(truth.wrong), f"nobody saw {set(truth.wrong) - told}"
    assert not truth.wrong or (told | truth.either) & set(plot.drill.looks)


async def _log_is_beside_it(night: Night, engineer: OnCall) -> None:
    """Every line that the alert's groups hold of the last quarter of an hour is there, and no other group's."""
    incident = engineer.incident
    wanted = incident_sources(
        LIBRARY.alerts(), incident.alert.alert, incident.section, night.platform, incident.variables
    )
    assert wanted
    since = int((night.clock.now() - SINCE).timestamp() * 1000)
    ids: set[str] = set()
    for place in wanted:
        pages = night.aws("logs").get_paginator("filter_log_events")
        more = {"logStreamNamePrefix": place.stream_prefix} if place.stream_prefix else {}
        for page in pages.paginate(logGroupName=place.group, startTime=since, **more):
            ids |= {event["eventId"] for event in page["events"]}
    await engineer.until(lambda: ids <= engineer.line_ids, f"{len(ids)} lines of {wanted}")
    groups = {row.group for row in engineer.lines}
    assert groups <= {place.group for place in wanted}
