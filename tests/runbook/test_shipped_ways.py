"""Where the shipped runbooks lead: from what is seen to the step that mends it, and to what proves that it is mended."""

from __future__ import annotations

import pytest

from tradai_console.incident import only_asks, options_of
from tradai_console.runbook.library import load_library
from tradai_console.runbook.model import Probe, Step

LIBRARY = load_library()


def step(runbook: str, section: str, anchor: str) -> Step:
    found = LIBRARY.section(runbook, section)
    assert found is not None
    return next(one for one in found.steps if one.anchor == anchor)


@pytest.mark.parametrize(
    ("runbook", "section", "anchor", "target"),
    [
        pytest.param(
            "service-recovery", "service-unhealthy", "which-kind-of-failure-is-it",
            "infrastructure-issues#rds-connectivity", id="a service that runs without its database",
        ),
        pytest.param(
            "infrastructure-issues", "rds-connectivity", "what-separates-mlflow-from-its-database",
            "database-operations#force-a-failover", id="an ill primary",
        ),
        pytest.param(
            "infrastructure-issues", "rds-connectivity", "is-the-port-open-to-the-tasks",
            "database-operations#force-a-failover", id="an open port, and no answer",
        ),
    ],
)  # fmt: skip
def test_a_cause_leads_to_its_cure(runbook: str, section: str, anchor: str, target: str) -> None:
    """Each cause that an engineer can have found is one of the ways on, within the nine digits."""
    assert target in [option.target for option in options_of(step(runbook, section, anchor))]


@pytest.mark.parametrize(
    ("runbook", "section", "anchor", "probes"),
    [
        pytest.param(
            "infrastructure-issues", "nat-instance-down", "does-the-route-lead-to-a-healthy-instance",
            {"nat.route", "nat.instance"}, id="a route is no health",
        ),
        pytest.param(
            "database-operations", "database-failover", "is-mlflow-working-after-the-failover",
            {"health.check", "logs.errors"}, id="a task that runs is no connection",
        ),
        pytest.param(
            "infrastructure-issues", "rds-connectivity", "is-mlflow-connected-again",
            {"rds.connections", "health.check", "logs.errors"}, id="connections are no health",
        ),
    ],
)  # fmt: skip
def test_well_again_is_asked_of_what_was_ill(
    runbook: str, section: str, anchor: str, probes: set[str]
) -> None:
    """The last question's probes could not all have said ok while it was broken; and it answers itself."""
    asked = step(runbook, section, anchor)
    assert probes <= {probe.name for probe in asked.of(Probe)}
    assert only_asks(asked)


@pytest.mark.parametrize(
    ("anchor", "event"),
    [("has-the-password-been-rotated", "PutSecretValue"), ("let-the-tasks-reach-the-port-again", "RevokeSecurityGroupIngress")],
)  # fmt: skip
def test_who_did_it_is_looked_for_by_the_call_that_does_it(anchor: str, event: str) -> None:
    """A rotation is no RotateSecret in the trail, and a rule of a group is none of the platform's changes."""
    asked = step("infrastructure-issues", "rds-connectivity", anchor).of(Probe)
    assert ("event", event) in [pair for probe in asked for pair in probe.arguments]
