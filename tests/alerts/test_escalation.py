"""The ladder with its clock, and the message that is composed from the facts on screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.alerts.boards import NOW, ago
from tests.sample import BOARD, MONOTONIC
from tradai_console.alerts.escalation import SUBJECT_LIMIT, compose, standing
from tradai_console.alerts.for_status import alerts_of
from tradai_console.models.alert import Acknowledgement, Alert, Lifecycle
from tradai_console.models.snapshot import State
from tradai_console.platform import load_platform

ALERTS = {
    alert.alert: alert
    for alert in alerts_of(BOARD, load_platform("prod"), "prod", now=NOW, monotonic=MONOTONIC)
}
UNHEALTHY = ALERTS["Service Unhealthy"]


def grave(severity: str, minutes: float) -> Alert:
    return replace(UNHEALTHY, severity=severity, since=ago(minutes=minutes))


@pytest.mark.parametrize(
    ("alert", "level", "following", "left_min"),
    [
        pytest.param(grave("critical", 4), "L1", "L2", 1, id="critical, first minutes"),
        pytest.param(grave("critical", 5), "L2", "L3", 10, id="critical, L2 at five"),
        pytest.param(grave("critical", 15), "L3", None, None, id="critical, L3 at fifteen"),
        pytest.param(grave("high", 14), "L1", "L2", 1, id="high"),
        pytest.param(grave("high", 15), "L2", "L3", 15, id="high, L2"),
        pytest.param(grave("medium", 59), "L1", "L2", 1, id="medium"),
        pytest.param(grave("medium", 240), "L3", None, None, id="medium, L3"),
        pytest.param(grave("info", 9_999), "L1", None, None, id="information climbs nowhere"),
        pytest.param(
            replace(grave("critical", 99), state=Lifecycle.RESOLVED), "L1", None, None, id="resolved"
        ),
        pytest.param(replace(grave("high", 1), since=None), "L1", None, None, id="unknown beginning"),
    ],
)
def test_standing(alert: Alert, level: str, following: str | None, left_min: float | None) -> None:
    """Whose it is, who is next, and how long that is from now."""
    found = standing(alert, NOW)
    assert found.rung.level == level
    assert (found.following.level if found.following else None) == following
    assert found.left == (None if left_min is None else timedelta(minutes=left_min))


def test_compose() -> None:
    """The message says what, since when, where, who has it, what the panes show, what was noted, and where to read on."""
    taken = replace(UNHEALTHY, acknowledged=Acknowledgement("jm", ago(minutes=5), "looking"))
    subject, text = compose(
        taken, BOARD, ["restart did not help"], env="prod", now=NOW, related=[ALERTS["ECS Memory High"]]
    )
    assert subject == "[L2] HIGH prod Service Unhealthy: backend-api"
    for words in (
        "escalated to L2, senior engineer", "12 min", "SERVICE:   backend-api", "account 123456789012, eu-central-1",
        "tradai-prod-backend-api-unhealthy", "jm at 2026-01-01 03:07:07 UTC: looking", "service-recovery#service-unhealthy",
        "running 1 of 2, rollout IN_PROGRESS", "way out: healthy", "ECS Memory High (medium)", "restart did not help",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("kind", sorted(ALERTS))
def test_every_alert_can_be_composed(kind: str) -> None:
    """A subject that SNS takes, and a text, for any alert of the list."""
    subject, text = compose(ALERTS[kind], BOARD, to="L3", env="prod")
    assert "platform team" in text
    assert len(subject) <= SUBJECT_LIMIT
    assert subject.isascii()


def test_no_secret_and_no_line_break_leaves() -> None:
    """Secrets are taken out of whatever a person or AWS wrote; a subject stays one line of ASCII."""
    leaky = replace(
        UNHEALTHY,
        alert="Überlast\nBcc: all",
        reason="failed with AKIAIOSFODNN7EXAMPLE",
        variables={"SERVICE": "x" * 200},
    )
    subject, text = compose(leaky, BOARD, ["password=hunter2hunter2"], env="prod")
    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) <= SUBJECT_LIMIT
    assert "AKIAIOSFODNN7EXAMPLE" not in text
    assert "hunter2hunter2" not in text


def test_what_is_not_known_is_said() -> None:
    """A source that cannot be read is named, so that nobody takes its last items for today's."""
    blind = BOARD.having("services", replace(BOARD.services, state=State.DENIED))
    assert "services cannot be read at the moment (denied)" in compose(UNHEALTHY, blind)[1]
