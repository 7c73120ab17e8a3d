"""The drawing of a machine: whole, readable, the way taken told apart, and no wider than the screen."""

from __future__ import annotations

from itertools import pairwise

import pytest

from screens.facts.machine import drawing, machine_lines
from screens.facts.states import outcomes
from tests import sample_workflow
from tests.graph.walker import Walker
from tradai_console.models.machine_graph import Edge, Graph, Node
from tradai_console.models.workflow import Outcome, Workflow

WIDTHS = (76, 61, 110)
"""What the drawing has at 80, 120 and 200 columns."""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("workflow", "states"),
    [
        pytest.param(sample_workflow.FAILED, 12, id="backtest"),
        pytest.param(sample_workflow.CAUGHT, 13, id="retraining"),
    ],
)
def test_the_platforms_machines_fit(workflow: Workflow, states: int, width: int) -> None:
    """Every state is there with its name, and every way can be read, at each width a screen has for it."""
    graph = workflow.graph
    assert graph is not None
    assert len(graph.nodes) == states
    drawn = drawing(graph, width)
    lines = machine_lines(drawn, graph, outcomes(workflow.states))
    assert drawn.layout.width <= width
    assert max(line.width for line in lines) <= width
    text = "\n".join(line.plain for line in lines)
    assert all(node.name[: drawn.name_width - 1] in text for node in graph.nodes)
    assert Walker(drawn.layout).edges() == {(edge.source, edge.target) for edge in graph.edges}


def test_what_happened_can_be_told_without_colour() -> None:
    """A state that succeeded, one whose failure was caught and one not reached have each a sign of their own."""
    workflow = sample_workflow.FAILED
    assert workflow.graph is not None
    lines = machine_lines(drawing(workflow.graph, 76), workflow.graph, outcomes(workflow.states))
    text = "\n".join(line.plain for line in lines)
    for label in ("✓ EnsureData", "! RunBacktest", "· HandleTimeout", "✗ BacktestFailed"):
        assert label in text
    running = sample_workflow.RUNNING
    assert running.graph is not None
    lines = machine_lines(drawing(running.graph, 76), running.graph, outcomes(running.states))
    assert any("◐ RunBacktest" in line.plain for line in lines)


def test_the_way_taken_is_heavy_and_the_caught_one_dashed() -> None:
    """From RunBacktest the heavy dashed line leads to CleanupResources; the usual way on from there is light."""
    graph = sample_workflow.graph(
        "A Task next B, catch C\nB Task next D\nC Task\nD Succeed", ("A", "C"), bad=("A",)
    )
    lines = machine_lines(drawing(graph, 40), graph, {})
    text = "\n".join(line.plain for line in lines)
    assert "┅" in text
    below_b = [line.plain for line in lines][3]
    assert below_b.startswith("│")


def inside(name: str, within: str, *, start: bool = False, end: bool = False) -> Node:
    return Node(name, "Task", 0, inside=within, start=start, end=end)


def test_the_inside_of_a_map_and_a_parallel_stands_between_its_ends() -> None:
    """A Map leads into its first state and on from its last one; branches stand side by side; a Fail state ends there."""
    graph = Graph(
        (
            Node("LoadPairs", "Map", 0, start=True, taken=1),
            inside("Fetch", "LoadPairs", start=True),
            inside("Store", "LoadPairs", end=True),
            Node("GiveUp", "Fail", 0, inside="LoadPairs", end=True),
            Node("Both", "Parallel", 1),
            inside("Left", "Both", start=True, end=True),
            inside("Right", "Both", start=True, end=True),
            Node("Done", "Succeed", 2, end=True),
        ),
        (
            *(Edge(one, other, "next") for one, other in pairwise(("LoadPairs", "Both", "Done"))),
            Edge("Fetch", "Store", "next"),
            Edge("Fetch", "GiveUp", "choice"),
        ),
    )
    drawn = drawing(graph, 76)
    assert Walker(drawn.layout).edges() == {
        ("LoadPairs", "Fetch"), ("Fetch", "Store"), ("Fetch", "GiveUp"), ("Store", "Both"),
        ("Both", "Left"), ("Both", "Right"), ("Left", "Done"), ("Right", "Done"),
    }  # fmt: skip
    assert "LoadPairs map" in "\n".join(line.plain for line in machine_lines(drawn, graph, {}))


def test_a_large_machine_is_laid_out_once_and_whole() -> None:
    """A hundred states, each with an error caught: all there, every way readable, wider than the screen if need be."""
    lines = [f"State{n:03} Task next State{n + 1:03}, catch Oops" for n in range(99)]
    graph = sample_workflow.graph(
        "\n".join([*lines, "State099 Succeed", "Oops Fail"]), ("State000", "State001")
    )
    drawn = drawing(graph, 61)
    assert len(drawn.places) == 101
    assert Walker(drawn.layout).edges() == {(edge.source, edge.target) for edge in graph.edges}


def test_how_often_a_state_was_entered_is_said() -> None:
    """A loop that went round three times says so at its states."""
    graph = sample_workflow.graph(
        "A Task next B\nB Choice choice A, default C\nC Succeed", ("A", "B") * 3 + ("C",)
    )
    text = "\n".join(
        line.plain for line in machine_lines(drawing(graph, 40), graph, {"A": Outcome.SUCCEEDED})
    )
    assert "A ×3" in text
    assert "▲" in text
