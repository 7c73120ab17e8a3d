"""A state machine's definition (Amazon States Language) as nodes and edges, and what can be told from its shape. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from tradai_console.models.machine_graph import Edge, EdgeKind, Graph, Node
from tradai_console.sources import fields
from tradai_console.sources.failures import HANDLES_FAILURE
from tradai_console.text import plain
from tradai_console.workflow.tree import INSIDE, Tree
from tradai_console.workflow.tree import Node as Visited

Raw = Mapping[str, Any]

MOST_STATES: Final = 1_000
_LABEL: Final = 80
_COMPARISONS: Final = {
    "Equals": "=", "LessThan": "<", "GreaterThan": ">", "LessThanEquals": "<=", "GreaterThanEquals": ">=", "Matches": "~",
}  # fmt: skip


def parse_graph(definition: str) -> Graph | None:
    """The graph of a definition; None for a text that is none."""
    try:
        machine = json.loads(definition)
    except (ValueError, RecursionError):
        return None
    if not isinstance(machine, Mapping) or not isinstance(machine.get("States"), Mapping):
        return None
    nodes: list[Node] = []
    edges: list[Edge] = []
    _read(machine, None, nodes, edges, depth=0)
    return Graph(
        nodes=_ranked(nodes, edges),
        edges=tuple(edges),
        comment=fields.text(machine, "Comment", 200),
        timeout_s=fields.number(machine.get("TimeoutSeconds")),
    )


def _read(machine: Raw, inside: str | None, nodes: list[Node], edges: list[Edge], depth: int) -> None:
    states = fields.inner(machine, "States")
    for key, state in states.items():
        if not isinstance(state, Mapping) or len(nodes) >= MOST_STATES:
            continue
        name = plain(key, 200)
        following = [*_ways(name, state)]
        nodes.append(
            Node(
                name=name,
                type=fields.name(state, "Type") or "?",
                rank=-1,
                inside=inside,
                start=key == machine.get("StartAt"),
                end=state.get("End") is True or state.get("Type") in ("Succeed", "Fail"),
                resource=_resource(state),
                limit_s=fields.number(state.get("TimeoutSeconds")),
                retries="; ".join([_retry(one) for one in fields.rows(state, "Retry")]),
            )
        )
        edges += following
        for inner in _inner_machines(state) if depth < 8 else ():
            _read(inner, name, nodes, edges, depth + 1)


def _inner_machines(state: Raw) -> Iterator[Raw]:
    for key in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(key), Mapping):
            yield state[key]
            break
    yield from fields.rows(state, "Branches")


def _ways(name: str, state: Raw) -> Iterator[Edge]:
    def way(target: object, kind: EdgeKind, label: str = "") -> Iterator[Edge]:
        if isinstance(target, str):
            yield Edge(name, plain(target, 200), kind, plain(label, _LABEL))

    yield from way(state.get("Next"), "next")
    for choice in fields.rows(state, "Choices"):
        yield from way(choice.get("Next"), "choice", condition(choice))
    yield from way(state.get("Default"), "default")
    for rule in fields.rows(state, "Catch"):
        yield from way(rule.get("Next"), "catch", ", ".join(fields.words(rule, "ErrorEquals")))


def condition(rule: Raw) -> str:
    """A choice's condition in short: `check.Payload.valid = false`."""
    if isinstance(rule.get("Condition"), str):
        return str(rule["Condition"]).removeprefix("{%").removesuffix("%}").strip()
    for joined in ("And", "Or"):
        if isinstance(rule.get(joined), list):
            return f" {joined.lower()} ".join([condition(one) for one in fields.rows(rule, joined)])
    if isinstance(rule.get("Not"), Mapping):
        return f"not ({condition(rule['Not'])})"
    variable = str(rule.get("Variable", "")).removeprefix("$").removeprefix(".") or "$"
    for key, value in rule.items():
        if key in ("Variable", "Next", "Comment", "Assign", "Output"):
            continue
        if key.startswith("Is"):
            return f"{variable} {'is' if value else 'is not'} {key[2:].lower()}"
        kind = re.sub(r"^(String|Numeric|Boolean|Timestamp)|Path$", "", key)
        told = value if key.endswith("Path") else json.dumps(value)
        return f"{variable} {_COMPARISONS.get(kind, kind)} {told}"
    return ""


def _resource(state: Raw) -> str:
    resource = fields.text(state, "Resource", 400)
    if not resource:
        return ""
    named = fields.inner(state, "Parameters") or fields.inner(state, "Arguments")
    parts = resource.split(":")
    if ":states:::" in resource:
        service, action = (*parts[5:6], ":".join(parts[6:]))
        target = next((named[key] for key in TARGETS if isinstance(named.get(key), str)), "")
        last = re.split("[:/]", str(target))[-1]
        return plain(f"{service}:{action}{f' {last}' if last else ''}", 120)
    return plain(f"{parts[2]}:{parts[-1]}" if len(parts) > 6 else resource, 120)


TARGETS: Final = ("FunctionName", "TaskDefinition", "StateMachineArn", "QueueUrl", "TopicArn", "TableName")
"""Which parameter of an integration names what it calls."""


def _retry(rule: Raw) -> str:
    most = fields.whole(rule.get("MaxAttempts"))
    return plain(
        f"up to {3 if most is None else most} times on {', '.join(fields.words(rule, 'ErrorEquals'))}", 160
    )


def _ranked(nodes: list[Node], edges: Iterable[Edge]) -> tuple[Node, ...]:
    following: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    ranks: dict[str, int] = {node.name: 0 for node in nodes if node.start}
    wave = [*ranks]
    while wave:
        wave = [target for name in wave for target in following.get(name, ()) if _first(ranks, name, target)]
    known = [replace(node, rank=ranks.get(node.name, 0)) for node in nodes]
    return tuple(sorted(known, key=lambda node: node.rank))


def _first(ranks: dict[str, int], name: str, target: str) -> bool:
    if target in ranks:
        return False
    ranks[target] = ranks[name] + 1
    return True


def failing_states(graph: Graph | None) -> frozenset[str] | None:
    """The states that only deal with a failure: Fail states, what a Catch leads to and success does not, and all that
    leads nowhere else. None: the definition is not known."""
    if graph is None:
        return None
    following: dict[str, set[str]] = {node.name: set() for node in graph.nodes}
    for edge in graph.edges:
        if edge.kind != "catch":
            following.setdefault(edge.source, set()).add(edge.target)
    found = {node.name for node in graph.nodes if node.type == "Fail"}
    reached: dict[str, set[str]] = {}
    for edge in graph.edges:
        if edge.kind == "catch":
            if edge.source not in reached:
                reached[edge.source] = _reachable(edge.source, following)
            if edge.target not in reached[edge.source]:
                found.add(edge.target)
    size = -1
    while size != len(found):
        size = len(found)
        found |= {name for name, ways in following.items() if ways and ways <= found}
    return frozenset(found)


def _reachable(start: str, following: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [*following.get(start, ())]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += following.get(name, ())
    return found


def only_handles(name: str, failing: frozenset[str] | None) -> bool:
    """Whether a state deals with a failure: by the definition's shape, else by its name."""
    return bool(HANDLES_FAILURE.search(name)) if failing is None else name in failing


def walked(graph: Graph, tree: Tree, culprit: str | None) -> Graph:
    """The graph with the path that was taken."""
    times: dict[str, int] = {}
    bad: set[str] = set()
    ways: set[tuple[str, str]] = set()
    for siblings in _siblings(tree):
        for node in siblings:
            times[node.name] = times.get(node.name, 0) + 1
            if node.outcome.bad:
                bad.add(node.name)
        ways |= {(before.name, after.name) for before, after in pairwise(siblings)}
    now = {node.name for node in tree.current}
    nodes = [
        replace(
            node,
            taken=times.get(node.name, 0),
            bad=node.name in bad,
            culprit=node.name == culprit,
            current=node.name in now,
        )
        for node in graph.nodes
    ]
    edges = [replace(edge, taken=(edge.source, edge.target) in ways) for edge in graph.edges]
    return replace(graph, nodes=tuple(nodes), edges=tuple(edges))


def _siblings(tree: Tree) -> Iterator[list[Visited]]:
    """States that followed one another: of the top level, of each item, of each branch."""
    yield [one for one in tree.roots if one.type not in INSIDE]
    for node in tree.nodes():
        if node.children:
            yield [one for one in node.children if one.type not in INSIDE]
