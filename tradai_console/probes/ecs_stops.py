"""Why tasks stopped, and whether that says something is wrong. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.service import Task
from tradai_console.probes.wording import ago, counted, listed, span

ECS_MEMORY_S = 3600.0
"""So long ECS knows stopped tasks."""

# Causes that say something is wrong, and those that are the platform's daily life.
MEMORY, SPOT, HEALTH, START, PLANNED, PERSON = (
    "out of memory", "Spot took its capacity back", "failed health checks", "could not start",
    "deployment or scaling", "stopped by somebody",
)  # fmt: skip
HARMLESS = frozenset({SPOT, PLANNED, PERSON, "exit 0"})

_NOT_STARTED = re.compile(
    r"CannotPull|ResourceInitialization|TaskFailedToStart|unable to pull|CannotStart|CannotCreate"
)


def cause_of(task: Task) -> str:
    """Why a task stopped, in two or three words. ECS calls it by many names."""
    told = f"{task.stop_code or ''} {task.stopped_reason or ''} {task.container_reason or ''}"
    if task.out_of_memory or "OutOfMemory" in told:
        return MEMORY
    if task.stop_code == "SpotInterruption" or "Spot" in told:
        return SPOT
    if "health check" in told:
        return HEALTH
    if _NOT_STARTED.search(told) or (
        task.started_at is None and task.stop_code not in ("UserInitiated", None)
    ):
        return START
    if "Scaling activity" in told or "deployment" in told:
        return PLANNED
    if task.stop_code == "UserInitiated":
        return PERSON
    if task.exit_code is not None:
        return f"exit {task.exit_code}" + (" (killed)" if task.exit_code == 137 else "")
    return "reason not told"


def judge_stops(name: str, tasks: Sequence[Task], minutes: int, now: datetime) -> Evidence:
    """Why did tasks stop in the last minutes? Spot, deployments and people are no fault of the service."""
    since = now - timedelta(minutes=minutes)
    ended = [task for task in tasks if _ended(task) and (task.stopped_at or now) >= since]
    ended.sort(key=lambda task: task.stopped_at or now, reverse=True)
    rows = tuple([_stop_row(task, now) for task in ended])
    memory = "" if minutes * 60 <= ECS_MEMORY_S else "; ECS itself remembers about an hour"
    window = span(minutes * 60)
    if not ended:
        return Evidence(Verdict.OK, f"No task of {name} is known to have stopped in {window}{memory}.")
    faults = [task for task in ended if cause_of(task) not in HARMLESS]
    if not faults:
        told = listed(_counts(ended))
        return Evidence(
            Verdict.OK, f"{_stopped(len(ended))} in {window}: {told}. That is normal here{memory}.", rows
        )
    oldest = min((task.stopped_at for task in faults if task.stopped_at), default=None)
    within = span((now - oldest).total_seconds()) if oldest else window
    causes = _counts(faults)
    told = f"all {causes[0].rpartition(' x')[0]}" if len(causes) == 1 and len(faults) > 1 else listed(causes)
    rest = len(ended) - len(faults)
    normal = f"; {rest} more for normal reasons" if rest else ""
    verdict = Verdict.BAD if len(faults) > 1 else Verdict.WARN
    told = told.removesuffix(" x1")
    return Evidence(verdict, f"{_stopped(len(faults))} in {within}, {told}{normal}{memory}.", rows)


def _stopped(number: int) -> str:
    return f"{counted(number, 'task')} stopped"


def _counts(tasks: Iterable[Task]) -> list[str]:
    found = Counter([cause_of(task) for task in tasks])
    return [f"{cause} x{number}" for cause, number in found.most_common()]


def _ended(task: Task) -> bool:
    return task.stopped_at is not None or task.status == "STOPPED"


def _stop_row(task: Task, now: datetime) -> Row:
    cause = cause_of(task)
    code = f"exit {task.exit_code}" if task.exit_code is not None else None
    words = [
        ago(task.stopped_at, now),
        cause,
        code,
        task.container_reason or task.stopped_reason,
        task.task_definition,
    ]
    verdict = Verdict.OK if cause in HARMLESS else Verdict.BAD
    return Row(task.id, "  ".join([word for word in words if word]), verdict)
