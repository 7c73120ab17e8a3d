"""A state machine's definition as nodes and edges, with the path that an execution took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EdgeKind = Literal["next", "choice", "default", "catch"]


@dataclass(frozen=True)
class Node:
    """One state of the definition."""

    name: str
    type: str
    """`Task`, `Choice`, `Map`, ..."""
    rank: int
    """How many steps it is from the start, by the shortest way; inside a Map or Parallel from the start of that."""
    inside: str | None = None
    """The Map or Parallel it is a part of."""
    start: bool = False
    end: bool = False
    resource: str = ""
    """`ecs:runTask.sync`, `lambda:update-status`; empty if it calls nothing."""
    limit_s: float | None = None
    retries: str = ""
    """`up to 3 times on Lambda.ServiceException, ...`; empty if it is not retried."""
    taken: int = 0
    """How often it was entered."""
    bad: bool = False
    """It failed at least once for good, caught or not."""
    culprit: bool = False
    current: bool = False
    """The execution is in it now."""


@dataclass(frozen=True)
class Edge:
    """One way from a state to another."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""
    """The condition of a choice, or the errors of a catch, in short."""
    taken: bool = False


@dataclass(frozen=True)
class Graph:
    """A machine's definition (`states:DescribeStateMachineForExecution`): the one this execution ran with."""

    nodes: tuple[Node, ...]
    """By rank, then in the definition's order."""
    edges: tuple[Edge, ...]
    comment: str = ""
    timeout_s: float | None = None
