"""An open incident when its alert changes under it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests import sample
from tradai_console.clock import SystemClock
from tradai_console.incident_run import IncidentRun
from tradai_console.journal.sqlite import SqliteJournal
from tradai_console.models.board import Board
from tradai_console.platform import load_platform
from tradai_console.probes.context import ProbeContext
from tradai_console.runbook.library import load_library


async def test_the_walk_keeps_what_its_alert_no_longer_tells(tmp_path: Path) -> None:
    """Rolled back, a model drifts no more, and only an alarm without its name still fires: the walk knows the model."""
    named = {"MODEL_NAME": "PascalV2", "STRATEGY_ID": "PascalStrategy"}
    alert = replace(
        sample.ALERTS[0], alert="Significant Drift", runbook="model-drift-response", section="significant-drift",
        variables=named,
    )  # fmt: skip
    door: Any = SimpleNamespace(region="eu-central-1")
    context = ProbeContext(door, load_platform("prod"), Board, SystemClock(), "prod")
    journal = SqliteJournal(tmp_path / "journal.sqlite3")
    run = IncidentRun(alert, load_library(), context, journal, "jm", lambda _: None, lambda _: None)
    run.renew(replace(alert, variables={}, alarms=("tradai-prod-drift-significant",)))
    assert {name: run.incident.variables[name] for name in named} == named
    run.renew(replace(alert, variables={"MODEL_NAME": "Other"}))
    assert run.incident.variables["MODEL_NAME"] == "Other"
