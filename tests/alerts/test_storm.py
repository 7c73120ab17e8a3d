"""Storms are grouped under their deepest cause, and say why."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.alerts.boards import NOW, ago
from tradai_console.alerts.kinds import IDENTITY
from tradai_console.alerts.order import in_order
from tradai_console.alerts.storm import DEPENDENCIES, grouped
from tradai_console.models.alert import Alert, Lifecycle


def alert(kind: str, minutes: float = 5, state: Lifecycle = Lifecycle.FIRING, **variables: str) -> Alert:
    key = " ".join([kind, *(f"{name}={value}" for name, value in sorted(variables.items()))])
    return Alert(key, kind, "high", state, ago(minutes=minutes), "", "x", None, ("console",), variables)


NAT = alert("NAT Instance Down", 9)
LATENCY = alert("High API Latency", 3)


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        (NAT, alert("Stale Heartbeat", STRATEGY_ID="GridStrategy")),
        (NAT, alert("Lambda Timeouts", FUNCTION="drift-monitor")),
        (NAT, alert("Service Unhealthy", SERVICE="data-collection")),
        (NAT, LATENCY),
        (alert("Database Failover"), alert("Service Unhealthy", SERVICE="mlflow")),
        (
            alert("Connection Pool Exhausted"),
            alert("Workflow Stuck/Failed", MACHINE="retraining", EXECUTION="rt-1"),
        ),
        (alert("Service Unhealthy", SERVICE="mlflow"), alert("Workflow Stuck/Failed", MACHINE="retraining")),
        (alert("Service Unhealthy", SERVICE="backend-api"), LATENCY),
        (alert("Service Unhealthy", SERVICE="live-trading"), alert("Stale Heartbeat", STRATEGY_ID="X")),
        (alert("ECS Memory High", SERVICE="backend-api"), alert("Service Unhealthy", SERVICE="backend-api")),
        (alert("Lambda Timeouts", FUNCTION="a"), alert("Lambda Errors", FUNCTION="a")),
        (alert("NAT Instance Down", 1), alert("Stale Heartbeat", 9, STRATEGY_ID="X")),
    ],
    ids=lambda one: one.key,
)
def test_explained(cause: Alert, effect: Alert) -> None:
    """What one thing does to another is told with the rule in words; detection may lag."""
    first, second = grouped([cause, effect])
    assert first.because_of is None
    assert second.because_of == cause.key
    assert second.grouping_rule is not None
    assert second.grouping_rule.startswith(f"{cause.alert} → {effect.alert}: ")


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        (NAT, alert("Model Drift Detected", MODEL_NAME="X")),
        (NAT, alert("Database Failover")),
        (alert("Database Failover"), alert("Service Unhealthy", SERVICE="backend-api")),
        (alert("Database Failover"), alert("Workflow Stuck/Failed", MACHINE="backtest")),
        (alert("ECS Memory High", SERVICE="mlflow"), alert("Service Unhealthy", SERVICE="backend-api")),
        (alert("Lambda Timeouts", FUNCTION="a"), alert("Lambda Errors", FUNCTION="b")),
        (alert("NAT Instance Down", 1), alert("Stale Heartbeat", 12, STRATEGY_ID="X")),
        (alert("NAT Instance Down", 9, Lifecycle.RESOLVED), LATENCY),
        (alert("Unmatched alarm", ALARM="a"), alert("Unmatched alarm", ALARM="b")),
    ],
    ids=lambda one: one.key,
)
def test_not_explained(cause: Alert, effect: Alert) -> None:
    """What has nothing to do with it, began long before it, or outlives it, stands alone."""
    assert [one.because_of for one in grouped([cause, effect])] == [None, None]


def test_the_deepest_cause() -> None:
    """A chain is followed to its end, and told as a chain."""
    unhealthy = alert("Service Unhealthy", 6, SERVICE="backend-api")
    found = {one.alert: one for one in grouped([LATENCY, unhealthy, NAT])}
    assert found["High API Latency"].because_of == NAT.key
    assert found["Service Unhealthy"].because_of == NAT.key
    assert (found["High API Latency"].grouping_rule or "").startswith(
        "NAT Instance Down → Service Unhealthy → High API Latency: "
    )


def test_the_oldest_of_equal_causes() -> None:
    """Of two that could be it, the older one is taken; of two of the same age, always the same one."""
    effect = alert("Service Unhealthy", 1, SERVICE="mlflow")
    old, new = (
        alert("Database Failover", 8, DB_INSTANCE="b"),
        alert("Connection Pool Exhausted", 2, DB_INSTANCE="a"),
    )
    assert grouped([effect, new, old])[0].because_of == old.key
    twins = [alert("Database Failover", 8, DB_INSTANCE=name) for name in "ab"]
    assert {grouped([effect, *pair])[0].because_of for pair in (twins, twins[::-1])} == {twins[0].key}


def test_no_circle() -> None:
    """No chain of rules leads back to its beginning, and every rule speaks of kinds of the matrix."""
    after: dict[str, set[str]] = {}
    for row in DEPENDENCIES:
        assert {row.cause, row.effect} <= set(IDENTITY)
        after.setdefault(row.cause, set()).add(row.effect)

    def walk(kind: str, passed: tuple[str, ...]) -> None:
        assert kind not in passed
        for following in after.get(kind, ()):
            walk(following, (*passed, kind))

    for kind in after:
        walk(kind, ())


def test_a_storm_has_one_order() -> None:
    """However forty alerts arrive, they are listed in one order: the cause on top, what it explains under it."""
    storm = [NAT, LATENCY, alert("Unmatched alarm", 60, ALARM="z")]
    storm += [alert("Stale Heartbeat", 5, STRATEGY_ID=f"S{n}") for n in range(20)]
    storm += [alert("Service Unhealthy", 4, SERVICE=f"s{n}") for n in range(17)]
    orders = set()
    for seed in range(20):
        shuffled = random.Random(seed).sample(storm, len(storm))
        orders.add(tuple(one.key for one in in_order(grouped(shuffled))))
    (order,) = orders
    assert order[:2] == ("Unmatched alarm ALARM=z", NAT.key)
    assert len(order) == 40


def test_a_cause_is_as_urgent_as_its_effect() -> None:
    """A cause of medium severity stands where the critical thing it causes would."""
    cause = Alert(
        "M",
        "ECS Memory High",
        "medium",
        Lifecycle.FIRING,
        ago(minutes=9),
        "",
        "x",
        None,
        ("console",),
        {"SERVICE": "a"},
    )
    effect = Alert(
        "U",
        "Service Unhealthy",
        "high",
        Lifecycle.FIRING,
        NOW - timedelta(minutes=1),
        "",
        "x",
        None,
        ("sns",),
        {"SERVICE": "a"},
    )
    other = Alert(
        "O", "Lambda Errors", "medium", Lifecycle.FIRING, ago(minutes=30), "", "x", None, ("console",)
    )
    assert [one.key for one in in_order(grouped([other, effect, cause]))] == ["M", "U", "O"]
