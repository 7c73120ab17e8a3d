"""ECS tasks: the running ones, and the stopped ones long after AWS has forgotten them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tradai_console.clock import Clock
from tradai_console.models.service import Task
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, every_word, in_lots, listed
from tradai_console.sources.reading import together

KEPT = 50
"""Stopped tasks remembered for each service (and for each family that no service owns)."""
KEPT_FOR = timedelta(hours=12)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class TaskMemory:
    """The stopped tasks of the last half day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stopped: dict[str, tuple[Task, datetime]] = {}

    def knows(self, arn: str) -> bool:
        """Whether the task has been seen at its very end: nothing about it changes any more."""
        found = self._stopped.get(arn)
        return found is not None and found[0].status == "STOPPED"

    def keep(
        self, seen: Iterable[Task], still_there: Iterable[str], groups: Sequence[str] | None = None
    ) -> None:
        """Remember what has stopped; mark what AWS no longer lists; drop what is too old or too much.

        `groups`: those whose tasks were listed; of others nothing can be said. None: all were.
        """
        now = self._clock.now()
        for task in seen:
            if task.stopped_at is not None or task.status == "STOPPED":
                first = self._stopped.get(task.arn, (task, now))[1]
                self._stopped[task.arn] = (task, task.stopped_at or first)
        there = set(still_there)
        kept: dict[str, int] = {}
        for arn, (task, at) in sorted(self._stopped.items(), key=lambda item: item[1][1], reverse=True):
            kept[task.group] = kept.get(task.group, 0) + 1
            if now - at > KEPT_FOR or kept[task.group] > KEPT:
                del self._stopped[arn]
            elif groups is None or task.group in groups:
                self._stopped[arn] = (replace(task, purged=arn not in there), at)

    def joined(self, seen: Iterable[Task]) -> list[Task]:
        """What was seen now and what is remembered: running ones first by start, then the stopped, newest
        first."""
        live = [task for task in seen if task.arn not in self._stopped]
        ended = sorted(self._stopped.values(), key=lambda item: item[1], reverse=True)
        return [*sorted(live, key=_liveliest), *[task for task, _ in ended]]


def _liveliest(task: Task) -> tuple[bool, datetime]:
    return task.status != "RUNNING", task.started_at or _LONG_AGO


async def read_tasks(
    ecs: Any, cluster: str, memory: TaskMemory, of_services: Sequence[str] | None = None
) -> list[Task]:
    """The cluster's tasks (`ecs:ListTasks`, `ecs:DescribeTasks`), or only those of some services.

    Those that the memory has seen stopped are not asked for again.
    """
    scopes: list[dict[str, str]] = (
        [{}] if of_services is None else [{"serviceName": one} for one in of_services]
    )
    found = await together(
        every_word(ecs.list_tasks, "taskArns", cluster=cluster, desiredStatus=status, maxResults=100, **scope)
        for scope in scopes
        for status in ("RUNNING", "STOPPED")
    )
    arns = list(dict.fromkeys([arn for some in found for arn in some]))
    asked = [arn for arn in arns if not memory.knows(arn)]
    answers = await together(
        ecs.describe_tasks(cluster=cluster, tasks=list(lot)) for lot in in_lots(asked, 100)
    )
    tasks = [task for one in answers for raw in listed(one, "tasks") if (task := parse_task(raw)) is not None]
    memory.keep(tasks, arns, None if of_services is None else [f"service:{one}" for one in of_services])
    return tasks


def parse_task(raw: Raw) -> Task | None:
    """One task; None for one without an ARN."""
    arn = fields.name(raw, "taskArn")
    if arn is None:
        return None
    exit_code, container_reason = _end(fields.rows(raw, "containers"))
    return Task(
        id=fields.last_part(arn),
        arn=arn,
        status=fields.text(raw, "lastStatus", 40),
        desired_status=fields.text(raw, "desiredStatus", 40),
        health=fields.name(raw, "healthStatus") or "UNKNOWN",
        stopped_reason=fields.name(raw, "stoppedReason") and fields.text(raw, "stoppedReason"),
        stop_code=fields.name(raw, "stopCode"),
        exit_code=exit_code,
        container_reason=container_reason,
        started_at=fields.moment(raw.get("startedAt")),
        stopped_at=fields.moment(raw.get("stoppedAt")),
        task_definition=fields.last_part(fields.text(raw, "taskDefinitionArn", fields.NAME_LIMIT)),
        az=fields.name(raw, "availabilityZone"),
        capacity=fields.name(raw, "capacityProviderName") or fields.name(raw, "launchType"),
        private_ip=_private_ip(raw),
        group=fields.text(raw, "group", fields.NAME_LIMIT),
    )


def _end(containers: Sequence[Raw]) -> tuple[int | None, str | None]:
    """How the container that tells most ended: one that failed, else one that ended; and the reason it or
    another gives."""
    ended = [(code, one) for one in containers if (code := fields.whole(one.get("exitCode"))) is not None]
    code, teller = next((pair for pair in ended if pair[0] != 0), ended[0] if ended else (None, {}))
    reasons = [fields.text(one, "reason") for one in (teller, *containers)]
    return code, next((reason for reason in reasons if reason), None)


def _private_ip(raw: Raw) -> str | None:
    attached = [
        fields.name(detail, "value")
        for attachment in fields.rows(raw, "attachments")
        for detail in fields.rows(attachment, "details")
        if detail.get("name") == "privateIPv4Address"
    ]
    inside = [
        fields.name(interface, "privateIpv4Address")
        for container in fields.rows(raw, "containers")
        for interface in fields.rows(container, "networkInterfaces")
    ]
    return next((address for address in (*attached, *inside) if address), None)
