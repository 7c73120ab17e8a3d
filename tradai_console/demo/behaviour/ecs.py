"""ECS: services that keep their tasks, tasks that live, deployments that roll.

AWS launches, replaces and forgets tasks by itself, answers ListTasks by service, family and status, and never
changes a task because somebody looks at it. moto has no running task, ignores the service's name and moves a
task towards its end at each DescribeTasks. Clusters and task definitions stay moto's; services and tasks are
ours.

Levers (same process): `set_fate`, `clear_fate`, `end_task`, `watch`, `tasks`.
"""

from __future__ import annotations

from collections.abc import Callable

from tradai_console.demo.behaviour import ecs_requests
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.ecs_fleet import (
    Bound,
    fate_of,
    find_task,
    fleet,
    lock,
    look_after_all,
    run_task,
)
from tradai_console.demo.behaviour.ecs_tasks import Fate, Task

__all__ = [
    "Fate",
    "Task",
    "clear_fate",
    "doom",
    "ecs_requests",
    "end_task",
    "run_task",
    "set_fate",
    "tasks",
    "watch",
]


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    with lock:
        fleet.begin(clock)
        clock.every(1.0, look_after_all)


def set_fate(
    owner: str,
    fate: Fate,
    *,
    revision: str | None = None,
    until_redeployed: bool = False,
    memory_below: int | None = None,
    running_too: bool = True,
) -> None:
    """From now on the tasks of this service (its name) or family end so, each time, until it no longer holds.

    `revision` (`family:7` or the ARN) binds it to one task definition; `until_redeployed` to the deployments
    there are now; `memory_below` (MiB) to task definitions with less memory. Without any of them it holds
    until `clear_fate`. `running_too` lets it overtake the tasks that run already, counted from now.
    """
    with lock:
        service = next((one for one in fleet.services.values() if one.name == owner), None)
        bound = frozenset(one.id for one in service.deployments) if until_redeployed and service else None
        fleet.fates[owner] = Bound(fate, revision, bound, memory_below)
        if running_too and not fate.before_start:
            for task in list(fleet.tasks.values()):
                if task.live and task.last_status == "RUNNING" and fate_of(task) is fate:
                    fleet.lives[task.arn].doom(fate)


def clear_fate(owner: str) -> None:
    """Tasks of this service or family launched from now on live; those whose end has begun to count still end."""
    with lock:
        fleet.fates.pop(owner, None)


def end_task(
    task: str,
    exit_code: int | None = 0,
    *,
    reason: str = "Essential container in task exited",
    stop_code: str = "EssentialContainerExited",
    container_reason: str | None = None,
) -> None:
    """End one task (ARN or id) now, as if its container had exited."""
    with lock:
        fleet.lives[find_task(task).arn].end(stop_code, reason, exit_code, container_reason)


def knows(arn: str) -> bool:
    """Whether the platform has this task."""
    with lock:
        return arn in fleet.lives


def doom(task: str, fate: Fate) -> None:
    """Let this fate overtake one running task (ARN or id), so many seconds from now."""
    with lock:
        fleet.lives[find_task(task).arn].doom(fate)


def watch(hear: Callable[[Task], None]) -> None:
    """Hear of every change of every task's status or health, soon after it, with no lock held."""
    with lock:
        fleet.watchers.append(hear)


def tasks(owner: str | None = None) -> list[Task]:
    """The tasks of a service (its name) or family, or all of them. Read them, do not change them."""
    with lock:
        return [
            one
            for one in fleet.tasks.values()
            if owner is None or owner in (one.service, one.definition.family)
        ]
