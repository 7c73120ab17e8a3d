"""The rows of the path: the tree in the order of an outline, with what is long and went well folded. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tradai_console.models.workflow import Attempt, ItemCount, Outcome, StateVisit
from tradai_console.sources import fields
from tradai_console.sources.failures import parse_cause
from tradai_console.text import plain
from tradai_console.workflow.events import HistoryEvent, payload_of
from tradai_console.workflow.graph import TARGETS
from tradai_console.workflow.tree import Node, Try

MOST_ROWS: Final = 400
"""Rows of one told execution; the rest is behind folds."""
ITEMS: Final = 6
"""Items of a Map that are shown beside those that failed."""
BAD_ITEMS: Final = 12
HEAD: Final = 40
TAIL: Final = 80
"""Of a long way of states, the first and the last are shown."""
UNFOLDED: Final = 200
"""Rows that one fold gives at once."""
ATTEMPTS: Final = 20
_FOLD: Final = 1_000_000_000
_TARGET: Final = re.compile(rf'"(?:{"|".join(TARGETS)})"\s*:\s*"([^"]{{1,400}})"')


@dataclass
class Marks:
    """What is to be seen at once, and what is known of a state from elsewhere."""

    culprits: Collection[int] = ()
    """Node ids from the culprit outwards: never folded."""
    culprit: int | None = None
    different: int | None = None
    handling: Collection[int] = ()
    """Nodes that only deal with the failure."""
    usual: Mapping[str, float] = field(default_factory=dict)
    under: Mapping[int, tuple[StateVisit, ...]] = field(default_factory=dict)
    """Rows to stand under a node: its child execution."""


class Outline:
    """Rows, and what is behind its folds."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._rows: list[StateVisit] = []
        self.folds: dict[int, tuple[list[Node], int]] = {}

    def of(self, roots: Sequence[Node]) -> tuple[StateVisit, ...]:
        """The rows of a whole path."""
        self._level(roots, 0)
        return tuple(self._rows)

    def behind(self, fold: int) -> tuple[StateVisit, ...]:
        """The rows behind a fold, the first of them; those inside are folded as ever."""
        nodes, depth = self.folds.get(fold, ([], 0))
        self._rows = []
        for place, node in enumerate(nodes):
            if len(self._rows) >= UNFOLDED:
                self._fold(nodes[place:], depth)
                break
            self._row(node, depth)
        return tuple(self._rows)

    def _level(self, nodes: Sequence[Node], depth: int) -> None:
        shown = self._chosen(nodes)
        if shown is None:
            for node in nodes:
                self._row(node, depth)
            return
        done = 0
        for place in sorted(shown):
            self._fold(nodes[done:place], depth)
            self._row(nodes[place], depth)
            done = place + 1
        self._fold(nodes[done:], depth)

    def _chosen(self, nodes: Sequence[Node]) -> set[int] | None:
        """The places of the nodes that are shown; None: all."""
        items = bool(nodes) and nodes[0].type == "Item"
        if len(nodes) <= (ITEMS if items else HEAD + TAIL) and len(self._rows) + len(nodes) < MOST_ROWS:
            return None
        notable = [place for place, node in enumerate(nodes) if node.outcome is not Outcome.SUCCEEDED]
        culprits = self._marks.culprits
        must = {place for place, node in enumerate(nodes) if node.id in culprits} if culprits else set()
        wanted = [place for place in notable if nodes[place].outcome in _NOTABLE]
        if items:
            return must | set(wanted[:BAD_ITEMS]) | set(range(min(ITEMS // 2, len(nodes))))
        room = MOST_ROWS - len(self._rows) - BAD_ITEMS
        head, tail = (HEAD, TAIL) if room >= HEAD + TAIL else (max(2, room // 3), max(3, room * 2 // 3))
        ends = set(range(min(head, len(nodes)))) | set(range(max(0, len(nodes) - tail), len(nodes)))
        return must | set(wanted[-BAD_ITEMS:]) | ends

    def _fold(self, nodes: Sequence[Node], depth: int) -> None:
        if len(nodes) == 1:
            self._row(nodes[0], depth)
        if len(nodes) < 2:
            return
        number = -(_FOLD + abs(nodes[0].id))
        self.folds[number] = ([*nodes], depth)
        outcome, told = _all_told(nodes)
        kind = "items" if nodes[0].type == "Item" else "states"
        parent = nodes[0].parent
        self._rows.append(
            StateVisit(
                id=number,
                name=f"{len(nodes)} {kind}, {told}",
                type="Fold",
                depth=depth,
                parent=parent.id if parent else None,
                outcome=outcome,
                entered_at=nodes[0].first.at,
                left_at=nodes[-1].left_at,
                folded=len(nodes),
            )
        )

    def _row(self, node: Node, depth: int) -> None:
        marks = self._marks
        self._rows.append(
            visit_of(
                node,
                depth,
                usual_s=marks.usual.get(node.name),
                culprit=node.id == marks.culprit,
                different=node.id == marks.different,
                after_failure=node.id in marks.handling,
            )
        )
        self._rows += marks.under.get(node.id, ())
        if node.children:
            self._level(node.children, depth + 1)


def _all_told(nodes: Sequence[Node]) -> tuple[Outcome, str]:
    counts = Counter([node.outcome for node in nodes])
    worst = next((one for one in _WORST if one in counts), Outcome.SUCCEEDED)
    if len(counts) == 1:
        return worst, f"all {worst}"
    return worst, ", ".join([f"{number} {one}" for one, number in counts.items()])


_NOTABLE: Final = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CAUGHT, Outcome.RUNNING})
_WORST: Final = (
    Outcome.FAILED, Outcome.TIMED_OUT, Outcome.CAUGHT, Outcome.RUNNING, Outcome.ABORTED, Outcome.UNKNOWN,
)  # fmt: skip


def visit_of(
    node: Node,
    depth: int,
    *,
    usual_s: float | None = None,
    culprit: bool = False,
    different: bool = False,
    after_failure: bool = False,
) -> StateVisit:
    """A node as a row."""
    failure = node.failure
    broken = failure is not None and node.outcome is not Outcome.SUCCEEDED
    entered = node.first if node.first.entered or node.type in ("Item", "Branch") else None
    tries = len(node.tries)
    shown = [*enumerate(node.tries, 1)]
    if tries > ATTEMPTS:
        shown = [shown[0], *shown[-(ATTEMPTS - 1) :]]
    return StateVisit(
        id=node.id,
        name=label(node),
        type=node.type,
        depth=depth,
        parent=node.parent.id if node.parent else None,
        outcome=node.outcome,
        entered_at=entered.at if entered else None,
        left_at=node.left_at,
        attempts=tuple([attempt_of(number, one) for number, one in shown]),
        tries=tries,
        error=failure.error if broken and failure else None,
        cause=parse_cause(failure.text("cause")) if broken and failure else None,
        input=payload_of(node.first, "input") if entered else None,
        output=payload_of(node.left, "output") if node.left and node.left.exited else None,
        items=items_of(node),
        usual_s=usual_s,
        culprit=culprit,
        different=different,
        after_failure=after_failure,
        child_arn=node.map_run,
    )


def label(node: Node) -> str:
    """Its name; of an item with what it is about, where its input has a short word for it."""
    if node.type != "Item" or not node.children:
        return node.name
    word = _word_in(node.children[0].first.text("input"))
    return f"{node.name}, {word}" if word else node.name


_LONGEST_ITEM: Final = 4_000
_LONGEST_WORD: Final = 40


def _word_in(text: str) -> str | None:
    if len(text) > _LONGEST_ITEM:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    words = value.values() if isinstance(value, Mapping) else [value]
    found = next((one for one in words if isinstance(one, str) and 0 < len(one) <= _LONGEST_WORD), None)
    return plain(found, _LONGEST_WORD) if found else None


def items_of(node: Node) -> ItemCount | None:
    """How the items of a Map or the branches of a Parallel went; None for other states."""
    if node.type not in ("Map", "Parallel"):
        return None
    how = [one.outcome for one in node.children]
    return ItemCount(
        total=node.length if node.type == "Map" else len(how),
        succeeded=how.count(Outcome.SUCCEEDED),
        failed=how.count(Outcome.FAILED) + how.count(Outcome.TIMED_OUT),
        aborted=how.count(Outcome.ABORTED),
        running=how.count(Outcome.RUNNING),
    )


def attempt_of(number: int, one: Try) -> Attempt:
    """One attempt as it is shown."""
    first, ended = one.first, one.ended
    failed = ended if ended is not None and ended.failed else None
    resource, target = _called(first)
    return Attempt(
        number=number,
        event_id=first.id if first else 0,
        scheduled_at=one.scheduled.at if one.scheduled else None,
        ended_at=ended.at if ended else None,
        outcome=one.outcome,
        resource=resource,
        target=target,
        error=failed.error if failed else None,
        cause=parse_cause(failed.text("cause")) if failed else None,
        whole_cause=payload_of(failed, "cause") if failed else None,
        task_arn=task_arn_of(one),
        child_arn=child_arn_of(one),
        parameters=(payload_of(first, "parameters") or payload_of(first, "input")) if first else None,
        output=payload_of(ended, "output") if ended and not ended.failed else None,
    )


def task_arn_of(one: Try) -> str | None:
    """The ECS task of an attempt: named when it was submitted, and at its end."""
    if _service(one) != "ecs":
        return None
    return (one.submitted.task_arn if one.submitted else None) or (one.ended.task_arn if one.ended else None)


def child_arn_of(one: Try) -> str | None:
    """The execution that an attempt started and waited for."""
    if _service(one) != "states":
        return None
    told = one.submitted.execution_arn if one.submitted else None
    return told or (one.ended.execution_arn if one.ended else None)


def function_of(one: Try) -> str | None:
    """The Lambda function that an attempt called: its name without qualifier; None if it called none."""
    resource, target = _called(one.first)
    return (target or None) if resource.startswith("lambda:") else None


def _service(one: Try) -> str:
    first = one.first
    return fields.text(first.details, "resourceType", 40) if first is not None else ""


def _called(event: HistoryEvent | None) -> tuple[str, str]:
    """What an attempt called, and the name of it."""
    if event is None:
        return "", ""
    resource = fields.text(event.details, "resource", 400)
    kind = fields.text(event.details, "resourceType", 40)
    if kind:
        named = _TARGET.search(event.text("parameters"))
        return f"{kind}:{resource}", plain(_short(named[1]), 200) if named else ""
    if ":function:" in resource:
        return "lambda:invoke", plain(_short(resource), 200)
    return "activity" if ":activity:" in resource else resource, plain(_short(resource), 200)


def _short(name: str) -> str:
    """`tradai-update-status-prod` of its ARN, with or without a version."""
    if ":function:" in name:
        return name.partition(":function:")[2].partition(":")[0]
    if not name.startswith("arn:"):
        return name.rpartition("/")[2]
    rest = ":".join(name.split(":")[5:])
    return rest.rpartition("/")[2] if "/" in rest else rest.rpartition(":")[2]
