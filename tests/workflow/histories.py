"""Histories written down in short: one line an event, as GetExecutionHistory would answer them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tradai_console.models.workflow import TrueCause
from tradai_console.workflow.culprit import Culprit, find_culprit
from tradai_console.workflow.events import parse_events
from tradai_console.workflow.graph import failing_states, parse_graph
from tradai_console.workflow.telling import Situation, tell_cause
from tradai_console.workflow.tree import Tree

BEGAN = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
ECS = {"resourceType": "ecs", "resource": "runTask.sync"}
LAMBDA = {"resourceType": "lambda", "resource": "invoke"}
CHILD = {"resourceType": "states", "resource": "startExecution.sync:2"}

Line = tuple[int, str, dict[str, Any]]
"""The event that led to it, its type, its details."""


WORK = json.dumps(
    {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Next": "B", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}]},
            "B": {"Type": "Succeed"},
            "C": {"Type": "Fail"},
        },
    }
)
"""A definition with a good way and a bad one."""


def line(previous: int, kind: str, **details: Any) -> Line:
    return previous, kind, details


def entered(previous: int, kind: str, name: str, given: Any = None) -> Line:
    return previous, f"{kind}StateEntered", {"name": name, "input": json.dumps(given or {})}


def left(previous: int, kind: str, name: str, output: Any = None) -> Line:
    return previous, f"{kind}StateExited", {"name": name, "output": json.dumps(output or {})}


def history(*lines: Line, began: datetime = BEGAN, step_s: float = 10.0) -> list[dict[str, Any]]:
    """The events, numbered from 1, ten seconds apart."""
    found = []
    for number, (previous, kind, details) in enumerate(lines, 1):
        event: dict[str, Any] = {
            "id": number,
            "previousEventId": previous,
            "timestamp": began + timedelta(seconds=step_s * (number - 1)),
            "type": kind,
        }
        if details:
            event[_name(kind)] = details
        found.append(event)
    return found


def _name(kind: str) -> str:
    for end in ("Entered", "Exited"):
        if kind.endswith(f"State{end}"):
            return f"state{end}EventDetails"
    return f"{kind[:1].lower()}{kind[1:]}EventDetails"


def tree_of(events: Iterable[dict[str, Any]]) -> Tree:
    tree = Tree()
    tree.add(parse_events(events))
    return tree


def judged(
    events: list[dict[str, Any]], status: str, definition: dict[str, Any] | None = None, **more: Any
) -> tuple[Culprit | None, TrueCause]:
    """The culprit, and what is told of it, of an execution that has this history."""
    tree = tree_of(events)
    graph = parse_graph(json.dumps(definition)) if definition is not None else None
    found = find_culprit(tree, failing_states(graph))
    stopped = None if status == "RUNNING" else events[-1]["timestamp"]
    now = events[-1]["timestamp"] + timedelta(minutes=5)
    return found, tell_cause(tree, found, Situation(status, BEGAN, stopped, now, **more))


def shape(tree: Tree) -> list[str]:
    """The tree as indented lines: name and outcome."""
    return [f"{'  ' * (sum(1 for _ in node.up()) - 1)}{node.name} {node.outcome}" for node in tree.nodes()]
