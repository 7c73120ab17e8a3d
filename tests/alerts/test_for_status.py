"""The alerts of one look."""

from __future__ import annotations

from dataclasses import replace

from tests.alerts.boards import NOW, board, firing, service
from tests.sample import BOARD, MONOTONIC
from tradai_console.alerts.for_status import alerts_of
from tradai_console.models.alert import Lifecycle
from tradai_console.models.snapshot import State
from tradai_console.platform import load_platform

PLATFORM = load_platform("prod")


def test_the_night_of_the_sample() -> None:
    """Alarms and the console's own findings, merged, grouped, most severe first."""
    alerts = alerts_of(BOARD, PLATFORM, "prod", now=NOW, monotonic=MONOTONIC)
    found = {alert.key: alert.found_by for alert in alerts}
    assert found == {
        "Significant Drift MODEL_NAME=GridStrategy": ("console",),
        "Workflow Stuck/Failed EXECUTION=rt-RadStrategy-0300 MACHINE=retraining": ("console",),
        "ECS Memory High SERVICE=backend-api": ("console",),
        "Service Unhealthy SERVICE=backend-api": ("cloudwatch",),
        "Stale Heartbeat STRATEGY_ID=GridStrategy": ("cloudwatch", "console"),
        "Workflow Stuck/Failed EXECUTION=rt-PascalStrategy-0312 MACHINE=retraining": ("console",),
        "Model Drift Detected MODEL_NAME=RadStrategy": ("console",),
    }
    assert list(found)[-1] == "Model Drift Detected MODEL_NAME=RadStrategy"
    assert {alert.state for alert in alerts} == {Lifecycle.FIRING}


def test_short_at_one_look() -> None:
    """One look is enough for a service that runs less than it should, unless it is being rolled out."""
    short = service("mlflow", 1, 0)
    (alert,) = alerts_of(board(services=[short]), PLATFORM, "prod", now=NOW, monotonic=MONOTONIC)
    assert alert.key == "Service Unhealthy SERVICE=mlflow"
    rolling = board(services=[replace(short, rollout="IN_PROGRESS")])
    assert alerts_of(rolling, PLATFORM, "prod", now=NOW, monotonic=MONOTONIC) == ()


def test_alarms_that_could_not_be_read_again() -> None:
    """The last known alarms still count when their reading failed; the console's rules keep quiet."""
    here = board(alarms=[firing("orders-late")], services=[service("mlflow", 1, 0)])
    blind = here.having("alarms", replace(here.alarms, state=State.DENIED)).having(
        "services", replace(here.services, state=State.EXPIRED)
    )
    alerts = alerts_of(blind, PLATFORM, "prod", now=NOW, monotonic=MONOTONIC)
    assert [alert.key for alert in alerts] == ["Unmatched alarm ALARM=orders-late"]
