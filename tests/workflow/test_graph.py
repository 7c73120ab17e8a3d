"""A definition as nodes and edges, and which of its states only deal with failures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tradai_console.demo.cast import draw_cast
from tradai_console.demo.world.machines import backtest, data_sync, retraining
from tradai_console.workflow.graph import condition, failing_states, parse_graph

CAST = draw_cast("prod", 1)


def test_the_failing_states_of_the_platforms_machines() -> None:
    """Told from the shape alone: what a Catch leads to and success does not, and all that leads nowhere else."""
    assert failing_states(parse_graph(json.dumps(backtest(CAST, [], "sg")))) == frozenset({
        "HandleTimeout", "CleanupResources", "UpdateStatusFailed", "NotifyFailure", "BacktestFailed",
    })  # fmt: skip
    found = failing_states(parse_graph(json.dumps(retraining(CAST, [], "sg"))))
    assert found == frozenset({"NotifyFailure", "HandleInvalidModel"})


def test_a_map_has_its_states_inside() -> None:
    """The item's states belong to the Map; ranks begin anew in there; conditions, catches and retries are told."""
    graph = parse_graph(json.dumps(data_sync(CAST)))
    assert graph is not None
    nodes = {node.name: node for node in graph.nodes}
    assert (nodes["FetchCandles"].inside, nodes["FetchCandles"].rank) == ("SyncPairs", 0)
    assert nodes["FetchCandles"].resource == "lambda:invoke tradai-data-collection-proxy-prod"
    assert "up to 3 times on ExchangeRateLimited" in nodes["FetchCandles"].retries
    assert nodes["SyncPairs"].start
    ways = {(edge.source, edge.target): (edge.kind, edge.label) for edge in graph.edges}
    assert ways["SyncPairs", "NotifyFailure"] == ("catch", "States.ALL")
    graph = parse_graph(json.dumps(backtest(CAST, [], "sg")))
    assert graph is not None
    ways = {(edge.source, edge.target): (edge.kind, edge.label) for edge in graph.edges}
    assert ways["CheckValidation", "UpdateStatusFailed"] == (
        "choice",
        "validate_strategy.Payload.valid = false",
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"Variable": "$.n", "NumericGreaterThan": 3, "Next": "A"}, "n > 3"),
        ({"Variable": "$.s", "StringMatches": "x*", "Next": "A"}, 's ~ "x*"'),
        ({"Variable": "$.s", "IsPresent": False, "Next": "A"}, "s is not present"),
        ({"Variable": "$.a", "StringEqualsPath": "$.b"}, "a = $.b"),
        ({"Not": {"Variable": "$.a", "BooleanEquals": True}, "Next": "A"}, "not (a = true)"),
        (
            {"And": [{"Variable": "$.a", "IsNull": True}, {"Variable": "$.b", "NumericLessThanEquals": 2}]},
            "a is null and b <= 2",
        ),
        ({"Condition": "{% $n > 3 %}", "Next": "A"}, "$n > 3"),
        ({}, ""),
    ],
)
def test_conditions_in_short(rule: dict[str, Any], told: str) -> None:
    """A choice's rule in a few signs, in both languages of Step Functions."""
    assert condition(rule) == told


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"States": 3}', "{", "[" * 100_000])
def test_what_is_no_definition_is_no_graph(text: str) -> None:
    """Nothing that stands in an answer is taken for granted."""
    assert parse_graph(text) is None


def test_hostile_definitions_end() -> None:
    """Circles, missing targets and states that are none: drawn as far as they go."""
    states = {
        "A": {"Type": "Task", "Next": "B"},
        "B": {"Type": "Task", "Next": "A"},
        "C": 7,
        "D": {"Next": "Nowhere"},
    }
    graph = parse_graph(json.dumps({"StartAt": "A", "States": states}))
    assert graph is not None
    assert [node.name for node in graph.nodes] == ["A", "D", "B"]
    assert failing_states(graph) == frozenset()
