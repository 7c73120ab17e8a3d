"""An open incident when its alert changes under it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import sample
from tradai_console.clock import SystemClock
from tradai_console.incident import Incident
from tradai_console.incident_run import RENEW_S, IncidentRun
from tradai_console.journal.sqlite import SqliteJournal
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.board import Board
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.platform import load_platform
from tradai_console.probes.context import ProbeContext
from tradai_console.runbook.library import load_library

HANG_S = 30.0


def run_of(alert: Alert, folder: Path, tell: Callable[[Incident], None] = lambda _: None) -> IncidentRun:
    """An incident about it, in the shipped runbooks."""
    door: Any = SimpleNamespace(region="eu-central-1")
    context = ProbeContext(door, load_platform("prod"), Board, SystemClock(), "prod")
    journal = SqliteJournal(folder / "journal.sqlite3")
    return IncidentRun(alert, load_library(), context, journal, "jm", tell, lambda _: None)


async def test_the_walk_keeps_what_its_alert_no_longer_tells(tmp_path: Path) -> None:
    """Rolled back, a model drifts no more, and only an alarm without its name still fires: the walk knows the model."""
    named = {"MODEL_NAME": "PascalV2", "STRATEGY_ID": "PascalStrategy"}
    alert = replace(
        sample.ALERTS[0], alert="Significant Drift", runbook="model-drift-response", section="significant-drift",
        variables=named,
    )  # fmt: skip
    run = run_of(alert, tmp_path)
    run.renew(replace(alert, variables={}, alarms=("tradai-prod-drift-significant",)))
    assert {name: run.incident.variables[name] for name in named} == named
    run.renew(replace(alert, variables={"MODEL_NAME": "Other"}))
    assert run.incident.variables["MODEL_NAME"] == "Other"


async def test_everything_is_asked_anew_when_the_alert_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alert resolves: what was found while it fired is not left standing beside it for as long as probes are old."""
    asked: list[str] = []
    asked_again = asyncio.Event()

    async def answer(name: str, *_: object) -> Evidence:
        asked.append(name)
        asked_again.set()
        return Evidence(Verdict.OK, "well")

    monkeypatch.setattr("tradai_console.incident_run.run_probe", answer)
    alert = replace(
        sample.ALERTS[0],
        alert="NAT Instance Down",
        runbook="infrastructure-issues",
        section="nat-instance-down",
    )
    run = run_of(alert, tmp_path)
    async with asyncio.timeout(HANG_S), run._journal:  # type: ignore[attr-defined]
        task = asyncio.create_task(run.run())
        await run.begun()
        before = 0
        while not asked or len(asked) > before:
            before = len(asked)
            await asyncio.sleep(0.1)
        run.renew(replace(alert, reason="still so"))
        await asyncio.sleep(0.2)
        assert len(asked) == before
        asked_again.clear()
        run.renew(replace(alert, state=Lifecycle.RESOLVED))
        async with asyncio.timeout(RENEW_S / 2):
            await asked_again.wait()
        task.cancel()


async def test_another_section_is_shown_at_its_place(tmp_path: Path) -> None:
    """While the journal keeps the place, the alert has news: the section is not shown at its first step meanwhile."""
    told: list[Incident] = []
    run = run_of(
        replace(sample.ALERTS[0], alert="High API Latency", runbook="performance-degradation", section="high-api-latency"),
        tmp_path,
        told.append,
    )  # fmt: skip
    async with run._journal:  # type: ignore[attr-defined]
        turning = asyncio.create_task(run.turn_to("service-recovery", "replace-its-tasks"))
        while not turning.done():
            run.renew(replace(run.incident.alert, reason=f"news {len(told)}"))
            await asyncio.sleep(0)
        await turning
    there = [one.here.anchor for one in told if one.section.anchor == "service-unhealthy" and one.here]
    assert len(told) > len(there)
    assert set(there) == {"replace-its-tasks"}
