"""Storms: alerts that a deeper one explains are grouped under it, with the rule that says why.

The rules are a table of dependencies between kinds. One alert explains another if a row says so, if what the
row wants to be the same is the same, and if it did not begin much later. Chains are followed to their end:
everything is grouped under its deepest cause, the oldest of several.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from tradai_console.alerts import kinds
from tradai_console.alerts.merge import LATER
from tradai_console.models.alert import Alert

DETECTION: Final = timedelta(minutes=10)
"""A cause may be noticed so much later than its effect: alarms take several periods to make up their minds."""


@dataclass(frozen=True)
class Dependency:
    """One kind of alert explains others."""

    cause: str
    effect: str
    why: str
    """In words, as it is shown."""
    same: str | None = None
    """A variable that both must agree on, where both have it."""
    where_cause: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Variables of the cause that must have one of these values, where they are known."""
    where_effect: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def explains(self, cause: Alert, effect: Alert) -> bool:
        """Whether this row holds between these two."""
        return (
            cause.alert == self.cause
            and effect.alert == self.effect
            and (self.same is None or _agree(self.same, cause, effect))
            and all(_among(cause, name, values) for name, values in self.where_cause)
            and all(_among(effect, name, values) for name, values in self.where_effect)
            and (cause.since is None or effect.since is None or cause.since <= effect.since + DETECTION)
        )


_NO_WAY_OUT: Final = "tasks and functions in the private subnets reach no exchange without the NAT instance"
_MLFLOW_STORE: Final = "MLflow keeps its runs in this database"
_MLFLOW: Final = (("SERVICE", ("mlflow",)),)
_RETRAINING: Final = (("MACHINE", ("retraining",)),)
_TRADERS: Final = (("SERVICE", ("live-trading", "dry-run-trading", "strategy-service")),)
_DATABASE: Final = (kinds.RDS_CONNECTIVITY, kinds.FAILOVER, kinds.POOL_EXHAUSTED)

DEPENDENCIES: Final[tuple[Dependency, ...]] = (
    *(
        Dependency(kinds.NAT_DOWN, effect, _NO_WAY_OUT)
        for effect in (
            kinds.SERVICE_UNHEALTHY,
            kinds.STALE_HEARTBEAT,
            kinds.LAMBDA_TIMEOUTS,
            kinds.LAMBDA_ERRORS,
            kinds.API_LATENCY,
        )
    ),
    Dependency(kinds.FAILOVER, kinds.RDS_CONNECTIVITY, "a failover cuts every connection", "DB_INSTANCE"),
    Dependency(kinds.FAILOVER, kinds.POOL_EXHAUSTED, "all clients connect anew at once", "DB_INSTANCE"),
    Dependency(kinds.POOL_EXHAUSTED, kinds.RDS_CONNECTIVITY, "no connection is left", "DB_INSTANCE"),
    *(Dependency(cause, kinds.SERVICE_UNHEALTHY, _MLFLOW_STORE, where_effect=_MLFLOW) for cause in _DATABASE),
    *(
        Dependency(
            cause,
            kinds.WORKFLOW,
            "retraining reads and registers models in MLflow, which needs this database",
            where_effect=_RETRAINING,
        )
        for cause in _DATABASE
    ),
    Dependency(
        kinds.SERVICE_UNHEALTHY,
        kinds.WORKFLOW,
        "retraining reads and registers models in MLflow",
        where_cause=_MLFLOW,
        where_effect=_RETRAINING,
    ),
    Dependency(
        kinds.MEMORY_HIGH, kinds.SERVICE_UNHEALTHY, "tasks that run out of memory are killed", "SERVICE"
    ),
    Dependency(kinds.MEMORY_HIGH, kinds.API_LATENCY, "a service short of memory is slow", "SERVICE"),
    Dependency(
        kinds.SERVICE_UNHEALTHY,
        kinds.API_LATENCY,
        "fewer healthy tasks answer the same requests",
        "SERVICE",
        where_cause=(("SERVICE", ("backend-api", "strategy-service", "data-collection")),),
    ),
    Dependency(
        kinds.SERVICE_UNHEALTHY,
        kinds.STALE_HEARTBEAT,
        "sessions beat from the tasks of this service",
        where_cause=_TRADERS,
    ),
    Dependency(kinds.LAMBDA_TIMEOUTS, kinds.LAMBDA_ERRORS, "a time-out counts as an error", "FUNCTION"),
    Dependency(kinds.CREDENTIAL_EXPOSURE, kinds.UNAUTHORIZED_ACCESS, "a leaked credential lets strangers in"),
)
"""Every row of the rules. Causes stand deeper than effects: no chain of rows leads back to where it began."""


_BY_EFFECT: Final[Mapping[str, tuple[Dependency, ...]]] = {
    kind: tuple(row for row in DEPENDENCIES if row.effect == kind)
    for kind in {row.effect for row in DEPENDENCIES}
}


def grouped(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The same alerts in the same order, each with the deepest open one that explains it and the rule, in words."""
    found = tuple(replace(alert, because_of=None, grouping_rule=None) for alert in alerts)
    by_kind: dict[str, list[Alert]] = {}
    for alert in found:
        if alert.open:
            by_kind.setdefault(alert.alert, []).append(alert)
    causes = {effect.key: _causes(effect, by_kind) for effect in found if effect.open}
    return tuple(_under(alert, causes) if alert.open else alert for alert in found)


def _causes(effect: Alert, by_kind: Mapping[str, list[Alert]]) -> tuple[tuple[Dependency, Alert], ...]:
    return tuple(
        (row, cause)
        for row in _BY_EFFECT.get(effect.alert, ())
        for cause in by_kind.get(row.cause, ())
        if row.explains(cause, effect)
    )


def _under(alert: Alert, causes: Mapping[str, tuple[tuple[Dependency, Alert], ...]]) -> Alert:
    chains = _chains(alert, causes)
    if not chains:
        return alert
    # The deepest cause first, the oldest of equally deep ones, then by key: a total order.
    chain = min(chains, key=lambda steps: (-len(steps), *_age(steps[-1][1])))
    kinds_passed = [cause.alert for _, cause in reversed(chain)] + [alert.alert]
    whys = "; ".join(row.why for row, _ in reversed(chain))
    return replace(alert, because_of=chain[-1][1].key, grouping_rule=f"{' → '.join(kinds_passed)}: {whys}")


def _chains(
    alert: Alert, causes: Mapping[str, tuple[tuple[Dependency, Alert], ...]]
) -> list[tuple[tuple[Dependency, Alert], ...]]:
    """Every way from the alert to a cause that nothing explains; the rows hold no circle."""
    found: list[tuple[tuple[Dependency, Alert], ...]] = []
    for row, cause in causes.get(alert.key, ()):
        further = _chains(cause, causes)
        found += [((row, cause), *rest) for rest in further] or [((row, cause),)]
    return found


def _age(alert: Alert) -> tuple[object, str]:
    return alert.since or LATER, alert.key


def _agree(name: str, one: Alert, other: Alert) -> bool:
    values = {alert.variables[name] for alert in (one, other) if name in alert.variables}
    return len(values) < 2


def _among(alert: Alert, name: str, values: tuple[str, ...]) -> bool:
    return alert.variables.get(name) in values
