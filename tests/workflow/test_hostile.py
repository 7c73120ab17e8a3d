"""Histories that no machine could have written: whatever is in them, they are told, and drawn once each."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.sources.spoilt import BAD, spoils
from tests.workflow.histories import WORK, entered, history, left, line
from tradai_console.workflow.beside import first_difference
from tradai_console.workflow.culprit import find_culprit
from tradai_console.workflow.events import KNOWN, parse_events
from tradai_console.workflow.graph import failing_states, parse_graph, walked
from tradai_console.workflow.outline import MOST_ROWS, Marks, Outline
from tradai_console.workflow.rawevents import event_of
from tradai_console.workflow.tasks import task_of, tasks_in
from tradai_console.workflow.telling import Situation, tell_cause
from tradai_console.workflow.tree import Tree

TYPES = sorted(KNOWN)


def tell_all(events: list[Any], status: str = "FAILED") -> Tree:
    """Everything that is made of a history."""
    tree = Tree()
    tree.add(parse_events(events))
    graph = parse_graph(WORK)
    assert graph is not None
    found = find_culprit(tree, failing_states(graph))
    at = tree.events[-1].at if tree.events else None
    cause = tell_cause(tree, found, Situation(status, at, at, at or events[0]["timestamp"]))
    assert cause.line
    chain = [one.id for one in found.node.up()] if found is not None else []
    outline = Outline(Marks(culprits=chain, culprit=chain[0] if chain else None))
    rows = outline.of(tree.roots)
    assert len({row.id for row in rows}) == len(rows)
    assert len(rows) <= 2 * MOST_ROWS
    if chain:
        assert any(row.culprit for row in rows)
    for fold in list(outline.folds):
        outline.behind(fold)
    walked(graph, tree, None)
    for _, one, _ in tasks_in(tree):
        task_of(one)
    assert [event_of(one, [tree]).id for one in tree.events] == [one.id for one in tree.events]
    first_difference(tree, None, {})
    return tree


@pytest.mark.parametrize("seed", range(60))
def test_events_in_any_order_of_any_type(seed: int) -> None:
    """Types, chains and names drawn by chance: nothing raises, nothing is lost, no row stands twice."""
    rng = random.Random(seed)
    events = history(
        *[
            line(
                rng.randint(max(0, number - 12), number + 2),
                rng.choice(TYPES),
                name=rng.choice("ABC"),
                index=rng.randint(0, 3),
                length=3,
                error="E",
                cause="{",
            )
            for number in range(1, rng.randint(2, 200))
        ]
    )
    rng.shuffle(events)
    for status in ("FAILED", "SUCCEEDED", "RUNNING", "TIMED_OUT", "ABORTED"):
        tree = tell_all(events, status)
        assert len(tree.events) == len(events)


def test_any_part_of_a_history_may_be_spoilt() -> None:
    """Each field of each event in turn is something else than AWS gives."""
    good = history(
        line(0, "ExecutionStarted", input="{}"),
        entered(0, "Map", "Each"),
        line(2, "MapStateStarted", length=2),
        line(3, "MapIterationStarted", name="Each", index=0),
        entered(4, "Task", "Work"),
        line(5, "TaskScheduled", resourceType="ecs", resource="runTask.sync", parameters="{}"),
        line(
            6,
            "TaskSubmitted",
            resourceType="ecs",
            resource="runTask.sync",
            output='{"Tasks": [{"TaskArn": 3}]}',
        ),
        line(
            7,
            "TaskFailed",
            resourceType="ecs",
            resource="runTask.sync",
            error="E",
            cause='{"Containers": [3]}',
        ),
        left(8, "Task", "Work"),
        line(9, "MapIterationSucceeded", name="Each", index=0),
        line(10, "ExecutionSucceeded", output="{}"),
    )
    for place, event in enumerate(good):
        for value in BAD:
            for spoilt, _ in spoils(event, value):
                tell_all([*good[:place], spoilt, *good[place + 1 :]])


def test_depth_and_width_are_bounded() -> None:
    """A Map of thousands of items, and a way of thousands of states: a few hundred rows, the culprit among them."""
    wide = [line(0, "ExecutionStarted"), entered(0, "Map", "Each"), line(2, "MapStateStarted", length=3000)]
    for number in range(3000):
        wide += [line(3, "MapIterationStarted", name="Each", index=number)]
    for number in range(3000):
        wide += [
            line(
                4 + number, "MapIterationFailed" if number == 1999 else "MapIterationSucceeded", index=number
            )
        ]
    long = [line(0, "ExecutionStarted")]
    for number in range(3000):
        long += [entered(2 * number, "Task", f"S{number}"), left(2 * number + 2, "Task", f"S{number}")]
    for lines in (wide, long):
        tree = tell_all(history(*lines, step_s=0.01))
        assert len(Outline(Marks()).of(tree.roots)) < 150
