"""What services, tasks, deployments and events say. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.service import Rollout, Service, ServiceEvent, Task
from tradai_console.probes.wording import ago, at, counted, span, worst

ON_DEMAND = frozenset({"strategy-container", "live-trading", "dry-run-trading"})
"""Services that are meant to run no task while nobody trades with them."""

ROLLOUT_SLOW_S = 900.0
"""A deployment that takes longer than this is stuck: tasks are up within minutes, trading ones after two more."""


def judge_service(service: Service, now: datetime) -> Evidence:
    """Does it run what it should?"""
    desired, running = service.desired, service.running
    newest = service.rollouts[0] if service.rollouts else None
    rows = [
        Row("service", f"{service.name} in {service.cluster}"),
        Row(
            "tasks",
            f"desired {_count(desired)}, running {_count(running)}, pending {_count(service.pending)}",
        ),
        Row("revision", service.task_definition or "unknown"),
        Row("launch", service.launch or "unknown"),
    ]
    if newest is not None:
        reason = f": {newest.reason}" if newest.reason else ""
        rows.append(
            Row(
                "rollout", f"{newest.state}, {ago(newest.created_at, now)}{reason}", _rollout_verdict(service)
            )
        )
    if desired is None or running is None:
        return Evidence(
            Verdict.UNKNOWN, f"ECS does not say how many tasks of {service.service} run.", tuple(rows)
        )
    verdict, line = _service_line(service, desired, running)
    return Evidence(verdict, line, tuple(rows))


def _service_line(service: Service, desired: int, running: int) -> tuple[Verdict, str]:
    name, pending = service.service, service.pending or 0
    if desired == 0:
        if running:
            return Verdict.WARN, f"{name} is scaled to 0, and {counted(running, 'task')} still runs."
        if name in ON_DEMAND:
            return Verdict.OK, f"{name} is scaled to 0: it runs only when somebody trades with it."
        return Verdict.WARN, f"{name} is scaled to 0: no task of it will run."
    waiting = f", {pending} on the way" if pending else ", none on the way"
    if running < desired:
        return (
            Verdict.BAD,
            f"{running} of {desired} tasks of {name} run{waiting}; rollout {service.rollout or 'unknown'}.",
        )
    if service.rollout == "FAILED":
        return (
            Verdict.BAD,
            f"{running} of {desired} tasks of {name} run, but its deployment failed: {service.rollout_reason}",
        )
    if service.rollout == "IN_PROGRESS":
        return Verdict.WARN, f"{running} of {desired} tasks of {name} run; a deployment is under way."
    return Verdict.OK, f"{running} of {desired} tasks of {name} run, rollout {service.rollout or 'unknown'}."


def _rollout_verdict(service: Service) -> Verdict:
    return {"COMPLETED": Verdict.OK, "IN_PROGRESS": Verdict.WARN, "FAILED": Verdict.BAD}.get(
        service.rollout or "", Verdict.UNKNOWN
    )


def _count(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def judge_tasks(service: Service, tasks: Sequence[Task], now: datetime) -> Evidence:
    """How is each of its tasks?"""
    live = [task for task in tasks if task.stopped_at is None and task.status != "STOPPED"]
    rows = tuple([_task_row(task, now) for task in live])
    running = [task for task in live if task.status == "RUNNING"]
    sick = [task for task in running if task.health == "UNHEALTHY"]
    revisions = {task.task_definition for task in running}
    desired = service.desired or 0
    if not live:
        verdict = Verdict.BAD if desired else Verdict.OK
        return Evidence(verdict, f"{service.service} has no task; desired {_count(service.desired)}.")
    words = [f"{len(running)} of {desired} tasks run"]
    if sick:
        words.append(f"{len(sick)} of them {'is' if len(sick) == 1 else 'are'} unhealthy")
    elif running and all(task.health == "HEALTHY" for task in running):
        words.append("all healthy")
    elif running:
        words.append("health not reported by all")
    if len(revisions) > 1:
        words.append(f"on {len(revisions)} revisions")
    zones = {task.az for task in running if task.az}
    if len(running) > 1 and len(zones) == 1:
        words.append(f"all in {zones.pop()}")
    bad = bool(sick) or len(running) < desired
    verdict = Verdict.BAD if bad else Verdict.WARN if len(revisions) > 1 else Verdict.OK
    pointed = sick or running
    found = {"TASK": pointed[0].id} if len(pointed) == 1 else {}
    return Evidence(verdict, ", ".join(words) + ".", rows, found=found)


def judge_task(
    task_id: str, task: Task | None, service: str, images: Sequence[str], now: datetime
) -> Evidence:
    """Whose is it, what runs in it, and from which address does it call? `service`: the short name of its group."""
    if task is None:
        return Evidence(
            Verdict.UNKNOWN, f"ECS knows no task {task_id}; an hour after its end it forgets one."
        )
    owned = task.group.startswith("service:")
    whose = f"a task of {service}" if owned else f"a task of no service ({task.group or 'no group'})"
    ended = task.stopped_at is not None or task.status == "STOPPED"
    when = f"stopped {ago(task.stopped_at, now)}" if ended else f"started {ago(task.started_at, now)}"
    address = f", address {task.private_ip}" if task.private_ip else ""
    facts = (
        ("revision", task.task_definition), ("image", ", ".join(dict.fromkeys(filter(None, images)))),
        ("status", task.status), ("health", task.health), ("zone", task.az), ("capacity", task.capacity),
    )  # fmt: skip
    rows = tuple([Row(name, value) for name, value in facts if value])
    line = f"{task.id} is {whose}, {task.task_definition}, {when}{address}."
    found = {"SERVICE": service} if owned and service else {}
    return Evidence(Verdict.WARN if ended else Verdict.OK, line, rows, found=found)


def _task_row(task: Task, now: datetime) -> Row:
    since = f"up {span((now - task.started_at).total_seconds())}" if task.started_at else "not started"
    words = [task.status, task.health, since, task.task_definition, task.az, task.capacity, task.private_ip]
    verdict = (
        Verdict.BAD
        if task.health == "UNHEALTHY"
        else Verdict.OK
        if task.status == "RUNNING"
        else Verdict.WARN
    )
    return Row(task.id, "  ".join([word for word in words if word]), verdict)


def judge_deployments(service: Service, now: datetime) -> Evidence:
    """Is a deployment stuck, failing, or rolled back?"""
    if not service.rollouts:
        return Evidence(Verdict.UNKNOWN, f"ECS lists no deployment of {service.service}.")
    judged = [(one, _judge_rollout(one, now)) for one in service.rollouts]
    rows = tuple([_rollout_row(one, verdict, now) for one, (verdict, _) in judged])
    verdict = worst(found for _, (found, _) in judged)
    words = [word for _, (found, word) in judged if found is verdict]
    return Evidence(verdict, f"{service.service}: {words[0]}.", rows)


def _judge_rollout(one: Rollout, now: datetime) -> tuple[Verdict, str]:
    age_s = (now - one.created_at).total_seconds() if one.created_at else None
    aged = span(age_s) if age_s is not None else "an unknown time"
    counts = f"{one.running} of {one.desired} running"
    failed = f", {counted(one.failed, 'failed start')}" if one.failed else ""
    if one.state == "FAILED":
        return (
            Verdict.BAD,
            f"the deployment of {one.task_definition} failed: {one.reason or 'no reason given'}",
        )
    if one.state == "IN_PROGRESS" and one.status == "PRIMARY":
        if one.failed or (age_s is not None and age_s > ROLLOUT_SLOW_S):
            return (
                Verdict.BAD,
                f"the deployment of {one.task_definition} is stuck since {aged}, {counts}{failed}",
            )
        return Verdict.WARN, f"the deployment of {one.task_definition} is {aged} under way, {counts}"
    if "roll" in one.reason.lower() and "back" in one.reason.lower():
        return Verdict.WARN, f"{one.task_definition} was rolled back to, {aged} ago"
    if one.status != "PRIMARY":
        return Verdict.WARN, f"tasks of the older deployment of {one.task_definition} still run, {counts}"
    if not one.state:
        return Verdict.UNKNOWN, "ECS does not tell this deployment's state"
    return Verdict.OK, f"one deployment, complete, {one.task_definition} since {aged}"


def _rollout_row(one: Rollout, verdict: Verdict, now: datetime) -> Row:
    counts = f"{one.running}/{one.desired} running, {one.pending} pending, {one.failed} failed"
    words = [one.status, one.state, one.task_definition, counts, ago(one.created_at, now), one.reason]
    return Row(one.id, "  ".join([word for word in words if word]), verdict)


_TROUBLE = re.compile(
    r"was unable|failed|unsuccessful|is unhealthy|deregistered|throttl|rolling back", re.IGNORECASE
)
_GRAVE = re.compile(r"was unable|failed|unsuccessful|rolling back", re.IGNORECASE)


def judge_events(name: str, events: Sequence[ServiceEvent], limit: int, now: datetime) -> Evidence:
    """What do the service's own lines tell of the last hour?"""
    shown = events[:limit]
    rows = tuple([Row(at(one.at, now), one.message, _event_verdict(one)) for one in shown])
    recent = [one for one in events if (now - one.at).total_seconds() <= 3600]
    troubles = [one for one in recent if _TROUBLE.search(one.message)]
    if not events:
        return Evidence(Verdict.UNKNOWN, f"ECS has no event line of {name}.")
    if not troubles:
        newest = events[0]
        return Evidence(
            Verdict.OK, f"No trouble in the last hour; newest, {ago(newest.at, now)}: {newest.message}", rows
        )
    settled = "steady state" in events[0].message
    grave = any(_GRAVE.search(one.message) for one in troubles) and not settled
    after = "; it is steady again" if settled else ""
    line = f"{counted(len(troubles), 'line')} of trouble in the last hour{after}; newest, {ago(troubles[0].at, now)}: "
    return Evidence(Verdict.BAD if grave else Verdict.WARN, line + troubles[0].message, rows)


def _event_verdict(event: ServiceEvent) -> Verdict:
    if _GRAVE.search(event.message):
        return Verdict.BAD
    return Verdict.WARN if _TROUBLE.search(event.message) else Verdict.OK
