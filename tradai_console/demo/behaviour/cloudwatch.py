"""CloudWatch: alarms that are evaluated, paged and remembered; metrics with percentiles; mute rules.

AWS judges every alarm by its metric, notifies its topics, keeps its history, knows composite alarms and mute
rules, pages DescribeAlarms by 100 and returns metric alarms only unless told otherwise. moto stores alarms
and evaluates none.

One difference is kept: an alarm whose metric was never published keeps the state it was given (AWS would say
INSUFFICIENT_DATA after a while), so that an alarm can be raised by SetAlarmState alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tradai_console.demo.behaviour import cloudwatch_alarms, cloudwatch_metrics, cloudwatch_mutes
from tradai_console.demo.behaviour.alarms import Alarm, judge
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.cloudwatch_tower import account_of, enter, lock, tower
from tradai_console.demo.behaviour.dispatch import seconds

__all__ = [
    "cloudwatch_alarms", "cloudwatch_metrics", "cloudwatch_mutes", "evaluate_now", "load", "put", "put_all", "state_of", "watch",
]  # fmt: skip

_EVALUATE_EVERY_S = 5.0


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    with lock:
        tower.begin(clock)
        clock.every(_EVALUATE_EVERY_S, evaluate_now)


def evaluate_now() -> None:
    """Judge every metric alarm by its datapoints, now."""
    with lock:
        now = tower.clock.time()
        for account in tower.accounts.values():
            for alarm in list(account.alarms.values()):
                verdict = None if alarm.composite else judge(alarm, account.store, now, tower.clock.speed)
                if verdict is not None and verdict.state != alarm.state:
                    enter(account, alarm, verdict.state, verdict.reason, verdict.data)


def put(
    namespace: str,
    name: str,
    value: float,
    dimensions: Mapping[str, str] | None = None,
    *,
    unit: str = "None",
    at: float | None = None,
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> None:
    """Publish one datapoint without a request; `at` is seconds since 1970, now if absent."""
    raw = {
        "MetricName": name,
        "Value": value,
        "Unit": unit,
        "Dimensions": [{"Name": key, "Value": value} for key, value in (dimensions or {}).items()],
    }
    with lock:
        account_of(account, region).store.put(namespace, raw, tower.clock.time() if at is None else at)


def put_all(
    namespace: str,
    data: Iterable[Mapping[str, Any]],
    *,
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> None:
    """Publish many datapoints without a request, each as PutMetricData takes it, its `Timestamp` included."""
    with lock:
        store, now = account_of(account, region).store, tower.clock.time()
        for raw in data:
            at = seconds(raw.get("Timestamp"))
            store.put(namespace, raw, now if at is None else at)


def load(
    requests: Iterable[dict[str, Any]],
    *,
    reason: str,
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> None:
    """Many metric alarms at once, without requests, all OK since now for this reason; no history is written."""
    with lock:
        found, now = account_of(account, region), tower.clock.time()
        for request in requests:
            name = request["AlarmName"]
            arn = f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
            found.alarms[name] = Alarm(
                name, arn, False, request, now, state="OK", reason=reason, state_updated_at=now, transitioned_at=now
            )  # fmt: skip
        found.names = None


def state_of(alarm: str) -> str | None:
    """The state of the alarm with this name, None if there is none."""
    with lock:
        found = (account.alarms.get(alarm) for account in tower.accounts.values())
        return next((one.state for one in found if one is not None), None)


def watch(hear: Callable[[str, str, str], None]) -> None:
    """Hear of every transition (name, old state, new state), soon after it, with no lock held."""
    with lock:
        tower.watchers.append(hear)
