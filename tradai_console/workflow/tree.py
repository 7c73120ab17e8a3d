"""The path of states as a tree that grows with the history: what is inside a Map, a Parallel or an item stands under it.

Events are given in their order, each once. To whom an event belongs is told by `previousEventId` alone: events of
branches that run side by side are mixed in the history, and names repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tradai_console.models.workflow import Outcome
from tradai_console.sources import fields
from tradai_console.workflow.events import AROUND, ENDS, HistoryEvent

INSIDE = frozenset({"Item", "Branch"})
"""Kinds of nodes that are no states of the machine."""


@dataclass(eq=False, slots=True)
class Try:
    """One attempt of a state."""

    scheduled: HistoryEvent | None
    submitted: HistoryEvent | None = None
    ended: HistoryEvent | None = None
    outcome: Outcome = Outcome.RUNNING

    @property
    def first(self) -> HistoryEvent | None:
        return self.scheduled or self.submitted or self.ended


@dataclass(eq=False, slots=True)
class Node:
    """A state that was entered, an item of a Map, or a branch of a Parallel."""

    id: int
    name: str
    type: str
    parent: Node | None
    first: HistoryEvent
    children: list[Node] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    outcome: Outcome = Outcome.RUNNING
    left: HistoryEvent | None = None
    """Its exit, or whatever ended it."""
    failure: HistoryEvent | None = None
    """The newest failure that happened in it."""
    index: int | None = None
    """Of an item."""
    length: int | None = None
    """Items of a Map."""
    map_run: str | None = None
    """ARN of a distributed Map's run."""

    @property
    def open(self) -> bool:
        return self.left is None

    @property
    def left_at(self) -> datetime | None:
        return self.left.at if self.left else None

    def up(self) -> Iterator[Node]:
        """Itself, and what it is inside of, outwards."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator[Node]:
        """Itself, and all that is inside, in order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


class Tree:
    """Grows by `add`."""

    def __init__(self) -> None:
        self.roots: list[Node] = []
        self.started: HistoryEvent | None = None
        self.end: HistoryEvent | None = None
        """The event that ended the execution; None while it runs, or after a redrive."""
        self.redrives = 0
        self.last_id = 0
        self.retried: dict[int, Node] = {}
        """States in which an attempt failed, by id, oldest first."""
        self.caught: dict[int, Node] = {}
        """States whose failure a Catch took over, wherever they are."""
        self._owner: dict[int, Node | None] = {}
        self._events: dict[int, HistoryEvent] = {}
        self._order: list[HistoryEvent] = []
        self._open: dict[int, Node] = {}
        self._resumed: Node | None = None

    def add(self, events: Iterable[HistoryEvent]) -> None:
        """Take further events, in the order of their numbers. One that is known already changes nothing."""
        for event in events:
            if event.id in self._events:
                continue
            self._events[event.id] = event
            self._order.append(event)
            self.last_id = max(self.last_id, event.id)
            self._owner[event.id] = self._take(event)

    @property
    def events(self) -> Sequence[HistoryEvent]:
        """All of them, in their order."""
        return self._order

    def event(self, number: int) -> HistoryEvent | None:
        return self._events.get(number)

    def owner(self, number: int) -> Node | None:
        """The node that an event belongs to; None for the execution's own, and where it is not known."""
        return self._owner.get(number)

    @property
    def current(self) -> list[Node]:
        """The states that it is in now, the innermost ones, oldest first."""
        busy = {one.parent.id for one in self._open.values() if one.parent is not None}
        return [one for number, one in self._open.items() if number not in busy and one.type not in INSIDE]

    def nodes(self) -> Iterator[Node]:
        """Every node, in the order of an outline."""
        for root in self.roots:
            yield from root.walk()

    def back(self, event: HistoryEvent) -> Iterator[HistoryEvent]:
        """The events that led to this one, the nearest first."""
        seen = {event.id}
        before = self._events.get(event.previous)
        while before is not None and before.id not in seen:
            seen.add(before.id)
            yield before
            before = self._events.get(before.previous)

    # --- one event ----------------------------------------------------------------------------------------

    def _take(self, event: HistoryEvent) -> Node | None:
        kind = event.type
        if kind == "ExecutionStarted":
            self.started = event
            return None
        if kind == "ExecutionRedriven":
            return self._redriven(event)
        if kind in ENDS:
            self._ended(event)
            return None
        here = self._owner.get(event.previous)
        if here is None and self._resumed is not None and not event.entered:
            here = self._resumed
        if event.entered:
            return self._entered(event, here)
        if kind == "MapIterationStarted":
            return self._item(event, here)
        if here is None:
            return self._orphan(event)
        if event.exited:
            return self._exited(event, here)
        if kind.startswith("MapIteration"):
            return self._close(event, _nearest(here, "Item"))
        if kind.startswith(("MapState", "ParallelState")):
            return self._around(event, _nearest(here, "Map" if kind.startswith("Map") else "Parallel"))
        return self._inside(event, here)

    def _entered(self, event: HistoryEvent, here: Node | None) -> Node:
        before = self._events.get(event.previous)
        parent = here
        if here is not None and here.type not in INSIDE:
            parent = here.parent
        if before is not None and before.type == "ParallelStateStarted" and here is not None:
            number = sum(one.type == "Branch" for one in here.children) + 1
            parent = self._put(Node(-event.id, f"branch {number}", "Branch", here, event, index=number))
        return self._put(
            Node(event.id, event.name or "?", event.type.removesuffix("StateEntered"), parent, event)
        )

    def _put(self, node: Node) -> Node:
        (self.roots if node.parent is None else node.parent.children).append(node)
        self._open[node.id] = node
        return node

    def _item(self, event: HistoryEvent, here: Node | None) -> Node:
        parent = None if here is None else _nearest(here, "Map")
        index = fields.whole(event.details.get("index"))
        return self._put(
            Node(event.id, f"item {index if index is not None else '?'}", "Item", parent, event, index=index)
        )

    def _orphan(self, event: HistoryEvent) -> Node | None:
        """Its beginning is not read yet: an exit still names the state that was left."""
        if not event.exited:
            return None
        node = Node(event.id, event.name or "?", event.type.removesuffix("StateExited"), None, event)
        node.left, node.outcome = event, Outcome.SUCCEEDED
        self.roots.append(node)
        return node

    def _exited(self, event: HistoryEvent, here: Node) -> Node:
        node = next(
            (one for one in here.up() if one.open and one.name == event.name and one.type not in INSIDE), here
        )
        before = self._events.get(event.previous)
        # A task that is left without ever having been scheduled could not be given its parameters, and was caught.
        unasked = before is not None and before.entered and node.type == "Task"
        caught = (before is not None and before.failed) or unasked
        if caught:
            self.caught[node.id] = node
        self._shut(node, event, Outcome.CAUGHT if caught else Outcome.SUCCEEDED)
        return node

    def _close(self, event: HistoryEvent, item: Node) -> Node:
        how = Outcome.FAILED if event.failed else Outcome.ABORTED if event.aborted else Outcome.SUCCEEDED
        if event.failed:
            item.failure = event
            self._failed_inside(event, how)
        self._shut(item, event, how)
        return item

    def _around(self, event: HistoryEvent, node: Node) -> Node:
        if event.type == "MapStateStarted":
            node.length = fields.whole(event.details.get("length"))
        elif event.failed:
            node.failure = event
            self._failed_inside(event, Outcome.FAILED)
            for one in [one for one in self._open.values() if node in one.up() and one is not node]:
                self._shut(one, event, Outcome.ABORTED)
        elif event.aborted:
            self._shut(node, event, Outcome.ABORTED)
        elif event.type == "ParallelStateSucceeded":
            for branch in [one for one in node.children if one.open]:
                self._shut(branch, event, Outcome.SUCCEEDED)
        return node

    def _failed_inside(self, event: HistoryEvent, how: Outcome) -> None:
        """The state whose failure went out of its item or branch, and that branch itself."""
        cause = self._owner.get(event.previous)
        if cause is None or not cause.open or (cause.failure is None and cause.type != "Fail"):
            return
        timed_out = cause.failure is not None and cause.failure.type.endswith("TimedOut")
        self._shut(cause, event, Outcome.TIMED_OUT if timed_out else how)
        branch = cause.parent
        if branch is not None and branch.type == "Branch":
            branch.failure = cause.failure
            self._shut(branch, event, how)

    def _inside(self, event: HistoryEvent, node: Node) -> Node:
        """What happens in one state: an attempt begins, goes on, ends."""
        kind = event.type
        if kind == "MapRunStarted" or kind == "MapRunRedriven":
            node.map_run = fields.name(event.details, "mapRunArn") or node.map_run
        if kind.startswith("MapRun"):
            if event.failed:
                node.failure = event
            return node
        if event.scheduled:
            node.tries.append(Try(event))
            return node
        if event.failed:
            node.failure = event
        if event.aborted:
            self._shut(node, event, Outcome.ABORTED)
            return node
        latest = node.tries[-1] if node.tries and node.tries[-1].ended is None else None
        if kind == "TaskSubmitted" and latest is not None:
            latest.submitted = event
        elif event.failed and kind != "EvaluationFailed":
            latest = latest or self._unscheduled(node)
            self.retried[node.id] = node
            latest.ended = event
            latest.outcome = Outcome.TIMED_OUT if kind.endswith("TimedOut") else Outcome.FAILED
        elif kind.endswith("Succeeded") and latest is not None:
            latest.ended, latest.outcome = event, Outcome.SUCCEEDED
        return node

    @staticmethod
    def _unscheduled(node: Node) -> Try:
        node.tries.append(Try(None))
        return node.tries[-1]

    def _shut(self, node: Node, event: HistoryEvent, how: Outcome) -> None:
        node.left, node.outcome = event, how
        self._open.pop(node.id, None)
        if node.tries and node.tries[-1].ended is None and how is not Outcome.SUCCEEDED:
            node.tries[-1].outcome = Outcome.ABORTED

    # --- the execution's own ------------------------------------------------------------------------------

    def _ended(self, event: HistoryEvent) -> None:
        self.end, self._resumed = event, None
        how = {"ExecutionTimedOut": Outcome.TIMED_OUT, "ExecutionAborted": Outcome.ABORTED}.get(event.type)
        failing = self._failing(event) if how is None and event.type == "ExecutionFailed" else None
        chain = set() if failing is None else {one.id for one in failing.up()}
        innermost = {one.id for one in self.current}
        for node in [*self._open.values()]:
            if node.id in chain:
                timed_out = node.failure is not None and node.failure.type.endswith("TimedOut")
                self._shut(node, event, Outcome.TIMED_OUT if timed_out else Outcome.FAILED)
            elif how is Outcome.TIMED_OUT and node.id not in innermost:
                self._shut(node, event, Outcome.ABORTED)
            else:
                self._shut(node, event, how or (Outcome.ABORTED if failing else Outcome.UNKNOWN))
        self._resumed = failing or (self._newest_unfinished(event) if how is not None else None)

    def _failing(self, event: HistoryEvent) -> Node | None:
        """The outermost state whose failure ended the execution. Some histories do not link their last event."""
        found = self._owner.get(event.previous)
        if found is None:
            broken = [one for one in self._open.values() if one.failure is not None or one.type == "Fail"]
            found = broken[-1] if broken else next(iter(self.current), None)
        return found

    def _newest_unfinished(self, event: HistoryEvent) -> Node | None:
        cut = [one for one in self.nodes() if one.left is event and one.type not in INSIDE]
        return cut[-1] if cut else None

    def _redriven(self, event: HistoryEvent) -> Node | None:
        """It goes on in the state that failed, which is open again, and with it what that is inside of."""
        self.end = None
        self.redrives = fields.whole(event.details.get("redriveCount")) or self.redrives + 1
        for node in self._resumed.up() if self._resumed is not None else ():
            node.left, node.outcome, node.failure = None, Outcome.RUNNING, None
            self._open[node.id] = node
        return self._resumed


def _nearest(node: Node, kind: str) -> Node:
    """The nearest of this type that is not over, itself included; itself where there is none."""
    return next((one for one in node.up() if one.type == kind and one.open), node)


def innermost(tree: Tree, failure: HistoryEvent) -> HistoryEvent:
    """The failure that a Map, an item or a Parallel only passed on."""
    return next(
        (one for one in [failure, *tree.back(failure)] if one.failed and one.type not in AROUND), failure
    )
