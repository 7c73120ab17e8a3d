"""What is known of an execution's machine: the definition it ran with, and how its last good runs went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from tradai_console.errors import AwsError
from tradai_console.models.execution import Execution
from tradai_console.models.machine_graph import Graph
from tradai_console.models.workflow import GoodRun, Outcome
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.executions import read_executions
from tradai_console.sources.pages import listed
from tradai_console.sources.reading import together
from tradai_console.workflow.events import parse_events
from tradai_console.workflow.graph import only_handles, parse_graph
from tradai_console.workflow.tree import INSIDE, Tree

GOOD_RUNS: Final = 3
"""Their histories are read for what a state usually takes."""
CANDIDATES: Final = 6
REMEMBERED: Final = 200


@dataclass(frozen=True)
class Usual:
    """The last good runs of a machine."""

    newest: GoodRun | None = None
    whole_s: float | None = None
    """The median of what they took, seconds."""
    states: Mapping[str, float] = field(default_factory=dict, hash=False)
    """State to the median of what it took, seconds."""


class Machines:
    """Definitions and good runs, remembered: an ended run does not change."""

    def __init__(self, context: ProbeContext) -> None:
        self._context = context
        self._runs: dict[str, tuple[GoodRun, Mapping[str, float]] | None] = {}

    async def graph(self, execution_arn: str) -> Graph | None:
        """The definition as this execution ran with it (`states:DescribeStateMachineForExecution`). Raises AwsError."""
        states = await self._context.client("stepfunctions")
        answer = await states.describe_state_machine_for_execution(executionArn=execution_arn)
        return parse_graph(str(answer.get("definition", "")))

    async def usual(self, beside: Execution, failing: frozenset[str] | None) -> Usual:
        """How the newest good runs of the same machine went; those before this one, where there are. Raises AwsError.

        One that went through a state that only deals with failures (`failing`) is no good run, whatever its status.
        """
        known = (await read_executions(self._context, beside.machine, histories=0)).items
        others = [
            one
            for one in known
            if one.arn != beside.arn
            and one.machine_arn == beside.machine_arn
            and one.status == "SUCCEEDED"
            and not one.caught
        ]
        others.sort(key=lambda one: (one.started_at > beside.started_at, -one.started_at.timestamp()))
        found: list[tuple[GoodRun, Mapping[str, float]]] = []
        for start in range(0, min(len(others), CANDIDATES), GOOD_RUNS):
            runs = await together(self._run(one) for one in others[start : start + GOOD_RUNS])
            found += [
                run
                for run in runs
                if run is not None and not any(only_handles(name, failing) for name in run[0].path)
            ]
            if len(found) >= GOOD_RUNS:
                break
        found = found[:GOOD_RUNS]
        if not found:
            return Usual()
        names = dict.fromkeys([name for _, states in found for name in states])
        took = {name: median([states[name] for _, states in found if name in states]) for name in names}
        return Usual(found[0][0], median([run.duration_s for run, _ in found]), took)

    async def _run(self, one: Execution) -> tuple[GoodRun, Mapping[str, float]] | None:
        """One run, if it is a good one."""
        if one.arn not in self._runs:
            if len(self._runs) >= REMEMBERED:
                self._runs.clear()
            try:
                self._runs[one.arn] = _good(one, await self._events(one.arn))
            except AwsError:
                return None
        return self._runs[one.arn]

    async def _events(self, arn: str) -> Tree:
        """Its first thousand events: a run that has more is set beside another as far as they go."""
        states: Any = await self._context.client("stepfunctions")
        answer = await states.get_execution_history(
            executionArn=arn, maxResults=1000, includeExecutionData=False
        )
        tree = Tree()
        tree.add(parse_events(listed(answer, "events")))
        return tree


def _good(one: Execution, tree: Tree) -> tuple[GoodRun, Mapping[str, float]] | None:
    if tree.caught or one.stopped_at is None:
        return None
    tops = [node for node in tree.roots if node.type not in INSIDE]
    took: dict[str, list[float]] = {}
    for node in tree.nodes():
        if node.first.at and node.left_at and node.outcome is Outcome.SUCCEEDED and node.type not in INSIDE:
            took.setdefault(node.name, []).append((node.left_at - node.first.at).total_seconds())
    run = GoodRun(
        arn=one.arn,
        name=one.name,
        started_at=one.started_at,
        duration_s=(one.stopped_at - one.started_at).total_seconds(),
        # Of one whose end is not on the page the path is not whole: nothing can be set beside it.
        path=tuple([node.name for node in tops]) if tree.end is not None else (),
    )
    return run, {name: median(times) for name, times in took.items()}
