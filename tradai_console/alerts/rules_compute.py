"""Rules over what computes: ECS services and their memory, Lambda functions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tradai_console.alerts.finding import NEWS, Finding, Said, Unclear, View, finding, since_at_least
from tradai_console.alerts.kinds import LAMBDA_ERRORS, LAMBDA_TIMEOUTS, MEMORY_HIGH, SERVICE_UNHEALTHY
from tradai_console.models import wanted
from tradai_console.models.service import Host, Service, Task
from tradai_console.runbook.pattern import short

MEMORY_PCT: Final = 80.0
"""Memory use of a service, percent of what its tasks reserve, from which it is too much."""

NEAR_TIMEOUT: Final = 0.9
"""Part of its time-out from which a run of a function counts as near it."""

_RECENT_STOP: Final = timedelta(minutes=15)
_SETTLED: Final = timedelta(minutes=60)


def services(view: View) -> Iterator[Said]:
    """Fewer tasks running than desired, or the one host of all services not well."""
    for service in view.board.services.items:
        subject = finding(SERVICE_UNHEALTHY, "", None, SERVICE=service.service)
        missing = _missing(service, view)
        if missing is None:
            yield Unclear(subject.key)
        elif missing:
            streak = view.streak("services", subject.key, "services")
            if streak.readings >= view.patience.short_readings:
                yield finding(
                    SERVICE_UNHEALTHY,
                    _why_short(service, view),
                    streak.since,
                    level=missing,
                    SERVICE=service.service,
                )


def _missing(service: Service, view: View) -> int | None:
    """How many tasks are missing; None if that is not known."""
    if service.host is not None:
        return 0 if _well(service.host) else 1
    if service.desired is None or service.running is None:
        return None
    if service.rollout == "IN_PROGRESS" and not view.patience.in_rollout:
        return 0
    return max(0, service.desired - service.running)


def _well(host: Host) -> bool:
    return host.state in ("running", "pending", "") and host.status_checks != "impaired"


def _why_short(service: Service, view: View) -> str:
    if service.host is not None:
        return f"the host {service.host.name} is {service.host.state}, status checks {service.host.status_checks}"
    words = f"running {service.running} of {service.desired}"
    recent = [
        task
        for task in service.tasks or ()
        if task.stopped_at is not None and view.now - task.stopped_at <= _RECENT_STOP
    ]
    if recent:
        why, count = Counter(_stop(task) for task in recent).most_common(1)[0]
        words += f"; {len(recent)} stopped in {_RECENT_STOP.seconds // 60} min, {count} x {why}"
    return words


def _stop(task: Task) -> str:
    if task.out_of_memory:
        return "out of memory"
    reason = task.container_reason or task.stopped_reason or task.stop_code or "no reason given"
    return reason if task.exit_code is None else f"{reason} (exit {task.exit_code})"


def memory(view: View) -> Iterator[Said]:
    """A service's average memory at 80 % or above."""
    for service in view.board.services.items:
        if service.cluster is None or service.running == 0:
            continue  # nothing runs: no points is no lack of data
        subject = finding(MEMORY_HIGH, "", None, SERVICE=service.service)
        series = view.series(wanted.service_memory(service.cluster, service.name))
        if series is None:
            yield Unclear(subject.key)
        elif (used := series.values[-1]) >= MEMORY_PCT:
            yield finding(
                MEMORY_HIGH,
                f"{service.service} uses {used:.0f} % of its memory",
                since_at_least(series, MEMORY_PCT),
                level=_steps(used, (80, 90, 97)),
                SERVICE=service.service,
            )


def function_errors(view: View) -> Iterator[Said]:
    """Errors of a function in the last minutes. What has not run since its error has not recovered."""
    for name in view.platform.functions.all:
        full = view.platform.function(name)
        series = view.board.series.get(wanted.function_errors(full))
        if series is None:
            yield Unclear(finding(LAMBDA_ERRORS, "", None, FUNCTION=name).key)
            continue
        failed = [(at, value) for at, value in zip(series.times, series.values, strict=True) if value > 0]
        recent = [(at, value) for at, value in failed if view.now - at <= NEWS]
        if recent:
            count = int(sum(value for _, value in recent))
            yield finding(
                LAMBDA_ERRORS,
                f"{count} error{'s' * (count != 1)} in 5 min of {full}",
                recent[0][0],
                level=int(math.log2(max(1, count))),
                FUNCTION=name,
            )
        elif failed and failed[-1][0] == series.times[-1] and view.now - failed[-1][0] <= _SETTLED:
            yield Unclear(finding(LAMBDA_ERRORS, "", None, FUNCTION=name).key)


def function_timeouts(view: View) -> Iterator[Said]:
    """Runs of a function that came near its time-out, where that is known."""
    for full, timeout_s in view.timeouts_s.items():
        name = short("FUNCTION", full, view.platform)
        subject = finding(LAMBDA_TIMEOUTS, "", None, FUNCTION=name)
        series = view.series(wanted.function_duration(full))
        if series is None:
            yield Unclear(subject.key)
            continue
        longest_s = max(
            value / 1000
            for at, value in zip(series.times, series.values, strict=True)
            if view.now - at <= NEWS
        )
        if timeout_s > 0 and longest_s >= NEAR_TIMEOUT * timeout_s:
            yield _near(full, name, longest_s, timeout_s)


def _near(full: str, name: str, longest_s: float, timeout_s: float) -> Finding:
    return finding(
        LAMBDA_TIMEOUTS,
        f"ran {longest_s:.1f} s of the {timeout_s:g} s it may: {full}",
        None,
        level=int(longest_s >= timeout_s),
        FUNCTION=name,
    )


def _steps(value: float, limits: tuple[float, ...]) -> int:
    return sum(value >= limit for limit in limits)
