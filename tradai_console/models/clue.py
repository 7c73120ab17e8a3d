"""Ids by which the story of a thing on the board can be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tradai_console.models.board import Board
from tradai_console.models.execution import Execution
from tradai_console.models.service import Service, Task
from tradai_console.models.trading import Session

MOST: Final = 9
"""As many as have a digit."""

_JOBS: Final = (("JOB_ID", "job"), ("EXECUTION", "execution"), ("TRACE_ID", "trace"))
"""Variables that name one and the same story: the first that is there tells it."""

_OTHERS: Final = (("STRATEGY_ID", "session"), ("TASK", "task"))


@dataclass(frozen=True)
class Clue:
    """An id, and what it is."""

    value: str
    words: str
    """`task RUNNING`, `execution`: told beside the id where there are several."""


def clues_of(item: Any, board: Board) -> tuple[Clue, ...]:
    """The ids of what the cursor is on, what tells most first; none for a thing that has no story."""
    found: dict[str, Clue] = {}
    for clue in _clues(item, board):
        found.setdefault(clue.value, clue)
    return tuple(found.values())[:MOST]


def _clues(item: Any, board: Board) -> Iterator[Clue]:
    match item:
        case Execution():
            yield Clue(item.arn, f"execution {item.status}")
        case Session():
            yield Clue(item.strategy_id, f"session {item.status}")
        case Service():
            yield from _of_tasks(item.tasks or ())
        case Task():
            yield from _of_tasks((item,))
        case _:
            # An alert, or the incident that it became.
            yield from _of_variables(getattr(item, "variables", {}), board)


def _of_variables(variables: Mapping[str, str], board: Board) -> Iterator[Clue]:
    yield from [Clue(variables[name], words) for name, words in _JOBS if variables.get(name)][:1]
    yield from (Clue(variables[name], words) for name, words in _OTHERS if variables.get(name))
    for service in board.services.items:
        if variables.get("SERVICE") in (service.service, service.name):
            yield from _of_tasks(service.tasks or ())


def _of_tasks(tasks: tuple[Task, ...]) -> Iterator[Clue]:
    """Those that ended badly first: they are what one wants to know about."""
    for task in sorted(tasks, key=lambda one: not (one.exit_code or (one.stopped_at and not one.started_at))):
        why = task.container_reason or task.stopped_reason or ""
        yield Clue(task.id, f"task {task.status} {why}".strip())
